"""Does a model copy its training pictures? Each sample beside the nearest of them, and a warning whose false alarms are known.

`python -m gan_core.metrics.memorisation MODEL --data faces` prints it for a model; `inspect` is the same as a function.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from gan_core.errors import StudioError
from gan_core.metrics.features import EXTRACTORS, extract, load_extractor
from gan_core.terminal import exit_status

EXTRACTOR = "pixels-even"  # catches more than the networks do, in a tenth of the time: benchmarks/memorisation.py
NEIGHBOURS = 50  # a distance is judged against the mean distance to so many nearest pictures
ALARM = 0.05  # share of fresh real pictures that would be called too close
CERTAIN = 1e-3  # chance, were the model fresh, of so many samples that are too close
MOSTLY = 0.5  # share of samples too close from which the model is called a copier
NEARER = (
    0.8  # probability of being closer than a fresh picture from which some are called copies though few are too close
)
FEWEST = 20  # pictures, and samples; below that nothing can be told
FRESH = 1000  # real pictures at most that say how close a fresh one comes
TWIN = 0.03  # closeness below which two training pictures are one picture twice: it says nothing of fresh ones
CHUNK = 256  # training pictures compared at a time

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Neighbours:
    """For each of N pictures the nearest training pictures: `distances` [N, K] rising, `index` [N] and `mirrored` [N] of the first."""

    distances: Tensor
    index: Tensor
    mirrored: Tensor

    @property
    def closeness(self) -> Tensor:
        """How near the nearest picture is beside the K nearest on average, [N]: 0 for a copy, towards 1 for a picture like many others.

        Source: Carlini et al. 2023, “Extracting training data from diffusion models”, sec. 4.2 and app. D.
        """
        mean = self.distances.mean(1)
        return torch.where(mean > 0, self.distances[:, 0] / mean, torch.zeros(()))


@dataclass(frozen=True)
class Pair:
    """A sample and the training picture nearest to it, by number; `rank` is the share of fresh real pictures that come closer."""

    sample: int
    picture: int
    mirrored: bool
    closeness: float
    rank: float
    close: bool


@dataclass(frozen=True)
class Report:
    """Whether samples lie closer to the training pictures than fresh real pictures do.

    `verdict`: "fresh", "some" (more are too close than chance allows, or nearly all are closer than is usual), "copies" (most are). `close` of `samples` are too close, where
    `alarm` of them would be by chance; `chance` is the probability of that many from a model that copies nothing.
    `false_alarm` is the share called too close among the `fresh` real pictures, each half judged by the other half's threshold.
    `nearer` is the probability that a sample is closer than a fresh picture (0.5: no difference; Meehan et al. 2020, eq. 1).
    """

    verdict: str
    samples: int
    close: int
    share: float
    alarm: float
    false_alarm: float
    chance: float
    nearer: float
    pictures: int
    fresh: int  # real pictures that say how close a fresh one comes
    twins: int  # training pictures that were left out of those, as there is another one nearly the same
    held_out: bool  # fresh pictures were kept from training; else each training picture is held against the others
    extractor: str
    pairs: tuple[Pair, ...]  # every sample, closest first

    def to_dict(self) -> dict:
        """A JSON-ready dict of the numbers, without the pairs, which show training pictures."""
        facts = {name: value for name, value in asdict(self).items() if name != "pairs"}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in facts.items()}


def inspect(
    samples, pictures: Tensor, fresh: Tensor | None = None, extractor: str = EXTRACTOR, seed: int = 0, progress: Progress | None = None
) -> Report:  # fmt: skip
    """Return the Report of `samples` against the training `pictures`, both uint8 [N, C, R, R]; mirrored copies count as well.

    `samples` may be drawn as they are asked for (evaluate.Samples). `fresh` are real pictures kept from training; without them (None)
    each of up to FRESH training pictures is held against all others. Memory: the features of the samples and of the fresh pictures,
    and CHUNK training pictures. Raises StudioError when there are too few pictures or samples, or the extractor is missing.
    """
    if min(len(samples), len(pictures)) < FEWEST:
        raise StudioError(
            "metrics.memorisation.few",
            "With {pictures} pictures and {samples} samples it cannot be told what is a copy; at least {fewest} of each are needed.",
            pictures=len(pictures), samples=len(samples), fewest=FEWEST,
        )  # fmt: skip
    chosen = load_extractor(extractor)

    def told(stage):
        return progress and (lambda done, total: progress(stage, done, total))

    order = torch.randperm(len(pictures if fresh is None else fresh), generator=torch.Generator().manual_seed(seed))
    order = order[:FRESH]
    real = (pictures if fresh is None else fresh)[order]
    rows = [extract(samples, chosen, 3, progress=told("samples")), extract(real, chosen, 2)]
    asked = torch.cat(rows)
    own = torch.full((len(asked),), -1)
    if fresh is None:
        own[len(samples) :] = order
    found = nearest(asked, pictures, chosen, own, told("pictures"))
    return judge(found, len(samples), len(pictures), fresh is not None, extractor)


def nearest(asked: Tensor, pictures: Tensor, extractor, own: Tensor, progress=None) -> Neighbours:
    """The training pictures nearest to features `asked` [N, D], each picture as near as the nearer of itself and its mirror image.

    Row i never meets picture `own[i]` (-1: meets all). `pictures` are uint8 [M, C, R, R], taken CHUNK at a time.
    """
    kept = min(NEIGHBOURS, len(pictures) - 1)
    best = torch.full((len(asked), kept), math.inf)
    first, flipped = torch.zeros(len(asked), dtype=torch.long), torch.zeros(len(asked), dtype=torch.bool)
    for start in range(0, len(pictures), CHUNK):
        part = pictures[start : start + CHUNK]
        straight, mirrored = (torch.cdist(asked, extract(side, extractor, 1)) for side in (part, part.flip(3)))
        distances = torch.minimum(straight, mirrored)
        rows = ((own >= start) & (own < start + len(part))).nonzero().flatten()
        distances[rows, own[rows] - start] = math.inf
        low, at = distances.min(1)
        nearer = low < best[:, 0]
        first[nearer] = start + at[nearer]
        flipped[nearer] = (mirrored < straight)[nearer, at[nearer]]
        best = torch.cat([best, distances], 1).topk(kept, largest=False).values.sort(1).values
        if progress:
            progress(min(start + CHUNK, len(pictures)), len(pictures))
    return Neighbours(best, first, flipped)


def judge(found: Neighbours, samples: int, pictures: int, held_out: bool, extractor: str = EXTRACTOR) -> Report:
    """The Report of neighbours whose first `samples` rows are samples and whose others are fresh real pictures."""
    closeness, fresh = found.closeness[:samples], found.closeness[samples:]
    single = fresh if held_out or (fresh >= TWIN).sum() < FEWEST else fresh[fresh >= TWIN]
    limit, alarm = threshold(single)
    close = closeness < limit
    count, share = int(close.sum()), float(close.float().mean())
    chance = chance_of(count, samples, len(single))
    rank = torch.searchsorted(single.sort().values, closeness.contiguous()) / len(single)
    pairs = tuple(
        Pair(i, int(found.index[i]), bool(found.mirrored[i]), float(closeness[i]), float(rank[i]), bool(close[i]))
        for i in closeness.argsort().tolist()
    )
    below, equal = (compare(closeness[:, None], single).float().mean() for compare in (torch.lt, torch.eq))
    nearer = float(below + equal / 2)
    suspect = chance <= CERTAIN or nearer >= NEARER
    return Report(
        "copies" if suspect and share >= MOSTLY else "some" if suspect else "fresh", samples, count, share, alarm, measured_alarm(single), chance, nearer, pictures, len(single),
        len(fresh) - len(single), held_out, extractor, pairs,
    )  # fmt: skip


def threshold(fresh: Tensor) -> tuple[float, float]:
    """(closeness below which a sample is too close, the share of fresh pictures to be expected there), from those of fresh ones [M].

    The j-th smallest of M, j = ALARM · (M + 1): another fresh picture falls below it with probability j / (M + 1) at most, whatever
    the distribution (Vovk et al. 2005, conformal prediction).
    """
    rank = _rank(len(fresh))
    return float(fresh.sort().values[rank - 1]), rank / (len(fresh) + 1)


def measured_alarm(fresh: Tensor) -> float:
    """The share of fresh pictures called too close when each half is judged by the threshold of the other."""
    halves = fresh[::2], fresh[1::2]
    wrong = sum(int((b < threshold(a)[0]).sum()) for a, b in (halves, halves[::-1]))
    return wrong / len(fresh)


def chance_of(close: int, samples: int, fresh: int) -> float:
    """The probability that `close` or more of `samples` fresh pictures fall below the threshold of `fresh` other ones.

    The share below the j-th smallest of M is Beta(j, M + 1 − j), so their number is beta-binomial.
    """
    a = _rank(fresh)
    b = fresh + 1 - a
    total = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.lgamma(samples + a + b)

    def log_probability(k):
        ways = math.lgamma(samples + 1) - math.lgamma(k + 1) - math.lgamma(samples - k + 1)
        return ways + math.lgamma(k + a) + math.lgamma(samples - k + b) + total

    return min(1.0, math.fsum(math.exp(log_probability(k)) for k in range(close, samples + 1)))


def _rank(count: int) -> int:
    return max(1, int(ALARM * (count + 1)))


def main(argv=None) -> int:
    """Print the report of a model; return the exit status."""
    from gan_core import data, load
    from gan_core.metrics.evaluate import Samples

    cli = argparse.ArgumentParser(
        prog="python -m gan_core.metrics.memorisation", description="Does a model copy its training pictures?"
    )
    cli.add_argument("model", help="model folder, our .safetensors file, or user/repo on the Hugging Face Hub")
    cli.add_argument("--data", required=True, help="the pictures it was trained on: a bundled name, folder or zip")
    cli.add_argument("--n", type=int, default=300, help="samples (default 300)")
    cli.add_argument("--extractor", default=EXTRACTOR, help=f"one of: {', '.join(EXTRACTORS)} (default {EXTRACTOR})")
    cli.add_argument("--seed", type=int, default=0, help="chooses the samples")
    cli.add_argument("--device", default="auto", help="auto, cpu, cuda or mps, for drawing the samples")
    cli.add_argument("--json", action="store_true", help="print JSON")
    options = cli.parse_args(argv)

    def work() -> None:
        model = load(options.model, options.device)
        train, test = (
            data.load(options.data, model.config.resolution, model.config.channels, split=split)
            for split in ("train", "test")
        )
        fresh = None if test.fingerprint == train.fingerprint else test.images
        samples = Samples(model, max(0, options.n), options.seed, train.labels)
        report = inspect(samples, train.images, fresh, options.extractor, options.seed)
        print(json.dumps(report.to_dict(), indent=2) if options.json else text(report))

    return exit_status(work)


SENTENCES = {
    "fresh": "The samples are no closer to the training pictures than fresh real pictures are: no sign of copying.",
    "some": "More samples than chance allows are too close to a training picture: some may be copies. Look at the pairs.",
    "copies": "Most samples are too close to a training picture: this model repeats what it was shown. Do not publish it unless the pictures may be published.",
}


def text(report: Report) -> str:
    """The report in words."""
    kept = "kept from training" if report.held_out else "each held against all others"
    twins = f"\n{report.twins} training pictures have a near twin and did not count as fresh." if report.twins else ""
    nearest_five = "; ".join(
        f"sample {p.sample} – picture {p.picture}{' mirrored' if p.mirrored else ''} ({p.closeness:.2f})"
        for p in report.pairs[:5]
    )
    return (
        f"{SENTENCES[report.verdict]}\n"
        f"{report.close} of {report.samples} samples ({report.share:.1%}) are closer to one of {report.pictures} training pictures than "
        f"{1 - report.alarm:.0%} of fresh pictures are; by chance {report.alarm:.1%} would be (measured: {report.false_alarm:.1%} of "
        f"{report.fresh} real pictures, {kept}).\nProbability of this from a model that copies nothing: {report.chance:.2g}. "
        f"A sample is closer than a fresh picture with probability {report.nearer:.2f} (0.5: no difference).{twins}\n"
        f"Closest: {nearest_five}.\nBy {report.extractor}."
    )


if __name__ == "__main__":
    sys.exit(main())
