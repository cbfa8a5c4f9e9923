"""Which quality measure follows the eye? Real pictures are spoiled in graded ways and every candidate judges them.

    python -m benchmarks.metric_calibration [--n 600] [--out benchmarks/results]

writes metric_calibration.json, .md (the verdict and the table), .png (curves) and _pictures.webp (what was judged). Needs the
extractor packages and matplotlib (requirements-dev.txt). Minutes to a quarter of an hour; the results in the repository are of n = 200.
"""

import argparse
import itertools
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from benchmarks.distortions import TABLE, blur
from gan_core.data import load
from gan_core.metrics import extract, kid
from gan_core.metrics.efficientnet import EfficientNetLite0
from gan_core.metrics.pixels import Pixels

RANK = {"hidden": 0, "slight": 1, "plain": 2}
CHOICE = """The default extractor, `lite0-masked`, is *all stages, mask 5*. Masks of 5 and 10 grey levels agree with the eye about
equally; 5 has the smaller floor and leaves slight blur in proportion. The last layer alone (`lite0`, the usual choice) counts
invisible noise of 2 grey levels for as much as half of each picture replaced by parts of others, which is why it is only
reported beside the default. All of them are nearly blind to a tint that is the same on every picture, and JPEG marks that
the eye hardly sees count for more than they should."""
BOTH_BLURRED = 1.0  # px
MASKS = (5, 10)  # grey levels of noise laid over both sides


class Both(nn.Module):
    """The stages' and the last layer's features side by side, from one pass."""

    def __init__(self, mask=0.0):
        super().__init__()
        self.network = EfficientNetLite0(stages=True)
        self.mask = mask

    def forward(self, images):
        return torch.cat(self.network.both(images), 1)


def candidates():
    """Groups of measures that share one extraction: (prepare both sides, extractor, {name: columns})."""
    stages, last = slice(0, 1568), slice(1568, None)
    return (
        (_as_is, Pixels(), {"16 × 16 pixels": slice(None)}),
        (_as_is, Both(), {"last layer": last, "all stages": stages}),
        *(
            (_as_is, Both(mask), {f"last layer, mask {mask}": last, f"all stages, mask {mask}": stages})
            for mask in MASKS
        ),
        (_blurred, Both(), {"last layer, both blurred": last, "all stages, both blurred": stages}),
    )


def _as_is(images):
    return images


def _blurred(images):
    return blur(images, BOTH_BLURRED, None)


def spoiled(pictures):
    """Yield (case, pictures) for the whole table, such as ("noise 2", …)."""
    for name, distortion in TABLE.items():
        for strength in distortion.strengths:
            yield f"{name} {strength}", distortion.function(pictures, strength, np.random.default_rng(1))


def measure(n):
    """Yield, as each extraction is done, KID × 10³ of every candidate so far: {candidate: {"floor": …, "noise 2": …, …}}."""
    train, test = (load("faces", split=split, limit=n).images for split in ("train", "test"))
    results = {}
    for prepare, extractor, measures in candidates():
        real = extract(prepare(train), extractor, 0)
        for case, pictures in itertools.chain([("floor", test)], spoiled(test)):
            found = extract(prepare(pictures), extractor, 1)
            for name, columns in measures.items():
                results.setdefault(name, {})[case] = 1e3 * kid(real[:, columns], found[:, columns])
        yield results


