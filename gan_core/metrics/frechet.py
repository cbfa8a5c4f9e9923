"""Fréchet distance between two sets of pictures, by Gaussians fitted to their features."""

import torch


def frechet(real, fake):
    """Squared Fréchet (2-Wasserstein) distance of the Gaussians fitted to two feature sets.

    `real` [M, D] and `fake` [N, D] are float tensors with M, N ≥ 2. Returns a float ≥ 0. The estimate is biased upwards by an amount that depends on
    M and N, so it means something only beside the distance of two real sets of the same sizes.

    Source: Heusel et al. 2017, eq. 6: |μ − ν|² + tr(Σ + T − 2 (ΣT)^½). With centred features A and B, Σ = AᵀA and T = BᵀB, the
    eigenvalues of ΣT are the squared singular values of A Bᵀ: the last trace is a nuclear norm and no matrix root is needed.
    """
    (mean_x, x), (mean_y, y) = _centred(real), _centred(fake)
    traces = x.square().sum() + y.square().sum()
    cross = x @ y.T if max(len(x), len(y)) < x.shape[1] else _triangle(x) @ _triangle(y).T
    distance = (mean_x - mean_y).square().sum() + traces - 2 * torch.linalg.svdvals(cross).sum()
    return max(0.0, float(distance))  # rounding may leave −1e-12 for equal sets


def _centred(features):
    """Mean [D] and the rows scaled so that their Gram matrix AᵀA is the covariance."""
    features = features.double()
    mean = features.mean(0)
    return mean, (features - mean) / (len(features) - 1) ** 0.5


def _triangle(rows):
    """R [≤ D, D] of a QR decomposition: RᵀR = AᵀA, so R stands for A with at most D rows."""
    return torch.linalg.qr(rows, mode="r").R
