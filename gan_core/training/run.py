"""The run folder: the only contract between the process that trains and whoever watches.

config.json     the TrainConfig               choice.json     what was chosen where it leaves something open
events.jsonl    what happened, one JSON object a line
samples/        the same points at each step  checkpoint/     to go on from
model/          the averaged model so far     moments/        the same from earlier, by pictures seen (model folders)
control.json    what was asked for: pause, resume, stop    extend.json     a longer budget, where it was given one
best/           the averaged model of the best quality      best.json       its figures, beside the last one's at the end
"""

import contextlib
import errno
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from gan_core.config import TrainConfig, read_json
from gan_core.errors import StudioError
from gan_core.files import FULL, disk_error, replace_text
from gan_core.training import budget

ACTIONS = ("pause", "resume", "stop")
QUEUED = "queued.json"  # in the folder of a run that waits for its turn (training.queue)
LAUNCHED = "LATENT_STUDIO_LAUNCHED"  # set for a trainer whose run was readied by whoever started it
TAIL = 65_536  # bytes of events.jsonl that hold the latest progress
LOOKING = 0.05  # seconds for which somebody else who only looks may hold a run's lock
STARTING = 60.0  # seconds a launched trainer may take before its first event


@dataclass(frozen=True)
class Status:
    """How a run stands. `state`: queued, starting, running, paused, stopping, done, stopped, failed or interrupted (killed)."""

    state: str
    step: int = 0
    images: int = 0
    elapsed: float = 0.0
    remaining: float | None = None
    images_per_second: float = 0.0
    message: str = ""
    code: str = ""

    @property
    def active(self) -> bool:
        """Whether a process is at work on it."""
        return self.state in ("starting", "running", "paused", "stopping")


