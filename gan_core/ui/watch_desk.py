"""What the Train tab may ask of a run that it watches besides pause and stop: more time, and the film of its training."""

import logging
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from PIL import Image

from gan_core.errors import StudioError
from gan_core.export import Reel, marks
from gan_core.training.control import extend
from gan_core.training.queue import advance
from gan_core.training.run import Run
from gan_core.ui import budget, limits, run_view, stopping
from gan_core.ui.films import WRITERS, FilmKind, FilmSize
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.pictures import attachment
from gan_core.ui.requests import Between, Name, Visitor
from gan_core.ui.train_desk import TrainDesk

FRAMES, RATE = 160, 12  # sheets of a film at most, and a second
HOLD = 18  # pictures for which the last one stays
LOOK_SECONDS = 2.0  # between two looks at the queue
SMALL = 32  # pixels up to which a picture is shown in squares rather than smoothed


log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WatchDesk:
    """Beside the `desk` that trains; `jobs` does the long work."""

    desk: TrainDesk
    jobs: Jobs

    def more_time(self, run: Name, minutes: Annotated[float, Between(0.01, 10080)], visitor: Visitor) -> dict:
        """Give a run so many more minutes; one that is over goes on. Raises StudioError."""
        found = run_view.find(self.desk.runs, run, visitor)
        self._check_time(found, minutes)
        budget.spend("training", minutes)
        if found.status().active:
            extend(found, minutes=minutes)
        else:
            self.desk.go_on(found, minutes)
        return {"state": found.status().state}

    async def save(self, run: Name, kind: FilmKind, size: FilmSize, film: JobName, visitor: Visitor = "") -> dict:
        """Return the film of a training, the same points through time, as a file for the browser. Runs as the job `film`."""
        found = run_view.find(self.desk.runs, run, visitor)
        sheets = _evenly([path for _, path in found.samples()], FRAMES)
        if not sheets:
            raise StudioError("run.no_sheet", "This sheet of samples is no longer here.")
        return await self.jobs.run(film, lambda job: _film(found, sheets, kind, size, job), "exports")

    @staticmethod
    def _check_time(run: Run, minutes: float) -> None:
        """Raise StudioError when the run would become longer than this place allows."""
        config = run.config
        limits.check_time((run.status().elapsed / 60 if config.steps else config.minutes) + minutes, None)


def keep_queue_going(runs: Path) -> threading.Thread:
    """Start waiting trainings when their turn comes, for as long as this process lives; what waits is read from the folder."""

    def look() -> None:
        while not stopping.pause(LOOK_SECONDS):
            try:
                advance(runs)
            except Exception:
                log.exception("the queue of trainings could not go on")

    keeper = threading.Thread(target=look, name="queue", daemon=True)
    keeper.start()
    return keeper


def _film(run: Run, sheets: list[Path], kind: str, size: int, job: Job) -> dict:
    write, mime = WRITERS[kind]
    count, first = len(sheets) + HOLD, _pixels(sheets[0])
    pictures = _frames(sheets, first.shape, job)
    number = marks.produce_id(run.name.encode(), *(path.name.encode() for path in sheets))
    reel = Reel(pictures, count, number, run.name, written=lambda done: job.tell(done, count, "writing"))
    data = write(reel, RATE, first.shape[1] // 6 <= SMALL, min(size, 1024))
    stem = re.sub(r"[^\w-]+", "-", run.name)[:60]
    return attachment(f"{stem}-training.{kind}", mime, data)


def _frames(sheets: list[Path], shape: tuple[int, ...], job: Job) -> Iterator[np.ndarray]:
    """The sheets one by one, and the last for a while; those that cannot be read, or have another shape, show the one before."""
    picture = np.zeros(shape, np.uint8)
    for done, path in enumerate(sheets):
        job.tell(done, len(sheets), "drawing")
        found = _pixels(path, picture)
        picture = found if found.shape == shape else picture
        yield picture
    job.tell(len(sheets), len(sheets), "writing")
    for _ in range(HOLD):
        yield picture


def _pixels(path: Path, instead: np.ndarray | None = None) -> np.ndarray:
    """A sheet as uint8 [H, W, 3 or 4]. Raises StudioError when it cannot be read and there is nothing to show `instead`."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGBA" if "A" in image.getbands() else "RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        if instead is None:
            raise StudioError("run.no_sheet", "This sheet of samples is no longer here.") from None
        return instead


def _evenly(items: list, most: int) -> list:
    """At most `most` of a list, evenly taken, always with the first and the last."""
    if len(items) <= most:
        return items
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
