"""The training step that every GAN family shares: two networks, one loss by name, a gradient penalty, DiffAugment."""

import torch
from torch import Tensor, nn

from gan_core.augment import diff_augment
from gan_core.losses import ADVERSARIAL, wgan_gradient_penalty, zero_centred_penalty
from gan_core.models.base import Batch, Family


class AdversarialFamily(Family):
    """A generator and a discriminator that learn from each other. A subclass names its networks and defaults."""

    Discriminator: type[nn.Module]
    betas = (0.0, 0.99)

    def __init__(self, config, train, device):
        super().__init__(config, train, device)
        self.discriminator = self.place(self.Discriminator(config, train.d_width))
        self.loss = ADVERSARIAL[train.loss]
        self._optimizers = {
            "generator": self.adam(self.generator, self.betas),
            "discriminator": self.adam(self.discriminator, self.betas),
        }

    def networks(self):
        return {"generator": self.generator, "discriminator": self.discriminator}

    def optimizers(self):
        return self._optimizers

    def train_step(self, batch: Batch) -> dict[str, Tensor]:
        """One discriminator step, then one generator step on the same generated pictures.

        The generator has not changed in between, so one forward pass serves both; the relativistic generator loss pairs
        with the real logits of the discriminator step.
        """
        with self.device.autocast():
            fake = self.generator(batch.noise(len(batch.images), self.config.z_dim), batch.labels)
        d_loss, real_logits, penalty = self.discriminator_step(batch, fake.detach())
        g_loss = self.generator_step(batch, fake, real_logits)
        return {"generator": g_loss.detach(), "discriminator": d_loss, "penalty": penalty}

    def discriminator_step(self, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Judge real and generated pictures in one pass and step; return (loss, real logits, penalty), all detached."""
        penalise = self.train.gamma > 0 and batch.step % self.train.penalty_every == 0
        images = torch.cat([batch.images, fake.float()]).contiguous(memory_format=torch.channels_last)
        labels = None if batch.labels is None else torch.cat([batch.labels, batch.labels])
        images.requires_grad_(penalise)
        with self.device.autocast() if not penalise else torch.enable_grad():  # penalties stay in fp32
            logits = self.discriminator(diff_augment(images, self.train.augment, batch.rng), labels).float()
        real, generated = logits.chunk(2)
        loss = self.loss.discriminator(real, generated)
        penalty = loss.new_zeros(())
        if penalise:
            penalty = self.penalty(images, logits, labels, batch)
        optimizer = self._optimizers["discriminator"]
        optimizer.zero_grad(set_to_none=True)
        (loss + penalty * self.train.gamma * self.train.penalty_every).backward()
        optimizer.step()
        return loss.detach(), real.detach(), penalty.detach()

    def penalty(self, images: Tensor, logits: Tensor, labels: Tensor | None, batch: Batch) -> Tensor:
        """R1 + R2 on the judged pictures, taken through the augmentation (R3GAN); for wgan the penalty of WGAN-GP."""
        if self.train.loss != "wgan":
            return 2 * zero_centred_penalty(logits, images)  # a mean over both halves, so twice it is R1 + R2
        real, fake = images.detach().chunk(2)
        mix = torch.rand(len(real), 1, 1, 1, generator=batch.rng, device=batch.rng.device).to(real.device)
        between = torch.lerp(real, fake, mix).requires_grad_()
        half = None if labels is None else labels[: len(real)]
        return wgan_gradient_penalty(
            self.discriminator(diff_augment(between, self.train.augment, batch.rng), half), between
        )

    def generator_step(self, batch: Batch, fake: Tensor, real_logits: Tensor) -> Tensor:
        """Step the generator against the discriminator, whose weights need no gradients meanwhile."""
        self.discriminator.requires_grad_(False)
        with self.device.autocast():
            logits = self.discriminator(diff_augment(fake, self.train.augment, batch.rng), batch.labels)
        loss = self.loss.generator(real_logits, logits.float())
        optimizer = self._optimizers["generator"]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        self.discriminator.requires_grad_(True)
        return loss
