"""Directions as one small file that a person can pass on: a safetensors file like the one in a model folder."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from gan_core.checkpoint import read_tensors, write_tensors
from gan_core.errors import StudioError
from gan_core.latent.naming import length, own
from gan_core.models.base import Generator
from gan_core.models.directions import Direction, pack, unpack

SANE = (0.05, 20.0)  # σ; a direction outside of this was not made for the model


def to_bytes(directions: Sequence[Direction]) -> bytes:
    """The file, from directions with vectors. Raises StudioError when there are none."""
    directions = [direction for direction in directions if direction.vector is not None]
    if not directions:
        raise StudioError("directions.none", "There is no named slider to save yet.")
    tensors, metadata = pack({}, directions)
    with tempfile.TemporaryDirectory(prefix="latent-studio-work-") as folder:
        path = Path(folder) / "directions.safetensors"
        write_tensors(tensors, path, metadata)
        return path.read_bytes()


def from_bytes(model: Generator, content: bytes) -> list[Direction]:
    """The directions in such a file, as a person's own; those that the model has already are left out.

    Raises StudioError when it is no such file, is damaged, or belongs to another model.
    """
    with tempfile.TemporaryDirectory(prefix="latent-studio-work-") as folder:
        path = Path(folder) / "directions.safetensors"
        path.write_bytes(content)
        try:
            tensors, metadata = read_tensors(path)
            need, got = model.code_dim, tensors["named"].shape[-1]
            if got == need:
                directions = unpack(tensors, metadata, need, model.num_ws)[1]
        except (StudioError, KeyError, IndexError):
            raise _unreadable() from None
    directions = directions if got == need else []
    lengths = [length(model, direction.vector) for direction in directions if direction.vector is not None]
    if got != need or not all(SANE[0] <= sigmas <= SANE[1] for sigmas in lengths):
        raise StudioError("directions.other_model", "These sliders belong to another model. Choose that one, then open the file again.")  # fmt: skip
    if not lengths:
        raise _unreadable()
    known = [direction.vector for direction in model.named if direction.vector is not None]
    fresh = [d for d in directions if d.vector is not None and not any(torch.equal(d.vector, k) for k in known)]
    return [own(d.title or d.name, d.vector, d.layers) for d in fresh]


def _unreadable() -> StudioError:
    return StudioError("directions.unreadable", "This is not a file of sliders, or it is damaged.")
