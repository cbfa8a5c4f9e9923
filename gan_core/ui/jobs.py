"""Long work that a page asked for: a few at once, first come first served, with progress, time left and a Stop that stops.

No gradio here. A job is known by a random name that its page has chosen, so nobody can watch or stop another visitor's.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from gan_core.errors import StudioError
from gan_core.ui.requests import Between

AT_ONCE = 2  # more would leave no processor for whoever drags a slider
MOST = 16  # running and waiting

JobName = Annotated[str, Between(8, 40)]
T = TypeVar("T")


@dataclass(eq=False)
class Job:
    """What the work says of itself: `done` of `total` of a `stage` (a word that the page translates), and something to look at."""

    stage: str = ""
    done: float = 0
    total: float = 0
    view: Any = None  # JSON-ready, replaced as often as the work likes
    began: float | None = None  # None while it waits for its turn
    _stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, done: float, total: float, stage: str = "", view: Any = None) -> None:
        """Say how far the work is. Raises StudioError (job.stopped) once the visitor wants it to end, so call it often."""
        self.done, self.total, self.stage = done, total, stage or self.stage
        self.view = self.view if view is None else view
        self.check()

    def check(self) -> None:
        """Raise StudioError (job.stopped) once the visitor wants the work to end."""
        if self._stop.is_set():
            raise StudioError("job.stopped", "Stopped.")

    def stop(self) -> None:
        """Ask the work to end at its next `tell`."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether the visitor wants the work to end: for work that rather returns what it has."""
        return self._stop.is_set()

    @property
    def left(self) -> float | None:
        """Seconds left at the pace so far; None while that cannot be told."""
        if self.began is None or not 0 < self.done <= self.total:
            return None
        return (time.monotonic() - self.began) * (self.total - self.done) / self.done


class Jobs:
    """Runs long work in threads, `at_once` at a time; refuses, in words, what would wait behind too many others."""

    def __init__(self, at_once: int = AT_ONCE):
        self._jobs: dict[str, Job] = {}  # in the order in which they came
        self._unwanted: deque[str] = deque(maxlen=64)  # a Stop may overtake its job on the way: these came before
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="job")

    async def run(self, name: str, work: Callable[[Job], T]) -> T:
        """Run `work(job)` and return what it returns. Raises what it raises, and StudioError when the app is too busy.

        When whoever awaits it gives up (the page was closed), the work is asked to stop.
        """
        if len(self._jobs) >= MOST or name in self._jobs:
            raise StudioError("job.busy", "Others have long work running here at this moment. Try again in a minute.")
        self._jobs[name] = job = Job()
        if name in self._unwanted:
            self._unwanted.remove(name)
            job.stop()
        answer = self._threads.submit(self._do, name, job, work)
        try:
            return await asyncio.wrap_future(answer)
        except asyncio.CancelledError:
            job.stop()
            if answer.cancelled():  # it never began, so nothing else will take it off the list
                self._jobs.pop(name, None)
            raise

    def progress(self, name: JobName) -> dict:
        """Return {state: "none" | "waiting" | "working", ahead, done, total, stage, left (seconds or null), view} of a job."""
        job, ahead = self._jobs.get(name), 0
        if job is None:
            return {"state": "none"}
        if job.began is None:
            ahead = list(self._jobs).index(name)
        state = "working" if job.began else "waiting"
        facts = {"done": job.done, "total": job.total, "stage": job.stage, "left": job.left, "view": job.view}
        return {"state": state, "ahead": ahead, **facts}

    def stop(self, name: JobName) -> bool:
        """Ask a job to stop, also one that has yet to come; return whether there was one."""
        job = self._jobs.get(name)
        if job is not None:
            job.stop()
        elif name not in self._unwanted:
            self._unwanted.append(name)
        return job is not None

    def _do(self, name: str, job: Job, work: Callable[[Job], T]) -> T:
        try:
            job.began = time.monotonic()
            job.check()
            return work(job)
        finally:
            self._jobs.pop(name, None)
