"""Killed at any instant, nothing lost: `python -m benchmarks.random_kills [--kills 100] [--seed 0]`.

Tiny trainings on the CPU are killed with SIGKILL again and again, each time gone on with by `train_local.py --resume`, until they end.
Half of the kills come after a random time, half right before a random file operation of the trainer (a checkpoint, a model, samples,
moments, the best model, the end), so that no write point is missed. Then everything must be as in a training that nobody killed:

- events: what stood in events.jsonl when the last checkpoint was written is there byte by byte; every line is valid JSON; samples,
  checkpoints and progress are told in the order of steps, none twice, and samples for every step;
- the checkpoint's and the model's tensors, and every sheet of samples, are equal bit for bit; best/ is the model that best.json says;
- no temporary file is left.

Starting Python and importing torch would take nearly all of the time: one process has imported everything, and forks the trainers,
which from there on are processes of their own that run `train_local.main` (POSIX only). So that seconds of training show what minutes
do, samples come after each step and the best model is measured by pixels, without a limit on the time it takes.
Writes benchmarks/results/random_kills.json.
"""

import argparse
import collections
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from benchmarks import common

PACES = (0.0, 0.4)  # seconds between checkpoints, in turn: after each step, and so seldom that steps are taken again
# Trainings are told apart by pace; what is equal in all of them: pictures, seed and sizes.
SIZES = {"family": "dcgan", "width": 4, "d-width": 4, "batch": 4, "resolution": 16, "device": "cpu", "seed": 5}
ONCE = ("sample", "checkpoint", "progress")  # events that belong to one step
OPERATIONS = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")
WHERE = {".latest": "checkpoint", ".model": "model", ".best": "best model", "samples": "samples", "moments": "moments"}


@dataclass(frozen=True)
class Blow:
    """When a trainer is killed: after so many `seconds`, or before its `operation`-th file operation."""

    seconds: float = 0.0
    operation: int = 0


def pictures(folder: Path) -> None:
    """24 tiny pictures of noise around two greys."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    draw = np.random.default_rng(0)
    for i in range(24):
        pixels = draw.normal(60 if i % 2 else 190, 30, (16, 16, 3)).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


def hurry() -> None:
    """Let what a long training does now and then happen at each step of this process's trainings."""
    from gan_core.training import loop, quality

    sample = loop.Session.sample

    def at_once(self):
        yield from sample(self)
        self.counters.next_sample = 0.0

    loop.Session.sample = at_once
    limits = dict(
        FIRST=0.0, APART=0.0, SHARE=1e9, FINAL_SHARE=1e9, DRAWN=8, REAL=8, FINAL=32, PROBE=1, DEFAULT="pixels"
    )
    for name, value in limits.items():
        setattr(quality, name, value)


class Operations:
    """Counts this process's file operations under a folder, and kills it right before one."""

    def __init__(self, folder: Path, deadly: int):
        self.folder, self.deadly, self.count = str(folder), deadly, 0
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple) -> None:
        writing = event in OPERATIONS or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3)
        if writing and str(arguments[0]).startswith(self.folder):
            self.count += 1
            if self.count == self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)


def trainer(argv: list[str], run: Path, blow: Blow) -> tuple[bool, int]:
    """Fork a trainer and wait for its end or the blow. Returns (killed, file operations it made, if it ended by itself).

    Raises RuntimeError with its last words when it fails.
    """
    import train_local

    words, counted = run.with_name("trainer.log"), run.with_name("operations")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            log = os.open(words, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
            os.dup2(log, 1), os.dup2(log, 2)
            operations = Operations(run, blow.operation)
            code = train_local.main(argv)
            counted.write_text(str(operations.count))
            sys.stderr.flush(), sys.stdout.flush()
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    if blow.seconds:
        _wait(child, blow.seconds)
        os.kill(child, signal.SIGKILL)  # it may have ended already: then it is a zombie, and nothing happens
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True, 0
    if status:
        raise RuntimeError(f"the trainer ended with {os.waitstatus_to_exitcode(status)}: {words.read_text()[-1500:]}")
    return False, int(counted.read_text())


def _wait(child: int, seconds: float) -> None:
    """Wait so long, or until a child has ended (it stays a zombie)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.001)


# ---- what must hold


def known_events(run: Path) -> bytes:
    """The events that the checkpoint, which a resumed run will go on from, was written after."""
    from safetensors import SafetensorError, safe_open

    for name in ("latest", "previous"):
        path = run / "checkpoint" / f"{name}.safetensors"
        with contextlib.suppress(SafetensorError, OSError), safe_open(path, "pt") as file:
            size = json.loads(file.metadata()["counters"])["events_size"]
            return (run / "events.jsonl").read_bytes()[:size]
    return b""


def event_faults(text: bytes, steps: int) -> list[str]:
    """What is wrong with a finished run's events."""
    try:
        events = [json.loads(line) for line in text.decode().splitlines()]
    except ValueError as error:
        return [f"a line is no JSON: {error}"]
    faults = [] if text.endswith(b"\n") else ["the last line is torn"]
    for kind in ONCE:
        told = [event["step"] for event in events if event["type"] == kind]
        twice = sorted({step for step in told if told.count(step) > 1})
        faults += [f"{kind} told twice at steps {twice}"] if twice else []
        faults += [] if told == sorted(told) else [f"{kind} out of order"]
    drawn = {event["step"] for event in events if event["type"] == "sample"}
    faults += [] if drawn == set(range(steps + 1)) else [f"samples lost: {sorted(set(range(steps + 1)) - drawn)}"]
    ends = [event for event in events if event["type"] == "end"]
    return faults + ([] if len(ends) == 1 and events[-1] is ends[0] else [f"{len(ends)} end events"])


def model_faults(run: Path, whole: Path) -> list[str]:
    """What differs between a killed run and the one that was not."""
    import torch
    from safetensors.torch import load_file

    faults = []
    for name in ("checkpoint/latest.safetensors", "model/model.safetensors", "model/directions.safetensors"):
        ours, theirs = load_file(run / name), load_file(whole / name)
        same = ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours)
        faults += [] if same else [f"{name} differs"]
    sheets = [{p.name: p.read_bytes() for p in (folder / "samples").glob("*.webp")} for folder in (run, whole)]
    faults += [] if sheets[0] == sheets[1] else ["sheets of samples differ"]
    best = json.loads((run / "best" / "config.json").read_text())["training"]
    told = json.loads((run / "best.json").read_text())
    if best["images"] != told["images"] or best["measured_while_training"]["kid"] != told["kid"]:
        faults.append("best/ is another model than best.json says")
    left = [p.name for p in run.rglob("*") if ".tmp" in p.name]
    return faults + ([f"left behind: {', '.join(left)}"] if left else [])


