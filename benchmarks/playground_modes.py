"""Does unrolling heal collapse? The ring of eight Gaussians: modes caught by plain BCE, Unrolled GAN and WGAN-GP over ten runs each.

    python -m benchmarks.playground_modes

The playground's own methods (gan_core/playground) and networks, where the generator learns at four times the discriminator's rate, which
is when plain BCE collapses; with equal rates, too, for comparison. Ten runs of a method learn side by side, from ten different first weights. Every so many steps each generator is sampled 2000 times: a sample is good within 3 σ of a centre, a mode is
caught when it gets at least a fifth of its fair share of good samples. Rows are written as they come, `--resume` goes on. Writes
benchmarks/results/playground_modes.{json,png}.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from benchmarks import common
from gan_core.playground.settings import EVEN, HURRIED
from gan_core.registry import resolve

RUNS, COUNTED, LOOKS = 10, 2000, 12
# name -> (label, method of the playground, what is not its default)
METHODS = {
    "bce": ("BCE", "gan", HURRIED),
    "unrolled-5": ("Unrolled, 5 steps", "unrolled", dict(**HURRIED, unroll=5)),
    "wgan-gp": ("WGAN-GP", "wgan-gp", HURRIED),
    "bce-even": ("BCE, equal rates", "gan", EVEN),
}
COLOURS = {"bce": "#b3382c", "unrolled-5": "#0d7a69", "wgan-gp": "#c9791f", "bce-even": "#4338ca"}


def measured(job: dict) -> list[dict]:
    """A row for each run of a method: modes and share of good samples at every look, and the last samples of a few."""
    import torch

    from gan_core.playground import METHODS as KINDS
    from gan_core.playground import cloud, modes_caught
    from gan_core.playground.settings import Sizes

    torch.set_num_threads(1)
    _, kind, changes = METHODS[job["method"]]
    ring, sizes = cloud("ring"), Sizes(**changes)
    method = resolve(KINDS, kind)(ring, sizes, job["seed"], (job["runs"],))
    latents = torch.randn(COUNTED, sizes.latent, generator=torch.Generator().manual_seed(7))
    looks: list[list[tuple]] = [[] for _ in range(job["runs"])]
    began = time.process_time()
    for step in range(1, job["steps"] + 1):
        method.step()
        if step % max(1, job["steps"] // LOOKS) == 0:
            for run, points in enumerate(method.sample(latents)):
                looks[run].append((step, *modes_caught(points, ring)))
    seconds, points = time.process_time() - began, method.sample(latents)[:, :200]
    return [
        {
            "method": job["method"], "run": run, "modes": looks[run][-1][1], "good": looks[run][-1][2], "looks": looks[run],
            "cpu_ms_per_step": round(1e3 * seconds / job["steps"] / job["runs"], 2),
            "samples": [[round(x, 2) for x in pair] for pair in points[run].tolist()] if run == 0 else [],
        }
        for run in range(job["runs"])
    ]  # fmt: skip


def table(rows: list[dict]) -> str:
    """One line a method: median and all of the modes caught, median share of good samples."""
    lines = [f"{'':14}{'modes, median':>14}{'good, median':>14}   modes of each run"]
    for name in METHODS:
        mine = [row for row in rows if row["method"] == name]
        if mine:
            modes, good = ([row[key] for row in mine] for key in ("modes", "good"))
            each = " ".join(map(str, sorted(modes)))
            lines.append(f"{name:14}{statistics.median(modes):14g}{statistics.median(good):14.1%}   {each}")
    return "\n".join(lines)


def plot(report: dict, path: Path) -> None:
    """Modes caught against steps (mean and each run), and the samples that the first run of each method ends with, whichever it is."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
    from PIL import Image

    names = [name for name in METHODS if any(row["method"] == name for row in report["rows"])]
    figure, panels = plt.subplots(
        1,
        1 + len(names),
        figsize=(4 + 2.1 * len(names), 3),
        layout="constrained",
        width_ratios=[1.7] + [1] * len(names),
    )
    for name, panel in zip(names, panels[1:], strict=True):
        rows, colour = [row for row in report["rows"] if row["method"] == name], COLOURS[name]
        steps = [look[0] for look in rows[0]["looks"]]
        for row in rows:
            panels[0].plot(steps, [look[1] for look in row["looks"]], color=colour, alpha=0.15, lw=1)
        mean = [statistics.mean(row["looks"][i][1] for row in rows) for i in range(len(steps))]
        panels[0].plot(steps, mean, color=colour, lw=2, label=METHODS[name][0])
        panel.scatter(*zip(*rows[0]["samples"], strict=True), s=3, color=colour)
        panel.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), aspect="equal", xticks=[], yticks=[])
        average = statistics.mean(row["modes"] for row in rows)
        panel.set_title(f"{METHODS[name][0]}: {average:.1f} on average\nrun 0 ends with {rows[0]['modes']}", fontsize=9)
    panels[0].set(ylim=(-0.2, 8.2), xlabel="steps")
    panels[0].set_title(f"modes caught of 8, {report['settings']['runs']} runs each", fontsize=9)
    panels[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--steps", type=int, default=2000, help="steps of the generator")
    cli.add_argument("--runs", type=int, default=RUNS, help="runs of each method")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--only", type=common.one_of(*METHODS), default=list(METHODS), help="methods, default all")
    cli.add_argument("--cores", type=common.cores_list, default=common.usable_cores()[:2], help="one method on each")
    cli.add_argument("--resume", action="store_true", help="measure only what is missing in the results")
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    options = cli.parse_args(argv)
    if options.steps < LOOKS or options.runs < 1:
        cli.error(f"give at least {LOOKS} --steps and one of --runs")
    return options


def main() -> None:
    """Do what is missing, write rows as they come, then plot and print."""
    if len(sys.argv) == 3 and sys.argv[1] == "--job":
        common.answer(measured(json.loads(sys.argv[2])))
        return
    options = parsed()
    settings = {name: getattr(options, name) for name in ("steps", "runs", "seed")}
    results = common.Results(options.out / "playground_modes.json", settings)
    if options.resume:
        results.keep_for_resume()
    else:
        results.rows = []
    results.facts |= {"machine": common.machine(options.cores), "command": common.command("playground_modes")}
    jobs = [{**settings, "method": name} for name in options.only if not results.has(method=name)]

    def done(job: dict, rows: list[dict]) -> None:
        results.add(rows)
        print(f"{job['method']}: modes {[row['modes'] for row in rows]}", flush=True)

    failures = common.run_jobs("benchmarks.playground_modes", jobs, options.cores, done)
    if results.rows:
        plot(
            {**results.facts, "settings": results.settings, "rows": results.rows}, options.out / "playground_modes.png"
        )
        print(table(results.rows))
    sys.exit("\n".join(failures) or None)


if __name__ == "__main__":
    main()
