"""How good a model is while it still learns: a small KID at a bounded share of the training time, with its own noise."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.data import PictureSet
from gan_core.draws import source
from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.metrics.diversity import diversity
from gan_core.metrics.features import DEFAULT, extract, load_extractor
from gan_core.metrics.kid import kid
from gan_core.models.base import Generator

FIRST = 30.0  # seconds of training before which nothing is measured, so that short runs are left alone
# Of what a run may spend in all, so much (and no more than that of AHEAD seconds) may be spent before its time, so that a first figure
# comes early: the rest is spread evenly, and the whole stays the same.
EARLY, AHEAD = 0.7, 300.0
# Seconds, and share of the whole run where that is less, between two figures.
APART, APART_SHARE = 60.0, 0.15
SHARE = 0.03  # of the training time that measuring may take on the way ...
FINAL_SHARE = 0.02  # ... and once more at its end
REAL, DRAWN = 128, 96  # pictures that are compared on the way; half as many in runs shorter than SHORT seconds
SHORT = 600.0
FINAL, FEWEST = 256, 32  # pictures that the best and the last model draw at the end: as many as time allows
BLOCKS = 8  # parts that the drawn pictures are split into to see how much the figure wavers
# Student's t, 97.5 %, BLOCKS − 1 degrees of freedom: a difference that so many standard errors stand behind.
SURE = 2.365
PROBE = 8  # pictures that are timed before the first measurement
# First seeds: the final ones are others than those that the best was chosen by.
SELECTING, FINALLY = 1_000_000, 2_000_000


@dataclass(frozen=True)
class Quality:
    """A model's figures. `blocks` are the jackknife's BLOCKS pseudo-values of the KID × 10³ (see `estimate`)."""

    kid: float  # × 10³; lower is better
    noise: float  # its standard error, × 10³
    diversity: float  # 1 = as varied as real pictures
    n: int
    blocks: tuple[float, ...]


class Gauge:
    """Measures models of one run against its own pictures, at most SHARE of the time. The same points every time."""

    def __init__(self, pictures: PictureSet, seed: int, classes: int, device: torch.device, elapsed: float):
        """`elapsed`: seconds of training that a resumed run comes with; they are not spent again."""
        self._device, self._classes, self._since = device, classes, elapsed
        order = torch.randperm(len(pictures), generator=source(torch.device("cpu"), seed, 4))
        self._real, self._order = pictures.images[order[:REAL]], order
        self._labels = pictures.labels
        self._extractor, self._features = None, None
        self.spent, self._each = 0.0, 0.0  # seconds in all, and for one drawn picture
        self.count, self._last = DRAWN, -1e9
        self.possible = len(self._real) >= 2

    @property
    def extractor(self) -> str:
        """The name of what turns pictures into features."""
        return self._load().name

    def due(self, elapsed: float, progress: float = 1.0, often: float = 1.0) -> bool:
        """Whether there is time for a measurement, `elapsed` seconds into the training, `progress` (0 to 1) of its budget.

        `often`: how many times the usual share of the time it may take; 0 for never.
        """
        if not (self.possible and often > 0 and elapsed >= FIRST):
            return False
        whole = elapsed / progress if 0 < progress < 1 else elapsed
        if self._extractor is None and progress < 1 and whole < SHORT:
            self._real, self.count = self._real[: REAL // 2], DRAWN // 2
        if elapsed < self._last + min(APART, APART_SHARE * whole) / max(1.0, often):
            return False
        allowed = elapsed - self._since + self._lead(elapsed, whole)
        fits = self.spent + self.count * self._each <= often * SHARE * allowed
        if fits and self._each:
            self._last = elapsed
        return fits

    def _lead(self, elapsed: float, whole: float) -> float:
        """Seconds whose share may be spent before they have passed: fewer and fewer, none at the end."""
        whole, elapsed = whole - self._since, elapsed - self._since
        return max(0.0, min(EARLY * whole, AHEAD) * (whole - elapsed) / max(whole, 1e-9))

    def ready(self, network: Generator) -> bool:
        """Whether a measurement would be within bounds: the first is timed on a few pictures, and may be put off."""
        if self._each:
            return True
        with self._timed():
            self._load()
            self._drawn(network, SELECTING, PROBE)  # the first call is the slow one
            began = time.perf_counter()
            self._drawn(network, SELECTING, PROBE)
            self._each = max(1e-6, (time.perf_counter() - began) / PROBE)
            if self._features is None:
                self._features = extract(self._real, self._extractor, seed=0)
        return False

    def measure(self, network: Generator, seeds: int = SELECTING, count: int | None = None) -> Quality:
        """Measure a model that is ready to draw; it is only read."""
        count = count or self.count
        with self._timed():
            began = time.perf_counter()
            pictures, features = self._drawn(network, seeds, count)
            value, noise, blocks = estimate(self._features, features)
            self._each = (time.perf_counter() - began) / count
        varied = diversity(pictures, self._real)
        return Quality(round(value, 4), round(noise, 4), round(varied, 3), count, blocks)

    def final_count(self, elapsed: float) -> int:
        """How many pictures each of two models can draw at the end, a multiple of BLOCKS; 0 where there is no time."""
        if not self._each or self._features is None:
            return 0
        count = int(min(FINAL, FINAL_SHARE * (elapsed - self._since) / self._each / 2)) // BLOCKS * BLOCKS
        return count if count >= FEWEST else 0

    def _load(self):
        if self._extractor is None:
            try:
                self._extractor = load_extractor(DEFAULT, self._device)
            except StudioError:  # its packages are not installed: coarser, but no worse than nothing
                self._extractor = load_extractor("pixels", self._device)
        return self._extractor

    def _drawn(self, network: Generator, seeds: int, count: int) -> tuple[Tensor, Tensor]:
        points = [LatentPoint(seed=seeds + i, label=self._label(i)) for i in range(count)]
        pictures = torch.from_numpy(render(network, points)).permute(0, 3, 1, 2)
        return pictures, extract(pictures, self._extractor, seed=1)

    def _label(self, i: int) -> int | None:
        """A class, in the proportions of the pictures."""
        return int(self._labels[self._order[i % len(self._order)]]) if self._classes else None

    @contextlib.contextmanager
    def _timed(self) -> Iterator[None]:
        """Add the seconds of a with-block to what was spent."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.spent += time.perf_counter() - began


