"""Long work that a page asked for: a few at once, visitors in turn, with place in line, progress, time left and a Stop that stops.

No gradio here. A job is known by a random name that its page has chosen, so nobody can watch or stop another visitor's.
"""

import asyncio
import contextlib
import contextvars
import math
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any, TypeVar

from gan_core.errors import StudioError
from gan_core.log import telling
from gan_core.ui import budget, limits, stopping
from gan_core.ui.caller import caller
from gan_core.ui.requests import Between

AT_ONCE = 2  # more would leave no processor for whoever drags a slider
MOST = 16  # running and waiting
OWN = 4  # the same of one visitor, where others come too
LATELY = 16  # jobs whose length tells how long the next ones may take
NICE = 5  # niceness of the threads that do it: whoever drags a slider goes first
USUAL = 10.0  # seconds, before one has ended

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
    visitor: str = ""
    work: Callable[[], Any] | None = None
    answer: Future = field(default_factory=Future)
    _stop: threading.Event = field(default_factory=threading.Event)

    def tell(self, done: float, total: float, stage: str = "", view: Any = None) -> None:
        """Say how far the work is. Raises StudioError (job.stopped) once the visitor wants it to end, so call it often."""
        self.done, self.total, self.stage = done, total, stage or self.stage
        self.view = self.view if view is None else view
        self.check()

    def check(self) -> None:
        """Raise StudioError (job.stopped) once the visitor wants the work to end."""
        if self.stopped:
            raise StudioError("job.stopped", "Stopped.")

    def stop(self) -> None:
        """Ask the work to end at its next `tell`."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether the visitor wants the work to end, or the app does: for work that rather returns what it has."""
        return self._stop.is_set() or stopping.begun()

    @property
    def left(self) -> float | None:
        """Seconds left at the pace so far; None while that cannot be told."""
        if self.began is None or not 0 < self.done <= self.total:
            return None
        return (time.monotonic() - self.began) * (self.total - self.done) / self.done


class Jobs:
    """Runs long work in threads, `at_once` at a time; refuses, in words, what would wait behind too many others."""

    def __init__(self, at_once: int = AT_ONCE):
        self.at_once = at_once
        self._jobs: dict[str, Job] = {}  # in the order in which they came
        self._unwanted: deque[str] = deque(maxlen=64)  # a Stop may overtake its job on the way: these came before
        self._lately: deque[float] = deque(maxlen=LATELY)  # seconds that jobs took
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="job", initializer=_stand_back)
        self._choosing = threading.Lock()
        self._served: dict[str, float] = {}  # when visitors who have jobs here last had a turn

    async def run(self, name: str, work: Callable[[Job], T], spend: str = "jobs") -> T:
        """Run `work(job)` and return what it returns; it counts against the visitor's budget called `spend` ("": none).

        Raises what the work raises, and StudioError when the app is too busy (facts: `seconds`).
        When whoever awaits it gives up (the page was closed), the work is asked to stop.
        """
        job = self._enter(name, caller().key, spend)
        job.work = partial(
            contextvars.copy_context().run, telling("job", work, kind=spend), job
        )  # the work knows, too, who asked
        self._threads.submit(self._next)
        try:
            return await asyncio.wrap_future(job.answer)
        except asyncio.CancelledError:
            job.stop()
            if job.began is None:
                self._jobs.pop(name, None)
            raise

    def progress(self, name: JobName) -> dict:
        """Return {state: "none" | "waiting" | "working", ahead, place, wait, done, total, stage, left, view} of a job.

        While it waits: `place` in line from 1, `wait` about how many seconds; afterwards `left` seconds or null.
        """
        job = self._jobs.get(name)
        if job is None:
            return {"state": "none"}
        facts = {"done": job.done, "total": job.total, "stage": job.stage, "left": job.left, "view": job.view}
        if job.began is not None:
            return {"state": "working", "ahead": 0, "place": 0, "wait": 0, **facts}
        going, line = self._line()
        place = line.index(job) if job in line else 0
        return {"state": "waiting", "ahead": len(going) + place, "place": place + 1, "wait": self._wait(place), **facts}

    def stop(self, name: JobName) -> bool:
        """Ask a job to stop, also one that has yet to come; return whether there was one."""
        job = self._jobs.get(name)
        if job is not None:
            job.stop()
        elif name not in self._unwanted:
            self._unwanted.append(name)
        return job is not None

    def _enter(self, name: str, visitor: str, spend: str) -> Job:
        stopping.check()
        with self._choosing:
            own = sum(job.visitor == visitor for job in self._jobs.values()) if visitor and limits.on_space() else 0
            if own >= OWN:
                raise StudioError("job.own", "You have {most} pieces of long work going on here already. Wait until one ends, or stop it.", most=OWN)  # fmt: skip
            if len(self._jobs) >= MOST or name in self._jobs:
                seconds = self._wait(max(0, len(self._jobs) - self.at_once))
                raise StudioError(
                    "job.busy", "Others have long work running here at this moment. Try again in about {seconds} s.", seconds=seconds
                )  # fmt: skip
            if spend:
                budget.spend(spend)
            self._jobs[name] = job = Job(visitor=visitor)
            if name in self._unwanted:
                self._unwanted.remove(name)
                job.stop()
            return job

    def _line(self) -> tuple[list[Job], list[Job]]:
        """(jobs at work, jobs that wait in the order in which they will have their turn): whoever has fewest at work, and was not served last."""
        jobs = list(self._jobs.values())
        going = [job for job in jobs if job.began is not None]
        had: dict[str, int] = {}
        for job in going:
            had[job.visitor] = had.get(job.visitor, 0) + 1
        turns = []
        for job in jobs:
            if job.began is None and not job.answer.cancelled():
                turns.append((had.get(job.visitor, 0), self._served.get(job.visitor, 0.0), len(turns), job))
                had[job.visitor] = had.get(job.visitor, 0) + bool(job.visitor)
        return going, [job for *_, job in sorted(turns, key=lambda turn: turn[:3])]

    def _wait(self, place: int) -> int:
        """About how many seconds until the job at this place of the line, from 0, begins."""
        each = sum(self._lately) / len(self._lately) if self._lately else USUAL
        left = sorted(each if job.left is None else job.left for job in self._jobs.values() if job.began is not None)
        first = left[place % len(left)] if left else 0.0
        return max(1, math.ceil(first + place // self.at_once * each))

    def _next(self) -> None:
        """Do the job whose turn it is."""
        with self._choosing:
            _, line = self._line()
            while line and not line[0].answer.set_running_or_notify_cancel():
                line.pop(0)
            if not line:
                return
            job = line[0]
            job.began = time.monotonic()
            if job.visitor:
                self._served[job.visitor] = job.began
        try:
            job.check()
            result = job.work()
        except BaseException as error:
            self._forget(job)
            job.answer.set_exception(error)
        else:
            self._forget(job)
            job.answer.set_result(result)

    def _forget(self, job: Job) -> None:
        self._lately.append(time.monotonic() - job.began)
        job.work = None
        for name in [name for name, other in list(self._jobs.items()) if other is job]:
            self._jobs.pop(name, None)
        if not any(other.visitor == job.visitor for other in list(self._jobs.values())):
            self._served.pop(job.visitor, None)


def _stand_back() -> None:
    """Lower this thread's priority, where threads have one of their own (Linux)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + NICE)
