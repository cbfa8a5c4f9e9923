"""Parquet files of the Hub, taken out row group by row group, only the columns that are needed, and kept beside the Hub's cache.

What was taken out of a row group is a *shelf*: one file with the encoded pictures end to end, one with where each lies and its class.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from gan_core.data import parquet
from gan_core.data.collect import MAX_CLASSES, Entry, Listing, natural_key, spread
from gan_core.data.parquet import Footer
from gan_core.data.pictures import Note, Skipped
from gan_core.files import replace_text
from gan_core.hub import words
from gan_core.hub.datasets import Bounds, Repository
from gan_core.hub.fetch import AT_ONCE, Errand, RemoteFile, watched

FILES = 16  # parquet files that are looked into, evenly taken
VARIETY = 4  # row groups that even a few pictures come from
SWELL = 20  # times as many bytes as are stored, to which pictures may unpack: encoded ones hardly do
ROOM = 64 << 20  # bytes beyond that


@dataclass(frozen=True)
class Take:
    """So many rows from the front of a row group of parquet file number `file`."""

    file: int
    group: int
    rows: int


class Shelves:
    """The pictures in some parquet files of a repository."""

    def __init__(self, repository: Repository, files: Sequence[str], image: str, label: str):
        """Look into the files. Raises StudioError when they hold no pictures, are damaged, or cannot be had."""
        self.repository, self.files = repository, tuple(spread(files, FILES))
        self.footers = self._footers()
        named = parquet.card_classes(repository.card.get("dataset_info"))
        self.columns = parquet.choose(self.footers[0], named, image, label, repository.source.repo_id)
        for footer in self.footers:
            if self.columns.picture not in dict(footer.columns):
                raise parquet.damaged(repository.source.repo_id)
        self.total = sum(footer.rows for footer in self.footers) * len(files) // len(self.files)
        self.classes = tuple(sorted(self.columns.names, key=natural_key))

    def plan(self, bounds: Bounds, limit: int | None = None) -> list[Take]:
        """Choose which rows to take: within the bounds, and of those at most `limit`. From row groups evenly spread, as data are often sorted."""
        groups = [(Take(f, g, rows), sizes.get(self.columns.picture, 0)) for f, footer in enumerate(self.footers)
                  for g, (rows, sizes) in enumerate(footer.groups) if rows > 0]  # fmt: skip
        each = max(1.0, sum(size for _, size in groups) / max(1, sum(take.rows for take, _ in groups)))
        takes = _some([take for take, _ in groups], min(bounds.pictures, max(1, int(bounds.bytes / each))))
        return takes if limit is None else _some(takes, limit)

    def count(self, bounds: Bounds) -> int:
        """How many pictures there are within the bounds."""
        return sum(take.rows for take in self.plan(bounds))

    def bring(self, bounds: Bounds, limit: int | None) -> Iterator[tuple[int, int]]:
        """Fetch what is not here yet, yielding (pictures that are here, pictures in all). Whoever stops asking stops it."""
        takes = self.plan(bounds, limit)
        total = sum(take.rows for take in takes)
        missing = [take for take in takes if self._shelf(take) is None]
        before = total - sum(take.rows for take in missing)
        yield before, total
        if missing:
            errand = _Emptying(self, missing)
            for _ in watched(errand, [errand.work] * min(AT_ONCE, len(missing))):
                yield min(total, before + errand.rows), total
            yield total, total

    def near(self, bounds: Bounds, limit: int) -> Sequence[Entry]:
        """Return those of so many pictures that are here already."""
        takes = [take for take in self.plan(bounds, limit) if self._shelf(take) is not None]
        return self._listing(takes, "", "")[0].entries

    def listing(self, bounds: Bounds, limit: int | None, name: str, title: str) -> tuple[Listing, list[Note]]:
        """Return the pictures that were brought, each in a folder called like its class, and what is to be known of them."""
        listing, notes = self._listing(self.plan(bounds, limit), name, title)
        told = "columns" if self.columns.label else "column"
        sentence = {"columns": "The pictures come from the column “{image}”, their classes from “{label}”.",
                    "column": "The pictures come from the column “{image}”."}[told]  # fmt: skip
        facts = {"image": self.columns.picture, "label": self.columns.label}
        return listing, [Note(f"hub_{told}", sentence.format(**facts), facts), *notes]

    def _listing(self, takes: Sequence[Take], name: str, title: str) -> tuple[Listing, list[Note]]:
        found = []
        for take in takes:
            shelf = self._shelf(take)
            if shelf is None:
                raise words.offline(self.repository.source)
            found += [(take, row) for row in shelf[: take.rows]]
        classes, notes = {row[3] for _, row in found} - {""}, []
        if self.columns.label and (not 2 <= len(classes) <= MAX_CLASSES or len(classes) == len(found)):
            facts = {"name": self.columns.label, "classes": len(classes), "total": len(found)}
            message = "{name} was not used for classes: it gives {classes} different labels to {total} pictures."
            notes.append(Note("table_classes", message.format(**facts), facts))
            classes = set()
        entries, skipped = [], []
        for take, (row, start, length, label) in found:
            path = f"{take.file}-{self._first(take) + row}"
            if classes and not label:
                skipped.append(Skipped(path, f"it has no label in {self.columns.label}", "no_label"))
                continue
            path = f"{_folder(label)}/{path}" if classes else path
            entries.append(Entry(path, partial(_cut, self._path(take, ".bin"), start, length)))
        return Listing(name, title, tuple(entries), tuple(skipped)), notes

    # ---- what is kept

    def _first(self, take: Take) -> int:
        """Number of the row group's first row in its file."""
        return sum(rows for rows, _ in self.footers[take.file].groups[: take.group])

    def _path(self, take: Take, suffix: str) -> Path:
        key = f"{self.files[take.file]}\0{take.group}\0{self.columns.picture}\0{self.columns.label}"
        return self.repository.own / "shelves" / (_digest(key) + suffix)

    def _shelf(self, take: Take) -> list | None:
        """The rows (number, first byte, bytes, class) of a shelf that holds enough of them; else None."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            shelf = json.loads(self._path(take, ".json").read_text(encoding="utf-8"))
            rows = shelf["rows"]
            enough = shelf["whole"] or len(rows) >= take.rows
            if enough and self._path(take, ".bin").stat().st_size == shelf["bytes"]:
                return rows
        return None

    def _footers(self) -> list[Footer]:
        missing = [name for name in self.files if self._known(name) is None]
        if missing:
            errand = _Reading(self, missing)
            for _ in watched(errand, [errand.work] * min(AT_ONCE, len(missing))):
                pass
        found = [self._known(name) for name in self.files]
        if None in found:
            raise words.offline(self.repository.source)
        return found

    def _known(self, name: str) -> Footer | None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            raw = json.loads(self.footer_path(name).read_text(encoding="utf-8"))
            groups = tuple((int(rows), {str(k): int(v) for k, v in sizes.items()}) for rows, sizes in raw["groups"])
            columns = tuple((str(column), str(kind)) for column, kind in raw["columns"])
            return Footer(groups, columns, {str(k): tuple(map(str, v)) for k, v in raw["classes"].items()})
        return None

    def footer_path(self, name: str) -> Path:
        """Where what a parquet file says of itself is kept."""
        return self.repository.own / "footers" / f"{_digest(name)}.json"

    def keep(self, take: Take, rows: list, data: Path, whole: bool) -> None:
        """Put a shelf in its place: the pictures first, then what says that they are there."""
        with _in_words(self.repository):
            os.replace(data, self._path(take, ".bin"))
            size = self._path(take, ".bin").stat().st_size
            replace_text(self._path(take, ".json"), json.dumps({"rows": rows, "whole": whole, "bytes": size}))


class _Reading(Errand):
    """Footers to be read, by several threads."""

    def __init__(self, shelves: Shelves, files: Sequence[str]):
        super().__init__(shelves.repository.source)
        self._shelves, self._files = shelves, SimpleQueue()
        for name in files:
            self._files.put(name)

    def work(self, source) -> None:
        with contextlib.suppress(Empty):
            while True:
                name = self._files.get_nowait()
                opened = parquet.open_parquet(RemoteFile(self._shelves.repository, name, self), name)
                path = self._shelves.footer_path(name)
                with _in_words(self._shelves.repository):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    replace_text(path, json.dumps(asdict(parquet.footer(opened, name))))


class _Emptying(Errand):
    """Row groups to be taken out, by several threads."""

    def __init__(self, shelves: Shelves, takes: Sequence[Take]):
        super().__init__(shelves.repository.source)
        self._shelves, self._takes, self._opened = shelves, SimpleQueue(), {}
        self.rows = 0
        for take in takes:
            self._takes.put(take)

    def work(self, source) -> None:
        with contextlib.suppress(Empty):
            while True:
                self._take_out(self._takes.get_nowait())

    def _take_out(self, take: Take) -> None:
        shelves, rows, at = self._shelves, [], 0
        name, (count, sizes) = shelves.files[take.file], shelves.footers[take.file].groups[take.group]
        file = RemoteFile(shelves.repository, name, self)
        opened = parquet.open_parquet(file, name, self._opened.get(name))
        self._opened[name] = opened.metadata
        data = shelves._path(take, f".{os.getpid()}-{id(take):x}.tmp")
        most = SWELL * sizes.get(shelves.columns.picture, 0) + ROOM
        try:
            with _in_words(shelves.repository):
                data.parent.mkdir(parents=True, exist_ok=True)
                with open(data, "wb") as out:
                    for number, (picture, label) in enumerate(parquet.rows(opened, take.group, shelves.columns, name)):
                        self.tick()
                        out.write(picture)
                        rows.append((number, at, len(picture), label))
                        at, self.rows = at + len(picture), self.rows + 1
                        if at > most or len(rows) >= take.rows:
                            break
            if at > most or len(rows) < take.rows:
                raise parquet.damaged(name)
            shelves.keep(take, rows, data, len(rows) >= count)
        finally:
            data.unlink(missing_ok=True)


@contextlib.contextmanager
def _in_words(repository: Repository) -> Iterator[None]:
    """Say in words what a disk refuses."""
    try:
        yield
    except OSError as error:
        raise words.translate(error, repository.source) from None


def _cut(path: Path, start: int, length: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(start)
        return file.read(length)


def _some(takes: Sequence[Take], wanted: int) -> list[Take]:
    """So many rows of those, from the fronts of VARIETY row groups or more, evenly spread."""
    there = sum(take.rows for take in takes)
    if wanted >= there:
        return list(takes)
    need = min(len(takes), max(VARIETY, -(-wanted * len(takes) // there)))
    chosen = spread(takes, need)
    while sum(take.rows for take in chosen) < wanted:
        chosen = spread(takes, need := need + 1)
    total, seen, taken, fewer = sum(take.rows for take in chosen), 0, 0, []
    for take in chosen:
        seen += take.rows
        rows = seen * wanted // total - taken
        taken += rows
        fewer += [replace(take, rows=rows)] if rows else []
    return fewer


def _folder(label: str) -> str:
    """A class as the name of one folder."""
    return label.replace("/", "∕").strip(". ") or "_"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
