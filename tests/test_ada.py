"""ADA: exact where it can be, the official formulas where it cannot, differentiable twice, and steered by the discriminator."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open

import gan_core
from gan_core.augment.ada import Chance, ada, colour, geometry, recolour, warp
from gan_core.augment.controller import INTERVAL, LIMIT, AdaptiveStrength
from gan_core.draws import Draws, Share
from gan_core.models.dcgan import DCGANDiscriminator
from gan_core.training.run import Run

CENTRE = torch.zeros(1, 2)


def draws(seed=0, n=16):
    return Draws(torch.device("cpu"), Share(0, n, n), seed)


def images(n=16, channels=3, size=16):
    return draws(9, n).uniform(n, channels, size, size) * 2 - 1


class Scripted(Chance):
    """Chance whose pictures all take part, with the values a test names in the order they are asked for."""

    def __init__(self, n, **values):
        super().__init__(n, 1.0, None)
        self.draws, self._values = self, list(values.values())

    def uniform(self, n, *shape):
        return torch.zeros(n, *shape, dtype=torch.float64)

    def normal(self, n, *shape):
        return torch.zeros(n, *shape, dtype=torch.float64)

    def some(self, values, neutral=0.0, probability=None):
        return torch.zeros_like(values) + torch.as_tensor(self._values.pop(0), dtype=torch.float64)


def placed(size, **changes):
    """geometry() of one picture with the named values and everything else neutral."""
    neutral = dict(flip=0, quarters=0, whole=[0, 0], scale=1, before=0, aspect=1, after=0, fraction=[0, 0])
    return geometry(Scripted(1, **{**neutral, **changes}), *size)


def coloured(**changes):
    neutral = dict(brightness=0, contrast=1, flip=0, hue=0, saturation=1)
    return colour(Scripted(1, **{**neutral, **changes}))


# ---- the pipeline


def test_strength_zero_is_the_identity():
    x = images()
    assert ada(x, 0.0, draws()) is x


@pytest.mark.parametrize(("n", "channels", "size"), [(1, 3, 64), (2, 1, 28), (4, 4, 8), (2, 3, 256)])
def test_same_draws_same_pictures_of_the_same_kind(n, channels, size):
    x = images(n, channels, size)
    first = ada(x, 0.9, draws(1, n))
    assert first.shape == x.shape and first.dtype == x.dtype and torch.isfinite(first).all()
    assert torch.equal(first, ada(x, 0.9, draws(1, n))) and not torch.equal(first, ada(x, 0.9, draws(3, n)))


def test_a_picture_that_is_not_square_keeps_its_shape():
    x = draws(2, 4).uniform(4, 3, 12, 20)
    assert ada(x, 1.0, draws(0, 4)).shape == x.shape


def test_autocast_does_not_touch_places_and_colours():
    x = images(8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = ada(x, 1.0, draws(4, 8))
        assert ada(x.bfloat16(), 1.0, draws(4, 8)).dtype == torch.bfloat16
    assert torch.equal(inside, ada(x, 1.0, draws(4, 8)))


def test_each_transformation_meets_its_share_of_the_pictures():
    n, strength = 20_000, 0.36
    matrix, offset = geometry(Chance(n, strength, draws(5, n)), 64, 64)
    still = ((matrix - torch.eye(2)).abs().amax((1, 2)) < 1e-6) & (offset.abs().amax(1) < 1e-6)
    none = 1 - strength
    # x-flip, quarter turns, whole shifts, scale, rotation (before or after), aspect, fractional shift
    expected = (1 - strength / 2) * (1 - strength * 3 / 4) * none**5
    assert still.float().mean().item() == pytest.approx(expected, abs=0.006)  # and a few that undo themselves
    matrix, shift = colour(Chance(n, strength, draws(6, n)))
    still = ((matrix - torch.eye(3)).abs().amax((1, 2)) < 1e-6) & (shift.abs().amax((1, 2)) < 1e-6)
    assert still.float().mean().item() == pytest.approx((1 - strength / 2) * none**4, abs=0.012)


def test_the_spread_of_the_values_is_the_papers():
    n = 20_000
    chance = Chance(n, 1.0, draws(7, n))
    matrix, _ = geometry(chance, 64, 64)
    area = torch.linalg.det(matrix).abs().log2()  # of the way back: −2 · log2(scale)
    assert area.mean().item() == pytest.approx(0, abs=0.02) and area.std().item() == pytest.approx(0.4, abs=0.01)
    first, second = torch.linalg.svdvals(matrix).log2().unbind(1)
    assert (first - second).square().mean().sqrt().item() == pytest.approx(0.4, abs=0.01)  # 2 · log2(aspect)
    matrix, shift = colour(chance)
    gain = matrix.sum((1, 2)) / 3
    assert gain.abs().log2().std().item() == pytest.approx(0.5, abs=0.01)
    assert (gain < 0).float().mean().item() == pytest.approx(0.5, abs=0.02)
    assert (shift[:, 0, 0] / gain).std().item() == pytest.approx(0.2, abs=0.005)


# ---- geometry


@pytest.mark.parametrize("size", [16, 15])
def test_flips_turns_and_whole_shifts_are_exact_to_the_pixel(size):
    x = images(1, 4, size)

    def moved(**changes):
        matrix, offset = placed((size, size), **changes)
        return warp(x, matrix.to(x), offset.to(x))

    assert torch.equal(moved(), x)
    assert torch.equal(moved(flip=1), x.flip(3))
    for quarters in range(4):
        assert torch.equal(moved(quarters=quarters), torch.rot90(x, quarters, (2, 3)))
    right, down = 2 / size, -1 / size
    shifted = moved(whole=[right, down])
    assert torch.equal(shifted[:, :, :-1, 2:], x[:, :, 1:, :-2])
    padded = torch.nn.functional.pad(x, (2, 0, 0, 1), mode="reflect")
    assert torch.equal(shifted, padded[:, :, 1:, :size])


def homogeneous(rows):
    return np.array([*rows, [0, 0, 1]], dtype=np.float64)


def turned(angle):
    return homogeneous([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0]])


def moved_by(x, y):
    return homogeneous([[1, 0, x], [0, 1, y]])


def test_places_are_the_product_of_the_official_matrices():
    height, width = 48, 64
    matrix, offset = placed(
        (height, width), flip=1, quarters=3, whole=[0.11, -0.06], scale=1.3, before=0.7, aspect=0.8, after=-2.0,
        fraction=[0.05, 0.21],
    )  # fmt: skip
    expected = (
        np.diag([-1.0, 1, 1])
        @ turned(3 * math.pi / 2)  # rotate2d_inv(−π/2 · i)
        @ moved_by(-round(0.11 * width), -round(-0.06 * height))
        @ np.diag([1 / 1.3, 1 / 1.3, 1])
        @ turned(0.7)
        @ np.diag([1 / 0.8, 0.8, 1])
        @ turned(-2.0)
        @ moved_by(-0.05 * width, -0.21 * height)
    )
    assert np.allclose(matrix[0].numpy(), expected[:2, :2], atol=1e-12)
    assert np.allclose(offset[0].numpy(), expected[:2, 2], atol=1e-12)


def test_sampling_is_grid_sample_with_reflection():
    x = images(6, 3, 16).double()
    matrix, offset = (t.double() for t in geometry(Chance(6, 1.0, draws(3, 6)), 16, 16))
    axis = torch.arange(16, dtype=torch.float64) - 7.5
    places = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1)
    places = (places @ matrix[:, None].transpose(2, 3) + offset[:, None, None]) / 7.5
    expected = torch.nn.functional.grid_sample(x, places, padding_mode="reflection", align_corners=True)
    assert torch.allclose(warp(x, matrix, offset), expected, atol=1e-12)


def test_alpha_moves_with_the_picture_and_keeps_its_values():
    alpha = images(8, 1)
    x = torch.cat([images(8, 3), alpha], 1)
    matrix, offset = geometry(Chance(8, 0.7, draws(8, 8)), 16, 16)
    assert torch.equal(ada(x, 0.7, draws(8, 8))[:, 3:], warp(alpha, matrix, offset))


# ---- colour


def official_colours(brightness=0.0, contrast=1.0, flip=0, hue=0.0, saturation=1.0):
    """The 4×4 matrices of the official code, one after the other, in float64."""
    v = np.array([1, 1, 1, 0]) / math.sqrt(3)
    shift, scale, turn = np.eye(4), np.diag([contrast] * 3 + [1.0]), np.eye(4)
    shift[:3, 3] = brightness
    x, y, z = v[:3]
    s, c = math.sin(hue), math.cos(hue)
    turn[:3, :3] = [
        [x * x * (1 - c) + c, x * y * (1 - c) - z * s, x * z * (1 - c) + y * s],
        [y * x * (1 - c) + z * s, y * y * (1 - c) + c, y * z * (1 - c) - x * s],
        [z * x * (1 - c) - y * s, z * y * (1 - c) + x * s, z * z * (1 - c) + c],
    ]
    luma = np.outer(v, v)
    return (luma + (np.eye(4) - luma) * saturation) @ turn @ (np.eye(4) - 2 * luma * flip) @ scale @ shift


@pytest.mark.parametrize(
    "changes",
    [dict(), dict(brightness=0.3), dict(contrast=1.7), dict(flip=1), dict(hue=2.1), dict(saturation=0.4),
     dict(brightness=-0.2, contrast=0.6, flip=1, hue=-0.9, saturation=2.5)],
    ids=str,
)  # fmt: skip
def test_colours_are_the_product_of_the_official_matrices(changes):
    matrix, shift = coloured(**changes)
    expected = official_colours(**changes)
    x = images(1).double()
    rgb = (
        torch.einsum("ij,njhw->nihw", torch.from_numpy(expected[:3, :3]), x)
        + torch.from_numpy(expected[:3, 3:])[:, None]
    )
    assert torch.allclose(recolour(x, matrix, shift), rgb, atol=1e-12)
    grey, rows = x[:, :1], expected[:3].mean(0)
    assert torch.allclose(recolour(grey, matrix, shift), grey * rows[:3].sum() + rows[3], atol=1e-12)


def test_colours_worked_out_by_hand():
    red = torch.tensor([1.0, 0, 0], dtype=torch.float64).view(1, 3, 1, 1)

    def of_red(**changes):
        return recolour(red, *coloured(**changes)).flatten().tolist()

    assert of_red(hue=2 * math.pi / 3) == pytest.approx([0, 1, 0])  # a third of the circle: red to green
    assert of_red(flip=1) == pytest.approx([1 / 3, -2 / 3, -2 / 3])  # the mean, 1/3, becomes −1/3
    assert of_red(saturation=0.0) == pytest.approx([1 / 3] * 3)
    assert of_red(brightness=0.5, contrast=2.0) == pytest.approx([3, 1, 1])


# ---- gradients


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_first_and_second_derivatives_are_right(channels):
    x = images(2, channels, 8).double().requires_grad_()

    def judged(x):
        return (ada(x, 0.9, draws(2, 2)) ** 3).sum((1, 2, 3))

    random_directions = channels > 1  # instead of every entry: a tenth of the time
    assert torch.autograd.gradcheck(judged, x)
    assert torch.autograd.gradgradcheck(judged, x, fast_mode=random_directions)


def test_a_penalty_through_the_augmentation_reaches_the_weights():
    torch.manual_seed(0)
    judge = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(4 * 14 * 14, 1)
    )
    x = images(4).requires_grad_()
    gradient = torch.autograd.grad(judge(ada(x, 1.0, draws(0, 4))).sum(), x, create_graph=True)[0]
    gradient.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in judge[0].parameters()) and judge[0].weight.grad.abs().sum() > 0


# ---- the controller


def logits(*values):
    return torch.tensor(values)


def test_strength_follows_the_sign_of_the_overfitting():
    steering = AdaptiveStrength(target=0.6)
    for _ in range(INTERVAL - 1):
        steering.observe(logits(1, 1, 1, 1.0), None, pictures=50)
    assert steering.strength == 0
    steering.observe(logits(1, 1, 1, 1.0), None, pictures=50)
    assert steering.strength == pytest.approx(INTERVAL * 50 / 500_000)  # the paper's speed
    for _ in range(INTERVAL):
        steering.observe(logits(1, 1, 1, -1.0), None, pictures=50)  # r = 0.5
    assert steering.strength == 0


def test_a_short_run_adapts_faster_and_within_bounds():
    steering = AdaptiveStrength(target=0.6, start=0.2)
    for _ in range(INTERVAL):
        steering.observe(logits(2.0, 3.0), None, pictures=10, expected=4_000)
    assert steering.strength == pytest.approx(0.2 + 40 / 1_000)
    for _ in range(100 * INTERVAL):
        steering.observe(logits(2.0, 3.0), None, pictures=10, expected=4_000)
    assert steering.strength == LIMIT == AdaptiveStrength(0.6, start=1.0).strength
    for _ in range(100 * INTERVAL):
        steering.observe(logits(-2.0, -3.0), None, pictures=10, expected=4_000)
    assert steering.strength == 0


def test_logits_without_a_zero_are_measured_from_the_middle():
    apart, mixed = AdaptiveStrength(0.6), AdaptiveStrength(0.6, start=0.5)
    for _ in range(INTERVAL):
        apart.observe(logits(-5.0, -6.0), logits(-9.0, -8.0), pictures=100)  # all below zero, and told apart perfectly
        mixed.observe(logits(105.0, 95.0), logits(95.0, 105.0), pictures=100)
    assert apart.strength > 0 and mixed.strength < 0.5


def test_logits_that_are_not_numbers_leave_a_strength_that_is_one():
    steering = AdaptiveStrength(0.6, start=0.3)
    for value in (1.0, math.nan, math.inf, 1.0):
        steering.observe(logits(value, 1.0), logits(-1.0, value), pictures=100)
    assert 0 <= steering.strength < 0.3 and all(math.isfinite(v) for v in steering.state().values())


def test_a_restored_controller_goes_on_where_it_stood():
    whole, before, after = (AdaptiveStrength(0.2, start=0.1) for _ in range(3))
    steps = [draws(k).normal(16) + 0.3 for k in range(3 * INTERVAL)]
    for step in steps:
        whole.observe(step, None, pictures=100)
    for step in steps[: INTERVAL + 2]:
        before.observe(step, None, pictures=100)
    after.restore(before.state())
    for step in steps[INTERVAL + 2 :]:
        after.observe(step, None, pictures=100)
    assert after.state() == whole.state() != before.state()
    after.restore({"augment": 0.7})
    assert after.strength == 0.7


# ---- in training


def right_about_real_pictures(monkeypatch):
    """Make every discriminator give the first half of what it sees (the real pictures) a high logit."""
    original = DCGANDiscriminator.forward

    def forward(self, images, label_weights=None):
        real = torch.arange(len(images)) < len(images) / 2
        return original(self, images, label_weights) * 0.01 + torch.where(real, 5.0, -5.0)

    monkeypatch.setattr(DCGANDiscriminator, "forward", forward)


def checkpointed(config) -> dict:

    with safe_open(Run(config.out).checkpoint_folder / "latest.safetensors", framework="pt") as file:
        return json.loads(file.metadata()["counters"])["adaptive"]


@pytest.mark.parametrize("loss", ["nonsaturating", "relativistic"])
def test_training_strengthens_it_when_the_discriminator_is_always_right(tiny, monkeypatch, loss):
    right_about_real_pictures(monkeypatch)
    config = tiny(augmentation="ada", loss=loss, steps=9, penalty_every=2)
    events = list(gan_core.train(config))
    assert events[-1]["state"] == "done"
    assert checkpointed(config)["augment"] == LIMIT  # 9 steps are a whole run: a quarter of them suffices
    assert gan_core.load(Run(config.out).model_folder).config.training["augment"] == LIMIT


def test_training_resumes_with_the_same_strength(tiny, tmp_path):
    whole = tiny(
        augmentation="ada", augment=0.5, steps=11, out=str(tmp_path / "whole"), checkpoint_seconds=0.0, ada_target=0.3
    )
    list(gan_core.train(whole))
    parts = replace(whole, out=str(tmp_path / "parts"))
    for event in gan_core.train(parts):
        if event["type"] == "checkpoint" and event["step"] == 6:
            break
    list(gan_core.train(parts, resume=True))
    assert checkpointed(parts) == checkpointed(whole)
    assert checkpointed(whole)["augment"] != 0.5


def test_wgan_penalty_and_accumulated_batches_work_through_it(tiny):
    config = tiny(augmentation="ada", augment=0.6, loss="wgan", accumulate=2, steps=5, penalty_every=1)
    assert list(gan_core.train(config))[-1]["state"] == "done"
