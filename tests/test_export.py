"""Everything that is written is read back with another program's eyes: Pillow, PyAV, zipfile, an XML parser."""

import builtins
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from PIL import Image

from gan_core import LatentPoint, export
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.export import png

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "iptc": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "tc260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
}
COLOURS = np.array([[255, 0, 0], [0, 1, 0], [0, 0, 0], [1, 1, 1], [2, 2, 2], [200, 100, 50]], np.uint8)  # near ones too


def art(frames=5, side=16, seed=0):
    """Pixel art of six colours: uint8 [N,H,W,3]."""
    return COLOURS[np.random.RandomState(seed).randint(0, len(COLOURS), (frames, side, side))]


def waves(frames=6, side=32, channels=3):
    """Smooth pictures that move: uint8 [N,H,W,C]."""
    y, x = np.mgrid[0:side, 0:side] / side
    values = [
        [128 + 60 * np.sin(3 * x + k + t) * np.cos(2 * y - k * t / 3) for k in range(channels)] for t in range(frames)
    ]
    pictures = np.stack([np.stack(planes, axis=-1) for planes in values]).astype(np.uint8)
    if channels == 4:
        pictures[..., 3] = np.where(x + y < 1, 255, 40)
    return pictures


def decode(data: bytes, mode: str = "RGBA"):
    """Return (frames [N,H,W,…], delays in ms, image info) of an animation."""
    image, frames, delays = Image.open(io.BytesIO(data)), [], []
    for i in range(image.n_frames):
        image.seek(i)
        image.load()  # WebP knows a frame's delay only then
        frames.append(np.asarray(image.convert(mode)))
        delays.append(image.info["duration"])
    return np.stack(frames), delays, image.info


def decode_mp4(data: bytes):
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return np.stack(frames), float(stream.duration * stream.time_base), stream, container


def failure(call, *args, **options) -> StudioError:
    with pytest.raises(StudioError) as caught:
        call(*args, **options)
    assert str(caught.value).endswith(".") or "pip install" in str(caught.value)
    return caught.value


# --- upscale, contact_sheet ---------------------------------------------------------------------------------------


def test_pixel_art_is_repeated():
    picture = art()[0]
    assert np.array_equal(export.upscale(picture, 64, pixel_art=True), picture.repeat(4, 0).repeat(4, 1))


def test_pixel_art_that_does_not_fit_is_centred_and_runs_on_to_the_border():
    picture = art()[0]
    large = export.upscale(picture, 100, pixel_art=True)
    assert large.shape == (100, 100, 3)
    assert np.array_equal(large[2:98, 2:98], picture.repeat(6, 0).repeat(6, 1))
    assert np.array_equal(large[0, 2:98], large[2, 2:98]) and np.array_equal(large[99], large[97])


def test_smooth_pictures_are_smooth():
    large = export.upscale(waves()[0], 128).astype(int)
    assert large.shape == (128, 128, 3)
    assert np.abs(np.diff(large, axis=1)).max() < 8
    assert np.abs(large.reshape(32, 4, 32, 4, 3).mean(axis=(1, 3)) - waves()[0]).max() < 4


@pytest.mark.parametrize("pixel_art", [True, False])
@pytest.mark.parametrize("shape", [(16, 16), (16, 16, 1), (8, 16, 3), (16, 4, 4), (1, 1, 3), (3, 700, 3)])
def test_upscale_keeps_shape_and_kind(shape, pixel_art):
    picture = np.full(shape, 255, np.uint8)
    large = export.upscale(picture, 64, pixel_art)
    assert large.dtype == np.uint8 and max(large.shape[:2]) == 64 and (large == 255).all()
    assert abs(large.shape[0] / large.shape[1] - max(shape[0], shape[1] / 64) / shape[1]) < 0.02
    assert large.shape[2] == (shape[2] if len(shape) == 3 else 1)


def test_upscale_takes_pil_and_gives_pil():
    image = Image.new("P", (16, 8))
    large = export.upscale(image, 32, pixel_art=True)
    assert isinstance(large, Image.Image) and large.size == (32, 16) and large.mode == "RGB"


def test_colours_of_see_through_pixels_do_not_bleed():
    picture = np.zeros((8, 8, 4), np.uint8)
    picture[:, :4] = (0, 200, 0, 255)
    picture[:, 4:] = (255, 0, 0, 0)
    large = export.upscale(picture, 64)
    assert large[..., 0][large[..., 3] > 20].max() < 16


