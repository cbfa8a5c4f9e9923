"""The best model beside the last: measured within bounds, kept, compared without fooling oneself, and never felt by the training."""

import errno
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import gan_core
from gan_core.data import load
from gan_core.training import best, loop, quality
from gan_core.training.loop import Session
from gan_core.training.quality import Gauge, Quality, compare
from gan_core.training.run import Run


@pytest.fixture
def eager(monkeypatch):
    """Samples after each step, each of them measured with the extractor that needs no package."""
    sample = Session.sample

    def at_once(self):
        yield from sample(self)
        self.counters.next_sample = 0.0

    monkeypatch.setattr(loop.Session, "sample", at_once)
    changes = dict(FIRST=0.0, APART=0.0, SHARE=1e9, FINAL_SHARE=1e9, DRAWN=16, FINAL=32, DEFAULT="pixels")
    for name, value in changes.items():
        monkeypatch.setattr(quality, name, value)


def figures(kid: float, wave: float = 0.1) -> Quality:
    blocks = tuple(kid + wave * (-1) ** i for i in range(quality.BLOCKS))
    return Quality(kid, wave, 1.0, 64, blocks)


def test_the_best_is_kept_and_held_against_the_last(tiny, eager):
    config = tiny(steps=8)
    events = list(gan_core.train(config))
    run = Run(config.out)
    told = [e for e in events if e["type"] == "quality"]
    lowest = min(told, key=lambda e: e["kid"])
    assert len(told) >= 4 and run.best["images"] == lowest["images"] and run.best["kid"] == lowest["kid"]
    assert [e["best"] for e in told][0] and not any(e["kid"] < told[0]["kid"] for e in told[1:] if not e["best"])
    kept = gan_core.load(run.best_folder)
    assert kept.config.training["images"] == lowest["images"]
    assert kept.config.training["measured_while_training"]["kid"] == lowest["kid"]
    assert (run.best_folder / "preview.webp").is_file() and (run.best_folder / "README.md").is_file()
    compared = [e for e in events if e["type"] == "compared"]
    if lowest["images"] < 64:
        assert compared[0]["last"]["images"] == 64 and compared[0]["best"]["n"] == 32
        assert run.best["compared"]["better"] is compared[0]["better"]
    again = list(gan_core.train(replace(config, steps=9), resume=True))
    assert again[-1]["state"] == "done"


@pytest.mark.parametrize("family", ["dcgan", "vae"])
def test_measuring_leaves_no_trace_in_the_training(family, tiny, tmp_path, eager, monkeypatch):
    watched = tiny(family=family, steps=5, out=str(tmp_path / "watched"))
    assert "quality" in [e["type"] for e in gan_core.train(watched)]
    monkeypatch.setattr(quality, "FIRST", 1e9)
    alone = replace(watched, out=str(tmp_path / "alone"))
    assert "quality" not in [e["type"] for e in gan_core.train(alone)]
    assert not Run(alone.out).best_folder.exists() and Run(alone.out).best is None
    for file in ("checkpoint/latest.safetensors", "model/model.safetensors"):
        a, b = (load_file(Run(c.out).path / file) for c in (watched, alone))
        assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_measuring_stays_within_its_share(tiny):
    pictures = load(tiny().data, 16)
    gauge = Gauge(pictures, 0, 0, torch.device("cpu"), elapsed=0.0)
    assert not gauge.due(quality.FIRST - 0.1) and gauge.due(quality.FIRST) and not gauge.due(1e6, often=0.0)
    gauge.spent, gauge._each = 1.0, 1.0 / quality.DRAWN  # so far one second; another one would be needed
    assert not gauge.due(2.0 / quality.SHARE - 1) and gauge.due(2.0 / quality.SHARE)
    later = Gauge(pictures, 0, 0, torch.device("cpu"), elapsed=1000.0)
    later.spent = 1.0
    assert not later.due(1001.0)  # what the process before had left is gone
    gauge._features = torch.zeros(2, 2)
    assert gauge.final_count(10.0) == 0
    seconds = 2 * 64 * gauge._each / quality.FINAL_SHARE
    assert gauge.final_count(seconds * 1.001) == 64 and gauge.final_count(1e9) == quality.FINAL
    assert later.due(1001.0, 0.01) and not later.due(1001.0, 0.99)  # what is to come may be spent early, in part
    gauge.spent, whole = 0.0, 2000.0
    gauge._each = 1e-9
    allowed = [
        next(s / 100 for s in range(10**6) if not _within(gauge, s / 100, t, whole)) for t in (60.0, 1000.0, 1990.0)
    ]
    assert allowed == sorted(allowed) and allowed[-1] <= quality.SHARE * whole
    one = replace(pictures, images=pictures.images[:1])
    assert not Gauge(one, 0, 0, torch.device("cpu"), 0.0).due(1e9)


