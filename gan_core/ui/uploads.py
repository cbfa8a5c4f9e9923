"""Pictures a visitor sends from the browser: kept under `runs/.uploads/<token>/`, bounded, and swept when nobody needs them."""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gan_core.errors import StudioError

FOLDER = ".uploads"
TOKEN = re.compile(r"[0-9a-f]{16}")
MAX_FILES = 20_000
MAX_DEPTH, MAX_PART = 6, 120  # folders and name of a picture, letters in each
MAX_BYTES = 2 << 30  # of one upload
MAX_STORE = 8 << 30  # of all uploads together
MAX_AGE = 24 * 3600  # seconds after which an upload that no run uses is deleted


@dataclass(frozen=True)
class Upload:
    """One visitor's pictures: `token` names them to the browser, `path` (a folder, or the one zip) to the trainer."""

    token: str
    path: Path
    files: int
    size: int  # bytes


def receive(
    runs: Path, sent: list[str], inbox: Path, token: str | None = None, names: list[str] | None = None
) -> Upload:
    """Copy the files at `sent`, which must lie inside `inbox` (Gradio's upload folder), into a new or growing upload.

    `names` are their paths in a folder that the visitor chose ("cats/1.png"), so that sub-folders stay classes.
    Raises StudioError for paths outside the inbox, for a zip among other files, and over the limits of number and size.
    """
    files = [_inside(Path(name), inbox) for name in sent]
    folder = None if token is None else _folder(runs, token)
    _check_room(runs, [] if folder is None else _files(folder), files)
    folder = folder or _new_folder(runs)
    for file, name in zip(files, names if names and len(names) == len(files) else [""] * len(files), strict=True):
        _place(file, folder, name)
    return _describe(folder)


def find(runs: Path, token: str) -> Upload:
    """Return the upload called `token`; raises StudioError when it is gone (or was never there)."""
    return _describe(_folder(runs, token))


def sweep(runs: Path, in_use: set[Path], now: float | None = None, age: float = MAX_AGE) -> list[str]:
    """Delete the uploads that no run in `in_use` (data paths of runs) reads and that are older than `age` seconds."""
    now = time.time() if now is None else now
    used = {part for path in in_use for part in (path.resolve(), *path.resolve().parents)}
    old = [folder for folder in _folders(runs) if folder.resolve() not in used and now - folder.stat().st_mtime > age]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in old]


def remove(runs: Path, token: str) -> None:
    """Delete one upload at once (the visitor chose other pictures)."""
    shutil.rmtree(_folder(runs, token), ignore_errors=True)


def _folders(runs: Path) -> list[Path]:
    root = runs / FOLDER
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _new_folder(runs: Path) -> Path:
    folder = runs / FOLDER / secrets.token_hex(8)
    folder.mkdir(parents=True)
    return folder


def _folder(runs: Path, token: str) -> Path:
    if not isinstance(token, str) or not TOKEN.fullmatch(token) or not (runs / FOLDER / token).is_dir():
        raise StudioError(
            "upload.gone",
            "These pictures are not here: they were put away after a while, or are on another machine of this address. Choose them again.",
        )
    return runs / FOLDER / token


def _inside(path: Path, inbox: Path) -> Path:
    """`path` itself if it is a plain file below `inbox`: a browser must not name other files of this machine."""
    resolved = path.resolve()
    if not resolved.is_relative_to(inbox.resolve()) or not resolved.is_file():
        raise StudioError("upload.lost", "The upload did not arrive. Please send the pictures again.")
    return resolved


def _check_room(runs: Path, held: list[Path], files: list[Path]) -> None:
    """Refuse what would mix a zip with other files or go over the limits, before anything is copied."""
    together = held + files
    if len(together) > 1 and any(path.suffix.lower() == ".zip" for path in together):
        raise StudioError("upload.mixed", "Send either one zip file or the pictures themselves, not both.")
    if len(together) > MAX_FILES:
        raise StudioError(
            "upload.many", "More than {limit} files at once. Pack them into one zip file instead.", limit=MAX_FILES
        )
    if _weight(together) > MAX_BYTES:
        raise StudioError(
            "upload.large",
            "These pictures take more than {limit}. Send fewer, or smaller ones.",
            limit=_in_words(MAX_BYTES),
        )
    if _weight(files) + sum(_weight(_files(folder)) for folder in _folders(runs)) > MAX_STORE:
        raise StudioError("upload.full", "There is no room for more uploads just now. Try again later.")


def _place(source: Path, folder: Path, wanted: str = "") -> None:
    """Copy under the wanted path or the same name, or under a numbered one if that is taken (two folders may each hold a 1.png)."""
    *parents, name = _safe_parts(wanted) or [source.name.lstrip(".")[-MAX_PART:] or "picture"]
    for part in parents:
        folder = folder / part
        if folder.exists() and not folder.is_dir():  # a file is called so
            break
        folder.mkdir(exist_ok=True)
    folder = folder if folder.is_dir() else folder.parent
    target, number = folder / name, 1
    while target.exists():
        number += 1
        target = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    try:
        os.link(source, target)  # no second copy on the disk; Gradio may delete its own name for it at any time
    except OSError:
        shutil.copyfile(source, target)


def _safe_parts(path: str) -> list[str]:
    """Return the folders and the name of a path that a browser sent, so that it leads nowhere but downwards."""
    parts = ("".join(c for c in part if c.isprintable() and c not in '<>:"|?*') for part in re.split(r"[/\\]", path))
    return [clean for part in parts if (clean := part.strip(" .")[-MAX_PART:].strip(" ."))][-MAX_DEPTH:]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _weight(files: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def _describe(folder: Path) -> Upload:
    files = _files(folder)
    lone_zip = len(files) == 1 and files[0].suffix.lower() == ".zip"
    return Upload(folder.name, files[0] if lone_zip else folder, len(files), _weight(files))


def _in_words(size: int) -> str:
    return f"{size / (1 << 30):.0f} GB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MB"