@pytest.mark.parametrize("size", [0, -1, 5000, 2.5, "big", None, True])
def test_upscale_refuses_sizes(size):
    assert failure(export.upscale, art()[0], size).code == "export.size"


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        None,
        "face.png",
    ],
)
def test_what_is_no_picture_is_refused(picture):
    assert failure(export.upscale, picture, 64).code == "export.picture"
    assert failure(export.to_png, picture).code == "export.picture"


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_contact_sheet(channels):
    pictures = waves(frames=5, side=8, channels=channels)
    sheet = export.contact_sheet(pictures, columns=3, gap=2)
    assert sheet.shape == (18, 28, channels)
    for i, picture in enumerate(pictures):
        top, left = 10 * (i // 3), 10 * (i % 3)
        assert np.array_equal(sheet[top : top + 8, left : left + 8], picture)
    empty = 0 if channels == 4 else 255
    assert (sheet[8:10] == empty).all() and (sheet[:, 8:10] == empty).all() and (sheet[10:, 20:] == empty).all()


def test_contact_sheet_background_and_no_gap():
    assert (export.contact_sheet(art(3, 4), 2, gap=0, background=(1, 2, 3))[4:, 4:] == (1, 2, 3)).all()


def test_contact_sheet_refuses():
    assert failure(export.contact_sheet, [], 3).code == "export.sheet"
    assert failure(export.contact_sheet, [art()[0], art(side=8)[0]], 3).code == "export.sheet"
    assert failure(export.contact_sheet, art(), 0).code == "export.sheet_layout"
    assert failure(export.contact_sheet, art(), 3, gap=-1).code == "export.sheet_layout"
    assert failure(export.contact_sheet, art(), 1, gap=10**9).code == "export.too_large"


# --- PNG and its point --------------------------------------------------------------------------------------------

POINTS = [
    LatentPoint(seed=7),
    LatentPoint(seed=2**32 - 1, moves=(("d0", 1.5), ("笑容 <&\"'>", -3.0)), truncation=0.7, label=3, model="faces-gan"),
    LatentPoint(vector=tuple(np.random.RandomState(0).randn(512).tolist()), model="m"),
]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_png_gives_back_its_pixels_and_its_point(point, channels, tmp_path):
    picture = waves(channels=channels)[0]
    data = export.to_png(picture, point)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))).reshape(picture.shape), picture)
    assert export.read_point(data) == (point, point.model)
    (tmp_path / "face.png").write_bytes(data)
    assert (
        export.read_point(tmp_path / "face.png")
        == export.read_point(str(tmp_path / "face.png"))
        == (point, point.model)
    )
    assert export.to_png(picture, point) == data


def test_a_png_knows_its_model_and_its_size():
    config = ModelConfig(family="dcgan", resolution=16, name="pixel-faces", pixel_art=True)
    data = export.to_png(art()[0], LatentPoint(seed=1), config, size=64)
    assert export.read_point(data) == (LatentPoint(seed=1), "pixel-faces")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), export.upscale(art()[0], 64, pixel_art=True))


def aigc_of(packet) -> dict:
    """Return the AIGC field of an XMP packet, after checking that it is well-formed and says where the picture came from."""
    packet = packet.encode() if isinstance(packet, str) else packet
    root = ElementTree.fromstring(packet.decode().lstrip("\ufeff"))
    about = root.find("rdf:RDF/rdf:Description", NAMESPACES)
    assert about.find("iptc:DigitalSourceType", NAMESPACES).text.endswith("/digitalsourcetype/trainedAlgorithmicMedia")
    return json.loads(about.find("tc260:AIGC", NAMESPACES).text)


def check_aigc(field: dict, producer: str = "Latent Studio") -> None:
    names = [
        "Label",
        "ContentProducer",
        "ProduceID",
        "ReservedCode1",
        "ContentPropagator",
        "PropagateID",
        "ReservedCode2",
    ]
    assert list(field) == names
    assert field["Label"] == "1" and field["ContentProducer"] == producer and len(field["ProduceID"]) == 32
    assert {field[name] for name in names[3:]} == {""}


