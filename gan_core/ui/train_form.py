"""Turns what a visitor filled in on the Train tab, which may be anything at all, into a checked TrainConfig."""

import math
import secrets
import shlex
from pathlib import Path

from gan_core import data, models
from gan_core.config import RANGES, ModelConfig, TrainConfig
from gan_core.data import builtin_names
from gan_core.data.exclude import listed
from gan_core.data.hub import check_open
from gan_core.data.hub_parts import is_wish
from gan_core.errors import StudioError
from gan_core.training.launch import ROOT, free_name
from gan_core.training.launch import command as command_of
from gan_core.training.preset import Situation, choose
from gan_core.training.run import disk_error
from gan_core.training.transfer import WEIGHTS, check_family
from gan_core.ui import limits, uploads
from gan_core.ui.library import Entry, Library

WHOLE = ("steps", "resolution", "batch", "seed", "width", "d_width", "z_dim", "unroll")
DECIMAL = ("minutes", "lr", "gamma", "augment")
CHOICES = {f.name: f.metadata["choices"] for f in TrainConfig.__dataclass_fields__.values() if "choices" in f.metadata}
CHOSEN = ("fit", "loss", "conditional", "penalty", "augmentation")  # of these, a form may set
FAMILIES = ("auto", *models.FAMILIES)
MAX_NAME = 60
MAX_OUT, MAX_PATH = 10_000, 1000  # pictures left out by hand, letters of their names
LISTS = ".excluded"  # below the runs: what visitors left out, until a run has its own copy


def config_from(form, runs: Path, folders: bool = True, library: Library | None = None) -> TrainConfig:
    """Return the config that `form` (a dict from the browser) asks for, with a run folder of its own below `runs`.

    `library` has the models that a training may start from.
    Raises StudioError whose facts name the `field` at fault; limits of a Space are applied here.
    """
    if not isinstance(form, dict):
        raise StudioError("train.form", "The form did not arrive whole. Reload the page and try again.")
    family = one_of(form, "family", FAMILIES)
    pictures = data_path(form.get("source"), runs, folders)
    values = {name: number(form, name, whole=name in WHOLE) for name in (*WHOLE, *DECIMAL)}
    values |= {name: one_of(form, name, CHOICES[name]) for name in CHOSEN if form.get(name) not in (None, "")}
    limits.check_time(values["minutes"] or TrainConfig.minutes, values["steps"])
    title, source = _title(form.get("name")), source_name(form["source"])
    wanted = title or (source if family == "auto" else f"{source}-{family}")
    if limits.on_space():  # a name that nobody guesses: who has it may draw with the model
        title, wanted = wanted, f"{wanted[:40]}-{secrets.token_hex(8)}"
    out = runs / free_name(runs, wanted)
    start = start_model(form.get("start_from"), family, library)
    given = {name: value for name, value in values.items() if value is not None}
    config = TrainConfig(
        data=pictures,
        exclude=excluded(form.get("exclude"), runs),
        family=family,
        name=title,
        out=str(out),
        flip=form.get("flip") is True,
        start_from=_spec(start),
        **given,
    ).checked()
    _check_size(config)
    return config


def data_path(source, runs: Path, folders: bool = True) -> str:
    """Return the data spec of a source {kind: bundled|upload|folder|hub, name}; `folders`: may it be one of this machine's.

    Raises StudioError (field `source`).
    """
    kind, name = (source.get("kind"), source.get("name")) if isinstance(source, dict) else (None, None)
    if kind == "bundled" and name in builtin_names():
        return name
    if kind == "upload":
        return str(uploads.find(runs, name).path)
    if kind == "folder":
        return _folder(name, folders)
    if kind == "hub" and isinstance(name, str) and is_wish(name):
        if not folders:
            _at_field(check_open, name)
        return _at_field(data.exact, name)
    raise StudioError("train.source", "Choose the pictures to learn from first.", field="source")


def excluded(names, runs: Path) -> str:
    """Return the path of a list of the pictures that the visitor left out, "" for none.

    Raises StudioError (field `source`) unless `names` is a list of plain names of bounded number and length.
    """
    if names in (None, []):
        return ""
    usable = isinstance(names, list) and len(names) <= MAX_OUT
    if not usable or not all(
        isinstance(name, str) and 0 < len(name) <= MAX_PATH and name.isprintable() for name in names
    ):
        raise StudioError("train.form", "The form did not arrive whole. Reload the page and try again.", field="source")
    try:
        return listed(names, runs / LISTS)
    except OSError as error:
        raise disk_error(error) from None


