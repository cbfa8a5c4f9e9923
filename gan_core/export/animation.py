"""Animations: GIF for everywhere, WebP for quality with transparency, MP4 for video players.

All three take frames as uint8 [N,H,W,C] (C = 1, 3 or 4), or a Reel that makes them one by one. GIF and WebP give the same
bytes for the same frames; MP4 nearly always (x264 now and then decides a block otherwise, which nobody sees). Times are exact over the whole animation: a frame's delay is the difference of two rounded times, so
rounding never adds up.
"""

import io
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from pathlib import Path

import numpy as np
from PIL import Image

from gan_core.errors import StudioError
from gan_core.export import marks, palette
from gan_core.export.picture import as_image, as_pixels, check_pixels, checked_size, upscale

MAX_FPS = 120
GIF_MAX_FPS = 50  # browsers slow a GIF down to 10 pictures/s when a delay is below 2 hundredths of a second
MAX_FRAMES = 5000
MAX_PIXELS = 2**28  # of all frames together at their final size; a thousand frames of 512 × 512
MAX_REEL_PIXELS = 2**32  # the same where frames are written one by one and none is kept
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")


@dataclass(frozen=True)
class Reel:
    """Pictures that are made while they are written, so that a long film never lies in memory as a whole.

    pictures: `count` of uint8 [H,W,C], all of one shape. number: the film's own (`marks.produce_id`). note: text that MP4,
    WebP and GIF carry along as it is, such as the journey that the film shows. written: told how many pictures of a GIF, which
    needs all before it begins, are written; it may raise to end the work.
    """

    pictures: Iterable[np.ndarray]
    count: int
    number: str
    note: str = ""
    written: Callable[[int], None] = lambda count: None


def there_and_back(frames: np.ndarray) -> np.ndarray:
    """Return frames 0…N−1 and back to 1, so that playing it in a loop shows no end twice and no jump."""
    return np.concatenate([frames, frames[-2:0:-1]])


def to_gif(frames, fps: float = 24, pixel_art: bool = False, size: int = 512) -> bytes:
    """Return a looping GIF, its longer side `size` pixels.

    One palette serves all frames and the dither pattern stands still, so nothing flickers; up to 256 colours (pixel art,
    greys) are kept exactly. Alpha becomes on/off. Above 50 fps frames are left out, not time. Raises StudioError.
    """
    reel, rate, size = _checked(frames, fps, size, MAX_PIXELS)
    frames = _all(reel)  # one palette for all of them needs them all
    if rate > GIF_MAX_FPS:
        picks = np.arange(max(1, round(len(frames) / rate * GIF_MAX_FPS))) * float(rate) / GIF_MAX_FPS
        frames, rate = frames[np.minimum(picks.astype(int), len(frames) - 1)], Fraction(GIF_MAX_FPS)
    pictures, colours = palette.indexed(frames, size, pixel_art)
    pictures = _counted(pictures, reel.written)
    transparent = {"transparency": palette.TRANSPARENT, "disposal": 2} if frames.shape[3] == 4 else {}
    buffer = io.BytesIO()
    delays = [10 * delay for delay in _delays(len(frames), rate, unit=100)]
    # Only with `palette` does Pillow write one palette for all frames instead of one for each.
    next(pictures).save(
        buffer, "GIF", save_all=True, append_images=pictures, duration=delays, loop=0, palette=colours, **transparent
    )
    return _with_gif_xmp(buffer.getvalue(), marks.xmp(reel.number, note=reel.note))


def to_webp(frames, fps: float = 24, pixel_art: bool = False, size: int = 512) -> bytes:
    """Return a looping animated WebP, its longer side `size` pixels: lossless for pixel art. Raises StudioError."""
    reel, rate, size = _checked(frames, fps, size)
    pictures = (as_image(picture) for picture in _large(reel, size, pixel_art))
    buffer = io.BytesIO()
    next(pictures).save(
        buffer, "WEBP", save_all=True, append_images=[_Rest(pictures, reel.count - 1)] if reel.count > 1 else [],
        duration=_delays(reel.count, rate, unit=1000), loop=0, lossless=pixel_art, exact=True,
        quality=100 if pixel_art else 88, method=2, xmp=marks.xmp(reel.number, note=reel.note),
    )  # fmt: skip
    return buffer.getvalue()


def to_mp4(frames, fps: float = 24, pixel_art: bool = False, size: int = 512, crf: int = 18) -> bytes:
    """Return an H.264 video (yuv420p, BT.709, even sides, index in front so that it plays while it loads).

    Transparency is laid on white. crf: 0 lossless … 51; 18 looks lossless. Raises StudioError, also where the package
    `av` is missing.
    """
    reel, rate, size = _checked(frames, fps, size)
    # The index can only be moved to the front of a real file, not of a buffer.
    with tempfile.TemporaryDirectory(prefix="latent-studio-work-") as folder:
        path = Path(folder) / "video.mp4"
        texts = {"AIGC": marks.aigc(reel.number)} | ({"comment": reel.note} if reel.note else {})
        _encode(path, _large(reel, size, pixel_art), rate, crf, texts)
        return _with_mp4_xmp(path.read_bytes(), marks.xmp(reel.number))


