"""Model folders: config.json, model.safetensors, directions.safetensors, encoder.safetensors, preview.webp, README.md. Tensors only, never code.

Format changes are patched here and nowhere else.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from safetensors import SafetensorError, safe_open

from gan_core.config import ModelConfig, read_json
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.models import build
from gan_core.models.directions import Direction, misfit, pack, unpack

if TYPE_CHECKING:
    from gan_core.models.base import Generator

CONFIG, WEIGHTS, DIRECTIONS, PREVIEW, CARD = (
    "config.json",
    "model.safetensors",
    "directions.safetensors",
    "preview.webp",
    "README.md",
)
ENCODER = "encoder.safetensors"  # optional; read and written by latent.distill
PICKLES = {".pkl", ".pt", ".pth", ".ckpt", ".bin", ".pickle"}


@dataclass(frozen=True)
class ModelEntry:
    """A model folder as a list shows it, without its weights being read."""

    path: Path
    config: ModelConfig
    preview: Path | None


def read_config(folder: Path) -> ModelConfig:
    """Read and check a model folder's config.json. Raises StudioError."""
    return ModelConfig.from_dict(read_json(Path(folder) / CONFIG))


def list_models(root: Path) -> list[ModelEntry]:
    """Every readable model folder directly under `root`, by name; folders that are no models are passed over."""
    entries = []
    for folder in sorted(Path(root).iterdir()) if Path(root).is_dir() else []:
        with contextlib.suppress(StudioError, OSError):
            if (folder / WEIGHTS).is_file():
                preview = folder / PREVIEW
                entries.append(ModelEntry(folder, read_config(folder), preview if preview.is_file() else None))
    return entries


