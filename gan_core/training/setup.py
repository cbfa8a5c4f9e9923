"""From what was asked for to what a run really uses: choices made, pictures decoded, the model described."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core import data
from gan_core.config import ModelConfig, TrainConfig
from gan_core.data import Note, PictureSet
from gan_core.data.exclude import read_list
from gan_core.device import Device, pick
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.models import family as family_called
from gan_core.training import preset
from gan_core.training.preset import Choice, Situation
from gan_core.training.transfer import check_family, load_source

if TYPE_CHECKING:
    from gan_core.models.base import Generator

LEARNABLE = 2  # pictures a class needs on average to be learned unasked


@dataclass(frozen=True)
class Plan:
    """What a run will use, and why; `source` is the model that its weights come from, `notes` what a person should know."""

    config: TrainConfig
    model: ModelConfig
    pictures: PictureSet
    choice: Choice
    source: Generator | None = None
    notes: tuple[Note, ...] = ()


def default_out(config: TrainConfig) -> str:
    """runs/<data>-<family> (without the family where it is to be chosen), where no folder was asked for."""
    stem = data.short_name(config.data)
    name = stem if config.family == "auto" else f"{stem}-{config.family}"
    return str(Path("runs") / name.lower().replace(" ", "-"))


def prepare(config: TrainConfig) -> tuple[TrainConfig, ModelConfig, PictureSet]:
    """The config with every choice made, the model and the pictures: what a run (or a dry run) will really use."""
    found = plan(config)
    return found.config, found.model, found.pictures


def plan(config: TrainConfig, device: Device | None = None) -> Plan:
    """Load what a config names, the model that it starts from too, and choose what it leaves open. Raises StudioError."""
    if not config.start_from:
        return described(config, device)
    source = load_source(config.start_from)
    check_family(source.config, config.family)
    return replace(described(following(config, source.config), device, source.config), source=source)


def described(
    config: TrainConfig, device: Device | None = None, like: ModelConfig | None = None, kept: Choice | None = None
) -> Plan:
    """The plan without weights: like a model's sizes, or with the choice that a resumed run has `kept`. Raises StudioError."""
    config = kept.applied(config) if kept else config
    if config.family != "auto":
        family_called(
            config.family
        ).defaults()  # an unknown one, or one that only draws, is refused before anything is read
    resolution = config.resolution or resolution_for(config)
    pictures = data.load(
        config.data, resolution, config.channels, config.fit, config.limit, exclude=read_list(config.exclude)
    )
    situation = Situation.of(config, len(pictures), pictures.resolution, device or pick(config.device))
    choice = kept or preset.choose(config, situation, like)
    config = choice.applied(config)
    family = family_called(config.family)
    pictures, classes, notes = classes_of(pictures, config.conditional, family.conditional)
    shape = {
        "resolution": pictures.resolution,
        "channels": pictures.channels,
        "conditional": "yes" if classes else "no",
    }
    model = ModelConfig(
        family=config.family, resolution=pictures.resolution, channels=pictures.channels, z_dim=config.z_dim, num_classes=classes,
        labels=pictures.label_names if classes else (), name=Path(config.out).name, title=config.name or Path(config.out).name,
        data=pictures.title or pictures.name, licence=pictures.licence, pixel_art=pictures.pixel_art,
        options={**family.options(config), **choice.options},
    )  # fmt: skip
    return Plan(config, model, pictures, replace(choice, fields=choice.fields | shape), None, (*pictures.notes, *notes))


def following(config: TrainConfig, model: ModelConfig) -> TrainConfig:
    """The config with what it leaves open of the pictures' shape and classes taken from a model, so that its weights fit."""
    conditional = "no" if config.conditional == "auto" and not model.num_classes else config.conditional
    return replace(
        config, resolution=config.resolution or model.resolution, channels=config.channels or model.channels, conditional=conditional
    )  # fmt: skip


def resolution_for(config: TrainConfig) -> int | None:
    """The pictures' own size, or the nearest that the family can do; None where only decoding tells."""
    own = data.describe(config.data).resolution
    return None if own is None else preset.near(config.family, own)


def classes_of(pictures: PictureSet, wanted: str, possible: bool) -> tuple[PictureSet, int, list[Note]]:
    """(pictures, number of classes to learn, notes). Classes that no picture has are left out.

    `wanted` is auto, yes or no; `possible` whether the family can. Raises StudioError when "yes" cannot be.
    """
    if wanted == "no" or (wanted == "auto" and not possible) or (wanted == "auto" and pictures.labels is None):
        return pictures, 0, []
    counts = (
        torch.zeros(0) if pictures.labels is None else pictures.labels.bincount(minlength=len(pictures.label_names))
    )
    there = counts.nonzero().flatten()
    if wanted == "yes" and (len(there) < 2 or not possible):
        why = "this kind of model cannot" if len(there) > 1 else "the pictures have no classes"
        raise StudioError("train.no_classes", "Classes cannot be learned: {why}.", why=why)
    if len(there) < 2:
        return pictures, 0, []
    facts = {"classes": len(there), "count": len(pictures)}
    if wanted == "auto" and len(pictures) < LEARNABLE * len(there):
        message = "{count} pictures in {classes} classes are too few to learn the classes, so they are left aside."
        return pictures, 0, [Note("few_per_class", message.format(**facts), facts)]
    if len(there) == len(counts):
        return pictures, len(there), []
    names = tuple(pictures.label_names[i] for i in there)
    empty = [name for name in pictures.label_names if name not in names]
    note = Note("empty_class", f"Without pictures and so left out: {', '.join(empty)}.", {"names": ", ".join(empty)})
    labels = torch.searchsorted(there, pictures.labels)
    return replace(pictures, labels=labels, label_names=names), len(there), [note]
