"""What several measurements share: the machine in words, jobs one core each, results that survive a kill, flags that explain themselves."""

import argparse
import contextlib
import json
import os
import platform
import queue
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from gan_core.registry import resolve

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
RESULT = "RESULT "  # begins the line of a job's output that holds its rows


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def machine(cores: list[int], device: str = "cpu") -> dict:
    """What a figure depends on besides the code: processor, cores used, versions, and what else the machine was doing."""
    import torch

    facts = {"cpu": _processor(), "cores_used": cores, "cores": os.cpu_count(), "torch": torch.__version__}
    facts |= {"python": platform.python_version(), "load": round(os.getloadavg()[0], 1)}
    if device != "cpu" and torch.cuda.is_available():
        facts["gpu"] = torch.cuda.get_device_name()
    return facts


def machine_line(facts: dict) -> str:
    """The machine in one line, for a plot."""
    where = facts.get("gpu") or f"{facts['cpu']}, one core for each"
    return f"{where}, torch {facts['torch']}"


def _processor() -> str:
    with open("/proc/cpuinfo") if os.path.exists("/proc/cpuinfo") else open(os.devnull) as lines:
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


class Results:
    """Rows of a measurement in a JSON file, written anew after each; `settings` are what rows must share to be comparable."""

    def __init__(self, path: Path, settings: dict):
        self.path, self.settings = path, json.loads(json.dumps(settings))
        old = json.loads(path.read_text()) if path.exists() else {}
        self._same = old.get("settings") == self.settings
        self.facts: dict = {k: v for k, v in old.items() if k not in ("settings", "rows")} if self._same else {}
        self.rows: list[dict] = old.get("rows", []) if self._same else []
        self._other = bool(old) and not self._same

    def keep_for_resume(self) -> None:
        """Go on with the rows there are. Ends the program in words when they were measured under other settings."""
        if self._other:
            old = json.loads(self.path.read_text())["settings"]
            changed = [f"{k} {v!r}, now {self.settings.get(k)!r}" for k, v in old.items() if self.settings.get(k) != v]
            sys.exit(
                f"{self.path.name} was measured with other settings ({'; '.join(changed)}): use the same, or no --resume"
            )

    def drop(self, **wanted) -> None:
        """Forget the rows in which all `wanted` fields have these values."""
        self.rows = [row for row in self.rows if not _matches(row, wanted)]

    def has(self, **wanted) -> bool:
        """Whether a row has all these values."""
        return any(_matches(row, wanted) for row in self.rows)

    def add(self, rows: list[dict]) -> None:
        """Append rows and write the file, whole or not at all."""
        self.rows += rows
        write_json(self.path, {**self.facts, "settings": self.settings, "rows": self.rows})