@pytest.mark.parametrize(
    ("producer", "shown"),
    [
        ("", "Latent Studio"),
        ("  ", "Latent Studio"),
        ("海山 ]]><script>&amp;\"'", None),
        ("a\x00\x08\ud800b\ufffe", "ab"),
    ],
)
def test_the_marks_of_generated_content(monkeypatch, producer, shown):
    if "\x00" in producer:  # no environment variable can hold it; a caller can
        packet = export.marks.xmp("0" * 32, producer).decode()
    else:
        monkeypatch.setenv("LATENT_STUDIO_PRODUCER", producer)
        packet = Image.open(io.BytesIO(export.to_png(art()[0]))).text["XML:com.adobe.xmp"]
    check_aigc(aigc_of(packet), producer if shown is None else shown)


def test_animations_carry_the_marks_too():
    frames = art(3)
    gif, webp, mp4 = (
        write(frames, pixel_art=True, size=32) for write in (export.to_gif, export.to_webp, export.to_mp4)
    )
    check_aigc(aigc_of(gif[gif.index(b"<x:xmpmeta") : gif.index(b"</x:xmpmeta>") + 12]))
    check_aigc(aigc_of(decode(webp)[2]["xmp"]))
    with av.open(io.BytesIO(mp4), options={"export_all": "1"}) as container:
        label = json.loads(container.metadata["AIGC"])
    check_aigc(label)
    (packet,) = [body[16:] for kind, body in boxes(mp4) if kind == b"uuid"]
    assert aigc_of(packet) == label


def boxes(mp4: bytes):
    """The top-level boxes of an MP4 (ISO/IEC 14496-12, 4.2): (kind, body)."""
    while mp4:
        size, kind = struct.unpack(">I4s", mp4[:8])
        yield kind, mp4[8:size]
        mp4 = mp4[size:]


def with_chunk(body: bytes, kind: bytes = b"iTXt") -> bytes:
    """Return a PNG with one chunk of our own making after its header."""
    data = io.BytesIO()
    Image.new("L", (2, 2)).save(data, "PNG")
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data.getvalue()[:33] + chunk + data.getvalue()[33:]


def note(text: bytes, flag: bytes = b"\0") -> bytes:
    return with_chunk(png.KEY.encode() + b"\0" + flag + b"\0\0\0" + text)


GOOD = json.dumps({"model": "m", "point": {"seed": 4}}).encode()


def test_points_from_other_writers():
    expected = (LatentPoint(seed=4), "m")
    assert export.read_point(note(GOOD)) == expected
    assert export.read_point(note(zlib.compress(GOOD), flag=b"\1")) == expected
    assert export.read_point(with_chunk(png.KEY.encode() + b"\0\0\0en\0key\0" + GOOD)) == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + GOOD, GOOD, export.to_png(art()[0]), note(GOOD)[:40], with_chunk(b"Comment\0\0\0\0\0x"),
     with_chunk(b"latent-studio-2\0\0\0\0\0" + GOOD), with_chunk(b""), b"\x89PNG\r\n\x1a\n" + b"\xff" * 100, b"\x89PNG\r\n\x1a\n" + bytes(12) * 200_000],
)  # fmt: skip
def test_files_without_a_point(data):
    assert export.read_point(data) is None


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"null", b"7", b'"point"', b"{}", b'{"point": 3}', b'{"point": {"seed": -1}}', b'{"point": {"seed": "a"}}',
     b'{"point": {"seed": 1, "run": "rm"}}', b'{"point": {"seed": 1e999}}', b'{"point": {"truncation": NaN}}', b"\xff\xfe",
     b'{"point": {"moves": [["d0", 99]]}}', b"[" * 100_000, b'{"point":' * 50_000, b'{"point": {"seed": ' + b"9" * 5000 + b"}}",
     b'{"point": {"truncation": ' + b"9" * 400 + b"}}", b'{"point": {"vector": []}}', b'{"point": {"blend": {"a": {}, "b": {}}}}',
     b" " * (png.MAX_NOTE + 1) + GOOD],
)  # fmt: skip
def test_damaged_points_are_refused_in_words(text):
    assert failure(export.read_point, note(text)).code == "export.bad_point"


def test_a_compressed_bomb_is_not_unpacked():
    bomb = zlib.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    assert failure(export.read_point, note(bomb, flag=b"\1")).code == "export.bad_point"
    assert failure(export.read_point, note(b"no zlib", flag=b"\1")).code == "export.bad_point"


