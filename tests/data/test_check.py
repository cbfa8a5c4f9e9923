"""What is wrong with pictures: planted faults are found, clean sets stay quiet."""

import io

import numpy as np
import pytest
import torch
from data_samples import colour_picture, encode
from PIL import Image, ImageFilter

from gan_core import data
from gan_core.data.check import examine
from gan_core.errors import StudioError


@pytest.fixture(scope="module")
def album():
    """Forty pictures of 128 px, alike but different: faces of the bundled set, enlarged."""
    faces = data.load("faces", limit=40).images.permute(0, 2, 3, 1).numpy()
    return [Image.fromarray(face).resize((128, 128), Image.Resampling.BICUBIC) for face in faces]


def put(folder, pictures: dict[str, Image.Image | bytes]):
    folder.mkdir(exist_ok=True)
    for name, picture in pictures.items():
        (folder / name).write_bytes(picture if isinstance(picture, bytes) else encode(picture))
    return folder


def found(folder, **options) -> dict[str, set[str]]:
    """{code: names of the pictures that have it}."""
    pictures = data.load(folder, **{"resolution": 64, **options})
    findings, notes = examine(pictures)
    names = {note.code: set() for note in notes}
    for finding in findings:
        names.setdefault(finding.code, set()).add(pictures.names[finding.row])
        assert finding.message.endswith(".") and "{" not in finding.message
    return names


def numbered(album):
    return {f"{i:02}.png": picture for i, picture in enumerate(album)}


@pytest.mark.parametrize("name", data.builtin_names())
def test_bundled_sets_are_quiet(name):
    pictures = data.load(name, limit=1500)
    findings, notes = examine(pictures)
    assert len(findings) <= 0.01 * len(pictures) and not notes
    assert {finding.code for finding in findings} <= {"copy"}


def test_copies_are_found_however_they_were_saved(album, tmp_path):
    small, poor = album[3].resize((90, 90)), io.BytesIO()
    album[7].save(poor, "JPEG", quality=30)
    larger = album[12].resize((300, 300), Image.Resampling.LANCZOS)
    extra = {"same.png": album[0], "small.png": small, "poor.jpg": poor.getvalue(), "zz-larger.png": larger}
    assert found(put(tmp_path / "set", numbered(album) | extra)) == {
        "copy": {"00.png", "small.png", "poor.jpg", "12.png"} ^ {"00.png", "same.png"}
    }


def test_blurred_blank_and_strange_ones_are_found(album, tmp_path):
    noise = Image.fromarray(np.random.RandomState(0).randint(0, 256, (128, 128, 3), dtype=np.uint8))
    extra = {"a.png": album[0].filter(ImageFilter.GaussianBlur(5)), "b.png": Image.new("RGB", (128, 128), "#abc")}
    names = found(put(tmp_path / "set", {**numbered(album[1:]), **extra, "noise.png": noise}))
    assert names == {"blurred": {"a.png"}, "blank": {"b.png"}, "odd": {"noise.png"}}


def test_tiny_and_long_ones_are_found(album, tmp_path):
    extra = {"tiny.png": album[0].resize((40, 40)), "long.png": album[1].resize((300, 120))}
    assert found(put(tmp_path / "set", {**numbered(album[2:]), **extra})) == {
        "tiny": {"tiny.png"},
        "long": {"long.png"},
    }


def test_what_holds_for_most_is_said_once(album, tmp_path):
    assert found(put(tmp_path / "set", numbered(album)), resolution=256) == {"most_tiny": set()}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_hardly_any_pictures_are_no_trouble(count, tmp_path):
    assert found(put(tmp_path / "set", {f"{i}.png": colour_picture(i) for i in range(count)}), resolution=16) == {}


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_grey_colour_and_transparency(album, channels, tmp_path):
    folder = put(tmp_path / "set", numbered(album[:8]) | {"copy.png": album[2]})
    assert found(folder, channels=channels) == {"copy": {"copy.png"}}


def test_it_can_be_stopped(album, tmp_path):
    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        examine(data.load(put(tmp_path / "set", numbered(album))), stop)


# ---- leaving pictures out


def test_pictures_left_out_are_not_loaded(album, tmp_path):
    folder = put(tmp_path / "set", numbered(album[:6]))
    whole, part = data.load(folder), data.load(folder, exclude={"01.png", "04.png"})
    assert part.names == ("00.png", "02.png", "03.png", "05.png") and len(part.sizes) == 4
    assert torch.equal(part.images, whole.images[[0, 2, 3, 5]]) and part.fingerprint != whole.fingerprint
    notes = data.load(folder, exclude={"01.png", "gone.png"}).notes
    assert [note.facts for note in notes if note.code == "not_there"] == [{"count": 1}]


def test_not_all_can_be_left_out_nor_any_without_names(album, tmp_path):
    folder = put(tmp_path / "set", numbered(album[:2]))
    for spec, names, code in ((folder, {"00.png", "01.png"}, "data.all_out"), ("digits", {"1"}, "data.no_names")):
        with pytest.raises(StudioError) as caught:
            data.load(spec, exclude=names)
        assert caught.value.code == code
