"""Our dcgan against the PyTorch examples' DCGAN on the same pictures, at the same time, one core (or one GPU share) each.

    python benchmarks/training_vs_dcgan.py --peer examples/dcgan/main.py --minutes 8 --marks 1 2 4 8

`--peer` is the published file (github.com/pytorch/examples, dcgan/main.py); its two networks and its initialisation run
unchanged, its loop is repeated here line by line without the data loader (which would only slow it down): batch 64, width 64,
fp32, Adam 2e-4 (0.5, 0.999). Ours is the family's default. Both train side by side, so that what else the machine does
hits both alike; only training time counts, not sampling. At every mark 2,000 samples are drawn and kept, and at the end
KID is measured against held-out pictures. Writes benchmarks/results/training_vs_dcgan.{json,png}.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT))
SAMPLES = 2000


def ours(options) -> None:
    """Train our dcgan, drawing samples from the averaged generator at every mark."""
    from gan_core import LatentPoint, TrainConfig, render
    from gan_core.training.loop import Session
    from gan_core.training.run import Run

    folder = Path(options.out) / "run"
    config = TrainConfig(
        data=options.data,
        family="dcgan",
        minutes=options.marks[-1],
        out=str(folder),
        device=options.device,
        seed=options.seed,
    )
    session = Session(config, Run(folder), lambda: False)
    session.run.save_config(config)
    points, marks = [LatentPoint(seed=10_000 + i) for i in range(SAMPLES)], list(options.marks)
    for event in session.events(resume=False):
        c = session.counters
        if marks and (c.elapsed >= 60 * marks[0] or event["type"] == "end"):
            keep(options.out, marks.pop(0), render(session.ema.network, points), c.images, c.elapsed)


def peer(options) -> None:
    """Train the published networks as their file does, drawing samples as it does."""
    from benchmarks.peers import Setting, snapshots
    from benchmarks.peers.pytorch_dcgan import PyTorchDCGAN
    from gan_core import data
    from gan_core.device import pick

    images = data.load(options.data).images.to(pick(options.device).device)
    trainer = PyTorchDCGAN(Setting(images, Path(options.peer).resolve().parents[1], options.seed))
    for shot in snapshots(trainer, options.marks, SAMPLES):
        keep(options.out, shot.mark, shot.samples.permute(0, 2, 3, 1).numpy(), shot.images, shot.seconds)


def keep(out: str, mark: float, pixels: np.ndarray, images: int, elapsed: float) -> None:
    """Store the samples of a mark and what had been seen by then."""
    np.save(Path(out) / f"{mark:g}.npy", pixels)
    (Path(out) / f"{mark:g}.json").write_text(json.dumps({"images": images, "seconds": elapsed}))


def measure(folder: Path, marks: list[float], data_name: str) -> list[dict]:
    """Speed and KID at every mark of one side."""
    from gan_core.metrics import extract, kid, load_extractor
    from gan_core.metrics.evaluate import reference
    from gan_core.metrics.features import extract_cached

    real, rows = reference(data_name, SAMPLES), []
    extractors = {"kid": load_extractor(), "kid_raw": load_extractor("lite0")}
    for mark in marks:
        facts = json.loads((folder / f"{mark:g}.json").read_text())
        fake = torch.from_numpy(np.load(folder / f"{mark:g}.npy")).permute(0, 3, 1, 2)
        row = {"minutes": mark, "images": facts["images"], "images_per_second": facts["images"] / facts["seconds"]}
        for name, extractor in extractors.items():
            row[name] = 1e3 * kid(extract_cached(real.unseen, extractor, 0), extract(fake, extractor, 2))
        rows.append(row)
    return rows


def plot(report: dict, path: Path) -> None:
    """KID against minutes for both sides."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for side, colour in (("ours", "#4f46e5"), ("peer", "#d97706")):
        label = "Latent Studio dcgan" if side == "ours" else "PyTorch examples’ DCGAN"
        axes.plot(
            [r["minutes"] for r in report[side]], [r["kid"] for r in report[side]], "o-", color=colour, label=label
        )
    axes.set(
        xlabel="minutes of training, one core each",
        ylabel="KID × 10³ (lower is better)",
        yscale="log",
        title=report["machine"],
    )
    axes.legend(frameon=False)
    figure.savefig(path, dpi=130)


def main() -> None:
    """Run both sides at the same time and print the table."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--peer", required=True, help="the published dcgan/main.py")
    cli.add_argument("--marks", type=float, nargs="+", default=[1, 2, 4, 8])
    cli.add_argument("--data", default="faces")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--device", default="auto")
    cli.add_argument("--side", choices=("ours", "peer"), help=argparse.SUPPRESS)
    cli.add_argument("--out", help=argparse.SUPPRESS)
    options = cli.parse_args()
    if options.side:
        {"ours": ours, "peer": peer}[options.side](options)
        return
    with tempfile.TemporaryDirectory() as scratch:
        workers = []
        for number, side in enumerate(("ours", "peer")):
            out = Path(scratch) / side
            out.mkdir()
            argv = [
                sys.executable,
                __file__,
                "--side",
                side,
                "--out",
                str(out),
                "--peer",
                options.peer,
                "--data",
                options.data,
            ]
            argv += ["--seed", str(options.seed), "--device", options.device, "--marks", *map(str, options.marks)]
            pin = (lambda core=number: os.sched_setaffinity(0, {core})) if hasattr(os, "sched_setaffinity") else None
            workers.append(subprocess.Popen(argv, env={**os.environ, "OMP_NUM_THREADS": "1"}, preexec_fn=pin))
        if max(worker.wait() for worker in workers):
            sys.exit("a side failed; see above")
        report = {s: measure(Path(scratch) / s, options.marks, options.data) for s in ("ours", "peer")}
    report["machine"] = (
        f"{platform.processor() or platform.machine()}, one core each, torch {torch.__version__}, N = {SAMPLES}"
    )
    report["command"] = " ".join(["python", "benchmarks/training_vs_dcgan.py", *sys.argv[1:]])
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "training_vs_dcgan.json").write_text(json.dumps(report, indent=1) + "\n")
    plot(report, RESULTS / "training_vs_dcgan.png")
    print(f"{'minutes':>8} {'ours /s':>9} {'peer /s':>9} {'ratio':>6} {'our KID':>9} {'peer KID':>9}")
    for a, b in zip(report["ours"], report["peer"], strict=True):
        ratio = a["images_per_second"] / b["images_per_second"]
        print(
            f"{a['minutes']:8g} {a['images_per_second']:9.0f} {b['images_per_second']:9.0f} {ratio:6.2f} {a['kid']:9.1f} {b['kid']:9.1f}"
        )


if __name__ == "__main__":
    main()
