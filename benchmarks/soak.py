"""Twenty browsers' worth of visitors for ten minutes: `python -m benchmarks.soak [--minutes 10] [--browsers 20]`.

The real app in a process of its own, as a Space runs it (its budgets, its guard); the visitors are HTTP clients in another, each
dragging most of the time, in between asking for a grid, a morph, a search for a photo, or uploading pictures; one trains once. Every
answer is held against its own request. Afterwards the app has a minute to put away what was left. Passes when there was no error and
no wrong picture, the 95th percentile of a drag's picture is at most 250 ms, the app's memory is within 5 % of what it was after
warming up, and no file is left. Needs Linux, and matplotlib for the plot (requirements-dev.txt). Writes soak.json and soak.png to
benchmarks/results, and ends with status 1 when something did not pass.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

from benchmarks import common
from benchmarks.live import running_app
from benchmarks.soak_client import Client, Report, Truth
from benchmarks.visitors import Connection

P95_MS, GROWTH = 250.0, 0.05  # what passes
WARM = 0.3  # of the time, after which memory is taken to be warm
LEFT_MINUTES = 0.5  # after which the app puts away what visitors leave
KEPT = {".queue.lock", ".starting.lock"}  # one of each for all trainings ever
PLOTTED = 600  # points of a curve


async def soak(url: str, weights: Path, model: str, count: int, seconds: float) -> Report:
    """What `count` browsers see in so many seconds."""
    truth = Truth(weights, model, count)
    config = await Connection(url, "X-Forwarded-For: 20.1.0.1\r\n").ask("/config")
    names = {c["id"]: c["props"].get("elem_id") or "" for c in config["components"]}
    panels = {name.removeprefix("panel-"): id for id, name in names.items() if name.startswith("panel-")}
    report = Report()
    clients = [Client(url, panels, model, number, truth, report) for number in range(count)]
    until = time.perf_counter() + seconds
    tasks = [client.live(until) for client in clients]
    await asyncio.gather(*tasks, _training(clients, report, seconds))
    report.lasted = time.perf_counter() - report.began
    return report


async def _training(clients: list[Client], report: Report, seconds: float) -> None:
    """After a fifth of the time a browser trains, for a fifth of it, at most a minute."""
    await asyncio.sleep(seconds / 5)
    await clients[0]._timed("train", min(1.0, seconds / 300), clients[1])


def _soak(answer, *arguments) -> None:
    try:
        answer.put(asyncio.run(soak(*arguments)))
    except BaseException:
        answer.put(None)
        raise


def from_another_process(seconds: float, *arguments) -> Report:
    """`soak` in a process of its own, as visitors would not share the app's."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_soak, args=(answer, *arguments, seconds))
    process.start()
    try:
        report = answer.get(timeout=seconds + 600)
        if report is None:
            raise SystemExit("the browsers failed; what they said stands above")
        return report
    finally:
        process.join(10)
        process.kill()


class Memory:
    """Megabytes that a process keeps in memory, looked at every second until `stop`."""

    def __init__(self, pid: int):
        self.seen: list[tuple[float, float]] = []
        self._pid, self._ended = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(1):
            pages = int(Path(f"/proc/{self._pid}/statm").read_text().split()[1])
            self.seen.append((time.time(), pages * resource.getpagesize() / 2**20))

    def during(self, report: Report) -> list[tuple[float, float]]:
        """(seconds since the browsers began, megabytes) while they were there."""
        return [(at - report.clock, mb) for at, mb in self.seen if 0 <= at - report.clock <= report.lasted]


def growth(seen: list[tuple[float, float]]) -> tuple[float, float]:
    """(megabytes after warming up, share by which the last part is above)."""
    end = seen[-1][0]
    warm = statistics.median(mb for at, mb in seen if WARM * end <= at < (WARM + 0.2) * end)
    return warm, statistics.median(mb for at, mb in seen if at >= 0.8 * end) / warm - 1


def left(*folders: Path) -> list[str]:
    """Files below folders that nobody may leave there."""
    return [
        str(path.relative_to(folder.parent)) for folder in folders if folder.is_dir() for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in KEPT
    ]  # fmt: skip


def tidy(folders: list[Path]) -> list[str]:
    """Wait until the app has put away what was left; return what it did not."""
    until = time.monotonic() + 60 * LEFT_MINUTES + 120
    while (found := left(*folders)) and time.monotonic() < until:
        time.sleep(2)
    return found


def measured(options) -> dict:
    """Serve, soak and look after it."""
    with tempfile.TemporaryDirectory() as home:
        runs, inbox, passing = (Path(home) / name for name in ("runs", "gradio", "tmp"))
        for folder in (runs, inbox, passing):
            folder.mkdir()
        env = {"SPACE_ID": "soak/studio", "LATENT_STUDIO_KEEP_MINUTES": str(LEFT_MINUTES), "TMPDIR": str(passing)}
        env |= {"GRADIO_TEMP_DIR": str(inbox), "HF_HOME": str(Path(home) / "hub"), "HF_HUB_OFFLINE": "1"}
        with running_app(options.weights.resolve(), runs, env) as (process, url):
            memory = Memory(process.pid)
            report = from_another_process(60 * options.minutes, url, options.weights, options.model, options.browsers)
            memory.stop()
            folders = [runs, inbox, passing, runs.with_name("runs-imported")]
            found = tidy(folders)
    return figures(report, memory, found)


