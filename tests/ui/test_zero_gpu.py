"""ZeroGPU, with a stand-in for the package `spaces`: large sheets go to the lent card, drags do not, and a refusal costs nothing."""

import asyncio
import pickle
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gan_core.latent.point import LatentPoint
from gan_core.ui import Settings, zero_gpu
from gan_core.ui.engine import Engine
from gan_core.ui.train_desk import TrainDesk
from gan_core.ui.words.train import WORDS

POINTS = [LatentPoint(seed=seed) for seed in range(4)]


class Spaces:
    """Lends "cards": notes for how long, and hands over what is sent as a pickle, as the true package does to its process."""

    def __init__(self):
        self.asked, self.refusing = [], False

    def GPU(self, task, duration):
        def lent(*args):
            self.asked.append(duration(*args))
            if self.refusing:
                raise RuntimeError("ZeroGPU quota exceeded")
            return pickle.loads(pickle.dumps(task(*pickle.loads(pickle.dumps(args)))))

        return lent


@pytest.fixture
def spaces(monkeypatch):
    stand_in = Spaces()
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=stand_in.GPU))
    monkeypatch.setenv(zero_gpu.VARIABLE, "true")
    monkeypatch.setattr(zero_gpu, "DEVICE", "cpu")
    monkeypatch.setattr(zero_gpu, "_loaded", {})
    return stand_in


@pytest.fixture
def engine(weights, tmp_path, spaces):
    """An engine with a model that seems slow."""
    settings = zero_gpu.prepared(Settings(weights, tmp_path / "runs"))
    assert settings.device == "cpu"
    engine = Engine(settings.weights, settings.runs, settings.device)
    engine.card = zero_gpu.lent_card()
    asyncio.run(engine.render("a-plain", POINTS[:1]))
    engine._pace["a-plain"] = 10.0
    return engine


def ours(engine, points, monkeypatch):
    """What the processor draws."""
    monkeypatch.setattr(engine, "card", None)
    return asyncio.run(engine.render("a-plain", points))


def test_many_pictures_of_a_slow_model_are_drawn_on_a_lent_card(engine, spaces, monkeypatch):
    sheet, film = asyncio.run(engine.render("a-plain", POINTS)), engine.draw("a-plain", POINTS)
    assert spaces.asked == [18, 18]  # 10 s, and a fifth of the 40 that the processor would need
    assert len(zero_gpu._loaded) == 1
    processor = ours(engine, POINTS, monkeypatch)
    assert np.abs(sheet.astype(int) - processor).max() <= 1 and np.array_equal(sheet, film)


def test_drags_and_quick_models_stay_on_the_processor(engine, spaces):
    asyncio.run(engine.render("a-plain", POINTS[:1]))
    asyncio.run(engine.render("c-pixels", POINTS))
    assert spaces.asked == []


def test_a_refusal_is_not_asked_for_again_at_once(engine, spaces, monkeypatch):
    spaces.refusing = True
    pictures = [asyncio.run(engine.render("a-plain", POINTS))]
    engine._pace["a-plain"] = 10.0
    pictures.append(asyncio.run(engine.render("a-plain", POINTS)))
    assert len(spaces.asked) == 1
    assert all(np.array_equal(one, ours(engine, POINTS, monkeypatch)) for one in pictures)


def test_the_train_tab_says_what_a_training_there_runs_on(tmp_path, spaces):
    device = TrainDesk(tmp_path, tmp_path, "cpu").options()["device"]
    assert f"train.device.{device['kind']}" in WORDS and device["kind"] == "lent"


def test_elsewhere_the_package_is_not_even_looked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "spaces", None)  # importing it would fail
    monkeypatch.delenv(zero_gpu.VARIABLE, raising=False)
    assert zero_gpu.prepared(Settings()) == Settings() and zero_gpu.lent_card() is None
    monkeypatch.setenv(zero_gpu.VARIABLE, "1")
    assert zero_gpu.prepared(Settings()).device == "cpu" and zero_gpu.lent_card() is None
