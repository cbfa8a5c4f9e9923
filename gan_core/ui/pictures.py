"""Pictures on their way to the browser: at the model's own size, many in one sheet, as data URLs; files as base64."""

import base64
import io
import re
from collections.abc import Sequence

import numpy as np
from PIL import Image

from gan_core.latent.point import LatentPoint

LOSSLESS_SIDE = 1024  # pixels high up to which a picture or sheet travels without loss
SMALL = 64 * 64 * 3  # bytes up to which packing a picture takes longer than sending it


def encode(picture: np.ndarray) -> tuple[str, bytes]:
    """Return (media type, bytes) of uint8 [H, W, C]: BMP while it is tiny and opaque, quick PNG, quick WebP beyond a limit."""
    file = io.BytesIO()
    image = Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture)
    if picture.size <= SMALL and picture.shape[2] != 4:
        image.save(file, "bmp")
        return "image/bmp", file.getvalue()
    if len(picture) <= LOSSLESS_SIDE:
        image.save(file, "png", compress_level=1)
        return "image/png", file.getvalue()
    image.save(file, "webp", quality=90, method=0)
    return "image/webp", file.getvalue()


def data_url(picture: np.ndarray) -> str:
    """Return uint8 [H, W, C] as a data URL that an <img> can show."""
    kind, data = encode(picture)
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def sheet(pictures: np.ndarray, columns: int) -> dict:
    """Return uint8 [N, H, W, C] side by side in one picture: {url, columns, count, width, height} of a cell in pixels."""
    count, height, width, channels = pictures.shape
    rows = -(-count // columns)
    cells = np.zeros((rows * columns, height, width, channels), np.uint8)
    cells[:count] = pictures
    board = (
        cells.reshape(rows, columns, height, width, channels)
        .swapaxes(1, 2)
        .reshape(rows * height, columns * width, channels)
    )
    return {"url": data_url(board), "columns": columns, "count": count, "width": width, "height": height}


async def portable(engine, points: Sequence[LatentPoint]) -> list[LatentPoint]:
    """Return points of one model as another copy of the model understands them (`latent.portable`), to go into saved files."""
    from gan_core.latent.portable import portable

    model = await engine.borrow(points[0].model)
    return [portable(model, point) for point in points]


def attachment(name: str, kind: str, data: bytes) -> dict:
    """Return a file for `studio.download`: {name, type, data (base64)}."""
    return {"name": name, "type": kind, "data": base64.b64encode(data).decode()}


def file_name(points: Sequence[LatentPoint], ending: str) -> str:
    """Return a telling file name: the model and the first and last seed, or the word that says there is none."""
    seeds = [str(point.seed) if point.seed is not None else "mix" for point in (points[0], points[-1])]
    stem = "-".join([points[0].model.split("/")[-1] or "picture", *dict.fromkeys(seeds)])
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem)[:80] + ending
