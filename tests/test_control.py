"""Steering a training from outside: a longer budget, and the terminal's status, pause, resume, stop and extend."""

import contextlib
import threading
import time
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import gan_core
import train_local
from gan_core import StudioError
from gan_core.training import control
from gan_core.training.control import extend
from gan_core.training.run import LAUNCHED, Run


def final_state(config) -> dict[str, torch.Tensor]:
    return load_file(Run(config.out).checkpoint_folder / "latest.safetensors")


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def train_and_extend(config, at=3, kill_at=None) -> list[dict]:
    """Train; at the checkpoint of a step ask for four more; at that of another drop the generator, as a kill does."""
    seen = []
    for event in gan_core.train(config):
        seen.append(event)
        if event["type"] == "checkpoint" and event["step"] == at and not any(e["type"] == "extended" for e in seen):
            extend(Run(config.out), steps=4)
        if event["type"] == "checkpoint" and event["step"] == kill_at:
            break
    return seen


@pytest.fixture
def at_once(monkeypatch):
    """Every look at the run folder is a fresh one."""
    monkeypatch.setattr(control, "LOOK_SECONDS", 0.0)


@pytest.mark.parametrize("launched", [True, False])
def test_a_stop_that_came_while_the_trainer_was_starting_is_heard(launched, tiny, monkeypatch):
    config = tiny(steps=2)
    run = Run(config.out)
    run.save_config(config)
    run.control("stop")
    if launched:
        monkeypatch.setenv(LAUNCHED, "1")
    end = list(gan_core.train(config))[-1]
    assert (end["state"], run.status().step) == (("stopped", 0) if launched else ("done", 2))


@pytest.mark.parametrize("family", ["dcgan", "vae"])
def test_an_extended_run_that_was_killed_equals_one_that_was_not(family, tiny, tmp_path, at_once):
    whole = tiny(family=family, steps=6, out=str(tmp_path / "whole"), checkpoint_seconds=0.0)
    events = train_and_extend(whole)
    assert [e["steps"] for e in events if e["type"] == "extended"] == [10]
    assert Run(whole.out).status().step == 10 and Run(whole.out).config.steps == 10
    parts = replace(whole, out=str(tmp_path / "parts"))
    train_and_extend(parts, kill_at=5)
    list(gan_core.train(replace(Run(parts.out).config, out=parts.out), resume=True))
    assert same(final_state(whole), final_state(parts))


def test_more_time_after_the_end_equals_more_time_at_the_end(tiny, tmp_path, at_once):
    late = tiny(steps=6, out=str(tmp_path / "late"))
    list(gan_core.train(late))
    assert extend(Run(late.out), steps=4).steps == 10
    again = list(gan_core.train(Run(late.out).config, resume=True))
    assert again[0]["resumed_from"] == 6 and again[-1]["state"] == "done"
    in_time = tiny(steps=6, out=str(tmp_path / "in_time"), checkpoint_seconds=0.0)
    train_and_extend(in_time, at=6)
    assert same(final_state(late), final_state(in_time))


def test_a_paused_run_takes_more_time_and_the_file_may_be_damaged(tiny, at_once):
    config = tiny(steps=4, checkpoint_seconds=0.0)
    run, seen = Run(config.out), []
    for event in gan_core.train(config):
        seen.append(event["type"])
        if event["type"] == "checkpoint" and event["step"] == 2 and "paused" not in seen:
            run.control("pause")
        elif event["type"] == "paused":
            extend(run, steps=2)
        elif event["type"] == "extended":
            run.control("resume")
    assert seen.index("paused") < seen.index("extended") < seen.index("resumed") and run.status().step == 6
    for damage in ("{", "[]", '{"steps": "many"}', '{"steps": 1}', '{"steps": 1e99}', '{"minutes": 9}', "[" * 10**5):
        (run.path / "extend.json").write_text(damage)
        assert run.config.steps in (4, 6)


def test_minutes_for_a_run_of_steps_follow_its_pace(tiny):
    config = tiny(steps=3)
    run = Run(config.out)
    run.save_config(config)
    with pytest.raises(StudioError, match="pace is unknown"):
        extend(run, minutes=10)
    run.append({"type": "progress", "step": 3, "images": 24, "elapsed": 30.0, "time": 1.0})
    assert extend(run, minutes=1).steps == 9 and extend(run, steps=1).steps == 10
    with pytest.raises(StudioError, match="steps"):
        extend(run, steps=10**9)
    assert run.config.steps == 10


def call(capsys, *words) -> tuple[int, str]:
    code = train_local.main(list(words))
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_terminal_says_how_runs_stand_and_steers_them(tiny, tmp_path, capsys):
    config, runs = tiny(steps=10_000), ("--runs", str(tmp_path))
    assert call(capsys, "status", *runs) == (0, "No runs yet.\n")
    run, events = Run(config.out), gan_core.train(config)
    with contextlib.closing(events):
        while next(events)["type"] != "progress":
            pass
        assert "training" in call(capsys, "status", *runs)[1]
        code, said = call(capsys, "status", "run", *runs)
        assert code == 0 and "run: training" in said and "budget     10,000 steps" in said and "losses" in said
        assert "pauses" in call(capsys, "pause", "run", *runs)[1] and run.requested() == "pause"
        assert "goes on" in call(capsys, "resume", str(run.path))[1] and run.requested() == "resume"
        assert "10,005 steps" in call(capsys, "extend", "run", "--steps", "5", *runs)[1]
        assert "keeps its model" in call(capsys, "stop", "run", *runs)[1]
        assert list(events)[-1]["state"] == "stopped"
    assert "stopped" in call(capsys, "status", *runs)[1]
    for words, why in [
        (("pause", "run"), "not training"), (("pause",), "Say which run"), (("stop", "nobody"), "There is no run"),
        (("extend", "run"), "how much more"), (("status", "../.."), "There is no run"),
    ]:  # fmt: skip
        code, said = call(capsys, *words, *runs)
        assert code == 1 and why in said and "Traceback" not in said


def test_the_terminal_goes_on_with_a_run_that_was_stopped_or_is_finished(tiny, tmp_path, capsys):
    config, runs = tiny(steps=3), ("--runs", str(tmp_path))
    list(gan_core.train(config))
    code, said = call(capsys, "resume", "run", *runs)
    assert code == 1 and "extend run --minutes 10" in said
    code, said = call(capsys, "extend", "run", "--steps", "2", *runs)
    assert code == 0 and "may now take 5 steps" in said and "The model is kept" in said
    assert Run(config.out).status().step == 5
    assert call(capsys, "--resume", config.out, "--steps", "7")[0] == 0  # typed budgets replace granted ones
    assert Run(config.out).config.steps == 7 and not (tmp_path / "run" / "extend.json").exists()


def test_whoever_only_looks_is_no_trainer(tiny):
    run, looking = Run(tiny().out), threading.Event()
    run.save_config(tiny())

    def look():
        with run.lock().acquire():
            looking.set()
            time.sleep(0.01)

    other = threading.Thread(target=look)
    other.start()
    looking.wait()
    assert not run.alive()
    other.join()
    with run.lock().acquire():
        assert run.alive()
    assert not run.alive()
