"""Settings changed while a run goes on: which can be, which cannot and why, and from which step each change holds (`changes.json`).

Whoever asks adds a change without a step; the trainer gives it the next one before it obeys. A resumed run reads them again, so that
it takes every step under the settings that the uninterrupted one had.
"""

import contextlib
import json
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from filelock import FileLock

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.files import disk_error, replace_text
from gan_core.training.preset import Choice
from gan_core.training.run import Run

FILE = "changes.json"
MOST, MAX_BYTES = 500, 1_000_000  # changes of a run
CHANGEABLE = (
    "lr", "d_lr", "lr_final", "gamma", "gamma_final", "path_length", "augment", "ada_target", "beta", "ema_share", "ema_cap", "measure",
    "checkpoint_seconds",
)  # fmt: skip
CONTEST = ("d_lr", "gamma", "gamma_final", "path_length", "augment", "ada_target")  # only where two networks compete
# What cannot be changed, and the code of the reason.
NETWORKS = (
    "family", "resolution", "channels", "conditional", "width", "d_width", "z_dim", "w_dim", "mapping_layers", "discriminator", "no_noise",
    "spectral_norm", "start_from", "cuda_graphs",
)  # fmt: skip
PICTURES = ("data", "fit", "limit", "exclude", "flip", "batch", "accumulate", "seed", "device")
TIME = ("minutes", "steps", "out", "name")
WHY = {
    "networks": "“{field}” cannot be changed while a training goes on: the networks are built for it. Start another training, or branch from this one.",
    "pictures": "“{field}” cannot be changed while a training goes on: every step's pictures and random numbers follow from it. Start another training, or branch from this one.",
    "time": "“{field}” is no such setting: a run gets more time with “extend”, and less by a stop.",
    "rules": "“{field}” cannot be changed while a training goes on: both networks have learned to answer each other under it. Start another training, or branch from this one.",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Settings that hold from `step` on (None: as soon as the trainer sees it). A value of None is back to what was chosen at the start."""

    values: dict
    step: int | None = None
    time: float = 0.0


class Settings:
    """The changes of one run, seen from either side."""

    def __init__(self, run: Run):
        self._path, self._lock = run.path / FILE, FileLock(run.path / ".changes.lock")
        self._seen: tuple[int, int] | None = None
        self._changes: list[Change] = []

    @property
    def changes(self) -> list[Change]:
        """All changes so far, in order; none where the file is missing or damaged."""
        with contextlib.suppress(OSError):
            stat = self._path.stat()
            if (version := (stat.st_mtime_ns, stat.st_size)) != self._seen:
                self._changes, self._seen = _read(self._path), version
            return self._changes
        return []

    def ask(self, values: dict) -> None:
        """Add a change that the trainer is to obey at its next step. Raises StudioError on a disk that refuses, or after very many."""
        with self._held():
            if len(self.changes) >= MOST:
                raise StudioError("run.many_changes", "This training was changed {most} times already.", most=MOST)
            self._write([*self.changes, Change(values, None, round(time.time(), 3))])

    def stamp(self, step: int) -> list[Change]:
        """Let what waits hold from `step` on; return it."""
        if all(change.step is not None for change in self.changes):
            return []
        with self._held():
            before = self.changes
            self._write([replace(one, step=step) if one.step is None else one for one in before])
            return [replace(one, step=step) for one in before if one.step is None]

    def bring_back(self, step: int) -> None:
        """After a return to `step`: what held later holds from there on."""
        if any((one.step or 0) > step for one in self.changes):
            with self._held():
                self._write([replace(one, step=step) if (one.step or 0) > step else one for one in self.changes])

    def at(self, config: TrainConfig, step: int) -> TrainConfig:
        """The config, as it was when the run began, with every change that holds at `step`."""
        return applied(config, [one for one in self.changes if one.step is not None and one.step <= step])

    def steps(self) -> set[int]:
        """The steps from which changes hold."""
        return {change.step for change in self.changes if change.step is not None}

    def forget(self) -> None:
        """A new run has none."""
        self._path.unlink(missing_ok=True)

    def _write(self, changes: list[Change]) -> None:
        replace_text(self._path, json.dumps({"changes": [asdict(change) for change in changes]}))
        self._seen = None

    @contextlib.contextmanager
    def _held(self):
        try:
            with self._lock:
                yield
        except OSError as error:
            raise disk_error(error) from None


def applied(first: TrainConfig, changes: list[Change]) -> TrainConfig:
    """The config that a run began with, changed; what makes no sense for it is passed over."""
    config = first
    for one in changes:
        with contextlib.suppress(StudioError):
            check(first, one.values)
            values = {name: getattr(first, name) if value is None else value for name, value in one.values.items()}
            config = replace(config, **values).checked()
    return config


def change(run: Run, values: dict) -> None:
    """Ask a run for other settings ({field: value, None: as chosen at the start}); it obeys at its next step.

    Raises StudioError for what cannot be changed, with the reason, and for a value out of range.
    """
    first = chosen(run)
    if not values:
        raise StudioError("run.what_change", "Say what to change: --lr 0.0005, for example.")
    check(first, values)
    replace(first, **{name: value for name, value in values.items() if value is not None}).checked()
    Settings(run).ask(values)


def chosen(run: Run) -> TrainConfig:
    """A run's config as it was when it began, every choice made. Raises StudioError before it has begun."""
    if run.choice is None:
        raise StudioError(
            "run.not_begun", "“{run}” has not begun yet. Its settings can be changed once it trains.", run=run.name
        )
    return Choice.from_dict(run.choice).applied(run.config)


def now(run: Run) -> TrainConfig:
    """A run's config with all changes, also those that still wait for the trainer. Raises StudioError before it has begun."""
    return applied(chosen(run), Settings(run).changes)


def possible(config: TrainConfig) -> tuple[str, ...]:
    """Which settings mean anything to a run with this config, every choice made."""
    from gan_core.models import family
    from gan_core.models.adversarial import AdversarialFamily

    contest = issubclass(family(config.family), AdversarialFamily)
    without = {
        "gamma": config.penalty == "none", "gamma_final": config.penalty == "none", "ada_target": config.augmentation != "ada",
        "augment": config.augmentation != "diffaugment", "beta": config.family != "vae",
    }  # fmt: skip
    return tuple(n for n in CHANGEABLE if not without.get(n) and (contest or n not in CONTEST))


def check(config: TrainConfig, values: dict) -> None:
    """Raise StudioError that says why, when one of `values` cannot be changed in a run with this config."""
    known, sound = {f.name for f in fields(TrainConfig)}, possible(config)
    for name in values:
        facts = {"field": str(name)[:60], "known": ", ".join(sound)}
        if name not in known:
            raise StudioError("run.no_setting", "There is no setting “{field}”. What can be changed: {known}.", **facts)
        if name in CHANGEABLE and name not in sound:
            raise StudioError(
                "run.idle_setting", "“{field}” has no effect in this training. What can be changed: {known}.", **facts
            )
        if name not in CHANGEABLE:
            groups = {"networks": NETWORKS, "pictures": PICTURES, "time": TIME}
            group = next((group for group, names in groups.items() if name in names), "rules")
            raise StudioError(f"run.fixed_{group}", WHY[group], field=name)


def _read(path: Path) -> list[Change]:
    try:
        if path.stat().st_size > MAX_BYTES:
            return []
        found = [Change(**one) for one in json.loads(path.read_text(encoding="utf-8"))["changes"][:MOST]]
        sound = all(
            isinstance(c.values, dict) and (c.step is None or type(c.step) is int and c.step >= 0) for c in found
        )
        return found if sound else []
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