def write_json(path: Path, report: dict) -> None:
    """Write a report, whole or not at all, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".tmp")
    new.write_text(json.dumps(report, indent=1) + "\n")
    new.replace(path)


def _matches(row: dict, wanted: dict) -> bool:
    return all(row.get(name) == value for name, value in wanted.items())


def run_jobs(module: str, jobs: list[dict], cores: list[int], done: Callable[[dict, list[dict]], None]) -> list[str]:
    """Run `python -m module --job JSON` for every job, as many at a time as there are `cores`, each alone on its core.

    The job prints RESULT and its rows as JSON; `done(job, rows)` is called for one at a time. Returns what failed, in words.
    """
    waiting: queue.SimpleQueue = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    failures, lock, running = [], threading.Lock(), set()

    def work(core: int) -> None:
        for job in _emptying(waiting):
            process = start_job(module, job, [core])
            running.add(process)
            output = process.communicate()[0]
            running.discard(process)
            with lock:
                rows = [json.loads(line[len(RESULT) :]) for line in output.splitlines() if line.startswith(RESULT)]
                if process.returncode or not rows:
                    failures.append(f"failed with status {process.returncode}: {job}")
                    print(failures[-1], file=sys.stderr)
                else:
                    done(job, rows[-1])

    threads = [threading.Thread(target=work, args=(core,), daemon=True) for core in cores]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for process in running:
            process.kill()
    return failures


def _emptying(waiting: queue.SimpleQueue) -> Iterator[dict]:
    while True:
        try:
            yield waiting.get_nowait()
        except queue.Empty:
            return


def processor_seconds(process: int, without: int = 0) -> float:
    """Processor time that a process and those it started have used so far, except process `without` and its own (Linux)."""
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            number = int(folder.name)
            parents[number], used[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    found, waiting = 0, [process]
    while waiting:
        one = waiting.pop()
        if one != without:
            found += used.get(one, 0)
            waiting += [child for child, parent in parents.items() if parent == one]
    return found / os.sysconf("SC_CLK_TCK")


def start_job(module: str, job: dict, cores: list[int]) -> subprocess.Popen:
    """Start `python -m module --job JSON` on these cores, with as many threads; what it prints can be read from its `stdout`."""
    pin = ["taskset", "-c", ",".join(map(str, cores))] if shutil.which("taskset") else []
    env = {**os.environ, "OMP_NUM_THREADS": str(len(cores)), "PYTHONPATH": str(ROOT)}
    argv = [*pin, sys.executable, "-m", module, "--job", json.dumps(job)]
    return subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


def answer(rows: list[dict]) -> None:
    """Hand a job's rows to the process that started it."""
    print(RESULT + json.dumps(rows), flush=True)


def command(name: str) -> str:
    """The command that was typed, without the paths of this machine."""
    kept = [argument.rsplit("/", 1)[-1] if "/" in argument else argument for argument in sys.argv[1:]]
    return " ".join([f"python -m benchmarks.{name}", *kept])


def gather_peers(cli: argparse.ArgumentParser, options: argparse.Namespace, table: dict[str, str]) -> None:
    """Set `options.peers` {name: folder} and `options.missing` [names]. Ends the program when a folder is not what it should be."""
    options.peers, options.missing = {}, []
    for name in table:
        kind, folder = resolve(table, name), getattr(options, name)
        if not folder:
            options.missing.append(name)
        elif not (Path(folder) / kind.needs).is_file():
            cli.error(f"{kind.flag} {folder}: there is no {kind.needs} in it; give the folder of {kind.label}")
        else:
            options.peers[name] = Path(folder).resolve()


def minutes_list(text: str) -> list[float]:
    """Flag type: "1,2,4" → [1.0, 2.0, 4.0]."""
    return sorted(_numbers(text, float, "minutes such as 1,2,4", lambda m: 0 < m < 10_000))


def counts_list(text: str) -> list[int]:
    """Flag type: "1,8,32" → [1, 8, 32]."""
    return _numbers(text, int, "counts such as 1,8,32", lambda count: count > 0)


def usable_cores() -> list[int]:
    """The numbers of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def stay_on(cores: list[int]) -> None:
    """Keep this process, and those that it starts, to these cores, where the system lets one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def cores_list(text: str) -> list[int]:
    """Flag type: "0,1" → [0, 1], cores that this process may use."""
    cores = usable_cores()
    return _numbers(text, int, f"cores out of {', '.join(map(str, cores))}", lambda core: core in cores)


def one_of(*known: str) -> Callable[[str], list[str]]:
    """Flag type: names out of `known`, separated by commas."""
    return lambda text: _numbers(text, str, f"names out of {', '.join(known)}", lambda name: name in known)


def _numbers(text: str, kind: type, wanted: str, fits: Callable) -> list:
    try:
        values = list(dict.fromkeys(kind(part.strip()) for part in text.split(",")))
    except ValueError:
        values = [None]
    if any(value is None or not fits(value) for value in values):
        raise argparse.ArgumentTypeError(f"“{text}” is not {wanted}")
    return values
