"""How the playground learns: each method has its networks, one step, and what can be drawn of it. Losses are gan_core.losses'."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from gan_core import losses
from gan_core.playground.clouds import Cloud
from gan_core.playground.mlp import Mlp
from gan_core.playground.settings import Sizes
from gan_core.unroll import Adam, unrolled

CRITIC_STEPS = 5  # WGAN-GP: critic steps for one of the generator (Gulrajani et al. 2017, algorithm 1)
SLOPE_WEIGHT = 1.0  # WGAN-GP's λ; the square is small, so 10 as for pictures would be stiff
LIKELIHOOD = 0.05  # σ of a VAE's Gaussian likelihood
SCALE = 4.0  # what a judging or encoding network multiplies the square with: groups lie further apart for it


class Method(ABC):
    """One way to learn a cloud. `landscape` and `push` are what its heat map and its arrows show.

    `runs`: take so many independent runs at once, in a dimension in front of all others; () is a single one.
    """

    def __init__(self, cloud: Cloud, sizes: Sizes, seed: int, runs: tuple[int, ...] = ()):
        self.cloud, self.sizes, self.runs = cloud, sizes, runs
        self.source = torch.Generator().manual_seed(seed)
        self.generator = Mlp(sizes.layers(sizes.latent, 2))
        self.g = self.network(self.generator)
        self.g_optimizer = self.adam(self.g, sizes.lr)

    def network(self, mlp: Mlp) -> Tensor:
        """First parameters of a network."""
        first = [mlp.initial(self.source, self.sizes.gain) for _ in range(math.prod(self.runs))]
        return torch.stack(first).view(*self.runs, -1).requires_grad_()

    def descend(self, optimizers: list[torch.optim.Adam], parameters: list[Tensor], loss: Tensor) -> None:
        """One step of each optimizer against a loss, a mean over all runs: times their number it is each run's own."""
        gradients = torch.autograd.grad(loss * math.prod(self.runs), parameters)
        for optimizer, one, gradient in zip(optimizers, parameters, gradients, strict=True):
            one.grad = gradient
            optimizer.step()

    def adam(self, parameters: Tensor, lr: float) -> torch.optim.Adam:
        """An optimizer for one network."""
        return torch.optim.Adam([parameters], lr, (self.sizes.beta1, 0.999), fused=True)

    def real(self) -> Tensor:
        """A batch of the cloud [n, 2]."""
        points = self.cloud.draw(math.prod(self.runs) * self.sizes.batch, self.source)
        return points.view(*self.runs, self.sizes.batch, 2)

    def noise(self) -> Tensor:
        """A batch of latents [n, latent]."""
        return torch.randn(*self.runs, self.sizes.batch, self.sizes.latent, generator=self.source)

    def sample(self, z: Tensor) -> Tensor:
        """Points [n, 2] of latents [n, latent]."""
        with torch.no_grad():
            return self.generator(self.g, z)

    @abstractmethod
    def step(self) -> dict[str, float]:
        """Learn once; return the losses."""

    @abstractmethod
    def landscape(self, places: Tensor) -> Tensor:
        """How good the method thinks places [n, 2] are, from 0 to 1 [n]."""

    @abstractmethod
    def push(self, points: Tensor) -> Tensor:
        """Where the method would move points [n, 2] now: vectors of any length [n, 2]."""


class Gan(Method):
    """The GAN of 2014: binary cross-entropy, one step of each network in turn (Goodfellow et al. 2014)."""

    loss = losses.ADVERSARIAL["nonsaturating"]
    rounds = 1

    def __init__(self, cloud: Cloud, sizes: Sizes, seed: int, runs: tuple[int, ...] = ()):
        super().__init__(cloud, sizes, seed, runs)
        self.discriminator = Mlp(sizes.layers(2, 1))
        self.d = self.network(self.discriminator)
        self.d_optimizer = self.adam(self.d, sizes.d_lr)

    def judge(self, parameters: Tensor, points: Tensor) -> Tensor:
        """Logits [n] of points [n, 2]."""
        return self.discriminator(parameters, SCALE * points).squeeze(-1)

    def objective(self, parameters: Tensor, real: Tensor, fake: Tensor) -> Tensor:
        """The discriminator's loss with these parameters."""
        return self.loss.discriminator(*self.logits(parameters, real, fake))

    def logits(self, parameters: Tensor, real: Tensor, fake: Tensor) -> tuple[Tensor, ...]:
        """(real logits, generated logits)."""
        return self.judge(parameters, torch.cat([real, fake], -2)).chunk(2, -1)

    def step(self) -> dict[str, float]:
        for _ in range(self.rounds):
            real, fake = self.real(), self.generator(self.g, self.noise())
            d_loss = self.objective(self.d, real, fake.detach())
            self.descend([self.d_optimizer], [self.d], d_loss)
        g_loss = self.fool(real, fake)
        self.descend([self.g_optimizer], [self.g], g_loss)
        return {"generator": g_loss.item(), "discriminator": d_loss.item()}

    def fool(self, real: Tensor, fake: Tensor) -> Tensor:
        """The generator's loss."""
        return self.loss.generator(*self.logits(self.d.detach(), real, fake))

    def landscape(self, places: Tensor) -> Tensor:
        with torch.no_grad():
            return self.judge(self.d, places).sigmoid()

    def push(self, points: Tensor) -> Tensor:
        points = points.detach().requires_grad_()
        (slope,) = torch.autograd.grad(self.judge(self.d.detach(), points).sum(), points)
        return slope