def test_a_length_that_lies_reads_no_more_than_is_there():
    data = bytearray(note(GOOD))
    data[33:37] = b"\xff\xff\xff\xff"
    assert failure(export.read_point, bytes(data)).code == "export.bad_point"


def test_a_file_that_is_gone(tmp_path):
    assert failure(export.read_point, tmp_path / "gone.png").code == "export.no_file"
    assert failure(export.read_point, tmp_path).code == "export.no_file"


# --- animations ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "order"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2, 1]), (5, [0, 1, 2, 3, 4, 3, 2, 1])])
def test_there_and_back(count, order):
    frames = art(count)
    assert np.array_equal(export.there_and_back(frames), frames[order])


@pytest.mark.parametrize("write", [export.to_gif, export.to_webp, export.to_mp4])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("pixel_art", [True, False])
def test_every_kind_of_frame(write, channels, pixel_art):
    frames = waves(channels=channels)
    data = write(frames, fps=10, pixel_art=pixel_art, size=64)
    again = write(frames, fps=10, pixel_art=pixel_art, size=64)
    if write is export.to_mp4:  # x264 decides some blocks otherwise now and then, on one thread too
        shown, other = decode_mp4(data)[0], decode_mp4(again)[0]
        assert np.abs(shown.astype(int) - other).mean() < 1
    else:
        assert again == data
        shown = decode(data, "RGB")[0]
    assert shown.shape == (6, 64, 64, 3)
    wanted = np.stack([export.upscale(frame, 64, pixel_art) for frame in frames]).astype(int)
    solid = wanted[..., 3] == 255 if channels == 4 else np.ones(wanted.shape[:3], bool)
    difference = np.abs(shown - np.broadcast_to(wanted[..., :3], shown.shape))[solid]
    assert difference.mean() < 5, "not the pictures that went in"


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("write", [export.to_gif, export.to_webp])
def test_pixel_art_is_exact(write, channels):
    frames = art()
    if channels == 4:
        frames = np.concatenate([frames, np.where(frames[..., :1] > 100, 255, 0).astype(np.uint8)], axis=-1)
    shown, _, info = decode(write(frames, pixel_art=True, size=48))
    wanted = np.stack([export.upscale(frame, 48, pixel_art=True) for frame in frames])
    assert np.array_equal(shown[..., 3], wanted[..., 3] if channels == 4 else np.full(shown.shape[:3], 255))
    seen = shown[..., 3] > 0
    assert np.array_equal(shown[..., :3][seen], wanted[..., :3][seen])
    assert info["loop"] == 0


def test_256_colours_are_exact():
    frames = np.arange(2 * 16 * 16 * 3, dtype=np.uint32).reshape(2, 16, 16, 3)
    frames = np.stack([frames[0], frames[0][::-1]]).astype(np.uint8)
    assert len(np.unique(frames.reshape(-1, 3), axis=0)) == 256
    shown, _, _ = decode(export.to_gif(frames, pixel_art=True, size=16), "RGB")
    assert np.array_equal(shown, frames)


def test_greys_are_exact_in_a_gif():
    frames = waves(channels=1)
    shown, _, _ = decode(export.to_gif(frames, size=80), "L")
    assert np.array_equal(shown[..., None], np.stack([export.upscale(frame, 80) for frame in frames]))


def test_a_webp_keeps_half_transparency():
    frames = waves(channels=4)
    shown, _, _ = decode(export.to_webp(frames, pixel_art=True, size=32))
    assert np.array_equal(shown, frames)


def test_a_gif_has_one_palette_for_all_frames():
    data = export.to_gif(waves(), size=64)
    assert data[10] & 0x80 and local_palettes(data) == 0


def local_palettes(data: bytes) -> int:
    """Count the frames of a GIF that bring a palette of their own (GIF89a specification, 20)."""
    at, count = 13 + 3 * 2 ** ((data[10] & 7) + 1), 0
    while data[at] != 0x3B:
        if data[at] == 0x2C:
            flags = data[at + 9]
            count += flags >> 7
            at += 10 + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0) + 1
        elif data[at + 1] == 0xFF and data[at + 3 : at + 14] == b"XMP DataXMP":
            at = data.index(b"\x01\xff\xfe", at) + 257
        else:
            at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    return count


