"""One picture, decoded safely into the exact pixels that a network sees."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin  # noqa: F401 (both register)

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
HEIF_SUFFIXES = (".heic", ".heif")
MAX_PIXELS = 50_000_000
MAX_FILE_BYTES = 200 << 20
OPAQUE = 250  # alpha from here on is rounding, not transparency


class Unreadable(Exception):
    """A picture that must be skipped: `code` for translation, the message for a person."""

    def __init__(self, code: str, reason: str):
        self.code = code
        super().__init__(reason)


@cache
def heif_available() -> bool:
    """Whether HEIC photos can be read; teaches Pillow to when pillow-heif is installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def decode(data: bytes, resolution: int, fit: str) -> np.ndarray:
    """Return uint8 [R, R, B] of an encoded picture, B = 1 (grey), 3 (RGB) or 4 (RGB + straight alpha, really used).

    Raises Unreadable with a reason, before any pixel is decoded when the header announces more than MAX_PIXELS.
    """
    return decode_sized(data, resolution, fit)[0]


def decode_sized(data: bytes, resolution: int, fit: str) -> tuple[np.ndarray, tuple[int, int]]:
    """Return what `decode` does, and the (width, height) of the upright original. Raises Unreadable like it."""
    with open_header(data) as image, _in_words():
        size = image.size[::-1] if _lies_on_its_side(image) else image.size
        _draft(image, resolution)
        image.load()
        return to_bands(fit_square(_plain(_upright(image)), resolution, fit)), size


def decode_whole(data: bytes, most: int) -> Image.Image:
    """Return a whole picture upright as L, RGB or RGBA, its longer side at most `most` pixels. Raises Unreadable like `decode`."""
    with open_header(data) as image, _in_words():
        _draft(image, most)
        image.load()
        picture = _plain(_upright(image))
        picture.thumbnail((most, most))
        return picture


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn whatever a decoder raises into Unreadable."""
    try:
        yield
    except MemoryError:
        raise Unreadable("memory", "there is not enough memory to decode it") from None
    except Unreadable:
        raise
    except Exception as error:  # hostile files make decoders raise anything
        reason = "cut short" if "truncated" in str(error) else "damaged"
        raise Unreadable("damaged", f"the file is {reason} and cannot be decoded") from error


def open_header(data: bytes) -> Image.Image:
    """Return the picture with only its header read. Raises Unreadable when it is no picture or too large."""
    formats = (*FORMATS, "HEIF") if heif_available() else FORMATS
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except Image.DecompressionBombError:
        raise _too_large("") from None
    except UnidentifiedImageError:
        raise Unreadable("not_a_picture", "what is inside is not a picture that can be read") from None
    except Exception as error:  # as above
        raise Unreadable("damaged", "the file is damaged and cannot be decoded") from error
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(f" ({image.width} × {image.height})")
    return image


def _too_large(size: str) -> Unreadable:
    limit = MAX_PIXELS // 1_000_000
    return Unreadable("too_large", f"it has more than {limit} million pixels{size}; make it smaller first")


def _draft(image: Image.Image, resolution: int) -> None:
    """Let the JPEG decoder shrink by 2, 4 or 8 while the short side stays at least twice what is needed."""
    shrink = 2 * resolution / min(image.size)
    if shrink < 1:
        image.draft(None, (int(image.width * shrink), int(image.height * shrink)))


def _lies_on_its_side(image: Image.Image) -> bool:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
    except Exception:  # as below
        return False


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF data must not cost the picture
        return image


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture as L, RGB or RGBA, whatever its mode was."""
    if image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _to_8_bit(np.asarray(image, dtype=np.float64))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_8_bit(values: np.ndarray) -> Image.Image:
    """Return an L picture of deep grey values: 0–255 as they are, 0–1 and 16 bits scaled, others stretched."""
    if not np.isfinite(values).all():
        raise Unreadable("damaged", "it holds values that are not numbers")
    low, high = values.min(), values.max()
    if low < 0 or high > 65535:
        values = (values - low) * (255 / (high - low))
    elif high > 255:
        values = values / 257
    elif high <= 1 and (values % 1).any():
        values = values * 255
    return Image.fromarray(np.rint(values).astype(np.uint8))


