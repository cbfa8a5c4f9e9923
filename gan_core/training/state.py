"""Everything a run needs to go on: networks, averaged weights, optimizers and counters, in one safetensors file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open

from gan_core.checkpoint import write_tensors
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.training.run import Run

if TYPE_CHECKING:
    from gan_core.models.base import Family
    from gan_core.training.ema import EMA

LATEST, PREVIOUS = "latest.safetensors", "previous.safetensors"


@dataclass
class Counters:
    """Where a run stands. `elapsed` seconds of training, pauses not counted; `events_size` bytes of events.jsonl."""

    step: int = 0
    images: int = 0
    elapsed: float = 0.0
    lr_scale: float = 1.0
    rollbacks: int = 0
    events_size: int = 0
    next_sample: float = 0.0
    fingerprint: str = ""
    adaptive: dict[str, float] = field(default_factory=dict)  # Family.adaptive()

    def become(self, other: Counters) -> None:
        """Take over another's values."""
        self.__dict__.update(other.__dict__)


def tensors_of(family: Family, ema: EMA | None = None) -> dict[str, torch.Tensor]:
    """Collect every tensor of a run under a unique name; only the process that keeps the run has averaged weights."""
    tensors = {f"ema.{k}": t for k, t in ema.network.state_dict().items()} if ema else {}
    for name, network in family.networks().items():
        tensors |= {f"network.{name}.{k}": t for k, t in network.state_dict().items()}
    for name, optimizer in family.optimizers().items():
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{name}.{index}.{k}": t for k, t in state.items()}
    return tensors


def save_state(folder: Path, family: Family, ema: EMA, counters: Counters) -> None:
    """Write the checkpoint whole or not at all, keeping the one before. Raises OSError when the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f".{LATEST}.tmp"
    counters.adaptive = family.adaptive()
    tensors = {k: t.detach().cpu().contiguous() for k, t in tensors_of(family, ema).items()}
    try:
        write_tensors(tensors, new, {"counters": json.dumps(asdict(counters))})
        with open(new, "rb+") as file:
            os.fsync(file.fileno())
        if (folder / LATEST).exists():
            os.replace(folder / LATEST, folder / PREVIOUS)
        os.replace(new, folder / LATEST)
    finally:
        new.unlink(missing_ok=True)


def has_state(folder: Path) -> bool:
    """Whether there is a checkpoint to go on from."""
    return any((folder / name).is_file() for name in (LATEST, PREVIOUS))


def begun(run: Run) -> bool:
    """Whether a run has anything to go on from, or to lose; one that was killed before that begins anew."""
    return has_state(run.checkpoint_folder) or run.model_folder.exists()


def load_state(folder: Path, family: Family, ema: EMA | None) -> Counters:
    """Put a checkpoint back into a run's networks and optimizers; falls back to the previous one when the latest is damaged.

    Raises StudioError when neither can be read or they belong to other networks.
    """
    for name in (LATEST, PREVIOUS):
        try:
            with safe_open(folder / name, framework="pt") as file:
                counters = Counters(**json.loads(file.metadata()["counters"]))
                tensors = {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, KeyError, TypeError, ValueError):
            continue
        try:
            _restore(tensors, family, ema)
        except (RuntimeError, KeyError, ValueError):
            raise StudioError(
                "run.other_model", "The checkpoint in {folder} belongs to another kind of model.", folder=str(folder)
            ) from None
        family.restore_adaptive(counters.adaptive)
        return counters
    raise StudioError(
        "run.no_checkpoint", "There is no readable checkpoint in {folder}, so the run cannot go on.", folder=str(folder)
    )


def _restore(tensors: dict[str, torch.Tensor], family: Family, ema: EMA | None) -> None:
    def under(prefix: str) -> dict[str, torch.Tensor]:
        return {k[len(prefix) :]: t for k, t in tensors.items() if k.startswith(prefix)}

    if ema is not None:
        ema.network.load_state_dict(under("ema."))
    for name, network in family.networks().items():
        network.load_state_dict(under(f"network.{name}."))
    for name, optimizer in family.optimizers().items():
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        state: dict[int, dict] = {}
        for key, tensor in under(f"optimizer.{name}.").items():
            index, _, field = key.partition(".")
            parameter = parameters[int(index)]
            if (
                tensor.shape == parameter.shape
            ):  # fused Adam walks memory in order, so the strides must be the parameter's
                tensor = torch.empty_like(parameter, requires_grad=False).copy_(tensor)
            state.setdefault(int(index), {})[field] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
