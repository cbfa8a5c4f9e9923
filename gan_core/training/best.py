"""The best model of a run by its measured quality, kept in `best/` beside the last one, and the comparison of both at the end."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import asdict

from gan_core.checkpoint import load_model, read_config
from gan_core.errors import StudioError
from gan_core.models.base import Generator
from gan_core.training.keep import ModelFolder
from gan_core.training.learner import Learner
from gan_core.training.memory import out_of_memory
from gan_core.training.quality import FINALLY, Gauge, Quality, compare
from gan_core.training.report import Reporter
from gan_core.training.run import Run
from gan_core.training.state import Counters


class BestModel:
    """Measures the averaged model now and then, and keeps the best. Nothing here changes what is learned."""

    def __init__(self, run: Run, learner: Learner, reporter: Reporter, counters: Counters, folder: ModelFolder):
        self._run, self._learner, self._reporter = run, learner, reporter
        self._counters, self._folder = counters, folder
        self._gauge: Gauge | None = None
        self._best = run.best
        self._seen = -1  # pictures seen by the model that was measured last

    def due(self, progress: float) -> bool:
        """Whether the model is to be measured now, `progress` (0 to 1) of the run's budget."""
        c = self._counters
        if self._gauge is None:
            config, learner = self._learner.config, self._learner
            self._gauge = Gauge(
                learner.pictures, config.seed, learner.model.num_classes, learner.device.device, c.elapsed
            )
            if c.step == 0:
                self._best = None
        return c.images != self._seen and self._gauge.due(c.elapsed, progress, self._learner.config.measure)

    def measure(self, network: Generator) -> Iterator[dict]:
        """Tell the quality of the averaged `network`, and keep it if it is the best so far. Raises OSError when the disk refuses."""
        with self._memory():
            if not self._gauge.ready(network):
                return
            quality, c = self._gauge.measure(network), self._counters
            if not math.isfinite(quality.kid):
                return
            facts = self._facts(quality) | {"step": c.step, "images": c.images, "elapsed": round(c.elapsed, 2)}
            known = self._best if self._best and self._best["extractor"] == facts["extractor"] else None
            best = known is None or facts["kid"] < known["kid"]
            if best:
                self._folder.write_best(network, facts)
                self._run.save_best(facts)
                self._best = facts
            self._seen = c.images
            yield self._reporter.emit("quality", **facts, best=best, spent=round(self._gauge.spent, 2))

    def conclude(self, network: Generator) -> Iterator[dict]:
        """Hold the best model against the last, with points that neither was chosen by, and tell which is better, if either is."""
        if self._best is None or self._gauge is None or self._best["images"] == self._counters.images:
            return
        count = self._gauge.final_count(self._counters.elapsed)
        if not count:
            return
        with self._memory(), contextlib.suppress(StudioError):  # best/ may have been deleted or damaged meanwhile
            then = load_model(self._run.best_folder, self._learner.device.device)
            best, last = (self._gauge.measure(model, FINALLY, count) for model in (then, network))
            verdict = compare(best, last)
            facts = {"best": self._facts(best) | {"images": self._best["images"]}, "last": self._facts(last)}
            facts["last"]["images"] = self._counters.images
            facts |= asdict(verdict)
            self._run.save_best({**self._best, "compared": facts})
            yield self._reporter.emit("compared", **facts, spent=round(self._gauge.spent, 2))

    def reopen(self) -> None:
        """A run that goes on has no last model yet to compare with; and what was kept last may not have been written down."""
        kept = self._kept()
        known = {name: value for name, value in (self._best or {}).items() if name != "compared"}
        found = kept if kept and kept["images"] != known.get("images") else known
        if found != (self._best or {}):
            self._best = found
            with contextlib.suppress(OSError):
                self._run.save_best(found)

    def _kept(self) -> dict | None:
        """The figures that the model in best/ carries itself."""
        with contextlib.suppress(StudioError, OSError, KeyError, TypeError):
            made = read_config(self._run.best_folder).training
            where = {"step": made["steps"], "images": made["images"], "elapsed": made["seconds"]}
            return {**made["measured_while_training"], **where}
        return None

    def _facts(self, quality: Quality) -> dict:
        facts = asdict(quality) | {"extractor": self._gauge.extractor}
        del facts["blocks"]
        return facts

    @contextlib.contextmanager
    def _memory(self) -> Iterator[None]:
        """A device without room for measuring goes without; the training goes on."""
        try:
            yield
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            self._gauge.possible = False
