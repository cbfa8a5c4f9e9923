"""What the playground learns: clouds of points in the square from −1 to 1."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core.errors import StudioError
from gan_core.later import torch

if TYPE_CHECKING:
    from torch import Tensor

RING, RADIUS = 8, 0.8
SPREAD = 0.02  # σ of one Gaussian of the ring and of the grid
DRAWN_SPREAD = 0.015  # σ around a point drawn by hand
MAX_POINTS = 600  # drawn by hand


@dataclass(frozen=True, eq=False)
class Cloud:
    """A distribution of points: `draw(n, source)` → [n, 2]. `centres` [m, 2] where it is a mixture of m Gaussians of σ `spread`."""

    name: str
    draw: Callable[[int, torch.Generator], Tensor]
    centres: Tensor | None = None
    spread: float = 0.0


def cloud(name: str, points: Sequence[Sequence[float]] = ()) -> Cloud:
    """The cloud called `name`, one of CLOUDS; "drawn" takes its `points` (pairs of numbers from −1 to 1).

    Raises StudioError for an unknown name, and for points that are none, too many, not finite or outside the square.
    """
    if name == "drawn":
        return mixture("drawn", _checked(points), DRAWN_SPREAD, has_modes=False)
    if name not in CLOUDS:
        raise StudioError("learn.cloud", "There are no points called “{name}”.", name=str(name)[:40])
    return CLOUDS[name]()


def mixture(name: str, centres: Tensor, spread: float, has_modes: bool = True) -> Cloud:
    """Equal Gaussians of σ `spread` around `centres` [m, 2]; `has_modes`: whether there is a sense in counting them."""

    def draw(n: int, source: torch.Generator) -> Tensor:
        chosen = torch.randint(len(centres), (n,), generator=source)
        return centres[chosen] + spread * torch.randn(n, 2, generator=source)

    return Cloud(name, draw, centres if has_modes else None, spread if has_modes else 0.0)


def ring() -> Cloud:
    """Eight Gaussians on a circle, as in Metz et al. 2017, sec. 3.1."""
    angle = torch.arange(RING) * (2 * math.pi / RING)
    return mixture("ring", RADIUS * torch.stack([angle.cos(), angle.sin()], 1), SPREAD)


def grid() -> Cloud:
    """Five by five Gaussians."""
    line = torch.linspace(-RADIUS, RADIUS, 5)
    return mixture("grid", torch.cartesian_prod(line, line), SPREAD)


def spiral() -> Cloud:
    """One arm that winds outwards one and a half times, evenly filled."""

    def draw(n: int, source: torch.Generator) -> Tensor:
        way = torch.rand(n, generator=source).sqrt()
        angle = 3 * math.pi * way
        points = RADIUS * way[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
        return points + SPREAD * torch.randn(n, 2, generator=source)

    return Cloud("spiral", draw)


def moons() -> Cloud:
    """Two half circles that reach into each other."""

    def draw(n: int, source: torch.Generator) -> Tensor:
        angle = math.pi * torch.rand(n, generator=source)
        upper = torch.rand(n, generator=source) < 0.5
        x = torch.where(upper, angle.cos(), 1 - angle.cos()) - 0.5
        y = torch.where(upper, angle.sin(), 0.5 - angle.sin()) - 0.25
        return 0.55 * torch.stack([x, y], 1) + SPREAD * torch.randn(n, 2, generator=source)

    return Cloud("moons", draw)


CLOUDS: dict[str, Callable[[], Cloud]] = {"ring": ring, "grid": grid, "spiral": spiral, "moons": moons}


def _checked(points: Sequence[Sequence[float]]) -> Tensor:
    """Hand-drawn points as [m, 2]."""
    if not 1 <= len(points) <= MAX_POINTS:
        raise StudioError("learn.points", "Draw from 1 to {most} points first.", most=MAX_POINTS)
    for pair in points:
        whole = isinstance(pair, (list, tuple)) and len(pair) == 2
        if not whole or not all(type(x) in (int, float) and -1 <= x <= 1 for x in pair):  # NaN compares false
            raise StudioError("learn.point", "A point that was drawn is not inside the square. Draw it again.")
    return torch.tensor(points, dtype=torch.float32)
