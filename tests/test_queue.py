"""Trainings that wait: in order, started one at a time, with an expected start, across restarts, and never twice."""

import json

import pytest

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training import launch as launching
from gan_core.training import queue
from gan_core.training.queue import advance, enqueue, starts_in, waiting
from gan_core.training.run import Run, list_runs


@pytest.fixture
def started(monkeypatch) -> list[list[str]]:
    """What would have been started as processes."""
    found = []

    class Process:
        returncode = 0

        def __init__(self, argv, **_):
            found.append(argv)

        def wait(self):
            return 0

    monkeypatch.setattr(launching.subprocess, "Popen", Process)
    return found


def asked(tmp_path, name: str, **changes) -> TrainConfig:
    return TrainConfig(data="pixel-faces", out=str(tmp_path / name), **{"minutes": 10, **changes})


def test_they_start_one_after_the_other_in_the_order_they_came(tmp_path, started):
    assert advance(tmp_path) is None and starts_in(tmp_path) == {}
    first, second = enqueue(asked(tmp_path, "zebra")), enqueue(asked(tmp_path, "ant"))
    assert [run.name for run in waiting(tmp_path)] == ["zebra", "ant"]
    assert first.status().state == "queued" and not first.status().active
    assert starts_in(tmp_path) == {"zebra": 0, "ant": 600}
    assert advance(tmp_path).name == "zebra"
    assert not first.queued and first.status().state == "starting" and str(first.path) in started[0]
    assert advance(tmp_path) is None and len(started) == 1  # one is going on
    first.append({"type": "end", "time": 2e12, "state": "done"})
    assert advance(tmp_path).name == "ant" and len(started) == 2 and waiting(tmp_path) == []
    assert not second.queued


def test_the_expected_start_counts_what_is_left_of_the_one_before(tmp_path):
    going = Run(tmp_path / "going")
    going.save_config(asked(tmp_path, "going"))
    progress = {"step": 1, "images": 8, "elapsed": 400.0, "remaining": 200.0}
    going.append({"type": "progress", "time": 1.0, **progress})
    for name, changes in [("a", {}), ("b", {"steps": 100}), ("c", {})]:
        enqueue(asked(tmp_path, name, **changes))
    with going.lock():
        assert starts_in(tmp_path) == {"a": 200.0, "b": 800.0, "c": None}
        going.append({"type": "paused", "time": 2.0})
        assert starts_in(tmp_path) == {"a": None, "b": None, "c": None}


def test_one_that_cannot_start_ends_in_words_and_lets_the_next_go(tmp_path, started):
    broken, _ = enqueue(asked(tmp_path, "broken")), enqueue(asked(tmp_path, "fine"))
    text = json.loads((broken.path / "config.json").read_text())
    (broken.path / "config.json").write_text(json.dumps({**text, "minutes": "long"}))
    assert starts_in(tmp_path)["fine"] == 0
    assert advance(tmp_path) is None and broken.status().state == "failed"
    assert advance(tmp_path).name == "fine"


def test_a_damaged_mark_a_second_app_and_a_full_queue(tmp_path, started, monkeypatch):
    run = enqueue(asked(tmp_path, "one"))
    for damage in ("{", "[]", '{"time": "now"}'):
        (run.path / "queued.json").write_text(damage)
        assert waiting(tmp_path)[0].name == "one"
    with pytest.raises(StudioError, match="exists already"):
        enqueue(asked(tmp_path, "one"))
    monkeypatch.setattr(queue, "MOST", 1)
    with pytest.raises(StudioError, match="waiting already"):
        enqueue(asked(tmp_path, "two"))
    with queue.FileLock(tmp_path / ".queue.lock"):
        assert advance(tmp_path) is None and not started
    run.delete()
    assert list_runs(tmp_path) == [] and advance(tmp_path) is None
