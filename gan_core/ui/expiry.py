"""What visitors leave on the disk goes after a while: one table of places and ages, looked through every minute. No gradio here.

On a Space all of it goes, an hour after it was last touched (LATENT_STUDIO_KEEP_MINUTES says otherwise), trainings and imported
models after a day; at home a person's models and trainings stay, and so does what other programs keep in Gradio's folder.
"""

import contextlib
import logging
import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gan_core.training.run import Run, list_runs
from gan_core.ui import import_desk, limits, run_view, shelf, uploads

KEEP_VARIABLE = "LATENT_STUDIO_KEEP_MINUTES"
HOUR, DAY = 3600.0, 24 * 3600.0
EVERY = 60.0  # seconds between two looks
MOST_RUNS = 40  # trainings that a Space keeps; the oldest make room
WORK = "latent-studio-work-"  # begins the names of our temporary folders; a process that was killed leaves them behind

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """Files and folders `pattern` of a folder that go when nothing in them was touched for `seconds`."""

    folder: Path
    pattern: str
    seconds: float


def keep_seconds() -> float:
    """How long a Space keeps what visitors bring and fetch."""
    with contextlib.suppress(KeyError, ValueError):
        minutes = float(os.environ[KEEP_VARIABLE])
        if math.isfinite(minutes) and minutes > 0:
            return 60 * minutes
    return HOUR


def places(runs: Path, imported: Path, inbox: Path) -> list[Place]:
    """The table: where visitors' files lie (`inbox` is Gradio's upload folder), and for how long."""
    space, keep = limits.on_space(), keep_seconds()
    brief = min(keep, shelf.KEEP_SECONDS)
    found = [
        Place(runs / ".exports", "*.part", brief),
        Place(runs / ".datasets", "*.zip", brief),
        Place(inbox, "models-*", min(keep, HOUR)),  # zips of models (models_desk)
        Place(inbox, "programs-*", min(keep, HOUR)),  # what programs asked for (api)
        Place(imported / import_desk.WAITING, "*", keep if space else DAY),
        Place(Path(tempfile.gettempdir()), f"{WORK}*", DAY),
    ]
    if space:
        found += [Place(inbox, "*", keep), Place(runs / ".excluded", "*", max(keep, HOUR))]
        found += [Place(imported, "[!.]*", max(keep, DAY))]
    return found


def sweep(runs: Path, imported: Path, inbox: Path, now: float | None = None) -> list[Path]:
    """Delete what is older than its place allows; return what went. What cannot be deleted stays for the next time."""
    now = time.time() if now is None else now
    old = [path for place in places(runs, imported, inbox) for path in _older(place, now)]
    for path in dict.fromkeys(old):
        _delete(path)
    used = run_view.data_in_use(runs)
    old += [
        runs / uploads.FOLDER / name
        for name in uploads.sweep(runs, used, now, keep_seconds() if limits.on_space() else DAY)
    ]
    return old + (_old_runs(runs, now) if limits.on_space() else [])


def keep_tidy(runs: Path, imported: Path) -> threading.Thread:
    """Sweep every minute, for as long as this process lives."""
    from gradio.utils import get_upload_folder

    def look() -> None:
        while True:
            try:
                sweep(Path(runs), Path(imported), Path(get_upload_folder()))
            except Exception:
                log.exception("what visitors left could not be swept")
            time.sleep(min(EVERY, keep_seconds()))

    keeper = threading.Thread(target=look, name="expiry", daemon=True)
    keeper.start()
    return keeper


def _older(place: Place, now: float) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for path in place.folder.glob(place.pattern):
            if now - _touched(path) > place.seconds:
                yield path


def _touched(path: Path) -> float:
    """When a file, or the youngest thing in a folder, was last written; now for what cannot be looked at."""
    try:
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_mtime
        return max(path.stat().st_mtime, *(below.lstat().st_mtime for below in path.rglob("*")), 0.0)
    except OSError:
        return time.time()


def _delete(path: Path) -> None:
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _old_runs(runs: Path, now: float) -> list[Path]:
    """Delete trainings of a Space that ended yesterday, and the oldest of too many; those that go on or wait stay."""
    ended = [run for run in list_runs(runs) if not (run.queued or run.status().active)]
    gone = [run for at, run in enumerate(ended) if at >= MOST_RUNS or now - _last(run) > max(keep_seconds(), DAY)]
    for run in gone:
        with contextlib.suppress(Exception):
            run.delete()
    return [run.path for run in gone]


def _last(run: Run) -> float:
    return max((file.stat().st_mtime for file in run.path.glob("*") if file.is_file()), default=0.0)
