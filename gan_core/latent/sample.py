"""render(model, points): the only way a picture is made."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import StudioError
from gan_core.latent.directions import direction
from gan_core.latent.interpolate import between, weighted
from gan_core.latent.point import LatentPoint, Mix
from gan_core.models.base import Generator

CHUNK = 64  # pictures drawn in one forward pass


@lru_cache(maxsize=4096)
def draw(seed: int, z_dim: int) -> np.ndarray:
    """z of a seed, float32 [z_dim]: `RandomState(seed).randn(z_dim)`, the convention of StyleGAN's and other tools."""
    z = np.random.RandomState(seed).randn(z_dim).astype(np.float32)
    z.flags.writeable = False
    return z


@torch.inference_mode()
def render(model: Generator, points: Sequence[LatentPoint]) -> np.ndarray:
    """Draw points: uint8 [N, H, W, C] with C 1, 3 or 4; the same point gives the same picture on any machine.

    Raises StudioError when a point does not fit the model (vector length, class, direction).
    """
    config = model.config
    if not points:
        return np.zeros((0, config.resolution, config.resolution, config.channels), np.uint8)
    codes, labels = locate(model, points)
    chunks = []
    for start in range(0, len(points), CHUNK):
        part = slice(start, start + CHUNK)
        chunks.append(to_uint8(model.synthesis(codes[part], None if labels is None else labels[part])))
    return np.concatenate(chunks)


def to_uint8(images: Tensor) -> np.ndarray:
    """Float [N, C, H, W] in [−1, 1] → uint8 [N, H, W, C]; not-a-number becomes mid-grey."""
    images = torch.nan_to_num(images.float(), nan=0.0, posinf=1.0, neginf=-1.0)
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()


def locate(model: Generator, points: Sequence[LatentPoint]) -> tuple[Tensor, Tensor | None]:
    """Turn points into codes [N, code_dim] and class weights [N, K] (None without classes), on the model's device."""
    device = next(model.parameters()).device
    weights = _class_weights(model, points)
    if weights is not None:
        weights = torch.from_numpy(weights).to(device)
    codes = torch.zeros(len(points), model.code_dim, device=device)
    seeds = [i for i, p in enumerate(points) if p.seed is not None]
    if seeds:
        z = torch.from_numpy(np.stack([draw(points[i].seed, model.config.z_dim) for i in seeds])).to(device)
        truncation = torch.tensor([points[i].truncation for i in seeds], device=device, dtype=torch.float32)
        codes[seeds] = model.truncate(model.mapping(z, None if weights is None else weights[seeds]), truncation)
    for i, point in enumerate(points):
        if point.vector is not None:
            codes[i] = _vector_code(model, point, device)
    _place_composed(model, points, codes)
    _apply_moves(model, points, codes)
    return codes, weights


def settle(model: Generator, point: LatentPoint) -> LatentPoint:
    """The same place written as an explicit vector: nothing nested, no direction that another copy of the model might lack.

    Draws the same picture. A place between classes becomes a mix of one vector with each class.
    """
    codes, weights = locate(model, [point])
    vector = tuple(codes[0].tolist())
    if weights is None:
        return LatentPoint(vector=vector, model=point.model)
    shares = {label: share for label, share in enumerate(weights[0].tolist()) if share}
    parts = [LatentPoint(vector=vector, label=label, model=point.model) for label in shares]
    if len(parts) == 1:
        return parts[0]
    return LatentPoint(mix=Mix(tuple(parts), tuple(shares.values())), model=point.model)


def _vector_code(model: Generator, point: LatentPoint, device) -> Tensor:
    if len(point.vector) != model.code_dim:
        raise StudioError(
            "point.vector_length", "This point has {got} latent numbers, but the model has {need}. Open it with its own model.",
            got=len(point.vector), need=model.code_dim,
        )  # fmt: skip
    return _truncated(model, torch.tensor(point.vector, device=device, dtype=torch.float32), point)


def _truncated(model: Generator, code: Tensor, point: LatentPoint) -> Tensor:
    return model.truncate(code[None], code.new_tensor([point.truncation]))[0]


def _place_composed(model: Generator, points: Sequence[LatentPoint], codes: Tensor) -> None:
    """Fill in blends and mixes, then mixed-in styles; equal parts (a whole morph) are located once."""
    parts = list(dict.fromkeys(part for point in points for part in point.inside()))
    if not parts:
        return
    at = dict(zip(parts, locate(model, parts)[0], strict=True))
    for i, point in enumerate(points):
        if point.blend is not None:
            mode = point.blend.mode if model.gaussian else "lerp"
            codes[i] = _truncated(model, between(at[point.blend.a], at[point.blend.b], point.blend.t, mode), point)
        elif point.mix is not None:
            rows = torch.stack([at[part] for part in point.mix.points])
            codes[i] = _truncated(model, weighted(rows, point.mix.weights, model.gaussian), point)
        for style in point.styles:
            layers = _layers(model, style.first, style.stop)
            codes[i, layers] = torch.lerp(codes[i, layers], at[style.point][layers], style.amount)


def _layers(model: Generator, first: int, stop: int) -> slice:
    """The numbers of a code that steer the layers first ≤ layer < stop."""
    if stop > model.num_ws:
        raise StudioError(
            "point.layers", "This model has {layers} layers to steer; there is no layer {number}.",
            layers=model.num_ws, number=stop,
        )  # fmt: skip
    each = model.code_dim // model.num_ws
    return slice(first * each, stop * each)


def _apply_moves(model: Generator, points: Sequence[LatentPoint], codes: Tensor) -> None:
    for i, point in enumerate(points):
        for name, amount, *layers in point.moves:
            if layers:
                _layers(model, *layers)  # or refused in words
            codes[i] += amount * direction(model, name, tuple(layers)).to(codes)


def _class_weights(model: Generator, points: Sequence[LatentPoint]) -> np.ndarray | None:
    """One row of class shares per point, [N, K]; a blend takes its share of both ends' classes."""
    classes = model.config.num_classes
    if not classes:
        return None
    return np.stack([_class_row(point, classes) for point in points])


def _class_row(point: LatentPoint, classes: int) -> np.ndarray:
    if point.label is None and point.blend is not None:
        b = point.blend
        return ((1 - b.t) * _class_row(b.a, classes) + b.t * _class_row(b.b, classes)).astype(np.float32)
    if point.label is None and point.mix is not None:
        rows = [_class_row(part, classes) for part in point.mix.points]
        shares = np.maximum(np.array(point.mix.weights, np.float32) @ rows, 0)  # a spline's weights may be below 0
        return (shares / shares.sum()).astype(np.float32)
    label = (point.seed or 0) % classes if point.label is None else point.label
    if label >= classes:
        raise StudioError(
            "point.label",
            "This model has {classes} classes; there is no class number {label}.",
            classes=classes,
            label=label,
        )
    return np.eye(classes, dtype=np.float32)[label]
