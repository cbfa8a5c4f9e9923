"""The training step that every GAN family shares: two networks, and losses, penalties and augmentation by name."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_core import losses, parallel
from gan_core.augment import augmentation
from gan_core.augment.controller import AdaptiveStrength
from gan_core.models.base import Batch, Family
from gan_core.models.recording import CudaGraphs, Recording
from gan_core.schedules import cosine
from gan_core.unroll import Flat, unrolled

PATH_EVERY = 4  # steps between path length penalties (StyleGAN2's lazy regularization)
PATH_SHRINK = 2  # only every so many pictures of a batch take part in it
PATH_DECAY = 0.01  # how fast the running mean of path lengths follows


class AdversarialFamily(Family):
    """A generator and a discriminator that learn from each other. A subclass names its networks and defaults."""

    Discriminator: type[nn.Module]

    def __init__(self, config, train, device):
        super().__init__(config, train, device)
        discriminator = discriminator_of(train.discriminator, type(self))(config, train.d_width)
        if train.spectral_norm:
            normalise_spectrally(discriminator)
        self.discriminator = self.place(discriminator)
        self.loss, self.augmentation = losses.ADVERSARIAL[train.loss], augmentation(train.augmentation)
        self.controller = AdaptiveStrength(train.ada_target, train.augment) if train.augmentation == "ada" else None
        self.strength = self.controller.strength if self.controller else train.augment
        self.path_mean = 0.0
        self.recorder = CudaGraphs if train.cuda_graphs and device.device.type == "cuda" else None
        self.recordings: dict[tuple, Recording] = {}  # by what Python decides in a step
        self._optimizers = {  # Adam without momentum, as in WGAN-GP, StyleGAN and R3GAN
            "generator": self.adam(self.generator, 0.0),
            "discriminator": self.adam(self.discriminator, 0.0, train.d_lr),
        }

    def networks(self):
        return {"generator": self.generator, "discriminator": self.discriminator}

    def optimizers(self):
        return self._optimizers

    def adaptive(self):
        steered = self.controller.state() if self.controller else {}
        return {"augment": self.strength, "path_mean": float(self.path_mean)} | steered

    def retune(self, train):
        super().retune(train)
        self.recordings.clear()
        for group in self._optimizers["discriminator"].param_groups:
            group["initial_lr"] = train.d_lr or train.lr
        if self.controller:
            self.controller.target = train.ada_target
        else:
            self.strength = train.augment

    def restore_adaptive(self, values):
        if self.controller:  # a fixed strength is the config's, which a resumed run may change
            self.controller.restore(values)
            self.strength = self.controller.strength
        self.path_mean = values.get("path_mean", self.path_mean)

    # ---- the step

    def train_step(self, batch: Batch) -> dict[str, Tensor]:
        """One discriminator step, then one generator step on the same generated pictures.

        The generator has not changed in between, so one forward pass serves both; only a batch taken in parts draws them
        anew, to keep no more than one part's graph. The relativistic loss pairs with the discriminator step's real logits.
        """
        parts, weight = batch.split(self.train.accumulate), self.gamma() * self.train.penalty_every
        recording = self.recording(batch) if len(parts) == 1 else None
        if recording:
            recording.take(batch, weight)
        d_loss, real, generated, penalty = recording.half(0) if recording else self.judge_all(parts, weight)
        self.descend("discriminator")
        g_loss = recording.half(1) if recording else self.fool_all(parts, weight)
        if self.train.path_length > 0 and batch.step % PATH_EVERY == 0:
            self.straighten(parts)
        self.descend("generator")
        self.adapt(batch, real, generated)
        return {"generator": g_loss.mean(), "discriminator": d_loss.mean(), "penalty": penalty.mean()}

    def recording(self, batch: Batch) -> Recording | None:
        """The recording that serves for a step like this batch's; None where steps are not recorded."""
        if self.recorder is None or self.controller or self.train.unroll or parallel.size() > 1:
            return None
        kind = self.penalises(batch.step), self.strength
        if kind not in self.recordings:
            halves, networks = (self.judge_all, self.fool_all), tuple(self.networks().values())
            self.recordings[kind] = Recording(batch, halves, networks, self.recorder())
        return self.recordings[kind]

    def judge_all(self, parts: Sequence[Batch], weight: float | Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The discriminator's half of a step: leaves its gradients; (loss, real logits, generated logits, penalty) of each part."""
        whole = len(parts) == 1
        with torch.set_grad_enabled(whole):
            fakes = [self.generate(part) for part in parts]
        judged = [self.judge(part, fake.detach(), len(parts), weight) for part, fake in zip(parts, fakes, strict=True)]
        loss, real, generated, penalty = (torch.stack(values) for values in zip(*judged, strict=True))
        self._at_hand = fakes if whole else [None] * len(parts), real
        return loss, real, generated, penalty

    def fool_all(self, parts: Sequence[Batch], weight: float | Tensor) -> Tensor:
        """The generator's half of the same step: leaves its gradients; its loss on each part."""
        fakes, real = self._at_hand
        del self._at_hand
        self.discriminator.requires_grad_(False)
        loss = []
        for part, fake, logits in zip(parts, fakes, real, strict=True):
            loss.append(self.fool(part, self.generate(part) if fake is None else fake, logits, len(parts), weight))
        self.discriminator.requires_grad_(True)
        return torch.stack(loss)

    def generate(self, batch: Batch) -> Tensor:
        """Generated pictures for a batch, with the gradients of the generator."""
        with self.device.autocast():
            return self.generator(batch.draws("latent").normal(len(batch), self.config.z_dim), batch.labels)

    def judge(
        self, batch: Batch, fake: Tensor, parts: int, weight: float | Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Judge real and generated pictures in one pass; add 1/parts of the gradients, the penalty's times `weight`.

        Returns (loss, real logits, generated logits, penalty), all detached.
        """
        loss, penalty, real, generated = self.contest(self.discriminator, batch, fake)
        ((loss + penalty * weight) / parts).backward()
        return loss.detach(), real.detach(), generated.detach(), penalty.detach()

    def contest(self, discriminator: Callable, batch: Batch, fake: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(loss, penalty, real logits, generated logits) of a discriminator, differentiable in it and in `fake`."""
        penalise = self.penalises(batch.step)
        images = torch.cat([batch.images, fake.float()]).contiguous(memory_format=torch.channels_last)
        labels = None if batch.labels is None else torch.cat([batch.labels, batch.labels])
        if penalise and not images.requires_grad:
            images.requires_grad_()
        draws = batch.draws("judge")
        exact = penalise or discriminator is not self.discriminator  # what is differentiated twice stays in fp32
        with torch.enable_grad() if exact else self.device.autocast():
            logits = discriminator(self.augmentation(images, self.strength, draws), labels).float()
        real, generated = logits.chunk(2)
        loss = self.loss.discriminator(real, generated)
        penalty = self.penalty(images, logits, labels, draws, discriminator) if penalise else loss.new_zeros(())
        return loss, penalty, real, generated

    def penalises(self, step: int) -> bool:
        """Whether the discriminator is penalised in a step."""
        return self.train.penalty != "none" and self.train.gamma > 0 and step % self.train.penalty_every == 0

    def gamma(self) -> float:
        """The penalty's weight now: it falls over the run, and doubles each time the numbers ran away."""
        return self.caution * cosine(self.progress, self.train.gamma, self.train.gamma * self.train.gamma_final)

    def penalty(
        self, images: Tensor, logits: Tensor, labels: Tensor | None, draws, discriminator: Callable | None = None
    ) -> Tensor:
        """The gradient penalty by name, on the judged pictures and through their augmentation (as R3GAN takes it)."""
        if self.train.penalty == "r1r2":
            return 2 * losses.zero_centred_penalty(logits, images)  # a mean over both halves, so twice it is R1 + R2
        half = len(images) // 2
        if self.train.penalty == "r1":
            return 2 * losses.zero_centred_penalty(logits[:half], images)  # the generated half adds zeros to the mean
        real, fake = (images.detach() if images.is_leaf else images).chunk(2)
        between = torch.lerp(real, fake, draws.uniform(half, 1, 1, 1))
        if not between.requires_grad:
            between.requires_grad_()
        labels = None if labels is None else labels[:half]
        judged = (discriminator or self.discriminator)(self.augmentation(between, self.strength, draws), labels)
        return losses.wgan_gradient_penalty(judged, between)

    def fool(self, batch: Batch, fake: Tensor, real_logits: Tensor, parts: int, weight: float | Tensor) -> Tensor:
        """Add 1/parts of the generator's gradients; return its loss. The discriminator's weights get no gradients."""
        if self.train.unroll:
            real_logits, logits = self.look_ahead(batch, fake, weight)
        else:
            with self.device.autocast():
                logits = self.discriminator(self.augmentation(fake, self.strength, batch.draws("fool")), batch.labels)
        loss = self.loss.generator(real_logits, logits.float())
        (loss / parts).backward()
        return loss.detach()

    def look_ahead(self, batch: Batch, fake: Tensor, weight: float | Tensor) -> tuple[Tensor, Tensor]:
        """Logits (real, generated) of the discriminator as it would be after `unroll` more steps on these pictures.

        Those steps are the optimizer's own and are differentiated, so that the generator learns how the discriminator would
        answer (Metz et al. 2017, sec. 2.2); the discriminator itself stays as it is. A batch taken in parts, or shared by
        several processes, looks ahead on each part alone.
        """
        flat = Flat(self.discriminator)

        def objective(parameters: Tensor) -> Tensor:
            loss, penalty, _, _ = self.contest(partial(flat, parameters), batch, fake)
            return loss + penalty * weight

        rule = flat.adam(self._optimizers["discriminator"])
        ahead = unrolled(flat.parameters(), objective, rule, self.train.unroll)
        _, _, real, generated = self.contest(partial(flat, ahead), batch, fake)
        return real, generated

    def adapt(self, batch: Batch, real: Tensor, generated: Tensor) -> None:
        """Let the augmentation's strength follow the logits of a step, where it is adaptive."""
        if self.controller:
            pictures = batch.share.total
            expected = batch.step * pictures / self.progress if self.progress > 0 else math.inf
            self.controller.observe(real, generated if self.loss.relative else None, pictures, expected)
            self.strength = self.controller.strength

    def straighten(self, parts: list[Batch]) -> None:
        """Add the gradients of the path length penalty (StyleGAN2). It needs the mean over all parts before any gradient."""
        whole = len(parts) == 1
        lengths = [self.lengths(part) if whole else self.lengths(part).detach() for part in parts]
        mean = parallel.mean(torch.cat(lengths).mean())
        self.path_mean = self.path_mean + PATH_DECAY * (mean - self.path_mean)
        for part, known in zip(parts, lengths, strict=True):
            penalty = ((known if whole else self.lengths(part)) - self.path_mean).square().mean()
            (penalty * self.train.path_length * PATH_EVERY / len(parts)).backward()

    def lengths(self, batch: Batch) -> Tensor:
        """Path lengths of every PATH_SHRINK-th picture of a batch, in fp32."""
        n, draws, some = len(batch), batch.draws("path"), slice(None, None, PATH_SHRINK)
        labels = None if batch.labels is None else batch.labels[some]
        code = self.generator.mapping(draws.normal(n, self.config.z_dim)[some].requires_grad_(), labels)
        images = self.generator.synthesis(code, labels).float()
        noise = draws.normal(n, *images.shape[1:])[some]
        return losses.path_lengths(images, code, noise, self.generator.num_ws)


def discriminator_of(name: str | None, own: type[AdversarialFamily]) -> type[nn.Module]:
    """The discriminator of the family called `name`, or `own` where None."""
    from gan_core.models import family

    return (own if name is None else family(name)).Discriminator


def normalise_spectrally(network: nn.Module) -> None:
    """Divide every weight matrix of a network by its largest singular value (Miyato et al. 2018 (SNGAN), eq. 8)."""
    for layer in list(network.modules()):
        weight = getattr(layer, "weight", None)
        if isinstance(weight, nn.Parameter) and weight.ndim >= 2:
            if not weight.any():  # a layer that begins at zero has nothing to divide by
                nn.init.orthogonal_(weight)
            spectral_norm(layer)