class WganGp(Gan):
    """Wasserstein GAN with gradient penalty (Gulrajani et al. 2017)."""

    loss = losses.ADVERSARIAL["wgan"]
    rounds = CRITIC_STEPS

    def objective(self, parameters: Tensor, real: Tensor, fake: Tensor) -> Tensor:
        between = torch.lerp(real, fake, torch.rand(*real.shape[:-1], 1, generator=self.source))
        between = between.view(-1, 2).requires_grad_()
        slope = losses.wgan_gradient_penalty(self.judge(parameters, between.view_as(real)), between)
        return super().objective(parameters, real, fake) + SLOPE_WEIGHT * slope

    def landscape(self, places: Tensor) -> Tensor:
        with torch.no_grad():  # a critic's height has no zero: shown from the lowest to the highest
            height = self.judge(self.d, places)
            return (height - height.min()) / (height.max() - height.min()).clamp_min(1e-6)


class UnrolledGan(Gan):
    """The same game, but the generator looks `unroll` discriminator steps ahead (Metz et al. 2017, sec. 2)."""

    def fool(self, real: Tensor, fake: Tensor) -> Tensor:
        state = self.d_optimizer.state[self.d]
        memory = (state["exp_avg"], state["exp_avg_sq"], state["step"])
        rule = Adam(self.sizes.d_lr, self.sizes.beta1, 0.999, 1e-8, memory)
        count = math.prod(self.runs)  # the loss is a mean over them
        ahead = unrolled(self.d, lambda d: self.objective(d, real, fake) * count, rule, self.sizes.unroll)
        return self.loss.generator(*self.logits(ahead, real, fake))


class Autoencoder(Method):
    """Two numbers into a code of as many, and back (Hinton & Salakhutdinov 2006)."""

    code = 1  # numbers of the encoder's output for each one of the latent

    def __init__(self, cloud: Cloud, sizes: Sizes, seed: int, runs: tuple[int, ...] = ()):
        super().__init__(cloud, sizes, seed, runs)
        self.encoder = Mlp(sizes.layers(2, self.code * sizes.latent))
        self.e = self.network(self.encoder)
        self.e_optimizer = self.adam(self.e, sizes.lr)

    def step(self) -> dict[str, float]:
        parts = self.parts(self.real())
        self.descend([self.g_optimizer, self.e_optimizer], [self.g, self.e], sum(parts.values()))
        return {name: part.item() for name, part in parts.items()}

    def parts(self, real: Tensor) -> dict[str, Tensor]:
        """The parts of the loss of a batch, by name."""
        return {"reconstruction": self.error(self.generator(self.g, self.encoder(self.e, SCALE * real)), real)}

    def error(self, again: Tensor, real: Tensor) -> Tensor:
        """How far pictures of points are from the points, in σ² of the likelihood."""
        return losses.squared_error(again.flatten(0, -2), real.flatten(0, -2)).mean() / LIKELIHOOD**2

    def codes(self, points: Tensor) -> Tensor:
        """The codes [n, latent] of points [n, 2]."""
        return self.encoder(self.e, SCALE * points)[..., : self.sizes.latent]

    def again(self, points: Tensor) -> Tensor:
        """Points [n, 2] after going through both networks."""
        with torch.no_grad():
            return self.generator(self.g, self.codes(points))

    def landscape(self, places: Tensor) -> Tensor:
        return torch.exp(-losses.squared_error(self.again(places), places) / LIKELIHOOD**2 / 4)

    def push(self, points: Tensor) -> Tensor:
        return self.again(points) - points


class Vae(Autoencoder):
    """An autoencoder whose codes are kept close to a normal distribution (Kingma & Welling 2014)."""

    code = 2

    def parts(self, real: Tensor) -> dict[str, Tensor]:
        mean, log_variance = self.encoder(self.e, SCALE * real).chunk(2, -1)
        code = losses.reparameterize(mean, log_variance, self.noise())
        kl = losses.gaussian_kl(mean.flatten(0, -2), log_variance.flatten(0, -2)).mean()
        return {"reconstruction": self.error(self.generator(self.g, code), real), "kl": kl}
