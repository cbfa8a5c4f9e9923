"""Kernel distance between two sets of pictures, by their features (the KID statistic)."""

import torch


def kid(real, fake, subsets=0, subset_size=1000, seed=0, block=1024):
    """Squared maximum mean discrepancy of two feature sets under the cubic polynomial kernel, the unbiased estimate.

    `real` [M, D] and `fake` [N, D] are finite float tensors with M, N ≥ 2. Returns a float, 0 in expectation when both come from
    one distribution (so it may fall slightly below 0); people quote it × 10³. By default every pair counts once. With
    `subsets` > 0 it is instead the mean over that many random subsets of `subset_size`, as early implementations report it.
    Memory: `block` × N kernel values at a time.

    Source: Bińkowski et al. 2018, “Demystifying MMD GANs”, eq. 4 (unbiased MMD²) and sec. 4 (kernel (x·y/d + 1)³).
    """
    _check(real, fake)
    if not subsets:
        return _mmd2(real, fake, block)
    generator = torch.Generator().manual_seed(seed)
    size = min(subset_size, len(real), len(fake))
    draws = [
        [torch.randperm(len(x), generator=generator)[:size].to(x.device) for x in (real, fake)] for _ in range(subsets)
    ]
    return sum(_mmd2(real[i], fake[j], block) for i, j in draws) / subsets


def polynomial_kernel(x, y):
    """k(x, y) = (x·y / D + 1)³ for every pair of rows: [M, D], [N, D] -> [M, N]."""
    return (x @ y.T / x.shape[1] + 1).pow(3)


def _mmd2(x, y, block):
    m, n = len(x), len(y)
    x, y = x.double(), y.double()  # the three sums are large and nearly cancel
    within_x = _kernel_sum(x, x, block) - polynomial_diagonal(x)
    within_y = _kernel_sum(y, y, block) - polynomial_diagonal(y)
    return float(within_x / (m * (m - 1)) + within_y / (n * (n - 1)) - 2 * _kernel_sum(x, y, block) / (m * n))


def polynomial_diagonal(x):
    """The sum of k(x_i, x_i), which the unbiased estimate leaves out."""
    return (x.square().sum(1) / x.shape[1] + 1).pow(3).sum()


def _kernel_sum(x, y, block):
    return sum(polynomial_kernel(rows, y).sum() for rows in x.split(block))


def _check(real, fake):
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(f"features must be [M, D] and [N, D], got {tuple(real.shape)} and {tuple(fake.shape)}")
    if min(len(real), len(fake)) < 2:
        raise ValueError("the unbiased estimate needs at least two pictures on each side")
