"""Faults of the machine, each injected once: what the page is told, and that the app and the run folder are in the right state after."""

import asyncio
import errno
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import gan_core
from gan_core import StudioError, TrainConfig, checkpoint, device
from gan_core.latent import sample
from gan_core.latent.point import LatentPoint
from gan_core.training import launch, stopwatch
from gan_core.training.launch import launch as start
from gan_core.training.run import Run
from gan_core.ui.engine import Engine
from gan_core.ui.widgets import GENERAL, answering

FULL = OSError(errno.ENOSPC, "No space left on device")
CARD = SimpleNamespace(type="cuda")
POINTS = [LatentPoint(seed=3), LatentPoint(seed=4)]
GPU = {
    "memory": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    "lost": RuntimeError("CUDA error: unspecified launch failure"),
}


# ---- what any request may meet


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FULL, "disk.full"), (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk.full"), (GPU["memory"], "memory.full"),
        (MemoryError(), "memory.full"), (GPU["lost"], "device.lost"), (StudioError("own", "words"), "own"),
        (OSError(errno.EIO, "broken"), GENERAL["error"]["code"]), (KeyError("x"), GENERAL["error"]["code"]),
    ],
)  # fmt: skip
def test_the_machines_faults_reach_the_page_in_words(error, code):
    def function():
        raise error

    assert asyncio.run(answering(function)({}))["error"]["code"] == code


# ---- the graphics card, while pictures are drawn


@pytest.mark.parametrize("when", ["loading", "drawing"])
@pytest.mark.parametrize("kind", GPU)
def test_a_card_that_fails_is_replaced_by_the_processor_for_a_while(weights, tmp_path, monkeypatch, kind, when):
    engine, tried = Engine(weights, tmp_path / "runs"), []
    load, render = checkpoint.load_model, sample.render

    def fail(stage: str) -> None:
        if engine._device is CARD:
            tried.append(stage)
            if stage == when:
                raise GPU[kind]

    monkeypatch.setattr(device, "pick", lambda name: SimpleNamespace(device=CARD))
    monkeypatch.setattr(
        checkpoint, "load_model", lambda path, place, directions: (fail("loading"), load(path, "cpu", directions))[1]
    )
    monkeypatch.setattr(sample, "render", lambda model, points: (fail("drawing"), render(model, points))[1])
    pictures = asyncio.run(engine.render("a-plain", POINTS))
    assert np.abs(pictures.astype(int) - render(load(weights / "a-plain"), POINTS)).max() <= 1
    assert engine.device == "cpu" and engine.alive and when in tried
    failed = len(tried)
    asyncio.run(engine.render("a-plain", POINTS))
    assert len(tried) == failed  # not tried at every picture
    engine._again = 0.0
    asyncio.run(engine.render("a-plain", POINTS))
    assert len(tried) > failed and engine.device == "cpu"


def test_a_processor_without_memory_says_so_and_draws_the_next(weights, tmp_path, monkeypatch):
    engine, render = Engine(weights, tmp_path / "runs", "cpu"), sample.render
    errors = [MemoryError()]
    monkeypatch.setattr(
        sample, "render", lambda model, points: (_ for _ in ()).throw(errors.pop()) if errors else render(model, points)
    )

    async def picture():
        return len(await engine.render("a-plain", POINTS))

    assert asyncio.run(answering(picture)({}))["error"]["code"] == "memory.full"
    assert asyncio.run(answering(picture)({})) == {"ok": 2}


# ---- the graphics card, while a model is trained


def test_a_training_whose_card_is_lost_ends_in_words_and_can_be_resumed(tiny, monkeypatch):
    from gan_core.models.vae import VAE

    step = VAE.train_step
    monkeypatch.setattr(
        VAE,
        "train_step",
        lambda self, batch: (_ for _ in ()).throw(GPU["lost"]) if batch.step == 2 else step(self, batch),
    )
    config = tiny(family="vae", checkpoint_seconds=0.0)
    with pytest.raises(StudioError, match="stopped answering"):
        list(gan_core.train(config))
    status = Run(config.out).status()
    assert (status.state, status.code) == ("failed", "train.device_lost")
    monkeypatch.setattr(VAE, "train_step", step)
    assert list(gan_core.train(config, resume=True))[0]["resumed_from"] == 2


# ---- clocks


def test_a_nap_is_no_training_and_a_long_step_is(monkeypatch):
    now = SimpleNamespace(monotonic=0.0, process=0.0)
    monkeypatch.setattr(
        stopwatch, "time", SimpleNamespace(monotonic=lambda: now.monotonic, process_time=lambda: now.process)
    )
    watch, laps = stopwatch.Stopwatch(), []
    for took, worked in (
        (1.0, 0.0),
        (3600.0, 0.4),
        (90.0, 45.0),
    ):  # waiting for a card, asleep for an hour, a large model
        watch.start()
        now.monotonic, now.process = now.monotonic + took, now.process + worked
        laps.append(round(watch.lap(), 6))
    assert laps == [1.0, 0.4, 90.0]


@pytest.mark.parametrize("jump", [-86_400, 86_400])
def test_a_clock_that_jumps_changes_no_budget_and_no_state(tiny, monkeypatch, jump):
    real, config = time.time, tiny(minutes=0.02, steps=None)
    events = []
    for event in gan_core.train(config):
        events.append(event)
        if len(events) == 3:
            monkeypatch.setattr(time, "time", lambda: real() + jump)
    run, last = Run(config.out), events[-1]
    assert last["state"] == "done" and 1.2 <= [e for e in events if e["type"] == "progress"][-1]["elapsed"] < 30
    assert run.status().state == "done"
    later = real() + 2 * abs(jump)  # written by a clock that went wrong
    os.utime(run.path / "config.json", (later, later))
    assert run.status().state == "done"


# ---- two programs on one folder, and a disk without room


def test_a_trainer_that_is_refused_leaves_the_running_ones_settings_alone(tiny):
    config = tiny()
    run, going = Run(config.out), gan_core.train(config)
    next(going)
    with pytest.raises(StudioError, match="still training"):
        list(gan_core.train(replace(config, lr=0.5), resume=True))
    assert run.config == config
    going.close()


@pytest.fixture
def no_process(monkeypatch):
    """No trainer is started; the list has what would have been."""
    begun: list[Path] = []
    monkeypatch.setattr(
        launch, "_begin", lambda argv, log: begun.append(log) or SimpleNamespace(wait=int, returncode=0)
    )
    return begun


def test_two_apps_that_start_the_same_name_start_it_once(tmp_path, no_process):
    import threading

    config, answers, together = TrainConfig(out=str(tmp_path / "runs" / "mine")), [], threading.Barrier(2)

    def app():
        together.wait()
        try:
            answers.append(start(config).name)
        except StudioError as error:
            answers.append(error.code)

    apps = [threading.Thread(target=app) for _ in range(2)]
    for one in apps:
        one.start()
    for one in apps:
        one.join()
    assert sorted(answers) == ["mine", "run.exists"] and len(no_process) == 1


def test_a_training_that_finds_no_room_to_start_leaves_no_run_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "_begin", lambda argv, log: (_ for _ in ()).throw(FULL))
    config = TrainConfig(out=str(tmp_path / "runs" / "mine"))
    with pytest.raises(StudioError, match="No space left"):
        start(config)
    assert not Run(config.out).path.joinpath("config.json").exists()
    start_again = config
    monkeypatch.setattr(launch, "_begin", lambda argv, log: SimpleNamespace(wait=int, returncode=0))
    assert start(start_again).name == "mine"
