"""Directions of one's own: combined, averaged, kept clear of others, and the list of names that belongs to a model."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from gan_core.errors import StudioError
from gan_core.latent.directions import direction, entry, within
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import locate
from gan_core.models.base import Generator
from gan_core.models.directions import MAX_NAMED, MAX_TITLE, Direction

ALIKE = 1e-4  # σ: less than this is no change


def combine(model: Generator, moves: Sequence[tuple], layers: tuple[int, int] | None = None) -> Tensor:
    """The sum [code_dim] of moves as in a LatentPoint, in `layers` only."""
    total = torch.zeros(model.code_dim)
    for name, amount, *where in moves:
        total += amount * direction(model, name, tuple(where))
    return within(model, total, layers)


@torch.inference_mode()
def difference(model: Generator, a: Sequence[LatentPoint], b: Sequence[LatentPoint]) -> Tensor:
    """From the mean code of the points `a` to that of the points `b` [code_dim]."""
    ends = [locate(model, list(points))[0].double().cpu().mean(0) for points in (a, b)]
    return (ends[1] - ends[0]).float()


def orthogonalise(vector: Tensor, against: Sequence[Tensor]) -> Tensor:
    """A direction without its part along others (Shen et al. 2020, InterFaceGAN, sec. 2.3: conditional manipulation), in float64."""
    if not against:
        return vector
    basis = torch.linalg.qr(torch.stack(list(against)).double().cpu().T)[0]
    wide = vector.double().cpu()
    return (wide - basis @ (basis.T @ wide)).float()


def length(model: Generator, vector: Tensor) -> float:
    """How many σ of the model's codes a vector [code_dim] is long: per layer that it moves, the root of their mean square."""
    axes = model.axes().double().cpu()
    each = model.code_dim // model.num_ws
    layers = vector.double().cpu().view(model.num_ws, each)
    layers = layers[layers.norm(dim=1) > 0]
    if not len(layers):
        return 0.0
    unit = layers / layers.norm(dim=1, keepdim=True)
    spread = (unit @ axes[:, :each].T).norm(dim=1).clamp(min=1e-12)  # axesᵀ·axes is the codes' covariance
    return float((layers.norm(dim=1) / spread).square().mean().sqrt())


def one_sigma(model: Generator, vector: Tensor) -> Tensor:
    """The direction scaled to one σ of the model's codes. Raises StudioError where nothing is left of it."""
    sigmas = length(model, vector)
    if not sigmas > ALIKE:
        raise StudioError("directions.nothing", "Nothing changes along this direction. Move some sliders further, or keep fewer others unchanged.")  # fmt: skip
    return vector / sigmas


def own(title: str, vector: Tensor, layers: tuple[int, int] | None = None) -> Direction:
    """A direction of a person's own. Its name is made from its numbers, so that it is the same in every copy of the model."""
    vector = vector.half().float()  # as it will be in the file
    digest = hashlib.sha256(vector.numpy().tobytes()).hexdigest()[:10]
    return Direction(f"own-{digest}", clean_title(title), "own", layers, vector=vector)


def added(named: Sequence[Direction], more: Sequence[Direction]) -> tuple[Direction, ...]:
    """The list with `more` at its end; one that is there already takes its place. Raises StudioError when it gets too long."""
    fresh = {direction.name: direction for direction in more}
    result = [fresh.pop(direction.name, direction) for direction in named] + list(fresh.values())
    if len(result) > MAX_NAMED:
        raise StudioError("directions.many", "A model keeps at most {most} named sliders. Remove some first.", most=MAX_NAMED)  # fmt: skip
    return tuple(result)


def arranged(model: Generator, order: Sequence[tuple[str, str, bool]]) -> tuple[Direction, ...]:
    """The named directions in the order of (name, title, hidden); those left out follow as they were.

    Directions that were found ("d3") enter the list by being named in it. Raises StudioError for an unknown name.
    """
    result = {}
    for name, title, hidden in order:
        found = entry(model, name)
        if found.origin == "found":
            found = replace(found, vector=None)
        result[name] = replace(found, title=clean_title(title), hidden=hidden)
    return tuple(result.values()) + tuple(d for d in model.named if d.name not in result)


def without(named: Sequence[Direction], name: str) -> tuple[Direction, ...]:
    """The list without a person's own direction. Raises StudioError for any other."""
    if not any(direction.name == name and direction.origin == "own" for direction in named):
        raise StudioError("directions.not_own", "Only sliders of your own can be removed; others can be hidden.")
    return tuple(direction for direction in named if direction.name != name)


def clean_title(title: str) -> str:
    """A person's words on one line, without control characters, at most 60 of them."""
    kept = "".join(" " if c.isspace() else c for c in str(title) if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())[:MAX_TITLE].strip()
