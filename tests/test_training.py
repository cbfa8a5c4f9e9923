"""The run folder and the loop: events, control, resume ≡ uninterrupted, roll-back, full disk, killed process."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

import gan_core
import train_local
from gan_core import StudioError, TrainConfig
from gan_core.training import loop
from gan_core.training.batches import Batches
from gan_core.training.ema import EMA
from gan_core.training.launch import free_name, launch
from gan_core.training.run import Run, list_runs
from gan_core.training.setup import prepare

ROOT = Path(__file__).resolve().parents[1]


def final_state(config: TrainConfig) -> dict[str, torch.Tensor]:
    return load_file(Run(config.out).checkpoint_folder / "latest.safetensors")


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def types(events) -> list[str]:
    return [e["type"] for e in events]


def test_a_run_writes_what_it_yields(tiny):
    config = tiny()
    events = list(gan_core.train(config))
    run = Run(config.out)
    assert types(events)[0] == "start" and types(events)[-1] == "end"
    written = run.read_events()[0]
    assert [e for e in written if e["type"] != "resumed"] == events
    status = run.status()
    assert (status.state, status.step, status.images) == ("done", 3, 24)
    assert run.samples()[0][0] == 0 and run.samples()[-1][0] == 3
    assert gan_core.load(run.model_folder).config.training["images"] == 24
    assert run.config == config and not run.alive()


@pytest.mark.parametrize("family", gan_core.FAMILIES)
def test_resumed_equals_uninterrupted_bitwise(family, tiny, tmp_path):
    whole = tiny(family=family, steps=6, out=str(tmp_path / "whole"), checkpoint_seconds=0.0)
    list(gan_core.train(whole))
    parts = replace(whole, out=str(tmp_path / "parts"))
    steps = []
    for event in gan_core.train(parts):
        steps.append(event)
        if event["type"] == "checkpoint" and event["step"] == 3:
            break  # the generator is dropped without a word, as by a kill
    resumed = list(gan_core.train(parts, resume=True))
    assert resumed[0]["resumed_from"] == 3
    assert same(final_state(whole), final_state(parts))
    ours, theirs = (load_file(Run(c.out).model_folder / "model.safetensors") for c in (whole, parts))
    assert same(ours, theirs)
    counted = [e["step"] for e in Run(parts.out).read_events()[0] if e["type"] == "checkpoint"]
    assert len(set(counted)) >= 6 and counted == sorted(counted)


def test_a_killed_process_resumes(tiny, tmp_path):
    config = tiny(steps=400, checkpoint_seconds=0.05)
    run = launch(config)
    deadline = time.monotonic() + 90
    while not any(e["type"] == "checkpoint" and e["step"] > 5 for e in run.read_events()[0]):
        assert time.monotonic() < deadline, run.log_tail()
        time.sleep(0.05)
    assert run.alive()
    pid = int(subprocess.check_output(["pgrep", "-f", f"train_local.py.*{run.path}"]).split()[0])
    os.kill(pid, signal.SIGKILL)
    while run.alive():
        time.sleep(0.02)
    assert run.status().state == "interrupted"
    list(gan_core.train(replace(run.config, steps=run.status().step + 5), resume=True))
    assert run.status().state == "done"


def test_killed_before_the_first_checkpoint_it_begins_anew(tiny):
    config = tiny()
    run = Run(config.out)
    for event in gan_core.train(config):
        if event["type"] == "sample":
            break
    with open(run.path / "events.jsonl", "ab") as file:
        file.write(b'{"type": "checkp')
    assert run.status().state in ("starting", "interrupted")
    events = list(gan_core.train(config, resume=True))
    assert events[0]["resumed_from"] == 0 and run.read_events()[0] == events


def test_the_end_is_told_once_and_what_a_kill_left_is_cleared_away(tiny):
    """Killed after the last checkpoint, in the middle of an exchange of the model's folder."""
    config = tiny(checkpoint_seconds=0.0)
    run = Run(config.out)
    for event in gan_core.train(config):
        if event["type"] == "end":
            break
    (run.model_folder).rename(run.path / ".model.1.old")
    (run.path / ".model.1.tmp").mkdir()
    for half in ("samples/00000003.tmp", "checkpoint/.tmpDrxIIq", ".config.json.1338.tmp"):
        (run.path / half).touch()
    resumed = list(gan_core.train(config, resume=True))
    assert types(resumed) == ["start", "end"] and not [
        p for p in run.path.rglob("*") if ".tmp" in p.name or p.suffix == ".old"
    ]
    told = [(e["type"], e["step"]) for e in run.read_events()[0] if e["type"] in ("sample", "progress", "checkpoint")]
    assert len(told) == len(set(told)) and run.status().state == "done"


def test_a_reader_whose_place_is_gone_reads_from_the_start(tiny):
    config = tiny()
    list(gan_core.train(config))
    run = Run(config.out)
    events, offset = run.read_events()
    assert run.line_at(offset) == offset and run.line_at(offset + 1) == run.line_at(offset - 1) == run.line_at(-5) == 0
    assert run.read_events(offset - 7) == (events, offset)


