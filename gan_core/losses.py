"""Adversarial losses, gradient penalties and VAE terms as pure functions, each after its paper.

Logits are the discriminator's raw outputs, shape [N]. Every loss is a scalar: the mean over the batch unless said otherwise.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


class AdversarialLoss(NamedTuple):
    """The two sides of a game; each takes (real_logits, fake_logits) and returns a scalar to minimise."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]


def nonsaturating_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Binary cross-entropy, real = 1 and fake = 0: E softplus(−real) + E softplus(fake). Goodfellow et al. 2014, eq. 1."""
    return softplus(-real).mean() + softplus(fake).mean()


def nonsaturating_generator(real: Tensor, fake: Tensor) -> Tensor:
    """Minimise −log σ(fake) = E softplus(−fake). Goodfellow et al. 2014, sec. 3, last paragraph."""
    return softplus(-fake).mean()


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E max(0, 1 − real) + E max(0, 1 + fake). Miyato et al. 2018 (SNGAN), eq. 16."""
    return relu(1 - real).mean() + relu(1 + fake).mean()


def hinge_generator(real: Tensor, fake: Tensor) -> Tensor:
    """−E fake. Miyato et al. 2018 (SNGAN), eq. 17."""
    return -fake.mean()


def wgan_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E fake − E real, the critic's negated distance estimate. Arjovsky et al. 2017, eq. 2 and algorithm 1."""
    return fake.mean() - real.mean()


def relativistic_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """RpGAN with pairing: E softplus(fake − real). Jolicoeur-Martineau 2018; Huang et al. 2024 (R3GAN), eq. 2."""
    return softplus(fake - real).mean()


def relativistic_generator(real: Tensor, fake: Tensor) -> Tensor:
    """RpGAN, the generator's side: E softplus(real − fake). Huang et al. 2024 (R3GAN), eq. 2."""
    return softplus(real - fake).mean()


ADVERSARIAL = {
    "relativistic": AdversarialLoss(relativistic_discriminator, relativistic_generator),
    "nonsaturating": AdversarialLoss(nonsaturating_discriminator, nonsaturating_generator),
    "hinge": AdversarialLoss(hinge_discriminator, hinge_generator),
    "wgan": AdversarialLoss(wgan_discriminator, hinge_generator),
}


def zero_centred_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """½·E‖∂logit/∂image‖², R1 on real and R2 on generated pictures. Mescheder et al. 2018, eq. 9; R3GAN, eq. 3–4.

    `images` [N, C, H, W] must require grad and have produced `logits` [N]; taken in fp32.
    """
    (gradient,) = torch.autograd.grad(logits.float().sum(), images, create_graph=True)
    return gradient.float().square().flatten(1).sum(1).mean() / 2


def wgan_gradient_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """E(‖∂logit/∂image‖₂ − 1)² at points between real and generated pictures. Gulrajani et al. 2017, eq. 3."""
    (gradient,) = torch.autograd.grad(logits.float().sum(), images, create_graph=True)
    return (gradient.float().flatten(1).norm(dim=1) - 1).square().mean()


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(0, 1)) in nats, summed over latent numbers [N, z] → [N]. Kingma & Welling 2014, app. B."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


def squared_error(reconstruction: Tensor, images: Tensor) -> Tensor:
    """½·Σ(x̂ − x)² over all values of a picture, [N, C, H, W] → [N]: a Gaussian likelihood of unit variance, in nats."""
    return (reconstruction.float() - images.float()).square().flatten(1).sum(1) / 2


def reparameterize(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """mean + σ·noise with σ = exp(½·log_variance). Kingma & Welling 2014, sec. 2.4."""
    return mean + (log_variance / 2).exp() * noise
