"""Makes the pictures: knows the models, keeps the used ones in memory, and renders waiting requests of one model together.

No gradio here. Any number of visitors may ask at once; one worker thread does the work, single pictures (somebody drags a
slider) before long sequences, so that nobody waits for another's film.
"""

import asyncio
import logging
import os
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gan_core.errors import StudioError
from gan_core.ui.library import Library

MAX_WAITING = 512  # pictures waiting before visitors are told that the app is busy
CHUNK = 32  # pictures rendered at a time; a dragged slider never waits for more than one chunk
KEEP_BYTES = 1 << 30  # models kept in memory, by the size of their weights
KEEP_COUNT = 4

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """Pictures somebody waits for: model id, points (none: the model itself is wanted), where the answer goes."""

    model: str
    points: Sequence
    answer: Future


class Engine:
    """Renders points with the models of a weights folder, a runs folder and the Hub cache."""

    def __init__(self, weights: Path, runs: Path, device: str = "auto"):
        self.library = Library(Path(weights), Path(runs))
        self._device_name, self._device = device, None
        self._loaded: OrderedDict[tuple, object] = OrderedDict()  # (id, time of its weights) -> model, last used last
        self._quick: deque[Job] = deque()
        self._long: deque[Job] = deque()
        self._wake = threading.Condition()
        self._worker: threading.Thread | None = None

    def models(self) -> list[dict]:
        """Return facts about every model, JSON-ready, bundled ones first (see `Library.models`)."""
        return self.library.models()

    def warm_up(self) -> None:
        """Import torch and load the first model in the background, so that the first picture comes at once."""
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    async def render(self, model: str, points: Sequence) -> np.ndarray:
        """Return uint8 pictures [N, H, W, C] of LatentPoints, in order.

        Raises StudioError for an unknown model, a point that does not fit it, or too many requests at once.
        """
        if not points:
            raise StudioError("engine.empty", "There is nothing to draw. Choose at least one picture.")
        self.library.entry(model)
        chunks = [points[i : i + CHUNK] for i in range(0, len(points), CHUNK)]
        answers = [asyncio.wrap_future(self._put(model, chunk, quick=len(points) == 1)) for chunk in chunks]
        try:
            return np.concatenate(await asyncio.gather(*answers))
        except BaseException:
            for answer in answers:
                answer.cancel()
            raise

    async def borrow(self, model: str):
        """Return the loaded model itself, for work that is more than drawing. It is shared: read it, never change it.

        Raises StudioError for an unknown or broken model. Long work on it belongs into a thread.
        """
        self.library.entry(model)
        return await asyncio.wrap_future(self._put(model, (), quick=True))

    def _put(self, model: str, points: Sequence, quick: bool) -> Future:
        job = Job(model, points, Future())
        with self._wake:
            if sum(len(waiting.points) for waiting in (*self._quick, *self._long)) >= MAX_WAITING:
                raise StudioError(
                    "engine.busy", "Many people are drawing pictures at this moment. Wait a few seconds and try again."
                )
            (self._quick if quick else self._long).append(job)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="engine", daemon=True)
                self._worker.start()
            self._wake.notify()
        return job.answer

    def _take(self) -> list[Job]:
        """Wait for work; return jobs of one model that make up at most one chunk, single pictures first."""
        with self._wake:
            while not (self._quick or self._long):
                self._wake.wait()
            lane = self._quick or self._long
            jobs, room = [], CHUNK
            for job in list(lane):
                if job.model == lane[0].model and len(job.points) <= room:
                    jobs.append(job)
                    room -= len(job.points)
            for job in jobs:
                lane.remove(job)
            return jobs

    def _work(self) -> None:
        while True:
            jobs = [job for job in self._take() if job.answer.set_running_or_notify_cancel()]
            if jobs:
                self._answer(jobs)

    def _answer(self, jobs: list[Job]) -> None:
        """Render the jobs together; when that fails, one by one, so that only the wrong one fails."""
        try:
            from gan_core.latent.sample import render

            points = [point for job in jobs for point in job.points]
            model = self._model(jobs[0].model)
            self._set_threads(len(points))
            pictures = render(model, points)
        except Exception as error:
            if len(jobs) == 1:
                jobs[0].answer.set_exception(error)
            else:
                for job in jobs:
                    self._answer([job])
            return
        start = 0
        for job in jobs:
            job.answer.set_result(pictures[start : start + len(job.points)] if job.points else model)
            start += len(job.points)

    def _model(self, model: str):
        """Return the loaded model, from memory or disk; the least recently used ones make room. Worker thread only."""
        from gan_core.checkpoint import load_model

        entry = self.library.entry(model)
        key = (model, entry.stamp)
        if key not in self._loaded:
            for stale in [old for old in self._loaded if old[0] == model]:
                del self._loaded[stale]
            self._loaded[key] = load_model(entry.path, self._pick_device())
            while len(self._loaded) > 1 and (len(self._loaded) > KEEP_COUNT or self._bytes() > KEEP_BYTES):
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def _bytes(self) -> int:
        return sum(t.numel() * t.element_size() for model in self._loaded.values() for t in model.state_dict().values())

    def _pick_device(self):
        if self._device is None:
            from gan_core.device import pick

            self._device = pick(self._device_name).device
        return self._device

    def _set_threads(self, pictures: int) -> None:
        """One thread for a few pictures, half the cores for a sheet: the rest belongs to the page and to a training run."""
        if self._device.type == "cpu":
            import torch

            torch.set_num_threads(1 if pictures < CHUNK // 2 else max(1, (os.cpu_count() or 1) // 2))

    def _warm_up(self) -> None:
        try:
            from gan_core.latent.point import LatentPoint

            models = self.models()
            if models:
                self._put(models[0]["id"], [LatentPoint(seed=0)], quick=True).result()
        except Exception:
            log.exception("warming up failed")
