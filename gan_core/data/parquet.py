"""Pictures in parquet files: which columns hold them and their classes, and their rows. Needs pyarrow, imported when it is used."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from gan_core.data.decode import MAX_FILE_BYTES
from gan_core.data.labels import HEADS, MAX_LABEL
from gan_core.errors import StudioError

BUFFER = 1 << 20  # bytes read at a time, where pages allow it
ROWS = 16  # decoded at a time, so that what a file claims of itself bounds nothing
MAX_GROUPS, MAX_COLUMNS = 100_000, 2000
PICTURE, BYTES, TEXT, NUMBER, OTHER = "picture", "bytes", "text", "number", "other"  # kinds of columns
USUAL = (
    "image",
    "img",
    "picture",
    "photo",
    "jpg",
    "png",
    "pixel_values",
    "bytes",
    "content",
)  # names of picture columns


@dataclass(frozen=True)
class Footer:
    """What a parquet file says of itself: `groups` (rows, bytes by column), `columns` (name, kind), `classes` by column."""

    groups: tuple[tuple[int, dict[str, int]], ...]
    columns: tuple[tuple[str, str], ...]
    classes: dict[str, tuple[str, ...]]

    @property
    def rows(self) -> int:
        """How many there are."""
        return sum(rows for rows, _ in self.groups)


@dataclass(frozen=True)
class Columns:
    """Where pictures and classes are: `label` "" for none; `names` of its numbers, where it has numbers with names."""

    picture: str
    label: str = ""
    names: tuple[str, ...] = ()


def need_pyarrow():
    """Return (pyarrow, pyarrow.parquet). Raises StudioError with the command that installs it."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise StudioError(
            "data.no_pyarrow", "Reading parquet files needs one more package: {command}", command="pip install pyarrow"
        ) from None
    return pyarrow, pyarrow.parquet


def open_parquet(file: BinaryIO, name: str, metadata=None):
    """Return a pyarrow ParquetFile. Raises StudioError (as all here) when it is damaged, and what reading `file` raises."""
    pyarrow, parquet = need_pyarrow()
    try:
        return parquet.ParquetFile(
            pyarrow.PythonFile(file, "r"), metadata=metadata, buffer_size=BUFFER, pre_buffer=False
        )
    except StudioError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError, OverflowError):
        raise damaged(name) from None


def footer(opened, name: str) -> Footer:
    """Return what an opened file says of itself, within bounds."""
    pyarrow, _ = need_pyarrow()
    try:
        meta, schema = opened.metadata, opened.schema_arrow
        if meta.num_row_groups > MAX_GROUPS or meta.num_columns > MAX_COLUMNS:
            raise damaged(name)
        groups = []
        for index in range(meta.num_row_groups):
            group, sizes = meta.row_group(index), {}
            for column in (group.column(i) for i in range(meta.num_columns)):
                top = column.path_in_schema.split(".")[0]
                sizes[top] = sizes.get(top, 0) + max(0, column.total_compressed_size)
            groups.append((max(0, group.num_rows), sizes))
        columns = tuple((field.name, _kind(pyarrow, field.type)) for field in schema)
        return Footer(tuple(groups), columns, _classes(schema.metadata))
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        if isinstance(error, StudioError):
            raise
        raise damaged(name) from None


def choose(found: Footer, named: dict[str, tuple[str, ...]], image: str, label: str, name: str) -> Columns:
    """Choose the columns, or take those called `image` and `label` ("none" for no classes). `named`: class names that the card knows.

    Raises StudioError when nothing can hold pictures, or a column is not there.
    """
    kinds = dict(found.columns)
    possible = [c for c, kind in found.columns if kind == PICTURE] or [c for c, kind in found.columns if kind == BYTES]
    there = ", ".join(kinds)[:300]
    if image and kinds.get(image) not in (PICTURE, BYTES):
        raise StudioError(
            "data.hub_column", "{name} has no pictures in a column “{column}”. Its columns: {there}.",
            name=name, column=image[:60], there=there,
        )  # fmt: skip
    if not image and not possible:
        raise StudioError(
            "data.hub_no_pictures", "{name} has no column of pictures. Its columns: {there}.", name=name, there=there
        )
    image = image or next((c for usual in USUAL for c in possible if c.casefold() == usual), possible[0])
    classes = {**named, **found.classes}
    if label and label != "none" and kinds.get(label) not in (TEXT, NUMBER):
        raise StudioError(
            "data.hub_label", "{name} has no labels in a column “{column}”. Its columns: {there}.",
            name=name, column=label[:60], there=there,
        )  # fmt: skip
    if not label:
        fitting = [c for c, kind in found.columns if kind in (TEXT, NUMBER)]
        usual = [c for head in HEADS for c in fitting if c.casefold() == head]
        label = next(iter([*(c for c in fitting if c in classes), *usual, *(c for c in fitting if "label" in c)]), "")
    label = "" if label == "none" else label
    return Columns(image, label, classes.get(label, ()))


