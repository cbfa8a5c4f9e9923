"""Memory and disk of a long training, watched from outside: `python -m benchmarks.training_memory [--minutes 60]`.

A training with the settings Auto gives a run of that length, in a process of its own (one core, low priority; it is memory that counts,
not time). Every few seconds psutil reads its resident memory, open files and threads; the process itself counts Python's objects, the
tensors among them, and what the GPU holds. After a warm-up of a sixth of the time the least-squares slopes must be flat: resident memory
by at most 2 % of its mean, and tensors by at most 1 %, over the measured time. The run folder's size is told for the middle and the end.
Writes benchmarks/results/training_memory.json and .png.
"""

import argparse
import contextlib
import gc
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from benchmarks import common

MB = 1e6
FLAT = {"rss_mb": 0.02, "tensors": 0.01}  # drift over the measured time that is still flat, as a share of the mean
COUNT_EVERY = 30.0  # seconds between two counts of objects, which make the trainer wait a moment


def counted() -> dict:
    """What this process holds: Python's objects, the tensors among them, MB on the GPU."""
    import torch

    objects = gc.get_objects()
    tensors = sum(issubclass(type(one), torch.Tensor) for one in objects)
    gpu = torch.cuda.memory_allocated() / MB if torch.cuda.is_available() else 0.0
    return {"objects": len(objects), "tensors": tensors, "gpu_mb": round(gpu, 1)}


def train_and_count(job: dict) -> int:
    """The trainer's process: train_local.py with a thread beside it that counts, until the training ends."""
    over, counts = threading.Event(), []

    def count() -> None:
        began = time.monotonic()
        while not over.wait(job["count_every"]):
            counts.append({"seconds": round(time.monotonic() - began, 1), **counted()})
            common.write_json(Path(job["counts"]), {"counts": counts})

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    import train_local

    try:
        return train_local.main(job["argv"])
    finally:
        over.set()
        thread.join()


def seen_from_outside(process, run: Path) -> dict:
    """One look at a trainer's process (psutil.Process) and its folder."""
    sizes = [file.stat().st_size for file in _files(run)]
    facts = {"rss_mb": process.memory_info().rss / MB, "threads": process.num_threads()}
    if hasattr(process, "num_fds"):
        facts["open_files"] = process.num_fds()
    return {**facts, "folder_mb": sum(sizes) / MB, "folder_files": len(sizes)}


def _files(run: Path) -> list[Path]:
    """The files of a folder that another process is writing."""
    return [Path(entry.path) for folder, _, _ in os.walk(run) for entry in _entries(folder) if entry.is_file()]


def _entries(folder: str) -> list[os.DirEntry]:
    try:
        return list(os.scandir(folder))
    except FileNotFoundError:
        return []


def watched(options: argparse.Namespace, run: Path) -> tuple[list[dict], list[dict]]:
    """Train once; return (what was seen from outside, what the process counted). Ends the program when the training fails."""
    import psutil

    job = {"argv": ["--data", options.data, "--minutes", str(options.minutes), "--out", str(run), *options.more]}
    job |= {"counts": str(run.with_name("counts.json")), "count_every": min(COUNT_EVERY, options.minutes * 2)}
    trainer = common.start_job("benchmarks.training_memory", job, [options.core])
    process, rows, began = psutil.Process(trainer.pid), [], time.monotonic()
    process.nice(10)
    drain = threading.Thread(target=trainer.stdout.read, daemon=True)
    drain.start()
    while trainer.poll() is None:
        with contextlib.suppress(psutil.Error, FileNotFoundError):  # just ended, or a file moved under the look
            rows.append({"seconds": round(time.monotonic() - began, 1), **seen_from_outside(process, run)})
        time.sleep(min(options.every, options.minutes))
    if trainer.returncode:
        sys.exit(f"the training failed with status {trainer.returncode}")
    counts = Path(job["counts"])
    return rows, json.loads(counts.read_text())["counts"] if counts.exists() else []


def chosen_family(run: Path) -> str:
    """The kind of model that was trained, from the exported model's own config.json."""
    return json.loads((run / "model" / "config.json").read_text())["family"]


