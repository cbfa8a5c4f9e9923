"""Batches as a function of the run's seed and the step alone: nothing to save, nothing to restore."""

from dataclasses import replace
from functools import lru_cache

import torch

from gan_core import parallel
from gan_core.data.pictures import PictureSet
from gan_core.draws import Share, source
from gan_core.models.base import Batch


class Batches:
    """Pictures shuffled anew each epoch, every picture equally often; fewer pictures than a batch repeat.

    The whole set lies on the device as uint8; `at(step)` returns that step's Batch.
    """

    def __init__(self, pictures: PictureSet, size: int, seed: int, device: torch.device, num_classes: int, flip: bool):
        self.images = pictures.images.to(device)
        self.labels = None if not num_classes else torch.eye(num_classes, device=device)[pictures.labels.to(device)]
        self.size, self.seed, self.device, self.flip = size, seed, device, flip
        self.share = Share(0, size, size).split(parallel.size())[parallel.rank()]
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def _shuffled(self, epoch: int) -> torch.Tensor:
        order = torch.randperm(len(self.images), generator=source(torch.device("cpu"), self.seed, 1, epoch))
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
        """The batch of a step, or this process's share of it: images float [N, C, R, R] in [−1, 1], channels last."""
        index = self._indices(step)[self.share.start : self.share.stop]
        images = (self.images[index].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        batch = Batch(images, None if self.labels is None else self.labels[index], self.seed, step, self.share)
        if self.flip:
            mirrored = batch.draws("flip").uniform(len(batch), 1, 1, 1) < 0.5
            batch = replace(batch, images=torch.where(mirrored, images.flip(3), images))
        return batch
