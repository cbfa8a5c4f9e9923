"""Averaged weights: what a GAN is sampled with."""

import copy

import torch
from torch import nn


class EMA:
    """Exponential moving average of a network's weights with a half-life that grows with the pictures seen.

    half-life = min(`share` · seen, `cap`) pictures, after the ramp of StyleGAN2 (Karras et al. 2020, training loop); running
    statistics are averaged alike, counters copied.
    """

    def __init__(self, network: nn.Module, share: float, cap: int):
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.share, self.cap = share, cap

    @torch.no_grad()
    def update(self, source: nn.Module, batch: int, seen: int) -> None:
        """Move towards `source` after a step of `batch` pictures, `seen` in total."""
        half_life = max(min(self.share * seen, self.cap), 1e-8)
        weight = 1 - 0.5 ** (batch / half_life)
        ours, theirs = self.network.state_dict(), source.state_dict()
        floats = [k for k, t in ours.items() if t.is_floating_point()]
        torch._foreach_lerp_([ours[k] for k in floats], [theirs[k] for k in floats], weight)
        for k in ours.keys() - set(floats):
            ours[k].copy_(theirs[k])
