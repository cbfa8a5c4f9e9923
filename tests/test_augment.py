"""DiffAugment: right ranges, differentiable, repeatable, and nothing at strength 0."""

import torch

from gan_core.augment.diffaugment import _holes, _translate, diff_augment
from gan_core.augment.strength import strength_for
from gan_core.draws import Draws, Share


def draws(seed=0, n=16):
    return Draws(torch.device("cpu"), Share(0, n, n), seed)


class Fixed:
    """Stands in for Draws where a test decides the number."""

    def __init__(self, value):
        self.value = value

    def uniform(self, *shape):
        return torch.full(shape, self.value)


def images(n=16, channels=3):
    return draws(9, n).uniform(n, channels, 16, 16) * 2 - 1


def test_strength_zero_is_the_identity():
    x = images()
    assert diff_augment(x, 0.0, draws()) is x


def test_same_source_same_pictures_and_gradients_flow():
    x = images().requires_grad_()
    first, second = diff_augment(x, 1.0, draws(1)), diff_augment(x, 1.0, draws(1))
    assert torch.equal(first, second) and not torch.equal(first, diff_augment(x, 1.0, draws(2)))
    first.square().sum().backward()
    assert torch.isfinite(x.grad).all() and (x.grad != 0).any()


def test_the_share_that_is_augmented_follows_the_strength():
    x = images(2000, 1)
    changed = (diff_augment(x, 0.1, draws(3, 2000)) != x).flatten(1).any(1).float().mean().item()
    assert 0.2 < changed < 0.35  # 1 − 0.9³ = 0.27, less shifts by zero


def test_translation_shifts_whole_pixels_and_fills_with_zeros():
    x = images(64, 1)

    to_the_corner = Fixed(0.0)  # −1/8 of the side both ways
    shifted = _translate(x, torch.ones(64), to_the_corner)
    assert (
        torch.equal(shifted[:, :, 2:, 2:], x[:, :, :-2, :-2])
        and not shifted[:, :, :2].any()
        and not shifted[..., :2].any()
    )
    assert torch.equal(_translate(x, torch.zeros(64), to_the_corner), x)


def test_holes_are_squares_of_at_most_half_the_side():
    holes = _holes(images(200, 1), draws(4, 200))
    assert set(holes.unique().tolist()) == {0.0, 1.0} and holes.sum((1, 2, 3)).max() <= 64


def test_strength_by_number_of_pictures():
    assert [strength_for(n) for n in (100, 1999, 2000, 30_000, 50_000)] == [1.0, 1.0, 0.3, 0.3, 0.0]
