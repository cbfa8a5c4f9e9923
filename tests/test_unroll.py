"""Unrolled GAN: the gradient through the discriminator's updates, by hand, by finite differences, and in training."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import gan_core
from gan_core import StudioError, losses
from gan_core.config import TrainConfig
from gan_core.training.run import Run
from gan_core.ui.train_form import command, config_from
from gan_core.unroll import Adam, Flat, Sgd, unrolled
from tests.test_registries import batch_for, in_training
from tests.test_training import final_state, same


def test_two_steps_by_hand():
    """One number each: the discriminator d descends (d − g)⁴ / 4, the generator g descends d·g + g²."""
    g, d, rate = 0.7, -0.4, 0.05
    once = d - rate * (d - g) ** 3
    once_slope = 3 * rate * (d - g) ** 2  # ∂d¹/∂g
    twice = once - rate * (once - g) ** 3
    twice_slope = once_slope - 3 * rate * (once - g) ** 2 * (once_slope - 1)  # ∂d²/∂g
    expected = twice + g * twice_slope + 2 * g

    generator = torch.tensor([g], dtype=torch.float64, requires_grad=True)
    start = torch.tensor([d], dtype=torch.float64, requires_grad=True)
    ahead = unrolled(start, lambda p: ((p - generator) ** 4 / 4).sum(), Sgd(rate), 2)
    assert ahead.item() == pytest.approx(twice, rel=1e-14)
    (ahead * generator + generator**2).sum().backward()
    assert generator.grad.item() == pytest.approx(expected, rel=1e-13)
    assert start.grad is None and start.item() == d


def test_no_steps_leave_the_ordinary_gradient():
    generator = torch.tensor([0.7], dtype=torch.float64, requires_grad=True)
    ahead = unrolled(torch.tensor([2.0], dtype=torch.float64), lambda p: (p * generator).sum(), Sgd(0.1), 0)
    (ahead * generator).sum().backward()
    assert ahead.item() == 2.0 and generator.grad.item() == 2.0


def judge() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0)).double()


MEMORY = (torch.full((25,), 0.01).double(), torch.full((25,), 0.02).double(), torch.tensor(4.0).double())
RULES = {"sgd": Sgd(0.3), "adam": Adam(0.05, 0.5, 0.9), "adam going on": Adam(0.05, 0.0, 0.9, 1e-6, MEMORY)}


@pytest.mark.parametrize("loss", losses.ADVERSARIAL)
@pytest.mark.parametrize("rule", RULES)
def test_the_gradient_agrees_with_finite_differences(rule, loss):
    flat, game = Flat(judge()), losses.ADVERSARIAL[loss]
    real = torch.randn(5, 2, dtype=torch.float64)

    def generators_loss(fake):
        def objective(parameters):
            between = torch.lerp(real, fake, 0.3).requires_grad_()
            (slope,) = torch.autograd.grad(flat(parameters, between).sum(), between, create_graph=True)  # WGAN-GP's
            penalty = (slope.norm(dim=1) - 1).square().mean()
            return game.discriminator(flat(parameters, real), flat(parameters, fake)) + penalty

        ahead = unrolled(flat.parameters(), objective, RULES[rule], 3)
        return game.generator(flat(ahead, real), flat(ahead, fake))

    fake = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(generators_loss, (fake,), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.0, 0.99)])
def test_the_inner_updates_are_adams_own(betas):
    network, points = judge(), torch.randn(7, 2, dtype=torch.float64)
    optimizer = torch.optim.Adam(network.parameters(), 0.01, betas)

    def step():
        optimizer.zero_grad()
        network(points).square().mean().backward()
        optimizer.step()

    for _ in range(2):  # from nothing, then from what the optimizer remembers
        flat = Flat(network)
        ahead = unrolled(flat.parameters(), lambda p, f=flat: f(p, points).square().mean(), flat.adam(optimizer), 3)
        for _ in range(3):
            step()
        assert torch.allclose(ahead, flat.parameters(), rtol=1e-9, atol=1e-12)


def test_units_that_never_moved_give_finite_gradients():
    dead = torch.zeros(2, dtype=torch.float64)
    generator = torch.ones(1, dtype=torch.float64, requires_grad=True)
    ahead = unrolled(dead, lambda p: p[0] * generator.sum() + 0 * p[1], Adam(0.1), 2)
    ahead.sum().backward()
    assert torch.isfinite(generator.grad).all() and ahead[1] == 0 and ahead[0] != 0


# ---- in training


@pytest.mark.parametrize("name", ["mlp_gan", "dcgan"])
def test_one_step_ahead_is_where_the_discriminator_would_go(name, tiny):
    trained, _ = in_training(name, tiny, unroll=1, conditional="no", penalty="r1r2", gamma=0.1, penalty_every=1)
    batch = batch_for(trained)
    trained.train_step(batch)
    fake = torch.rand_like(batch.images) * 2 - 1
    before = [p.clone() for p in trained.discriminator.parameters()]
    real_ahead, fake_ahead = trained.look_ahead(batch, fake, trained.gamma())
    assert all(torch.equal(a, b) for a, b in zip(before, trained.discriminator.parameters(), strict=True))
    trained.judge(batch, fake, 1, trained.gamma())
    trained.descend("discriminator")
    images = trained.augmentation(torch.cat([batch.images, fake]), trained.strength, batch.draws("judge"))
    real, generated = trained.discriminator(images).chunk(2)
    assert torch.allclose(real_ahead, real, atol=1e-4) and torch.allclose(fake_ahead, generated, atol=1e-4)


def test_the_generators_gradient_goes_through_the_discriminators_steps(tiny):
    changes = dict(unroll=2, conditional="no", loss="nonsaturating", lr=2e-3)
    trained, _ = in_training("mlp_gan", tiny, **changes)
    batch = batch_for(trained)
    trained.train_step(batch)
    fake = torch.rand_like(batch.images).requires_grad_()
    trained.fool(batch, fake, torch.zeros(8), 1, trained.gamma())
    through = fake.grad.clone()
    way = through / through.norm()

    def at(distance):
        moved = (fake + distance * way).detach()
        return float(
            trained.loss.generator(*(x.detach().double() for x in trained.look_ahead(batch, moved, trained.gamma())))
        )

    slope = (at(3e-3) - at(-3e-3)) / 6e-3
    assert slope == pytest.approx(float(through.norm()), rel=0.02)
    trained.train, fake.grad = replace(trained.train, unroll=0), None
    trained.fool(batch, fake, torch.zeros(8), 1, trained.gamma())
    assert not torch.allclose(fake.grad, through, rtol=0.05)


@pytest.mark.parametrize("penalty", ["none", "r1r2", "r1", "gp"])
@pytest.mark.parametrize("name", ["mlp_gan", "dcgan"])
def test_unrolling_goes_with_penalties_augmentation_spectral_norm_and_parts(name, penalty, tiny):
    changes = dict(unroll=2, penalty=penalty, gamma=1.0, penalty_every=1, augmentation="diffaugment", augment=1.0)
    trained, _ = in_training(name, tiny, spectral_norm=True, accumulate=2, **changes)
    before = torch.cat([p.detach().flatten() for p in trained.generator.parameters()])
    found = trained.train_step(batch_for(trained))
    after = torch.cat([p.detach().flatten() for p in trained.generator.parameters()])
    assert all(np.isfinite(float(v)) for v in found.values()) and not torch.equal(before, after)
    assert all(p.requires_grad and p.grad is None for p in trained.discriminator.parameters())


@pytest.mark.parametrize("name", ["mlp_gan", "dcgan"])
def test_an_unrolled_run_resumes_bitwise(name, tiny, tmp_path):
    whole = tiny(family=name, unroll=2, steps=4, out=str(tmp_path / "whole"), checkpoint_seconds=0.0)
    list(gan_core.train(whole))
    parts = replace(whole, out=str(tmp_path / "parts"))
    for event in gan_core.train(parts):
        if event["type"] == "checkpoint" and event["step"] == 2:
            break
    assert next(iter(gan_core.train(parts, resume=True)))["resumed_from"] == 2
    assert Run(parts.out).config.unroll == 2
    list(gan_core.train(parts, resume=True))
    assert same(final_state(whole), final_state(parts))


@pytest.mark.parametrize("steps", [-1, 11])
def test_more_steps_ahead_than_ten_are_refused(steps):
    with pytest.raises(StudioError, match="from 0 to 10"):
        TrainConfig(unroll=steps).checked()


def test_the_form_and_the_terminal_take_it(tmp_path):
    form = {"family": "dcgan", "source": {"kind": "bundled", "name": "pixel-faces"}, "unroll": "3"}
    config = config_from(form, tmp_path)
    assert config.unroll == 3 and "--unroll 3" in command(config)
    with pytest.raises(StudioError) as refused:
        config_from({**form, "unroll": "11"}, tmp_path)
    assert refused.value.facts["field"] == "unroll"
