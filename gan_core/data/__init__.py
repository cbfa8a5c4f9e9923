"""Pictures to train on: one file per source, one table, one way in.

A new source is one file with `SOURCE = Source(accepts, matches, describe, load)` (see pictures.py) and one line in
SOURCES.
"""

from collections.abc import Collection, Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.data.hub_parts import is_wish, read_wish
from gan_core.data.pictures import LoadOptions, Note, PictureInfo, PictureSet, Progress, Skipped, Source, as_path
from gan_core.errors import StudioError
from gan_core.registry import resolve

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "SOURCES", "Note", "PictureInfo", "PictureSet", "Skipped", "Source",
    "bring", "builtin_names", "describe", "exact", "load", "preview_sheet", "short_name",
]  # fmt: skip

# Asked in this order; the first that matches a spec takes it.
SOURCES = {
    "bundled": "gan_core.data.bundled:SOURCE",
    "idx": "gan_core.data.idx:SOURCE",
    "zip": "gan_core.data.archive:SOURCE",
    "folder": "gan_core.data.folder:SOURCE",
    "hub": "gan_core.data.hub:SOURCE",
}


def builtin_names() -> tuple[str, ...]:
    """Return the names of the bundled picture sets, in the order in which to show them."""
    from gan_core.data.bundled import sheets

    return tuple(sheets())


def describe(spec: str | PathLike) -> PictureInfo:
    """Return what can be said about `spec` without decoding pictures. Raises StudioError like `load`."""
    return find_source(spec).describe(fspath(spec))


def load(
    spec: str | PathLike,
    resolution: int | None = None,
    channels: int | None = None,
    fit: str = "crop",
    limit: int | None = None,
    progress: Progress | None = None,
    split: str | None = None,
    exclude: Collection[str] = (),
) -> PictureSet:
    """Decode the pictures of a bundled name, folder, zip or idx file once, into one uint8 tensor.

    `resolution` (pixels) and `channels` (1, 3 or 4) are chosen to suit the pictures when None. `fit` says what happens
    to pictures that are not square: "crop" (the middle), "smart" (the square with most detail), "pad" or "stretch". `limit` reads no more than so many
    pictures. `split` is "train" (the default), "test" or "all"; pictures that have no held-out part are given whole.
    `exclude` names files to leave out, as `.names` has them (of folders and zips).
    `progress(done, total)` is called on this thread. Unreadable pictures are left out and named in `.skipped`.

    Raises StudioError when `spec` is nothing that can be read, holds no readable picture, or would not fit into memory.
    """
    options = LoadOptions(resolution, channels, fit, limit, split, progress, frozenset(exclude))
    source = find_source(spec)
    if exclude and not source.named:
        raise StudioError("data.no_names", "These pictures have no file names, so none can be left out by name.")
    return source.load(fspath(spec), options)


def bring(spec: str | PathLike, limit: int | None = None) -> Iterator[tuple[int, int]]:
    """Fetch what `load` with this limit needs and is not on this computer, yielding (done, total); nothing for what is here.

    Whoever stops asking stops it. Raises StudioError like `load`.
    """
    source = find_source(spec)
    if source.bring is not None:
        yield from source.bring(fspath(spec), limit)


def exact(spec: str | PathLike) -> str:
    """Return the spec that also tomorrow names these very pictures: of a data set on the Hub, the one with its revision."""
    return find_source(spec).exact(fspath(spec))


def short_name(spec: str | PathLike) -> str:
    """Return a short name for pictures: a file's without its ending, a data set's without its owner. Raises StudioError for no name."""
    if is_wish(text := fspath(spec)):
        return read_wish(text).name.partition("@")[0].split("/")[1]
    return Path(text).stem or "pictures"


def preview_sheet(
    spec: str | PathLike, resolution: int | None = None, fit: str = "crop", count: int = 24
) -> "Image.Image":
    """Return a sheet of up to `count` pictures exactly as a network would see them; reads hardly more than those.

    Raises StudioError like `load`.
    """
    from gan_core.data.preview import sheet_of

    return sheet_of(load(spec, resolution, fit=fit, limit=count))


def find_source(spec: str | PathLike) -> Source:
    """Return the first source that takes `spec`. Raises StudioError saying what does work."""
    sources = [resolve(SOURCES, name) for name in SOURCES]
    for source in sources:
        if source.matches(fspath(spec)):
            return source
    known = "; ".join(source.accepts() for source in sources)
    if as_path(spec) is None:
        message = "There is nothing called “{spec}” here. What works: {known}."
        raise StudioError("data.not_found", message, spec=fspath(spec), known=known)
    message = "“{spec}” is not pictures to train on. What works: {known}."
    raise StudioError("data.unknown_kind", message, spec=fspath(spec), known=known)
