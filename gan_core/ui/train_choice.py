"""What would be chosen for a form, said before training: from descriptions alone, nothing is decoded for it."""

from dataclasses import replace

from gan_core import data
from gan_core.config import TrainConfig
from gan_core.data import PictureInfo
from gan_core.data.exclude import read_list
from gan_core.device import pick
from gan_core.training import preset
from gan_core.training.setup import following
from gan_core.ui.library import Entry

SHOWN = ("family", "width", "d_width", "z_dim", "batch", "lr", "loss", "penalty", "gamma", "augmentation", "augment")


def seen(info: PictureInfo, config: TrainConfig, start: Entry | None) -> TrainConfig:
    """The config with the size and channels at which the network will see pictures filled in, as far as they are known."""
    config = following(config, start.config) if start else config
    if config.resolution is None and info.resolution is not None:
        config = replace(config, resolution=preset.near(config.family, info.resolution))
    return config


def decided(config: TrainConfig, device: str, start: Entry | None) -> tuple[TrainConfig, preset.Choice, PictureInfo]:
    """Return the config with every choice made, except a resolution that only decoding tells (None), the choice, and the pictures."""
    info = data.describe(config.data)
    config = seen(info, config, start)
    situation = preset.Situation.of(
        config, max(1, info.count - len(read_list(config.exclude))), config.resolution or 64, pick(device)
    )
    choice = preset.choose(config, situation, start.config if start else None)
    return choice.applied(config), choice, info


def chosen(config: TrainConfig, device: str, start: Entry | None) -> dict:
    """Return the sentence that says what would be trained and why (`choice`), and the value of each open field (`fields`)."""
    full, choice, _ = decided(config, device, start)
    return {
        "choice": choice.to_event(),
        "fields": {name: getattr(full, name) for name in SHOWN} | {"resolution": full.resolution},
    }