def judge(values):
    """How well one candidate's numbers follow the eye.

    agreement: of all pairs of cases with different verdicts, across distortions, the share put in the right order.
    monotone: of all pairs of strengths of one distortion, the share in which the stronger one counts more.
    hidden_over_plain: the largest number for something invisible ÷ the smallest for something obvious; below 1 is right.
    floor_over_plain: the size of the real/real floor ÷ the median of the obvious cases.
    """
    cases = [(RANK[verdict], values[case]) for case, verdict in all_cases()]
    across = [(a, b) if a[0] < b[0] else (b, a) for a, b in itertools.combinations(cases, 2) if a[0] != b[0]]
    within = [
        (values[f"{name} {weak}"], values[f"{name} {strong}"])
        for name, d in TABLE.items() for weak, strong in itertools.combinations(d.strengths, 2)
    ]  # fmt: skip
    plain = sorted(value for rank, value in cases if rank == 2)
    return {
        "agreement": np.mean([a[1] < b[1] for a, b in across]).item(),
        "monotone": np.mean([weak < strong for weak, strong in within]).item(),
        "hidden_over_plain": max(value for rank, value in cases if rank == 0) / max(plain[0], 1e-9),
        "floor_over_plain": abs(values["floor"]) / plain[len(plain) // 2],
    }


def markdown(results, verdicts, n, seconds):
    """The report in words and tables."""
    lines = [
        "# Which measure follows the eye", "",
        f"`python -m benchmarks.metric_calibration --n {n}`: KID of {n} held-out faces, spoiled in graded ways, against {n} training faces. {seconds / 60:.0f} minutes.",
        "The verdicts hidden / slight / plain are one person's, looking at `metric_calibration_pictures.webp`.", "",
        CHOICE, "",
        "| measure | agreement with the eye | monotone in strength | worst hidden ÷ least plain (< 1 is right) | floor ÷ median plain |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, v in sorted(verdicts.items(), key=lambda item: -item[1]["agreement"]):
        lines.append(
            f"| {name} | {v['agreement']:.3f} | {v['monotone']:.3f} | {v['hidden_over_plain']:.2f} | {v['floor_over_plain']:.4f} |"
        )
    names = list(results)
    lines += [
        "",
        "KID × 10³ as a share of each measure's own median plain case:",
        "",
        "| case | eye | " + " | ".join(names) + " |",
        "|---" * (len(names) + 2) + "|",
    ]
    scale = {
        name: np.median([results[name][case] for case, verdict in all_cases() if verdict == "plain"]) for name in names
    }
    for case, verdict in [("floor", "none"), *all_cases()]:
        unit = TABLE[case.split()[0]].unit if case != "floor" else ""
        lines.append(
            f"| {case} {unit} | {verdict} | "
            + " | ".join(f"{results[name][case] / scale[name]:.3f}" for name in names)
            + " |"
        )
    return "\n".join(lines) + "\n"


def all_cases():
    """(case, verdict) of the whole table, in order."""
    return [(f"{name} {s}", v) for name, d in TABLE.items() for s, v in zip(d.strengths, d.verdicts, strict=True)]


def plot(results, path):
    """One panel per measure: every case in the order of the table, coloured by the eye's verdict, on a logarithmic scale."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    colours = {"hidden": "#3a86c8", "slight": "#e0a030", "plain": "#c8403a"}
    cases = all_cases()
    figure, panels = pyplot.subplots(
        len(results), 1, figsize=(12, 2.1 * len(results)), sharex=True, squeeze=False, layout="constrained"
    )
    for panel, (name, values) in zip(panels[:, 0], results.items(), strict=True):
        scale = np.median([values[case] for case, verdict in cases if verdict == "plain"])
        shares = [max(values[case] / scale, 1e-4) for case, _ in cases]
        panel.bar(range(len(cases)), shares, color=[colours[verdict] for _, verdict in cases], bottom=0, log=True)
        panel.set(title=name, ylim=(1e-3, 30))
        panel.axhline(max(abs(values["floor"]) / scale, 1e-4), color="black", linewidth=0.8, linestyle=":")
    panels[-1, 0].set_xticks(range(len(cases)), [case for case, _ in cases], rotation=90, fontsize=7)
    figure.suptitle(
        "KID relative to the median plain case: hidden (blue), slight (yellow), plain (red); dotted: real/real floor"
    )
    figure.savefig(path, dpi=90)


def sheet(path, count=10):
    """The spoiled pictures that the verdicts are about: a row per case, the real ones first."""
    pictures = load("faces", split="test", limit=500).images
    rows = [pictures[:count], *(bad[:count] for _, bad in spoiled(pictures))]
    half = -(-len(rows) // 2)
    rows += [torch.full_like(rows[0], 255)] * (2 * half - len(rows))
    columns = [torch.cat([torch.cat(list(row), 2) for row in part], 1) for part in (rows[:half], rows[half:])]
    Image.fromarray(torch.cat(columns, 2).permute(1, 2, 0).numpy()).save(path, quality=90, method=6)


def main():
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--n", type=int, default=600, help="pictures on each side (at most 2000)")
    cli.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = cli.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sheet(options.out / "metric_calibration_pictures.webp")
    started = time.monotonic()
    for results in measure(options.n):
        write(results, options, time.monotonic() - started)
        print(f"{time.monotonic() - started:.0f} s: {', '.join(results)}", flush=True)


def write(results, options, seconds):
    """Put what is known so far into the three files of the report."""
    verdicts = {name: judge(values) for name, values in results.items()}
    facts = {"n": options.n, "seconds": round(seconds), "verdicts": verdicts, "kid_1000": results}
    (options.out / "metric_calibration.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    (options.out / "metric_calibration.md").write_text(
        markdown(results, verdicts, options.n, seconds), encoding="utf-8"
    )
    plot(results, options.out / "metric_calibration.png")


if __name__ == "__main__":
    main()
