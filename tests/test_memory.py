"""Batches in parts: the same gradients; and memory that runs out makes more parts instead of an end."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

import gan_core
from gan_core import StudioError
from gan_core.draws import Share
from gan_core.models import family
from gan_core.models.base import Batch
from gan_core.models.dcgan import DCGAN
from gan_core.training.learner import Learner
from gan_core.training.memory import fitting, more_parts, out_of_memory, said_in_words, take_in_parts
from gan_core.training.run import Run

GAMES = {
    "stylegan2": dict(
        discriminator="stylegan2", penalty="r1r2", penalty_every=1, gamma=1.0, augmentation="diffaugment", augment=1.0, path_length=2.0,
        mixing=0.5,
    ),
    "r3gan": dict(gamma=1.0, augmentation="ada", augment=0.6),
}  # fmt: skip


def gradients(trained) -> torch.Tensor:
    """The gradients of a family's first step: Adam's first mean holds them, times 1 − β1."""
    states = [optimizer.state_dict()["state"] for optimizer in trained.optimizers().values()]
    return torch.cat([state[k]["exp_avg"].flatten() for state in states for k in sorted(state)])


def first_gradients(config, tmp_path, parts: int) -> torch.Tensor:
    learner = Learner(replace(config, out=str(tmp_path / str(parts))), Run(tmp_path / str(parts)))
    take_in_parts(learner.family, parts)
    if family(config.family).Generator.can_encode:
        learner.family.generator.eval()  # BatchNorm would see other statistics in each part
    learner.step(0, 0.0, 1.0)
    return gradients(learner.family)


@pytest.mark.parametrize("name", [*GAMES, "vae", "autoencoder"])
def test_parts_add_up_to_the_whole_batch(name, tiny, tmp_path):
    config = tiny(family=name, lr=1e-7, batch=16, **GAMES.get(name, {}))  # minibatch-std: parts are whole groups
    whole, parts = (first_gradients(config, tmp_path, n) for n in (1, 2))
    assert whole.abs().max() > 0
    assert torch.allclose(whole, parts, rtol=1e-3, atol=1e-4 * whole.abs().max())


def test_the_next_number_of_parts_divides_the_batch():
    batch = Batch(torch.zeros(12, 1, 8, 8), None, 0, 0, Share(0, 12, 12))
    assert [more_parts(batch, n) for n in (1, 2, 4, 5, 6)] == [2, 4, 12, 12, 12]
    with pytest.raises(StudioError, match="Memory is too small"):
        more_parts(batch, 12)


def test_memory_that_ran_out_is_recognised_on_every_device():
    with pytest.raises((RuntimeError, MemoryError)) as real:
        torch.empty(2**46)
    assert out_of_memory(real.value)
    for error in (
        torch.OutOfMemoryError("CUDA"),
        MemoryError(),
        RuntimeError("MPS backend out of memory (allocated 1 GB)"),
    ):
        assert out_of_memory(error)
    assert not out_of_memory(RuntimeError("The size of tensor a (3) must match")) and not out_of_memory(ValueError())
    with pytest.raises(StudioError, match="Memory is too small"), said_in_words():
        torch.empty(2**46)


def run_short_of_memory(monkeypatch, at_step: int, largest: int) -> None:
    """Let generator steps of more than `largest` pictures fail from `at_step` on, after the discriminator has learned."""
    real = DCGAN.fool

    def fool(self, batch, *rest):
        if batch.step >= at_step and len(batch) > largest:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(self, batch, *rest)

    monkeypatch.setattr(DCGAN, "fool", fool)


@pytest.mark.parametrize("step", [0, 3])
def test_a_run_short_of_memory_goes_on_as_if_it_had_been_taken_in_parts(step, tiny, tmp_path, monkeypatch):
    config = tiny(family="dcgan", steps=5, checkpoint_seconds=0.0)
    ours, theirs = (replace(config, out=str(tmp_path / name)) for name in ("ours", "theirs"))
    for event in gan_core.train(theirs):
        if event["type"] == "checkpoint" and event["step"] == step:
            break
    list(gan_core.train(replace(theirs, accumulate=4), resume=True))
    with monkeypatch.context() as patch:
        run_short_of_memory(patch, step, largest=2)
        events = list(gan_core.train(ours))
    told = [e for e in events if e.get("code") == "train.memory"]
    assert [e["facts"]["parts"] for e in told] == [2, 4] and "4 parts" in told[1]["message"]
    assert events[-1]["state"] == "done" and events[-1]["facts"]["images"] == 40
    states = [load_file(Run(c.out).checkpoint_folder / "latest.safetensors") for c in (ours, theirs)]
    assert states[0].keys() == states[1].keys() and all(torch.equal(states[0][k], states[1][k]) for k in states[0])


def test_not_even_one_picture_ends_in_words(tiny, monkeypatch):
    run_short_of_memory(monkeypatch, 0, largest=0)
    config = tiny(family="dcgan", batch=2)
    with pytest.raises(StudioError, match="Choose a smaller size"):
        list(gan_core.train(config))
    assert Run(config.out).status().code == "train.no_memory"


def test_another_error_is_not_taken_for_memory(tiny, monkeypatch):
    monkeypatch.setattr(DCGAN, "fool", lambda *arguments: torch.zeros(2) + torch.zeros(3))
    with pytest.raises(RuntimeError, match="must match"):
        list(gan_core.train(tiny(family="dcgan")))


def test_a_probe_finds_the_parts_and_leaves_no_trace(tiny, monkeypatch):
    config = tiny(family="dcgan")
    learner = Learner(config, Run(config.out))
    before = {k: t.clone() for k, t in learner.family.generator.state_dict().items()}
    run_short_of_memory(monkeypatch, 0, largest=3)
    assert fitting(learner._build, learner.batches.at(0), 1) == 4
    after = learner._build().generator.state_dict()
    assert all(torch.equal(before[k], after[k]) for k in before)
