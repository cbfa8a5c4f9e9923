"""How alike two pictures are: the loss that inversion goes down, and the distance that a person is told."""

import torch
from torch import Tensor
from torch.nn import functional as F

COARSEST = 4  # pixels a side of the smallest level that is compared


def seen(images: Tensor) -> Tensor:
    """Pictures as the eye compares them: with 4 channels, the colours lie on white and the transparency stands beside them."""
    if images.shape[1] != 4:
        return images
    alpha = images[:, 3:]
    return torch.cat([(images[:, :3] - 1) * (alpha + 1) / 2 + 1, alpha], 1)


def likeness(a: Tensor, b: Tensor) -> Tensor:
    """Loss [N] between pictures [N, C, R, R] in [−1, 1], 0 for equal ones: each level of a pyramid by colours and by edges.

    Mean absolute difference of the colours (after the Laplacian-pyramid loss of Bojanowski et al. 2018 (GLO), sec. 3.3) and of
    the differences between neighbours, averaged over sizes R, R/2, … down to 4 pixels. It stands in for a perceptual network: with
    EfficientNet-Lite0's features added, a search took 5 to 15 times as long, came 7–11 % nearer by those features and no nearer by
    pixels (two unseen pictures, `pixel-faces-gan`; `python -m benchmarks.inversion --variants 2` compares).
    """
    a, b = seen(a), seen(b)
    terms = []
    while True:
        difference = a - b
        terms.append((difference.abs() + difference.square()).flatten(1).mean(1) + _edges(difference))
        if a.shape[-1] // 2 < COARSEST:
            return torch.stack(terms).mean(0)
        a, b = _halved(a), _halved(b)


def _edges(difference: Tensor) -> Tensor:
    across = (difference[..., 1:] - difference[..., :-1]).abs().flatten(1).mean(1)
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs().flatten(1).mean(1)
    return across + down


def _halved(images: Tensor) -> Tensor:
    return F.avg_pool2d(images, 2)
