"""Playing: settings into a method, steps into frames. The same settings give the same frames, however the steps are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from gan_core.errors import StudioError
from gan_core.playground.clouds import cloud
from gan_core.playground.frames import Frame, frame, packed
from gan_core.playground.methods import Autoencoder, Gan, Sizes, UnrolledGan, Vae, WganGp
from gan_core.registry import resolve

METHODS = {
    method: f"gan_core.playground.methods:{kind.__name__}"
    for method, kind in {"gan": Gan, "wgan-gp": WganGp, "unrolled": UnrolledGan, "vae": Vae, "autoencoder": Autoencoder}.items()
}  # fmt: skip
MAX_STEPS = 20_000  # of one playground
MAX_UNROLL = 10


@dataclass(frozen=True)
class PlaySettings:
    """What a playground is: its cloud (`points` for "drawn"), its method, the seed of all its randomness, sizes and rates."""

    cloud: str = "ring"
    method: str = "gan"
    points: tuple[tuple[float, float], ...] = ()
    seed: int = 0
    sizes: Sizes = field(default_factory=Sizes)

    def checked(self) -> "PlaySettings":
        """Return self. Raises StudioError for an unknown method or cloud, or points that cannot be learned."""
        if self.method not in METHODS:
            raise StudioError("learn.method", "There is no method called “{name}”.", name=str(self.method)[:40])
        if not 0 <= self.sizes.unroll <= MAX_UNROLL:
            raise StudioError("learn.unroll", "Look from 0 to {most} steps ahead.", most=MAX_UNROLL)
        cloud(self.cloud, self.points)
        return self


class Play:
    """A method at work on a cloud."""

    def __init__(self, settings: PlaySettings):
        self.settings = settings.checked()
        self.cloud = cloud(settings.cloud, settings.points)
        self.method = resolve(METHODS, settings.method)(self.cloud, settings.sizes, settings.seed)
        self.step, self.losses = 0, {}

    def advance(self) -> None:
        """Take one step. Does nothing once MAX_STEPS are taken."""
        if self.step < MAX_STEPS:
            self.losses = self.method.step()
            self.step += 1

    def shown(self, n: int) -> str:
        """`n` points of the cloud to be drawn, packed as in a frame; the same ones each time."""
        return packed(self.cloud.draw(n, torch.Generator().manual_seed(3)))

    def frame(self) -> Frame:
        """This moment, to be drawn."""
        return frame(self.method, self.step, self.losses)


def frames(settings: PlaySettings, steps: int, every: int = 10) -> Iterator[Frame]:
    """Frames of a playground: the first before any step, then one every so many steps, up to `steps`."""
    play = Play(settings)
    yield play.frame()
    for step in range(1, steps + 1):
        play.advance()
        if step % every == 0:
            yield play.frame()