def fit_square(image: Image.Image, resolution: int, fit: str = "crop", pixel_art: bool = False) -> Image.Image:
    """Return an L, RGB or RGBA picture as a square at `resolution`: centre or "smart" crop, padded, or stretched."""
    width, height = image.size
    if fit == "pad" and width != height:
        return _pad(image, resolution, pixel_art)
    side = min(width, height)
    if fit in ("crop", "smart"):
        left, top = _busiest(image) if fit == "smart" else ((width - side) // 2, (height - side) // 2)
        box = (left, top, left + side, top + side)
    else:
        box = (0, 0, width, height)
    return _resize(image, (resolution, resolution), box, pixel_art)


def _busiest(image: Image.Image) -> tuple[int, int]:
    """Return (left, top) of the largest square with the most detail: summed differences of neighbouring pixels.

    A mild pull to the middle decides where detail is everywhere alike. Seen at no more than 96 pixels along the short side.
    """
    width, height = image.size
    side, scale = min(width, height), min(1.0, 96 / min(width, height))
    small = (max(1, round(min(width * scale, 4096))), max(1, round(min(height * scale, 4096))))
    grey = np.asarray(image.resize(small, Image.Resampling.BOX).convert("L"), dtype=np.float32)
    detail = np.abs(np.diff(grey, axis=0, append=grey[-1:])) + np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    along = detail.sum(axis=0 if width > height else 1)
    window = min(small)
    sums = np.convolve(along, np.ones(window, np.float32), "valid")
    middle = np.abs(np.linspace(-1, 1, len(sums))) if len(sums) > 1 else np.zeros(1)
    best = int(np.argmax(sums * (1 - 0.1 * middle) - 1e-3 * middle))
    start = round(best / max(1, len(sums) - 1) * (max(width, height) - side))
    return (start, 0) if width > height else (0, start)


def _resize(image: Image.Image, size: tuple[int, int], box: tuple[int, int, int, int], pixel_art: bool) -> Image.Image:
    """Resample `box` to `size`: exact means for whole factors, hard pixels when pixel art grows, Lanczos otherwise."""
    width, height = box[2] - box[0], box[3] - box[1]
    if width % size[0] == 0 and height % size[1] == 0:
        method = Image.Resampling.BOX
    elif pixel_art and size[0] > width:
        method = Image.Resampling.NEAREST
    else:
        method = Image.Resampling.LANCZOS
    return image.resize(size, method, box=box)


def _pad(image: Image.Image, resolution: int, pixel_art: bool) -> Image.Image:
    """Shrink first, then pad with nothing (transparent pictures) or the median colour of the short edges' pixels.

    In this order a picture of 1 × 50,000,000 pixels costs no more than any other.
    """
    scale = resolution / max(image.size)
    size = tuple(max(1, round(side * scale)) for side in image.size)
    small = _resize(image, size, (0, 0, *image.size), pixel_art)
    canvas = Image.new(image.mode, (resolution, resolution), _edge_colour(small))
    canvas.paste(small, ((resolution - size[0]) // 2, (resolution - size[1]) // 2))
    return canvas


def _edge_colour(image: Image.Image) -> int | tuple[int, ...]:
    """Return the median colour of the two edges that padding will touch; clear white if the picture is transparent."""
    pixels = np.asarray(image)
    if image.mode == "RGBA" and pixels[..., 3].min() < OPAQUE:
        return (255, 255, 255, 0)
    edges = pixels[[0, -1]] if image.width > image.height else pixels[:, [0, -1]]
    median = np.median(edges.reshape(-1, len(image.getbands())), axis=0).astype(int).tolist()
    return median[0] if len(median) == 1 else tuple(median)


def to_bands(image: Image.Image) -> np.ndarray:
    """Return uint8 [H, W, B] with no more bands than the picture needs: 4 if transparent, 1 if grey, else 3."""
    pixels = np.atleast_3d(np.asarray(image))
    if pixels.shape[2] == 4:
        if pixels[..., 3].min() < OPAQUE:
            return pixels
        pixels = pixels[..., :3]
    is_grey = (pixels == pixels[..., :1]).all()
    return np.ascontiguousarray(pixels[..., :1] if is_grey else pixels)


def to_channels(pixels: np.ndarray, channels: int) -> np.ndarray:
    """Return uint8 [C, H, W] of [H, W, B]: transparency on white, grey by ITU-R BT.601, missing alpha opaque."""
    if pixels.shape[2] == 4 and channels < 4:
        colour, alpha = pixels[..., :3].astype(np.uint32), pixels[..., 3:].astype(np.uint32)
        pixels = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    if pixels.shape[2] == 1 and channels > 1:
        pixels = pixels.repeat(3, axis=2)
    if pixels.shape[2] == 3 and channels == 1:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))[..., None]
    if pixels.shape[2] == 3 and channels == 4:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], 255)], axis=2)
    return pixels.transpose(2, 0, 1)
