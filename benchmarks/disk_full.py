"""A full disk at each write point of a training: `python -m benchmarks.disk_full [--tmpfs]`.

A tiny training on the CPU is counted once: every file that it opens to write, replaces or makes is a write point (checkpoint, model,
samples, events, the best model, moments, settings). Then it is repeated, and at the first, a middle and the last operation of each
point the disk is full, until the trainer has waited (or, where it goes on without that file, for one more operation). Each time the
training must end by itself, with weights equal bit for bit to the undisturbed ones, valid events, and no half file; where it waited, it
must have said so in words and that it goes on.

The full disk is an OSError that the system's calls raise; with --tmpfs a real one: the run lies on a small file system of its own,
which is filled to the last byte (Linux, needs the right to mount). Writes benchmarks/results/disk_full.json.
"""

import argparse
import contextlib
import errno
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import common, random_kills

BOUGHT = 16 << 20  # bytes of the small file system
NEEDED = ("config.json", "choice.json")  # without these a training cannot begin: it ends at once, in words


class Disk:
    """Watches the file operations below a folder; `full_from` the so-many-th on it has no room, until `free`."""

    def __init__(self, folder: Path, real: bool):
        self.folder, self.real, self.ballast = folder, real, folder / "ballast"
        self.points: list[str] = []
        self.reset(0)
        sys.addaudithook(self._seen)

    def reset(self, full_from: int) -> None:
        """Begin anew."""
        self.points, self.full_from, self.refused, self.waited = [], full_from, 0, 0
        self.watching = True
        self.ballast.unlink(missing_ok=True)

    def free(self, *_) -> None:
        """There is room again: what the trainer's waiting comes to."""
        self.waited += 1
        self.full_from = 0
        with self._unwatched():
            self.ballast.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _unwatched(self) -> Iterator[None]:
        self.watching = False
        yield
        self.watching = True

    def _seen(self, event: str, arguments: tuple) -> None:
        if not self.watching or event not in ("open", "os.rename", "os.mkdir"):
            return
        writing = event != "open" or (isinstance(arguments[2], int) and arguments[2] & 3)
        path = str(arguments[0])
        if not writing or not path.startswith(str(self.folder)) or path.endswith("lock"):
            return
        self.points.append(_point(Path(path).relative_to(self.folder)))
        if self.full_from and len(self.points) >= self.full_from:
            self._refuse()

    def _refuse(self) -> None:
        self.refused += 1
        if self.refused > 1 and not self.waited and self.points[-1] != self.points[-2]:
            self.free()  # it went on without that file
            self.waited -= 1
        elif not self.real:
            raise OSError(errno.ENOSPC, "No space left on device")
        elif not self.ballast.exists():
            with self._unwatched(), contextlib.suppress(OSError), open(self.ballast, "wb", buffering=0) as file:
                while file.write(bytes(1 << 16)):
                    pass


def _point(path: Path) -> str:
    """A write point's name: the file, without numbers of steps and processes."""
    return re.sub(r"\d+", "#", "/".join(path.parts[1:])) or "folder"


def trained(argv: list[str], disk: Disk) -> tuple[int, str]:
    """Train in this process; return the exit status and what was printed."""
    import io

    import train_local
    from gan_core.training import loop

    words, sleep = io.StringIO(), loop.time.sleep
    loop.time.sleep = disk.free
    try:
        with contextlib.redirect_stdout(words), contextlib.redirect_stderr(words):
            return train_local.main(argv), words.getvalue()
    finally:
        loop.time.sleep = sleep


def faults_of(run: Path, whole: Path, steps: int, status: int, disk: Disk) -> list[str]:
    """What is wrong after a disturbed training."""
    lines = (run / "events.jsonl").read_text().splitlines()
    try:
        events = [json.loads(line) for line in lines]
    except ValueError:
        return ["a line of events.jsonl is torn"]
    if status or events[-1]["type"] != "end" or events[-1]["state"] != "done":
        return [f"ended with {status}: {events[-1]}"]
    said = [event for event in events if event.get("code") == "train.disk_full"]
    faults = ["waited without a word"] if disk.waited and not said else []
    if said and "resumed" not in [event["type"] for event in events]:
        faults.append("does not say that it goes on")
    return faults + random_kills.model_faults(run, whole)


