"""What watching costs a training: `python -m benchmarks.watching [--minutes 4.5]`, on a machine that does nothing else.

One training on faces with the settings that Auto gives it, the real app, and a real Chromium, all on the same cores. In turns of a few
seconds (off, on, on, off, …) the page shows the Train tab, which polls the run, draws its curves and fetches its sheets of samples, or
another tab, which asks for nothing. Compared are neighbouring turns of the same training, so that a busy machine and a training whose
pace changes matter little: pictures per second of training steps by the clock, and per second of the trainer's processor time. Beside
it stands what app and browser take themselves, in cores, watched and not: that hardly depends on what else the machine does.

What every run draws, measures and tells on its way, watched or not (sheets, variety, the quality of the model, progress), takes turns
with the steps in one thread, so its share of the time is simply counted: by the clock, and in processor time.
Fails when a watched training has less than 0.97 of the pace of one that is not. Writes benchmarks/results/watching.json.
"""

import argparse
import functools
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import common
from benchmarks.live import chromium, running_app

TARGET = 0.97
SETTLE = 1.0  # seconds of a turn that are left out: a tab that opens reads the whole run first
RUN = "watched"


def train_and_tell(job: dict) -> int:
    """The trainer's process: train_local.py that prints where it stands after a step, at most ten times a second."""
    import train_local
    from gan_core.training.loop import Session

    told = {"wall": 0.0, "cpu": 0.0, "last": 0.0}

    def counted(method):
        def work(self):
            wall, cpu = time.monotonic(), time.process_time()
            yield from method(self)
            told["wall"] += time.monotonic() - wall
            told["cpu"] += time.process_time() - cpu

        return work

    def step(self, method=Session.step):
        yield from method(self)
        if time.monotonic() - told["last"] > 0.1:
            told["last"], c = time.monotonic(), self.counters
            mark = {"at": told["last"], "steps_s": c.elapsed, "images": c.images, "cpu": time.process_time()}
            common.answer([mark | {"told_s": told["wall"], "told_cpu": told["cpu"]}])

    Session.sample, Session.report, Session.step = counted(Session.sample), counted(Session.report), step
    return train_local.main(job["argv"])


def marks_of(trainer, marks: list[dict]) -> None:
    """Take in what the trainer prints, until it ends."""
    for line in trainer.stdout:
        if line.startswith(common.RESULT):
            marks += json.loads(line[len(common.RESULT) :])


def turns(page, seconds: float, until: float, going, used) -> list[dict]:
    """Let the page watch and look away in turns (off, on, on, off); return {watched, begin, end, cores} of each.

    `used()` is the processor time of app and browser so far; `cores` how much of it they took a second.
    """
    found = []
    while time.monotonic() < until and going():
        watched = len(found) % 4 in (1, 2)
        page.evaluate("tab => studio.open(tab)", "train" if watched else "models")
        settle = min(SETTLE, seconds / 4)
        page.wait_for_timeout(1000 * settle)
        begin, before = time.monotonic(), used()
        page.wait_for_timeout(1000 * (seconds - settle))
        end, after = time.monotonic(), used()
        found.append({"watched": watched, "begin": begin, "end": end, "cores": (after - before) / (end - begin)})
    return found


def pace(marks: list[dict], turn: dict) -> dict | None:
    """Pictures per second of steps, by the clock and of processor time, within a turn; None where it has too few marks."""
    inside = [mark for mark in marks if turn["begin"] <= mark["at"] <= turn["end"]]
    if len(inside) < 2 or inside[-1]["images"] == inside[0]["images"]:
        return None
    first, last = inside[0], inside[-1]
    images, steps = last["images"] - first["images"], last["steps_s"] - first["steps_s"]
    cpu = last["cpu"] - first["cpu"] - (last["told_cpu"] - first["told_cpu"])
    return {"watched": turn["watched"], "clock": images / steps, "cpu": images / max(cpu, 1e-9)}


