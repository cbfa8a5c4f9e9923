"""Many encoded pictures, wherever they lie, decoded into one PictureSet; what folders and zips have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import PurePosixPath

import numpy as np

from gan_core.data.decode import (
    HEIF_SUFFIXES,
    SUFFIXES,
    Unreadable,
    decode_sized,
    heif_available,
    open_header,
    to_channels,
)
from gan_core.data.labels import MAX_TABLES, read_labels
from gan_core.data.pictures import LoadOptions, Note, PictureInfo, PictureSet, Skipped, check_memory
from gan_core.errors import StudioError
from gan_core.later import torch

MAX_FILES = 200_000
MAX_CLASSES = 1000
FEW = 50  # below this a note says so
DEFAULT_RESOLUTION = 64
PEEK = 16  # headers read to guess the resolution
IGNORED = ("__macosx", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Entry:
    """An encoded picture that has not been read yet; `read` returns its bytes or raises Unreadable or OSError."""

    name: str  # relative, with forward slashes
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Listing:
    """What a folder or a zip holds, before anything is decoded."""

    name: str
    title: str
    entries: tuple[Entry, ...]  # in natural order
    skipped: tuple[Skipped, ...] = ()
    tables: tuple[Entry, ...] = ()  # files that may hold labels


@dataclass(frozen=True)
class Labelled:
    """Entries with their classes: `of` gives each name's class number; what has none where the others have was left out."""

    entries: Sequence[Entry]
    of: dict[str, int]
    classes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()


