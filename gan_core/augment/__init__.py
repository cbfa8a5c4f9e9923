"""Augmentation of what the discriminator sees: one file per pipeline, each (images, strength, draws) -> images."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gan_core.registry import resolve

if TYPE_CHECKING:
    from torch import Tensor

    from gan_core.draws import Draws

AUGMENTATIONS = {
    "diffaugment": "gan_core.augment.diffaugment:diff_augment",
    "ada": "gan_core.augment.ada:ada",
    "none": "gan_core.augment:unchanged",
}


def augmentation(name: str) -> Callable[[Tensor, float, Draws], Tensor]:
    """The pipeline called `name`: images [N, C, H, W] in [−1, 1], strength 0–1 (0 changes nothing), draws → images."""
    return resolve(AUGMENTATIONS, name)


def unchanged(images: Tensor, strength: float, draws: Draws) -> Tensor:
    """No augmentation."""
    return images
