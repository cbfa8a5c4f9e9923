"""A watched run: its reading, its best model beside the last, more time, and the film of its training."""

import asyncio
import base64
import io
import json

import av
import pytest
from PIL import Image

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.run import Run
from gan_core.ui import limits, train_desk, watch_view
from gan_core.ui.jobs import Jobs
from gan_core.ui.library import Library
from gan_core.ui.train_desk import TrainDesk
from gan_core.ui.watch_desk import HOLD, WatchDesk
from tests.tiny_models import save_tiny_model

FIGURES = {"kid": 3.0, "noise": 0.2, "diversity": 0.9, "images": 40, "n": 64, "extractor": "pixels-16"}


@pytest.fixture
def run(tmp_path) -> Run:
    """A finished run with three sheets, a last model and a best one from before."""
    run = Run(tmp_path / "cats")
    run.save_config(TrainConfig(data="pixel-faces", out=str(run.path), minutes=10))
    run.samples_folder.mkdir()
    for step in range(3):
        Image.new("RGB", (48, 32), (step * 80, 90, 200)).save(run.samples_folder / f"{step:08d}.webp", lossless=True)
    progress = {"step": 9, "images": 72, "elapsed": 540.0, "remaining": 0.0, "memory": 2**30, "memory_total": 2**34}
    run.append({"type": "progress", "time": 1e12, **progress, "losses": {}, "diversity": 0.9})
    run.append({"type": "end", "time": 1e12, "state": "done", "message": "Finished."})
    save_tiny_model(run.model_folder, title="Cats", training={"images": 72})
    save_tiny_model(run.best_folder, title="Cats", training={"images": 40})
    run.save_best(FIGURES)
    run.checkpoint_folder.mkdir()
    (run.checkpoint_folder / "latest.safetensors").write_bytes(b"x")
    return run


@pytest.fixture
def watching(run, tmp_path, monkeypatch) -> WatchDesk:
    """A desk that starts no process; what it would have started stands in `launched`."""
    for name in ("SPACE_ID", "SYSTEM", limits.MINUTES_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    launched = []
    monkeypatch.setattr(train_desk, "launch", lambda config, resume=False: launched.append((config, resume)))
    monkeypatch.setattr(WatchDesk, "launched", launched, raising=False)
    return WatchDesk(TrainDesk(tmp_path, tmp_path / "inbox"), Jobs())


def compared(better: bool) -> dict:
    best, last = {**FIGURES, "kid": 2.9}, {**FIGURES, "kid": 5.0, "images": 72}
    return {**FIGURES, "compared": {"best": best, "last": last, "difference": 2.1, "noise": 0.3, "better": better}}


def test_the_best_is_listed_and_opened_first_only_if_it_is_better(run, tmp_path):
    library = Library(tmp_path / "none", tmp_path)
    for figures, model in [(FIGURES, "runs/cats"), (compared(False), "runs/cats"), (compared(True), "runs/cats@best")]:
        run.save_best(figures)
        facts = watch_view.extras(run)
        assert facts["model"] == model and facts["last_model"] == "runs/cats"
        assert facts["best"]["model"] == "runs/cats@best"
        entries = library.entries()
        assert entries[0].id == model and sorted(e.id for e in entries) == ["runs/cats", "runs/cats@best"]
        assert library.entry("runs/cats@best").config.title == "Cats ★"
        assert library.entry("runs/cats@best").directions == run.model_folder
    assert facts["best"]["kid"] == 2.9 and facts["best"]["last"]["kid"] == 5.0
    save_tiny_model(run.best_folder, title="Cats", training={"images": 72})  # the last one was the best
    assert [e.id for e in library.entries()] == ["runs/cats"]
    for damage in ("{", '{"kid": 1, "noise": 1, "images": 1, "compared": {"better": true}}'):
        (run.path / "best.json").write_text(damage)
        assert watch_view.extras(run)["model"] == "runs/cats" and library.entries()


def test_what_is_shown_of_a_run(run):
    facts = watch_view.extras(run)
    assert facts["reading"] == {"mark": "wait", "code": "begun"} and facts["memory"] == [2**30, 2**34]
    assert facts["budget"] == {"unit": "minutes", "most": 10.0} and facts["kid"] is None
    run.append({"type": "quality", "time": 1e12, **FIGURES})
    assert watch_view.extras(run)["kid"]["kid"] == 3.0
    run.save_choice({"fields": {"loss": "hinge"}})
    assert watch_view.loss_of(run) == "hinge"
    (run.path / "choice.json").write_text("[]")
    assert watch_view.loss_of(run) == ""


def test_more_time_starts_a_finished_run_again(watching, run):
    watching.more_time("cats", 10, "me")
    (config, resume), = watching.launched  # fmt: skip
    assert resume and config.minutes == 19 == Run(run.path).config.minutes  # 9 were spent
    with pytest.raises(StudioError, match="no longer here|not here"):
        watching.more_time("../cats", 10, "me")
    (run.checkpoint_folder / "latest.safetensors").unlink()
    with pytest.raises(StudioError, match="cannot go on"):
        watching.more_time("cats", 10, "me")


def test_more_time_for_a_run_that_trains_is_only_written_down(watching, run):
    with run.lock():
        watching.more_time("cats", 10, "me")
        watching.more_time("cats", 10, "me")
    assert not watching.launched and run.config.minutes == 30


def test_on_a_space_more_time_has_the_same_limits(watching, run, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/space")
    limits.sign(run.path, "me")
    with pytest.raises(StudioError) as caught:
        watching.more_time("cats", 10, "you")
    assert caught.value.code == "run.gone"
    with pytest.raises(StudioError) as caught:
        watching.more_time("cats", 10, "me")
    assert caught.value.code == "train.too_long" and json.loads((run.path / "config.json").read_text())["minutes"] == 10


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_a_training_becomes_a_film(watching, run, kind):
    (run.samples_folder / "00000001.webp").write_bytes(b"torn")  # the sheet before it stays
    saved = asyncio.run(watching.save("cats", kind, 96, "film-name"))
    data = base64.b64decode(saved["data"])
    assert saved["name"] == f"cats-training.{kind}"
    if kind == "mp4":
        with av.open(io.BytesIO(data)) as film:
            frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert len(frames) == 3 + HOLD and frames[0].shape == (64, 96, 3)
        assert abs(int(frames[0][30, 40, 0]) - int(frames[1][30, 40, 0])) < 4 and frames[-1][30, 40, 0] > 140
    else:
        assert Image.open(io.BytesIO(data)).n_frames >= 2


def test_a_run_without_sheets_has_no_film(watching, run):
    for path in run.samples_folder.iterdir():
        path.unlink()
    with pytest.raises(StudioError, match="no longer here|not here"):
        asyncio.run(watching.save("cats", "gif", 96, "film-name"))


def test_a_second_training_waits_for_its_turn_if_it_may(watching, run):
    desk, form = watching.desk, {"source": {"kind": "bundled", "name": "pixel-faces"}, "family": "dcgan", "name": "B"}
    with run.lock():
        with pytest.raises(StudioError, match="is training just now"):
            desk.start(form, "me")
        started = desk.start(form, "me", wait=True)
    assert started == {"run": "b"} and not watching.launched
    (line,) = [one for one in desk.trainings("me")["runs"] if one["run"] == "b"]
    assert line["state"] == "queued" and line["starts_in"] == 0 and not line["resumable"]
    shown = desk.snapshot("b")
    assert shown["status"]["state"] == "queued" and shown["starts_in"] == 0 and shown["model"] == ""
    desk.remove("b", "me")
    assert not (desk.runs / "b").exists()
