"""A list of pictures to leave out: a text file with one name a line, as `PictureSet.names` has them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from gan_core.data.collect import MAX_FILES
from gan_core.errors import StudioError
from gan_core.files import replace_text

MAX_BYTES = 20 << 20
LISTS = 500
OWN = "excluded.txt"  # in a run folder


def read_list(path: str | Path) -> frozenset[str]:
    """Return the names in the list at `path` (UTF-8, empty lines do not count); none for an empty path.

    Raises StudioError when it is not there, not text, or far too long.
    """
    if not str(path):
        return frozenset()
    try:
        with open(path, "rb") as file:
            packed = file.read(MAX_BYTES + 1)
        text = packed[:MAX_BYTES].decode("utf-8-sig", "strict" if len(packed) <= MAX_BYTES else "ignore")
    except (OSError, ValueError):
        message = "{name} cannot be read as a list of pictures to leave out: one file name a line, in UTF-8."
        raise StudioError("exclude.unreadable", message, name=str(path)) from None
    names = frozenset(line for line in text.splitlines() if line.strip())
    if len(packed) > MAX_BYTES or len(names) > MAX_FILES:
        raise StudioError("exclude.large", "{name} is too large for a list of names.", name=str(path))
    return names


def write_list(path: Path, names: Iterable[str]) -> None:
    """Write the names, sorted, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, "".join(f"{name}\n" for name in sorted(names)))


def own_list(path: str, run: Path) -> str:
    """Copy the list at `path` into a run folder, so that a resumed run sees the same pictures; return the copy's path.

    Raises StudioError when it cannot be read, OSError when it cannot be written.
    """
    own = run / OWN
    if not path or Path(path).absolute() == own.absolute():
        return path
    write_list(own, read_list(path))
    return str(own)


def listed(names: Iterable[str], folder: Path) -> str:
    """Write the names into `folder` under a name that follows from them, if they are not there yet; return the path, "" for none.

    Of the lists in it, the newest LISTS stay. Raises OSError.
    """
    chosen = sorted(set(names))
    if not chosen:
        return ""
    path = folder / f"{hashlib.sha256(chr(10).join(chosen).encode()).hexdigest()[:16]}.txt"
    if not path.is_file():
        write_list(path, chosen)
        for old in sorted(folder.glob("*.txt"), key=lambda list_: list_.stat().st_mtime)[:-LISTS]:
            old.unlink(missing_ok=True)
    return str(path)
