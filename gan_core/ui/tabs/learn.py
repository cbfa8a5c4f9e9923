"""Learn: a playground of two numbers in which one sees how GANs, VAEs and autoencoders learn, with short explanations to try."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from gan_core.latent.point import MAX_SEED
from gan_core.playground import MAX_POINTS, PlaySettings
from gan_core.playground.settings import EVEN, HURRIED, MAX_UNROLL, Sizes
from gan_core.ui import Studio
from gan_core.ui.jobs import Job, Jobs
from gan_core.ui.playrooms import Rooms
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

SHOWN = 800  # points of the cloud that are drawn
MAX_STEPS = 100  # that one request may ask for

RoomName = Annotated[str, Between(8, 40)]
Visitor = Annotated[str, Between(8, 200)]
CloudName = Literal["ring", "grid", "spiral", "moons", "drawn"]
MethodName = Literal["gan", "unrolled", "wgan-gp", "vae", "autoencoder"]
Points = Annotated[list[Annotated[list[float], Between(2, 2)]], Between(0, MAX_POINTS)]


class Learn:
    """Answers what static/learn.js asks."""

    def __init__(self):
        self.rooms = Rooms()
        self.jobs = Jobs(at_once=1)  # its own: short turns of many players need not wait behind a long film

    async def begin(
        self,
        room: RoomName,
        visitor: Visitor,
        cloud: CloudName,
        methods: Annotated[list[MethodName], Between(1, 2)],
        seed: Annotated[int, Between(0, MAX_SEED)] = 0,
        unroll: Annotated[int, Between(1, MAX_UNROLL)] = Sizes.unroll,
        hurried: bool = False,
        points: Points = [],  # noqa: B006
    ) -> dict:
        """Open a room (`hurried`: generators learn faster than discriminators); return {data: points of the cloud, packed, modes: how many it has or null, frames: one a method}."""
        drawn = tuple((x, y) for x, y in points) if cloud == "drawn" else ()
        settings = PlaySettings(
            cloud, points=drawn, seed=seed, sizes=Sizes(unroll=unroll, **(HURRIED if hurried else EVEN))
        )
        return await self.jobs.run(
            room, partial(self._begin, room, visitor, [replace(settings, method=m) for m in methods]), ""
        )

    async def advance(self, room: RoomName, steps: Annotated[int, Between(1, MAX_STEPS)] = 1) -> dict:
        """Learn for so many steps (fewer when they take long); return {frames: one a method}."""
        return await self.jobs.run(room, partial(self._advance, room, steps), "")

    def leave(self, room: RoomName) -> bool:
        """Forget a room."""
        return self.rooms.close(room)

    def _begin(self, name: str, visitor: str, settings: list[PlaySettings], job: Job) -> dict:
        room = self.rooms.open(name, visitor, settings)
        shown = room.plays[0].shown(SHOWN)
        modes = room.plays[0].cloud.centres
        return {"data": shown, "modes": None if modes is None else len(modes), "frames": room.frames()}

    def _advance(self, name: str, steps: int, job: Job) -> dict:
        room = self.rooms.find(name)
        room.advance(steps, job)
        return {"frames": room.frames()}


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    tab = Learn()
    Panel("learn", [tab.begin, tab.advance, tab.leave], most=MAX_POINTS, unroll=MAX_UNROLL)
