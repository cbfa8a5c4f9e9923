"""Data sets on their way to the browser: written to a temporary file as a job, fetched in pieces, swept when nobody needs them.

No gradio here. A file is known by a random token, never by a path.
"""

import asyncio
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
from gan_core.ui.shelf import Shelf, Token

SPACE_MOST = 500  # pictures, where strangers share one machine
MOST_BYTES, SPACE_BYTES = 1 << 30, 100 << 20  # of one zip

Names = Annotated[list[str], Between(0, 16)]
Classes = Annotated[list[int], Between(1, 1000)]


def most() -> int:
    """How many pictures a visitor may ask for here."""
    return SPACE_MOST if on_space() else MOST


class Datasets:
    """Answers what static/dataset.js asks."""

    def __init__(self, studio: Studio):
        self.engine, self.jobs = studio.engine, studio.jobs
        self.shelf = Shelf(Path(studio.settings.runs) / ".datasets", ".zip")

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
        path = self.shelf.place()

        def work(job: Job) -> None:
            try:
                self.shelf.open_folder()
            except OSError:
                raise StudioError("dataset.disk", "The disk is full. Make room on it, or ask for fewer or smaller pictures.") from None  # fmt: skip
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

        try:
            await self.jobs.run(name, work, "exports")
        except (
            asyncio.CancelledError
        ):  # the page was closed; work that never began left nothing, the rest cleans up itself
            path.unlink(missing_ok=True)
            raise
        return self.shelf.offer(path, model, f"-{count}.zip")

    def piece(self, token: Token, number: Annotated[int, Between(0, 10_000)]) -> str:
        """Return piece `number` of a finished file as base64. Raises StudioError when it is gone."""
        try:
            return self.shelf.piece(token, number)
        except OSError:
            raise StudioError(
                "dataset.gone",
                "This data set is not here: it was put away after a while, or is on another machine of this address. Make it again.",
            ) from None

    def forget(self, token: Token) -> None:
        """Remove a file that was fetched or is not wanted any more."""
        self.shelf.forget(token)
