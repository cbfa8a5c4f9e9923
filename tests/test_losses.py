"""Every loss against its formula, written out again in NumPy float64."""

import numpy as np
import pytest
import torch

from gan_core import losses

rng = np.random.default_rng(0)
REAL, FAKE = rng.normal(size=64) * 3, rng.normal(size=64) * 3


def log_sigmoid(x):
    return -np.logaddexp(0, -x)


FORMULAS = {
    "nonsaturating": (
        -(log_sigmoid(REAL).mean() + np.log1p(-1 / (1 + np.exp(-FAKE))).mean()),
        -log_sigmoid(FAKE).mean(),
    ),
    "hinge": (np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean(), -FAKE.mean()),
    "wgan": (FAKE.mean() - REAL.mean(), -FAKE.mean()),
    "relativistic": (np.log1p(np.exp(-(REAL - FAKE))).mean(), np.log1p(np.exp(-(FAKE - REAL))).mean()),
}


@pytest.mark.parametrize("name", losses.ADVERSARIAL)
def test_adversarial_losses_follow_their_formulas(name):
    loss = losses.ADVERSARIAL[name]
    real, fake = torch.from_numpy(REAL), torch.from_numpy(FAKE)
    expected_d, expected_g = FORMULAS[name]
    assert loss.discriminator(real, fake).item() == pytest.approx(expected_d, rel=1e-10)
    assert loss.generator(real, fake).item() == pytest.approx(expected_g, rel=1e-10)


def quadratic(images, matrix):
    """A critic whose gradient is known: x ↦ xᵀAx, gradient (A + Aᵀ)x."""
    flat = images.flatten(1)
    return (flat @ matrix * flat).sum(1)


@pytest.fixture
def critic():
    matrix = rng.normal(size=(12, 12))
    images = rng.normal(size=(5, 3, 2, 2))
    gradient = images.reshape(5, 12) @ (matrix + matrix.T)
    tensor = torch.from_numpy(images).requires_grad_()
    return quadratic(tensor, torch.from_numpy(matrix)), tensor, gradient


def test_zero_centred_penalty_is_half_the_squared_gradient_norm(critic):
    logits, images, gradient = critic
    expected = 0.5 * (gradient**2).sum(1).mean()
    assert losses.zero_centred_penalty(logits, images).item() == pytest.approx(expected, rel=1e-6)  # taken in fp32


def test_wgan_penalty_pulls_gradient_norms_to_one(critic):
    logits, images, gradient = critic
    expected = ((np.linalg.norm(gradient, axis=1) - 1) ** 2).mean()
    assert losses.wgan_gradient_penalty(logits, images).item() == pytest.approx(expected, rel=1e-6)


def test_penalty_has_a_gradient_of_its_own():
    weight = torch.ones(4, dtype=torch.float64, requires_grad=True)
    images = torch.ones(2, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    losses.zero_centred_penalty((images.flatten(1) * weight).sum(1), images).backward()
    assert torch.allclose(weight.grad, weight.detach())  # ½‖w‖² has the gradient w


def test_gaussian_kl_against_numerical_integration():
    mean, log_variance = 0.7, -0.9
    sigma = np.exp(log_variance / 2)
    x = np.linspace(-12, 12, 400_001)
    q = np.exp(-((x - mean) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    log_ratio = -((x - mean) ** 2) / (2 * sigma**2) - np.log(sigma) + x**2 / 2
    expected = np.trapezoid(q * log_ratio, x) if hasattr(np, "trapezoid") else np.trapz(q * log_ratio, x)
    got = losses.gaussian_kl(torch.full((1, 3), mean).double(), torch.full((1, 3), log_variance).double())
    assert got.item() == pytest.approx(3 * expected, rel=1e-6)


def test_squared_error_and_reparameterization():
    a, b = rng.normal(size=(4, 3, 2, 2)), rng.normal(size=(4, 3, 2, 2))
    expected = 0.5 * ((a - b) ** 2).reshape(4, -1).sum(1)
    assert np.allclose(losses.squared_error(torch.from_numpy(a), torch.from_numpy(b)).numpy(), expected, rtol=1e-5)
    mean, log_variance, noise = (torch.from_numpy(rng.normal(size=(6, 2))) for _ in range(3))
    expected = mean.numpy() + np.sqrt(np.exp(log_variance.numpy())) * noise.numpy()
    assert np.allclose(losses.reparameterize(mean, log_variance, noise).numpy(), expected, rtol=1e-12)


def test_path_lengths_against_a_linear_generator():
    layers, w_dim, size = 3, 4, 2 * 5 * 5
    matrix = rng.normal(size=(layers * w_dim, size))
    noise = rng.normal(size=(6, 2, 5, 5))
    code = torch.from_numpy(rng.normal(size=(6, layers * w_dim))).requires_grad_()
    images = (code @ torch.from_numpy(matrix)).view(6, 2, 5, 5)
    jacobian_y = (noise.reshape(6, -1) / 5) @ matrix.T  # Jᵀy with y scaled by 1/√(H·W)
    expected = np.sqrt((jacobian_y.reshape(6, layers, w_dim) ** 2).sum(2).mean(1))
    got = losses.path_lengths(images, code, torch.from_numpy(noise), layers)
    assert np.allclose(got.detach().numpy(), expected, rtol=1e-5)


def test_gamma_follows_resolution_and_batch():
    assert losses.gamma_for("r1", 64, 32) == pytest.approx(0.0256)  # StyleGAN2-ADA: 0.0002 · res² / batch
    assert losses.gamma_for("r1r2", 64, 32) == 1.0
    assert losses.gamma_for("r1r2", 128, 32) == 4 * losses.gamma_for("r1r2", 64, 32)
    assert losses.gamma_for("gp", 64, 32) == 10.0 and losses.gamma_for("none", 64, 32) == 0.0