def test_control_pauses_resumes_and_stops(tiny):
    config = tiny(steps=10_000)
    run, seen = Run(config.out), []
    asked = iter(["pause", "resume", "stop"])
    for event in gan_core.train(config):
        seen.append(event["type"])
        if event["type"] == "progress" and "paused" not in seen:
            run.control(next(asked))
        elif event["type"] == "paused":
            assert run.status().state == "paused"
            run.control(next(asked))
        elif event["type"] == "resumed":
            run.control(next(asked))
    assert seen.count("paused") == seen.count("resumed") == 1
    assert run.status().state == "stopped" and gan_core.load(run.model_folder)
    with pytest.raises(StudioError):
        run.control("rm -rf")


def test_two_trainers_on_one_folder_are_refused(tiny):
    config = tiny(steps=50)
    events = gan_core.train(config)
    next(events)
    with pytest.raises(StudioError, match="still training"):
        list(gan_core.train(config))
    with pytest.raises(StudioError, match="still training"):
        Run(config.out).delete()
    events.close()
    assert not Run(config.out).alive()


def test_a_finished_run_is_not_overwritten(tiny):
    config = tiny()
    list(gan_core.train(config))
    with pytest.raises(StudioError, match="exists already"):
        list(gan_core.train(config))


def test_not_a_number_rolls_back_with_half_the_rate(tiny, monkeypatch):
    from gan_core.models.dcgan import DCGAN

    original, poisoned = DCGAN.train_step, []

    def sometimes_broken(self, batch):
        losses = original(self, batch)
        if batch.step == 4 and not poisoned:
            poisoned.append(True)
            with torch.no_grad():
                next(self.generator.parameters()).fill_(float("nan"))
            losses["generator"] = torch.tensor(float("nan"))
        return losses

    monkeypatch.setattr(DCGAN, "train_step", sometimes_broken)
    config = tiny(steps=8)
    events = list(gan_core.train(config))
    warnings = [e for e in events if e.get("code") == "train.rollback"]
    assert len(warnings) == 1 and "half the learning rate" in warnings[0]["message"]
    assert events[-1]["state"] == "done" and events[-1]["facts"]["images"] == 64
    assert all(torch.isfinite(t).all() for t in final_state(config).values())


def test_numbers_that_keep_running_away_end_in_words(tiny, monkeypatch):
    from gan_core.models.vae import VAE

    monkeypatch.setattr(VAE, "train_step", lambda self, batch: {"kl": float("inf")})
    config = tiny(family="vae")
    with pytest.raises(StudioError, match="smaller learning rate"):
        list(gan_core.train(config))
    status = Run(config.out).status()
    assert (status.state, status.code) == ("failed", "train.diverged")


