"""Batches as a function of the run's seed and the step alone: nothing to save, nothing to restore."""

from functools import lru_cache

import numpy as np
import torch

from gan_core.data.pictures import PictureSet
from gan_core.models.base import Batch


def generator(device: torch.device, *key: int) -> torch.Generator:
    """A random source determined by `key`, e.g. (seed, step)."""
    seed = int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1)
    return torch.Generator(device).manual_seed(seed)


class Batches:
    """Pictures shuffled anew each epoch, every picture equally often; fewer pictures than a batch repeat.

    The whole set lies on the device as uint8; `at(step)` returns that step's Batch.
    """

    def __init__(self, pictures: PictureSet, size: int, seed: int, device: torch.device, num_classes: int, flip: bool):
        self.images = pictures.images.to(device)
        self.labels = None if not num_classes else torch.eye(num_classes, device=device)[pictures.labels.to(device)]
        self.size, self.seed, self.device, self.flip = size, seed, device, flip
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def _shuffled(self, epoch: int) -> torch.Tensor:
        order = torch.randperm(len(self.images), generator=generator(torch.device("cpu"), self.seed, 1, epoch))
        return order.to(self.device)

    def _indices(self, step: int) -> torch.Tensor:
        count, position, parts, wanted = len(self.images), step * self.size, [], self.size
        while wanted:
            epoch, offset = divmod(position, count)
            part = self._order(epoch)[offset : offset + wanted]
            parts.append(part)
            position, wanted = position + len(part), wanted - len(part)
        return torch.cat(parts)

    def at(self, step: int) -> Batch:
        """The batch of a step: images float [N, C, R, R] in [−1, 1], channels last."""
        rng, index = generator(self.device, self.seed, 2, step), self._indices(step)
        images = (self.images[index].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        if self.flip:
            mirrored = torch.rand(self.size, 1, 1, 1, generator=rng, device=self.device) < 0.5
            images = torch.where(mirrored, images.flip(3), images)
        return Batch(images, None if self.labels is None else self.labels[index], rng, step)
