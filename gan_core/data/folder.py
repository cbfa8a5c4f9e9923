"""A folder of pictures, with one sub-folder a class if there are classes."""

import os
import stat
from functools import partial
from pathlib import Path

from gan_core.data.collect import MAX_FILES, Entry, Listing, describe_listing, judge, load_listing, natural_key
from gan_core.data.decode import MAX_FILE_BYTES, Unreadable
from gan_core.data.labels import is_table
from gan_core.data.pictures import LoadOptions, PictureInfo, PictureSet, Skipped, Source, as_path
from gan_core.errors import StudioError

MAX_VISITED = 2_000_000  # files of any kind looked at; a whole disk was not meant


def matches(spec: str) -> bool:
    path = as_path(spec)
    return path is not None and path.is_dir()


def describe(spec: str) -> PictureInfo:
    return describe_listing(list_folder(as_path(spec)))


def load(spec: str, options: LoadOptions) -> PictureSet:
    return load_listing(list_folder(as_path(spec)), options)


def list_folder(root: Path) -> Listing:
    """Return the pictures below `root`; links out of it are not followed. Raises StudioError if it is too large."""
    entries, skipped, tables, visited = [], [], [], 0

    def denied(error: OSError) -> None:
        skipped.append(Skipped(os.fspath(error.filename), f"it cannot be opened ({error.strerror})", "cannot_open"))

    for folder, folders, files in os.walk(root, onerror=denied):
        here = Path(folder)
        folders[:] = sorted((name for name in folders if not _hidden(name)), key=natural_key)
        skipped += [_linked(here / name, root) for name in folders if (here / name).is_symlink()]
        visited += len(files)
        for file in files:
            name = (here / file).relative_to(root).as_posix()
            verdict = judge(name)
            if verdict is True:
                verdict = _refuse(here / file, root) or Entry(name, partial(read_file, here / file))
            if is_table(name) and not _refuse(here / file, root):
                tables.append(Entry(name, partial(read_file, here / file)))
            if verdict:
                (entries if isinstance(verdict, Entry) else skipped).append(verdict)
        if len(entries) > MAX_FILES or visited > MAX_VISITED:
            message = "{name} holds more than {limit} pictures or too many other files. Choose a smaller folder."
            raise StudioError("data.too_many", message, name=str(root), limit=MAX_FILES)
    entries.sort(key=lambda entry: natural_key(entry.name))
    return Listing(str(root), root.resolve().name or str(root), tuple(entries), tuple(skipped), tuple(tables))


def read_file(path: Path) -> bytes:
    """Return a picture file's bytes. Raises Unreadable when it is gone or too large, OSError when it cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise Unreadable("vanished", "it was there a moment ago and is gone now") from None
    if len(data) > MAX_FILE_BYTES:
        raise Unreadable("too_large", f"the file is over {MAX_FILE_BYTES >> 20} MB")
    return data


def _refuse(path: Path, root: Path) -> Skipped | None:
    """Return why a file must not be read: it is a link out of the folder, or a pipe or device."""
    # realpath, unlike Path.resolve, bears links that run in a circle
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
        return _linked(path, root)
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # reading it will say why
    if not stat.S_ISREG(mode):
        return Skipped(path.relative_to(root).as_posix(), "it is not an ordinary file", "not_a_file")
    return None


def _linked(path: Path, root: Path) -> Skipped:
    return Skipped(path.relative_to(root).as_posix(), "it is a link to somewhere else and was not followed", "link")


def _hidden(name: str) -> bool:
    return name.startswith(".") or name.casefold() == "__macosx"


SOURCE = Source(lambda: "a folder of pictures", matches, describe, load)
