"""The engine: everybody gets the own picture, however the requests are batched."""

import asyncio
import shutil

import numpy as np
import pytest
import torch

from gan_core import checkpoint
from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.ui import engine as module
from gan_core.ui import waiting
from gan_core.ui.engine import Engine


@pytest.fixture
def engine(weights, tmp_path):
    return Engine(weights, tmp_path / "runs", "cpu")


def test_batched_requests_get_their_own_pictures(engine, weights):
    names = ["a-plain", "c-pixels"]
    asked = [
        (names[i % 2], [LatentPoint(seed=i + k, moves=(("d0", 0.5),)) for k in range(1 + i % 3)]) for i in range(40)
    ]

    async def everybody():
        return await asyncio.gather(*(engine.render(name, points) for name, points in asked))

    models = {name: checkpoint.load_model(weights / name) for name in names}
    for (name, points), pictures in zip(asked, asyncio.run(everybody()), strict=True):
        alone = render(models[name], points)
        assert pictures.shape == alone.shape
        assert np.abs(pictures.astype(int) - alone).max() <= 1


def test_requests_are_rendered_together(engine, monkeypatch):
    batches = []
    monkeypatch.setattr(
        "gan_core.latent.sample.render", lambda model, points: batches.append(len(points)) or render(model, points)
    )

    async def everybody():
        return await asyncio.gather(*(engine.render("a-plain", [LatentPoint(seed=i)]) for i in range(24)))

    asyncio.run(everybody())
    assert sum(batches) == 24 and len(batches) < 12


def test_a_long_request_keeps_its_order(engine, weights):
    points = [LatentPoint(seed=i) for i in range(module.CHUNK * 2 + 3)]
    pictures = asyncio.run(engine.render("a-plain", points))
    alone = render(checkpoint.load_model(weights / "a-plain"), points)
    assert np.abs(pictures.astype(int) - alone).max() <= 1


def test_a_wrong_point_fails_alone(engine):
    async def both():
        wrong = engine.render("a-plain", [LatentPoint(seed=1, moves=(("nowhere", 1.0),))])
        return await asyncio.gather(wrong, engine.render("a-plain", [LatentPoint(seed=1)]), return_exceptions=True)

    failed, fine = asyncio.run(both())
    assert isinstance(failed, StudioError) and failed.code == "point.direction"
    assert fine.shape == (1, 16, 16, 3)


@pytest.mark.parametrize("name", ["", "nobody", "../weights/a-plain", "/etc", "runs/nobody", "hub/x/y"])
def test_unknown_models_are_refused(engine, name):
    with pytest.raises(StudioError) as caught:
        asyncio.run(engine.render(name, [LatentPoint(seed=1)]))
    assert caught.value.code == "model.unknown"


def test_too_many_waiting_pictures_are_refused(engine, monkeypatch):
    monkeypatch.setattr(waiting, "MAX_WAITING", 40)

    async def crowd():
        points = [LatentPoint(seed=i) for i in range(10)]
        return await asyncio.gather(*(engine.render("a-plain", points) for _ in range(30)), return_exceptions=True)

    answers = asyncio.run(crowd())
    refused = [answer for answer in answers if isinstance(answer, StudioError)]
    assert refused and {answer.code for answer in refused} == {"engine.busy"}
    assert any(isinstance(answer, np.ndarray) for answer in answers)
    assert asyncio.run(engine.render("a-plain", [LatentPoint(seed=0)])).shape == (1, 16, 16, 3)


def test_the_least_recently_used_model_makes_room(engine, monkeypatch):
    monkeypatch.setattr(module, "KEEP_COUNT", 2)
    for name in ("a-plain", "b-classes", "a-plain", "c-pixels"):
        asyncio.run(engine.render(name, [LatentPoint(seed=0)]))
    assert [key[0] for key in engine._loaded] == ["a-plain", "c-pixels"]


def test_a_model_that_was_trained_on_is_loaded_again(weights, tmp_path):
    run = tmp_path / "runs" / "mine" / "model"
    shutil.copytree(weights / "a-plain", run)
    engine = Engine(weights, tmp_path / "runs", "cpu")
    assert [model["id"] for model in engine.models()] == ["a-plain", "b-classes", "c-pixels", "runs/mine"]
    before = asyncio.run(engine.render("runs/mine", [LatentPoint(seed=3)]))
    shutil.rmtree(run)
    shutil.copytree(weights / "c-pixels", run, copy_function=shutil.copy)
    after = asyncio.run(engine.render("runs/mine", [LatentPoint(seed=3)]))
    assert (before != after).any()
    shutil.rmtree(run)
    with pytest.raises(StudioError):
        asyncio.run(engine.render("runs/mine", [LatentPoint(seed=3)]))


def test_facts_for_the_browser(engine):
    plain, classes, pixels = engine.models()
    assert plain["directions"] == 8 and plain["origin"] == "bundled" and plain["labels"] == []
    assert classes["labels"] == ["T-shirt/top", "Trouser", "Bag"]
    assert pixels["pixel_art"] and all(
        model["thumb"].startswith("data:image/webp;base64,") for model in (plain, classes, pixels)
    )


def test_a_lent_model_is_as_its_folder_has_it(engine, weights):
    """Encoders and the like are known by the weights; only the engine itself draws with folded ones."""
    lent = asyncio.run(engine.borrow("a-plain"))
    there = checkpoint.load_model(weights / "a-plain").state_dict()
    assert lent.state_dict().keys() == there.keys()
    assert all(torch.equal(tensor, there[name]) for name, tensor in lent.state_dict().items())
