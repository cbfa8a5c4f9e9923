"""One model against pictures it has not seen, and every number beside what real pictures get at the same count."""

import time
from dataclasses import asdict, dataclass

import numpy as np
import torch

from gan_core.data import load
from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.metrics.diversity import diversity
from gan_core.metrics.features import DEFAULT, RAW, extract, extract_cached, load_extractor
from gan_core.metrics.frechet import frechet
from gan_core.metrics.kid import kid
from gan_core.metrics.precision_recall import manifold

FEWEST = 10  # pictures on each side; below that no number means anything


@dataclass(frozen=True)
class Report:
    """Numbers for a model. `…_floor` is the same measure between real pictures and other real ones, at the same `n`.

    KID and Fréchet distance fall with quality, the four shares (0–1; density may exceed 1) and `diversity` (1 = as varied as
    real) rise. `kid_raw` is KID by the plain last layer of the network, None with another extractor than the default.
    """

    kid: float  # × 10³
    kid_floor: float  # × 10³
    kid_raw: float | None  # × 10³
    kid_raw_floor: float | None  # × 10³
    frechet: float
    frechet_floor: float
    precision: float
    precision_floor: float
    recall: float
    recall_floor: float
    density: float
    coverage: float
    coverage_floor: float
    diversity: float
    n: int  # pictures on each side
    extractor: str
    data: str
    held_out: bool  # whether the real pictures were kept from training
    seed: int
    seconds: float

    def to_dict(self):
        """A JSON-ready dict, numbers rounded to what they are worth; the raw KID left out where there is none."""
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(self).items() if v is not None}


@dataclass(frozen=True)
class Reference:
    """Real pictures in two sets of the same size, uint8 [N, C, R, R]: samples are held against `unseen`, and so is `seen`."""

    name: str
    unseen: torch.Tensor
    seen: torch.Tensor
    labels: torch.Tensor | None  # class numbers [N], in the data's proportions
    held_out: bool

    def __len__(self):
        return len(self.unseen)


class Samples:
    """`n` pictures of a model, drawn when asked for: slices are uint8 [K, C, H, W]. Classes in the proportions of `labels`."""

    def __init__(self, model, n, seed=0, labels=None):
        seeds = np.random.default_rng(seed).integers(2**32, size=n).tolist()
        classes = [None] * n if labels is None or not model.config.num_classes else labels[:n].tolist()
        self.model, self.points = model, [LatentPoint(seed=s, label=c) for s, c in zip(seeds, classes, strict=True)]

    def __len__(self):
        return len(self.points)

    def __getitem__(self, part):
        return torch.from_numpy(render(self.model, self.points[part])).permute(0, 3, 1, 2)


def reference(data, n, resolution=None, channels=None):
    """Return at most `n` held-out and as many training pictures of `data` (a name, folder or zip that `gan_core.data.load` takes).

    Pictures without a held-out part are divided at random into two halves instead. The choice is always the same.
    Raises StudioError when the pictures are missing or too few.
    """
    train, test = (load(data, resolution, channels, split=split) for split in ("train", "test"))
    held_out = len(test) != len(train) or test.fingerprint != train.fingerprint
    rng = np.random.default_rng(0)
    seen, unseen = torch.from_numpy(rng.permutation(len(train))), torch.from_numpy(rng.permutation(len(test)))
    if not held_out:
        seen, unseen = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    n = min(n, len(seen), len(unseen))
    if n < FEWEST:
        raise StudioError(
            "metrics.too_few", "There are only {count} pictures to compare with; at least {fewest} are needed. Use more pictures.",
            count=n, fewest=FEWEST,
        )  # fmt: skip
    labels = None if train.labels is None else train.labels[seen[:n]]
    return Reference(train.name or str(data), test.images[unseen[:n]], train.images[seen[:n]], labels, held_out)


def evaluate(model, pictures, n=2000, extractor=DEFAULT, seed=0, cache=None, progress=None):
    """Return the Report of `n` samples of `model` against real pictures.

    `pictures` is what `gan_core.data.load` takes, or a Reference. `n` is lowered to the pictures there are. `seed` chooses the
    samples. Features of real pictures are kept in the folder `cache` (None: the platform's). `progress(stage, done, total)` is
    told how far the extraction is. Raises StudioError for unknown or missing pictures and extractors.
    """
    started = time.monotonic()
    if n < FEWEST:
        raise StudioError("metrics.small_n", "{n} samples say nothing; ask for at least {fewest}.", n=n, fewest=FEWEST)
    chosen = load_extractor(extractor)  # before anything slow: the packages may be missing
    config = model.config
    real = pictures if isinstance(pictures, Reference) else reference(pictures, n, config.resolution, config.channels)
    n = min(n, len(real))
    samples = Samples(model, n, seed, real.labels)
    unseen, seen, fake = _features(chosen, real, samples, cache, progress)
    good, best = manifold(unseen, fake), manifold(unseen, seen)
    raw = raw_floor = None
    if extractor == DEFAULT:
        raw_unseen, raw_seen, raw_fake = _features(load_extractor(RAW), real, samples, cache, progress)
        raw, raw_floor = 1e3 * kid(raw_unseen, raw_fake), 1e3 * kid(raw_unseen, raw_seen)
    few = slice(min(n, 500))
    return Report(
        kid=1e3 * kid(unseen, fake), kid_floor=1e3 * kid(unseen, seen), kid_raw=raw, kid_raw_floor=raw_floor,
        frechet=frechet(unseen, fake), frechet_floor=frechet(unseen, seen),
        precision=good.precision, precision_floor=best.precision, recall=good.recall, recall_floor=best.recall,
        density=good.density, coverage=good.coverage, coverage_floor=best.coverage,
        diversity=diversity(samples[few], real.unseen[few]), n=n, extractor=extractor, data=real.name,
        held_out=real.held_out, seed=seed, seconds=time.monotonic() - started,
    )  # fmt: skip


def _features(extractor, real, samples, cache, progress):
    """Features of the unseen and the seen real pictures and of the samples, each masked with noise of its own."""
    n = len(samples)

    def told(stage):
        return progress and (lambda done, total: progress(stage, done, total))

    return (
        extract_cached(real.unseen[:n], extractor, 0, cache, told("real pictures")),
        extract_cached(real.seen[:n], extractor, 1, cache, told("training pictures")),
        extract(samples, extractor, 2, progress=told("samples")),
    )
