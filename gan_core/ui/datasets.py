"""Data sets on their way to the browser: written to a temporary file as a job, fetched in pieces, swept when nobody needs them.

No gradio here. A file is known by a random token, never by a path.
"""

import asyncio
import base64
import contextlib
import re
import secrets
import time
from functools import partial
from pathlib import Path
from typing import Annotated

from gan_core.errors import StudioError
from gan_core.export.dataset import MOST, Order, write_dataset
from gan_core.latent.point import MAX_SEED, LatentPoint
from gan_core.ui import Studio
from gan_core.ui.jobs import Job, JobName
from gan_core.ui.limits import on_space
from gan_core.ui.requests import Between

SPACE_MOST = 500  # pictures, where strangers share one machine
PIECE = 3 << 20  # bytes of a file that travel at a time
MOST_BYTES, SPACE_BYTES = 1 << 30, 100 << 20  # of one zip
KEEP_SECONDS = 900  # a file that nobody fetched from for so long is removed
MOST_FILES = 8  # finished and unfinished

Token = Annotated[str, Between(8, 40)]
Names = Annotated[list[str], Between(0, 16)]
Classes = Annotated[list[int], Between(1, 1000)]


def most() -> int:
    """How many pictures a visitor may ask for here."""
    return SPACE_MOST if on_space() else MOST


class Datasets:
    """Answers what static/dataset.js asks."""

    def __init__(self, studio: Studio):
        self.engine, self.jobs = studio.engine, studio.jobs
        self.folder = Path(studio.settings.runs) / ".datasets"
        self._sweep()

    async def make(
        self,
        model: str,
        count: int,
        seed: Annotated[int, Between(0, MAX_SEED)],
        truncation: float,
        name: JobName,
        classes: Classes | None = None,
        like: LatentPoint | None = None,
        vary: Names = (),
        reach: float = 1.0,
        size: int | None = None,
    ) -> dict:
        """Write a data set as the job `name`; return {token, name, bytes, pieces} for `piece`.

        `like` lends its moves to every picture, the rest is as in `export.dataset.Order`. Raises StudioError for an order that
        cannot be filled, too many at once, a full disk, and a visitor's Stop.
        """
        if count > most():
            raise StudioError("dataset.count", "A data set has from 1 to {most} pictures.", most=most())
        chosen = None if classes is None else tuple(classes)
        moves = like.moves if like else ()
        order = Order(count, seed, truncation, chosen, moves, tuple(vary), reach, size)
        network = await self.engine.borrow(model)
        self._sweep()
        if self.folder.is_dir() and len(list(self.folder.iterdir())) >= MOST_FILES:
            raise StudioError("job.busy", "Others have long work running here at this moment. Try again in a minute.")
        path = self.folder / f"{secrets.token_hex(16)}.zip"

        def work(job: Job) -> int:
            self._make_folder()
            tell = partial(job.tell, stage="drawing")
            write_dataset(
                path,
                network,
                order,
                partial(self.engine.draw, model),
                model,
                tell,
                SPACE_BYTES if on_space() else MOST_BYTES,
            )
            return path.stat().st_size

        try:
            size = await self.jobs.run(name, work)
        except (
            asyncio.CancelledError
        ):  # the page was closed; work that never began left nothing, the rest cleans up itself
            path.unlink(missing_ok=True)
            raise
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", model.split("/")[-1])[:60]
        return {"token": path.stem, "name": f"{stem}-{count}.zip", "bytes": size, "pieces": -(-size // PIECE)}

    def piece(self, token: Token, number: Annotated[int, Between(0, 10_000)]) -> str:
        """Return piece `number` of a finished file as base64. Raises StudioError when it is gone."""
        try:
            with open(self._path(token), "rb") as file:
                file.seek(number * PIECE)
                data = file.read(PIECE)
        except OSError:
            raise StudioError("dataset.gone", "This data set is no longer here. Make it again.") from None
        with contextlib.suppress(OSError):
            self._path(token).touch()
        return base64.b64encode(data).decode()

    def forget(self, token: Token) -> None:
        """Remove a file that was fetched or is not wanted any more."""
        self._path(token).unlink(missing_ok=True)

    def _path(self, token: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{32}", token):
            raise StudioError("dataset.gone", "This data set is no longer here. Make it again.")
        return self.folder / f"{token}.zip"

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise StudioError("dataset.disk", "The disk is full. Make room on it, or ask for fewer or smaller pictures.") from None  # fmt: skip

    def _sweep(self) -> None:
        """Remove what was left behind: by a closed page, or by an app that was killed."""
        with contextlib.suppress(OSError):
            for path in self.folder.glob("*.zip"):
                if time.time() - path.stat().st_mtime > KEEP_SECONDS:
                    path.unlink(missing_ok=True)
