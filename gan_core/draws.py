"""The random numbers of one training step: a function of the run's seed and the step, whoever computes it."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

PURPOSES = ("flip", "latent", "judge", "fool", "path")  # what a step draws for; each has numbers of its own


def source(device: torch.device, *key: int) -> torch.Generator:
    """A random source determined by `key`, e.g. (seed, step)."""
    seed = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1)
    return torch.Generator(device).manual_seed(seed)


@dataclass(frozen=True)
class Share:
    """Pictures `start` to `stop` of a step's whole batch of `total`: what one process, or one part of it, works on."""

    start: int
    stop: int
    total: int

    def __len__(self):
        return self.stop - self.start

    def split(self, parts: int) -> list["Share"]:
        """Equal contiguous parts; as many as asked for, or the next number below that divides the share."""
        while len(self) % parts:
            parts -= 1
        size = len(self) // parts
        return [Share(k, k + size, self.total) for k in range(self.start, self.stop, size)]


class Draws:
    """Numbers for one purpose of one step.

    They are drawn for the whole batch and cut to the share, so that the same picture gets the same numbers however many
    processes (or parts) the batch is divided among.
    """

    def __init__(self, device: torch.device, share: Share, *key: int):
        self._source, self._share = source(device, *key), share

    def uniform(self, n: int, *shape: int) -> Tensor:
        """Numbers in [0, 1), [n, *shape]; n is a multiple of the share's size (2 × for real and generated in one pass)."""
        return self._cut(torch.rand, n, shape)

    def normal(self, n: int, *shape: int) -> Tensor:
        """Standard normal numbers [n, *shape]; n as in `uniform`."""
        return self._cut(torch.randn, n, shape)

    def _cut(self, draw, n: int, shape: tuple[int, ...]) -> Tensor:
        rounds, share = n // len(self._share), self._share
        device = self._source.device
        whole = draw(rounds, share.total, *shape, generator=self._source, device=device)
        return whole[:, share.start : share.stop].reshape(n, *shape)
