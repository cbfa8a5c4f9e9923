"""vae: a convolutional β-VAE (Kingma & Welling 2014; Higgins et al. 2017)."""

from torch import Tensor, nn

from gan_core.config import ModelConfig
from gan_core.layers import StridedDecoder, StridedEncoder, initialise
from gan_core.losses import gaussian_kl, reparameterize, squared_error
from gan_core.models.base import Batch, Generator
from gan_core.models.encoding import EncodingFamily


class VAEModel(Generator):
    """Encoder to a Gaussian per picture, decoder back; both convolutional."""

    can_encode = True

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        width, e_width = config.options.get("width", 32), config.options.get("e_width", 32)
        self.encoder = StridedEncoder(config.resolution, config.channels, e_width, norm=True)
        self.moments = nn.Linear(self.encoder.outputs, 2 * config.z_dim)
        self.decoder = StridedDecoder(config.z_dim, config.resolution, config.channels, width)
        initialise(self)
        nn.init.normal_(self.moments.weight, std=0.1 * self.encoder.outputs**-0.5)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures [N, C, R, R] in [−1, 1] → (mean, log variance), each [N, z_dim]."""
        mean, log_variance = self.moments(self.encoder(images)).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 6)

    def encode(self, images: Tensor) -> Tensor:
        return self.posterior(images)[0]

    def affine(self) -> Tensor:
        return self.decoder.start.weight

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        return self.decoder(code)


class VAE(EncodingFamily):
    """Smooth and forgiving: never collapses, can take a picture apart and put it together again, a little soft."""

    Generator = VAEModel
    CLIP = 1.0
    DEFAULTS = dict(
        batch=64, lr=1e-3, lr_final=0.05, width=32, d_width=32, z_dim=64, beta2=0.999, beta2_final=0.999
    )  # fmt: skip

    def objective(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """½Σ(x̂ − x)² + β·KL per picture (Higgins et al. 2017, eq. 4); both terms in nats.

        Divided by the number of values in a picture, so that the gradient's size does not depend on the resolution. The
        normalised β of that paper's sec. 4.2 is β·z_dim / values.
        """
        with self.device.autocast():
            mean, log_variance = self.generator.posterior(batch.images)
            code = reparameterize(mean, log_variance, batch.draws("latent").normal(*mean.shape))
            output = self.generator.synthesis(code, None)
        reconstruction = squared_error(output, batch.images).mean()
        kl = gaussian_kl(mean, log_variance).mean()
        loss = (reconstruction + self.train.beta * kl) / batch.images[0].numel()
        return loss, {"reconstruction": reconstruction, "kl": kl}
