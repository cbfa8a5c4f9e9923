"""The benchmarks of a training's robustness: what they call a fault, and that each starts with tiny settings."""

import json
import os

import pytest

from benchmarks import disk_full, random_kills, training_memory, watching
from gan_core.training import loop, quality


@pytest.fixture
def hurried(monkeypatch):
    """`random_kills.hurry` is undone after the test."""
    monkeypatch.setattr(loop.Session, "sample", loop.Session.sample)
    for name in ("FIRST", "APART", "SHARE", "FINAL_SHARE", "DRAWN", "REAL", "FINAL", "PROBE", "DEFAULT"):
        monkeypatch.setattr(quality, name, getattr(quality, name))


def lines(*events: dict) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in events).encode()


SAMPLES = [{"type": "sample", "step": 0}, {"type": "sample", "step": 1}]
END = {"type": "end", "state": "done"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lines(*SAMPLES, END), None),
        (lines(SAMPLES[0], END), "samples lost"),
        (lines(*SAMPLES, SAMPLES[1], END), "told twice at steps"),
        (lines(*SAMPLES[::-1], END), "out of order"),
        (lines(*SAMPLES), "0 end events"),
        (lines(*SAMPLES, END) + b'{"type"', "no JSON"),
        (lines(*SAMPLES, END)[:-1], "torn"),
    ],
)
def test_what_is_wrong_with_events_is_named(text, words):
    faults = random_kills.event_faults(text, steps=1)
    assert faults == [] if words is None else any(words in fault for fault in faults)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this benchmark forks")
def test_kills_are_survived(hurried, tmp_path, monkeypatch):
    monkeypatch.setattr(random_kills, "PACES", (0.0,))
    with pytest.raises(SystemExit) as end:
        random_kills.main(["--kills", "1", "--steps", "2", "--out", str(tmp_path)])
    report = json.loads((tmp_path / "random_kills.json").read_text())
    assert not end.value.code and report["kills"] == 1 == sum(report["struck"].values()) and report["faults"] == []


def test_a_full_disk_is_survived(hurried, tmp_path):
    with pytest.raises(SystemExit) as end:
        disk_full.main(["--steps", "2", "--each", "1", "--only", "samples/", "--out", str(tmp_path)])
    (row,) = json.loads((tmp_path / "disk_full.json").read_text())["rows"]
    assert not end.value.code and row["point"] == "samples/#.tmp" and row["waited"] and row["faults"] == []


def test_a_slope_is_told_by_the_hour_and_memory_that_grows_is_not_flat():
    same = {"threads": 2, "folder_mb": 3.0, "folder_files": 9}
    rows = [{"seconds": 36.0 * i, "rss_mb": 500 + 0.36 * i, **same} for i in range(101)]
    found = training_memory.judged(rows, [])
    assert found["slopes"]["rss_mb"]["an_hour"] == pytest.approx(36, rel=0.001)
    assert not found["flat"] and found["folder"]["end"] == {"folder_mb": 3.0, "folder_files": 9}
    calm = [{**row, "rss_mb": 500 + row["seconds"] % 5} for row in rows]
    assert training_memory.judged(calm, [])["flat"]
    assert len(training_memory.thinned(rows, 10)) <= 10


def test_turns_are_compared_with_their_neighbours():
    marks, images = [], 0
    for t in range(40):  # pace 100 while nobody watches, 90 while somebody does
        images += 90 if 10 <= t <= 30 else 100
        marks.append({"at": t, "steps_s": t, "images": images, "cpu": t, "told_s": 0, "told_cpu": 0})
    seen = [{"watched": i in (1, 2), "begin": 10 * i + 1, "end": 10 * i + 9} for i in range(4)]
    paces = [watching.pace(marks, turn) for turn in seen]
    assert [round(pace["clock"]) for pace in paces] == [100, 90, 90, 100]
    assert watching.compared(paces, "clock") == {"ratio": 0.9, "error": 0.0, "pairs": 2}
    assert watching.pace(marks, {"watched": True, "begin": 90, "end": 99}) is None


@pytest.mark.parametrize(
    ("parsed", "argv"),
    [
        (random_kills.parsed, ["--kills", "0"]),
        (disk_full.parsed, ["--steps", "1"]),
        (training_memory.parsed, ["--minutes", "0"]),
        (watching.parsed, ["--turn", "0"]),
    ],
)
def test_flags_out_of_range_are_refused(parsed, argv, capsys):
    with pytest.raises(SystemExit):
        parsed(argv)
    assert "error:" in capsys.readouterr().err
