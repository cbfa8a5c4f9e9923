"""A gauge of variety cheap enough for the training loop: it falls towards 0 when a generator collapses."""

import torch
from torch.nn import functional as F

GRID = 8  # pictures are compared at 8 × 8 pixels: pose, colours and masses count, noise does not


def diversity(images, real=None):
    """Mean distance between the pictures of a batch, in grey levels root mean square; with `real`, relative to the real ones.

    `images` and `real` are [N, C, H, W], uint8 or float in [-1, 1], on any device; N may be 1 (nothing to compare: 0.0). Without `real`
    the result runs from 0 (all alike) to 255. With it, 1.0 means as varied as
    real pictures. Cheap enough for every sheet of samples: 8 × 8 pixels a picture are compared.
    """
    spread = _spread(images)
    if real is None:
        return spread
    real_spread = _spread(real)
    return spread / real_spread if real_spread else 1.0


def _spread(images):
    if len(images) < 2:
        return 0.0
    small = images.float() if images.dtype == torch.uint8 else (images.float() + 1) * 127.5
    if small.shape[-1] > GRID:
        small = F.adaptive_avg_pool2d(small, GRID)
    points = small.flatten(1)
    return float(torch.pdist(points).mean() / points.shape[1] ** 0.5)
