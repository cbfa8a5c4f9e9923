"""Plain networks told from their tensors' names and shapes: which layers there are, in which order, and how they join."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from math import isqrt

import torch
from torch import Tensor

from gan_core.config import ModelConfig
from gan_core.importers.assumptions import Assumed, in_words
from gan_core.importers.contents import Candidate, Contents

CHANNELS = (1, 3, 4)  # of a picture
MAX_PIECES = 120


@dataclass(frozen=True)
class Piece:
    """One module with weights: its name, what it is ("linear", "kernel", "norm", "embedding", "slope") and its tensors."""

    name: str
    kind: str
    tensors: dict[str, Tensor]

    @property
    def weight(self) -> Tensor:
        """Its weight, whose shape tells most."""
        return self.tensors["weight"]

    @property
    def index(self) -> int | None:
        """Its place in an nn.Sequential, where its name ends with one."""
        last = self.name.rsplit(".", 1)[-1]
        return int(last) if last.isdigit() and len(last) < 5 else None


@dataclass(frozen=True)
class Step:
    """A layer as `models.sequential` lists it, and the piece whose tensors it takes (None: it has none)."""

    layer: dict
    piece: Piece | None = None


def pieces(tensors: dict[str, Tensor]) -> list[Piece] | None:
    """The modules of a state dict in its order; None where one is of no kind that a plain network has."""
    modules: dict[str, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        module, _, own = name.rpartition(".")
        modules.setdefault(module, {})[own] = tensor
    found = [Piece(name, _kind(name, own), own) for name, own in modules.items()]
    return found if len(found) <= MAX_PIECES and all(piece.kind for piece in found) else None


def _kind(name: str, own: dict[str, Tensor]) -> str:
    weight, names = own.get("weight"), set(own)
    if weight is None:
        return "norm" if {"running_mean", "running_var"} <= names <= NORMS else ""
    if names <= {"weight", "bias"} and weight.ndim == 2:
        return "embedding" if re.search(r"emb", name) and "bias" not in own else "linear"
    if names <= {"weight", "bias"} and weight.ndim == 4 and weight.shape[2] == weight.shape[3]:
        return "kernel"
    if weight.ndim == 1 and names <= NORMS:
        return "slope" if names == {"weight"} else "norm"
    return ""


NORMS = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}


def orders(found: Sequence[Piece]) -> Iterator[list[Piece]]:
    """The orders in which the pieces may stand: as in the file, as their numbers count, and with the groups in any order."""
    yield list(found)
    natural = sorted(found, key=lambda piece: natural_key(piece.name))
    if natural != list(found):
        yield natural
    groups: dict[str, list[Piece]] = {}
    for piece in natural:
        groups.setdefault(piece.name.split(".")[0], []).append(piece)
    if 1 < len(groups) <= 5:
        for order in permutations(groups):
            yield [piece for group in order for piece in groups[group]]


def natural_key(name: str) -> list:
    """Sorts "main.9" before "main.10"."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.findall(r"\d{1,9}|\D+", name)]


@dataclass(frozen=True)
class Joint:
    """A piece as it joins the ones before: its op, and how many channels go in and come out."""

    piece: Piece
    op: str
    inputs: int
    outputs: int


def joints(order: Sequence[Piece]) -> list[Joint] | None:
    """How the pieces join, each taking what the one before gives; None where they do not. Transposed where both would fit."""
    return _join(list(order), None, [])


def _join(rest: list[Piece], width: int | None, before: list[Joint]) -> list[Joint] | None:
    if not rest:
        return before
    piece, *others = rest
    for joint in _ways(piece, width, before):
        found = _join(others, joint.outputs, [*before, joint])
        if found is not None:
            return found
    return None