def start_model(model, family: str, library: Library | None) -> Entry | None:
    """Return the model that a training of `family` is to start from, by its id; None when it starts from nothing.

    Raises StudioError (field `start_from`) when it is not there or of another family.
    """
    if model in (None, ""):
        return None
    try:
        if library is None:
            raise StudioError("train.start", "There is no such model to start from. Choose another one.")
        entry = library.entry(str(model)[:300])
        check_family(entry.config, family)
        return entry
    except StudioError as error:
        error.facts["field"] = "start_from"
        raise


def _spec(start: Entry | None) -> str:
    """What --start-from takes: a bundled model's name where that is enough, else its folder."""
    if start is None:
        return ""
    return start.path.name if start.path.resolve() == (WEIGHTS / start.path.name).resolve() else str(start.path)


def source_name(source: dict) -> str:
    """Return a short name for a run on this source."""
    kind, name = source["kind"], source["name"]
    return {"bundled": name, "upload": "my-pictures"}.get(kind) or data.short_name(name)


def command(config: TrainConfig) -> str:
    """Return the line that starts the same training from a terminal in the project's folder; paths inside it are shortened."""
    return " ".join(shlex.quote(_shortened(word)) for word in command_of(config))


def _shortened(word: str) -> str:
    path = Path(word)
    return str(path.relative_to(ROOT)) if path.is_absolute() and path.is_relative_to(ROOT) else word


def _folder(name, allowed: bool) -> str:
    if not allowed:
        raise StudioError("train.no_folders", "Here you can only upload pictures, not name a folder.", field="source")
    if not isinstance(name, str) or not name.strip():
        raise StudioError(
            "train.folder_empty", "Type the folder's path, or upload the pictures instead.", field="source"
        )
    path = Path(name.strip().strip("\"'")).expanduser()
    if "\0" in name or len(name) > 1000 or not path.exists():
        raise StudioError(
            "train.folder", "There is no folder or zip at {path}.", path=name.strip()[:200], field="source"
        )
    return str(path)


def _at_field(read, value):
    """Return read(value); a StudioError is about the field `source`."""
    try:
        return read(value)
    except StudioError as error:
        error.facts["field"] = "source"
        raise


def _title(name) -> str:
    if name in (None, ""):
        return ""
    if not isinstance(name, str) or len(name) > MAX_NAME or not name.isprintable():
        raise StudioError("train.name", "Use a name of at most {limit} letters.", limit=MAX_NAME, field="name")
    return name.strip()


def one_of(form: dict, name: str, known) -> str:
    """Return the choice in a field. Raises StudioError (field `name`) unless it is one of `known`."""
    value = form.get(name)
    if not isinstance(value, str) or value not in known:
        raise StudioError("train.choice", "Choose one of: {known}.", known=", ".join(known), field=name)
    return value


def number(form: dict, name: str, whole: bool) -> int | float | None:
    """Return the number in a field (a JSON number or typed text), None when it was left empty; StudioError (field `name`) else."""
    value = form.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or (whole and number != int(number)):
        code, kind = ("train.whole", "a whole number") if whole else ("train.number", "a number")
        raise StudioError(code, "“{value}” is not " + kind + ".", value=str(value)[:40], field=name)
    low, high = RANGES[name]
    if not low <= number <= high:
        raise StudioError(
            "train.range", "Use a number from {low} to {high}.", low=f"{low:,g}" if low < 1e4 else f"{low:,}",
            high=f"{high:,g}" if high < 1e4 else f"{high:,}", field=name,
        )  # fmt: skip
    return int(number) if number.is_integer() else number


def _check_size(config: TrainConfig) -> None:
    """Raise StudioError (field `resolution`) when the family cannot do the size: asked of an empty network, which takes no memory."""
    if config.resolution is None:
        return
    import torch

    try:
        if config.family == "auto":
            choose(config, Situation(1, config.resolution))
        else:
            with torch.device("meta"):
                models.build(ModelConfig(config.family, config.resolution))
    except StudioError as error:
        error.facts["field"] = "resolution"
        raise
