"""How long a run may take: what was asked for at first, and what it was given since (`extend.json`, which a running trainer obeys)."""

import json
import math
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.files import replace_text

FILE = "extend.json"


def extended(config: TrainConfig, folder: Path) -> TrainConfig:
    """The config with the longer budget that its run folder grants; unchanged where it grants none that is longer and sound."""
    try:
        granted = json.loads((folder / FILE).read_text())
        longer = replace(config, **{unit(config): granted[unit(config)]}).checked()
    except (OSError, ValueError, KeyError, TypeError, RecursionError, StudioError):
        return config
    return longer if spent_share(longer, config) > 1 else config


def unit(config: TrainConfig) -> str:
    """What a run counts: "steps" or "minutes"."""
    return "steps" if config.steps else "minutes"


def spent_share(longer: TrainConfig, config: TrainConfig) -> float:
    """How many times as long as the one budget the other is."""
    return getattr(longer, unit(config)) / getattr(config, unit(config))


def grant(folder: Path, config: TrainConfig, budget: float) -> TrainConfig:
    """Write down a budget (in the run's own unit) and return the config with it. Raises StudioError when it is out of range."""
    name = unit(config)
    budget = math.ceil(budget) if name == "steps" else round(budget, 4)
    longer = replace(config, **{name: budget}).checked()
    replace_text(folder / FILE, json.dumps({name: budget}))
    return longer


def grant_lock(folder: Path) -> FileLock:
    """Held while a budget is read and written, so that two people who add ten minutes add twenty."""
    return FileLock(folder / ".extend.lock")


def withdraw(folder: Path) -> None:
    """Forget what was granted: the budget is asked for anew."""
    (folder / FILE).unlink(missing_ok=True)
