"""Pictures at the size a person wants to see, and sheets of them."""

import numpy as np
from PIL import Image

from gan_core.errors import StudioError

MAX_SIDE = 4096  # pixels; also the largest side H.264 level 5 players accept
MAX_SHEET_PIXELS = 100_000_000
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def as_pixels(image) -> np.ndarray:
    """Return a PIL picture or an array [H,W] or [H,W,C] as uint8 [H,W,C], C = 1, 3 or 4. Raises StudioError."""
    if isinstance(image, Image.Image):
        if image.mode not in _MODES.values():
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        image = np.asarray(image)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in _MODES or 0 in pixels.shape:
        raise StudioError(
            "export.picture",
            "This is not a picture (height × width × 1, 3 or 4 values of 0–255): its shape is {shape}. Render it again.",
            shape=str(pixels.shape),
        )
    return np.ascontiguousarray(pixels)


def as_image(pixels: np.ndarray) -> Image.Image:
    """Return uint8 [H,W,C] as a PIL picture of mode L, RGB or RGBA."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels, _MODES[pixels.shape[2]])


def checked_size(size) -> int:
    """Return `size` when it is a usable number of pixels a side, else raise StudioError."""
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= MAX_SIDE:
        raise StudioError(
            "export.size",
            "The size must be a whole number of pixels from 1 to {most}, not {size}.",
            most=MAX_SIDE,
            size=size,
        )
    return int(size)


def check_pixels(pixels: int, most: int) -> None:
    """Raise StudioError when a result would be larger than a computer without a GPU can hold."""
    if pixels > most:
        raise StudioError(
            "export.too_large",
            "That would be {pixels} million pixels; {most} million are possible. Choose fewer or smaller pictures.",
            pixels=pixels // 1_000_000,
            most=most // 1_000_000,
        )


def upscale(image, size: int, pixel_art: bool = False):
    """Return `image` with its longer side `size` pixels long, in the type it came in (uint8 [H,W,C] or PIL).

    Pixel art is repeated a whole number of times, so that every pixel stays a square; when that does not fill `size`, it
    is centred and its edge pixels run on to the border. Everything else is resampled with Lanczos (alpha premultiplied).
    Raises StudioError when the picture or the size is none.
    """
    pixels, size = as_pixels(image), checked_size(size)
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    shape = max(1, round(height * scale)), max(1, round(width * scale))
    if shape == (height, width):
        large = pixels
    elif pixel_art and scale >= 1:
        large = _repeated(pixels, size // max(height, width), shape)
    else:
        filter_ = Image.Resampling.BOX if pixel_art else Image.Resampling.LANCZOS
        large = as_pixels(as_image(pixels).resize(shape[::-1], filter_))
    return as_image(large) if isinstance(image, Image.Image) else large


def _repeated(pixels: np.ndarray, factor: int, shape: tuple[int, int]) -> np.ndarray:
    large = pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    gaps = [(full - have) for full, have in zip(shape, large.shape[:2], strict=True)]
    if not any(gaps):
        return large
    return np.pad(large, [(gap // 2, gap - gap // 2) for gap in gaps] + [(0, 0)], mode="edge")


def contact_sheet(images, columns: int, gap: int = 2, background=None) -> np.ndarray:
    """Lay pictures out in rows of `columns`, `gap` pixels apart, in reading order.

    images: uint8 [N,H,W,C] or a sequence of equal pictures. background: one grey level or one value per channel; by
    default white, or transparent for RGBA. Returns uint8 [rows·H + (rows−1)·gap, columns·W + (columns−1)·gap, C].
    Raises StudioError for no pictures, unequal pictures, or a sheet of more than 100 megapixels.
    """
    tiles = [as_pixels(image) for image in images]
    if not tiles or len({tile.shape for tile in tiles}) > 1:
        raise StudioError("export.sheet", "A sheet needs at least one picture, and all of the same size.")
    if columns < 1 or gap < 0:
        raise StudioError("export.sheet_layout", "A sheet needs at least one column and a gap of 0 or more pixels.")
    height, width, channels = tiles[0].shape
    rows = -(-len(tiles) // columns)
    shape = rows * (height + gap) - gap, columns * (width + gap) - gap, channels
    check_pixels(shape[0] * shape[1], MAX_SHEET_PIXELS)
    if background is None:
        background = (0, 0, 0, 0) if channels == 4 else 255
    sheet = np.empty(shape, np.uint8)
    sheet[:] = background
    for i, tile in enumerate(tiles):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = tile
    return sheet
