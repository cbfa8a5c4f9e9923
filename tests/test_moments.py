"""Moments of a training: kept on the way, evenly spaced, bounded, and without any trace in the training itself."""

import errno
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import gan_core
from gan_core.checkpoint import save_model
from gan_core.config import ModelConfig
from gan_core.models import build
from gan_core.training import loop, moments
from gan_core.training.loop import Session
from gan_core.training.moments import Moments, list_moments
from gan_core.training.run import Run


def small_network():
    return build(ModelConfig(family="dcgan", resolution=8, z_dim=4, options={"width": 4})).eval()


def seen(folder) -> list[int]:
    return [images for images, _ in list_moments(folder)]


def sampled_each_step(monkeypatch):
    """Draw samples after each step, so that a run of a few steps passes many moments."""
    sample = Session.sample

    def at_once(self):
        yield from sample(self)
        self.counters.next_sample = 0.0

    monkeypatch.setattr(loop.Session, "sample", at_once)


def test_moments_stand_at_doubling_counts(tmp_path):
    kept = Moments(tmp_path)
    network = small_network()
    for images in range(100, 51_200, 100):
        if kept.due(images, images / 51_200):
            kept.keep(network, images)
    assert seen(tmp_path) == [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600]
    assert not kept.due(51_200, 1.0) and not Moments(tmp_path).due(51_100, 0.99)
    assert Moments(tmp_path).due(51_200, 0.5)  # a run that was given more time goes on where it was


def test_a_moment_is_the_model_of_that_time_and_leaves_it_alone(tmp_path):
    network = small_network()
    network.directions = torch.eye(4)
    before, config = {k: t.clone() for k, t in network.state_dict().items()}, network.config
    Moments(tmp_path).keep(network, 640)
    model = gan_core.load(tmp_path / "640")
    assert model.config.training["images"] == 640 and model.directions is None
    points = [gan_core.LatentPoint(seed=s) for s in range(3)]
    difference = gan_core.render(model, points).astype(int) - gan_core.render(network, points)
    assert np.abs(difference).max() <= 1  # kept as fp16
    assert network.config is config and torch.equal(network.directions, torch.eye(4))
    assert all(torch.equal(before[k], t) for k, t in network.state_dict().items())


def test_too_large_moments_are_thinned_out_evenly(tmp_path, monkeypatch):
    network, images = small_network(), 100
    Moments(tmp_path).keep(network, images)
    size = sum(file.stat().st_size for file in (tmp_path / "100").iterdir())
    monkeypatch.setattr(moments, "MOST_BYTES", int(4.5 * size))
    kept = Moments(tmp_path)
    for _ in range(7):
        images *= 2
        kept.keep(network, images)
        assert sum(f.stat().st_size for f in tmp_path.glob("*/*")) <= moments.MOST_BYTES
    assert seen(tmp_path)[-1] == images and 2 <= len(seen(tmp_path)) <= 4
    monkeypatch.setattr(moments, "MOST_BYTES", size // 2)
    kept.keep(network, 2 * images)
    assert seen(tmp_path) == []


def test_a_full_disk_costs_the_moment_only(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(moments, "save_model", full)
    kept = Moments(tmp_path)
    kept.keep(small_network(), 100)
    assert seen(tmp_path) == [] and not kept.due(150, 0.5) and kept.due(200, 0.5)


def test_strange_things_in_the_folder_are_passed_over(tmp_path):
    for name in ("notes", "-5", "１２", "12", ".64.1.tmp"):
        (tmp_path / name).mkdir()
    save_model(tmp_path / "64", small_network())
    assert seen(tmp_path) == [64] and seen(tmp_path / "nowhere") == []


def test_keeping_moments_changes_nothing_in_the_training(tiny, tmp_path, monkeypatch):
    sampled_each_step(monkeypatch)
    with_moments = tiny(steps=6, out=str(tmp_path / "with"))
    list(gan_core.train(with_moments))
    assert seen(Run(with_moments.out).moments_folder) == [8, 16, 32]
    monkeypatch.setattr(Moments, "due", lambda *_: False)
    without = replace(with_moments, out=str(tmp_path / "without"))
    list(gan_core.train(without))
    assert seen(Run(without.out).moments_folder) == []
    ours, theirs = (load_file(Run(c.out).checkpoint_folder / "latest.safetensors") for c in (with_moments, without))
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)


@pytest.mark.parametrize("family", ["stylegan2", "autoencoder"])
def test_a_killed_run_that_goes_on_has_the_same_moments(family, tiny, tmp_path, monkeypatch):
    sampled_each_step(monkeypatch)
    whole = tiny(family=family, steps=9, out=str(tmp_path / "whole"), checkpoint_seconds=0.0)
    list(gan_core.train(whole))
    parts = replace(whole, out=str(tmp_path / "parts"))
    for event in gan_core.train(parts):
        if event["type"] == "checkpoint" and event["step"] == 3:
            break  # the generator is dropped without a word, as by a kill
    save_model(
        Run(parts.out).moments_folder / "32", small_network()
    )  # of a time after that checkpoint: not ours any more
    list(gan_core.train(parts, resume=True))
    folders = [Run(c.out).moments_folder for c in (whole, parts)]
    assert seen(folders[0]) == seen(folders[1]) == [8, 16, 32, 64]
    for (_, ours), (_, theirs) in zip(*map(list_moments, folders), strict=True):
        a, b = load_file(ours / "model.safetensors"), load_file(theirs / "model.safetensors")
        assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_moments_go_with_their_run(tiny, monkeypatch):
    sampled_each_step(monkeypatch)
    config = tiny(steps=4)
    list(gan_core.train(config))
    run = Run(config.out)
    assert seen(run.moments_folder)
    run.delete()
    assert not run.moments_folder.exists()
