"""How good samples are after so many minutes of training: ours beside other people's trainers, one core each.

    python -m benchmarks.quality_per_minute --pytorch-examples DIR --r3gan DIR --stylegan2-ada DIR --pythae DIR

Each DIR is a checkout of github.com/pytorch/examples, brownvc/R3GAN, NVlabs/stylegan2-ada-pytorch, and a folder made by
`pip install --no-deps --target DIR pythae cloudpickle imageio scikit-learn scipy joblib threadpoolctl`; a peer whose folder is not
given is left out, and the result says so. Trainings run side by side, one a core, in random order, so that what else the machine
does hits all alike. Only training is timed, not sampling. Ours train anew for every mark, since their schedules stretch over the
minutes asked for; a peer trains once and is sampled at every mark. Nobody is shown classes. KID × 10³ is against held-out
pictures; its floor (training pictures in the place of samples) is beside it. Rows are written as they come: a killed run goes on
with `--resume`. Writes benchmarks/results/quality_per_minute.{json,png}.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from benchmarks import common
from benchmarks.peers import PEERS, Setting, snapshots
from gan_core.registry import resolve

DATA = {"faces": ("faces", None), "faces-1000": ("faces", 1000), "fashion": ("fashion", None)}  # bundled set, limit
OURS = ("auto", "dcgan", "vae", "stylegan2", "r3gan")
LABELS = {name: f"Latent Studio {name}" for name in OURS}
COLOURS = {"auto": "#4338ca", "dcgan": "#0891b2", "vae": "#64748b", "stylegan2": "#7c3aed", "r3gan": "#0d9488"}
PEER_COLOURS = dict(zip(PEERS, ("#d97706", "#dc2626", "#be185d", "#65a30d"), strict=True))


def measured(job: dict) -> list[dict]:
    """What one job found: the floor of a data set ("real"), one mark of ours, or every mark of a peer."""
    import torch

    torch.set_num_threads(1)
    if job["trainer"] == "real":
        return floor(job)
    if job["trainer"] in OURS:
        return [ours(job, minutes) for minutes in job["minutes"]]
    return peer(job)


def floor(job: dict) -> list[dict]:
    """KID of training pictures, which no samples can be expected to beat."""
    judge = Judge(job)
    return [{"data": job["data"], "trainer": "real", "minutes": 0, **judge.scores(judge.real.seen)}]


def ours(job: dict, minutes: float) -> dict:
    """Train for `minutes` as `train_local.py` does, and score the exported model."""
    from gan_core import TrainConfig, load, train
    from gan_core.metrics.evaluate import Samples

    name, limit = DATA[job["data"]]
    with tempfile.TemporaryDirectory() as scratch:
        config = TrainConfig(
            data=name, limit=limit, family=job["trainer"], minutes=minutes, out=f"{scratch}/run", seed=job["seed"],
            device=job["device"], conditional="no", checkpoint_seconds=3600.0,
        )  # fmt: skip
        events = list(train(config))
        model = load(f"{scratch}/run/model", job["device"])
    start, last = events[0], [event for event in events if event["type"] == "progress"][-1]
    scores = Judge(job).scores(Samples(model, job["n"], job["seed"]))
    settings = f"{start['family']}, batch {start['batch']}, {sum(start['parameters'].values()):,} parameters"
    return row(job, minutes, last["images"], last["elapsed"], scores, settings)


def peer(job: dict) -> list[dict]:
    """Train a peer once and score it at every mark."""
    from gan_core import data
    from gan_core.device import pick

    name, limit = DATA[job["data"]]
    images = data.load(name, limit=limit).images.to(pick(job["device"]).device)
    trainer, judge = resolve(PEERS, job["trainer"])(Setting(images, Path(job["folder"]), job["seed"])), Judge(job)
    return [
        row(job, shot.mark, shot.images, shot.seconds, judge.scores(shot.samples), trainer.settings())
        for shot in snapshots(trainer, job["minutes"], job["n"])
    ]


def row(job: dict, minutes: float, images: int, seconds: float, scores: dict, settings: str) -> dict:
    """One point of a curve."""
    facts = {"images": images, "images_per_second": round(images / seconds, 1), "settings": settings}
    return {"data": job["data"], "trainer": job["trainer"], "minutes": minutes, **scores, **facts}


class Judge:
    """Scores samples of one data set against its held-out pictures, by both extractors."""

    def __init__(self, job: dict):
        from gan_core.metrics import load_extractor
        from gan_core.metrics.evaluate import reference
        from gan_core.metrics.features import DEFAULT, RAW

        self.real = reference(DATA[job["data"]][0], job["n"])
        self.extractors = {"kid": load_extractor(DEFAULT), "kid_raw": load_extractor(RAW)}

    def scores(self, samples) -> dict:
        """KID × 10³ of uint8 pictures [N, C, R, R] (or anything whose slices are such)."""
        from gan_core.metrics import extract, kid
        from gan_core.metrics.features import extract_cached

        return {
            name: round(1e3 * kid(extract_cached(self.real.unseen, extractor, 0), extract(samples, extractor, 2)), 3)
            for name, extractor in self.extractors.items()
        }


def jobs(options, results: common.Results) -> list[dict]:
    """What is still to be done, in random order; long trainings of one trainer are jobs of their own."""
    base = {"n": options.n, "seed": options.seed, "device": options.device}
    waiting = []
    for data in options.data:
        wanted = [("real", [0], "")] + [(name, [m], "") for name in options.ours for m in options.minutes]
        wanted += [(name, options.minutes, str(folder)) for name, folder in options.peers.items()]
        waiting += [
            {**base, "data": data, "trainer": trainer, "minutes": minutes, "folder": folder}
            for trainer, minutes, folder in wanted
            if not all(results.has(data=data, trainer=trainer, minutes=m) for m in minutes)
        ]
    random.Random(options.seed).shuffle(waiting)
    return waiting


def table(rows: list[dict]) -> str:
    """KID by data set, trainer and minute, and each trainer's share of our best at that minute."""
    lines = []
    for data in dict.fromkeys(r["data"] for r in rows):
        here = [r for r in rows if r["data"] == data and r["trainer"] != "real"]
        minutes = sorted({r["minutes"] for r in here})
        kid = {(r["trainer"], r["minutes"]): r["kid"] for r in here}
        lines.append(f"{data:20}" + "".join(f"{f'{m:g} min':>10}{'÷ ours':>8}" for m in minutes))
        for trainer in dict.fromkeys(r["trainer"] for r in here):
            cells = ""
            for m in minutes:
                best = min((kid[name, m] for name in OURS if (name, m) in kid), default=None)
                found = kid.get((trainer, m))
                cells += " " * 18 if found is None else f"{found:10.0f}" + (f"{found / best:8.2f}" if best else " " * 8)
            lines.append(f"  {trainer:18}" + cells)
    return "\n".join(lines)