def save_model(
    folder: Path, generator: Generator, preview: Image.Image | None = None, card: str | None = None, exact: bool = False
) -> None:
    """Write a model folder whole or not at all: weights in fp16 (running statistics, or all where `exact`, stay fp32), config last.

    `preview` and `card` are kept from an earlier save where None, a person's own directions always. Raises OSError when the disk refuses.
    """
    folder = Path(folder)
    staging = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True)
        config = json.dumps(generator.config.to_dict(), indent=2, ensure_ascii=False)
        buffers = {name for name, _ in generator.named_buffers()}
        tensors = {
            name: (t.half() if t.is_floating_point() and name not in buffers and not exact else t)
            .detach()
            .cpu()
            .contiguous()
            for name, t in generator.state_dict().items()
        }
        write_tensors(tensors, staging / WEIGHTS, {"config": config})
        named = (*generator.named, *_own_of(folder, generator))
        if {"d", "axis"} & generator.found.keys() or named:  # other finders' rows are found anew, not kept
            save_directions(staging, generator.found, named)
        if preview is not None:
            preview.save(staging / PREVIEW, lossless=generator.config.pixel_art, quality=92, method=4)
        elif (folder / PREVIEW).is_file():
            shutil.copyfile(folder / PREVIEW, staging / PREVIEW)
        if card is not None:
            (staging / CARD).write_text(card, encoding="utf-8")
        elif (folder / CARD).is_file():
            shutil.copyfile(folder / CARD, staging / CARD)
        (staging / CONFIG).write_text(config + "\n", encoding="utf-8")
        _swap(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def save_directions(folder: Path, found: dict[str, torch.Tensor], named: Sequence[Direction]) -> None:
    """Write the directions of a model folder anew, whole or not at all; the rest stays. Raises OSError when the disk refuses."""
    new = Path(folder) / f".{DIRECTIONS}.{os.getpid()}.tmp"
    try:
        tensors, metadata = pack(found, named)
        write_tensors(tensors, new, metadata)
        os.replace(new, Path(folder) / DIRECTIONS)
    finally:
        new.unlink(missing_ok=True)


def read_directions(file: Path, model: Generator) -> tuple[dict[str, torch.Tensor], tuple[Direction, ...]]:
    """(found, named) of a directions.safetensors. Raises StudioError when it is damaged or does not fit the model."""
    try:
        tensors, metadata = read_tensors(file)
    except StudioError:
        raise misfit() from None
    return unpack(tensors, metadata, model.code_dim, model.num_ws)


def _own_of(folder: Path, model: Generator) -> tuple[Direction, ...]:
    """A person's own directions in the folder that is about to be replaced, so far as they fit and are not there already."""
    try:
        named = read_directions(folder / DIRECTIONS, model)[1]
    except StudioError:
        return ()
    known = {direction.name for direction in model.named}
    return tuple(d for d in named if d.origin == "own" and d.name not in known)


def write_tensors(tensors: dict[str, torch.Tensor], path: Path, metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file. Raises OSError with its errno when the disk refuses (the library hides it in its words)."""
    from safetensors.torch import save_file

    try:
        save_file(tensors, path, metadata=metadata)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(int(number[1]) if number else errno.EIO, str(error)) from None


def _swap(new: Path, folder: Path) -> None:
    """Put the finished folder `new` in the place of `folder`."""
    old = new.with_suffix(".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def recover(folder: Path) -> None:
    """After a process was killed while it wrote `folder`: put back the one it was replacing, and clear away the rest."""
    for old in folder.parent.glob(f".{folder.name}.*.old"):
        shutil.rmtree(old, ignore_errors=True) if folder.exists() else old.rename(folder)
    for new in folder.parent.glob(f".{folder.name}.*.tmp"):
        shutil.rmtree(new, ignore_errors=True)


def load_model(source: Path, device: torch.device | str = "cpu", directions: Path | None = None) -> Generator:
    """Load a model folder, or one of our .safetensors files, ready to draw (eval mode, fp32).

    `directions` is another folder to take the directions from, of a model with the same code space.
    Raises StudioError when it is not a model of ours, is damaged, or is a file format that could carry code.
    """
    source = Path(source)
    if source.suffix.lower() in PICKLES:
        raise StudioError(
            "model.pickle",
            "{file} is a pickle, which can carry code, so it is not opened. Use a .safetensors model folder instead.",
            file=source.name,
        )
    folder, weights = (source, source / WEIGHTS) if source.is_dir() else (source.parent, source)
    if not weights.is_file():
        others = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES) if folder.is_dir() else []
        if others:
            return load_model(folder / others[0], device)
        raise StudioError(
            "model.missing", "{folder} holds no model: {file} is missing.", folder=str(folder), file=WEIGHTS
        )
    tensors, embedded = read_tensors(weights)
    config = (
        read_config(folder) if source.is_dir() or (folder / CONFIG).is_file() else _embedded_config(embedded, weights)
    )
    model = assemble(config, tensors, weights.name)
    directions = (directions or folder) / DIRECTIONS
    if directions.is_file():
        model.found, model.named = read_directions(directions, model)
    return model.to(device)


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict]:
    """All tensors of a safetensors file and its metadata; StudioError when the file is damaged."""
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError):
        raise StudioError(
            "model.damaged", "{file} is damaged or not a safetensors file. Download it again.", file=path.name
        ) from None


def _embedded_config(metadata: dict, weights: Path) -> ModelConfig:
    try:
        return ModelConfig.from_dict(json.loads(metadata["config"]))
    except (KeyError, ValueError, RecursionError) as error:
        if isinstance(error, StudioError):
            raise
        raise StudioError(
            "model.no_config", "{file} does not say what model it is. Put its config.json beside it.", file=weights.name
        ) from None


def assemble(config: ModelConfig, tensors: dict[str, torch.Tensor], name: str) -> Generator:
    """Build the network a config describes and put the tensors in; sizes are compared before any memory is taken."""
    try:
        with torch.device("meta"):
            model = build(config)
    except StudioError:
        raise
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise StudioError(
            "model.config_field", "The model's config.json has no usable “{field}”.", field="options"
        ) from None
    expected = model.state_dict()
    missing, extra = sorted(expected.keys() - tensors.keys()), sorted(tensors.keys() - expected.keys())
    wrong = [k for k in expected.keys() & tensors.keys() if expected[k].shape != tensors[k].shape]
    if missing or extra or wrong:
        first = (missing or extra or sorted(wrong))[0]
        raise StudioError(
            "model.tensors", "{file} does not fit its config.json ({count} tensors differ, first: {first}). Download the model again.",
            file=name, count=len(missing) + len(extra) + len(wrong), first=first,
        )  # fmt: skip
    tensors = {k: t.float() if expected[k].is_floating_point() else t.to(expected[k].dtype) for k, t in tensors.items()}
    if not all(torch.isfinite(t).all() for t in tensors.values()):
        raise StudioError(
            "model.not_finite", "{file} holds numbers that are not finite; the model is broken.", file=name
        )
    model.load_state_dict(tensors, assign=True)
    model.to(memory_format=torch.channels_last)  # measured faster to draw with, at any batch size
    return model.eval().requires_grad_(False)
