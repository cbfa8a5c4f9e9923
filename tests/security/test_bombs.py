"""Small files that would become huge: pictures, zips, tensors and sliders. Each is refused in words, in little memory and time."""

import asyncio
import base64
import gzip
import io
import json
import resource
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from gradio.utils import get_upload_folder
from PIL import Image

from gan_core.data.decode import MAX_PIXELS
from gan_core.ui.tools import photo
from tests.security.test_fuzz import asked

MEGABYTES = 450  # that the process may grow by: the largest picture allowed is decoded on the way
SIDE = int(MAX_PIXELS**0.5)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *more: bytes, rows: int = 1) -> bytes:
    """A grey PNG that says it is so large, with few rows."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(more)
        + chunk(b"IDAT", zlib.compress(b"\0" * (min(width, 10**5) + 1) * rows))
        + chunk(b"IEND", b"")
    )


def saved(side: int, kind: str, **options) -> bytes:
    out = io.BytesIO()
    Image.new("L", (side, side)).save(out, kind, **options)
    return out.getvalue()


def gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0" * 6 + frame * frames + b";"


def tiff(width: int, height: int, next_at: int = 0, strips: int = 1) -> bytes:
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 8),
        (262, 3, 1, 1),
        (273, 4, strips, 8),
        (278, 4, 1, height),
        (279, 4, strips, 40),
    ]
    return (
        b"II*\0"
        + struct.pack("<I", 8)
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        + struct.pack("<I", next_at)
    )


BOMB = zlib.compress(b"\0" * 60_000_000, 9)
PICTURES = {
    "png that says 4 billion pixels": png(65_000, 65_000),
    "png of 2**31 columns": png(2**31 - 1, 1),
    "png a little too large, whole": saved(SIDE + 40, "png"),
    "png cut short at the largest size allowed": png(SIDE, SIDE),
    "png with a zTXt bomb": png(8, 8, chunk(b"zTXt", b"k\0\0" + BOMB), rows=8),
    "png with an iTXt bomb": png(8, 8, chunk(b"iTXt", b"latent-studio\0\1\0\0\0" + BOMB), rows=8),
    "png with an iCCP bomb": png(8, 8, chunk(b"iCCP", b"k\0\0" + BOMB), rows=8),
    "png with 300 bombs": png(8, 8, *[chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 900_000))] * 300, rows=8),
    "png of zero columns": png(0, 5),
    "gif of 4 billion pixels": gif(65_535, 65_535),
    "gif of 100,000 frames": gif(64, 64, 100_000),
    "tiff of 4 billion pixels": tiff(65_535, 65_535),
    "tiff that turns in a circle": tiff(64, 64, next_at=8),
    "tiff of a billion strips": tiff(64, 64, strips=10**9),
    "bmp of 2 billion columns": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 10**6, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0, 0, 1, 1, 0, 0) + b"\0" * 200,
    "jpeg of 4 billion pixels": saved(8, "jpeg").replace(struct.pack(">HH", 8, 8), struct.pack(">HH", 65_500, 65_500)),
    "webp of 268 million pixels": b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\x3f\0" * 2 + b"VP8 " + b"\0" * 8,
    "svg of a billion laughs": b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "' + b"&a;" * 1000 + b'">]><svg>&b;</svg>',
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(%pipe%id) (r) file\n",
    "ico, psd, icns": b"\0\0\1\0\1\0" + b"\0" * 400,
    "heic without a reader": b"\0\0\0\x18ftypheic" + b"\0" * 4000,
    "gzip": gzip.compress(b"\0" * 10**6),
    "nothing": b"\0",
}  # fmt: skip


def memory() -> int:
    """Megabytes that this process had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def answer(box, function: str, **values) -> dict:
    return asyncio.run(asyncio.wait_for(asked(box.page)[function][0](values), 20))


