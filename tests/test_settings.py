"""Settings changed in mid-run: obeyed at the next step, the same in a resumed run, refused in words where that is not sound."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import gan_core
import train_local
from gan_core import StudioError
from gan_core.training import control
from gan_core.training.run import Run
from gan_core.training.settings import CHANGEABLE, FILE, Settings, change, chosen, now, possible

CHANGES = {  # family -> what is changed, first and then
    "dcgan": ({"lr": 5e-4, "d_lr": 2e-3, "gamma": 3.0, "augment": 0.5, "ema_share": 0.2}, {"lr": None, "path_length": 1.0, "gamma_final": 0.1}),
    "stylegan2": ({"lr": 5e-4, "augment": 0.3}, {"path_length": 2.0, "ema_cap": 10}),
    "vae": ({"lr": 5e-4, "beta": 4.0}, {"beta": None, "lr_final": 0.5}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Every look at the run folder is a fresh one."""
    monkeypatch.setattr(control, "LOOK_SECONDS", 0.0)


def final_state(config) -> dict[str, torch.Tensor]:
    return load_file(Run(config.out).checkpoint_folder / "latest.safetensors")


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def train(config, changes=None, kill_at=None, resume=False) -> list[dict]:
    """Train; at the checkpoint of a step ask for changes {step: values}; at that of another drop the generator, as a kill does."""
    seen, left = [], dict(changes or {})
    for event in gan_core.train(config, resume=resume):
        seen.append(event)
        if event["type"] == "checkpoint" and event["step"] in left:
            change(Run(config.out), left.pop(event["step"]))
        if event["type"] == "checkpoint" and event["step"] == kill_at:
            break
    return seen


def told(config) -> list[tuple[int, dict]]:
    return [(e["step"], e["asked"]) for e in Run(config.out).read_events()[0] if e["type"] == "changed"]


@pytest.mark.parametrize("family", CHANGES)
def test_a_changed_run_that_was_killed_equals_one_that_was_not(family, tiny, tmp_path):
    first, then = CHANGES[family]
    whole = tiny(family=family, steps=6, out=str(tmp_path / "whole"), checkpoint_seconds=0.0)
    train(whole, {2: first, 4: then})
    assert [step for step, _ in told(whole)] == [2, 4]
    for kill in (2, 3, 5) if family == "vae" else (3,):  # before, between, after
        parts = replace(whole, out=str(tmp_path / f"parts-{kill}"))
        train(parts, {2: first, 4: then}, kill_at=kill)
        (Run(parts.out).path / FILE).write_text(
            (Run(whole.out).path / FILE).read_text()
        )  # the same changes at the same steps
        train(replace(Run(parts.out).config, out=parts.out), resume=True)
        assert same(final_state(whole), final_state(parts)), kill
        assert told(parts) == told(whole)
    plain = replace(whole, out=str(tmp_path / "plain"))
    train(plain)
    assert not same(final_state(whole), final_state(plain))


def test_a_change_back_gives_what_was_chosen_at_first(tiny):
    config = tiny(family="dcgan", steps=4, checkpoint_seconds=0.0)
    train(config, {1: {"lr": 0.01, "gamma": 9.0}, 2: {"lr": None}})
    run = Run(config.out)
    assert now(run).lr == chosen(run).lr and now(run).gamma == 9.0
    events = [e for e in run.read_events()[0] if e["type"] == "changed"]
    assert events[1]["values"] == {"lr": chosen(run).lr} and events[1]["asked"] == {"lr": None}
    assert (
        "lr 0.01, gamma 9.0 from step 1"
        in json.loads((run.model_folder / "config.json").read_text())["training"]["changed"]
    )


