"""How long until a person recognises what a model draws: `python -m benchmarks.recognisable`, on a machine that does nothing else.

For each data set one training as the Train tab starts it (Auto, every processor core that is given, watched or not), in a process of
its own. Before it the machine is timed for some seconds and the moment foretold, as the tab does (gan_core/training/expect.py, whose
marks say from how many pictures seen on a person recognises what is meant). Then it is looked up when the training got there: by the
training's own clock, and since the process was started, which is what a person waits. At that moment the run's 24 fixed points are
drawn, for eyes to judge the mark by, and KID × 10³ of N samples against held-out pictures is measured (the floor, training pictures in
the place of samples, beside it). Writes benchmarks/results/recognisable.json and the drawn pictures as recognisable.png.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks import common

DATA = ("faces", "pixel-faces", "fashion", "digits")
STAGE = "recognisable"


def measured(job: dict) -> list[dict]:
    """Foretell, train until the mark, draw: one row."""
    started = job["started"]
    import numpy as np
    import torch

    from gan_core import TrainConfig
    from gan_core.training.expect import expectation, marks_of, measure
    from gan_core.training.loop import Session
    from gan_core.training.run import Run

    torch.set_num_threads(job["threads"])
    ready = time.time()
    with tempfile.TemporaryDirectory() as scratch:
        config = TrainConfig(
            data=job["data"], minutes=job["minutes"], out=f"{scratch}/run", seed=job["seed"], device=job["device"]
        ).checked()
        session = Session(config, Run(config.out), lambda: False)
        before = time.time()
        full = session.config
        speed = measure(full, session.learner.model, session.learner.device)
        probed = time.time() - before
        told = expectation(replace(full, resolution=session.learner.model.resolution), speed)
        marks = marks_of(full.family, session.learner.model.resolution)
        if not marks:
            sys.exit(f"{job['data']}: nothing is known of when {full.family} is recognisable")
        mark = marks[0]
        session.run.save_config(config)
        for event in session.events(resume=False):
            if session.counters.images >= mark or event["type"] == "end":
                break
        waited, c = time.time() - started - probed, session.counters
        if c.images < mark:
            sys.exit(
                f"{job['data']}: only {c.images} of {mark} pictures in {job['minutes']:g} minutes; give more --minutes"
            )
        np.save(job["sheet"], session.samples.draw(session.ema.network))
        row = {
            "data": job["data"], "family": full.family, "resolution": session.learner.model.resolution, "mark_pictures": mark,
            "foretold_s": round(told.seconds[STAGE], 1), "reached_s": round(c.elapsed * mark / c.images, 1), "waited_s": round(waited, 1),
            "imports_s": round(ready - started, 1), "pictures_per_second": round(c.images / c.elapsed, 1), "probe_pictures_per_second": round(speed, 1),
        }  # fmt: skip
        return [row | kids(job, session)]


def kids(job: dict, session) -> dict:
    """KID × 10³ of what the averaged model draws now, and the floor."""
    from gan_core.metrics import extract, kid, load_extractor
    from gan_core.metrics.evaluate import Samples, reference
    from gan_core.metrics.features import DEFAULT, extract_cached

    shape, extractor = session.learner.model, load_extractor(DEFAULT)
    real = reference(job["data"], job["n"], shape.resolution, shape.channels)
    unseen, seen = (extract_cached(pictures, extractor, seed) for seed, pictures in ((0, real.unseen), (2, real.seen)))
    drawn = extract(Samples(session.ema.network, len(real), job["seed"], real.labels), extractor, 2)
    return {"n": len(real), "kid": round(1e3 * kid(unseen, drawn), 1), "floor": round(1e3 * kid(unseen, seen), 1)}


def sheet(report: dict, drawn: dict[str, Path], path: Path) -> None:
    """What each training drew at the mark, side by side, with the figures above."""
    import matplotlib
    import numpy as np

    from gan_core.export.picture import contact_sheet

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = report["rows"]
    figure, axes = plt.subplots(1, len(rows), figsize=(3.6 * len(rows), 3.2), layout="constrained", squeeze=False)
    for panel, row in zip(axes[0], rows, strict=True):
        panel.imshow(
            contact_sheet(np.load(drawn[row["data"]]), 6, gap=1).squeeze(), cmap="gray", interpolation="nearest"
        )
        title = f"{row['data']}, {row['resolution']} px: {row['reached_s']:.0f} s (foretold {row['foretold_s']:.0f})"
        panel.set_title(title, fontsize=9)
        panel.axis("off")
    figure.suptitle(report["machine_line"], fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument(
        "--data", nargs="+", default=list(DATA), help="bundled names, folders or zips; default: all bundled sets"
    )
    cli.add_argument("--minutes", type=float, default=2.0, help="of the training, which ends at the mark; default 2")
    cli.add_argument("--cores", type=common.cores_list, default=common.usable_cores()[:2])
    cli.add_argument("--device", default="auto")
    cli.add_argument("--n", type=int, default=1000, help="samples, and held-out pictures, that KID compares")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    cli.add_argument("--job", help=argparse.SUPPRESS)
    options = cli.parse_args(argv)
    if not options.minutes > 0:
        cli.error("--minutes: more than none")
    return options


def main(argv: list[str] | None = None) -> None:
    """One training after the other, then the table and the pictures."""
    options = parsed(argv)
    if options.job:
        common.answer(measured(json.loads(options.job)))
        return
    facts = common.machine(options.cores, options.device)
    report = {"machine": facts, "command": common.command("recognisable"), "minutes": options.minutes, "rows": []}
    report["machine_line"] = f"{facts.get('gpu') or facts['cpu']}, {len(options.cores)} cores, torch {facts['torch']}"
    base = {"minutes": options.minutes, "device": options.device, "n": options.n, "seed": options.seed}
    with tempfile.TemporaryDirectory() as folder:
        drawn = {data: Path(folder) / f"{number}.npy" for number, data in enumerate(options.data)}
        for data, path in drawn.items():
            job = {**base, "data": data, "sheet": str(path), "threads": len(options.cores), "started": time.time()}
            process = common.start_job("benchmarks.recognisable", job, options.cores)
            found = [line for line in process.communicate()[0].splitlines() if line.startswith(common.RESULT)]
            if process.returncode or not found:
                sys.exit(f"{data}: the training failed, see above")
            (row,) = json.loads(found[-1][len(common.RESULT) :])
            row["data"] = Path(data).name
            report["rows"].append(row)
            print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)
        by_name = {Path(data).name: path for data, path in drawn.items()}
        common.write_json(options.out / "recognisable.json", report)
        sheet(report, by_name, options.out / "recognisable.png")


if __name__ == "__main__":
    main()