def slope(rows: list[dict], name: str, after: float) -> dict:
    """Least-squares line through a figure after a warm-up: mean, its drift an hour, and that over the time as a share of the mean."""
    points = np.array([(row["seconds"] / 3600, row[name]) for row in rows if row["seconds"] >= after], dtype=float)
    hours, values = points.T
    steepness = float(np.polyfit(hours, values, 1)[0])
    mean = float(values.mean())
    drift = steepness * float(hours[-1] - hours[0]) / mean if mean else 0.0
    return {
        "mean": round(mean, 2),
        "an_hour": round(steepness, 3),
        "drift": round(drift, 5),
        "highest": float(values.max()),
    }


def judged(rows: list[dict], counts: list[dict]) -> dict:
    """The slopes of everything seen, the folder's size in the middle and at the end, and whether memory was flat."""
    warm_up = rows[-1]["seconds"] / 6
    lines = {
        name: slope(rows, name, warm_up) for name in rows[-1] if name not in ("seconds", "folder_mb", "folder_files")
    }
    if len([count for count in counts if count["seconds"] >= warm_up]) > 1:
        lines |= {name: slope(counts, name, warm_up) for name in ("objects", "tensors", "gpu_mb")}
    middle = rows[len(rows) // 2]
    folder = {
        when: {k: round(row[k], 2) for k in ("folder_mb", "folder_files")}
        for when, row in (("middle", middle), ("end", rows[-1]))
    }
    flat = all(abs(lines[name]["drift"]) <= bound for name, bound in FLAT.items() if name in lines)
    return {"warm_up_s": round(warm_up), "slopes": lines, "folder": folder, "flat": flat}


def plot(report: dict, path: Path) -> None:
    """Memory, tensors and the folder against time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
    for panel, (rows, name, label) in zip(
        panels,
        ((report["rows"], "rss_mb", "resident memory, MB"), (report["counts"], "tensors", "tensors"), (report["rows"], "folder_mb", "run folder, MB")),
        strict=True,
    ):  # fmt: skip
        panel.plot([row["seconds"] / 60 for row in rows], [row[name] for row in rows], color="#4f46e5", lw=1)
        panel.axvline(report["warm_up_s"] / 60, color="#888", lw=0.8, ls=":")
        panel.set(title=label, xlabel="minutes")
        panel.set_ylim(bottom=0)
    drift = report["slopes"]["rss_mb"]["an_hour"]
    figure.suptitle(
        f"{report['command']}: {drift:+.1f} MB an hour; {common.machine_line(report['machine'])}", fontsize=9
    )
    figure.savefig(path, dpi=90)
    plt.close(figure)
    from PIL import Image

    Image.open(path).convert("RGB").quantize(16).save(path, optimize=True)


def thinned(rows: list[dict], most: int = 60) -> list[dict]:
    """At most so many rows, evenly spread, with three digits each."""
    kept = rows[:: max(1, -(-len(rows) // most))]
    return [{name: round(value, 3) for name, value in row.items()} for row in kept]


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--minutes", type=float, default=60.0)
    cli.add_argument("--data", default="faces")
    cli.add_argument("--every", type=float, default=5.0, help="seconds between two looks")
    cli.add_argument("--core", type=int, default=common.usable_cores()[-1])
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    cli.add_argument("--job", help=argparse.SUPPRESS)
    options, options.more = cli.parse_known_args(argv)  # what is left over are flags of train_local.py
    if not options.minutes > 0:
        cli.error("--minutes: more than none")
    return options


def main(argv: list[str] | None = None) -> None:
    """Train, watch, judge, and keep what was seen."""
    options = parsed(argv)
    if options.job:
        sys.exit(train_and_count(json.loads(options.job)))
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        rows, counts = watched(options, run)
        family = chosen_family(run)
    report = {"machine": common.machine([options.core]), "command": common.command("training_memory"), "family": family}
    report |= {**judged(rows, counts), "rows": thinned(rows), "counts": thinned(counts)}
    common.write_json(options.out / "training_memory.json", report)
    if counts:
        plot(report, options.out / "training_memory.png")
    for name, line in report["slopes"].items():
        print(f"{name:12} mean {line['mean']:12,.1f}   {line['an_hour']:+10.2f} an hour   {line['drift']:+.2%} in all")
    print(f"folder {report['folder']}")
    sys.exit(None if report["flat"] else "memory was not flat")


if __name__ == "__main__":
    main()
