"""Directions that have a name: what a move in a point may be called, and how they lie in directions.safetensors."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gan_core.errors import StudioError
from gan_core.later import torch

if TYPE_CHECKING:
    from torch import Tensor

ORIGINS = ("found", "labels", "own")
MAX_NAMED, MAX_ROWS, MAX_TITLE, MAX_METADATA = 256, 512, 60, 200_000
LARGEST = 6e4  # what 16 bits hold
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
FILE = "directions.safetensors"
FACTS = ("name", "title", "origin", "layers", "hidden")


@dataclass(frozen=True)
class Direction:
    """One way through the code space: `name` is what points call it for ever, `title` what a person called it ("": nobody did).

    `vector` [code_dim] is one σ long; None for an entry that renames, moves or hides a direction that is found ("d3"). A move
    that names no layers goes along the layers first ≤ layer < stop of `layers` alone; None: along all.
    Raises StudioError for a field that makes no sense.
    """

    name: str
    title: str = ""
    origin: str = "own"  # found without labels, found from labels, or a person's own
    layers: tuple[int, int] | None = None
    hidden: bool = False
    vector: Tensor | None = field(default=None, compare=False, repr=False)

    def __post_init__(self):
        fine = isinstance(self.name, str) and NAME.fullmatch(self.name) and self.origin in ORIGINS
        fine = fine and isinstance(self.title, str) and len(self.title) <= MAX_TITLE and type(self.hidden) is bool
        if not fine or not _layers_fine(self.layers) or (self.vector is None and self.origin != "found"):
            raise misfit()

    def facts(self) -> dict:
        """Everything but the numbers, JSON-ready."""
        return {name: getattr(self, name) for name in FACTS}


def misfit() -> StudioError:
    """What to say of a file whose directions cannot be used."""
    return StudioError(
        "model.directions", "{file} does not fit the model. Delete it: the app finds them again.", file=FILE
    )


def pack(found: dict[str, Tensor], named: Sequence[Direction]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors (16 bits) and the metadata of a directions.safetensors; `found` holds "d" and, in some families, "axis"."""
    names = {"d": "directions", "axis": "axis"}
    tensors = {names[prefix]: rows for prefix, rows in found.items() if prefix in names}
    vectors = [direction.vector for direction in named if direction.vector is not None]
    if vectors:
        tensors["named"] = torch.stack([vector.cpu() for vector in vectors])
    entries, row = [], 0
    for direction in named:
        entries.append(direction.facts() | {"row": None if direction.vector is None else row})
        row += direction.vector is not None
    metadata = {"named": json.dumps(entries, ensure_ascii=False, separators=(",", ":"))} if entries else {}
    return {name: rows.detach().half().cpu().contiguous() for name, rows in tensors.items()}, metadata


def unpack(
    tensors: dict[str, Tensor], metadata: dict[str, str], code_dim: int, num_ws: int
) -> tuple[dict[str, Tensor], tuple[Direction, ...]]:
    """What `pack` was given, in fp32, from a file that anybody may have written. Raises StudioError (model.directions)."""
    tensors = {name: rows for name, rows in tensors.items() if name in ("directions", "axis", "named")}
    for rows in tensors.values():
        if rows.ndim != 2 or rows.shape[1] != code_dim or len(rows) > MAX_ROWS or not rows.is_floating_point():
            raise misfit()
        if not (rows.abs() <= LARGEST).all():  # false for NaN too
            raise misfit()
    prefixes = {"directions": "d", "axis": "axis"}
    found = {prefixes[name]: rows.float() for name, rows in tensors.items() if name in prefixes}
    named = tuple(_read_entry(entry, tensors.get("named"), num_ws) for entry in _entries(metadata))
    if len({direction.name for direction in named}) != len(named):
        raise misfit()
    return found, named


def _entries(metadata: dict[str, str]) -> list:
    text = metadata.get("named", "[]")
    try:
        entries = json.loads(text) if len(text) <= MAX_METADATA else None
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list) or len(entries) > MAX_NAMED:
        raise misfit()
    return entries


def _read_entry(entry, vectors: Tensor | None, num_ws: int) -> Direction:
    if not isinstance(entry, dict) or not {"name"} <= set(entry) <= {*FACTS, "row"}:
        raise misfit()
    facts = {name: entry[name] for name in FACTS if name in entry}
    row, layers = entry.get("row"), facts.get("layers")
    if row is not None and (type(row) is not int or vectors is None or not 0 <= row < len(vectors)):
        raise misfit()
    if layers is not None:
        facts["layers"] = tuple(layers) if isinstance(layers, list) else layers
    direction = Direction(**facts, vector=None if row is None else vectors[row].float())
    if direction.layers and direction.layers[1] > num_ws:
        raise misfit()
    return direction


def _layers_fine(layers) -> bool:
    if layers is None:
        return True
    if not isinstance(layers, tuple) or len(layers) != 2 or not all(type(number) is int for number in layers):
        return False
    return 0 <= layers[0] < layers[1]
