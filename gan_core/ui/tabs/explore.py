"""Explore: one large picture, and beside it the tools that change it."""

import json
from typing import Annotated

from gan_core.export import to_png
from gan_core.latent.point import LatentPoint
from gan_core.registry import resolve
from gan_core.ui import Studio
from gan_core.ui.pictures import attachment, data_url, file_name, portable
from gan_core.ui.requests import Between
from gan_core.ui.tools import TOOLS
from gan_core.ui.widgets import Panel


class Explore:
    """Answers what static/explore.js asks."""

    def __init__(self, studio: Studio):
        self.engine = studio.engine

    async def picture(self, point: LatentPoint) -> str:
        """Return the picture of a point as a data URL, at the model's own size."""
        (picture,) = await self.engine.render(point.model, [point])
        return data_url(picture)

    async def settle(self, point: LatentPoint) -> dict:
        """Return the same place with nothing nested inside (`latent.sample.settle`), as a JSON object."""
        from gan_core.latent.sample import settle

        model = await self.engine.borrow(point.model)
        return json.loads(settle(model, point).to_json())

    async def save(self, point: LatentPoint, size: Annotated[int, Between(8, 2048)] | None = None) -> dict:
        """Return the picture as a PNG file with its point inside, enlarged to `size` pixels (None: the model's own size)."""
        (picture,) = await self.engine.render(point.model, [point])
        (saved,) = await portable(self.engine, [point])
        png = to_png(picture, saved, self.engine.library.entry(point.model).config, size)
        return attachment(file_name([point], ".png"), "image/png", png)


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    explore = Explore(studio)
    Panel("explore", [explore.picture, explore.save, explore.settle], tools=list(TOOLS))
    for name in TOOLS:
        resolve(TOOLS, name)(studio)