def _ways(piece: Piece, width: int | None, before: list[Joint]) -> list[Joint]:
    """The ways in which a piece can follow `width` numbers (channels, or a flat layer's)."""
    flat = (
        not before
        or before[-1].op == "linear"
        or (before[-1].op == "norm" and all(j.op in ("linear", "norm") for j in before))
    )
    if piece.kind == "linear":
        outputs, inputs = piece.weight.shape
        return [Joint(piece, "linear", inputs, outputs)] if flat and width in (None, inputs) else []
    if piece.kind == "norm":
        size = len(next(t for t in piece.tensors.values() if t.ndim == 1))
        whole = size == width or (flat and width is not None and width % size == 0 and _side(width // size))
        return [Joint(piece, "norm", size, size)] if whole else []
    if piece.kind == "slope":
        return [Joint(piece, "prelu", width, width)] if width and len(piece.weight) in (1, width) else []
    if piece.kind != "kernel":
        return []
    first, second = piece.weight.shape[:2]
    bias = len(piece.tensors["bias"]) if "bias" in piece.tensors else None
    ways = [Joint(piece, "conv_transpose", first, second), Joint(piece, "conv", second, first)]
    if width is not None:
        ways = [
            way
            for way in ways
            if way.inputs == width or (flat and width % way.inputs == 0 and _side(width // way.inputs))
        ]
    else:
        ways = ways[:1]  # from z itself only a transposed convolution makes more than a dot
    return [way for way in ways if bias in (None, way.outputs)]


def _side(area: int) -> int:
    """The side of a square of so many pixels; 0 where it is none."""
    return isqrt(area) if isqrt(area) ** 2 == area else 0


def picture_shape(count: int) -> tuple[int, int] | None:
    """(channels, side) of a square picture of so many numbers; None where there is none of a usual kind."""
    for channels in CHANNELS:
        if count % channels == 0 and _side(count // channels):
            return channels, _side(count // channels)
    return None


def layer_of(joint: Joint, eps: float = 1e-5, flat: bool = False, **geometry) -> Step:
    """The listed layer of a joint."""
    piece = joint.piece
    if joint.op == "norm":
        op = "batch_norm" if "running_mean" in piece.tensors else "layer_norm" if flat else "instance_norm"
        fields = {"channels": joint.inputs, "eps": eps, "flat": flat, "affine": "weight" in piece.tensors}
        return Step({"op": op, **fields}, piece)
    if joint.op == "prelu":
        return Step({"op": "prelu", "channels": len(piece.weight)}, piece)
    fields = {"op": joint.op, "inputs": joint.inputs, "outputs": joint.outputs, "bias": "bias" in piece.tensors}
    if joint.op != "linear":
        fields |= {"kernel": piece.weight.shape[2], **geometry}
    return Step(fields, piece)


def bare(op: str, **fields) -> Step:
    """A layer without tensors."""
    return Step({"op": op, **fields})


def candidate(
    contents: Contents, steps: Sequence[Step], z_dim: int, shape: tuple[int, int], assumed: Assumed, sure: bool = False, **said
) -> Candidate:  # fmt: skip
    """A Candidate of the sequential family. `shape` is (channels, side); `said`: latent, label, num_classes, embedding, encoder."""
    tensors = _named(steps, "layers")
    options = {"layers": [step.layer for step in steps], "latent": said.get("latent", "normal")}
    options["range"] = [0, 1] if "sigmoid" in [step.layer["op"] for step in steps[-2:]] else [-1, 1]
    if said.get("label"):
        options["label"] = said["label"]
    if said.get("embedding") is not None:
        tensors["embed.weight"] = said["embedding"]
    if said.get("encoder"):
        options["encoder"] = [step.layer for step in said["encoder"]]
        tensors |= _named(said["encoder"], "encoder")
    config = ModelConfig("sequential", shape[1], shape[0], z_dim, said.get("num_classes", 0), options=options)
    return described(contents, config, tensors, assumed, sure)


def described(
    contents: Contents, config: ModelConfig, tensors: dict[str, Tensor], assumed: Assumed, sure: bool
) -> Candidate:
    """A Candidate that remembers in its config what was assumed, and is called after its file."""
    training = {**config.training, "assumed": [list(pair) for pair in assumed]}
    config = replace(config, name=contents.path.stem[:60], title=contents.path.stem[:60], training=training)
    return Candidate(config, tensors, in_words(assumed), sure)


def _named(steps: Sequence[Step], prefix: str) -> dict[str, Tensor]:
    named = {}
    for index, step in enumerate(steps):
        if step.piece is None:
            continue
        named |= {f"{prefix}.{index}.{name}": tensor for name, tensor in step.piece.tensors.items()}
        if step.layer["op"] == "batch_norm":  # files of before PyTorch 0.4.1 do not count batches
            named.setdefault(f"{prefix}.{index}.num_batches_tracked", torch.tensor(0))
    return named
