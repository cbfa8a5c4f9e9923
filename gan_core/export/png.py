"""PNG pictures that remember their point: save one, drop it back in later, and go on from there."""

import io
import json
import struct
import zlib
from pathlib import Path

from PIL.PngImagePlugin import PngInfo

import gan_core
from gan_core.errors import StudioError
from gan_core.export import marks
from gan_core.export.picture import as_image, as_pixels, upscale
from gan_core.latent.point import MAX_JSON, LatentPoint

KEY = "latent-studio"  # keyword of the iTXt chunk
MAX_NOTE = MAX_JSON  # bytes
MAX_CHUNKS = 100_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def to_png(image, point: LatentPoint | None = None, model_config=None, size: int | None = None) -> bytes:
    """Return `image` (uint8 [H,W,C] or PIL) as a PNG that carries its point and the marks of generated content.

    With `size` it is first upscaled to that many pixels, as crisp or as smooth as `model_config` asks. Same input, same
    bytes. Raises StudioError for a picture or size that is none.
    """
    pixels, note = as_pixels(image), ""
    if size is not None:
        pixels = upscale(pixels, size, pixel_art=bool(model_config and model_config.pixel_art))
    info = PngInfo()
    if point is not None:
        note = _note(point, model_config)
        info.add_itxt(KEY, note)
    packet = marks.xmp(marks.produce_id(repr(pixels.shape).encode(), pixels.tobytes(), note.encode()))
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    buffer = io.BytesIO()
    as_image(pixels).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def _note(point: LatentPoint, model_config) -> str:
    model = point.model or (model_config.name if model_config else "")
    note = {"app": f"{marks.APP} {gan_core.__version__}", "model": model, "point": json.loads(point.to_json())}
    return json.dumps(note)


def read_point(source: bytes | str | Path) -> tuple[LatentPoint, str] | None:
    """Return (point, model name) of a PNG made by `to_png` (bytes or path); None when the file holds no point.

    Reads at most 2 MB of text and no pixels, so a hostile file costs nothing. Raises StudioError when the file says it
    holds a point but the point is damaged.
    """
    try:
        with io.BytesIO(source) if isinstance(source, (bytes, bytearray)) else open(source, "rb") as file:
            text = _find_note(file)
    except OSError as error:
        raise StudioError("export.no_file", "This picture cannot be opened. Choose it again.") from error
    if text is None:
        return None
    try:
        note = json.loads(text.decode())
        return LatentPoint.from_json(note["point"]), str(note.get("model", ""))[:300]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise _damaged() from error


def _damaged() -> StudioError:
    return StudioError(
        "export.bad_point", "The point saved in this picture is damaged. Use the picture's original file."
    )


def _find_note(file) -> bytes | None:
    """Walk the PNG's chunks (PNG specification, 5.3) and return our text, unpacked; None where there is none."""
    if file.read(8) != _SIGNATURE:
        return None
    for _ in range(MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return None
        length, kind = struct.unpack(">I4s", header)
        if kind == b"iTXt":
            start = file.read(min(length, len(KEY) + 1))
            if start == KEY.encode() + b"\0":
                return _unpacked(file.read(min(length - len(start), MAX_NOTE + 1)))
            length -= len(start)
        elif kind == b"IEND":
            return None
        file.seek(length + 4, io.SEEK_CUR)
    return None


def _unpacked(body: bytes) -> bytes:
    """Return the text of an iTXt chunk's body: flag, method, language\\0, translated keyword\\0, text (11.3.3.4)."""
    parts = body[2:].split(b"\0", 2)
    if len(body) > MAX_NOTE or len(parts) != 3:
        raise _damaged()
    text = parts[2]
    if body[0]:  # compressed: other programs may rewrite the chunk so
        try:
            text = zlib.decompressobj().decompress(text, MAX_NOTE + 1)
        except zlib.error as error:
            raise _damaged() from error
        if len(text) > MAX_NOTE:
            raise _damaged()
    return text
