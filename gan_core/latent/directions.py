"""What the moves of a point are called: "smile" is a direction with a name, "sefa3" the fourth that the finder "sefa" found."""

import re

import torch
from torch import Tensor

from gan_core.errors import StudioError
from gan_core.latent.finders import FINDERS, find, strongest_directions
from gan_core.models.base import Generator
from gan_core.models.directions import Direction

__all__ = ["Direction", "direction", "ensure_directions", "entry", "strongest_directions"]

FOUND = re.compile(rf"({'|'.join(FINDERS)})(0|[1-9]\d{{0,2}})")


def ensure_directions(model: Generator) -> Tensor:
    """The model's directions of strongest change, computed (quickly) on first use where its folder brought none."""
    return find(model, "d")


def entry(model: Generator, name: str) -> Direction:
    """The direction that points call `name`, with its vector. Raises StudioError where there is none."""
    named = next((direction for direction in model.named if direction.name == name), None)
    if named is not None and named.vector is not None:
        return named
    parts = FOUND.fullmatch(name)
    rows = find(model, parts[1]) if parts else ()
    if not parts or int(parts[2]) >= len(rows):
        raise StudioError("point.direction", "This model has no direction called “{name}”.", name=name)
    facts = named.facts() if named else {"name": name, "origin": "found"}
    return Direction(**facts, vector=rows[int(parts[2])])


def direction(model: Generator, name: str, layers: tuple[int, int] | None = None) -> Tensor:
    """The direction [code_dim] that points call `name`: zero outside of `layers`, which default to its own.

    Raises StudioError where there is none.
    """
    found = entry(model, name)
    return within(model, found.vector, layers or found.layers)


def within(model: Generator, vector: Tensor, layers: tuple[int, int] | None) -> Tensor:
    """A code-like vector with zeros outside of the layers first ≤ layer < stop (None: as it is)."""
    if layers is None:
        return vector
    each = model.code_dim // model.num_ws
    part = slice(layers[0] * each, layers[1] * each)
    kept = torch.zeros_like(vector)
    kept[part] = vector[part]
    return kept