@pytest.fixture(scope="module")
def before(box):
    answer(box, "Photo.preview", model="a-plain", image=base64.b64encode(saved(64, "png")).decode())
    return memory()


@pytest.mark.parametrize("bomb", PICTURES)
def test_bombs_in_pictures(box, before, bomb):
    text = base64.b64encode(PICTURES[bomb]).decode()
    for name, values in (("Photo.preview", {"model": "a-plain", "image": text}), ("Photo.show", {"file": text})):
        got = answer(box, name, **values)
        if "ok" in got:  # what could be read of it, small
            assert len(got["ok"]) < 100_000
        else:
            assert got["error"]["code"] in ("photo.unreadable", "photo.too_large", "request.length"), got
    assert memory() - before < MEGABYTES


def test_bombs_wait_for_one_another(box):
    """The largest pictures allowed take hundreds of megabytes each while they are read, so only two are at once."""
    seen, inside = [], photo.decode

    def counting(*args):
        seen.append(photo.TURNS._value)
        return inside(*args)

    text = base64.b64encode(saved(600, "png")).decode()
    ask = asked(box.page)["Photo.preview"][0]

    async def many():
        return await asyncio.gather(*(ask({"model": "a-plain", "image": text}) for _ in range(8)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photo, "decode", counting)
        assert all("ok" in got for got in asyncio.run(many()))
    assert len(seen) == 8 and max(seen) <= 1 and photo.TURNS._value == 2


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return out.getvalue()


def overlapping(count: int) -> bytes:
    """A zip whose members all lie on the same packed megabytes (Fifield 2019)."""
    out = zipped(**{"0.png": b"\0" * 4_000_000})
    at = out.index(b"PK\1\2")
    entry, end = out[at : at + 46 + 5], out[out.index(b"PK\5\6") :]
    entries = b"".join(entry[:46] + f"{i:05d}"[:5].encode() for i in range(count))
    tail = struct.pack("<HHII", count, count, len(entries), at)
    return out[:at] + entries + end[:8] + tail + b"\0\0"


def header(sent: bytes, size: int | None = None) -> bytes:
    return struct.pack("<Q", len(sent) if size is None else size) + sent


def tensors(**shapes) -> bytes:
    return (
        header(
            json.dumps(
                {name: {"dtype": "F32", "shape": shape, "data_offsets": [0, 4]} for name, shape in shapes.items()}
            ).encode()
        )
        + b"\0" * 4
    )


ZIPS = {
    "one member of 400 MB": zipped(**{"a.png": b"\0" * 400_000_000}),
    "overlapping members": overlapping(10_000),
    "names that climb": zipped(
        **{"../../evil.png": b"x", "/etc/evil.png": b"x", "C:\\evil.png": b"x", "a/../../evil.png": b"x"}
    ),
    "a zip in a zip": zipped(**{"a.zip": zipped(**{"b.png": b"\0" * 10**6})}),
    "pictures that are bombs": zipped(**{f"{i}.png": png(65_000, 65_000) for i in range(20)}),
    "no zip": b"PK\3\4" + b"\0" * 100,
}
WEIGHTS = {
    "a header of 2**63 bytes": header(b"{}", 2**63 - 1),
    "a header of 2**64 bytes": header(b"{}", 2**64 - 1),
    "a header of 100 MB that is not there": header(b"{}", 100_000_000),
    "a header that is deep": header(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "a tensor of 2**60 numbers": tensors(a=[2**30, 2**30]),
    "a tensor that overflows": tensors(a=[2**62, 4]),
    "a tensor of -1 numbers": tensors(a=[-1]),
    "21,000 tensors": tensors(**{str(i): [1] for i in range(21_000)}),
    "two keys of one name": header(b'{"a": {"dtype":"F32","shape":[1],"data_offsets":[0,4]}, "a": 5}') + b"\0" * 4,
}  # fmt: skip


def brought(box, name: str, content: bytes) -> str:
    inbox = Path(get_upload_folder()) / "bombs"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_bytes(content)
    return str(inbox / name)


@pytest.mark.parametrize("bomb", ZIPS)
def test_bombs_in_zips_of_pictures(box, before, bomb):
    sent = answer(box, "TrainDesk.send", files=[brought(box, "a.zip", ZIPS[bomb])])["ok"]
    form = {"source": {"kind": "upload", "name": sent["token"]}, "family": "dcgan", "fit": "crop", "resolution": 16}
    for function, values in (("TrainDesk.look", {}), ("PictureCheck.survey", {"name": f"survey-{hash(bomb)}"[:40]})):
        got = answer(box, function, form=form, **values)
        assert got.get("error", {}).get("code", "").startswith("data.") or got["ok"]["count"] == 0, got
    assert memory() - before < MEGABYTES and not list(box.root.rglob("*evil*"))


@pytest.mark.parametrize("bomb", [*WEIGHTS, *ZIPS])
def test_bombs_in_weight_files(box, before, bomb):
    content, name = (WEIGHTS[bomb], "w.safetensors") if bomb in WEIGHTS else (ZIPS[bomb], "w.pt")
    got = answer(
        box,
        "ImportDesk.bring",
        files=[brought(box, name, content)],
        names=[f"../{name}"],
        visitor="v",
        name=f"bring-{hash(bomb)}"[:40],
    )
    assert got["error"]["code"].startswith("import."), got
    assert memory() - before < MEGABYTES and not list(box.root.rglob("*evil*"))


@pytest.mark.parametrize("bomb", WEIGHTS)
def test_bombs_in_files_of_sliders(box, before, bomb):
    if len(WEIGHTS[bomb]) > 4_000_000:
        return
    got = answer(box, "Sliders.bring", model="a-plain", data=base64.b64encode(WEIGHTS[bomb]).decode())
    assert got["error"]["code"] == "directions.unreadable", got
    assert memory() - before < MEGABYTES


def test_bombs_in_other_model_folders(box, before):
    """A model folder from elsewhere: its header is read for facts, its preview for a thumbnail."""
    from gan_core.ui.exports import drawing_numbers
    from gan_core.ui.library import _thumb, directions
    from gan_core.ui.models_desk import parameters
    from gan_core.ui.run_view import thumbnail

    for number, content in enumerate(WEIGHTS.values()):
        path = box.root / "temp" / f"{number}.safetensors"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        folder = path.with_suffix("")
        folder.mkdir()
        (folder / "directions.safetensors").write_bytes(content)
        for facts in (parameters(path), drawing_numbers(path), directions(folder)):
            assert isinstance(facts, int)
    for number, content in enumerate(PICTURES.values()):
        path = box.root / "temp" / f"{number}.webp"
        path.write_bytes(content)
        assert len(_thumb(path, 16, number)) < 200_000 and len(thumbnail(path, 384)) < 200_000
    assert memory() - before < MEGABYTES


def test_bombs_of_numbers_in_points(box):
    """Points are small: nesting, moves and vectors are bounded before anything is drawn."""
    point: dict = {"seed": 1, "model": "a-plain"}
    for _ in range(30):
        point = {"blend": {"a": point, "b": {"seed": 1}, "t": 0.5}, "model": "a-plain"}
    wide = {"mix": {"points": [{"seed": 1}] * 5000, "weights": [1 / 5000] * 5000}, "model": "a-plain"}
    long = {"vector": base64.b64encode(np.zeros(5_000_000, "<f4").tobytes()).decode(), "model": "a-plain"}
    for bad in (
        wide,
        long,
        {"seed": 1, "moves": [["d0", 1]] * 10_000},
        {"seed": 1, "styles": [{"point": {"seed": 1}}] * 10_000},
    ):
        assert answer(box, "Explore.picture", point=bad)["error"]["code"].startswith("point.")
    assert "error" in answer(box, "Explore.picture", point=point)
