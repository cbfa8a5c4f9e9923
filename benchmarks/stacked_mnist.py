"""Does training catch every mode? Stacked MNIST, 1000 of them: modes caught and reverse KL for several losses.

    python -m benchmarks.stacked_mnist --pictures 400000 [--pytorch-examples DIR]

Our default, WGAN-GP and plain BCE train the same two networks on the same 50,000 pictures (a zip, as a person would bring them),
28 px; with a checkout of github.com/pytorch/examples its DCGAN trains too, at the 64 px it is written for. Every trainer gets the
same number of pictures (`--pictures`) or the same time (`--minutes`). Each is sampled 25,600 times (`--n`); a digit classifier, trained
here, names the modes (see stacked.py). Rows are written as they come, `--resume` goes on. Writes benchmarks/results/stacked_mnist.{json,png}.
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

PICTURES, SAMPLES = 50_000, 25_600
# name -> (label, what is not the family's default)
OURS = {
    "default": ("Latent Studio, default (relativistic, R1 + R2)", {}),
    "wgan-gp": ("Latent Studio, WGAN-GP", dict(loss="wgan", penalty="gp", gamma=10.0, penalty_every=1, augment=0.0)),
    "bce": ("Latent Studio, BCE", dict(loss="nonsaturating", penalty="none", augment=0.0)),
}
PEER = "pytorch-dcgan"
REFUSE_BELOW = 0.99  # accuracy of the classifier on digits it has not seen


def measured(job: dict) -> list[dict]:
    """What one job found: the row of a trainer, or of real pictures ("real"), which is the floor."""
    import torch

    from benchmarks import stacked

    torch.set_num_threads(1)
    classifier = stacked.DigitClassifier()
    classifier.load_state_dict(torch.load(job["classifier"], weights_only=True))
    classifier.eval()
    if job["trainer"] == "real":
        samples, facts = stacked.stacked(job["n"], job["seed"] + 1)[0], {"settings": "other random triples"}
    else:
        samples, facts = peer(job) if job["trainer"] == PEER else ours(job)
    modes, real = stacked.modes_of(classifier, samples), stacked.stacked(PICTURES)[1]
    caught, divergence = stacked.modes_caught(modes), round(stacked.reverse_kl(modes, real), 4)
    return [{"trainer": job["trainer"], "modes": caught, "reverse_kl": divergence, **facts}]


def ours(job: dict):
    """Train as `train_local.py` does; return samples of the exported model, and facts."""
    from gan_core import TrainConfig, load, train
    from gan_core.metrics.evaluate import Samples

    with tempfile.TemporaryDirectory() as scratch:
        fields = dict(
            data=job["zip"], family=job["family"], out=f"{scratch}/run", seed=job["seed"], device=job["device"]
        )
        config = TrainConfig(
            **fields, minutes=job["minutes"] or 1.0, checkpoint_seconds=3600.0, **OURS[job["trainer"]][1]
        )
        if job["pictures"]:
            config = TrainConfig.from_dict({**config.to_dict(), "steps": max(1, job["pictures"] // batch_of(config))})
        events = list(train(config))
        model = load(f"{scratch}/run/model", job["device"])
    last = [event for event in events if event["type"] == "progress"][-1]
    facts = {"images": last["images"], "minutes": round(last["elapsed"] / 60, 2)}
    facts["settings"] = (
        f"{events[0]['family']}, batch {events[0]['batch']}, {sum(events[0]['parameters'].values()):,} parameters"
    )
    return Samples(model, job["n"], job["seed"])[:], facts


def batch_of(config) -> int:
    """Pictures a step, once the defaults are filled in."""
    from gan_core.training.setup import prepare

    return prepare(config)[0].batch


def peer(job: dict):
    """The published DCGAN on the same pictures; samples and facts."""
    from benchmarks import stacked
    from gan_core.device import pick

    images = stacked.stacked(PICTURES)[0].to(pick(job["device"]).device)
    trainer = resolve(PEERS, PEER)(Setting(images, Path(job["folder"]), job["seed"]))
    mark = job["pictures"] or job["minutes"]
    (shot,) = snapshots(trainer, [mark], job["n"], by_pictures=bool(job["pictures"]))
    facts = {"images": shot.images, "minutes": round(shot.seconds / 60, 2), "settings": trainer.settings()}
    return shot.samples, facts


def prepared(work: Path) -> dict:
    """Make the zip and the classifier in `work` where they are missing; return their places and the accuracy.

    Ends the program when the classifier is not good enough to count modes with.
    """
    import torch

    from benchmarks import stacked

    work.mkdir(parents=True, exist_ok=True)
    archive, network, note = work / "stacked.zip", work / "classifier.pt", work / "accuracy.json"
    if not archive.exists():
        stacked.write_zip(stacked.stacked(PICTURES)[0], archive)
    if not note.exists():
        classifier, accuracy = stacked.train_classifier()
        torch.save(classifier.state_dict(), network)
        note.write_text(json.dumps(accuracy))
    accuracy = json.loads(note.read_text())
    if accuracy < REFUSE_BELOW:
        sys.exit(
            f"the classifier is right on only {accuracy:.2%} of unseen digits; {REFUSE_BELOW:.0%} is needed to count modes"
        )
    return {"zip": str(archive), "classifier": str(network), "accuracy": accuracy}


def table(rows: list[dict]) -> str:
    """One line a trainer."""
    lines = [f"{'':16}{'modes':>6}{'reverse KL':>12}{'pictures':>10}{'minutes':>9}"]
    for row in rows:
        spent = f"{row['images']:10}{row['minutes']:9.1f}" if "images" in row else ""
        lines.append(f"{row['trainer']:16}{row['modes']:6}{row['reverse_kl']:12.3f}{spent}")
    return "\n".join(lines)


def plot(report: dict, path: Path) -> None:
    """Modes caught and reverse KL as bars, one a trainer."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = [row for name in (*OURS, PEER, "real") for row in report["rows"] if row["trainer"] == name]
    labels = {
        **{name: label for name, (label, _) in OURS.items()},
        PEER: resolve(PEERS, PEER).label,
        "real": "real pictures",
    }
    names = [labels[row["trainer"]] for row in rows][::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 1.4 + 0.5 * len(rows)), layout="constrained", sharey=True)
    for panel, key, title in (
        (left, "modes", "modes caught of 1000"),
        (right, "reverse_kl", "reverse KL, lower is better"),
    ):
        bars = panel.barh(names, [row[key] for row in rows][::-1], color="#4338ca")
        panel.bar_label(bars, fmt="{:.0f}" if key == "modes" else "{:.3f}", padding=3, fontsize=8)
        panel.set_title(title, fontsize=10)
        panel.margins(x=0.15)
    settings = report["settings"]
    budget = (
        f"{settings['pictures']:,} pictures each" if settings["pictures"] else f"{settings['minutes']:g} minutes each"
    )
    figure.suptitle(
        f"{common.machine_line(report['machine'])}, {budget}, N = {settings['n']:,}, classifier {report['accuracy']:.2%}",
        fontsize=9,
    )
    figure.savefig(path, dpi=130)
    plt.close(figure)


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    budget = cli.add_mutually_exclusive_group(required=True)
    budget.add_argument("--pictures", type=int, default=0, help="pictures that each trainer sees")
    budget.add_argument("--minutes", type=float, default=0.0, help="minutes that each trainer has")
    kind = resolve(PEERS, PEER)
    cli.add_argument(kind.flag, metavar="DIR", dest=PEER, help=f"{kind.label}: the folder that holds {kind.needs}")
    cli.add_argument("--only", type=common.one_of(*OURS, PEER), default=[*OURS, PEER], help="trainers, default all")
    cli.add_argument("--family", choices=("dcgan", "stylegan2", "r3gan"), default="dcgan", help="networks of ours")
    cli.add_argument(
        "--cores",
        type=common.cores_list,
        default=common.usable_cores()[:2],
        help="one training on each; default: the first two",
    )
    cli.add_argument(
        "--n", type=int, default=SAMPLES, help=f"samples of each trainer; published figures have {SAMPLES}"
    )
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--device", default="cpu")
    cli.add_argument("--resume", action="store_true", help="measure only what is missing in the results")
    cli.add_argument(
        "--work", type=Path, default=common.ROOT / "runs" / "stacked-mnist", help="folder for pictures and classifier"
    )
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    options = cli.parse_args(argv)
    if options.pictures < 0 or options.minutes < 0 or not (options.pictures or options.minutes):
        cli.error("give a positive number of --pictures or --minutes")
    common.gather_peers(cli, options, {PEER: PEERS[PEER]})
    return options


