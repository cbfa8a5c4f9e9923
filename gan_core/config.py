"""The two records that describe a model and a training run, and how a record becomes command-line flags."""

import argparse
import dataclasses
import json
import math
import types
import typing
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from gan_core.errors import StudioError

FORMAT = 1  # version of config.json in a model folder; older ones are patched in checkpoint.py
RESOLUTIONS = range(8, 257)  # pixels a side that any family may be asked for
MAX_CLASSES = 1000


@dataclass(frozen=True)
class ModelConfig:
    """What a model folder says of itself (`config.json`).

    `resolution` pixels a side, `channels` 1 (grey), 3 (RGB) or 4 (RGBA), `z_dim` latent numbers, `num_classes` 0 when
    unconditional. `options` holds the sizes only its family knows; `training`, `quality` and `sharing` (see sharing.py) are facts for
    the model card, `notes` what else it says (Markdown).
    """

    family: str
    resolution: int
    channels: int = 3
    z_dim: int = 64
    num_classes: int = 0
    labels: tuple[str, ...] = ()
    name: str = ""
    title: str = ""
    data: str = ""
    licence: str = ""
    pixel_art: bool = False
    notes: str = ""
    options: dict = field(default_factory=dict)
    training: dict = field(default_factory=dict)
    quality: dict = field(default_factory=dict)
    sharing: dict = field(default_factory=dict)

    def __post_init__(self):
        object.__setattr__(self, "labels", tuple(self.labels))

    def to_dict(self) -> dict:
        """Return a JSON-ready dict; `from_dict` gives the same config back."""
        return {"format": FORMAT, **asdict(self), "labels": list(self.labels)}

    @classmethod
    def from_dict(cls, raw: dict) -> "ModelConfig":
        """Build a config from parsed JSON, checking every field. Raises StudioError naming the first wrong field."""
        if not isinstance(raw, dict):
            raise StudioError("model.config", "The model's config.json is not a JSON object. Download the model again.")
        known = {f.name: f for f in fields(cls)}
        missing = [name for name in ("family", "resolution") if name not in raw]
        if missing:
            raise StudioError(
                "model.config_field", "The model's config.json has no usable “{field}”.", field=missing[0]
            )
        values = {name: raw[name] for name in known if name in raw}
        for name, value in values.items():
            if not _fits(name, value):
                raise StudioError("model.config_field", "The model's config.json has no usable “{field}”.", field=name)
        config = cls(**values)
        if config.labels and len(config.labels) != config.num_classes:
            raise StudioError("model.config_field", "The model's config.json has no usable “{field}”.", field="labels")
        return config


def _fits(name: str, value) -> bool:
    """Whether a value read from config.json has the type and range its field needs."""
    bounds = {
        "resolution": (4, 1024),
        "channels": (1, 4),
        "z_dim": (1, 4096),
        "num_classes": (0, MAX_CLASSES),
    }
    if name in bounds:
        low, high = bounds[name]
        return type(value) is int and low <= value <= high
    if name == "labels":
        return isinstance(value, (list, tuple)) and all(isinstance(x, str) and len(x) <= 200 for x in value)
    if name == "pixel_art":
        return isinstance(value, bool)
    if name in ("options", "training", "quality", "sharing"):
        return isinstance(value, dict)
    return isinstance(value, str) and len(value) <= 4000


