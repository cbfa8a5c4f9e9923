"""One picture, decoded safely into the exact pixels that a network sees."""

import numpy as np
from PIL import Image

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def resize(image: Image.Image, resolution: int, pixel_art: bool = False) -> Image.Image:
    """Return a square picture at `resolution`: exact averages for whole factors, Lanczos otherwise, hard pixels for pixel art."""
    if image.size == (resolution, resolution):
        return image
    if image.width % resolution == 0 and image.height % resolution == 0:
        return image.resize((resolution, resolution), Image.Resampling.BOX)
    method = Image.Resampling.NEAREST if pixel_art and resolution > max(image.size) else Image.Resampling.LANCZOS
    return image.resize((resolution, resolution), method)


def to_array(image: Image.Image) -> np.ndarray:
    """Return uint8 [C, H, W] of an L, RGB or RGBA picture."""
    array = np.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)
