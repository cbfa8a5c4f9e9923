"""Changing settings from the page: what is offered, what is understood, what is refused and where; and only one's own on a Space."""

import pytest

import gan_core
from gan_core.errors import StudioError
from gan_core.training.run import Run
from gan_core.training.settings import Settings, chosen
from gan_core.ui import limits, run_view
from gan_core.ui.retune_desk import RetuneDesk
from gan_core.ui.train_desk import TrainDesk


@pytest.fixture
def run(tiny, tmp_path, monkeypatch):
    for name in ("SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    config = tiny(family="dcgan", steps=2, out=str(tmp_path / "runs" / "mine"))
    list(gan_core.train(config))
    return Run(config.out)


@pytest.fixture
def desk(run, tmp_path):
    return RetuneDesk(TrainDesk(run.path.parent, tmp_path / "inbox"))


def test_what_is_offered_and_what_is_understood(desk, run):
    offered = {field["name"]: field for field in desk.settings("mine")["fields"]}
    assert (
        offered["lr"]["value"] == offered["lr"]["first"] == chosen(run).lr
        and "beta" not in offered
        and "batch" not in offered
    )
    told = desk.retune("mine", {"lr": "0.0004", "gamma": 2, "ema_cap": "9000", "d_lr": ""}, "")
    now = {field["name"]: field["value"] for field in told["fields"]}
    assert (now["lr"], now["gamma"], now["ema_cap"], now["d_lr"]) == (0.0004, 2, 9000, None)
    assert told["changes"] == [{"step": None, "values": {"lr": 0.0004, "gamma": 2, "ema_cap": 9000, "d_lr": None}}]
    back = desk.retune("mine", {"lr": None}, "")
    assert next(f for f in back["fields"] if f["name"] == "lr")["value"] == chosen(run).lr


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"lr": "fast"}, "train.number", "lr"), ({"lr": 9}, "train.range", "lr"), ({"ema_cap": 1.5}, "train.whole", "ema_cap"),
        ({"batch": 8}, "run.fixed_pictures", "batch"), ({"beta": 1}, "run.idle_setting", "beta"), ({"out": "/etc"}, "run.fixed_time", "out"),
        ({"colour": "red"}, "run.no_setting", "colour"), ({}, "run.what_change", ""), ({"lr": {"a": 1}}, "train.number", "lr"),
        ({"lr": None, "family": None}, "run.fixed_networks", "family"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(values, code, field, desk, run):
    with pytest.raises(StudioError) as caught:
        desk.retune("mine", values, "")
    assert (caught.value.code, caught.value.facts["field"]) == (code, field)
    assert not Settings(run).changes


def test_on_a_space_nobody_changes_somebody_elses_training(desk, run, monkeypatch):
    limits.sign(run.path, "ann")
    monkeypatch.setenv("SPACE_ID", "ann/space")
    with pytest.raises(StudioError) as caught:
        desk.retune("mine", {"lr": 0.001}, "bob")
    assert caught.value.code == "run.gone"
    assert desk.retune("mine", {"lr": 0.001}, "ann")


def test_the_snapshot_tells_when_something_was_changed(desk, run):
    assert run_view.snapshot(run)["changes"] == []
    run.append({"type": "changed", "time": 0, "step": 3, "elapsed": 1.5, "values": {"lr": 1e-3}, "asked": {"lr": 1e-3}})
    assert run_view.snapshot(run)["changes"] == [{"step": 3, "elapsed": 1.5}]
    with pytest.raises(StudioError):
        desk.settings("nobody")
