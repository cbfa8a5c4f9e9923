"""The photo tool's server side: what is sent is read with care, searched for, and not kept."""

import asyncio
import base64
import io
import json
import os
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.latent import distill, invert
from gan_core.latent.distill import Budget
from gan_core.latent.point import LatentPoint
from gan_core.ui import Settings, Studio
from gan_core.ui.engine import Engine
from gan_core.ui.requests import arguments
from gan_core.ui.tools.photo import MOST, SHOWN, Photo, read
from tests.tiny_models import make_weights

NAME = "photo-12345678"


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """A Photo desk over a weights folder of its own, with little effort spent."""
    effort = invert.Effort
    monkeypatch.setattr(distill, "Budget", lambda: Budget(20, 600))
    monkeypatch.setattr(invert, "Effort", lambda **fields: effort(steps=40, seconds=600, **fields))
    engine = Engine(make_weights(tmp_path / "weights"), tmp_path / "runs", "cpu")
    return Photo(Studio(Settings(tmp_path / "weights", tmp_path / "runs"), engine))


def sent(picture: Image.Image, kind: str = "PNG", **options) -> str:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return base64.b64encode(file.getvalue()).decode()


def drawn(photo, **fields) -> Image.Image:
    point = LatentPoint(**fields)
    return Image.fromarray(asyncio.run(photo.engine.render(point.model, [point]))[0])


def test_a_picture_of_the_model_is_found_and_its_point_draws_what_was_shown(photo, tmp_path):
    wanted = drawn(photo, seed=3, model="a-plain").resize((256, 256), Image.Resampling.NEAREST)
    answer = asyncio.run(photo.find("a-plain", sent(wanted), NAME))
    assert answer["whole"] and answer["distance"] < 0.5 and answer["verdict"] in ("close", "alike", "mood")
    point = LatentPoint.from_json(json.dumps(answer["point"]))
    assert point.model == "a-plain" and point.vector is not None
    again = asyncio.run(photo.engine.render("a-plain", [point]))[0]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["url"].split(",")[1]))).convert("RGB"))
    assert np.abs(again.astype(int) - shown).max() <= 1
    assert (tmp_path / "weights" / "a-plain" / "encoder.safetensors").is_file()
    assert not [p for p in tmp_path.rglob("*") if p.suffix in (".png", ".jpg")]


def test_the_class_is_found_or_taken(photo):
    wanted = sent(drawn(photo, seed=8, label=2, model="b-classes"))
    assert asyncio.run(photo.find("b-classes", wanted, NAME, label=0))["point"]["label"] == 0
    assert asyncio.run(photo.find("b-classes", wanted, NAME))["point"]["label"] in (0, 1, 2)
    with pytest.raises(StudioError, match="3 classes"):
        asyncio.run(photo.find("b-classes", wanted, NAME, label=3))


def test_stopping_keeps_the_best_so_far(photo, monkeypatch):
    searched, whole = [], invert.search
    monkeypatch.setattr(invert, "search", lambda *given: _stopping(whole(*given), photo, searched))
    answer = asyncio.run(photo.find("a-plain", sent(Image.new("RGB", (64, 64), "teal")), NAME))
    assert len(searched) == 1 and not answer["whole"] and answer["point"]["model"] == "a-plain"


def _stopping(places, photo, searched):
    for found in places:
        searched.append(found)
        photo.jobs.stop(NAME)
        yield found


def test_stopping_before_anything_was_found(photo, monkeypatch):
    learn = photo._learn

    def stopped(entry, network, job):
        job.stop()
        learn(entry, network, job)

    monkeypatch.setattr(photo, "_learn", stopped)
    with pytest.raises(StudioError) as error:
        asyncio.run(photo.find("a-plain", sent(Image.new("RGB", (64, 64))), NAME))
    assert error.value.code == "job.stopped"


def test_two_visitors_at_once_learn_the_model_once(photo, monkeypatch):
    calls, distil = [], distill.distil
    monkeypatch.setattr(distill, "distil", lambda *given, **named: calls.append(1) or distil(*given, **named))

    async def both():
        pictures = [sent(Image.new("RGB", (64, 64), colour)) for colour in ("navy", "gold")]
        return await asyncio.gather(*(photo.find("c-pixels", p, f"{NAME}-{i}") for i, p in enumerate(pictures)))

    one, other = asyncio.run(both())
    assert len(calls) == 1 and one["point"] != other["point"]


CONFIG = ModelConfig(family="dcgan", resolution=16, z_dim=8)


def test_exif_rotation_transparency_depth_and_animation():
    tall = Image.new("RGB", (32, 32), "red")
    tall.paste("blue", (0, 0, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    assert read(sent(tall, "JPEG", exif=exif), CONFIG)[0, 8].argmax() == 0
    clear = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    assert (read(sent(clear), CONFIG) == 255).all()
    four = ModelConfig(family="dcgan", resolution=16, z_dim=8, channels=4)
    assert (read(sent(clear), four)[..., 3] == 0).all()
    deep = Image.fromarray(np.full((20, 20), 40_000, np.uint16))
    assert abs(int(read(sent(deep), CONFIG)[0, 0, 0]) - 40_000 / 257) <= 1
    assert read(sent(Image.new("CMYK", (40, 20)), "JPEG"), CONFIG).shape == (16, 16, 3)
    film = [Image.new("RGB", (16, 16), colour) for colour in ("lime", "black")]
    assert read(sent(film[0], "GIF", save_all=True, append_images=film[1:]), CONFIG)[0, 0, 1] == 255
    grey = ModelConfig(family="dcgan", resolution=16, z_dim=8, channels=1)
    assert read(sent(tall), grey).shape == (16, 16, 1)


def bomb() -> bytes:
    """A PNG header that announces 60,000 × 60,000 pixels."""
    header = (60_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + b"\0" * 64


@pytest.mark.parametrize(
    "data",
    [
        b"", b"hello", bomb(), b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", os.urandom(2000),
        base64.b64decode(sent(Image.effect_noise((64, 64), 50)))[:900],
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(data, photo):
    text = base64.b64encode(data).decode() or "="
    for work in (lambda: read(text, CONFIG), lambda: photo.show(text)):
        with pytest.raises(StudioError) as error:
            work()
        assert error.value.code in ("photo.unreadable", "photo.too_large")


def test_a_file_that_browsers_do_not_open_is_shown_upright_and_not_too_large(photo):
    wide = Image.new("RGB", (3000, 1000), "red")
    wide.paste("blue", (0, 0, 1500, 1000))
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    url = photo.show(sent(wide, "TIFF", exif=exif))
    shown = Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/webp;base64,"))))
    assert shown.size == (round(SHOWN / 3), SHOWN)
    assert [np.argmax(shown.convert("RGB").getpixel((100, y))) for y in (100, SHOWN - 100)] == [2, 0]


def test_requests_are_bounded(photo):
    image = sent(Image.new("RGB", (4, 4)))
    assert arguments(photo.find, {"model": "a-plain", "image": image, "name": NAME, "label": None})["label"] is None
    for wrong in ({"image": "x" * (MOST + 1)}, {"image": 3}, {"name": "x"}, {"label": "0"}, {"extra": 1}):
        with pytest.raises(StudioError):
            arguments(photo.find, {"model": "a-plain", "image": image, "name": NAME, **wrong})
    with pytest.raises(StudioError):
        photo.preview("../etc", image)
