"""Who is drawn next: single pictures before long sequences, visitors in turn, a long sequence only for a moment at a time."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from gan_core.errors import StudioError

CHUNK = 32  # pictures rendered at a time
MOMENT = 0.05  # seconds that a part of a long sequence may take while somebody drags a slider
LULL = 0.4  # the same while nobody does: who begins to drag waits no longer than this
HUNGRY = 0.12  # seconds after which a sequence has such a moment even though single pictures wait
DRAGGING = 0.5  # seconds since the last single picture that somebody is taken to be dragging
GATHER = 0.008  # seconds that a single picture may wait for others to be drawn with
MAX_WAITING = 512  # pictures waiting in a lane before visitors are told that the app is busy
MAX_OWN = 384  # the same of one visitor, so that there is room for others
OWN_SINGLES = 4  # single pictures of one visitor that are drawn at once: others' drags wait no longer than for these
UNKNOWN_PACE = 0.01  # seconds a picture, before one was drawn


@dataclass(eq=False)
class Request:
    """Pictures somebody waits for: model id, points (none: the model itself is wanted), whose it is, where the answer goes."""

    model: str
    points: Sequence
    patient: bool = False  # a single picture that may wait like a sequence
    visitor: str = ""
    answer: Future = field(default_factory=Future)
    pictures: list = field(default_factory=list)  # arrays, in order
    taken: int = 0

    @property
    def left(self) -> int:
        """Pictures that nobody has begun."""
        return len(self.points) - self.taken


@dataclass(frozen=True, eq=False)
class Part:
    """Consecutive points of a request that are drawn in one go."""

    request: Request
    points: Sequence


class Waiting:
    """The requests that wait, in two lanes: single pictures (a slider is dragged), and sequences. Any thread may use it."""

    def __init__(self):
        self._quick: deque[Request] = deque()
        self._long: deque[Request] = deque()
        self._wake = threading.Condition()
        self._last_quick = self._last_long = 0.0
        self._was_quick = False  # the last turn was of single pictures
        self._together = 0  # single pictures that were drawn together last

    def put(self, request: Request, pace: Mapping[str, float] = {}) -> None:  # noqa: B006
        """Add a request. Raises StudioError (facts: `seconds`) when too many pictures wait already, of all or of its visitor."""
        with self._wake:
            wanted = len(request.points)
            lane = self._quick if wanted < 2 and not request.patient else self._long
            left = _left(lane)  # who drags is not refused for others' films
            own = left.get(request.visitor, 0) if request.visitor else 0
            if sum(left.values()) + wanted > MAX_WAITING or own + wanted > (
                MAX_OWN if request.visitor else MAX_WAITING
            ):
                raise StudioError(
                    "engine.busy", "Many people are drawing pictures at this moment. Try again in about {seconds} s.",
                    seconds=self._seconds(math.inf, pace),
                )  # fmt: skip
            lane.append(request)
            self._wake.notify()

    def take(self, pace: Mapping[str, float]) -> list[Part]:
        """Wait for work; return parts of requests for one model that make up at most a chunk. `pace`: seconds a picture of a model."""
        with self._wake:
            while not (self._quick or self._long):
                self._wake.wait()
            hungry = self._long and time.monotonic() - self._last_long > HUNGRY
            if self._quick and not (hungry and self._was_quick):
                self._gather()
                self._was_quick = True
                self._last_quick = time.monotonic()
                return _shared(self._quick, CHUNK, OWN_SINGLES)
            self._was_quick, self._last_long = False, time.monotonic()
            dragging = self._last_long - self._last_quick < DRAGGING
            usual = MOMENT if dragging else UNKNOWN_PACE
            most = (MOMENT if dragging else LULL) / pace.get(self._long[0].model, usual)
            return _shared(self._long, min(CHUNK, max(1, int(most))))

    def line(self, visitor: str, pace: Mapping[str, float]) -> tuple[int, int]:
        """Return (visitors who wait beside this one, seconds until what this one waits for is there); (0, 0) for who waits for nothing."""
        with self._wake:
            left = _left((*self._quick, *self._long))
            own = left.pop(visitor, 0)
            return (sum(count > 0 for count in left.values()), self._seconds(own, pace)) if own else (0, 0)

    def _seconds(self, own: float, pace: Mapping[str, float]) -> int:
        """Seconds until everybody has got `own` pictures, or all they wait for: as visitors take turns, then one has got one's own."""
        spent: dict[str, float] = {}
        for request in (*self._quick, *self._long):
            cost = pace.get(request.model, UNKNOWN_PACE)
            spent[request.visitor] = min(spent.get(request.visitor, 0.0) + request.left * cost, own * cost)
        return max(1, math.ceil(sum(spent.values())))

    def _gather(self) -> None:
        """Where several draw at once, give the others' next requests a moment to arrive: together they take less than apart."""
        until = time.monotonic() + GATHER
        while len(self._quick) < self._together // 2 and (left := until - time.monotonic()) > 0:
            self._wake.wait(left)
        self._together = len(self._quick)


def _left(requests: Iterable[Request]) -> dict[str, int]:
    """Pictures that wait, by visitor."""
    left: dict[str, int] = {}
    for request in requests:
        left[request.visitor] = left.get(request.visitor, 0) + request.left
    return left


def _shared(lane: deque[Request], room: int, most: int = CHUNK) -> list[Part]:
    """Take parts from the requests for the first one's model, alike for each visitor, from a known one at most `most`.

    Who was served goes to the end of the lane with all that is left, so that visitors take turns, whatever they ask for.
    """
    own: dict[str, list[Request]] = {}
    for request in lane:
        if request.model == lane[0].model:
            own.setdefault(request.visitor, []).append(request)
    wanted = [min(sum(map(_wanted, requests)), most if visitor else room) for visitor, requests in own.items()]
    parts = []
    for requests, share in zip(own.values(), _alike(wanted, room), strict=True):
        for request, count in zip(requests, _alike(list(map(_wanted, requests)), share), strict=True):
            if count:
                parts.append(Part(request, request.points[request.taken : request.taken + count]))
                request.taken += min(count, request.left)
    served = {part.request: part.request.left == 0 for part in parts}
    visitors = {request.visitor for request in served}
    waiting = [request for request in lane if not served.get(request)]
    lane.clear()
    lane.extend(sorted(waiting, key=lambda request: (request.visitor in visitors) + (request in served)))
    return parts


def _wanted(request: Request) -> int:
    return max(1, request.left)  # who wants the model itself has a turn, too


def _alike(wanted: list[int], room: int) -> list[int]:
    """Shares of `room`, at most what is wanted, as equal as can be."""
    given = [0] * len(wanted)
    while room > 0 and (hungry := [i for i, most in enumerate(wanted) if given[i] < most]):
        each = max(1, room // len(hungry))
        for i in hungry:
            more = min(each, wanted[i] - given[i], room)
            given[i] += more
            room -= more
    return given