def test_a_still_part_of_a_gif_does_not_flicker():
    frames = waves(frames=8)
    frames[:, 8:24] = frames[0, 8:24]
    shown, _, _ = decode(export.to_gif(frames, size=128), "RGB")
    assert (shown[:, 48:80] == shown[0, 48:80]).all()


@pytest.mark.parametrize(
    ("count", "fps"), [(7, 24), (48, 24), (10, 30), (9, 60), (30, 50), (120, 120), (3, 0.5), (10, 12.5), (11, 29.97)]
)
def test_durations_are_right(count, fps):
    frames = np.random.RandomState(0).randint(0, 256, (count, 4, 4, 3), np.uint8)
    shown, delays, _ = decode(export.to_webp(frames, fps, pixel_art=True, size=4))
    assert len(shown) == count and sum(delays) == round(1000 * count / fps)
    _, delays, _ = decode(export.to_gif(frames, fps, pixel_art=True, size=4))
    assert abs(sum(delays) - 1000 * count / fps) <= 10 and min(delays) >= 20  # browsers play shorter delays slowly
    assert len(delays) == (count if fps <= 50 else round(count / fps * 50))
    shown, seconds, _, _ = decode_mp4(export.to_mp4(frames, fps, size=16))
    assert len(shown) == count and abs(seconds - count / fps) < 0.01


def test_frames_that_repeat_keep_their_time():
    frames = art(4)[[0, 0, 0, 1, 1, 2, 3, 3]]
    for write in (export.to_gif, export.to_webp):
        assert sum(decode(write(frames, fps=8, pixel_art=True, size=16))[1]) == 1000


def test_mp4_suits_every_player():
    data = export.to_mp4(waves()[:, :, :25], fps=24, size=51)
    shown, _, stream, container = decode_mp4(data)
    assert shown.shape[1:3] == (52, 40)  # 51 × 39.8, made even
    context = stream.codec_context
    assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
    assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    assert stream.average_rate == 24 and container.format.name.startswith("mov,mp4")
    assert data.index(b"moov") < data.index(b"mdat")


def test_mp4_colours_are_right():
    frames = np.tile(COLOURS[[0, 5]].reshape(2, 1, 1, 3), (1, 16, 16, 1))
    shown = decode_mp4(export.to_mp4(frames, size=64))[0].astype(int)
    assert np.abs(shown - np.array([[255, 0, 0], [200, 100, 50]]).reshape(2, 1, 1, 3)).max() < 6


def test_mp4_lays_transparency_on_white():
    frames = np.zeros((2, 8, 8, 4), np.uint8)
    frames[:, :4, :, 3] = 255
    shown = decode_mp4(export.to_mp4(frames, size=64, pixel_art=True))[0]
    assert shown[:, :24].max() < 10 and shown[:, 40:].min() > 245


def test_mp4_without_pyav_says_how_to_get_it(monkeypatch):
    real = builtins.__import__

    def refuse(name, *args, **options):
        if name == "av":
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    error = failure(export.to_mp4, art())
    assert error.code == "export.no_av" and "pip install av" in str(error)


def test_mp4_without_h264_says_so(monkeypatch):
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    assert failure(export.to_mp4, art()).code == "export.no_h264"


def test_importing_export_loads_nothing_heavy():
    check = "import sys, gan_core.export; print([m for m in ('av', 'gradio', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("write", [export.to_gif, export.to_webp, export.to_mp4])
def test_animations_refuse(write):
    assert failure(write, []).code == "export.frames"
    assert failure(write, art()[0]).code == "export.frames"
    assert failure(write, art().astype(float)).code == "export.picture"
    assert failure(write, art(), size=0).code == "export.size"
    assert failure(write, np.zeros((300, 4, 4, 3), np.uint8), size=1024).code == "export.too_large"
    for fps in (0, -1, 1000, float("nan"), float("inf"), "fast", None, True):
        assert failure(write, art(), fps=fps).code == "export.fps"


# --- zip ----------------------------------------------------------------------------------------------------------


def test_zip_round_trip():
    files = {"a.png": export.to_png(art()[0]), "sheets/脸.png": b"x", "empty": b""}
    data = export.to_zip(files.items())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
    assert export.to_zip(iter(files.items())) == data


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../up.png", "a/../../b", "C:\\x", "a\\b", "A.PNG"])
def test_zip_refuses_names(name):
    assert failure(export.to_zip, [("a.png", b"1"), (name, b"2")]).code == "export.zip_name"
