"""GIF's 256 colours, chosen once for a whole animation."""

from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image

from gan_core.export.picture import as_image, upscale

TRANSPARENT = 255  # palette index of see-through pixels in RGBA animations
_SAMPLE = 2**14  # pixels looked at to choose the colours; 16 times as many take 20 s for 10 % less error
_DITHER = 6.0  # grey levels between the lowest and the highest threshold: hides bands, stays invisible


def indexed(frames: np.ndarray, size: int, pixel_art: bool) -> tuple[Iterator[Image.Image], bytes]:
    """Return each frame of uint8 [N,H,W,C], upscaled to `size`, as a picture of mode P, and the palette they share (768 bytes).

    Colours are exact where the animation has no more than 256 (255 beside transparency): pixel art, greys.
    """
    if frames.shape[3] == 1:
        greys = np.arange(256, dtype=np.uint8)[:, None].repeat(3, axis=1)
        return _paletted((upscale(frame, size, pixel_art)[:, :, 0] for frame in frames), greys)
    most = 255 if frames.shape[3] == 4 else 256
    colours = _few_colours(frames, most) if pixel_art else None
    if colours is not None:
        table = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
        small = (_exact(frame, colours)[:, :, None] for frame in frames)
        return _paletted((upscale(index, size, pixel_art=True)[:, :, 0] for index in small), table)
    chosen = _choose(frames, most)
    large = (upscale(frame, size, pixel_art) for frame in frames)
    table = np.asarray(chosen.getpalette("RGB"), np.uint8).reshape(-1, 3)
    return _paletted((_nearest_colours(picture, chosen, dither=not pixel_art) for picture in large), table)


def _packed(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 [...,3 or 4] as one number 0xRRGGBB per pixel, leaving out see-through pixels (then 1-D)."""
    wide = pixels.astype(np.uint32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return packed[pixels[..., 3] >= 128] if pixels.shape[-1] == 4 else packed


def _few_colours(frames: np.ndarray, most: int) -> np.ndarray | None:
    """Return the sorted colours of all frames as 0xRRGGBB, or None when there are more than `most`."""
    colours = np.zeros(0, np.uint32)
    for frame in frames:
        colours = np.union1d(colours, _packed(frame))
        if len(colours) > most:
            return None
    return colours


def _exact(frame: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the palette index [H,W] of every pixel; all its colours are in `colours`."""
    index = np.searchsorted(colours, _packed(frame[..., :3])).astype(np.uint8)
    if frame.shape[2] == 4:
        index[frame[..., 3] < 128] = TRANSPARENT
    return index


def _choose(frames: np.ndarray, most: int) -> Image.Image:
    """Choose `most` colours for all frames together: median cut on a sample of their pixels, refined by k-means."""
    pixels = frames[frames[..., 3] >= 128] if frames.shape[3] == 4 else frames
    pixels = pixels.reshape(-1, frames.shape[3])[..., :3]
    pixels = pixels[:: max(1, len(pixels) // _SAMPLE)]
    return as_image(np.ascontiguousarray(pixels[None])).quantize(most, Image.Quantize.MEDIANCUT, kmeans=1)


def _nearest_colours(pixels: np.ndarray, chosen: Image.Image, dither: bool) -> np.ndarray:
    """Return the palette index [H,W] of the nearest colours, with a pattern of thresholds that is the same in every frame.

    Error diffusion looks better in one picture, but its grain boils when the picture moves.
    """
    colour = pixels[..., :3]
    if dither:
        tiles = [-(-side // 8) for side in colour.shape[:2]]
        pattern = np.tile(_bayer(8), tiles)[: colour.shape[0], : colour.shape[1], None]
        colour = np.clip(colour + (pattern * _DITHER).round(), 0, 255).astype(np.uint8)
    index = np.array(as_image(np.ascontiguousarray(colour)).quantize(palette=chosen, dither=Image.Dither.NONE))
    if pixels.shape[2] == 4:
        index[pixels[..., 3] < 128] = TRANSPARENT
    return index


def _bayer(side: int) -> np.ndarray:
    """Return the ordered-dither matrix of Bayer (1973), side a power of two, spread over −0.5…0.5."""
    matrix = np.zeros((1, 1))
    while len(matrix) < side:
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return (matrix + 0.5) / matrix.size - 0.5


def _paletted(indices: Iterable[np.ndarray], table: np.ndarray) -> tuple[Iterator[Image.Image], bytes]:
    # Pillow takes a second per frame to sort out equal colours, so the rest of the palette has others too.
    others = np.setdiff1d(np.arange(512), _packed(table))[: 256 - len(table)]
    palette = table.tobytes() + b"".join(int(colour).to_bytes(3, "big") for colour in others)
    return (_coloured(Image.fromarray(index), palette) for index in indices), palette


def _coloured(picture: Image.Image, palette: bytes) -> Image.Image:
    picture.putpalette(palette)  # makes a grey picture one of mode P
    return picture
