"""Trainings that wait for their turn: run folders with a `queued.json`, so that the queue outlives the app."""

import contextlib
import json
import time
from pathlib import Path

from filelock import FileLock, Timeout

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.files import disk_error, replace_text
from gan_core.training.budget import unit
from gan_core.training.launch import launch
from gan_core.training.run import QUEUED, Run, list_runs

MOST = 20  # that may wait


def enqueue(config: TrainConfig) -> Run:
    """Put a training at the end of the queue. Raises StudioError when its folder is there already, or too many wait."""
    run = Run(config.out)
    if (run.path / "config.json").exists():
        raise StudioError("run.exists", "“{run}” exists already. Choose another name.", run=run.name)
    if len(waiting(run.path.parent)) >= MOST:
        raise StudioError("queue.full", "{most} trainings are waiting already. Remove some, or wait.", most=MOST)
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        replace_text(run.path / QUEUED, json.dumps({"time": time.time()}))
    except OSError as error:
        raise disk_error(error) from None
    run.save_config(config)
    return run


def waiting(root: Path | str) -> list[Run]:
    """The runs below `root` that wait, first come first."""
    return sorted((run for run in list_runs(root) if run.queued), key=_since)


def advance(root: Path | str) -> Run | None:
    """Start the training whose turn it is, unless one is going on; return it, or None. One that cannot start ends in words."""
    if not (queue := waiting(root)):
        return None
    try:
        with FileLock(Path(root) / ".queue.lock").acquire(timeout=0):
            if any(run.status().active for run in list_runs(root)):
                return None
            run = queue[0]
            try:
                return launch(run.config)
            except StudioError as error:
                (run.path / QUEUED).unlink(missing_ok=True)
                run.fail(error)
                return None
    except Timeout:  # another app on the same folder is at it
        return None


def starts_in(root: Path | str) -> dict[str, float | None]:
    """Seconds until each waiting run begins, by name, as far as can be known: None behind one that is paused or counts steps."""
    going = [run.status() for run in list_runs(root) if run.status().active]
    known = [s.remaining if s.state == "running" else None for s in going]
    before = None if None in known else sum(known)
    expected: dict[str, float | None] = {}
    for run in waiting(root):
        expected[run.name] = before
        with contextlib.suppress(StudioError):  # one that cannot be read cannot start either
            config = run.config
            before = None if before is None or unit(config) == "steps" else before + 60 * config.minutes
    return expected


def _since(run: Run) -> tuple[float, str]:
    try:
        since = json.loads((run.path / QUEUED).read_text())["time"]
        return (float(since) if type(since) in (int, float) else 0.0, run.name)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return (0.0, run.name)
