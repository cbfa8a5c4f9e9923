"""Fine-tuning: a new generator begins with what fits of another model's weights."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.checkpoint import CONFIG, load_model
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.training.launch import ROOT

if TYPE_CHECKING:
    from gan_core.models.base import Generator

WEIGHTS = ROOT / "weights"
HEAD_START = 0.05  # share of the run over which the generator's rate rises from zero: the discriminator begins anew
SENTENCES = {
    "whole": "All weights came from “{model}”.",
    "part": "{count} of {total} tensors ({share} % of the weights) came from “{model}”; new: {first}.",
}


@dataclass(frozen=True)
class Transfer:
    """What came over: `code` and `facts` for any language, `message` in English."""

    code: str
    facts: dict = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence in English."""
        return SENTENCES[self.code].format(**self.facts)

    def to_event(self) -> dict:
        """Return what an event says of it."""
        return {"code": self.code, "facts": self.facts, "message": self.message}


def load_source(spec: str) -> Generator:
    """Load the model that a training starts from, on the CPU: a folder, a run's folder, a bundled name, or user/repo on the Hub.

    Raises StudioError when it is not there, not ours, damaged, or the Hub cannot be reached.
    """
    path = Path(spec).expanduser()
    for folder in (path, path / "model", WEIGHTS / spec):
        if (folder / CONFIG).is_file() and not (folder / "events.jsonl").exists():  # a run's own config.json is another
            return load_model(folder)
    if path.is_file():
        return load_model(path)
    if path.exists() or "/" not in spec or spec.startswith((".", "/", "~")):
        raise StudioError(
            "transfer.missing", "There is no model “{model}” to start from. Give a model folder, a bundled name ({known}), or user/repo on the Hub.",
            model=spec, known=", ".join(sorted(p.parent.name for p in WEIGHTS.glob(f"*/{CONFIG}"))),
        )  # fmt: skip
    from gan_core import hub

    return load_model(hub.pull(spec))


def check_family(source: ModelConfig, family: str) -> None:
    """Raise StudioError unless a model is of the family that is to be trained ("auto": any)."""
    if family not in ("auto", source.family):
        raise StudioError(
            "transfer.family", "“{model}” is a {theirs} model and cannot begin a {ours} training. Train a {theirs}, or start from a {ours} model.",
            model=source.title or source.name, theirs=source.family, ours=family,
        )  # fmt: skip


def transfer(source: Generator, generator: Generator) -> Transfer:
    """Copy every tensor of `source` whose name and shape `generator` has too, and say what came over.

    Raises StudioError when no weight fits.
    """
    theirs, ours = source.state_dict(), generator.state_dict()
    weights = {name for name, _ in generator.named_parameters()}
    same = {name for name in ours if name in theirs and theirs[name].shape == ours[name].shape}
    model = source.config.title or source.config.name
    share = sum(ours[name].numel() for name in same & weights) / sum(ours[name].numel() for name in weights)
    if share < 0.01:
        raise StudioError(
            "transfer.nothing", "Hardly any weight of “{model}” ({theirs}) fits this training ({ours}). Leave size and widths empty to take the model's own.",
            model=model, theirs=_shape(source), ours=_shape(generator),
        )  # fmt: skip
    with torch.no_grad():
        for name in same:
            ours[name].copy_(theirs[name])
    new = [name for name in ours if name not in same]
    if not new:
        return Transfer("whole", {"model": model, "name": source.config.name})
    first = ", ".join(new[:3]) + (" …" if len(new) > 3 else "")
    facts = {
        "model": model,
        "name": source.config.name,
        "count": len(same),
        "total": len(ours),
        "share": int(100 * share),
        "first": first,
    }
    return Transfer("part", facts)


def _shape(model: Generator) -> str:
    config = model.config
    sizes = ", ".join(f"{name} {value}" for name, value in {"z_dim": config.z_dim, **config.options}.items())
    return f"{config.family}, {config.resolution} px, {config.channels} channels, {sizes}"