def figures(report: Report, memory: Memory, found: list[str]) -> dict:
    """What was seen, what of it passes, and curves for the plot."""
    delays = sorted(delay for _, delay in report.drags) or [float("inf")]
    seen = memory.during(report)
    warm, more = growth(seen)
    p95 = delays[int(len(delays) * 0.95)]
    passed = {
        "no error": not report.errors, "no wrong picture": not report.wrong, f"p95 of a drag ≤ {P95_MS:.0f} ms": p95 <= P95_MS,
        f"memory ± {GROWTH:.0%}": abs(more) <= GROWTH, "no file left": not found, "everything was tried": len(report.took) == 6,
    }  # fmt: skip
    return {
        "passed": passed,
        "drag": {"pictures": len(report.drags), "median_ms": round(delays[len(delays) // 2], 1), "p95_ms": round(p95, 1), "slowest_ms": round(delays[-1], 1)},
        "others": {kind: {"count": len(took), "median_s": round(statistics.median(took), 2), "slowest_s": round(max(took), 2)} for kind, took in sorted(report.took.items()) if kind != "drag"},
        "asked_again": dict(report.again), "errors": dict(report.errors), "wrong": dict(report.wrong), "left": found[:20],
        "memory": {"warm_mb": round(warm), "growth": round(more, 3)},
        "curves": {"drag": by_slice(report.drags), "memory": [[round(at), round(mb)] for at, mb in thinned(seen)]},
    }  # fmt: skip


def by_slice(drags: list[tuple[float, float]]) -> list[list[float]]:
    """[seconds, median ms, p95 ms] of a hundredth of the time each."""
    slices: dict[int, list[float]] = {}
    step = max(1.0, drags[-1][0] / 100) if drags else 1.0
    for at, delay in drags:
        slices.setdefault(int(at / step), []).append(delay)
    return [
        [round(key * step, 1), round(statistics.median(some), 1), round(sorted(some)[int(len(some) * 0.95)], 1)]
        for key, some in sorted(slices.items())
    ]


def thinned(points: list) -> list:
    """At most PLOTTED of them, evenly taken."""
    return points[:: max(1, len(points) // PLOTTED)]


def plot(report: dict, path: Path) -> None:
    """Draw the delays of drags and the app's memory over time."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(8, 5), dpi=80)
    times, middle, high = zip(*report["curves"]["drag"], strict=True)
    above.plot([t / 60 for t in times], high, color="#e2a254", label="95th percentile")
    above.plot([t / 60 for t in times], middle, color="#0b7160", label="median")
    above.axhline(P95_MS, color="#b3382c", linewidth=1, linestyle=":")
    above.set_ylabel("drag → picture, ms")
    above.set_ylim(0)
    above.legend(frameon=False)
    below.plot(
        [t / 60 for t, _ in report["curves"]["memory"]], [mb for _, mb in report["curves"]["memory"]], color="#0b7160"
    )
    for side in (1 - GROWTH, 1 + GROWTH):
        below.axhline(side * report["memory"]["warm_mb"], color="#b3382c", linewidth=1, linestyle=":")
    below.set_ylabel("memory of the app, MB")
    below.set_ylim(0)
    below.set_xlabel("minutes")
    above.set_title(
        f"{report['browsers']} browsers, {report['model']}, {report['machine']['cpu']}, {len(report['machine']['cores_used'])} cores",
        fontsize=9,
    )
    figure.tight_layout()
    figure.savefig(path)
    with Image.open(path) as drawn:
        drawn.convert("RGB").quantize(24).save(path, optimize=True)  # a third of the bytes


def main() -> int:
    """Soak; write and print what was seen."""
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--minutes", type=float, default=10.0)
    flags.add_argument("--browsers", type=int, default=20)
    flags.add_argument("--model", default="faces-gan")
    flags.add_argument("--weights", type=Path, default=common.ROOT / "weights")
    flags.add_argument("--out", type=Path, default=common.RESULTS)
    options = flags.parse_args()
    facts = {
        "machine": common.machine(common.usable_cores()),
        "command": common.command("soak"),
        "minutes": options.minutes,
    }
    report = {**facts, "browsers": options.browsers, "model": options.model, **measured(options)}
    common.write_json(options.out / "soak.json", report)
    plot(report, options.out / "soak.png")
    for name, value in report.items():
        if name != "curves":
            print(f"{name}: {value}")
    return 0 if all(report["passed"].values()) else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    sys.exit(main())
