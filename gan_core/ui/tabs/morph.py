"""Morph: the pictures on the way from A to B, to scrub through and to save as a film."""

import asyncio
import functools
from dataclasses import dataclass
from typing import Annotated, Literal

import anyio.to_thread
import numpy as np

from gan_core.errors import StudioError
from gan_core.export import there_and_back, to_gif, to_mp4, to_webp
from gan_core.latent.interpolate import interpolate
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.pictures import attachment, file_name, sheet
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

MOST = 240  # frames from A to B
SLICE = 60  # frames asked for at once, so that a long morph can be scrubbed while the rest arrives
WRITERS = {"gif": (to_gif, "image/gif"), "mp4": (to_mp4, "video/mp4"), "webp": (to_webp, "image/webp")}
FILMS_AT_ONCE = 2

Count = Annotated[int, Between(2, MOST)]
Mode = Literal["slerp", "lerp"]
FilmName = Annotated[str, Between(1, 40)]


@dataclass
class Film:
    """How far a film is that is being saved."""

    done: int
    total: int
    writing: bool = False


class Morph:
    """Answers what static/morph.js asks."""

    def __init__(self, studio: Studio):
        self.engine = studio.engine
        self._films: dict[str, Film] = {}

    async def frames(
        self, a: LatentPoint, b: LatentPoint, count: Count, mode: Mode, start: Annotated[int, Between(0, MOST - 1)] = 0
    ) -> dict:
        """Return frames `start` … `start + SLICE` of the way from a to b as a sheet (see `pictures.sheet`)."""
        points = self._way(a, b, count, mode)[start : start + SLICE]
        return sheet(await self.engine.render(a.model, points), min(12, len(points)))

    async def save(
        self,
        a: LatentPoint,
        b: LatentPoint,
        count: Count,
        mode: Mode,
        back: bool,
        kind: Literal["gif", "mp4", "webp"],
        size: Annotated[int, Between(16, 1024)],
        fps: Annotated[int, Between(1, 60)],
        film: FilmName,
    ) -> dict:
        """Return the way from a to b (and back) as a film file; `film` is the word under which `progress` tells how far it is."""
        points = self._way(a, b, count, mode)
        if len(self._films) >= FILMS_AT_ONCE or film in self._films:
            raise StudioError(
                "morph.busy", "Other films are being saved at this moment. Wait until they are done and try again."
            )
        self._films[film] = progress = Film(0, len(points))
        try:
            config = self.engine.library.entry(a.model).config
            frames = []
            for first in range(0, len(points), SLICE // 4):
                frames.append(await self.engine.render(a.model, points[first : first + SLICE // 4]))
                progress.done += len(frames[-1])
            progress.writing = True
            pictures = there_and_back(np.concatenate(frames)) if back else np.concatenate(frames)
            write, mime = WRITERS[kind]
            data = await anyio.to_thread.run_sync(functools.partial(write, pictures, fps, config.pixel_art, size))
            return await asyncio.to_thread(attachment, file_name([a, b], f".{kind}"), mime, data)
        finally:
            del self._films[film]

    def progress(self, film: FilmName) -> dict:
        """Return {done, total, writing} of a film that is being saved; all 0 when there is none of that name."""
        found = self._films.get(film, Film(0, 0))
        return {"done": found.done, "total": found.total, "writing": found.writing}

    def _way(self, a: LatentPoint, b: LatentPoint, count: int, mode: str) -> list[LatentPoint]:
        if a.model != b.model:
            raise StudioError("morph.models", "A and B belong to different models. Choose both with the same model.")
        return interpolate(a, b, count, mode)


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    morph = Morph(studio)
    Panel("morph", [morph.frames, morph.save, morph.progress])
