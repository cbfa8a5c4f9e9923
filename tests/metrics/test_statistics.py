"""Every statistic against its formula, written out slowly."""

import math

import pytest
import torch

from gan_core.metrics.diversity import diversity
from gan_core.metrics.frechet import frechet
from gan_core.metrics.kid import kid
from gan_core.metrics.precision_recall import manifold


def gaussian(count, dim, seed, shift=0.0, scale=1.0):
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(seed)) * scale + shift


def slow_kid(real, fake):
    """Bińkowski et al. 2018, eq. 4, term by term."""
    x, y = real.double().tolist(), fake.double().tolist()

    def kernel(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    def mean_of_others(rows):
        total = sum(kernel(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j)
        return total / (len(rows) * (len(rows) - 1))

    across = sum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))
    return mean_of_others(x) + mean_of_others(y) - 2 * across


@pytest.mark.parametrize("block", [1, 7, 1024])
def test_kid_is_the_formula(block):
    real, fake = gaussian(13, 5, 0), gaussian(9, 5, 1, shift=0.5)
    assert kid(real, fake, block=block) == pytest.approx(slow_kid(real, fake), rel=1e-12)


def test_kid_has_no_bias():
    """The mean over many small draws from one distribution is 0; the biased estimate's would be far above its error."""
    values = torch.tensor([kid(gaussian(8, 4, 2 * i), gaussian(8, 4, 2 * i + 1)) for i in range(2000)])
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean()) < 3 * error
    assert values.mean() < 0.1


def test_kid_grows_with_the_difference():
    real = gaussian(200, 8, 0)
    values = [kid(real, gaussian(200, 8, 1, shift=shift)) for shift in (0.0, 0.2, 0.5, 1.0)]
    assert values == sorted(values)
    assert values[0] < values[1] / 3


def test_kid_of_subsets_agrees_and_repeats():
    real, fake = gaussian(300, 8, 0), gaussian(250, 8, 1, shift=0.5)
    whole, parts = kid(real, fake), kid(real, fake, subsets=50, subset_size=100)
    assert parts == pytest.approx(whole, rel=0.1)
    assert parts == kid(real, fake, subsets=50, subset_size=100)
    assert kid(real, fake, subsets=1, subset_size=10**6) == pytest.approx(kid(real[:250], fake), rel=0.2)


def test_kid_refuses_what_has_no_answer():
    with pytest.raises(ValueError, match="at least two"):
        kid(gaussian(1, 4, 0), gaussian(5, 4, 1))
    with pytest.raises(ValueError, match="must be"):
        kid(gaussian(5, 4, 0), gaussian(5, 3, 1))


def slow_frechet(real, fake):
    """Heusel et al. 2017, eq. 6, with the matrix root by an eigendecomposition: tr (ΣT)^½ = tr (Σ^½ T Σ^½)^½."""

    def root(matrix):
        values, vectors = torch.linalg.eigh(matrix)
        return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T

    real, fake = real.double(), fake.double()
    sigma, tau = torch.cov(real.T), torch.cov(fake.T)
    mixed = root(root(sigma) @ tau @ root(sigma))
    return float((real.mean(0) - fake.mean(0)).square().sum() + torch.trace(sigma + tau - 2 * mixed))


@pytest.mark.parametrize("sizes", [(50, 40, 6), (12, 9, 30), (60, 10, 20), (10, 60, 20)])
def test_frechet_is_the_formula(sizes):
    m, n, dim = sizes
    real, fake = gaussian(m, dim, 0), gaussian(n, dim, 1, shift=0.3, scale=1.7)
    assert frechet(real, fake) == pytest.approx(slow_frechet(real, fake), rel=1e-5)


def test_frechet_of_a_set_and_itself_is_zero():
    real = gaussian(100, 8, 0)
    assert frechet(real, real) == pytest.approx(0, abs=1e-9)
    assert frechet(real, real + 2) == pytest.approx(8 * 4)


