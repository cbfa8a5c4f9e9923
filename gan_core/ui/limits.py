"""What a visitor may do here: everything at home, short trainings and only one's own runs on a public Space."""

import hashlib
import math
import os
from pathlib import Path

from gan_core.errors import StudioError

MINUTES_VARIABLE = "LATENT_STUDIO_TRAIN_MINUTES"
SPACE_MINUTES = 2.0
OWNER_FILE = "owner.txt"


def on_space() -> bool:
    """Whether this is a Hugging Face Space, where strangers share one machine."""
    return bool(os.environ.get("SPACE_ID")) or os.environ.get("SYSTEM") == "spaces"


def max_minutes() -> float | None:
    """Longest training allowed in minutes: None without a limit, 0 when training is switched off.

    The owner sets LATENT_STUDIO_TRAIN_MINUTES; a value that is no number counts as not set.
    """
    try:
        asked = float(os.environ[MINUTES_VARIABLE])
    except (KeyError, ValueError):
        asked = math.nan
    if math.isfinite(asked) and asked >= 0:
        return asked
    return SPACE_MINUTES if on_space() else None


def folders_allowed(share: bool | None = None) -> bool:
    """Whether a visitor may name a folder of this machine: not on a Space, nor through a public link (`--share`, GRADIO_SHARE)."""
    public = os.environ.get("GRADIO_SHARE", "").lower() == "true" if share is None else share
    return not on_space() and not public


def sign(run: Path, visitor: str) -> None:
    """Note who started a run: only a digest of the random word that the visitor's browser keeps."""
    (run / OWNER_FILE).write_text(_digest(visitor))


def may_change(run: Path, visitor: str) -> bool:
    """Whether a visitor may pause, stop, resume or delete a run: at home always, on a Space only who started it."""
    owner = run / OWNER_FILE
    return not on_space() or (owner.is_file() and owner.read_text() == _digest(visitor))


def check_owner(run: Path, visitor: str) -> None:
    """Raise StudioError when a visitor would change somebody else's run."""
    if not may_change(run, visitor):
        raise StudioError("run.not_yours", "Another visitor started this training; only they can change it.")


def check_pause() -> None:
    """Raise StudioError on a Space: a paused training would keep the machine from everybody else."""
    if on_space():
        raise StudioError(
            "run.no_pause",
            "Others may be waiting for this machine. Stop the training instead; it can be resumed later.",
        )


def check_time(minutes: float, steps: int | None) -> None:
    """Raise StudioError (its facts name the `field`) when a training is longer than this place allows."""
    most = max_minutes()
    if most == 0:
        raise StudioError(
            "train.off",
            "Training is switched off here. Run Latent Studio on your own computer to train.",
            field="minutes",
        )
    if most is not None and steps is not None:
        raise StudioError("train.no_steps", "Here the length of a training is set in minutes only.", field="steps")
    if most is not None and minutes > most:
        raise StudioError(
            "train.too_long",
            "Here a training may take at most {limit} minutes. Run Latent Studio on your own computer for more.",
            limit=f"{most:g}",
            field="minutes",
        )


def _digest(visitor: str) -> str:
    return hashlib.sha256(str(visitor).encode()).hexdigest()
