"""The map tool: one map per model for everybody, bounded, stoppable, and nobody's pictures but those that may be seen."""

import asyncio
import gc
import shutil

import numpy as np
import pytest

from gan_core.checkpoint import load_model
from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.latent import map as layouts
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import locate
from gan_core.training.run import Run
from gan_core.ui import Settings, Studio
from gan_core.ui.engine import Engine
from gan_core.ui.tools import map as module
from gan_core.ui.tools.map import Maps, training_data
from gan_core.ui.widgets import answering
from tests.tiny_models import make_weights, save_tiny_model

JOB = "a-job-of-this-test"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The three small models, and a VAE of digits."""
    root = make_weights(tmp_path_factory.mktemp("weights"))
    sizes = {"width": 8, "e_width": 8}
    save_tiny_model(root / "d-vae", family="vae", options=sizes, data="Handwritten digits (MNIST)")
    return root


@pytest.fixture
def maps(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "COUNT", 40)
    engine = Engine(weights, tmp_path / "runs", "cpu")
    return Maps(Studio(Settings(weights, tmp_path / "runs"), engine))


def made(maps, monkeypatch):
    """A list that gets an entry for each map that is really made."""
    makes, make = [], module.make
    monkeypatch.setattr(module, "make", lambda *facts: makes.append(facts[2]) or make(*facts))
    return makes


def test_a_map_says_what_lies_where(maps):
    answer = asyncio.run(maps.layout("b-classes", "samples", JOB))
    assert len(answer["points"]) == len(answer["positions"]) == len(answer["labels"]) == 40
    assert answer["points"][5] == {"seed": 5, "label": 2, "model": "b-classes"}
    assert answer["names"] == ["T-shirt/top", "Trouser", "Bag"] and answer["kinds"] == ["samples"]
    assert answer["sheet"]["count"] == 40 and answer["sheet"]["url"].startswith("data:image/")
    positions = np.array(answer["positions"])
    assert positions.shape == (40, 2) and positions.min() >= 0 and positions.max() <= 1


def test_the_second_visitor_gets_the_first_ones_map(maps, monkeypatch):
    makes = made(maps, monkeypatch)

    async def crowd():
        return await asyncio.gather(*(maps.layout("a-plain", "samples", f"visitor-{i}") for i in range(5)))

    answers = asyncio.run(crowd())
    assert makes == ["samples"] and all(answer is answers[0] for answer in answers)
    assert answers[0]["labels"] == [] and answers[0]["names"] == []


def test_maps_are_bounded_and_follow_the_weights(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "COUNT", 8)
    monkeypatch.setattr(module, "KEEP", 2)
    run = tmp_path / "runs" / "mine" / "model"
    shutil.copytree(weights / "a-plain", run)
    maps = Maps(Studio(Settings(weights, tmp_path / "runs"), Engine(weights, tmp_path / "runs", "cpu")))
    makes = made(maps, monkeypatch)
    for name in ("a-plain", "c-pixels", "runs/mine", "runs/mine"):
        asyncio.run(maps.layout(name, "samples", JOB))
    assert len(makes) == 3 and [key[0] for key in maps._kept] == ["c-pixels", "runs/mine"]
    shutil.rmtree(run)
    shutil.copytree(weights / "c-pixels", run, copy_function=shutil.copy)
    asyncio.run(maps.layout("runs/mine", "samples", JOB))
    assert len(makes) == 4 and len(maps._kept) == 2
    gc.collect()
    assert len(maps._making) == 0


def test_a_stop_stops_and_nothing_is_kept(maps, monkeypatch):
    async def stop_at_once():
        asked = asyncio.create_task(maps.layout("a-plain", "samples", JOB))
        await asyncio.sleep(0)
        maps.jobs.stop(JOB)
        return await asked

    with pytest.raises(StudioError) as caught:
        asyncio.run(stop_at_once())
    assert caught.value.code == "job.stopped" and not maps._kept
    assert asyncio.run(maps.layout("a-plain", "samples", JOB))["points"]


def test_training_pictures_are_points_of_their_codes(maps, weights):
    answer = asyncio.run(maps.layout("d-vae", "pictures", JOB))
    assert answer["kinds"] == ["samples", "pictures"] and answer["names"] == [str(i) for i in range(10)]
    assert len(set(answer["labels"])) == 10
    points = [LatentPoint.from_json(point) for point in answer["points"]]
    assert all(point.vector and point.label is None for point in points)
    model = load_model(weights / "d-vae")
    assert np.isfinite(locate(model, points)[0].numpy()).all()


def test_a_gan_has_no_map_of_training_pictures(maps):
    with pytest.raises(StudioError) as caught:
        asyncio.run(maps.layout("a-plain", "pictures", JOB))
    assert caught.value.code == "map.no_pictures"


def test_a_place_for_any_point(maps):
    answer = asyncio.run(maps.layout("a-plain", "samples", JOB))
    at = asyncio.run(maps.place("a-plain", "samples", LatentPoint(seed=7, model="a-plain")))["at"]
    assert np.abs(np.array(at) - answer["positions"][7]).max() < 0.01
    other = asyncio.run(maps.place("a-plain", "samples", LatentPoint(seed=9999, moves=(("d0", 1.0),), model="a-plain")))
    assert all(0 <= value <= 1 for value in other["at"])
    assert asyncio.run(maps.place("a-plain", "pictures", LatentPoint(model="a-plain"))) == {"at": None}
    assert asyncio.run(maps.place("a-plain", "samples", LatentPoint(model="c-pixels"))) == {"at": None}


def test_large_pictures_travel_as_small_ones():
    assert module.thumb(np.zeros((256, 256, 3), np.uint8), False).shape == (64, 64, 3)
    assert module.thumb(np.zeros((128, 128, 4), np.uint8), True).shape == (64, 64, 4)
    assert module.thumb(np.zeros((28, 28, 1), np.uint8), False).shape == (28, 28, 1)


def test_a_runs_own_pictures_at_home_but_not_on_a_space(weights, picture_folder, tmp_path, monkeypatch):
    folder = tmp_path / "runs" / "mine"
    shutil.copytree(weights / "d-vae", folder / "model")
    Run(folder).save_config(TrainConfig(data=str(picture_folder)))
    engine = Engine(weights, tmp_path / "runs", "cpu")
    engine.models()
    entry = engine.library.entry("runs/mine")
    assert training_data(entry) == {"spec": str(picture_folder), "fit": "crop", "exclude": frozenset()}
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    assert training_data(entry) == {"spec": "digits"}  # what its config says; the stranger's folder stays closed
    monkeypatch.delenv("SPACE_ID")
    Run(folder).save_config(TrainConfig(data=str(tmp_path / "gone")))
    assert training_data(entry) == {"spec": "digits"}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"model": "a-plain"},
        {"model": "a-plain", "kind": "everything", "name": JOB},
        {"model": "a-plain", "kind": "samples", "name": "x"},
        {"model": "a-plain", "kind": "samples", "name": "x" * 500},
        {"model": "../a-plain", "kind": "samples", "name": JOB},
        {"model": ["a-plain"], "kind": "samples", "name": JOB},
        {"model": "a-plain", "kind": {"samples": 1}, "name": JOB},
        {"model": "a-plain", "kind": "samples", "name": JOB, "count": 10**9},
    ],
)
def test_hostile_arguments_are_refused_in_words(maps, sent):
    answer = asyncio.run(answering(maps.layout)(sent))
    assert answer["error"]["code"] != "unexpected" and answer["error"]["message"]


@pytest.mark.parametrize("point", [None, [], "x", {"seed": -1}, {"vector": [1.0], "model": "a-plain"}])
def test_hostile_points_are_refused_in_words(maps, point):
    asyncio.run(maps.layout("a-plain", "samples", JOB))
    answer = asyncio.run(answering(maps.place)({"model": "a-plain", "kind": "samples", "point": point}))
    assert answer["error"]["code"] != "unexpected"
