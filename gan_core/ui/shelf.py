"""Files on their way to the browser: each known by a random token, never by a path; fetched in pieces, swept when nobody needs them.

No gradio here.
"""

import base64
import contextlib
import re
import secrets
import time
from pathlib import Path
from typing import Annotated

from gan_core.errors import StudioError
from gan_core.ui.requests import Between

PIECE = 3 << 20  # bytes of a file that travel at a time
KEEP_SECONDS = 900  # a file that nobody fetched from for so long is removed
MOST_FILES = 8  # finished and unfinished

Token = Annotated[str, Between(8, 40)]


class Shelf:
    """A folder of such files, all with the same `suffix` on the disk."""

    def __init__(self, folder: Path, suffix: str):
        self.folder, self.suffix = folder, suffix
        self.sweep()

    def place(self) -> Path:
        """A path for a new file; the folder is made when it is written (`open_folder`). Raises StudioError when there are too many."""
        self.sweep()
        if self.folder.is_dir() and len(list(self.folder.iterdir())) >= MOST_FILES:
            raise StudioError("job.busy", "Others have long work running here at this moment. Try again in a minute.")
        return self.folder / f"{secrets.token_hex(16)}{self.suffix}"

    def open_folder(self) -> None:
        """Make the folder. Raises OSError when the disk refuses."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def offer(self, path: Path, model: str, ending: str) -> dict:
        """What the browser needs to fetch a finished file, named after its model: {token, name, bytes, pieces}."""
        size = path.stat().st_size
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", model.split("/")[-1])[:60]
        return {"token": path.stem, "name": f"{name}{ending}", "bytes": size, "pieces": -(-size // PIECE)}

    def piece(self, token: Token, number: Annotated[int, Between(0, 10_000)]) -> str:
        """Return piece `number` of a finished file as base64. Raises OSError when it is gone."""
        path = self.path(token)
        with open(path, "rb") as file:
            file.seek(number * PIECE)
            data = file.read(PIECE)
        with contextlib.suppress(OSError):
            path.touch()
        return base64.b64encode(data).decode()

    def forget(self, token: Token) -> None:
        """Remove a file that was fetched or is not wanted any more; a token that is none is passed over."""
        with contextlib.suppress(FileNotFoundError):
            self.path(token).unlink(missing_ok=True)

    def path(self, token: str) -> Path:
        """Where the file of a token is. Raises FileNotFoundError for what is no token."""
        if not re.fullmatch(r"[0-9a-f]{32}", token):
            raise FileNotFoundError(token)
        return self.folder / f"{token}{self.suffix}"

    def sweep(self) -> None:
        """Remove what was left behind: by a closed page, or by an app that was killed."""
        with contextlib.suppress(OSError):
            for path in self.folder.glob(f"*{self.suffix}"):
                if time.time() - path.stat().st_mtime > KEEP_SECONDS:
                    path.unlink(missing_ok=True)
