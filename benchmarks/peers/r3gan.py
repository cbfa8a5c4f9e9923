"""R3GAN (Huang et al. 2024, github.com/brownvc/R3GAN): its networks and its loss, narrow enough for minutes on one core."""

import copy
import math
from pathlib import Path

import torch

from benchmarks.peers import Peer
from benchmarks.peers.nvidia import open_repository

WIDTH, LAST, BLOCKS, GROUP, NOISE = 64, 16, 1, 16, 64  # its FFHQ-64 preset: 768, 384 in the last stage, 2, 16, 64
EMA_SHARE = 0.025  # its half-life grows to 500k of 20M pictures


class R3GAN(Peer):
    """Its published schedules (learning rate, β2, γ, averaging) run over the session's budget instead of 20 million pictures."""

    label, flag, needs, batch = "R3GAN’s code", "--r3gan", "R3GAN/Networks.py", 32

    def build(self, folder: Path) -> None:
        open_repository(folder)
        from R3GAN.Networks import Discriminator, Generator
        from R3GAN.Trainer import AdversarialTraining

        stages = int(math.log2(self.images.shape[-1])) - 1  # 4 px and up
        widths = [min(WIDTH, LAST << stage) for stage in reversed(range(stages))]  # tapered as in its FFHQ-256 preset
        groups, blocks = [2 * width // GROUP for width in widths], [BLOCKS] * stages
        self.generator = Generator(NOISE, widths, groups, blocks, 2).to(self.device)
        self.critic = Discriminator(widths[::-1], groups[::-1], blocks, 2).to(self.device)
        self.ema = copy.deepcopy(self.generator).requires_grad_(False)
        self.trainer = AdversarialTraining(self.generator, self.critic)
        self.optimizers = [
            torch.optim.Adam(n.parameters(), lr=2e-4, betas=(0.0, 0.9), eps=1e-8) for n in (self.critic, self.generator)
        ]
        self.seen = 0

    def settings(self) -> str:
        return (
            f"{WIDTH} channels, halved towards {LAST} in the last stage, {BLOCKS} block a stage, {GROUP} channels a group as published; batch {self.batch}; "
            "its FFHQ-64 schedules (learning rate 2e-4 to 5e-5, β2 0.9 to 0.99, γ 2 to 0.2, averaging 2.5 % of the pictures seen) over the session; no augmentation"
        )

    def fit(self, images):
        return super().fit(images.expand(-1, 3, -1, -1))  # the networks are written for three channels

    def learn(self, progress: float) -> int:
        for number, (optimizer, network) in enumerate(zip(self.optimizers, (self.critic, self.generator), strict=True)):
            optimizer.param_groups[0].update(lr=cosine(2e-4, 5e-5, progress), betas=(0.0, cosine(0.9, 0.99, progress)))
            for other in (self.critic, self.generator):
                other.requires_grad_(other is network)
            optimizer.zero_grad(set_to_none=True)
            if number == 0:
                self.trainer.AccumulateDiscriminatorGradients(
                    self.noise(self.batch), self.real(), None, cosine(2, 0.2, progress)
                )
            else:
                self.trainer.AccumulateGeneratorGradients(self.noise(self.batch), self.real(), None)
            optimizer.step()
        self.seen += self.batch
        keep = 0.5 ** (self.batch / (EMA_SHARE * self.seen))
        with torch.no_grad():
            for mean, now in zip(self.ema.parameters(), self.generator.parameters(), strict=True):
                mean.copy_(now.lerp(mean, keep))
        return self.batch

    def noise(self, n: int):
        return torch.randn(n, NOISE, device=self.device)

    def draw(self, n: int):
        return self.ema(self.noise(n))


def cosine(start: float, end: float, progress: float) -> float:
    """From `start` to `end` along half a cosine, as its training loop does."""
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * min(progress, 1)))
