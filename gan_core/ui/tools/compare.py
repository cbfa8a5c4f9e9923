"""Compare: the same point in another model, or in the same one at an earlier moment of its training, side by side."""

from pathlib import Path
from typing import Annotated

import numpy as np

from gan_core.checkpoint import DIRECTIONS
from gan_core.export import contact_sheet, to_png, upscale
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.library import Entry
from gan_core.ui.pictures import attachment, data_url, file_name, portable
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

SIDE = 512  # pixels of a saved picture's longer side, at least
GAP = 16  # pixels between the two

Name = Annotated[str, Between(1, 300)]


class Compare:
    """Answers what static/compare.js asks."""

    def __init__(self, studio: Studio):
        self.engine, self.library = studio.engine, studio.engine.library

    async def picture(self, point: LatentPoint) -> str:
        """Return the picture of a point as a data URL; it is drawn when no first picture waits."""
        (picture,) = await self.engine.render(point.model, [point], patient=True)
        return data_url(picture)

    def moments(self, model: Name) -> dict:
        """Return {images it has seen, moments: {id, images} of it earlier in its training, earliest first}."""
        moments = [{"id": entry.id, "images": int(entry.path.name)} for entry in self.library.moments(model)]
        return {"images": self.library.entry(model).config.training.get("images"), "moments": moments}

    async def common(self, a: Name, b: Name) -> list[str]:
        """Return the names of directions that mean the same in both models: all of a training's, else those with a name."""
        one, other = self.library.entry(a), self.library.entry(b)
        networks = [await self.engine.borrow(model) for model in (a, b)]
        named = [{d.name for d in network.named if d.vector is not None} for network in networks]
        found = []
        if _folder(one) == _folder(other) and (_folder(one) / DIRECTIONS).is_file():
            found = [f"d{i}" for i in range(len(networks[0].found.get("d", ())))]
        return found + sorted(named[0] & named[1])

    async def save(self, a: LatentPoint, b: LatentPoint) -> dict:
        """Return both pictures side by side as one PNG, which carries the first one's point."""
        points = [a, b]
        configs = [self.library.entry(point.model).config for point in points]
        side = max(SIDE, *(config.resolution for config in configs))
        pictures = [
            _coloured(upscale((await self.engine.render(point.model, [point]))[0], side, config.pixel_art))
            for point, config in zip(points, configs, strict=True)
        ]
        (saved,) = await portable(self.engine, [a])
        png = to_png(contact_sheet(pictures, 2, GAP), saved, configs[0])
        return attachment(file_name([a], "-beside.png"), "image/png", png)


def _folder(entry: Entry) -> Path:
    """The folder whose directions an entry has: of a training's moments, its finished model's."""
    return entry.directions or entry.path


def _coloured(picture: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 1, 3 or 4] → [H, W, 4]."""
    alpha = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return (
        picture if picture.shape[2] == 4 else np.concatenate([np.repeat(picture, 3 // picture.shape[2], 2), alpha], 2)
    )


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    compare = Compare(studio)
    Panel("compare", [compare.picture, compare.moments, compare.common, compare.save])
