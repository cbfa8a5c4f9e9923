"""Who works on a run folder: one first process at a time, which lets the others go when it ends."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

from filelock import Timeout

from gan_core import parallel
from gan_core.checkpoint import recover
from gan_core.config import TrainConfig
from gan_core.data.exclude import own_list
from gan_core.errors import StudioError
from gan_core.training.learner import Order, tell
from gan_core.training.moments import list_moments
from gan_core.training.run import LAUNCHED, Run, disk_error
from gan_core.training.state import begun, has_state

OWN = ("config.json", "choice.json", "best.json")  # files of the run folder that nobody but its trainer writes


@contextlib.contextmanager
def claimed(config: TrainConfig, run: Run, resume: bool) -> Iterator[None]:
    """Hold the run folder's lock. Raises StudioError when the folder is taken."""
    if has_state(run.checkpoint_folder) and not resume:
        raise StudioError("run.exists", "“{run}” exists already. Choose another name.", run=run.name)
    try:
        run.path.mkdir(parents=True, exist_ok=True)
        lock = run.lock().acquire(timeout=3)
    except Timeout:
        raise StudioError("run.busy", "“{run}” is still training. Stop it first.", run=run.name) from None
    except OSError as error:
        raise disk_error(error) from None
    with lock:
        save_claim(config, run)
        if not os.environ.get(LAUNCHED):  # else a Stop that came while this process was starting would be forgotten
            run.clear_control()
        tidy(run)
        yield


def tidy(run: Run) -> None:
    """Clear away what a killed trainer left half-written, and put back the model that it was about to replace."""
    for folder in (run.model_folder, run.best_folder, *(path for _, path in list_moments(run.moments_folder))):
        recover(folder)
    run.cut_torn_line() if begun(run) else run.truncate_events(0)
    halves = [*run.moments_folder.glob(".*"), *run.samples_folder.glob("*.tmp"), *run.checkpoint_folder.glob(".*")]
    halves += [path for name in OWN for path in run.path.glob(f".{name}.*.tmp")]
    for path in halves:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def save_claim(config: TrainConfig, run: Run) -> None:
    """Write the config, whose list of pictures to leave out then lies in the run folder. Raises StudioError."""
    try:
        run.save_config(replace(config, exclude=own_list(config.exclude, run.path)))
    except OSError as error:
        raise disk_error(error) from None


def tell_if_nobody_else_can(run: Run, error: StudioError) -> None:
    """The first process writes the last event; where it is the one that is gone, whoever gets the lock first does."""
    with contextlib.suppress(Timeout, OSError), run.lock().acquire(timeout=1):
        events = run.read_events()[0]
        if events and events[-1]["type"] != "end":
            run.fail(error)


def dismiss(order: Order) -> None:
    """Let the other processes go."""
    with contextlib.suppress(StudioError):
        tell(order)
    parallel.leave()