def estimate(real: Tensor, drawn: Tensor) -> tuple[float, float, tuple[float, ...]]:
    """KID × 10³ of features [M, D] and [N, D], N a multiple of BLOCKS; its standard error over other draws; the pseudo-values.

    Delete-a-group jackknife: pseudo-value b is B·θ − (B − 1)·θ without group b. Source: Efron & Tibshirani 1993, sec. 11.5.
    """
    value, parts = 1e3 * kid(real, drawn), drawn.chunk(BLOCKS)
    without = [torch.cat([*parts[:b], *parts[b + 1 :]]) for b in range(BLOCKS)]
    blocks = tuple(BLOCKS * value - (BLOCKS - 1) * 1e3 * kid(real, rest) for rest in without)
    return value, torch.tensor(blocks).std().item() / BLOCKS**0.5, blocks


@dataclass(frozen=True)
class Verdict:
    """Whether one model is better than another beyond chance: `difference` and its standard error `noise`, KID × 10³."""

    difference: float
    noise: float
    better: bool


def compare(best: Quality, last: Quality) -> Verdict:
    """Judge two models by their figures for the same points and real pictures: part by part, so that shared chance cancels."""
    pairs = torch.tensor(last.blocks) - torch.tensor(best.blocks)
    difference, noise = pairs.mean().item(), pairs.std().item() / len(pairs) ** 0.5
    return Verdict(round(difference, 4), round(noise, 4), difference > SURE * noise)