def _within(gauge, spent, elapsed, whole) -> bool:
    gauge.spent, gauge._last = spent, -1e9
    return gauge.due(elapsed, elapsed / whole)


def test_a_short_run_is_measured_early_with_fewer_pictures(tiny):
    pictures = load(tiny().data, 16)
    gauge = Gauge(pictures, 0, 0, torch.device("cpu"), elapsed=0.0)
    assert gauge.due(30.0, 30 / 240) and gauge.count == quality.DRAWN // 2
    gauge._extractor = object()
    gauge.spent, gauge._each = 2.0, 1.4 / gauge.count  # what it cost to begin with, and each figure
    times = []
    for second in range(30, 240):
        if gauge.due(second, second / 240):
            times.append(second)
            gauge.spent += 1.4
    assert (
        times[0] == 30
        and len(times) >= 3
        and min(b - a for a, b in zip(times, times[1:], strict=False)) >= 36
        and gauge.spent <= quality.SHARE * 240
    )
    long = Gauge(pictures, 0, 0, torch.device("cpu"), elapsed=0.0)
    assert long.due(30.0, 30 / 3600) and long.count == quality.DRAWN


def test_a_difference_counts_only_beyond_the_noise():
    assert not compare(figures(3.0), figures(3.0)).better
    verdict = compare(figures(3.0), figures(4.0))
    assert verdict.better and verdict.difference == 1.0 and not compare(figures(4.0), figures(3.0)).better
    wavering = replace(figures(3.0), blocks=tuple(3 + 2 * (-1) ** (i // 2) for i in range(quality.BLOCKS)))
    assert not compare(wavering, figures(4.0)).better  # the same difference, less surely


def test_two_models_alike_are_seldom_called_different():
    generator = torch.Generator().manual_seed(0)
    called = 0
    for _ in range(400):
        a, b = (
            Quality(0, 0, 1, 64, tuple(torch.randn(quality.BLOCKS, generator=generator).tolist())) for _ in range(2)
        )
        called += compare(a, b).better
    assert called <= 20  # 2.5 % are to be expected


def test_the_noise_is_what_other_draws_would_change():
    generator = torch.Generator().manual_seed(0)
    real = torch.randn(128, 32, generator=generator)
    found = [quality.estimate(real, torch.randn(96, 32, generator=generator)) for _ in range(60)]
    values, noises = torch.tensor([one[0] for one in found]), torch.tensor([one[1] for one in found])
    assert 0.7 < (noises.mean() / values.std()).item() < 1.5
    far = quality.estimate(real, 1.0 + torch.randn(96, 32, generator=generator))
    assert far[0] > values.max() and abs(sum(far[2]) / len(far[2]) - far[0]) < 0.5 * far[0]


def test_without_memory_or_room_the_training_goes_on(tiny, tmp_path, eager, monkeypatch):
    def too_large(*_):
        raise RuntimeError("CUDA out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(Gauge, "measure", too_large)
        assert list(gan_core.train(tiny(steps=4, out=str(tmp_path / "small"))))[-1]["state"] == "done"
    real, failures = best.ModelFolder.write_best, [2]

    def full_at_first(self, *arguments):
        if failures[0]:
            failures[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments)

    monkeypatch.setattr(best.ModelFolder, "write_best", full_at_first)
    monkeypatch.setattr(loop.time, "sleep", lambda seconds: None)
    events = list(gan_core.train(tiny(steps=4, out=str(tmp_path / "full"))))
    told = [e["images"] for e in events if e["type"] == "quality"]
    assert events[-1]["state"] == "done" and failures == [0] and len(set(told)) == len(told) >= 1


def test_a_damaged_best_json_is_no_best(tmp_path):
    run = Run(tmp_path)
    for damage in ("{", "[]", '{"kid": "low", "noise": 1, "images": 1}', "[" * 10**5):
        (tmp_path / "best.json").write_text(damage)
        assert run.best is None


def test_what_best_json_says_is_what_best_holds_after_a_kill_between_the_two(tiny, eager):
    config = tiny(steps=6)
    events = list(gan_core.train(config))
    run, first = Run(config.out), next(e for e in events if e["type"] == "quality")
    best = run.best
    run.save_best({key: first[key] for key in best if key != "compared"} | {"images": 0, "kid": 1e9})
    list(gan_core.train(replace(config, steps=7), resume=True))
    kept = gan_core.load(run.best_folder).config.training
    assert (
        run.best["images"] == kept["images"]
        and run.best["kid"] == kept["measured_while_training"]["kid"] <= best["kid"]
    )
