"""How many samples look real, and how much of the real variety is covered: nearest-neighbour manifolds in feature space."""

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Manifold:
    """Four shares, each of pictures: precision and recall (0–1), density (may exceed 1) and coverage (0–1)."""

    precision: float
    recall: float
    density: float
    coverage: float


def manifold(real, fake, k=3, coverage_k=5):
    """Precision, recall, density and coverage of `fake` [N, D] against `real` [M, D], float features with M, N > `coverage_k`.

    A point lies in the manifold of a set when it is within the distance of some member to that member's `k`-th nearest neighbour
    (itself not counted). Density and coverage use `coverage_k` = 5 as their paper does, and are steadier against outliers.

    Sources: precision and recall, Kynkäänniemi et al. 2019, eq. 1–2; density and coverage, Naeem et al. 2020, eq. 2 and 4.
    """
    if min(len(real), len(fake)) <= max(k, coverage_k):
        raise ValueError(f"nearest neighbours need more than {max(k, coverage_k)} pictures on each side")
    real, fake = real.float(), fake.float()
    real_radii, fake_radii = _radii(real, (k, coverage_k)), _radii(fake, (k,))
    distances = torch.cdist(real, fake)  # [M, N]
    inside = distances <= real_radii[coverage_k][:, None]
    return Manifold(
        precision=_share((distances <= real_radii[k][:, None]).any(0)),
        recall=_share((distances <= fake_radii[k][None, :]).any(1)),
        density=float(inside.sum()) / (coverage_k * fake.shape[0]),
        coverage=_share(inside.any(1)),
    )


def _radii(features, neighbours):
    """For each k in `neighbours`, the distance of every row to its k-th nearest other row: {k: [N]}."""
    distances = torch.cdist(features, features).fill_diagonal_(0)  # exactly 0, so that the row itself comes first
    nearest = distances.topk(max(neighbours) + 1, largest=False).values
    return {k: nearest[:, k] for k in neighbours}


def _share(flags):
    return float(flags.float().mean())
