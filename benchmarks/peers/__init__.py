"""Other people's trainers, run from their own code outside this repository: one file each, one table.

Nothing of theirs is copied here: a peer imports its networks and losses from the folder that a flag names, and only the loop that
feeds it (and its clock) is ours. Pictures of another size than a peer can draw are fitted to it and its samples fitted back.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

# name -> class of a peer
PEERS = {
    "pytorch-dcgan": "benchmarks.peers.pytorch_dcgan:PyTorchDCGAN",
    "r3gan-code": "benchmarks.peers.r3gan:R3GAN",
    "stylegan2-ada-code": "benchmarks.peers.stylegan2_ada:StyleGAN2ADA",
    "pythae-vae": "benchmarks.peers.pythae_vae:PythaeVAE",
}
CHUNK = 50  # samples drawn at a time


@dataclass(frozen=True)
class Setting:
    """What a peer trains on: pictures uint8 [N, C, R, R] on its device, the folder of its code, and the seed."""

    images: Tensor
    folder: Path
    seed: int = 0


class Peer:
    """A trainer that steps on batches and draws samples. `needs` is a file that its folder must hold."""

    label: ClassVar[str]  # as a plot names it
    flag: ClassVar[str]  # that gives the folder of its code
    needs: ClassVar[str]
    batch: ClassVar[int]

    def __init__(self, setting: Setting):
        self.resolution, self.channels = setting.images.shape[-1], setting.images.shape[1]
        self.images, self.device = self.fit(setting.images), setting.images.device
        torch.manual_seed(setting.seed)
        self.build(setting.folder)

    def build(self, folder: Path) -> None:
        """Import the code in `folder` and make networks and optimizers for `self.images`."""
        raise NotImplementedError

    def settings(self) -> str:
        """How it was configured, in words, with everything that differs from what its authors publish."""
        raise NotImplementedError

    def learn(self, progress: float) -> int:
        """One training step at `progress` (0–1) of the budget; returns the pictures seen."""
        raise NotImplementedError

    def draw(self, n: int) -> Tensor:
        """`n` pictures, float [n, C', S, S] in [−1, 1], at the size of `self.images`."""
        raise NotImplementedError

    def fit(self, images: Tensor) -> Tensor:
        """Pictures uint8 [N, C, R, R] as this peer can draw them: here padded with black to a power of two."""
        return padded(images, power_of_two(images.shape[-1]))

    def unfit(self, images: Tensor) -> Tensor:
        """The way back, for samples uint8 [n, C', S, S]: here the middle is cut out."""
        return cropped(images, self.resolution)

    def real(self) -> Tensor:
        """A random batch of real pictures, float in [−1, 1]."""
        return self.images[torch.randint(len(self.images), (self.batch,), device=self.device)].float() / 127.5 - 1

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """`n` samples, uint8 [n, C, R, R] like the pictures they were learned from."""
        chunks = [self.draw(min(CHUNK, n - start)) for start in range(0, n, CHUNK)]
        pixels = self.unfit(((torch.cat(chunks) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)).cpu()
        if pixels.shape[1] != self.channels:  # grey data in a network that draws colours
            pixels = pixels.float().mean(1, keepdim=True).round().to(torch.uint8)
        return pixels


@dataclass(frozen=True)
class Snapshot:
    """A peer at a mark: pictures seen and seconds trained by then, and samples uint8 [n, C, R, R]."""

    mark: float
    images: int
    seconds: float
    samples: Tensor


def snapshots(peer: Peer, marks: list[float], n: int, by_pictures: bool = False) -> Iterator[Snapshot]:
    """Train up to the last mark (minutes of training, or pictures seen), drawing `n` samples at each; only learning is timed."""
    seconds, seen = 0.0, 0
    for mark in marks:
        while (spent := seen if by_pictures else seconds / 60) < mark:
            began = time.monotonic()
            seen += peer.learn(spent / marks[-1])
            seconds += time.monotonic() - began
        yield Snapshot(mark, seen, seconds, peer.sample(n))


def power_of_two(resolution: int) -> int:
    """The smallest power of two that is no smaller."""
    return 1 << (resolution - 1).bit_length()


def padded(images: Tensor, size: int) -> Tensor:
    """Pictures in the middle of black ones of `size` pixels."""
    before = (size - images.shape[-1]) // 2
    after = size - images.shape[-1] - before
    return F.pad(images, (before, after, before, after))


def cropped(images: Tensor, size: int) -> Tensor:
    """The middle of pictures; undoes `padded`."""
    start = (images.shape[-1] - size) // 2
    return images[..., start : start + size, start : start + size]


def resized(images: Tensor, size: int) -> Tensor:
    """uint8 pictures at another size, bilinear with antialiasing, a few at a time."""
    if images.shape[-1] == size:
        return images
    parts = [F.interpolate(p.float(), (size, size), mode="bilinear", antialias=True) for p in images.split(1000)]
    return torch.cat([p.round().clamp(0, 255).to(torch.uint8) for p in parts])
