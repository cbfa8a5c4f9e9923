"""How much of the machine a visitor may use: token buckets for each browser, each address and everybody. No gradio here.

Only where strangers come (a Space), or where LATENT_STUDIO_BUDGETS says so: "off", or amounts an hour, "exports=20,uploads=500".
"""

import math
import os
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from gan_core.errors import StudioError
from gan_core.log import event
from gan_core.ui import limits
from gan_core.ui.caller import Caller, caller

VARIABLE = "LATENT_STUDIO_BUDGETS"
ADDRESS = 6  # browsers behind one address (a class, a household) have so many times one browser's budget together
MOST_BUCKETS = 4096  # remembered; the one asked for longest ago is forgotten, and full by then


@dataclass(frozen=True)
class Budget:
    """What one browser may use: `hourly` comes back in an hour, at most `most` of it at once; `everybody` together an hour."""

    hourly: float
    most: float
    everybody: float


BUDGETS = {  # the one table of limits
    "pictures": Budget(150_000, 12_000, math.inf),  # drawn for a page; who draws too much waits its turn (waiting.py)
    "inversions": Budget(60, 20, 600),
    "exports": Budget(40, 12, 400),  # films, zips, data sets, whole models
    "uploads": Budget(600, 300, 6000),  # megabytes
    "training": Budget(12, 8, 60),  # minutes
    "jobs": Budget(600, 120, 6000),  # other long work: maps, looking through pictures, importing, the Hub
}


class Bucket:
    """Tokens that come back with time: `hourly` an hour, never more than `most`."""

    def __init__(self, hourly: float, most: float):
        self.hourly, self.most = hourly, most
        self.left, self._seen = most, time.monotonic()

    def missing(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken, 0 when it may be now, infinity when it never will."""
        self.left = min(self.most, self.left + max(0.0, now - self._seen) * self.hourly / 3600)
        self._seen = now
        if amount <= self.left:
            return 0.0
        return (amount - self.left) * 3600 / self.hourly if amount <= self.most and self.hourly else math.inf


class Budgets:
    """All buckets of this process. Any thread may use it."""

    def __init__(self):
        self._buckets: OrderedDict[tuple, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, kind: str, amount: float = 1, who: Caller | None = None) -> None:
        """Take `amount` of a kind of BUDGETS from a visitor (the caller). Raises StudioError with the seconds to wait.

        Nothing is taken where budgets do not hold, nor from this process's own work.
        """
        who, limit = who or caller(), limit_of(kind)
        if limit is None or not who.key:
            return
        with self._lock:
            now, buckets = time.monotonic(), self._of(kind, limit, who)
            waits = [bucket.missing(amount, now) for bucket in buckets]
            if not any(waits):
                for bucket in buckets:
                    bucket.left -= amount
                return
        raise refusal(kind, max(waits))

    def _of(self, kind: str, limit: Budget, who: Caller) -> list[Bucket]:
        wanted = {(kind, ""): (limit.everybody, limit.everybody)}
        if who.address:
            wanted[kind, "address", who.address] = (ADDRESS * limit.hourly, ADDRESS * limit.most)
        if who.word:
            wanted[kind, "word", who.word] = (limit.hourly, limit.most)
        elif who.address:  # a browser that keeps no word, or a program: no more than one browser
            wanted[kind, "word", who.address] = (limit.hourly, limit.most)
        found = []
        for key, (hourly, most) in wanted.items():
            if hourly != math.inf:
                found.append(self._buckets.setdefault(key, Bucket(hourly, most)))
                self._buckets.move_to_end(key)
        while len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return found


_budgets = Budgets()
spend = _budgets.spend


def limit_of(kind: str) -> Budget | None:
    """Return the limit that holds here for a kind; None where there is none."""
    text = os.environ.get(VARIABLE, "").strip().lower()
    if text == "off" or not (text or limits.on_space()):
        return None
    limit = BUDGETS[kind] if limits.on_space() else None
    for name, _, amount in (part.partition("=") for part in text.split(",")):
        if name.strip() == kind:
            try:
                hourly = max(0.0, float(amount))
            except ValueError:
                continue
            limit = Budget(hourly, hourly, 10 * hourly)
    return limit


def refusal(kind: str, seconds: float) -> StudioError:
    """The sentence for a budget that is used up, with the seconds until it is not."""
    event("budget.refused", kind=kind, wait=seconds if math.isfinite(seconds) else None)
    if not math.isfinite(seconds):
        return StudioError(
            "budget.large", "This is more than one visitor may ask for here. Run Latent Studio on your own computer for more."
        )  # fmt: skip
    wait = max(1, math.ceil(seconds))
    minutes = math.ceil(wait / 60)
    if wait < 100:
        return StudioError(
            "budget.seconds", "You have asked for a lot in a short time, and others use this machine too. Try again in {seconds} s.",
            seconds=wait, kind=kind,
        )  # fmt: skip
    return StudioError(
        "budget.minutes", "You have asked for a lot in a short time, and others use this machine too. Try again in {minutes} min.",
        minutes=minutes, seconds=wait, kind=kind,
    )  # fmt: skip
