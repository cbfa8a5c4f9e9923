"""Stopping: in a container a training is kept first, at home it goes on; nothing new begins, and it never takes for ever."""

import asyncio
import signal
import subprocess
import sys
import threading

import pytest

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training import launch
from gan_core.training.run import Run
from gan_core.ui import stopping
from gan_core.ui.jobs import Jobs
from gan_core.ui.train_desk import TrainDesk


@pytest.fixture
def asked(monkeypatch):
    """The word to stop, which the tests give themselves."""
    event = threading.Event()
    monkeypatch.setattr(stopping, "_asked", event)
    return event


@pytest.fixture
def run(tmp_path):
    """A run that goes on, as far as its folder tells."""
    made = Run(tmp_path / "runs" / "mine")
    made.save_config(TrainConfig(data="faces", out=str(made.path)))
    made.append({"type": "start", "time": 0})
    with made.lock():
        yield made


class Trainer:
    """Stands for the process of a trainer: it ends when the run folder asks for it, or never."""

    def __init__(self, run: Run, obeys: bool = True):
        self.run, self.obeys = run, obeys

    @property
    def returncode(self) -> int | None:
        return 0 if self.obeys and self.run.requested() == "stop" else None


@pytest.mark.parametrize("obeys", [True, False])
def test_in_a_container_a_training_is_kept_before_it_dies(run, monkeypatch, capsys, obeys):
    monkeypatch.setenv(stopping.CONTAINER_VARIABLE, "1")
    monkeypatch.setattr(stopping, "PATIENCE", 0.3)
    monkeypatch.setattr(launch, "_started", [(run, Trainer(run, obeys))])
    stopping.settle(run.path.parent)
    assert run.requested() == "stop"
    assert ("is kept and can be resumed" in capsys.readouterr().out) == obeys


def test_a_training_of_somebody_else_is_left_alone(run, monkeypatch, capsys):
    monkeypatch.setenv(stopping.CONTAINER_VARIABLE, "1")
    stopping.settle(run.path.parent)
    assert run.requested() == "" and capsys.readouterr().out == ""


def test_at_home_a_training_goes_on_and_that_is_said(run, monkeypatch, capsys):
    monkeypatch.setattr(stopping, "in_container", lambda: False)
    monkeypatch.setattr(launch, "_started", [(run, Trainer(run))])
    stopping.settle(run.path.parent)
    assert run.requested() == ""
    assert f"“mine” goes on by itself. To stop it: python train_local.py stop {run.path}" in capsys.readouterr().out


def test_a_space_counts_as_a_container(monkeypatch):
    for name in (stopping.CONTAINER_VARIABLE, "SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    assert not stopping.in_container()
    monkeypatch.setenv("SYSTEM", "spaces")
    assert stopping.in_container()


def test_a_trainer_that_has_just_started_is_asked_again(run, monkeypatch):
    class Forgetful(Trainer):
        asked = 0

        @property
        def returncode(self) -> int | None:
            if self.run.requested() == "stop":
                self.asked += 1
                if self.asked == 1:
                    self.run.clear_control()
            return 0 if self.asked > 1 else None

    monkeypatch.setenv(stopping.CONTAINER_VARIABLE, "1")
    trainer = Forgetful(run)
    monkeypatch.setattr(launch, "_started", [(run, trainer)])
    stopping.settle(run.path.parent)
    assert trainer.asked > 1


def test_nothing_new_begins_and_long_work_ends(asked, tmp_path):
    jobs, seen = Jobs(), []

    async def both():
        def long(job):
            asked.set()
            seen.append(job.stopped)
            job.check()

        for work in (long, seen.append):
            with pytest.raises(StudioError) as caught:
                await jobs.run(f"job-{len(seen)}-123456", work)
            seen.append(caught.value.code)

    asyncio.run(both())
    assert seen == [True, "job.stopped", "app.stopping"]
    with pytest.raises(StudioError, match="being stopped"):
        TrainDesk(tmp_path, tmp_path).start({}, "visitor")
    assert stopping.pause(60)


PROGRAM = """
import sys, threading
from pathlib import Path
from gan_core.ui import stopping

class Asked(threading.Event):
    def wait(self, timeout=None):
        print("up", flush=True)  # the handlers stand
        return super().wait(timeout)

class Page:
    def close(self, verbose):
        print("closed", flush=True)
        threading.Thread(target=threading.Event().wait).start()  # work that nobody can stop

stopping._asked, stopping.LAST = Asked(), 0.2
stopping.hold(Page(), Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGTERM")
def test_a_process_that_is_asked_to_end_ends_well(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.read().endswith("closed\n")
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
