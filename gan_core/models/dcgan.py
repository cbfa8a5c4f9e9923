"""dcgan: a GAN of strided 4×4 convolutions (Radford et al. 2016) with a relativistic loss and R1 + R2 by default."""

import torch
from torch import Tensor, nn

from gan_core.config import ModelConfig
from gan_core.layers import StridedDecoder, StridedEncoder, initialise
from gan_core.models.adversarial import AdversarialFamily
from gan_core.models.base import Generator

CLASS_DIM = 32  # numbers that stand for the class beside z


class DCGANGenerator(Generator):
    """Latent (and class embedding) → picture, by a StridedDecoder."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        classes = config.num_classes
        self.embed = nn.Linear(classes, CLASS_DIM, bias=False) if classes else None
        inputs = config.z_dim + (CLASS_DIM if classes else 0)
        self.decoder = StridedDecoder(inputs, config.resolution, config.channels, config.options.get("width", 32))
        initialise(self.decoder)

    def affine(self) -> Tensor:
        return self.decoder.start.weight[:, : self.config.z_dim]

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        if self.embed is not None:
            code = torch.cat([code, self.embed(label_weights) * self.config.num_classes**0.5], 1)
        return self.decoder(code)


class DCGANDiscriminator(nn.Module):
    """Picture → one logit; with classes, a projection discriminator (Miyato & Koyama 2018, eq. 3). No normalization."""

    def __init__(self, config: ModelConfig, width: int):
        super().__init__()
        self.features = StridedEncoder(config.resolution, config.channels, width, norm=False)
        self.score = nn.Linear(self.features.outputs, 1)
        self.project = nn.Linear(config.num_classes, self.features.outputs, bias=False) if config.num_classes else None
        initialise(self)
        nn.init.normal_(self.score.weight, std=self.features.outputs**-0.5)
        if self.project is not None:
            nn.init.normal_(self.project.weight, std=self.features.outputs**-0.5)

    def forward(self, images: Tensor, label_weights: Tensor | None = None) -> Tensor:
        """images [N, C, R, R] → logits [N]."""
        features = self.features(images)
        logits = self.score(features).squeeze(1)
        if self.project is not None:
            logits = logits + (features * self.project(label_weights)).sum(1)
        return logits


class DCGAN(AdversarialFamily):
    """Fast and sharp; the family to start with."""

    Generator = DCGANGenerator
    Discriminator = DCGANDiscriminator
    conditional = True
    DEFAULTS = dict(
        batch=32, lr=1e-3, width=32, d_width=24, z_dim=64, penalty="r1r2", gamma=1.0, penalty_every=8, augmentation="diffaugment"
    )  # fmt: skip
