"""Latent Studio's core: train, load and walk through generative latent spaces. Needs no gradio."""

from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.registry import resolve

if TYPE_CHECKING:
    from gan_core.config import ModelConfig, TrainConfig
    from gan_core.errors import StudioError
    from gan_core.latent.interpolate import interpolate
    from gan_core.latent.point import Blend, LatentPoint
    from gan_core.latent.sample import render
    from gan_core.models import FAMILIES
    from gan_core.models.base import Generator

# imported when first used: PyTorch takes its time, and not every part needs it
HOMES = {
    "Blend": "gan_core.latent.point:Blend",
    "FAMILIES": "gan_core.models:FAMILIES",
    "LatentPoint": "gan_core.latent.point:LatentPoint",
    "ModelConfig": "gan_core.config:ModelConfig",
    "StudioError": "gan_core.errors:StudioError",
    "TrainConfig": "gan_core.config:TrainConfig",
    "interpolate": "gan_core.latent.interpolate:interpolate",
    "render": "gan_core.latent.sample:render",
}
__all__ = [
    "FAMILIES",
    "Blend",
    "LatentPoint",
    "ModelConfig",
    "StudioError",
    "TrainConfig",
    "interpolate",
    "load",
    "render",
    "train",
]
__version__ = "0.1.0"


def __getattr__(name: str):
    if name not in HOMES:
        raise AttributeError(f"module 'gan_core' has no attribute {name!r}")
    return globals().setdefault(name, resolve(HOMES, name))


def load(source: str | Path, device: str = "auto") -> "Generator":
    """Load a model ready to draw from a folder or file of ours, a Hub id `user/repo[@revision]`, or somebody else's weight file.

    Of the ways to understand a foreign file (`importers.open_file`) it takes the likeliest.

    Raises StudioError saying what is wrong and what to do.
    """
    from gan_core import checkpoint
    from gan_core import device as devices

    place = devices.pick(device).device
    path = Path(source)
    if path.exists() or not isinstance(source, str) or "/" not in source or source.startswith((".", "/", "~")):
        from gan_core import importers

        if path.exists() and importers.is_foreign(path):
            return importers.load_file(path).to(place)
        return checkpoint.load_model(path, place)
    from gan_core import hub

    return checkpoint.load_model(hub.pull(source), place)


def train(config: "TrainConfig", should_stop=None, resume: bool = False):
    """Train as `config` says: a generator of events, written into the run folder as well. See training.loop.train."""
    from gan_core.training.loop import train

    return train(config, should_stop, resume)
