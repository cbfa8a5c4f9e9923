"""The DCGAN of the PyTorch examples (github.com/pytorch/examples, dcgan/main.py): its networks, initialisation and step."""

import ast
from pathlib import Path

import torch
from torch import nn, optim

from benchmarks.peers import Peer, resized

SIDE, NZ, WIDTH = 64, 100, 64  # what the file is written for, and its default sizes


class PyTorchDCGAN(Peer):
    """Runs the three definitions of the file unchanged; its loop is repeated without its data loader, which would slow it down."""

    label, flag, needs, batch = "PyTorch examples’ DCGAN", "--pytorch-examples", "dcgan/main.py", 64

    def build(self, folder: Path) -> None:
        names = {"torch": torch, "nn": nn, "nz": NZ, "ngf": WIDTH, "ndf": WIDTH, "nc": self.channels, "ngpu": 1}
        tree = ast.parse((folder / self.needs).read_text())
        wanted = [n for n in tree.body if getattr(n, "name", "") in ("Generator", "Discriminator", "weights_init")]
        exec(compile(ast.Module(wanted, []), self.needs, "exec"), names)  # noqa: S102
        self.generator, self.critic = (names[n](1).to(self.device) for n in ("Generator", "Discriminator"))
        for network in (self.generator, self.critic):
            network.apply(names["weights_init"])
        self.g_step, self.d_step = (
            optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (self.generator, self.critic)
        )
        self.bce = nn.BCELoss()

    def settings(self) -> str:
        return f"as published (batch 64, width 64, {SIDE} px; pictures of other sizes resized to that, samples back)"

    def fit(self, images):
        return resized(images, SIDE)

    def unfit(self, images):
        return resized(images, self.resolution)

    def learn(self, progress: float) -> int:
        real, one, zero = self.real(), *(torch.full((self.batch,), v, device=self.device) for v in (1.0, 0.0))
        self.critic.zero_grad()
        self.bce(self.critic(real), one).backward()
        fake = self.draw(self.batch)
        self.bce(self.critic(fake.detach()), zero).backward()
        self.d_step.step()
        self.generator.zero_grad()
        loss = self.bce(self.critic(fake), one)
        loss.backward()
        self.g_step.step()
        loss.item()
        return self.batch

    def draw(self, n: int):
        """As its file draws: the generator stays in training mode."""
        return self.generator(torch.randn(n, NZ, 1, 1, device=self.device))
