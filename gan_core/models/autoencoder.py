"""autoencoder: deterministic; its latent is sampled from the Gaussian fitted to the codes of the training pictures."""

import torch
from torch import Tensor, nn

from gan_core.config import ModelConfig
from gan_core.layers import StridedDecoder, StridedEncoder, initialise
from gan_core.losses import squared_error
from gan_core.models.base import Batch, Generator
from gan_core.models.encoding import EncodingFamily


class AutoencoderModel(Generator):
    """Encoder and decoder; outside, codes are whitened: code = L⁻¹(encoder output − mean), so a draw is N(0, 1)."""

    can_encode = True

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        width, e_width = config.options.get("width", 32), config.options.get("e_width", 32)
        self.encoder = StridedEncoder(config.resolution, config.channels, e_width, norm=True)
        self.bottleneck = nn.Linear(self.encoder.outputs, config.z_dim)
        self.decoder = StridedDecoder(config.z_dim, config.resolution, config.channels, width)
        self.register_buffer("latent_mean", torch.zeros(config.z_dim))
        self.register_buffer(
            "latent_factor", torch.eye(config.z_dim)
        )  # lower Cholesky factor L of the codes' covariance
        initialise(self)
        nn.init.normal_(self.bottleneck.weight, std=self.encoder.outputs**-0.5)

    def encode(self, images: Tensor) -> Tensor:
        centred = self.bottleneck(self.encoder(images)).float() - self.latent_mean
        return torch.linalg.solve_triangular(self.latent_factor, centred.T, upper=False).T

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        return self.decoder(code @ self.latent_factor.T + self.latent_mean)

    @torch.inference_mode()
    def fit_gaussian(self, images: Tensor) -> None:
        """Fit mean and covariance of the codes of uint8 pictures [N, C, R, R]; a small ridge keeps it well conditioned."""
        weight = self.bottleneck.weight
        codes = [
            self.bottleneck(self.encoder(chunk.to(weight.device, torch.float32) / 127.5 - 1)).double().cpu()
            for chunk in images.split(256)
        ]
        codes = torch.cat(codes)
        mean = codes.mean(0)
        covariance = (codes - mean).T @ (codes - mean) / max(len(codes) - 1, 1)
        ridge = 1e-4 * covariance.diagonal().mean().clamp_min(1e-8)
        factor = torch.linalg.cholesky(covariance + ridge * torch.eye(len(mean), dtype=torch.float64))
        self.latent_mean.copy_(mean)
        self.latent_factor.copy_(factor)


class Autoencoder(EncodingFamily):
    """Learns to squeeze pictures through a few numbers and back; samples come from a Gaussian around what it saw."""

    Generator = AutoencoderModel
    DEFAULTS = dict(
        batch=64, lr=1e-3, lr_final=0.05, width=32, d_width=32, z_dim=32, beta2=0.999, beta2_final=0.999
    )  # fmt: skip

    def objective(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """½Σ(x̂ − x)² per picture, divided by the number of values in it."""
        with self.device.autocast():
            code = self.generator.bottleneck(self.generator.encoder(batch.images))
            output = self.generator.decoder(code)
        reconstruction = squared_error(output, batch.images).mean()
        return reconstruction / batch.images[0].numel(), {"reconstruction": reconstruction}

    def conclude(self, generator: AutoencoderModel, images: Tensor) -> None:
        generator.fit_gaussian(images)
