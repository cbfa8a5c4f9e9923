"""From what was asked for to what a run really uses: defaults filled in, pictures decoded, the model described."""

from dataclasses import replace
from pathlib import Path

from gan_core import data
from gan_core.augment.strength import strength_for
from gan_core.config import ModelConfig, TrainConfig
from gan_core.errors import StudioError
from gan_core.losses import gamma_for
from gan_core.models import family as family_called
from gan_core.models.base import Family


def default_out(config: TrainConfig) -> str:
    """runs/<data>-<family>, where no folder was asked for."""
    stem = Path(config.data).stem or "pictures"
    return str(Path("runs") / f"{stem}-{config.family}".lower().replace(" ", "-"))


def filled_in(config: TrainConfig, family: type[Family], pictures: data.PictureSet) -> TrainConfig:
    """The config with every choice made: what was asked for, then what follows from it, then the family's defaults."""
    defaults = family.defaults()
    if config.loss == "wgan":
        defaults |= {"penalty": "gp", "gamma": None}
    elif config.gamma and defaults["penalty"] == "none":
        defaults["penalty"] = "r1r2"
    if config.penalty not in (None, defaults["penalty"]):
        defaults["gamma"] = None
    if config.augment and defaults["augmentation"] == "none":
        defaults["augmentation"] = "diffaugment"
    pipeline = config.augmentation or defaults["augmentation"]
    defaults["augment"] = strength_for(len(pictures)) if pipeline == "diffaugment" else 0.0
    config = config.with_defaults(defaults)
    if config.gamma is None:
        config = replace(config, gamma=gamma_for(config.penalty, pictures.resolution, config.batch))
    return config


def prepare(config: TrainConfig) -> tuple[TrainConfig, ModelConfig, data.PictureSet]:
    """Fill in defaults and decode the pictures: what a run (or a dry run) will really use."""
    if config.family == "auto":
        config = replace(config, family="dcgan")
    family = family_called(config.family)
    pictures = data.load(config.data, config.resolution, config.channels, config.fit, config.limit)
    config = filled_in(config, family, pictures)
    classes = len(pictures.label_names) if pictures.labels is not None else 0
    if config.conditional == "yes" and not (classes and family.conditional):
        why = "the pictures have no classes" if not classes else "this kind of model cannot"
        raise StudioError("train.no_classes", "Classes cannot be learned: {why}.", why=why)
    if config.conditional == "no" or not family.conditional or classes < 2:
        classes = 0
    model = ModelConfig(
        family=config.family, resolution=pictures.resolution, channels=pictures.channels, z_dim=config.z_dim, num_classes=classes,
        labels=pictures.label_names if classes else (), name=Path(config.out).name, title=config.name or Path(config.out).name,
        data=pictures.title or pictures.name, licence=pictures.licence, pixel_art=pictures.pixel_art, options=family.options(config),
    )  # fmt: skip
    return config, model, pictures
