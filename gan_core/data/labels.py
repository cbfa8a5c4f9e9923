"""Classes of pictures from a table beside them: a CSV (or JSON lines) with a column of file names and a column of labels."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gan_core.data.pictures import Note

MAX_BYTES = 20 << 20
MAX_TABLES = 5
MAX_LABEL = 100  # letters
HEADS = ("label", "labels", "class", "category", "target", "species", "type", "tag", "name", "标签", "类别")
DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Labels:
    """What a table says: `of` has a label for each picture that it names; `note` says what is to be known of the table."""

    of: dict[str, str]
    note: Note | None = None


def is_table(name: str) -> bool:
    """Whether a file could hold labels, by its name."""
    parts = PurePosixPath(name).parts
    return PurePosixPath(name).suffix.casefold() in (".csv", ".tsv", ".jsonl") and not any(
        part.startswith(".") for part in parts
    )


def read_labels(name: str, data: bytes, pictures: Sequence[str]) -> Labels:
    """Return the labels that the table `data` (a file called `name`) gives to `pictures` (relative names).

    Files may be named in full, without folders or without suffix. A table that names less than half of the pictures, or has no
    column that could be labels, gives none and says why.
    """
    rows = _rows(data)
    known = _lookup(pictures)
    columns = range(max((len(row) for row in rows), default=0))
    hits = {c: len({known[key] for row in rows if len(row) > c and (key := _key(row[c])) in known}) for c in columns}
    file = max(hits, key=lambda c: hits[c], default=None)
    if file is None or hits[file] * 2 < len(pictures):
        message = "{name} was not used for classes: it names {count} of {total} pictures."
        return Labels({}, _note("table_other", message, name=name, count=hits.get(file, 0), total=len(pictures)))
    column = _label_column(rows, file, known)
    if column is None:
        return Labels(
            {}, _note("table_no_labels", "{name} was not used for classes: it has no column of labels.", name=name)
        )
    of = {}
    for row in rows:
        if len(row) > max(file, column) and _key(row[file]) in known and row[column].strip():
            of[known[_key(row[file])]] = " ".join(row[column].split())[:MAX_LABEL]
    return Labels(of)


def _note(code: str, message: str, **facts) -> Note:
    return Note(code, message.format(**facts), facts)


def _rows(data: bytes) -> list[list[str]]:
    """Return the cells of a table in whatever of the usual delimiters its first line has most of; [] for what is none."""
    text = data[:MAX_BYTES].decode("utf-8-sig", errors="replace").replace("\0", "")
    if text.lstrip().startswith("{"):
        return _json_rows(text)
    first = text.split("\n", 1)[0]
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count)))
    except csv.Error:
        return []


def _json_rows(text: str) -> list[list[str]]:
    """The same of JSON lines, an object a picture: its plain values under the names that the first one has."""
    lines, head = [], []
    for line in text.splitlines():
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict):
            head = head or [str(name) for name in one]
            lines.append([str(one[name]) if isinstance(one.get(name), (str, int)) else "" for name in head])
    return [head, *lines]


def _key(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./").casefold()


def _lookup(pictures: Sequence[str]) -> dict[str, str]:
    """Return {what a table may call it: picture}; what would mean two pictures means none."""
    found: dict[str, str] = {}
    for ways in (lambda p: str(p), lambda p: p.name, lambda p: p.stem):
        here: dict[str, str] = {}
        for picture in pictures:
            key = ways(PurePosixPath(picture)).casefold()
            here[key] = "" if key in here else picture
        found = {key: picture for key, picture in here.items() if picture} | found
    return found


def _label_column(rows: list[list[str]], file: int, known: dict[str, str]) -> int | None:
    """Return the column called like labels, the only other one, or the first whose values come again and again."""
    body = [row for row in rows if len(row) > file and _key(row[file]) in known]
    others = [c for c in range(max(len(row) for row in body)) if c != file]
    head = rows[0] if rows[0] not in body else []
    for name in HEADS:
        for c in others:
            if c < len(head) and head[c].strip().casefold() == name:
                return c
    if len(others) == 1:
        return others[0]
    values = {c: {row[c].strip() for row in body if len(row) > c} for c in others}
    return next((c for c in others if 2 <= len(values[c]) <= len(body) / 2), None)
