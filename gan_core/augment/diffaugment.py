"""Differentiable augmentation of what the discriminator sees (DiffAugment, Zhao et al. 2020)."""

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_core.draws import Draws


def diff_augment(images: Tensor, strength: float, draws: Draws) -> Tensor:
    """Apply colour, translation and cutout, each to a random share `strength` of images [N, C, H, W] in [−1, 1].

    Gradients flow through. Sec. 3.2 of the paper and its reference code: brightness ±0.5, saturation 0–2, contrast
    0.5–1.5, shifts of 1/8 of the side, holes of half the side.
    """
    if strength <= 0:
        return images
    n = len(images)
    chosen = (draws.uniform(n, 3) < strength).to(images.dtype)[:, :, None, None, None]
    images = images + chosen[:, 0] * (_colour(images, draws) - images)
    shifted = _translate(images, chosen[:, 1, 0, 0, 0], draws)
    return shifted * (1 - chosen[:, 2] * _holes(images, draws))


def _colour(images: Tensor, draws: Draws) -> Tensor:
    brightness, saturation, contrast = draws.uniform(len(images), 3, 1, 1, 1).unbind(1)
    x = images + (brightness - 0.5)
    mean = x.mean(1, keepdim=True)
    x = (x - mean) * (saturation * 2) + mean
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * (contrast + 0.5) + mean


def _translate(images: Tensor, chosen: Tensor, draws: Draws) -> Tensor:
    """Shift by whole pixels, zeros moving in; unchosen pictures stay."""
    n, _, height, width = images.shape
    reach = max(1, round(height / 8))
    dy, dx = ((draws.uniform(n, 2).T * (2 * reach + 1)).floor() - reach) * chosen
    rows = torch.arange(height, device=images.device)[None] + dy.long()[:, None] + 1
    columns = torch.arange(width, device=images.device)[None] + dx.long()[:, None] + 1
    padded = F.pad(images, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    index = torch.arange(n, device=images.device)[:, None, None]
    rows, columns = rows.clamp(0, height + 1), columns.clamp(0, width + 1)
    return padded[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _holes(images: Tensor, draws: Draws) -> Tensor:
    """Mask [N, 1, H, W] that is 1 in a square of half the side at a random place."""
    n, _, height, width = images.shape
    side = height // 2
    top, left = (draws.uniform(n, 2, 1).transpose(0, 1) * (height + 1)).floor() - side // 2
    rows = torch.arange(height, device=images.device)[None]
    columns = torch.arange(width, device=images.device)[None]
    inside_rows = (rows >= top) & (rows < top + side)
    inside_columns = (columns >= left) & (columns < left + side)
    return (inside_rows[:, :, None] & inside_columns[:, None, :]).to(images.dtype)[:, None]