def slow_manifold(real, fake, k, coverage_k):
    """Kynkäänniemi et al. 2019, eq. 1–2, and Naeem et al. 2020, eq. 2 and 4, by loops over pairs."""

    def radius(points, i, neighbour):
        return sorted(math.dist(points[i], points[j]) for j in range(len(points)) if j != i)[neighbour - 1]

    def inside(point, points, neighbour):
        return [math.dist(point, points[i]) <= radius(points, i, neighbour) for i in range(len(points))]

    x, y = real.double().tolist(), fake.double().tolist()
    precision = sum(any(inside(point, x, k)) for point in y) / len(y)
    recall = sum(any(inside(point, y, k)) for point in x) / len(x)
    density = sum(sum(inside(point, x, coverage_k)) for point in y) / (coverage_k * len(y))
    covered = [any(math.dist(x[i], point) <= radius(x, i, coverage_k) for point in y) for i in range(len(x))]
    return precision, recall, density, sum(covered) / len(x)


@pytest.mark.parametrize("k, coverage_k", [(3, 5), (1, 2)])
def test_manifold_is_the_formula(k, coverage_k):
    real, fake = gaussian(40, 3, 0), gaussian(30, 3, 1, shift=0.8, scale=0.6)
    found = manifold(real, fake, k, coverage_k)
    expected = slow_manifold(real, fake, k, coverage_k)
    assert (found.precision, found.recall, found.density, found.coverage) == pytest.approx(expected)
    assert 0 < found.recall < found.precision < 1  # the case tells the four apart


def test_manifold_of_duplicates_and_of_strangers():
    real = gaussian(50, 4, 0)
    same = manifold(real, real.clone())
    assert (same.precision, same.recall, same.coverage) == (1, 1, 1)
    far = manifold(real, real + 100)
    assert (far.precision, far.recall, far.density, far.coverage) == (0, 0, 0, 0)
    collapsed = manifold(real, real[:1].repeat(50, 1))
    assert collapsed.precision == 1
    assert collapsed.recall < 0.1


def test_manifold_needs_neighbours():
    with pytest.raises(ValueError, match="more than 5"):
        manifold(gaussian(5, 4, 0), gaussian(50, 4, 1))


def pictures(count, seed=0, channels=3, size=32):
    return torch.randint(
        256, (count, channels, size, size), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8
    )


def test_diversity_is_the_mean_distance():
    images = torch.stack([torch.full((3, 16, 16), level) for level in (0.0, 60.0, 90.0)]).to(torch.uint8)
    assert diversity(images) == pytest.approx((60 + 90 + 30) / 3)


def test_diversity_does_not_ask_the_type_of_the_pictures():
    images = pictures(16)
    assert diversity(images.float() / 127.5 - 1) == pytest.approx(diversity(images), rel=1e-4)
    assert diversity((images.float() / 127.5 - 1).bfloat16()) == pytest.approx(diversity(images), rel=0.05)


def test_diversity_falls_with_collapse_and_forgives_noise():
    real = pictures(64)
    collapsed = real[:2].repeat(32, 1, 1, 1)
    one = (
        (real[:1].int() + torch.randint(-8, 9, real.shape, generator=torch.Generator().manual_seed(1)))
        .clamp(0, 255)
        .to(torch.uint8)
    )
    assert diversity(real, pictures(64, seed=1)) == pytest.approx(1, abs=0.05)
    assert 0.4 < diversity(collapsed, real) < 0.6
    assert diversity(one, real) < 0.1


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (5, 1, 28, 28), (4, 4, 16, 16), (3, 3, 4, 4)])
def test_diversity_takes_any_batch(shape):
    images = torch.randint(256, shape, dtype=torch.uint8)
    value = diversity(images)
    assert math.isfinite(value) and value >= 0
    assert diversity(images[:1]) == 0