def rows(opened, group: int, columns: Columns, name: str) -> Iterator[tuple[bytes, str]]:
    """Yield (encoded picture, class) of a row group in order; b"" where a row has no picture, "" where it has no class."""
    pyarrow, _ = need_pyarrow()
    wanted = [columns.picture, *([columns.label] if columns.label else [])]
    try:
        for batch in opened.iter_batches(batch_size=ROWS, row_groups=[group], columns=wanted, use_threads=False):
            pictures = batch.column(columns.picture)
            labels = batch.column(columns.label) if columns.label else None
            for row in range(batch.num_rows):
                yield _bytes(pyarrow, pictures, row), "" if labels is None else _class(labels[row].as_py(), columns)
    except StudioError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, MemoryError, OverflowError):
        raise damaged(name) from None


def damaged(name: str) -> StudioError:
    """A parquet file that is not one, lies or is cut short."""
    return StudioError(
        "data.bad_parquet", "{name} cannot be read: the parquet file is damaged or cut short.", name=name[-100:]
    )


def card_classes(info: Any) -> dict[str, tuple[str, ...]]:
    """Return the class names by column that a card's `dataset_info` lists; {} for anything else."""
    found = {}
    for one in info if isinstance(info, list) else [info]:
        features = one.get("features") if isinstance(one, dict) else None
        for feature in features if isinstance(features, list) else []:
            kind = feature.get("dtype") if isinstance(feature, dict) else None
            names = kind.get("class_label", {}) if isinstance(kind, dict) else {}
            names = names.get("names") if isinstance(names, dict) else None
            if isinstance(names, dict):
                names = [names[key] for key in sorted(names, key=lambda key: int(key) if str(key).isdigit() else 0)]
            if isinstance(names, list) and isinstance(feature.get("name"), str):
                found[feature["name"]] = tuple(str(label) for label in names)
    return found


def _classes(metadata: dict | None) -> dict[str, tuple[str, ...]]:
    """The same from the "huggingface" entry of a parquet file."""
    try:
        features = json.loads((metadata or {})[b"huggingface"])["info"]["features"]
        return {
            column: tuple(str(label) for label in feature["names"])
            for column, feature in features.items()
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature["names"], list)
        }
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}


def _kind(pyarrow, kind) -> str:
    types = pyarrow.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    binary = (types.is_binary, types.is_large_binary)
    if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        return PICTURE if any(test(kind.field("bytes").type) for test in binary) else OTHER
    if any(test(kind) for test in binary):
        return BYTES
    if types.is_string(kind) or types.is_large_string(kind):
        return TEXT
    return NUMBER if types.is_integer(kind) or types.is_boolean(kind) else OTHER


def _bytes(pyarrow, column, row: int) -> bytes:
    """The picture of a row, b"" where there is none or it is larger than any picture may be."""
    value = column[row]
    if pyarrow.types.is_struct(value.type) and value.is_valid:
        value = value["bytes"]
    if not value.is_valid:
        return b""
    if pyarrow.types.is_dictionary(value.type):
        value = value.value
    data = value.as_buffer()
    return data.to_pybytes() if data.size <= MAX_FILE_BYTES else b""


def _class(value: Any, columns: Columns) -> str:
    if value is None:
        return ""
    if type(value) is int and columns.names:
        return columns.names[value] if 0 <= value < len(columns.names) else ""
    return " ".join(str(value).split())[:MAX_LABEL]