def _help(default, text: str, **extra):
    return field(default=default, metadata={"help": text, **extra})


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a training run. None means: the family's own default (its `DEFAULTS` table)."""

    data: str = _help(
        "faces",
        "pictures: a bundled set's name, a folder, a zip, MNIST-style idx files, or hub:user/name (a data set on the Hub)",
    )
    family: str = _help("auto", "kind of model; auto chooses from the pictures, the device and the time")
    out: str = _help("", "run folder; default runs/<data>-<family>")
    minutes: float = _help(10.0, "how long to train, in minutes")
    steps: int | None = _help(None, "train for this many steps instead of minutes")
    start_from: str = _help(
        "", "fine-tune: begin with a model's weights (folder, bundled name, or user/repo on the Hub)"
    )
    resolution: int | None = _help(None, "pixels a side; default: the pictures' own size, or 64")
    channels: int | None = _help(None, "1 grey, 3 colour, 4 colour with transparency; default: what the pictures have")
    fit: str = _help("crop", "how other shapes become square", choices=("crop", "smart", "pad", "stretch"))
    conditional: str = _help("auto", "learn the classes, where the pictures have them", choices=("auto", "yes", "no"))
    limit: int | None = _help(None, "use at most this many pictures")
    exclude: str = _help("", "a text file with the names of pictures to leave out, one a line")
    batch: int | None = _help(None, "pictures per step")
    accumulate: int = _help(1, "take each batch in so many parts, one after the other, to save memory")
    seed: int = _help(0, "makes a run repeatable")
    device: str = _help("auto", "auto, cpu, cuda, cuda:N or mps")
    cuda_graphs: bool = _help(
        False,
        "CUDA: record a GAN's step once and replay it, which spares launching each kernel; not yet tried on a GPU",
    )
    lr: float | None = _help(None, "learning rate")
    d_lr: float | None = _help(None, "the discriminator's own learning rate; default: the same")
    lr_schedule: str | None = _help(
        None, "how the rate falls: over the second half, or as a cosine", choices=("linear", "cosine")
    )
    lr_final: float | None = _help(None, "share of the learning rate that is left at the end")
    beta2: float | None = _help(None, "Adam's β2: how long it remembers the size of gradients")
    beta2_final: float | None = _help(None, "β2 at the end of the run")
    width: int | None = _help(None, "channels of the generator's last layer; it doubles towards the small layers")
    d_width: int | None = _help(None, "channels of the discriminator's (or encoder's) first layer")
    z_dim: int | None = _help(None, "latent numbers per picture")
    w_dim: int | None = _help(None, "stylegan2: numbers of the intermediate latent W")
    mapping_layers: int | None = _help(None, "stylegan2: layers from Z to W")
    mixing: float | None = _help(None, "stylegan2: share of pictures trained with two mixed styles")
    loss: str | None = _help(None, "adversarial loss", choices=("relativistic", "nonsaturating", "hinge", "wgan"))
    penalty: str | None = _help(
        None, "gradient penalty: R1 + R2, R1 alone, WGAN-GP's, none", choices=("r1r2", "r1", "gp", "none")
    )
    gamma: float | None = _help(None, "weight of the gradient penalty; default from resolution and batch")
    gamma_final: float | None = _help(None, "share of gamma that is left at the end, falling as a cosine")
    penalty_every: int | None = _help(None, "take the gradient penalty every so many steps, weighted up accordingly")
    unroll: int | None = _help(
        None, "let the generator look so many discriminator steps ahead (Unrolled GAN): more variety, slower"
    )
    path_length: float | None = _help(None, "weight of the path length penalty on the generator, taken every 4 steps")
    discriminator: str | None = _help(
        None, "whose discriminator to train against; default: the family's own", choices=("dcgan", "stylegan2", "r3gan")
    )
    no_noise: bool = _help(False, "stylegan2: no random detail in each layer; better for flat, drawn pictures")
    spectral_norm: bool = _help(False, "spectral normalization of the discriminator")
    augmentation: str | None = _help(
        None, "what the discriminator's pictures go through", choices=("diffaugment", "ada", "none")
    )
    augment: float | None = _help(
        None, "augmentation strength 0–1 (ada: at the start); default from the number of pictures"
    )
    ada_target: float | None = _help(None, "ada: overfitting r_t that the strength is steered to")
    flip: bool = _help(False, "also show the pictures mirrored")
    beta: float | None = _help(None, "VAE: weight of the KL term")
    ema_share: float = _help(0.05, "half-life of the averaged weights, as a share of the pictures seen")
    ema_cap: int = _help(50_000, "largest half-life of the averaged weights, in pictures")
    measure: float = _help(1.0, "how often the quality is measured on the way: 1 as usual, 2 twice as often, 0 never")
    checkpoint_seconds: float = _help(30.0, "seconds between checkpoints")
    name: str = _help("", "title shown for the model")

    def with_defaults(self, defaults: dict) -> "TrainConfig":
        """Fill the fields that are None from a family's defaults."""
        return dataclasses.replace(self, **{k: v for k, v in defaults.items() if getattr(self, k) is None})

    def to_dict(self) -> dict:
        """Return a JSON-ready dict; `from_dict` gives the same config back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict) -> "TrainConfig":
        """Build and check a config from parsed JSON; unknown fields are ignored, wrong ones raise StudioError."""
        known = {f.name for f in fields(cls)}
        return cls(**{k: v for k, v in raw.items() if k in known}).checked()

    def checked(self) -> "TrainConfig":
        """Return self when every value has its type and range; raise StudioError naming the first that has not."""
        hints = typing.get_type_hints(TrainConfig)
        for f in fields(self):
            value, kind = getattr(self, f.name), hints[f.name]
            if not _is_a(value, kind) or not _in_range(f, value):
                raise StudioError(
                    "train.field",
                    "{field} cannot be “{value}”. {allowed}",
                    field=f.name,
                    value=str(value)[:60],
                    allowed=_allowed(f),
                )
        return self

    def to_argv(self) -> list[str]:
        """Return the command-line flags that give this config: data, family, and what differs from the defaults."""
        argv = []
        for f in fields(self):
            value = getattr(self, f.name)
            if value == f.default and f.name not in ("data", "family"):
                continue
            flag = "--" + f.name.replace("_", "-")
            argv += [flag] if isinstance(value, bool) else [flag, str(value)]
        return argv


# field -> (low, high); the same bounds serve the command line, the page and a config.json read from disk
RANGES = {
    "minutes": (0.01, 60 * 24 * 7), "steps": (1, 10**8), "resolution": (RESOLUTIONS[0], RESOLUTIONS[-1]), "channels": (1, 4),
    "limit": (1, 10**7), "batch": (1, 4096), "seed": (0, 2**32 - 1), "lr": (1e-7, 1.0), "d_lr": (1e-7, 1.0), "lr_final": (0.0, 1.0),
    "width": (4, 1024), "d_width": (4, 1024), "z_dim": (2, 1024), "gamma": (0.0, 1e4), "penalty_every": (1, 64),
    "beta2": (0.0, 0.9999), "beta2_final": (0.0, 0.9999), "w_dim": (2, 1024), "mapping_layers": (1, 16), "mixing": (0.0, 1.0),
    "gamma_final": (0.0, 1.0), "path_length": (0.0, 1e3), "unroll": (0, 10), "ada_target": (0.0, 1.0), "accumulate": (1, 1024),
    "augment": (0.0, 1.0), "beta": (0.0, 1e4), "ema_share": (0.0, 1.0), "ema_cap": (1, 10**8), "measure": (0.0, 10.0), "checkpoint_seconds": (0.0, 3600.0),
}  # fmt: skip


def _is_a(value, kind) -> bool:
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if float in kinds and type(value) is int:
        return True
    return type(value) in kinds or (value is None and type(None) in kinds)


def _in_range(f, value) -> bool:
    if value is None:
        return True
    if f.name == "channels":
        return value in (1, 3, 4)
    if f.name in RANGES:
        low, high = RANGES[f.name]
        return math.isfinite(value) and low <= value <= high
    if "choices" in f.metadata:
        return value in f.metadata["choices"]
    return not isinstance(value, str) or len(value) <= 4096


def _allowed(f) -> str:
    if f.name == "channels":
        return "Use 1, 3 or 4."
    if f.name in RANGES:
        low, high = RANGES[f.name]
        return f"Use a number from {low:,} to {high:,}."
    return "Use one of: " + ", ".join(f.metadata["choices"]) + "." if "choices" in f.metadata else "Use a short text."


def add_flags(parser: argparse.ArgumentParser, config_class=TrainConfig) -> None:
    """Add one `--flag` per field of a config dataclass, with its help, type, choices and default."""
    hints = typing.get_type_hints(config_class)
    for f in fields(config_class):
        kind = hints[f.name]
        if isinstance(kind, types.UnionType):
            kind = next(k for k in typing.get_args(kind) if k is not type(None))
        flag, text = "--" + f.name.replace("_", "-"), f.metadata["help"]
        if kind is bool:
            parser.add_argument(flag, action="store_true", default=f.default, help=text)
        else:
            shown = "" if f.default in (None, "") else f" (default {f.default})"
            parser.add_argument(
                flag, type=kind, default=f.default, choices=f.metadata.get("choices"), help=text + shown
            )


def from_flags(arguments: argparse.Namespace) -> TrainConfig:
    """Build a checked TrainConfig from parsed flags."""
    return TrainConfig(**{f.name: getattr(arguments, f.name) for f in fields(TrainConfig)}).checked()


def read_json(path: Path, limit: int = 1_000_000):
    """Parse a JSON file of at most `limit` bytes. Raises StudioError when it is missing, too large or not JSON."""
    try:
        if path.stat().st_size > limit:
            raise StudioError("file.too_large", "{file} is too large to be a settings file.", file=path.name)
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudioError(
            "file.missing", "{file} is missing from {folder}.", file=path.name, folder=str(path.parent)
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, StudioError):
            raise
        raise StudioError(
            "file.not_json", "{file} cannot be read: it is damaged or not JSON.", file=path.name
        ) from None
