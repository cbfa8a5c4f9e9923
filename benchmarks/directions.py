"""Do named directions do what they say? python -m benchmarks.directions [--model faces-style]

A judge that has nothing to do with how the directions were found (another network, another seed) learns the labels of the
training pictures; its accuracy is measured on held-out ones. It then looks at the same invented pictures at −3 … +3 σ along
every named direction, and along random directions of the same length in the same layers.
"""

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks import common
from gan_core import data
from gan_core.checkpoint import load_model
from gan_core.data.traits import traits
from gan_core.latent.directions import within
from gan_core.latent.labelled import AMOUNTS, draws, named
from gan_core.latent.namer import Lesson, balanced_accuracy, seen, train
from gan_core.models.base import Generator

SEED = 1  # of the judge, its pictures and the random directions: the directions were found with 0
COMPARED = "smile"
RANDOM = 8  # random directions beside each other
ASIDE = ("light-hair", "dyed-hair", "long-hair", "light-skin")  # what a smile should leave alone


class Judge(nn.Module):
    """3×3 convolutions with ReLU and group normalization, the largest and the mean value of each feature, one linear layer."""

    def __init__(self, channels: int, traits_count: int, width: int = 20):
        super().__init__()
        layers, sizes = [], [channels, width, 2 * width, 3 * width, 4 * width]
        for narrow, wide in zip(sizes, sizes[1:], strict=False):
            layers += [nn.Conv2d(narrow, wide, 3, 2, 1), nn.GroupNorm(4, wide), nn.ReLU()]
        self.features, self.out = nn.Sequential(*layers), nn.Linear(8 * width * 4, traits_count)
        self.pool = nn.AdaptiveMaxPool2d(2), nn.AdaptiveAvgPool2d(2)

    def logits(self, images: Tensor) -> Tensor:
        x = self.features(images)
        return self.out(torch.cat([pool(x).flatten(1) for pool in self.pool], 1))

    def forward(self, images: Tensor) -> Tensor:
        return self.logits(images).sigmoid()


def judge_of(name: str, steps: int) -> tuple[Judge, dict[str, float], list[str]]:
    """A judge of a bundled set's traits, its balanced accuracy on the held-out pictures, and the traits' names."""
    loaded, test = data.load(name), data.load(name, split="test")
    names = [trait.name for trait in traits(loaded)]
    torch.manual_seed(SEED)
    judge = Judge(loaded.channels, len(names))
    train(judge, loaded.images, _values(loaded), Lesson(steps, math.inf, SEED))
    judge.eval().requires_grad_(False)
    right = balanced_accuracy(seen(judge, test.images), _values(test))
    return judge, {n: round(float(r), 4) for n, r in zip(names, right, strict=True)}, names


def _values(loaded) -> Tensor:
    return torch.stack([trait.values for trait in traits(loaded)], 1)


def along(model: Generator, judge: Judge, codes: Tensor, step: Tensor, amounts: tuple = AMOUNTS) -> Tensor:
    """What the judge sees at each of `amounts` along a step: [len(amounts), N, K]."""
    return torch.stack([named(model, judge, codes + amount * step.to(codes)) for amount in amounts])


def moved(looks: Tensor) -> Tensor:
    """Mean change [K] of what is seen of each picture, from where it was to ±3 σ."""
    middle = looks[len(looks) // 2]
    return ((looks[0] - middle).abs() + (looks[-1] - middle).abs()).mean(0) / 2


def measure(model: Generator, judge: Judge, names: list[str], pictures: int) -> list[dict]:
    """One row for each named direction, then one for the random ones as long as "smile" and in its layers."""
    codes, _ = draws(model, pictures, SEED)
    rows = []
    for direction in [d for d in model.named if d.origin == "labels" and d.name in names]:
        looks = along(model, judge, codes, within(model, direction.vector, direction.layers))
        rate = (looks[:, :, names.index(direction.name)] > 0.5).float().mean(1)
        rows.append(_row(direction.name, direction.layers, rate, moved(looks), names))
        print(rows[-1]["direction"], rows[-1]["rate"], flush=True)
    compared = next(d for d in model.named if d.name == COMPARED)
    layers, size = compared.layers, within(model, compared.vector, compared.layers).norm()
    rng = torch.Generator().manual_seed(SEED)
    axes = model.axes().cpu()
    steps = [within(model, torch.randn(len(axes), generator=rng) @ axes, layers) for _ in range(RANDOM)]
    steps = [step * (size / step.norm()) for step in steps]
    changes = torch.stack([moved(along(model, judge, codes, step, (-3.0, 0.0, 3.0))) for step in steps]).mean(0)
    return [*rows, _row("random", layers, None, changes, names)]


def _row(name: str, layers, rate: Tensor | None, change: Tensor, names: list[str]) -> dict:
    changes = {n: round(float(c), 4) for n, c in zip(names, change, strict=True)}
    shares = None if rate is None else [round(float(share), 4) for share in rate]
    rising = None if rate is None else bool((rate.diff() >= 0).all())
    return {"direction": name, "layers": layers, "rate": shares, "rises": rising, "change": changes}


def plot(report: dict, path: Path) -> None:
    """Rates along each direction; beside them, how much else changes with a smile and at random."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for row in report["rows"][:-1]:
        left.plot(AMOUNTS, row["rate"], marker="o", markersize=3, label=row["direction"])
    left.set(
        xlabel="σ along the direction",
        ylabel="share of pictures that show it",
        xlim=(-5.4, 3.2),
        ylim=(-0.02, 1.02),
        xticks=AMOUNTS,
    )
    left.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(0, 0.99), ncols=1)
    by = {row["direction"]: row["change"] for row in report["rows"]}
    shown, random = [COMPARED, *ASIDE], by["random"]
    places = range(len(shown))
    right.bar([p - 0.2 for p in places], [by[COMPARED][n] for n in shown], 0.4, label=f"along “{COMPARED}”")
    right.bar(
        [p + 0.2 for p in places], [random[n] for n in shown], 0.4, label=f"along {RANDOM} random directions, mean"
    )
    right.set_xticks(places, shown, fontsize=8)
    right.set_ylabel("mean change of what the judge sees, 0 → ±3 σ")
    right.legend(frameon=False, fontsize=8)
    figure.suptitle(
        f"{report['model']}, {report['pictures']} pictures, a judge that no direction was made with", fontsize=9
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def main() -> None:
    """Train the judge, measure, write JSON and plot."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--model", default="faces-style", help="a bundled model with named directions")
    cli.add_argument("--data", default="faces", help="the bundled pictures it learned from")
    cli.add_argument("--pictures", type=int, default=64, help="invented pictures that are moved")
    cli.add_argument("--steps", type=int, default=400, help="that the judge learns, 64 pictures each")
    cli.add_argument("--out", type=Path, default=common.RESULTS)
    options = cli.parse_args()
    judge, accuracy, names = judge_of(options.data, options.steps)
    print("held-out balanced accuracy:", accuracy, flush=True)
    model = load_model(common.ROOT / "weights" / options.model)
    report = {
        "model": options.model, "pictures": options.pictures, "amounts": AMOUNTS, "judge": {"steps": options.steps, "held_out": accuracy},
        "machine": common.machine(common.usable_cores()), "command": common.command("directions"),
        "rows": measure(model, judge, names, options.pictures),
    }  # fmt: skip
    common.write_json(options.out / "directions.json", report)
    plot(report, options.out / "directions.png")


if __name__ == "__main__":
    main()