def natural_key(name: str) -> list:
    """Sort key under which picture2 comes before picture10."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts] + [(2, 0, name)]


def judge(name: str) -> Skipped | bool:
    """Judge by its relative name: the file is a picture to read (True), none of our business (False), or skipped."""
    parts = [part.casefold() for part in PurePosixPath(name).parts]
    if any(part.startswith(".") or part in IGNORED for part in parts):
        return False
    suffix = PurePosixPath(name).suffix.casefold()
    if suffix in HEIF_SUFFIXES and not heif_available():
        return Skipped(name, "HEIC photos need one more package: pip install pillow-heif", "heif")
    if suffix == ".zip":
        return Skipped(name, "a zip inside is not opened; unpack it first", "nested_zip")
    return suffix in (*SUFFIXES, *HEIF_SUFFIXES)


def describe_listing(listing: Listing) -> PictureInfo:
    """Return what a listing and a few headers tell."""
    found = label(listing.entries, listing.tables)
    return PictureInfo(
        name=listing.name, title=listing.title, title_zh=listing.title, count=len(found.entries),
        resolution=guess_resolution(found.entries), label_names=found.classes, source=listing.name,
        skipped=(*listing.skipped, *found.skipped),
    )  # fmt: skip


def load_listing(listing: Listing, options: LoadOptions) -> PictureSet:
    """Decode a listing. A limit takes pictures spread evenly over it, so that every class folder has its share.

    Raises StudioError when nothing can be read, or when the pictures would not fit into memory.
    """
    wanted, missing = leave_out(listing.entries, options.exclude)
    found = label(wanted, listing.tables)
    entries = spread(found.entries, options.limit)
    if not entries:
        raise _nothing_left(listing, listing.skipped)
    resolution = options.resolution or guess_resolution(entries)
    check_memory(len(entries), options.channels or 3, resolution)
    decoded, skipped = _decode_all(entries, resolution, options)
    skipped = (*listing.skipped, *found.skipped, *skipped)
    if not decoded:
        raise _nothing_left(listing, skipped)
    names, pixels, sizes = (list(column) for column in zip(*decoded, strict=True))
    del decoded
    labels, classes = ([found.of[name] for name in names], found.classes) if found.of else find_classes(names)
    channels = options.channels or choose_channels(pixels)
    check_memory(len(pixels), channels, resolution)
    images = _stack(pixels, channels)
    return PictureSet(
        images=images, labels=torch.tensor(labels) if classes else None, label_names=classes,
        name=listing.name, title=listing.title, source=listing.name, skipped=skipped,
        notes=(*notes_for(len(images), options, has_held_out=False), *missing, *found.notes), names=tuple(names), sizes=tuple(sizes),
    )  # fmt: skip


def label(entries: Sequence[Entry], tables: Sequence[Entry]) -> Labelled:
    """Return the entries with the classes that folders or, where these give none, a table of labels beside them gives.

    Pictures without a label in the table are left out, and named.
    """
    names = [entry.name for entry in entries]
    classes = find_classes(names)[1]
    if classes or not tables or not entries:
        return Labelled(entries, {}, classes)  # folders' numbers follow from what can be decoded
    notes = []
    for table in tables[:MAX_TABLES]:
        try:
            read = read_labels(table.name, table.read(), names)
        except (Unreadable, OSError):
            continue
        classes = tuple(sorted(set(read.of.values()), key=natural_key))
        if not read.of:
            notes.append(read.note)
        elif not 2 <= len(classes) <= MAX_CLASSES or len(classes) == len(read.of):
            message = "{name} was not used for classes: it gives {classes} different labels to {total} pictures."
            facts = {"name": table.name, "classes": len(classes), "total": len(read.of)}
            notes.append(Note("table_classes", message.format(**facts), facts))
        else:
            number = {text: i for i, text in enumerate(classes)}
            left = [entry for entry in entries if entry.name in read.of]
            reason = f"it has no label in {table.name}"
            skipped = tuple(Skipped(name, reason, "no_label") for name in names if name not in read.of)
            return Labelled(left, {name: number[text] for name, text in read.of.items()}, classes, skipped)
    return Labelled(entries, {}, notes=tuple(notes))


def leave_out(entries: Sequence[Entry], names: frozenset[str]) -> tuple[Sequence[Entry], tuple[Note, ...]]:
    """Return the entries whose name is not among `names`, and a note when some names are nobody's.

    Raises StudioError when nothing remains.
    """
    if not names:
        return entries, ()
    left = [entry for entry in entries if entry.name not in names]
    if entries and not left:
        raise StudioError("data.all_out", "Every picture is left out. Keep some to learn from.", count=len(entries))
    missing = len(names) - (len(entries) - len(left))
    message = "{count} of the names to leave out are not among these pictures."
    note = Note("not_there", message.format(count=missing), {"count": missing})
    return left, (note,) if missing else ()


def spread(entries: Sequence[Entry], limit: int | None) -> Sequence[Entry]:
    """Return at most `limit` entries, evenly spaced, in order."""
    if limit is None or limit >= len(entries):
        return entries
    return [entries[row * len(entries) // limit] for row in range(limit)]


def guess_resolution(entries: Sequence[Entry]) -> int:
    """Return the side that the pictures share if it suits (8–128, divisible by 4), else DEFAULT_RESOLUTION."""
    sizes = set()
    for entry in spread(entries, PEEK):
        try:
            with open_header(entry.read()) as image:
                sizes.add(image.size)
        except (Unreadable, OSError):
            continue
    if len(sizes) != 1:
        return DEFAULT_RESOLUTION
    width, height = sizes.pop()
    return width if width == height and 8 <= width <= 128 and width % 4 == 0 else DEFAULT_RESOLUTION


def find_classes(names: Sequence[str]) -> tuple[list[int], tuple[str, ...]]:
    """Return (labels, class names) when every picture lies in one of two or more sub-folders; else ([], ()).

    Folders that hold everything (a zip's single top folder) are looked through.
    """
    paths = [PurePosixPath(name).parts for name in names]
    depth = 0
    while paths and all(len(path) > depth + 1 and path[depth] == paths[0][depth] for path in paths):
        depth += 1
    if any(len(path) <= depth + 1 for path in paths):
        return [], ()
    classes = sorted({path[depth] for path in paths}, key=natural_key)
    if not 2 <= len(classes) <= MAX_CLASSES or len(classes) == len(paths):
        return [], ()
    number = {name: label for label, name in enumerate(classes)}
    return [number[path[depth]] for path in paths], tuple(classes)


def choose_channels(pixels: Sequence[np.ndarray]) -> int:
    """Return 4 when most of the pictures [R, R, B] are transparent, 1 when all are grey, else 3."""
    bands = [picture.shape[2] for picture in pixels]
    if bands.count(4) > len(bands) / 2:
        return 4
    return 1 if max(bands) == 1 else 3


def notes_for(count: int, options: LoadOptions, has_held_out: bool) -> tuple[Note, ...]:
    """Return what a person should know about a set of so few pictures, or of one that has nothing held out."""
    notes = []
    if count == 1:
        notes.append(Note("one_picture", "There is only one picture: a model can learn nothing but to repeat it."))
    elif count < FEW and not options.limit:
        message = "{count} pictures are few: the model will mostly repeat them. A few hundred already do much better."
        notes.append(Note("few_pictures", message.format(count=count), {"count": count}))
    if options.split == "test" and not has_held_out:
        message = "These pictures have no held-out part, so the ones trained on stand in for it."
        notes.append(Note("no_held_out", message))
    return tuple(notes)


def _decode_all(entries: Sequence[Entry], resolution: int, options: LoadOptions):
    """Return ([(name, pixels [R, R, B], size)], [Skipped]); decoders release the GIL, so a few threads help."""

    def attempt(entry: Entry) -> tuple[np.ndarray, tuple[int, int]] | Skipped:
        try:
            return decode_sized(entry.read(), resolution, options.fit)
        except Unreadable as error:
            return Skipped(entry.name, str(error), error.code)
        except OSError as error:
            return Skipped(entry.name, f"it cannot be opened ({error.strerror or error})", "cannot_open")

    decoded, skipped = [], []
    with ThreadPoolExecutor(min(4, cpu_count() or 1)) as pool:
        for done, (entry, result) in enumerate(zip(entries, pool.map(attempt, entries), strict=True), start=1):
            if isinstance(result, Skipped):
                skipped.append(result)
            else:
                decoded.append((entry.name, *result))
            if options.progress:
                options.progress(done, len(entries))
    return decoded, skipped


def _stack(pixels: list[np.ndarray], channels: int) -> torch.Tensor:
    """Return uint8 [N, C, R, R]; `pixels` is emptied on the way, so that the pictures are never in memory twice."""
    side = pixels[0].shape[0]
    images = torch.empty((len(pixels), channels, side, side), dtype=torch.uint8)
    for row in reversed(range(len(pixels))):
        images.numpy()[row] = to_channels(pixels.pop(), channels)
    return images


def _nothing_left(listing: Listing, skipped: Sequence[Skipped]) -> StudioError:
    if not skipped:
        return StudioError(
            "data.empty", "There are no pictures in {name}. Put JPEG, PNG, WebP, BMP, GIF or TIFF files there.",
            name=listing.name,
        )  # fmt: skip
    return StudioError(
        "data.unreadable", "Nothing in {name} can be read (pictures tried: {count}). {reasons}",
        count=len(skipped), name=listing.name, reasons="; ".join(str(skip) for skip in skipped[:3]),
    )  # fmt: skip
