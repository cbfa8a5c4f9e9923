"""Who is drawn next: single pictures before long sequences, visitors in turn, a long sequence only for a moment at a time."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from gan_core.errors import StudioError

CHUNK = 32  # pictures rendered at a time
MOMENT = 0.05  # seconds that a part of a long sequence may take while somebody drags a slider
DRAGGING = 0.5  # seconds since the last single picture that somebody is taken to be dragging
GATHER = 0.008  # seconds that a single picture may wait for others to be drawn with
MAX_WAITING = 512  # pictures waiting before visitors are told that the app is busy


@dataclass(eq=False)
class Request:
    """Pictures somebody waits for: model id, points (none: the model itself is wanted), where the answer goes."""

    model: str
    points: Sequence
    patient: bool = False  # a single picture that may wait like a sequence
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
        self._last_quick = 0.0
        self._together = 0  # single pictures that were drawn together last

    def put(self, request: Request) -> None:
        """Add a request. Raises StudioError when too many pictures wait already."""
        with self._wake:
            if sum(waiting.left for waiting in (*self._quick, *self._long)) + len(request.points) > MAX_WAITING:
                raise StudioError(
                    "engine.busy", "Many people are drawing pictures at this moment. Wait a few seconds and try again."
                )
            (self._quick if len(request.points) < 2 and not request.patient else self._long).append(request)
            self._wake.notify()

    def take(self, pace: dict[str, float]) -> list[Part]:
        """Wait for work; return parts of requests for one model that make up at most a chunk. `pace`: seconds a picture of a model."""
        with self._wake:
            while not (self._quick or self._long):
                self._wake.wait()
            if self._quick:
                self._gather()
                self._last_quick = time.monotonic()
                return _shared(self._quick, CHUNK)
            room = CHUNK
            if time.monotonic() - self._last_quick < DRAGGING:
                room = min(CHUNK, max(1, int(MOMENT / pace.get(self._long[0].model, MOMENT))))
            return _shared(self._long, room)

    def _gather(self) -> None:
        """Where several draw at once, give the others' next requests a moment to arrive: together they take less than apart."""
        until = time.monotonic() + GATHER
        while len(self._quick) < self._together // 2 and (left := until - time.monotonic()) > 0:
            self._wake.wait(left)
        self._together = len(self._quick)


def _shared(lane: deque[Request], room: int) -> list[Part]:
    """Take parts from the requests for the first one's model, alike for each; who is not done goes to the end of the lane."""
    same, parts = [request for request in lane if request.model == lane[0].model], []
    while same and (room > 0 or not parts):
        each = max(1, room // len(same))
        for request in same:
            count = min(each, room, request.left)
            if count or not request.points:
                parts.append(Part(request, request.points[request.taken : request.taken + count]))
                request.taken += count
                room -= count
        same = [request for request in same if request.left]
    for request in dict.fromkeys(part.request for part in parts):
        lane.remove(request)
        if request.left:
            lane.append(request)
    return parts