def compared(paces: list[dict | None], by: str) -> dict:
    """Watched beside unwatched, over pairs of neighbouring turns: median ratio, and its standard error from the quartiles."""
    ratios = []
    for one, other in zip(paces[::2], paces[1::2], strict=False):
        if one and other:
            watched, alone = (one, other) if one["watched"] else (other, one)
            ratios.append(watched[by] / alone[by])
    if len(ratios) < 2:
        sys.exit("too few turns: let it run longer (--minutes), or with longer turns (--turn)")
    low, _, high = statistics.quantiles(ratios, n=4)
    error = (
        1.2533 * (high - low) / 1.349 / len(ratios) ** 0.5
    )  # of a median of normal numbers whose spread the quartiles tell
    return {"ratio": round(statistics.median(ratios), 4), "error": round(error, 4), "pairs": len(ratios)}


def measure(options: argparse.Namespace, folder: Path) -> dict:
    """Train, watch in turns, and return the figures."""
    runs, marks = folder / "runs", []
    argv = ["--data", options.data, "--minutes", str(options.minutes), "--out", str(runs / RUN), *options.more]
    trainer = common.start_job("benchmarks.watching", {"argv": argv}, options.cores)
    threading.Thread(target=marks_of, args=(trainer, marks), daemon=True).start()
    try:
        with running_app(common.ROOT / "weights", runs) as (_, url), chromium() as browser:
            page = browser.new_page(locale="en-US")
            page.goto(f"{url}?tab=train")
            page.wait_for_selector("#panel-train [data-part=sheet]:not([hidden])", timeout=180_000)
            until = time.monotonic() + 60 * options.minutes
            used = functools.partial(common.processor_seconds, os.getpid(), without=trainer.pid)
            seen = turns(page, options.turn, until, lambda: trainer.poll() is None, used)
    finally:
        trainer.kill()
        trainer.wait()
    if not marks:
        sys.exit("the training failed")
    paces, last = [pace(marks, turn) for turn in seen], marks[-1]
    whole = last["steps_s"] + last["told_s"]
    return {
        "page": {by: compared(paces, by) for by in ("clock", "cpu")},
        "cores": {name: round(statistics.median(turn["cores"] for turn in seen if turn["watched"] is on), 3) for name, on in (("watched", True), ("not", False))},
        "told": {"clock": round(last["told_s"] / whole, 4), "cpu": round(last["told_cpu"] / last["cpu"], 4)},
        "training_s": round(whole, 1), "pictures_per_second": round(last["images"] / last["steps_s"], 1),
    }  # fmt: skip


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--minutes", type=float, default=4.5, help="of training")
    cli.add_argument("--data", default="faces")
    cli.add_argument("--turn", type=float, default=8.0, help="seconds")
    cli.add_argument("--cores", type=common.cores_list, default=common.usable_cores()[:2])
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    cli.add_argument("--job", help=argparse.SUPPRESS)
    options, options.more = cli.parse_known_args(argv)  # what is left over are flags of train_local.py
    if not (options.minutes > 0 and options.turn > 0):
        cli.error("--minutes and --turn: more than none")
    return options


def main(argv: list[str] | None = None) -> None:
    """Measure, keep and judge."""
    options = parsed(argv)
    if options.job:
        sys.exit(train_and_tell(json.loads(options.job)))
    common.stay_on(options.cores)
    facts = {"machine": common.machine(options.cores), "command": common.command("watching")}
    with tempfile.TemporaryDirectory() as folder:
        report = {**facts, **measure(options, Path(folder).resolve())}
    common.write_json(options.out / "watching.json", report)
    for by, found in report["page"].items():
        print(f"watched / not watched, by {by}: {found['ratio']:.3f} ± {found['error']:.3f} ({found['pairs']} pairs)")
    print(f"app and browser take {report['cores']['watched']:.3f} cores watched, {report['cores']['not']:.3f} not")
    print(f"drawn, measured and told on the way in any run: {report['told']['clock']:.1%} of the time")
    if report["page"]["clock"]["ratio"] < TARGET:
        sys.exit(f"a watched training has less than {TARGET} of the pace")


if __name__ == "__main__":
    main()
