"""Who plays in the Learn tab: playgrounds kept between two requests of their page, few a visitor, forgotten when nobody asks.

No gradio here. A room is known by a random name that its page has chosen; it only learns while the page asks for more, so a page
that was closed or is not looked at costs nothing.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gan_core.errors import StudioError
from gan_core.playground.settings import PlaySettings
from gan_core.ui.jobs import Job

if TYPE_CHECKING:
    from gan_core.playground import Play

MOST = 64  # rooms at once
PER_VISITOR = 3
IDLE = 300.0  # seconds without a question after which a room is cleared
SLICE = 0.15  # seconds that one request may learn, so that many can take turns


@dataclass
class Room:
    """A visitor's playgrounds, side by side: they always stand at the same step."""

    visitor: str
    plays: "list[Play]"
    asked: float = field(default_factory=time.monotonic)

    def advance(self, steps: int, job: Job) -> None:
        """Take so many steps with every method, fewer when the time is up. Raises StudioError once the job is stopped."""
        end = time.monotonic() + SLICE
        for _ in range(steps):
            job.check()
            for play in self.plays:
                play.advance()
            if time.monotonic() >= end:
                return

    def frames(self) -> list[dict]:
        """This moment of every method, as JSON."""
        return [play.frame().to_json() for play in self.plays]


class Rooms:
    """All rooms by name."""

    def __init__(self):
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    def open(self, name: str, visitor: str, settings: Sequence[PlaySettings]) -> Room:
        """A new room (it replaces one of the same name and visitor); the visitor's oldest gives way to it.

        Raises StudioError when all are taken, when the name is another visitor's, or when the settings are no good.
        """
        from gan_core.playground import Play

        room = Room(visitor, [Play(one) for one in settings])
        with self._lock:
            now = time.monotonic()
            self._rooms = {key: one for key, one in self._rooms.items() if now - one.asked < IDLE}
            if name in self._rooms and self._rooms[name].visitor != visitor:
                raise _gone()
            self._rooms.pop(name, None)
            mine = sorted((one.asked, key) for key, one in self._rooms.items() if one.visitor == visitor)
            for _, key in mine[: max(0, len(mine) + 1 - PER_VISITOR)]:
                del self._rooms[key]
            if len(self._rooms) >= MOST:
                raise StudioError("learn.full", "Many people are playing here at this moment. Try again in a minute.")
            self._rooms[name] = room
        return room

    def find(self, name: str) -> Room:
        """The room called `name`. Raises StudioError when it was cleared."""
        with self._lock:
            room = self._rooms.get(name)
            if room is None:
                raise _gone()
            room.asked = time.monotonic()
            return room

    def close(self, name: str) -> bool:
        """Forget a room; return whether there was one."""
        with self._lock:
            return self._rooms.pop(name, None) is not None


def _gone() -> StudioError:
    return StudioError(
        "learn.gone",
        "This playground is not here: it was put away after a pause, or is on another machine of this address. Press Start again.",
    )