def plot(report: dict, path: Path) -> None:
    """KID against minutes, one panel a data set; the floor stands in the title."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = report["rows"]
    names = list(dict.fromkeys(r["data"] for r in rows if r["trainer"] != "real"))
    figure, axes = plt.subplots(1, len(names), figsize=(1 + 4.6 * len(names), 4.6), layout="constrained", squeeze=False)
    for panel, data in zip(axes[0], names, strict=True):
        for trainer in (*OURS, *PEERS):
            curve = sorted((r["minutes"], r["kid"]) for r in rows if (r["data"], r["trainer"]) == (data, trainer))
            if curve:
                style = "o-" if trainer in OURS else "s--"
                label = LABELS.get(trainer) or resolve(PEERS, trainer).label
                panel.plot(*zip(*curve, strict=True), style, color={**COLOURS, **PEER_COLOURS}[trainer], label=label)
        found = [r["kid"] for r in rows if (r["data"], r["trainer"]) == (data, "real")]
        panel.set(
            title=f"{data} (floor {found[0]:.1f})" if found else data,
            xlabel="minutes of training, one core",
            yscale="log",
        )
        panel.set_xticks(sorted({r["minutes"] for r in rows if r["minutes"]}))
    axes[0][0].set_ylabel("KID × 10³, lower is better")
    handles = {
        label: handle for panel in axes[0] for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(),
        handles.keys(),
        frameon=False,
        loc="outside lower center",
        ncols=max(2, 2 * len(names) - 1),
        fontsize=8,
    )
    figure.suptitle(f"{common.machine_line(report['machine'])}, N = {report['settings']['n']}", fontsize=9)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def flags() -> argparse.ArgumentParser:
    """The command line; one flag a peer, from the table."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in PEERS:
        kind = resolve(PEERS, name)
        cli.add_argument(kind.flag, metavar="DIR", dest=name, help=f"{kind.label}: the folder that holds {kind.needs}")
    cli.add_argument("--data", type=common.one_of(*DATA), default=list(DATA), help="default: " + ",".join(DATA))
    cli.add_argument("--ours", type=common.one_of(*OURS), default=["auto", "dcgan"], help="default: auto,dcgan")
    cli.add_argument("--minutes", type=common.minutes_list, default=[1.0, 2.0, 4.0], help="marks, default 1,2,4")
    cli.add_argument(
        "--cores",
        type=common.cores_list,
        default=common.usable_cores()[:2],
        help="one training on each; default: the first two",
    )
    cli.add_argument("--n", type=int, default=1000, help="samples, and held-out pictures, that KID compares")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--device", default="cpu")
    cli.add_argument("--resume", action="store_true", help="measure only what is missing in the results")
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    cli.add_argument("--job", help=argparse.SUPPRESS)
    return cli


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options with `peers` {name: folder} and `missing` [names]. Ends the program in words when a flag makes no sense."""
    cli = flags()
    options = cli.parse_args(argv)
    common.gather_peers(cli, options, PEERS)
    if options.n < 10:
        cli.error(f"--n {options.n}: at least 10 samples are needed, 1000 say something")
    return options


def main() -> None:
    """Do what is missing, write rows as they come, then plot and print."""
    options = parsed()
    if options.job:
        common.answer(measured(json.loads(options.job)))
        return
    settings = {"n": options.n, "seed": options.seed, "device": options.device, "cores": len(options.cores)}
    results = common.Results(options.out / "quality_per_minute.json", settings)
    if options.resume:
        results.keep_for_resume()
    else:
        for data in options.data:
            results.drop(data=data)
    results.facts["machine"] = common.machine(options.cores, options.device)
    results.facts["command"] = common.command("quality_per_minute")
    results.facts["left_out"] = [f"{name}: no {resolve(PEERS, name).flag}" for name in options.missing]
    waiting = jobs(options, results)
    minutes = sum(max(job["minutes"]) for job in waiting)  # a peer trains once, to its last mark
    print(
        f"{len(waiting)} jobs, {minutes / len(options.cores):.0f} minutes of training and the time to measure",
        flush=True,
    )

    def done(job: dict, rows: list[dict]) -> None:
        for found in rows:
            results.drop(data=found["data"], trainer=found["trainer"], minutes=found["minutes"])
        results.add(rows)
        print("  ".join(f"{r['data']} {r['trainer']} {r['minutes']:g} min: {r['kid']:.0f}" for r in rows), flush=True)

    failures = common.run_jobs("benchmarks.quality_per_minute", waiting, options.cores, done)
    if results.rows:
        plot(
            {**results.facts, "settings": results.settings, "rows": results.rows},
            options.out / "quality_per_minute.png",
        )
        print(table(results.rows))
    sys.exit("\n".join(failures) or None)


if __name__ == "__main__":
    main()
