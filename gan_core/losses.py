"""Adversarial losses, gradient penalties and VAE terms as pure functions, each after its paper.

Logits are the discriminator's raw outputs, shape [N]. Every loss is a scalar: the mean over the batch unless said otherwise.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import relu, softplus


class AdversarialLoss(NamedTuple):
    """The two sides of a game; each takes (real_logits, fake_logits) and returns a scalar to minimise.

    `relative`: only differences of logits matter, so that zero is no border between real and generated.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]
    relative: bool = False


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
    "relativistic": AdversarialLoss(relativistic_discriminator, relativistic_generator, relative=True),
    "nonsaturating": AdversarialLoss(nonsaturating_discriminator, nonsaturating_generator),
    "hinge": AdversarialLoss(hinge_discriminator, hinge_generator),
    "wgan": AdversarialLoss(wgan_discriminator, hinge_generator, relative=True),
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


def path_lengths(images: Tensor, code: Tensor, noise: Tensor, layers: int) -> Tensor:
    """‖J_wᵀ y‖₂ per picture [N], y ~ N(0, 1) scaled by 1/√(H·W). Karras et al. 2020 (StyleGAN2), eq. 4 and app. B.

    `code` [N, layers · w_dim] must have produced `images` [N, C, H, W]; with a code per layer, the root of the mean over
    layers of the squared norm, as in the official code.
    """
    scale = (images.shape[2] * images.shape[3]) ** 0.5
    (gradient,) = torch.autograd.grad((images * noise / scale).sum(), code, create_graph=True)
    return gradient.float().unflatten(1, (layers, -1)).square().sum(2).mean(1).sqrt()


def gamma_for(penalty: str, resolution: int, batch: int) -> float:
    """A weight for a gradient penalty that suits a resolution (pixels a side) and a batch.

    Like StyleGAN2-ADA's `auto` (γ = 0.0002 · resolution² / batch for R1 alone, see its train.py), R1 + R2 of a relativistic
    game with the constant that measured best at 64 px; 10 for WGAN-GP's unit slope (Gulrajani et al. 2017, sec. 4).
    """
    if penalty == "gp":
        return 10.0
    size = resolution**2 / batch
    return {"r1r2": size / 128, "r1": 0.0002 * size}.get(penalty, 0.0)


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) ‖ N(0, 1)) in nats, summed over latent numbers [N, z] → [N]. Kingma & Welling 2014, app. B."""
    return (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2


def squared_error(reconstruction: Tensor, images: Tensor) -> Tensor:
    """½·Σ(x̂ − x)² over all values of a picture, [N, C, H, W] → [N]: a Gaussian likelihood of unit variance, in nats."""
    return (reconstruction.float() - images.float()).square().flatten(1).sum(1) / 2


def reparameterize(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """mean + σ·noise with σ = exp(½·log_variance). Kingma & Welling 2014, sec. 2.4."""
    return mean + (log_variance / 2).exp() * noise
