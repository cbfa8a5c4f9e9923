"""Data sets in the app: fetched in pieces by whoever knows the token, swept, bounded, stopped."""

import asyncio
import base64
import io
import os
import time
import zipfile

import pytest

from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.ui import Settings, Studio, shelf
from gan_core.ui import datasets as module
from gan_core.ui.datasets import Datasets
from gan_core.ui.engine import Engine
from gan_core.ui.widgets import answering

JOB = "a-job-of-this-test"
ORDER = {"model": "b-classes", "count": 12, "seed": 5, "truncation": 1.0, "name": JOB}


@pytest.fixture
def datasets(weights, tmp_path):
    return Datasets(Studio(Settings(weights, tmp_path / "runs"), Engine(weights, tmp_path / "runs", "cpu")))


def fetched(datasets, made) -> zipfile.ZipFile:
    pieces = [base64.b64decode(datasets.piece(made["token"], i)) for i in range(made["pieces"])]
    data = b"".join(pieces)
    assert len(data) == made["bytes"]
    return zipfile.ZipFile(io.BytesIO(data))


def test_made_fetched_in_pieces_and_forgotten(datasets, monkeypatch):
    monkeypatch.setattr(shelf, "PIECE", 1000)
    made = asyncio.run(datasets.make(**ORDER, classes=[0, 2]))
    assert made["pieces"] > 2 and made["name"] == "b-classes-12.zip"
    archive = fetched(datasets, made)
    assert archive.testzip() is None
    assert sum(name.endswith(".png") for name in archive.namelist()) == 12
    assert {name.split("/")[0] for name in archive.namelist() if "/" in name} == {"T-shirt-top", "Bag"}
    datasets.forget(made["token"])
    assert not list(datasets.shelf.folder.iterdir())
    with pytest.raises(StudioError) as caught:
        datasets.piece(made["token"], 0)
    assert caught.value.code == "dataset.gone"


def test_the_moves_of_a_point_go_into_every_picture(datasets):
    like = LatentPoint(seed=1, moves=(("d0", 2.0),), model="b-classes")
    archive = fetched(datasets, asyncio.run(datasets.make(**ORDER, like=like, vary=["d1"], reach=0.5)))
    table = archive.read("points.csv").decode("utf-8-sig").splitlines()[1:]
    assert len(table) == 12 and all("d0 +2; d1 " in row for row in table)


def test_a_stop_leaves_no_file(datasets):
    async def stopped():
        asked = asyncio.create_task(datasets.make(**{**ORDER, "count": 2000}))
        while datasets.jobs.progress(JOB).get("done", 0) < 32:
            await asyncio.sleep(0.01)
        datasets.jobs.stop(JOB)
        return await asked

    with pytest.raises(StudioError) as caught:
        asyncio.run(stopped())
    assert caught.value.code == "job.stopped" and not list(datasets.shelf.folder.iterdir())


def test_what_was_left_behind_is_swept(datasets, weights, tmp_path):
    made = asyncio.run(datasets.make(**ORDER))
    path = datasets.shelf.folder / f"{made['token']}.zip"
    old = time.time() - 2 * shelf.KEEP_SECONDS
    os.utime(path, (old, old))
    Datasets(Studio(Settings(weights, tmp_path / "runs"), datasets.engine))  # the app starts again
    assert not path.exists()


def test_files_that_nobody_fetches_are_bounded(datasets, monkeypatch):
    monkeypatch.setattr(shelf, "MOST_FILES", 2)
    first = asyncio.run(datasets.make(**ORDER))
    asyncio.run(datasets.make(**ORDER))
    with pytest.raises(StudioError) as caught:
        asyncio.run(datasets.make(**ORDER))
    assert caught.value.code == "job.busy"
    datasets.forget(first["token"])
    assert asyncio.run(datasets.make(**ORDER))["pieces"] == 1


def test_a_space_is_shared(datasets, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    with pytest.raises(StudioError) as caught:
        asyncio.run(datasets.make(**{**ORDER, "count": module.SPACE_MOST + 1}))
    assert caught.value.code == "dataset.count" and caught.value.facts["most"] == module.SPACE_MOST
    monkeypatch.setattr(module, "SPACE_BYTES", 5000)
    with pytest.raises(StudioError) as caught:
        asyncio.run(datasets.make(**{**ORDER, "count": 100}))
    assert caught.value.code == "dataset.large" and not list(datasets.shelf.folder.iterdir())


def test_a_folder_that_cannot_be_made_is_said_in_words(datasets):
    datasets.shelf.folder.parent.mkdir(parents=True, exist_ok=True)
    datasets.shelf.folder.write_text("a file in the way")
    with pytest.raises(StudioError) as caught:
        asyncio.run(datasets.make(**ORDER))
    assert caught.value.code == "dataset.disk"


@pytest.mark.parametrize("token", ["../../../etc/passwd", "..%2f..%2fsecret", "0" * 31, "G" * 32, "0" * 32])
def test_a_token_is_never_a_path(datasets, token):
    answer = asyncio.run(answering(datasets.piece)({"token": token, "number": 0}))
    assert answer["error"]["code"] == "dataset.gone"
    asyncio.run(answering(datasets.forget)({"token": token}))


@pytest.mark.parametrize(
    "change",
    [
        {"count": 0}, {"count": 10**9}, {"count": "12"}, {"count": None}, {"seed": -1}, {"seed": 2**40}, {"truncation": 1e6},
        {"name": "x"}, {"model": "../b-classes"}, {"model": "nobody"}, {"classes": []}, {"classes": [99]}, {"classes": [-1]},
        {"classes": [0, 0]}, {"classes": ["Bag"]}, {"vary": ["nowhere"]}, {"vary": ["d0"] * 99}, {"reach": -1}, {"reach": 1e9},
        {"size": 10**6}, {"size": 0}, {"like": "x"}, {"like": {"moves": [["d0", 1e9]]}}, {"like": {"moves": [["nowhere", 1]]}},
        {"path": "/tmp/x"},
    ],
)  # fmt: skip
def test_hostile_orders_are_refused_in_words(datasets, change):
    answer = asyncio.run(answering(datasets.make)({**ORDER, **change}))
    assert answer["error"]["code"] != "unexpected" and answer["error"]["message"]
    assert not datasets.shelf.folder.is_dir() or not list(datasets.shelf.folder.iterdir())
