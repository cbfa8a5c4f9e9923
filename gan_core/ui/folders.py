"""Where the app keeps things: beside its program where that can be written to, else where the system expects a person's data."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.files import FULL

APP = "latent-studio"


@dataclass(frozen=True)
class Place:
    """A folder that can be written to, and in words why it is not the one wished for (empty where it is)."""

    path: Path
    reason: str = ""


def writable_or(folder: Path, name: str) -> Place:
    """Return `folder`, else the person's own data folder `name`, else a temporary one: the first that can be written to.

    Nothing is made but a temporary folder. Raises StudioError where nothing at all can be written to.
    """
    if is_writable(folder):
        return Place(folder)
    own = user_data() / name
    if own.is_absolute() and is_writable(own):  # without a home it is not
        return Place(own, f"{folder} cannot be written to, so {own} is used instead")
    try:
        passing = Path(tempfile.mkdtemp(prefix=f"{APP}-")) / name
    except OSError as error:
        raise StudioError(
            "app.folder",
            "Nothing can be written to {path}. Free some disk space, or name another folder: python app.py --runs DIR --imported DIR",
            path=folder,
        ) from error
    return Place(passing, f"{folder} cannot be written to, so {passing} is used until the machine restarts")


def name_a_temporary_folder() -> None:
    """Let Python name a folder for temporary files although no disk takes one: memory that is shown as one, else a full disk."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        tempfile.tempdir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else os.path.abspath(os.sep)


def user_data() -> Path:
    """Return where the system expects this app's data: ~/.local/share, ~/Library/Application Support or %LOCALAPPDATA%."""
    import platformdirs

    return platformdirs.user_data_path(APP, appauthor=False)


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, or in the nearest one above it that exists. A full disk is no reason to move."""
    nearest = next((place for place in (folder, *folder.absolute().parents) if os.path.exists(place)), folder)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            return True
    except OSError as error:
        return error.errno in FULL and folder.is_dir()