def measure(options: argparse.Namespace, folder: Path) -> dict:
    """Fill the disk at each point; return the report."""
    with tempfile.TemporaryDirectory() as elsewhere:
        random_kills.pictures(Path(elsewhere) / "pictures")
        disk = Disk(folder, options.tmpfs)
        flags = random_kills.SIZES | {
            "data": Path(elsewhere) / "pictures",
            "steps": options.steps,
            "checkpoint-seconds": 0,
        }
        argv = [word for name, value in flags.items() for word in (f"--{name}", str(value))]
        whole = Path(elsewhere) / "whole"
        trained([*argv, "--out", str(folder / "first")], disk)
        points = list(disk.points)
        (folder / "first").rename(whole) if not options.tmpfs else _moved(folder / "first", whole)
        rows = []
        for name in [name for name in dict.fromkeys(points) if options.only in name]:
            places = [i + 1 for i, point in enumerate(points) if point == name]
            for place in sorted({places[0], places[len(places) // 2], places[-1]})[: options.each]:
                rows.append(disturbed(argv, folder / "run", whole, options.steps, disk, place, name))
                print(f"{name:44} {place:5}  waited {rows[-1]['waited']}  {rows[-1]['faults'] or 'well'}", flush=True)
    return {"points": len(dict.fromkeys(points)), "operations": len(points), "rows": rows}


def disturbed(argv: list[str], run: Path, whole: Path, steps: int, disk: Disk, place: int, name: str) -> dict:
    """One training with a full disk from its `place`-th operation on."""
    import shutil

    disk.reset(place)
    status, words = trained([*argv, "--out", str(run)], disk)
    waited, refused = disk.waited, disk.refused
    disk.reset(0)
    needed = name == "folder" or name.rpartition("/")[2].lstrip(".").startswith(NEEDED)
    if status and needed:
        faults = [] if "cannot be written" in words and "Traceback" not in words else [words[-300:]]
    else:
        faults = faults_of(run, whole, steps, status, disk)
    shutil.rmtree(run, ignore_errors=True)
    return {"point": name, "operation": place, "refused": refused, "waited": waited, "faults": faults}


def _moved(source: Path, target: Path) -> None:
    import shutil

    shutil.copytree(source, target)
    shutil.rmtree(source)


@contextlib.contextmanager
def small_disk(folder: Path, real: bool) -> Iterator[Path]:
    """The folder that the run lies in: as it is, or a small file system. Ends the program in words where it cannot be mounted."""
    if real and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={BOUGHT}", "tmpfs", str(folder)]).returncode:
        sys.exit("no small file system could be mounted here; without --tmpfs the full disk is simulated")
    try:
        yield folder
    finally:
        if real:
            subprocess.run(["umount", str(folder)], check=False)


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--tmpfs", action="store_true", help="a real full disk")
    cli.add_argument("--steps", type=int, default=4)
    cli.add_argument("--each", type=int, default=3, help="operations of each write point, at most 3")
    cli.add_argument("--only", default="", help="write points whose name has this in it")
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    options = cli.parse_args(argv)
    if options.steps < 2 or options.each < 1:
        cli.error("at least two steps, and one operation of each point")
    return options


def main(argv: list[str] | None = None) -> None:
    """Disturb, judge, and keep what was seen."""
    options = parsed(argv)
    random_kills.warm()
    random_kills.hurry()
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder).resolve(), options.tmpfs) as disk:
        report = measure(options, disk)
    facts = {"machine": common.machine(common.usable_cores()[:1]), "command": common.command("disk_full")}
    common.write_json(options.out / f"disk_full{'_tmpfs' * options.tmpfs}.json", {**facts, **report})
    faults = [
        f"{row['point']} ({row['operation']}): {'; '.join(row['faults'])}" for row in report["rows"] if row["faults"]
    ]
    print(
        f"{len(report['rows'])} trainings, the disk full at {report['points']} write points, {len(faults)} with faults"
    )
    sys.exit("\n".join(faults) or None)


if __name__ == "__main__":
    main()
