"""Journey: keyframes on a line of time, the way through them to play and scrub, and to save as a film or as a small file."""

import json
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np

from gan_core.errors import StudioError
from gan_core.export import upscale
from gan_core.latent.journey import (
    KEY,
    MAX_FRAMES,
    MAX_KEYFRAMES,
    Journey,
    class_sweep,
    frames,
    nested,
    noise_loop,
    truncation_sweep,
)
from gan_core.latent.point import MAX_JSON, MAX_SEED, LatentPoint
from gan_core.ui import Studio
from gan_core.ui.films import Film, FilmKind, FilmSize, save_film
from gan_core.ui.jobs import JobName
from gan_core.ui.pictures import attachment, file_name, portable, sheet
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

SLICE = 60  # pictures in one answer, so that a long journey can be scrubbed while the rest arrives
SIDE = 256  # pixels of a picture in a sheet, at most: some models draw 1024

Start = Annotated[int, Between(0, MAX_FRAMES - 1)]
Count = Annotated[int, Between(1, SLICE)]
Points = Annotated[list[LatentPoint], Between(1, MAX_KEYFRAMES)]
Text = Annotated[str, Between(2, MAX_JSON)]


class JourneyTab:
    """Answers what static/journey.js asks."""

    def __init__(self, studio: Studio):
        self.studio, self.engine = studio, studio.engine

    async def frames(self, journey: Journey, start: Start, count: Count) -> dict:
        """Return the pictures `start` … `start + count` of a journey as a sheet (see `pictures.sheet`)."""
        points = frames(await self._light(journey))[start : start + count]
        return await self._sheet(points)

    async def point(self, journey: Journey, at: Start) -> dict:
        """Return the point of picture number `at` (or the last one), as a JSON object."""
        points = frames(await self._light(journey))
        return json.loads(points[min(at, len(points) - 1)].to_json())

    async def pictures(self, points: Points) -> dict:
        """Return the pictures of keyframes as a sheet."""
        return await self._sheet(points)

    def ready_made(
        self,
        kind: Literal["noise_loop", "truncation_sweep", "class_sweep"],
        point: LatentPoint,
        seed: Annotated[int, Between(0, MAX_SEED - 3)] = 0,
        difference: Annotated[float, Between(0, 2)] = 0.5,
    ) -> dict:
        """Return a ready-made journey around a point as a JSON object."""
        classes = self.engine.library.entry(point.model).config.num_classes
        if kind == "noise_loop":
            made = noise_loop(point, seed, difference, classes=classes)
        else:
            made = truncation_sweep(point) if kind == "truncation_sweep" else class_sweep(point, classes)
        return json.loads(made.to_json())

    def read(self, text: Text) -> dict:
        """Return the journey that a text begins with (a saved file, or the part of a film from there on) as a JSON object."""
        try:
            raw, _ = json.JSONDecoder().raw_decode(text.lstrip("\ufeff \n\r\t"))
        except (ValueError, RecursionError):
            raw = None
        if not isinstance(raw, dict) or KEY not in raw:
            raise StudioError(
                "journey.none_inside",
                "There is no journey in this file. Open a saved journey (.json), or a film that was saved here.",
            )
        return json.loads(Journey.from_json(raw).to_json())

    async def write(self, journey: Journey) -> dict:
        """Return a journey as a small file that `read` understands, here and with another copy of the model."""
        name = file_name([keyframe.point for keyframe in journey.keyframes], "-journey.json")
        return attachment(name, "application/json", (await self._note(journey)).encode())

    async def save(self, journey: Journey, kind: FilmKind, size: FilmSize, film: JobName) -> dict:
        """Return a journey as a film with the journey itself inside; `film` names the job that the page watches and stops."""
        points = frames(await self._light(journey))
        return await save_film(self.studio, film, Film(points, kind, size, journey.fps, await self._note(journey)))

    async def _note(self, journey: Journey) -> str:
        points = await portable(self.engine, [keyframe.point for keyframe in journey.keyframes])
        keyframes = (replace(k, point=point) for k, point in zip(journey.keyframes, points, strict=True))
        return replace(journey, keyframes=tuple(keyframes)).to_json()

    async def _sheet(self, points: list[LatentPoint]) -> dict:
        pictures = await self.engine.render(points[0].model, points) if points else None
        if pictures is None:
            raise StudioError("engine.empty", "There is nothing to draw. Choose at least one picture.")
        if pictures.shape[1] > SIDE:
            config = self.engine.library.entry(points[0].model).config
            pictures = np.stack([upscale(picture, SIDE, config.pixel_art) for picture in pictures])
        return sheet(pictures, min(12, len(points)))

    async def _light(self, journey: Journey) -> Journey:
        """The same journey, with keyframes that have too many points inside written as plain vectors."""
        from gan_core.latent.sample import settle

        if not any(nested(keyframe.point) for keyframe in journey.keyframes):
            return journey
        model = await self.engine.borrow(journey.model)
        keyframes = [replace(k, point=settle(model, k.point)) if nested(k.point) else k for k in journey.keyframes]
        return replace(journey, keyframes=tuple(keyframes))


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    tab = JourneyTab(studio)
    asked = [tab.frames, tab.point, tab.pictures, tab.ready_made, tab.read, tab.write, tab.save]
    Panel("journey", [*asked, studio.jobs.progress, studio.jobs.stop])
