"""One moment of a playground as arrays that can be drawn."""

import base64
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.playground.clouds import Cloud
from gan_core.playground.methods import Method

EDGE = 1.25  # what is drawn reaches from −EDGE to EDGE in both directions
SAMPLES = 480
ARROWS = 72
LENGTH = 0.16  # of the longest arrow
HEAT = 40  # cells a side
LINES = 17  # of the latent lattice in each direction
REACH = 2.2  # σ that the lattice reaches out
COUNTED = 2000  # samples in which modes are counted
NEAR = 3.0  # σ from a centre within which a sample is good
FAIR = 0.2  # share of its fair share of samples that a mode must get to count as caught


@dataclass(frozen=True, eq=False)
class Frame:
    """A moment: `samples` [SAMPLES, 2], `heat` [HEAT, HEAT] (0 to 1, first row lowest y), `arrows` [ARROWS, 4] (from x, y to x, y),

    `lattice` [LINES, LINES, 2] or None where the latent has not two numbers, `losses` by name, `modes` caught and the share of
    `good` samples, None where the cloud has no modes; `reached` counts modes however far the samples next to them are.
    """

    step: int
    losses: dict[str, float]
    samples: Tensor
    heat: Tensor
    arrows: Tensor
    lattice: Tensor | None
    modes: int | None
    good: float | None
    reached: int | None

    def to_json(self) -> dict:
        """The frame as JSON: arrays as base64 of little-endian int16 (10,000 for 1) and, for the heat, uint8."""
        lattice = None if self.lattice is None else packed(self.lattice)
        heat = base64.b64encode((self.heat * 255).round().to(torch.uint8).numpy().tobytes()).decode()
        return {
            "step": self.step, "losses": self.losses, "modes": self.modes, "good": self.good, "reached": self.reached, "heat": heat,
            "samples": packed(self.samples), "arrows": packed(self.arrows), "lattice": lattice,
        }  # fmt: skip


def packed(numbers: Tensor) -> str:
    """Numbers as base64 of int16, 10,000 for 1; what is too large to be drawn is cut off."""
    whole = (numbers.nan_to_num() * 10_000).round().clamp(-32_767, 32_767)
    return base64.b64encode(whole.numpy().astype("<i2").tobytes()).decode()


def frame(method: Method, step: int, losses: dict[str, float]) -> Frame:
    """Look at a method without changing it: the same latents each time, so that samples can be followed."""
    latents = torch.randn(COUNTED, method.sizes.latent, generator=torch.Generator().manual_seed(7))
    points = method.sample(latents)
    modes, good = modes_caught(points, method.cloud)
    reached, _ = modes_caught(points, method.cloud, math.inf)
    places = torch.linspace(-EDGE, EDGE, HEAT)
    heat = method.landscape(torch.cartesian_prod(places, places).flip(1)).view(HEAT, HEAT)
    lattice = _lattice(method) if method.sizes.latent == 2 else None
    finite = {name: round(value, 5) if np.isfinite(value) else None for name, value in losses.items()}
    return Frame(
        step, finite, points[:SAMPLES], heat.nan_to_num(), _arrows(method, points), lattice, modes, good, reached
    )


def modes_caught(points: Tensor, cloud: Cloud, near: float = NEAR) -> tuple[int | None, float | None]:
    """(modes that get at least FAIR of their fair share of good points, share of good points) of points [n, 2]; None without modes.

    A point is good within `near` σ of a centre (the convention of Srivastava et al. 2017 (VEEGAN), sec. 4.1).
    """
    if cloud.centres is None:
        return None, None
    distance, nearest = torch.cdist(points.nan_to_num(1e6), cloud.centres).min(1)
    good = distance < near * cloud.spread
    counts = torch.bincount(nearest[good], minlength=len(cloud.centres))
    return int((counts >= FAIR * len(points) / len(cloud.centres)).sum()), round(good.float().mean().item(), 4)


def _arrows(method: Method, points: Tensor) -> Tensor:
    some = points[:ARROWS]
    push = method.push(some).nan_to_num()
    length = push.norm(dim=1, keepdim=True)
    scale = LENGTH / length.quantile(0.9).clamp_min(1e-8)
    push = push * torch.minimum(scale, LENGTH / length.clamp_min(1e-8))
    return torch.cat([some, some + push], 1)


def _lattice(method: Method) -> Tensor:
    line = torch.linspace(-REACH, REACH, LINES)
    return method.sample(torch.cartesian_prod(line, line)).view(LINES, LINES, 2)
