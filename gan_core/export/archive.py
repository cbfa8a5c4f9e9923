"""Many files as one download."""

import io
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath

from gan_core.errors import StudioError

EPOCH = (1980, 1, 1, 0, 0, 0)  # zip's first date: the same pictures always give the same zip


def to_zip(items: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a zip of (name, bytes) pairs, stored as they are: pictures are compressed already.

    Raises StudioError for a name that is used twice or would leave the folder it is unpacked in.
    """
    buffer, seen = io.BytesIO(), set()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in items:
            path = PurePosixPath(name)
            unsafe = not name or "\\" in name or ":" in name or path.is_absolute() or ".." in path.parts
            if unsafe or name.casefold() in seen:
                raise StudioError("export.zip_name", "“{name}” cannot be a file's name in this zip.", name=name[:80])
            seen.add(name.casefold())
            archive.writestr(zipfile.ZipInfo(name, EPOCH), data)
    return buffer.getvalue()
