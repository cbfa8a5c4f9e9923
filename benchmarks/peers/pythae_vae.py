"""The VAE of the package pythae (github.com/clementchadebec/benchmark_VAE): its model class and default networks."""

import sys
from pathlib import Path

import torch

from benchmarks.peers import Peer

LATENT, RATE = 64, 1e-3


class PythaeVAE(Peer):
    """`pythae.models.VAE` as it comes, which means fully connected networks; its convolutional ones see 4 pictures a second here."""

    label, flag, needs, batch = "pythae’s VAE", "--pythae", "pythae/models/__init__.py", 100

    def build(self, folder: Path) -> None:
        sys.path.append(str(folder))
        from pythae.models import VAE, VAEConfig

        config = VAEConfig(input_dim=tuple(self.images.shape[1:]), latent_dim=LATENT)
        self.model = VAE(config).to(self.device).train()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE)

    def settings(self) -> str:
        return f"its default networks (fully connected), latent {LATENT}, batch {self.batch}, Adam {RATE:g}; drawn from the prior"

    def fit(self, images):
        return images

    def unfit(self, images):
        return images

    def learn(self, progress: float) -> int:
        loss = self.model({"data": (self.real() + 1) / 2}).loss
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return self.batch

    def draw(self, n: int):
        return 2 * self.model.decoder(torch.randn(n, LATENT, device=self.device)).reconstruction - 1