def _encode(path: Path, pictures: Iterator[np.ndarray], rate: Fraction, crf: int, texts: dict[str, str]) -> None:
    try:
        import av
    except ImportError as error:
        raise StudioError("export.no_av", "Saving MP4 needs one more package: pip install av") from error
    if "libx264" not in av.codecs_available:
        raise StudioError(
            "export.no_h264", "This copy of PyAV cannot write H.264. Install the official one: pip install av"
        )
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart+use_metadata_tags"}) as container:
        container.metadata.update(texts)
        # One thread: x264's output depends on their number, and on a crowded machine much on their timing.
        stream = container.add_stream(
            "libx264", rate=rate, options={"crf": str(crf), "preset": "medium", "threads": "1"}
        )
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709
        context.color_range = 1  # limited
        for i, picture in enumerate(pictures):
            picture = _even(_on_white(picture))
            if i == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _checked(frames, fps, size, most: int = MAX_REEL_PIXELS) -> tuple[Reel, Fraction, int]:
    """The frames as a Reel, the exact rate and the size. Raises StudioError for what is none of these or too much."""
    size = checked_size(size)
    if not isinstance(frames, Reel):
        frames, most = np.asarray(frames), MAX_PIXELS
    count = frames.count if isinstance(frames, Reel) else len(frames) if frames.ndim == 4 else 0
    if not 1 <= count <= MAX_FRAMES:
        raise StudioError("export.frames", "An animation needs 1 to {most} pictures of the same size.", most=MAX_FRAMES)
    if not isinstance(frames, Reel):
        as_pixels(frames[0])
    check_pixels(count * size * size, most)
    if isinstance(fps, bool) or not isinstance(fps, Real) or not 0.1 <= fps <= MAX_FPS:
        raise StudioError(
            "export.fps", "The speed must be 0.1 to {most} pictures a second, not {fps}.", most=MAX_FPS, fps=fps
        )
    reel = frames if isinstance(frames, Reel) else Reel(frames, count, _produce_id(frames))
    return reel, Fraction(float(fps)).limit_denominator(1000), size


class _Rest:
    """The pictures after the first, as the one picture of many frames that Pillow knows how to save: each lives until the next."""

    def __init__(self, pictures: Iterator[Image.Image], count: int):
        self._pictures, self.n_frames = pictures, count

    def seek(self, _: int) -> None:
        self._picture = next(self._pictures)  # Pillow asks for each once, in order

    def __getattr__(self, name: str):
        return getattr(self._picture, name)


def _all(reel: Reel) -> np.ndarray:
    if isinstance(reel.pictures, np.ndarray):
        return reel.pictures
    frames = None
    for i, picture in enumerate(reel.pictures):
        if frames is None:
            check_pixels(reel.count * picture.size, MAX_PIXELS)
            frames = np.empty((reel.count, *picture.shape), np.uint8)
        frames[i] = picture
    return frames


def _counted(pictures: Iterable, written: Callable[[int], None]) -> Iterator:
    for i, picture in enumerate(pictures):
        written(i)
        yield picture


def _large(reel: Reel, size: int, pixel_art: bool) -> Iterator[np.ndarray]:
    return (upscale(picture, size, pixel_art) for picture in reel.pictures)


def _produce_id(frames: np.ndarray) -> str:
    return marks.produce_id(repr(frames.shape).encode(), np.ascontiguousarray(frames).tobytes())


def _delays(count: int, rate: Fraction, unit: int) -> list[int]:
    """Return each frame's delay in 1/`unit` seconds; together they last `count / rate` seconds, rounded once."""
    times = [round(unit * i / rate) for i in range(count + 1)]
    return [after - before for before, after in zip(times, times[1:], strict=False)]


def _on_white(pixels: np.ndarray) -> np.ndarray:
    if pixels.shape[2] == 1:
        return pixels.repeat(3, axis=2)
    if pixels.shape[2] == 3:
        return pixels
    image = Image.new("RGBA", pixels.shape[1::-1], "white")
    image.alpha_composite(as_image(pixels))
    return np.asarray(image.convert("RGB"))


def _even(pixels: np.ndarray) -> np.ndarray:
    """Repeat the last row or column where a side is odd: yuv420p stores colours for 2×2 pixels."""
    odd = [(0, side % 2) for side in pixels.shape[:2]]
    return np.ascontiguousarray(np.pad(pixels, [*odd, (0, 0)], mode="edge"))


def _with_mp4_xmp(mp4: bytes, packet: bytes) -> bytes:
    """Put an XMP packet into a box of its own at the end of an MP4 (XMP specification part 3, 1.2.7.2): no other box moves."""
    return mp4 + struct.pack(">I4s", 24 + len(packet), b"uuid") + _XMP_BOX + packet


def _with_gif_xmp(gif: bytes, packet: bytes) -> bytes:
    """Put an XMP packet before the trailer of a GIF (XMP specification part 3, 1.1.2).

    The packet stands there unchunked; the "magic trailer" 01 FF FE … 00 leads readers that expect chunks out of it.
    """
    trailer = bytes([1, *range(255, -1, -1), 0])
    return gif[:-1] + b"\x21\xff\x0bXMP DataXMP" + packet + trailer + gif[-1:]
