"""What is asked of a running training from outside: by a signal to its process, or by files in the run folder."""

import time
from collections.abc import Callable

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.budget import extended, grant, grant_lock, unit
from gan_core.training.run import Run

LOOK_SECONDS = 0.2  # between two looks at the folder


class Requests:
    """Looks at the run folder a few times a second, however often it is asked."""

    def __init__(self, run: Run, should_stop: Callable[[], bool]):
        self._run, self._should_stop = run, should_stop
        self._action, self._looked, self._granted_at, self._changed_at = "", 0.0, 0.0, 0.0

    def action(self) -> str:
        """pause, stop or "": the process's own signal first, then the run folder."""
        if self._should_stop():
            return "stop"
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._action, self._looked = self._run.requested(), time.monotonic()
        return self._action

    def time_to_look(self) -> bool:
        """Whether settings may have been changed since this was last asked: a few times a second."""
        if time.monotonic() - self._changed_at < LOOK_SECONDS:
            return False
        self._changed_at = time.monotonic()
        return True

    def longer(self, config: TrainConfig, now: bool = False) -> TrainConfig | None:
        """The config with a longer budget, if it was given one (`now`: look at once); else None."""
        if not now and time.monotonic() - self._granted_at < LOOK_SECONDS:
            return None
        self._granted_at = time.monotonic()
        longer = extended(config, self._run.path)
        return None if longer is config else longer


def extend(run: Run, minutes: float = 0.0, steps: int = 0) -> TrainConfig:
    """Give a run so much more time; one that is training obeys within a step. Return its config with the new budget.

    A finished run gets it on top of what it took, any other on top of what it was to take. A run that counts steps is given
    minutes by its pace so far, and the other way round. Raises StudioError when it has none yet, or for a budget out of range.
    """
    with grant_lock(run.path):
        config, status = run.config, run.status()
        counted, spent = unit(config), {"steps": status.step, "minutes": status.elapsed / 60}
        more = {"steps": float(steps), "minutes": minutes}[counted]
        other = "minutes" if counted == "steps" else "steps"
        if asked := {"steps": steps, "minutes": minutes}[other]:
            if not (spent["steps"] and spent["minutes"]):
                raise StudioError(
                    "run.no_pace", "“{run}” has not trained yet, so its pace is unknown. Give it more {unit} instead.",
                    run=run.name, unit=counted,
                )  # fmt: skip
            more += asked * spent[counted] / spent[other]
        before = spent[counted] if status.state == "done" else getattr(config, counted)
        return grant(run.path, config, before + more)
