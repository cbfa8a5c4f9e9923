"""Small pictures, honest and hostile."""

import gzip
import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image


def encode(image, kind="PNG", **options) -> bytes:
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def colour_picture(seed: int, side: int = 16) -> np.ndarray:
    """A colour picture [side, side, 3] that no other seed gives."""
    return np.random.RandomState(seed).randint(0, 256, (side, side, 3), dtype=np.uint8)


def huge_png(side: int) -> bytes:
    """A valid black PNG of side × side pixels in a few kB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compressobj(9)
    row = b"\0" * (1 + (side + 7) // 8)
    packed = b"".join(rows.compress(row * 100) for _ in range(side // 100)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def write_idx(path, array: np.ndarray) -> None:
    data = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def write_zip(path, files: dict) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def class_files() -> dict[str, bytes]:
    """Twelve colour pictures of 16 px: eight cats, four dogs; 10 sorts after 9."""
    cats = {f"cat/{number}.png": encode(colour_picture(number)) for number in range(3, 11)}
    dogs = {f"dog/{number}.png": encode(colour_picture(100 + number)) for number in range(4)}
    return cats | dogs
