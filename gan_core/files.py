"""Files that appear whole or not at all, and the sentence for a disk that refuses."""

import errno
import os
from pathlib import Path

from gan_core.errors import StudioError

FULL = (errno.ENOSPC, errno.EDQUOT)


def replace_text(path: Path, text: str) -> None:
    """Write a file in one go: whoever reads it sees the old text or the new one. Raises OSError."""
    replace_bytes(path, text.encode())


def replace_bytes(path: Path, data: bytes) -> None:
    """`replace_text` for any file."""
    new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        new.write_bytes(data)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def disk_error(error: OSError) -> StudioError:
    """The sentence for a run folder that cannot be written."""
    return StudioError("train.disk", "The run folder cannot be written: {why}.", why=error.strerror or str(error))