def main() -> None:
    """Do what is missing, write rows as they come, then plot and print."""
    if len(sys.argv) == 3 and sys.argv[1] == "--job":
        common.answer(measured(json.loads(sys.argv[2])))
        return
    options = parsed()
    settings = {n: getattr(options, n) for n in ("pictures", "minutes", "family", "n", "seed", "device")}
    results = common.Results(options.out / "stacked_mnist.json", settings)
    if options.resume:
        results.keep_for_resume()
    else:
        results.rows = []
    made = prepared(options.work)
    results.facts |= {
        "machine": common.machine(options.cores, options.device), "command": common.command("stacked_mnist"),
        "accuracy": made["accuracy"], "left_out": [f"{name}: no {resolve(PEERS, name).flag}" for name in options.missing],
    }  # fmt: skip
    wanted = [name for name in ("real", *options.only) if name not in options.missing and not results.has(trainer=name)]
    random.Random(options.seed).shuffle(wanted)
    folder = str(options.peers.get(PEER, ""))
    jobs = [{**settings, **made, "trainer": name, "folder": folder} for name in wanted]

    def done(job: dict, rows: list[dict]) -> None:
        results.add(rows)
        print(f"{job['trainer']}: {rows[0]['modes']} modes, reverse KL {rows[0]['reverse_kl']:.3f}", flush=True)

    failures = common.run_jobs("benchmarks.stacked_mnist", jobs, options.cores, done)
    if results.rows:
        plot({**results.facts, "settings": results.settings, "rows": results.rows}, options.out / "stacked_mnist.png")
        print(table(results.rows))
    sys.exit("\n".join(failures) or None)


if __name__ == "__main__":
    main()
