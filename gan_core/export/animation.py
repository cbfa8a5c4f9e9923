"""Animations: GIF for everywhere, WebP for quality with transparency, MP4 for video players.

All three take frames as uint8 [N,H,W,C] (C = 1, 3 or 4) and give the same bytes for the same frames. Times are exact
over the whole animation: a frame's delay is the difference of two rounded times, so rounding never adds up.
"""

import io
import tempfile
from collections.abc import Iterator
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


def there_and_back(frames: np.ndarray) -> np.ndarray:
    """Return frames 0…N−1 and back to 1, so that playing it in a loop shows no end twice and no jump."""
    return np.concatenate([frames, frames[-2:0:-1]])


def to_gif(frames, fps: float = 24, pixel_art: bool = False, size: int = 512) -> bytes:
    """Return a looping GIF, its longer side `size` pixels.

    One palette serves all frames and the dither pattern stands still, so nothing flickers; up to 256 colours (pixel art,
    greys) are kept exactly. Alpha becomes on/off. Above 50 fps frames are left out, not time. Raises StudioError.
    """
    frames, rate, size = _checked(frames, fps, size)
    number = _produce_id(frames)
    if rate > GIF_MAX_FPS:
        picks = np.arange(max(1, round(len(frames) / rate * GIF_MAX_FPS))) * float(rate) / GIF_MAX_FPS
        frames, rate = frames[np.minimum(picks.astype(int), len(frames) - 1)], Fraction(GIF_MAX_FPS)
    pictures, colours = palette.indexed(frames, size, pixel_art)
    transparent = {"transparency": palette.TRANSPARENT, "disposal": 2} if frames.shape[3] == 4 else {}
    buffer = io.BytesIO()
    delays = [10 * delay for delay in _delays(len(frames), rate, unit=100)]
    # Only with `palette` does Pillow write one palette for all frames instead of one for each.
    pictures[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=delays,
        loop=0,
        palette=colours,
        **transparent,
    )
    return _with_gif_xmp(buffer.getvalue(), marks.xmp(number))


def to_webp(frames, fps: float = 24, pixel_art: bool = False, size: int = 512) -> bytes:
    """Return a looping animated WebP, its longer side `size` pixels: lossless for pixel art. Raises StudioError."""
    frames, rate, size = _checked(frames, fps, size)
    pictures = [as_image(frame) for frame in _large(frames, size, pixel_art)]
    buffer = io.BytesIO()
    pictures[0].save(
        buffer, "WEBP", save_all=True, append_images=pictures[1:], duration=_delays(len(frames), rate, unit=1000), loop=0,
        lossless=pixel_art, exact=True, quality=100 if pixel_art else 88, method=2, xmp=marks.xmp(_produce_id(frames)),
    )  # fmt: skip
    return buffer.getvalue()


def to_mp4(frames, fps: float = 24, pixel_art: bool = False, size: int = 512, crf: int = 18) -> bytes:
    """Return an H.264 video (yuv420p, BT.709, even sides, index in front so that it plays while it loads).

    Transparency is laid on white. crf: 0 lossless … 51; 18 looks lossless. Raises StudioError, also where the package
    `av` is missing.
    """
    frames, rate, size = _checked(frames, fps, size)
    # The index can only be moved to the front of a real file, not of a buffer.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        _encode(path, _large(frames, size, pixel_art), rate, crf, label=marks.aigc(_produce_id(frames)))
        return path.read_bytes()


def _encode(path: Path, pictures: Iterator[np.ndarray], rate: Fraction, crf: int, label: str) -> None:
    try:
        import av
    except ImportError as error:
        raise StudioError("export.no_av", "Saving MP4 needs one more package: pip install av") from error
    if "libx264" not in av.codecs_available:
        raise StudioError(
            "export.no_h264", "This copy of PyAV cannot write H.264. Install the official one: pip install av"
        )
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart+use_metadata_tags"}) as container:
        container.metadata["AIGC"] = label
        # One thread: x264's output depends on their number, and on a crowded machine even on their timing.
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


def _checked(frames, fps, size) -> tuple[np.ndarray, Fraction, int]:
    frames, size = np.asarray(frames), checked_size(size)
    if frames.ndim != 4 or not 1 <= len(frames) <= MAX_FRAMES:
        raise StudioError("export.frames", "An animation needs 1 to {most} pictures of the same size.", most=MAX_FRAMES)
    as_pixels(frames[0])
    check_pixels(len(frames) * size * size, MAX_PIXELS)
    if isinstance(fps, bool) or not isinstance(fps, Real) or not 0.1 <= fps <= MAX_FPS:
        raise StudioError(
            "export.fps", "The speed must be 0.1 to {most} pictures a second, not {fps}.", most=MAX_FPS, fps=fps
        )
    return frames, Fraction(float(fps)).limit_denominator(1000), size


def _large(frames: np.ndarray, size: int, pixel_art: bool) -> Iterator[np.ndarray]:
    return (upscale(frame, size, pixel_art) for frame in frames)


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


def _with_gif_xmp(gif: bytes, packet: bytes) -> bytes:
    """Put an XMP packet before the trailer of a GIF (XMP specification part 3, 1.1.2).

    The packet stands there unchunked; the "magic trailer" 01 FF FE … 00 leads readers that expect chunks out of it.
    """
    trailer = bytes([1, *range(255, -1, -1), 0])
    return gif[:-1] + b"\x21\xff\x0bXMP DataXMP" + packet + trailer + gif[-1:]
