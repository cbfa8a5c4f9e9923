"""History and favourites: the strip under the picture. The browser keeps them; the app only draws small pictures it never painted."""

import base64
import io
from typing import Annotated

import numpy as np
from PIL import Image

from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

MOST = 24  # pictures in one request
SIDE = 96  # pixels


class History:
    """Answers what static/history.js asks."""

    def __init__(self, studio: Studio):
        self.engine = studio.engine

    async def thumbs(self, points: Annotated[list[LatentPoint], Between(1, MOST)]) -> list[str]:
        """Return a small picture of each point as a data URL; "" where its model cannot draw it."""
        urls = [""] * len(points)
        for model in dict.fromkeys(point.model for point in points):
            at = [i for i, point in enumerate(points) if point.model == model]
            for i, picture in zip(at, await self._pictures(model, [points[i] for i in at]), strict=True):
                if picture is not None:
                    urls[i] = small_url(picture, self.engine.library.entry(model).config.pixel_art)
        return urls

    async def _pictures(self, model: str, points: list[LatentPoint]) -> list[np.ndarray | None]:
        """The pictures of one model; those that fail are found one by one, so that they do not spoil the others."""
        try:
            return list(await self.engine.render(model, points))
        except StudioError:
            if len(points) == 1:
                return [None]
            return [picture for point in points for picture in await self._pictures(model, [point])]


def small_url(picture: np.ndarray, pixel_art: bool) -> str:
    """Return uint8 [H, W, C], its longer side at most SIDE pixels, as a data URL: PNG for pixel art, WebP for the rest."""
    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    image.thumbnail((SIDE, SIDE), Image.Resampling.NEAREST if pixel_art else Image.Resampling.LANCZOS)
    file, kind = io.BytesIO(), "png" if pixel_art else "webp"
    image.save(file, kind, **({} if pixel_art else {"quality": 85, "method": 2}))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    Panel("history", [History(studio).thumbs])
