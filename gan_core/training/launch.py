"""Starting a trainer in a process of its own, which outlives the one that asked for it."""

import contextlib
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from filelock import FileLock

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.files import disk_error
from gan_core.log import telling
from gan_core.training.run import LAUNCHED, QUEUED, Run

BACKGROUND = 10  # niceness of a trainer beside the app: whoever drags a slider goes first, alone it is as fast as ever
ROOT = Path(__file__).resolve().parents[2]
_started: list[tuple[Run, subprocess.Popen]] = []


def command(config: TrainConfig, resume: bool = False) -> list[str]:
    """The command a person would type for this run, from the project's folder."""
    if resume:
        return ["python", "train_local.py", "--resume", config.out]
    return ["python", "train_local.py", *config.to_argv()]


def launch(config: TrainConfig, resume: bool = False) -> Run:
    """Start `train_local.py` for `config.out` in a process of its own, which outlives this one; return its Run at once.

    Raises StudioError when a run of that name is there already (or, to resume, is not), and for a disk that refuses: then none is.
    """
    run, new = Run(config.out), False
    if run.alive():
        raise StudioError("run.busy", "“{run}” is still training. Stop it first.", run=run.name)
    try:
        run.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(run.path.parent / ".starting.lock"):  # another app may start one on the same folder
            new = _prepare(config, run, resume)
        argv = [sys.executable, "-u", str(ROOT / "train_local.py"), *command(config, resume)[2:]]
        process = _begin(argv, run.path / "trainer.log")
        with contextlib.suppress(AttributeError, OSError):  # Windows has no such call
            os.setpriority(os.PRIO_PROCESS, process.pid, BACKGROUND)
    except OSError as error:
        if new:
            (run.path / "config.json").unlink(missing_ok=True)
        raise disk_error(error) from None
    wait = telling("training", process.wait, family=config.family, minutes=config.minutes, resumed=resume)
    threading.Thread(target=wait, daemon=True).start()  # so that no zombie stays, and its end is told
    _started[:] = [*((one, child) for one, child in _started if child.returncode is None), (run, process)]
    return run


def _prepare(config: TrainConfig, run: Run, resume: bool) -> bool:
    """Make the run's folder, or check that it is there; return whether there was none, not even a waiting one."""
    there = (run.path / "config.json").exists()
    if resume != (there and not run.queued):
        if resume:
            raise StudioError("run.missing", "There is no run in {folder}.", folder=str(run.path))
        raise StudioError("run.exists", "“{run}” exists already. Choose another name.", run=run.name)
    if resume:
        os.utime(run.path / "config.json")
    else:
        run.save_config(config)
    (run.path / QUEUED).unlink(missing_ok=True)
    run.clear_control()
    return not there


def _begin(argv: list[str], log: Path) -> subprocess.Popen:
    """Start a process that outlives this one and writes into `log`. Raises OSError."""
    detached = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
    )
    with open(log, "ab") as words:
        own = {**os.environ, LAUNCHED: "1"}
        return subprocess.Popen(argv, stdout=words, stderr=words, stdin=subprocess.DEVNULL, env=own, **detached)


def children() -> list[Run]:
    """The runs whose trainer this very process has started and that is still at work."""
    return [run for run, process in _started if process.returncode is None]


def free_name(root: Path | str, wanted: str) -> str:
    """A run name that is not taken, from any wish: letters, digits, dashes and CJK characters stay."""
    clean = re.sub(r"[^\w-]+", "-", wanted.strip(), flags=re.UNICODE).strip("-_").lower()[:60] or "run"
    name, number = clean, 2
    while (Path(root) / name).exists():
        name, number = f"{clean}-{number}", number + 1
    return name