def test_a_full_disk_waits_and_goes_on(tiny, monkeypatch):
    real, failures = loop.save_state, [2]

    def full_at_first(*arguments):
        if arguments[-1].step == 3 and failures[0]:
            failures[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(loop, "save_state", full_at_first)
    monkeypatch.setattr(loop.time, "sleep", lambda seconds: None)
    config = tiny()
    events = list(gan_core.train(config))
    assert "train.disk_full" in [e.get("code") for e in events]
    assert events[-1]["state"] == "done" and Run(config.out).status().state == "done"


@pytest.mark.parametrize("refused", ["latest", "model", "directions"])
def test_the_libraries_own_words_for_a_full_disk_are_understood(tiny, monkeypatch, refused):
    real, failures = safetensors.torch.save_file, [3]

    def full_at_first(tensors, path, metadata=None):
        if refused in path.name and failures[0]:
            failures[0] -= 1
            raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
        return real(tensors, path, metadata=metadata)

    monkeypatch.setattr(safetensors.torch, "save_file", full_at_first)
    monkeypatch.setattr(loop.time, "sleep", lambda seconds: None)
    config = tiny()
    events = list(gan_core.train(config))
    assert [e["code"] for e in events if e["type"] == "warning"].count("train.disk_full") >= 1
    assert events[-1]["state"] == "done" and gan_core.load(Run(config.out).model_folder).directions is not None


def test_a_folder_that_cannot_be_made_is_said_in_words(tiny, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudioError, match="cannot be written"):
        list(gan_core.train(tiny(out=str(tmp_path / "file" / "run"))))


def test_a_checkpoint_is_whole_or_the_one_before(tiny):
    config = tiny(checkpoint_seconds=0.0)
    list(gan_core.train(config))
    latest = Run(config.out).checkpoint_folder / "latest.safetensors"
    latest.write_bytes(latest.read_bytes()[:1000])
    events = list(gan_core.train(replace(config, steps=4), resume=True))
    assert events[-1]["state"] == "done"


def test_other_pictures_are_noticed_on_resume(tiny, tmp_path):
    config = tiny()
    list(gan_core.train(config))
    with pytest.raises(StudioError, match="not the ones"):
        list(gan_core.train(replace(config, limit=7, steps=5), resume=True))


def test_events_survive_a_torn_last_line(tiny):
    config = tiny()
    list(gan_core.train(config))
    run = Run(config.out)
    events, offset = run.read_events()
    with open(run.path / "events.jsonl", "ab") as file:
        file.write(b'{"type": "progr')
    assert run.read_events() == (events, offset)
    assert run.read_events(offset) == ([], offset)
    assert run.status().state == "done"


def test_one_picture_and_more_batch_than_pictures(tiny, picture_folder, tmp_path):
    alone = tmp_path / "one"
    alone.mkdir()
    (alone / "a.png").write_bytes(next(picture_folder.rglob("*.png")).read_bytes())
    events = list(gan_core.train(tiny(data=str(alone), steps=2)))
    assert events[-1]["state"] == "done" and events[0]["pictures"] == 1


def test_every_picture_is_seen_once_an_epoch(tiny):
    _, _, pictures = prepare(tiny())
    batches = Batches(pictures, 7, seed=3, device=torch.device("cpu"), num_classes=2, flip=False)
    seen = torch.cat([batches._indices(step) for step in range(24)])
    for epoch in seen[: 24 * 7].split(24):
        assert sorted(epoch.tolist()) == list(range(24))
    again = Batches(pictures, 7, seed=3, device=torch.device("cpu"), num_classes=2, flip=False)
    assert torch.equal(batches.at(9).images, again.at(9).images)


def test_ema_follows_its_formula():
    source = torch.nn.Linear(2, 1, bias=False)
    ema = EMA(source, share=0.5, cap=1000)
    before = ema.network.weight.clone()
    with torch.no_grad():
        source.weight += 1
    ema.update(source, batch=10, seen=100)  # half-life 50 pictures
    assert torch.allclose(ema.network.weight, before + (1 - 0.5 ** (10 / 50)), atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [dict(seed=-1), dict(seed=2**33), dict(minutes=float("nan")), dict(minutes=0), dict(resolution=5), dict(batch=0), dict(lr="fast"),
     dict(fit="melt"), dict(channels=2), dict(steps=1.5), dict(seed=True), dict(loss="magic")],
    ids=str,
)  # fmt: skip
def test_settings_out_of_range_are_refused_in_words(tiny, changes):
    with pytest.raises(StudioError) as caught:
        list(gan_core.train(tiny(**changes)))
    assert next(iter(changes)) in str(caught.value)


def test_unknown_family_device_and_data_leave_a_failed_run_in_words(tiny, tmp_path):
    for number, changes in enumerate(
        [dict(family="nope"), dict(device="quantum"), dict(data=str(tmp_path / "nowhere"))]
    ):
        config = tiny(out=str(tmp_path / f"bad{number}"), **changes)
        with pytest.raises(StudioError):
            list(gan_core.train(config))
        assert Run(config.out).status().state == "failed"


def test_classes_that_are_not_there_cannot_be_learned(tiny):
    with pytest.raises(StudioError, match="this kind of model cannot"):
        list(gan_core.train(tiny(family="vae", conditional="yes")))


def test_command_line_round_trip(tiny):
    from train_local import parser, read_config

    config = tiny(flip=True, lr=3e-4, name="My run")
    argv = config.to_argv()
    assert read_config(parser().parse_args(argv), argv) == (config, False)


def test_the_terminal_trains_lists_and_shows(tiny, tmp_path, monkeypatch, capsys):
    def call(*argv):
        return subprocess.run(
            [sys.executable, str(ROOT / "train_local.py"), *argv], capture_output=True, text=True, cwd=tmp_path
        )

    config = tiny(steps=2)
    done = call(*config.to_argv())
    assert done.returncode == 0 and "The model is kept" in done.stdout, done.stderr
    more = call("--resume", config.out, "--steps", "4")
    assert more.returncode == 0 and Run(config.out).status().step == 4, more.stderr
    monkeypatch.chdir(tmp_path)
    assert train_local.main([*replace(config, out=str(tmp_path / "dry")).to_argv(), "--dry-run"]) == 0
    assert not (tmp_path / "dry").exists() and '"family": "dcgan"' in capsys.readouterr().out
    assert train_local.main(["--list"]) == 0 and "pixel-faces" in capsys.readouterr().out
    wrong = call("--data", str(tmp_path / "none"), "--out", str(tmp_path / "w"))
    assert wrong.returncode == 1 and "Traceback" not in wrong.stderr and wrong.stderr.strip()


def test_run_names_and_lists(tmp_path, tiny):
    assert free_name(tmp_path, "../../etc/passwd") == "etc-passwd"
    assert free_name(tmp_path, "我的 脸") == "我的-脸"
    (tmp_path / "a").mkdir()
    assert free_name(tmp_path, "A") == "a-2"
    assert list_runs(tmp_path) == [] and list_runs(tmp_path / "none") == []
    Run(tmp_path / "r").save_config(tiny())
    assert [run.name for run in list_runs(tmp_path)] == ["r"]
    assert json.loads((tmp_path / "r" / "config.json").read_text())["family"] == tiny().family
