"""Ways from one latent point to another."""

from collections.abc import Sequence

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


def between(a: Tensor, b: Tensor, t: float, mode: str) -> Tensor:
    """The code a share t of the way from a to b, both [d]."""
    return slerp(a, b, t) if mode == "slerp" else torch.lerp(a, b, t)


def weighted(codes: Tensor, weights: Sequence[float], gaussian: bool) -> Tensor:
    """The weighted sum [d] of codes [n, d]; where they are `gaussian`, as long as their lengths' weighted sum.

    A plain sum of independent draws would be shorter than any of them, and so untypical (White 2016, "Sampling Generative
    Networks", sec. 2.1). A code that has all the weight comes back as it is.
    """
    rows, shares = codes.cpu().double(), torch.tensor(weights, dtype=torch.float64)
    total = shares @ rows
    if gaussian and int((shares != 0).sum()) > 1:
        total *= (shares @ rows.norm(dim=1)).clamp(min=0) / total.norm().clamp(min=1e-8)
    return total.to(codes)


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation (Shoemake 1985, sec. 3.3) of the directions of a and b [d], their lengths interpolated linearly.

    (Anti)parallel or zero vectors, where no arc is defined, fall back to the straight line.
    """
    length_a, length_b = a.norm(), b.norm()
    if length_a < 1e-8 or length_b < 1e-8:
        return torch.lerp(a, b, t)
    unit_a, unit_b = (a / length_a).cpu().double(), (b / length_b).cpu().double()  # Apple's processors have no float64
    angle = torch.arccos((unit_a @ unit_b).clamp(-1, 1))
    if angle.sin() < 1e-4:
        return torch.lerp(a, b, t)
    unit = (torch.sin((1 - t) * angle) * unit_a + torch.sin(t * angle) * unit_b) / angle.sin()
    return unit.to(a) * torch.lerp(length_a, length_b, t)