def test_what_was_asked_while_nobody_trained_holds_from_the_resumed_step(tiny):
    config = tiny(family="vae", steps=6, checkpoint_seconds=0.0)
    train(config, kill_at=3)
    change(Run(config.out), {"beta": 2.0})
    assert Settings(Run(config.out)).changes[0].step is None
    train(replace(Run(config.out).config, out=config.out), resume=True)
    assert told(config) == [(3, {"beta": 2.0})]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"resolution": 32}, "run.fixed_networks"), ({"family": "vae"}, "run.fixed_networks"), ({"width": 16}, "run.fixed_networks"),
        ({"batch": 64}, "run.fixed_pictures"), ({"data": "faces"}, "run.fixed_pictures"), ({"seed": 1}, "run.fixed_pictures"),
        ({"loss": "hinge"}, "run.fixed_rules"), ({"minutes": 5}, "run.fixed_time"), ({"nonsense": 1}, "run.no_setting"),
        ({"beta": 2.0}, "run.idle_setting"), ({"ada_target": 0.5}, "run.idle_setting"), ({}, "run.what_change"),
        ({"lr": 7.0}, "train.field"), ({"lr": "fast"}, "train.field"), ({"gamma": float("nan")}, "train.field"), ({"lr": True}, "train.field"),
        ({"ema_cap": 2.5}, "train.field"), ({"lr": [1]}, "train.field"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_is_refused_in_words(values, code, tiny):
    config = tiny(family="dcgan", steps=1)
    list(gan_core.train(config))
    with pytest.raises(StudioError) as caught:
        change(Run(config.out), values)
    assert caught.value.code == code and str(caught.value).endswith((".", "xample."))
    assert not Settings(Run(config.out)).changes


def test_each_kind_of_model_has_its_own_settings(tiny, tmp_path):
    sound = {}
    for family, more in (("dcgan", {}), ("vae", {}), ("stylegan2", {"augmentation": "ada", "loss": "nonsaturating"})):
        config = tiny(family=family, steps=1, out=str(tmp_path / family), **more)
        list(gan_core.train(config))
        sound[family] = set(possible(chosen(Run(config.out))))
    assert "gamma" in sound["dcgan"] and "beta" not in sound["dcgan"] and "augment" in sound["dcgan"]
    assert "beta" in sound["vae"] and not {"gamma", "d_lr", "augment"} & sound["vae"]
    assert "ada_target" in sound["stylegan2"] and "augment" not in sound["stylegan2"]
    assert set().union(*sound.values()) == set(CHANGEABLE)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"changes": 7}', '{"changes": [{"values": 3}]}', '{"changes": [{"values": {}, "step": "x"}]}',
                                  '{"changes": [{"values": {"lr": 99, "width": 4, "nonsense": 1}, "step": 0}]}'])  # fmt: skip
def test_a_damaged_file_changes_nothing(text, tiny):
    config = tiny(family="dcgan", steps=3, checkpoint_seconds=0.0)
    train(config, kill_at=1)
    (Run(config.out).path / FILE).write_text(text)
    train(replace(Run(config.out).config, out=config.out), resume=True)
    assert Run(config.out).status().state == "done" and now(Run(config.out)).lr == chosen(Run(config.out)).lr


def test_after_a_rollback_a_change_holds_from_where_it_goes_on(tiny, monkeypatch):
    config = tiny(family="dcgan", steps=6, checkpoint_seconds=0.0)
    run, broke = Run(config.out), []
    from gan_core.training.report import Losses

    finite = Losses.finite

    def once(self):
        if [c.step for c in Settings(run).changes] == [2] and not broke:
            broke.append(True)
            return False
        return finite(self)

    monkeypatch.setattr(Losses, "finite", once)
    train(replace(config, checkpoint_seconds=3600.0), {0: {"lr": 5e-4}})
    assert Settings(run).changes[0].step == 0 and now(run).lr == 5e-4


def test_the_terminal_changes_and_shows_them(tiny, capsys):
    config = tiny(family="dcgan", steps=3, checkpoint_seconds=0.0)
    train(config, kill_at=2)
    run = Run(config.out)
    assert train_local.main(["set", str(run.path), "--lr", "0.0005", "--gamma", "auto"]) == 0
    assert "lr 0.0005" in capsys.readouterr().out
    assert Settings(run).changes[0].values == {"lr": 0.0005, "gamma": None}
    train_local.main(["status", str(run.path)])
    assert "changed    lr 0.0005, gamma as at first (waits)" in capsys.readouterr().out
    assert train_local.main(["set", str(run.path), "--batch", "4"]) == 1
    assert "“batch” cannot be changed" in capsys.readouterr().err
    assert train_local.main(["set", str(run.path)]) == 1
