"""Makes the pictures: knows the models, keeps the used ones in memory, and renders waiting requests of one model together.

No gradio here. Any number of visitors may ask at once; one worker thread does the work in the order that `waiting.py` decides,
so that nobody waits for another's film.
"""

import asyncio
import contextlib
import logging
import math
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gan_core.errors import StudioError
from gan_core.log import event
from gan_core.ui import budget
from gan_core.ui.caller import caller
from gan_core.ui.library import Library
from gan_core.ui.waiting import CHUNK, Part, Request, Waiting

KEEP_BYTES = 1 << 30  # models kept in memory, by the size of their weights
KEEP_COUNT = 4
RETRY = 300.0  # seconds until a graphics card that failed is tried again: another program may have let go of it

log = logging.getLogger(__name__)


class Loaded(NamedTuple):
    """A model as its folder has it, which is lent, and the same made quicker, which only draws (`layers.fold_norms`)."""

    model: Any
    drawing: Any


class Engine:
    """Renders points with the models of a weights folder, a runs folder and the Hub cache."""

    def __init__(self, weights: Path, runs: Path, device: str = "auto", imported: Path | None = None):
        self.library = Library(Path(weights), Path(runs), imported)
        self._device_name, self._device = device, None
        self._loaded: OrderedDict[tuple, Loaded] = OrderedDict()  # (id, time of its weights), last used last
        self._waiting = Waiting()
        self._pace: dict[str, float] = {}  # seconds a picture takes, by model; of the loaded ones
        self._worker: threading.Thread | None = None
        self._starting = threading.Lock()
        self._again = math.inf  # when a graphics card that failed is tried again
        self.card = None  # a graphics card that is lent for many pictures at a time (ui.zero_gpu), where there is one
        self._began: float | None = None  # when the pictures that are being drawn were begun

    @property
    def device(self) -> str:
        """What it draws on: "cpu", "cuda", "mps"; "" until the first model is loaded."""
        return "" if self._device is None else self._device.type

    @property
    def alive(self) -> bool:
        """Whether somebody is there to draw; True before anything was asked for."""
        return self._worker is None or self._worker.is_alive()

    @property
    def at_work(self) -> float:
        """Seconds since the pictures that are being drawn now were begun; 0 when nothing is."""
        began = self._began
        return 0.0 if began is None else time.monotonic() - began

    def models(self, visitor: str = "") -> list[dict]:
        """Return facts about every model that a visitor may see, JSON-ready, bundled ones first (see `Library.models`)."""
        return self.library.models(visitor)

    def warm_up(self) -> None:
        """Import torch and load the first model in the background, so that the first picture comes at once."""
        threading.Thread(target=self._warm_up, name="warm-up", daemon=True).start()

    async def render(self, model: str, points: Sequence, patient: bool = False) -> np.ndarray:
        """Return uint8 pictures [N, H, W, C] of LatentPoints, in order; a `patient` single one waits until no other single one does.

        Raises StudioError for an unknown model, a point that does not fit it, or too many requests at once.
        """
        if not points:
            raise StudioError("engine.empty", "There is nothing to draw. Choose at least one picture.")
        budget.spend("pictures", len(points))
        if self.card and len(points) > 1:
            lent = await asyncio.to_thread(self._on_card, model, points)
            if lent is not None:
                return lent
        return await self._answered(Request(model, points, patient, caller().key))

    def draw(self, model: str, points: Sequence) -> np.ndarray:
        """`render` for a thread that does long work: it waits its turn where others ask for much, instead of giving up."""
        if self.card and (lent := self._on_card(model, points)) is not None:
            return lent
        for wait in (0.2, 1, 5, 20):
            try:
                return self._put(Request(model, points, visitor=caller().key)).answer.result()
            except StudioError as error:
                if error.code != "engine.busy":
                    raise
                time.sleep(wait)
        return self._put(Request(model, points, visitor=caller().key)).answer.result()

    def line(self) -> dict:
        """Return how the caller's pictures stand: {others: visitors who wait, too, seconds: about how long it takes}; 0 without any."""
        others, seconds = self._waiting.line(caller().key, self._pace)
        return {"others": others, "seconds": seconds}

    async def borrow(self, model: str):
        """Return the loaded model itself, for work that is more than drawing. It is shared: read it, never change it.

        Raises StudioError for an unknown or broken model. Long work on it belongs into a thread.
        """
        return await self._answered(Request(model, (), visitor=caller().key))

    def _on_card(self, model: str, points: Sequence) -> np.ndarray | None:
        return self.card(self.library.entry(model), points, self._pace.get(model, 0) * len(points))

    def _put(self, request: Request) -> Request:
        self.library.entry(request.model)
        self._waiting.put(request, self._pace)
        with self._starting:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="engine", daemon=True)
                self._worker.start()
        return request

    async def _answered(self, request: Request):
        return await asyncio.wrap_future(self._put(request).answer)

    def _work(self) -> None:
        while True:
            parts = [part for part in self._waiting.take(self._pace) if not part.request.answer.done()]
            if parts:
                self._began = time.monotonic()
                self._draw(parts)
                self._began = None

    def _draw(self, parts: list[Part]) -> None:
        """Render the parts together; when that fails, one by one, so that only the wrong one fails."""
        try:
            from gan_core.latent.sample import render

            points, name = [point for part in parts for point in part.points], parts[0].request.model
            loaded = self._model(name)
            self._set_threads(max(len(part.request.points) for part in parts))
            start = time.perf_counter()
            pictures = render(loaded.drawing, points)
            if points:
                now = (time.perf_counter() - start) / len(points)
                self._pace[name] = 0.8 * self._pace.get(name, now) + 0.2 * now
        except Exception as error:
            if self._give_up_device(error):
                self._draw(parts)
            elif len(parts) == 1:
                _settle(parts[0].request, error=error)
            else:
                for part in parts:
                    self._draw([part])
            return
        start = 0
        for part in parts:
            part.request.pictures.append(pictures[start : start + len(part.points)])
            start += len(part.points)
            if not part.request.points:
                _settle(part.request, loaded.model)
            elif sum(map(len, part.request.pictures)) == len(part.request.points):
                _settle(part.request, np.concatenate(part.request.pictures))

    def _model(self, model: str) -> Loaded:
        """Return a model, from memory or disk; the least recently used ones make room. Worker thread only."""
        from gan_core.checkpoint import load_model
        from gan_core.layers import fold_norms

        if time.monotonic() > self._again:
            self._use(self._device_name)
        entry = self.library.entry(model)
        key = (model, entry.stamp)
        if key not in self._loaded:
            for stale in [old for old in self._loaded if old[0] == model]:
                del self._loaded[stale]
            start = time.monotonic()
            network = load_model(entry.path, self._pick_device(), entry.directions)
            event("model.loaded", origin=entry.origin, family=entry.config.family, seconds=time.monotonic() - start)
            self._loaded[key] = Loaded(network, fold_norms(network))
            while len(self._loaded) > 1 and (len(self._loaded) > KEEP_COUNT or self._bytes() > KEEP_BYTES):
                (name, _), _ = self._loaded.popitem(last=False)
                self._pace.pop(name, None)
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def _give_up_device(self, error: Exception) -> bool:
        """Draw on the processor for a while when the graphics card is full or gone; whether that is worth another try."""
        from gan_core.training.memory import device_lost, out_of_memory

        if self.device in ("", "cpu") or not (out_of_memory(error) or device_lost(error)):
            return False
        log.warning("drawing on the processor for %.0f s, as the graphics card failed: %s", RETRY, error)
        self._use("cpu")
        self._again = time.monotonic() + RETRY
        return True

    def _use(self, device: str) -> None:
        """Load models anew, on another device."""
        import torch

        self._device = None if device == self._device_name else torch.device(device)
        self._again = math.inf
        self._loaded.clear()
        self._pace.clear()
        with contextlib.suppress(Exception):  # a card that is gone cannot even give back its memory
            torch.cuda.empty_cache()

    def _bytes(self) -> int:
        kept = {network for loaded in self._loaded.values() for network in loaded}
        return sum(t.numel() * t.element_size() for network in kept for t in network.state_dict().values())

    def _pick_device(self):
        if self._device is None:
            from gan_core.device import pick

            self._device = pick(self._device_name).device
        return self._device

    def _set_threads(self, pictures: int) -> None:
        """All cores for somebody's sheet; one for single pictures, as the requests of those who drag need the others."""
        if self._device.type == "cpu":
            import torch

            torch.set_num_threads(1 if pictures < CHUNK // 2 else os.cpu_count() or 1)

    def _warm_up(self) -> None:
        try:
            from gan_core.latent.point import LatentPoint

            models = self.models()
            if models:
                self._put(Request(models[0]["id"], [LatentPoint(seed=0)])).answer.result()
        except Exception:
            log.exception("warming up failed")


def _settle(request: Request, result=None, error: Exception | None = None) -> None:
    """Hand over an answer, unless whoever waited for it has left."""
    if request.answer.set_running_or_notify_cancel():
        request.answer.set_exception(error) if error else request.answer.set_result(result)