class Run:
    """One run folder, seen from either side."""

    def __init__(self, folder: Path | str):
        self.path = Path(folder)
        self.name = self.path.name
        self.samples_folder, self.checkpoint_folder, self.model_folder, self.moments_folder, self.best_folder = (
            self.path / n for n in ("samples", "checkpoint", "model", "moments", "best")
        )
        self._events, self._control, self._config, self._choice, self._best = (
            self.path / n for n in ("events.jsonl", "control.json", "config.json", "choice.json", "best.json")
        )

    @property
    def config(self) -> TrainConfig:
        """What was asked for, and any time granted since. Raises StudioError when config.json is missing or damaged."""
        return budget.extended(TrainConfig.from_dict(read_json(self._config)), self.path)

    def save_config(self, config: TrainConfig) -> None:
        """Write config.json (atomically), making the folder. Raises StudioError when the disk refuses."""
        self._save(self._config, config.to_dict())

    @property
    def choice(self) -> dict | None:
        """What was chosen when the run began (preset.Choice as a dict); None where nothing was written down."""
        return read_json(self._choice) if self._choice.is_file() else None

    def save_choice(self, choice: dict) -> None:
        """Write choice.json (atomically). Raises StudioError when the disk refuses."""
        self._save(self._choice, choice)

    @property
    def best(self) -> dict | None:
        """The figures of the model in best/ (training.best), at the end also `compared` with the last; None without one."""
        with contextlib.suppress(StudioError):
            found = read_json(self._best)
            figures = ("kid", "noise", "images")
            if isinstance(found, dict) and all(isinstance(found.get(key), (int, float)) for key in figures):
                return {"extractor": "", **found}
        return None

    def save_best(self, figures: dict) -> None:
        """Write best.json (atomically). Raises OSError when the disk refuses."""
        replace_text(self._best, json.dumps(figures))

    def _save(self, path: Path, values: dict) -> None:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            replace_text(path, json.dumps(values, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise disk_error(error) from None

    # ---- events

    def append(self, event: dict) -> None:
        """Add an event line; on a full disk the line is dropped whole, never half-written."""
        line = (json.dumps(event, ensure_ascii=False) + "\n").encode()
        size = self.events_size()
        try:
            with open(self._events, "ab", buffering=0) as file:
                written = file.write(line)
            if written < len(line):
                raise OSError(errno.ENOSPC, "short write")
        except OSError as error:
            if error.errno not in FULL:
                raise
            self.truncate_events(size)

    def fail(self, error: StudioError) -> None:
        """End the run with an error's words."""
        facts = {name: str(value) for name, value in error.facts.items()}
        end = {"type": "end", "time": time.time(), "state": "failed", "code": error.code, "message": str(error)}
        self.append({**end, "facts": facts})

    def events_size(self) -> int:
        """Bytes in events.jsonl."""
        return self._events.stat().st_size if self._events.exists() else 0

    def truncate_events(self, size: int) -> None:
        """Cut events.jsonl back to what a checkpoint knew, so that a resumed run repeats nothing."""
        if self.events_size() > size:
            os.truncate(self._events, size)

    def cut_torn_line(self) -> None:
        """Drop the half of a line that a killed trainer may have left, so that the next line is one of its own."""
        with contextlib.suppress(FileNotFoundError):
            self.truncate_events(self._events.read_bytes().rfind(b"\n") + 1)

    def line_at(self, offset: int) -> int:
        """`offset`, where a line of events.jsonl begins there; 0 where not, as after a resume, which cuts the file."""
        with contextlib.suppress(OSError), open(self._events, "rb") as file:
            if 0 < offset <= os.fstat(file.fileno()).st_size:
                file.seek(offset - 1)
                return offset if file.read(1) == b"\n" else 0
        return 0

    def read_events(self, offset: int = 0) -> tuple[list[dict], int]:
        """Return (events after byte `offset`, new offset); all of them where no line begins there (see `line_at`)."""
        offset = self.line_at(offset)
        try:
            with open(self._events, "rb") as file:
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return [], 0
        whole = data[: data.rfind(b"\n") + 1]
        return _parse(whole), offset + len(whole)

    def samples(self) -> list[tuple[int, Path]]:
        """(step, picture) of every sheet of samples, oldest first."""
        found = [(int(p.stem), p) for p in self.samples_folder.glob("*.webp") if p.stem.isdigit()]
        return sorted(found)

    # ---- control

    def control(self, action: str) -> None:
        """Ask the trainer to pause, resume or stop; it obeys within a step. Raises StudioError for another word."""
        if action not in ACTIONS:
            raise StudioError("run.action", "A run can be asked to: {known}.", known=", ".join(ACTIONS))
        replace_text(self._control, json.dumps({"action": action, "time": time.time()}))

    def requested(self) -> str:
        """What was last asked for, or "" ."""
        try:
            return str(json.loads(self._control.read_text()).get("action", ""))
        except (OSError, ValueError, AttributeError):
            return ""

    def clear_control(self) -> None:
        """Forget what was asked for (a starting trainer does)."""
        self._control.unlink(missing_ok=True)

    def lock(self) -> FileLock:
        """The lock a trainer holds as long as it lives; the system lets go of it when the process dies."""
        return FileLock(self.path / ".lock")

    def alive(self) -> bool:
        """Whether a trainer process is at work on this run now."""
        lock = self.lock()
        if not (self.path / ".lock").exists():
            return False
        try:
            with lock.acquire(timeout=LOOKING, poll_interval=LOOKING / 10):
                return False
        except Timeout:
            return True

    @property
    def queued(self) -> bool:
        """Whether it waits for its turn."""
        return (self.path / QUEUED).is_file()

    def status(self) -> Status:
        """How the run stands, from the last events and whether its process lives."""
        if self.queued:
            return Status("queued")
        events = self.latest_events()
        last = {e["type"]: e for e in events}
        progress = last.get("progress", {})
        facts = {
            k: progress[k] for k in ("step", "images", "elapsed", "remaining", "images_per_second") if k in progress
        }
        order = [e["type"] for e in events if e["type"] in ("start", "paused", "resumed", "end")]
        if self.alive():
            paused = order and order[-1] == "paused"
            state = "starting" if not progress else "paused" if paused else "running"
            if self.requested() == "stop":
                state = "stopping"
            return Status(state, **facts)
        launched = _modified(self._config)
        if launched > max((e.get("time", 0) for e in events), default=0) and abs(time.time() - launched) < STARTING:
            return Status("starting", **facts)  # newly launched or resumed: the process has not said anything yet
        if order and order[-1] == "end":
            end = last["end"]
            return Status(
                end["state"], **{**facts, "remaining": None}, message=end.get("message", ""), code=end.get("code", "")
            )
        return Status("interrupted", **{**facts, "remaining": None}, code="run.interrupted",
                      message="The training process is gone. Resume goes on from the last checkpoint.")  # fmt: skip

    def latest_events(self) -> list[dict]:
        """The last events, TAIL bytes of them."""
        try:
            with open(self._events, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                data = file.read()
        except FileNotFoundError:
            return []
        return _parse(data[: data.rfind(b"\n") + 1])

    def log_tail(self, size: int = 2000) -> str:
        """The end of what the trainer printed, for a failure that left no event."""
        with contextlib.suppress(OSError), open(self.path / "trainer.log", "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - size))
            return file.read().decode(errors="replace")
        return ""

    def delete(self) -> None:
        """Remove the folder. Raises StudioError while a trainer is at work on it."""
        if self.alive():
            raise StudioError("run.busy", "“{run}” is still training. Stop it first.", run=self.name)
        shutil.rmtree(self.path)


def list_runs(root: Path | str) -> list[Run]:
    """Every run under `root`, newest first."""
    root = Path(root)
    runs = [
        Run(p)
        for p in (root.iterdir() if root.is_dir() else [])
        if (p / "config.json").is_file() and not p.name.startswith(".")
    ]
    return sorted(runs, key=lambda run: _modified(run._config), reverse=True)


def _parse(data: bytes) -> list[dict]:
    events = []
    for line in data.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            event = json.loads(line)
            if isinstance(event, dict) and isinstance(event.get("type"), str):
                events.append(event)
    return events


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
