"""The contact sheet of own pictures, asked directly: what is marked stands first, work is bounded and can be stopped."""

import asyncio
import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from gan_core import data
from gan_core.errors import StudioError
from gan_core.ui import picture_check
from gan_core.ui.jobs import Jobs
from gan_core.ui.picture_check import COLUMNS, PictureCheck

NAME = "check-for-a-test"


@pytest.fixture
def check(tmp_path):
    return PictureCheck(tmp_path / "runs", Jobs())


@pytest.fixture
def album(tmp_path):
    """A folder of 30 faces, a copy of one and a blank picture."""
    faces = data.load("faces", limit=30).images.permute(0, 2, 3, 1).numpy()
    (tmp_path / "album").mkdir()
    for i, face in enumerate(faces):
        Image.fromarray(face).save(tmp_path / "album" / f"{i:02}.png")
    Image.fromarray(faces[4]).save(tmp_path / "album" / "copy.png")
    Image.new("RGB", (64, 64), "#abc").save(tmp_path / "album" / "blank.png")
    return tmp_path / "album"


def form(folder, **changes):
    return {"source": {"kind": "folder", "name": str(folder)}, "family": "vae", "fit": "crop", **changes}


def survey(check, asked, name=NAME):
    return asyncio.run(check.survey(asked, name))


def sheet_of(answer) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["sheet"].split(",")[1]))).convert("RGB"))


def test_what_is_marked_stands_first_and_tiles_are_what_the_network_sees(check, album):
    answer = survey(check, form(album))
    assert answer["marked"] == ["blank.png", "copy.png"] == [tile["name"] for tile in answer["tiles"][:2]]
    assert [[r["code"] for r in tile["reasons"]] for tile in answer["tiles"][:3]] == [["blank"], ["copy"], []]
    assert answer["tiles"][1]["reasons"][0]["facts"] == {"name": "04.png"}
    assert (answer["count"], answer["checked"], len(answer["tiles"]), answer["size"]) == (32, 32, 32, 64)
    assert len({tile["name"] for tile in answer["tiles"]}) == 32
    sheet, pictures = sheet_of(answer), data.load(album)
    assert sheet.shape == (2 * 64, COLUMNS * 64, 3)
    for i, tile in enumerate(answer["tiles"]):
        top, left = i // COLUMNS * 64, i % COLUMNS * 64
        seen = pictures.images[pictures.names.index(tile["name"])].permute(1, 2, 0).numpy()
        assert np.abs(sheet[top : top + 64, left : left + 64].astype(int) - seen).mean() < 8
    json.dumps(answer)


def test_the_work_and_the_sheet_are_bounded(check, album, monkeypatch):
    monkeypatch.setattr(picture_check, "MOST", 10)
    monkeypatch.setattr(picture_check, "SHOWN", 6)
    answer = survey(check, form(album))
    assert (answer["count"], answer["checked"], len(answer["tiles"])) == (32, 10, 6)


@pytest.mark.parametrize("fit", ["crop", "smart", "pad", "stretch"])
def test_every_fit_is_shown(check, album, fit):
    Image.new("RGB", (300, 60), "#123").save(album / "long.png")
    answer = survey(check, form(album, fit=fit))
    assert "long" in [reason["code"] for tile in answer["tiles"] for reason in tile["reasons"]]


def test_bundled_sets_are_not_checked(check):
    assert survey(check, {**form("x"), "source": {"kind": "bundled", "name": "digits"}}) == {}


def test_a_stop_ends_it(check, album):
    check.jobs.stop(NAME)
    with pytest.raises(StudioError) as caught:
        survey(check, form(album))
    assert caught.value.code == "job.stopped"


@pytest.mark.parametrize(
    "bad", [{}, {"source": 3}, {"source": {"kind": "folder", "name": "/no"}, "fit": "crop", "family": "vae"}]
)
def test_bad_forms_are_refused_in_words(check, bad):
    with pytest.raises(StudioError):
        survey(check, bad)
