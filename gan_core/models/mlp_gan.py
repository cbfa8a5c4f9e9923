"""mlp_gan: the original GAN of fully connected layers (Goodfellow et al. 2014), as taught on MNIST."""

from torch import Tensor, nn

from gan_core.config import ModelConfig
from gan_core.models.adversarial import AdversarialFamily
from gan_core.models.base import Generator

HIDDEN = (128, 256, 512)


class MLPGenerator(Generator):
    """z → Dense 128 → 256 → 512 (LeakyReLU) → picture through tanh."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        self.shape = (config.channels, config.resolution, config.resolution)
        layers, last = [], config.z_dim
        for units in HIDDEN:
            layers += [nn.Linear(last, units), nn.BatchNorm1d(units), nn.LeakyReLU(0.2)]
            last = units
        self.layers = nn.Sequential(*layers, nn.Linear(last, config.channels * config.resolution**2), nn.Tanh())

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        return self.layers(code).unflatten(1, self.shape)


class MLPDiscriminator(nn.Module):
    """Picture → Dense 512 → 256 (LeakyReLU) → one logit; the sigmoid is inside the loss."""

    def __init__(self, config: ModelConfig, width: int):
        super().__init__()
        inputs = config.channels * config.resolution**2
        self.layers = nn.Sequential(
            nn.Flatten(),
            nn.Linear(inputs, 512),
            nn.LeakyReLU(0.2),
            nn.Linear(512, 256),
            nn.LeakyReLU(0.2),
            nn.Linear(256, 1),
        )

    def forward(self, images: Tensor, label_weights: Tensor | None = None) -> Tensor:
        """images [N, C, R, R] → logits [N]."""
        return self.layers(images).squeeze(1)


class MLPGAN(AdversarialFamily):
    """The first GAN of 2014: small, quick on digits, easily unstable. Binary cross-entropy, Adam 2e-4 (0.5, 0.999)."""

    Generator = MLPGenerator
    Discriminator = MLPDiscriminator
    SIZES = {}  # as they were in 2014
    betas = (0.5, 0.999)
    DEFAULTS = dict(
        batch=64, lr=2e-4, lr_final=1.0, width=HIDDEN[0], d_width=512, z_dim=100, loss="nonsaturating"
    )  # fmt: skip
