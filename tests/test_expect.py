"""What a training would reach: the speed is measured, remembered, and becomes a stage that was seen at so many pictures."""

import asyncio

import pytest
import torch

from gan_core.config import ModelConfig, TrainConfig
from gan_core.device import pick
from gan_core.errors import StudioError
from gan_core.models import family
from gan_core.training import expect
from gan_core.training.expect import MARKS, SMALL, SMALL_MARKS, expectation, marks_of, measure
from gan_core.ui.expect_desk import ExpectDesk
from gan_core.ui.jobs import Jobs
from gan_core.ui.train_desk import TrainDesk


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(expect, "PROBE_SECONDS", 1e-6)
    monkeypatch.setattr(expect, "_known", {})


def tiny(name):
    config = TrainConfig(family=name, width=8, d_width=8, z_dim=8, batch=4).with_defaults(family(name).defaults())
    config = config.with_defaults({"gamma": 1.0, "augment": 0.0})
    return config, ModelConfig(name, 16, z_dim=8, options=family(name).options(config))


@pytest.mark.parametrize("name", ["dcgan", "stylegan2", "vae", "mlp_gan", "r3gan", "autoencoder"])
def test_every_family_is_measured(name):
    assert measure(*tiny(name), pick("cpu")) > 0


def test_a_speed_is_measured_once_for_all_that_costs_the_same():
    config, model = tiny("vae")
    calls = []
    first = measure(config, model, pick("cpu"), lambda: calls.append(1))
    taken = len(calls)
    assert taken > 0
    again = measure(
        config.__class__(**{**config.to_dict(), "minutes": 99.0, "lr": 0.5}),
        model,
        pick("cpu"),
        lambda: calls.append(1),
    )
    assert again == first and len(calls) == taken
    measure(config.__class__(**{**config.to_dict(), "batch": 8}), model, pick("cpu"), lambda: calls.append(1))
    assert len(calls) > taken


def test_measuring_leaves_the_random_numbers_of_others_alone():
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    measure(*tiny("dcgan"), pick("cpu"))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_stop_ends_it_and_nothing_is_remembered():
    def stopped():
        raise StudioError("job.stopped", "Stopped.")

    with pytest.raises(StudioError):
        measure(*tiny("vae"), pick("cpu"), stopped)
    assert not expect._known


@pytest.mark.parametrize("name", MARKS)
def test_stages_follow_the_pictures_seen(name):
    recognisable, clear = MARKS[name]

    def reached(minutes, **more):
        return expectation(TrainConfig(family=name, minutes=minutes, batch=32, **more), 10.0)

    assert [reached(images / 600).stage for images in (recognisable - 10, recognisable + 10, clear + 10)] == [
        "blobs", "recognisable", "clear",
    ]  # fmt: skip
    assert reached(1).images == 600 and reached(1).seconds["clear"] == clear / 10
    assert reached(1, steps=50).images == 1600
    assert reached(100, start_from="faces-gan").stage == "" and not reached(1, start_from="faces-gan").seconds


def test_small_pictures_are_recognised_sooner():
    assert marks_of("dcgan", SMALL) == SMALL_MARKS["dcgan"] < marks_of("dcgan", SMALL + 1) == marks_of("dcgan", None)
    assert marks_of("vae", 28) == MARKS["vae"] and marks_of("r3gan", 28) == ()


def test_what_was_never_measured_is_left_open():
    assert expectation(TrainConfig(family="r3gan", batch=32), 10.0).stage == ""


@pytest.fixture
def desk(tmp_path):
    return ExpectDesk(TrainDesk(tmp_path / "runs", tmp_path, "cpu"), Jobs())


def ask(desk, **more):
    form = {"source": {"kind": "bundled", "name": "pixel-faces"}, "family": "dcgan", "fit": "crop", "minutes": 1, "batch": 4, "width": 8, "d_width": 8}  # fmt: skip
    return asyncio.run(desk.expect({**form, **more}, "speed-123456"))


def test_the_form_is_told_what_to_expect(desk):
    answer = ask(desk)
    assert not answer["busy"] and answer["images"] == pytest.approx(60 * answer["rate"], rel=0.1)
    assert set(answer["seconds"]) == {"recognisable", "clear"}
    assert ask(desk, source={"kind": "bundled", "name": "digits"}, conditional="yes")["images"] > 0


def test_nothing_is_measured_beside_a_training(desk, monkeypatch):
    monkeypatch.setattr("gan_core.ui.expect_desk.run_view.active", lambda runs: object())
    assert ask(desk) == {"busy": True}


def test_a_form_that_cannot_be_is_refused(desk):
    for wrong in ({"batch": "many"}, {"family": "x"}, {"source": None}):
        with pytest.raises(StudioError):
            ask(desk, **wrong)
