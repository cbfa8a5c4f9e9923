"""Ways from one latent point to another."""

import torch
from torch import Tensor

from gan_core.errors import StudioError
from gan_core.latent.point import MODES, Blend, LatentPoint

MAX_FRAMES = 2000


def interpolate(a: LatentPoint, b: LatentPoint, frames: int, mode: str = "slerp") -> list[LatentPoint]:
    """Return `frames` ≥ 2 points from a to b, both included as they are; along an arc (slerp) or a straight line (lerp)."""
    if type(frames) is not int or not 2 <= frames <= MAX_FRAMES:
        raise StudioError("morph.frames", "A morph has from 2 to {high} frames.", high=MAX_FRAMES)
    if mode not in MODES:
        raise StudioError("morph.mode", "A path is one of: {known}.", known=", ".join(MODES))
    model = a.model if a.model == b.model else ""
    inner = [LatentPoint(blend=Blend(a, b, k / (frames - 1), mode), model=model) for k in range(1, frames - 1)]
    return [a, *inner, b]


def mix(a: Tensor, b: Tensor, t: float, mode: str) -> Tensor:
    """The code a share t of the way from a to b, both [d]."""
    return slerp(a, b, t) if mode == "slerp" else torch.lerp(a, b, t)


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation (Shoemake 1985, sec. 3.3) of the directions of a and b [d], their lengths interpolated linearly.

    (Anti)parallel or zero vectors, where no arc is defined, fall back to the straight line.
    """
    length_a, length_b = a.norm(), b.norm()
    if length_a < 1e-8 or length_b < 1e-8:
        return torch.lerp(a, b, t)
    unit_a, unit_b = (a / length_a).double(), (b / length_b).double()
    angle = torch.arccos((unit_a @ unit_b).clamp(-1, 1))
    if angle.sin() < 1e-4:
        return torch.lerp(a, b, t)
    unit = (torch.sin((1 - t) * angle) * unit_a + torch.sin(t * angle) * unit_b) / angle.sin()
    return (unit * torch.lerp(length_a, length_b, t)).to(a.dtype)
