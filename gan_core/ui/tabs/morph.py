"""Morph: the pictures on the way from A to B, to scrub through and to save as a film."""

from typing import Annotated, Literal

from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.films import Film, FilmKind, FilmRate, FilmSize, save_film
from gan_core.ui.jobs import JobName
from gan_core.ui.pictures import sheet
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

MOST = 240  # frames from A to B
SLICE = 60  # frames asked for at once, so that a long morph can be scrubbed while the rest arrives

Count = Annotated[int, Between(2, MOST)]
Mode = Literal["slerp", "lerp"]


class Morph:
    """Answers what static/morph.js asks."""

    def __init__(self, studio: Studio):
        self.studio, self.engine = studio, studio.engine

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
        kind: FilmKind,
        size: FilmSize,
        fps: FilmRate,
        film: JobName,
    ) -> dict:
        """Return the way from a to b (and back) as a film file; `film` names the job that the page watches and stops."""
        points = self._way(a, b, count, mode)
        if back:
            points += points[-2:0:-1]
        return await save_film(self.studio, film, Film(points, kind, size, fps))

    def _way(self, a: LatentPoint, b: LatentPoint, count: int, mode: str) -> list[LatentPoint]:
        if a.model != b.model:
            raise StudioError("morph.models", "A and B belong to different models. Choose both with the same model.")
        from gan_core.latent.interpolate import interpolate

        return interpolate(a, b, count, mode)


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    morph = Morph(studio)
    Panel("morph", [morph.frames, morph.save, studio.jobs.progress, studio.jobs.stop])