def struck(run: Path) -> str:
    """What a killed trainer was doing, by the unfinished files that it left last."""
    found = [(p.lstat().st_mtime, p) for p in run.rglob("*") if ".tmp" in p.name] if run.is_dir() else []
    if not found:
        return "before the first checkpoint" if not known_events(run) else "between writes"
    path = max(found)[1].relative_to(run).as_posix()
    return next((what for start, what in WHERE.items() if path.startswith(start) or f"/{start}" in path), "other")


# ---- the trainings


class Round:
    """One training that is killed until it ends."""

    def __init__(self, folder: Path, pace: float, whole: Path, steps: int):
        self.run, self.whole, self.steps = folder / "run", whole, steps
        flags = SIZES | {
            "data": folder.parent / "pictures",
            "steps": steps,
            "checkpoint-seconds": pace,
            "out": self.run,
        }
        self.first = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        self.faults: list[str] = []
        folder.mkdir()

    def argv(self) -> list[str]:
        """As a person would type it: --resume where a run is."""
        return ["--resume", str(self.run)] if (self.run / "config.json").exists() else self.first

    def go_on(self, blow: Blow) -> bool:
        """Train until the end or the blow; returns whether it was killed, having looked at what is there."""
        before = known_events(self.run)
        killed, self.operations = trainer(self.argv(), self.run, blow)
        events = self.run / "events.jsonl"
        text = events.read_bytes() if events.exists() else b""
        if not text.startswith(before):
            self.faults.append("events from before the checkpoint were lost")
        if not killed:
            self.faults += event_faults(text, self.steps) + (model_faults(self.run, self.whole) if self.whole else [])
        return killed


def blow(draw: random.Random, seconds: float, operations: int) -> Blow:
    """A random instant of a training that takes so many seconds and file operations."""
    if draw.random() < 0.5:
        return Blow(seconds=draw.uniform(0.001, seconds))
    return Blow(operation=draw.randint(1, operations))


def measure(options: argparse.Namespace, root: Path) -> dict:
    """Kill until there were enough; return the report."""
    draw, began = random.Random(options.seed), time.monotonic()
    pictures(root / "pictures")
    wholes = [Round(root / f"whole-{pace}", pace, None, options.steps) for pace in PACES]
    for one in wholes:
        start = time.monotonic()
        one.go_on(Blow())
        took = time.monotonic() - start  # the last one's: the first finds files that nobody has read yet
    rows, faults = collections.Counter(), [fault for one in wholes for fault in one.faults]
    kills = rounds = 0
    while kills < options.kills:
        one = Round(root / f"round-{rounds}", PACES[rounds % len(PACES)], wholes[0].run, options.steps)
        while kills < options.kills and one.go_on(blow(draw, took, wholes[rounds % len(PACES)].operations)):
            kills += 1
            rows[struck(one.run)] += 1
            print(f"\r{kills} kills, {rounds} trainings ended", end="", file=sys.stderr, flush=True)
        if kills == options.kills:
            one.go_on(Blow())
        faults += [f"training {rounds}: {fault}" for fault in one.faults]
        rounds += 1
    print(file=sys.stderr)
    seconds = round(time.monotonic() - began)
    return {"kills": kills, "trainings": rounds, "struck": dict(rows), "faults": faults, "seconds": seconds}


def warm() -> None:
    """Import what a trainer needs, once for all of them."""
    import sklearn.linear_model  # noqa: F401
    import torch
    import torch._dynamo  # noqa: F401  (optimizers import it)

    import train_local  # noqa: F401

    torch.set_num_threads(1)


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--kills", type=int, default=100)
    cli.add_argument("--steps", type=int, default=30)
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    options = cli.parse_args(argv)
    if options.kills < 1 or options.steps < 2:
        cli.error("at least one kill and two steps")
    if not hasattr(os, "fork"):
        cli.error("this needs a system that can fork (Linux, macOS)")
    return options


def main(argv: list[str] | None = None) -> None:
    """Kill, judge, and keep what was seen."""
    options = parsed(argv)
    warm()
    hurry()
    with tempfile.TemporaryDirectory() as root:
        report = measure(options, Path(root).resolve())
    facts = {"machine": common.machine(common.usable_cores()[:1]), "command": common.command("random_kills")}
    common.write_json(options.out / "random_kills.json", {**facts, "steps": options.steps, **report})
    print(f"{report['kills']} kills of {report['trainings']} trainings in {report['seconds']} s: {report['struck']}")
    sys.exit("\n".join(report["faults"]) or None)


if __name__ == "__main__":
    main()
