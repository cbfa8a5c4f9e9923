"""Playing: settings into a method, steps into frames. The same settings give the same frames, however the steps are asked for."""

from collections.abc import Iterator

import torch

from gan_core.playground.clouds import cloud
from gan_core.playground.frames import Frame, frame, packed
from gan_core.playground.methods import Autoencoder, Gan, UnrolledGan, Vae, WganGp
from gan_core.playground.settings import MAX_STEPS, PlaySettings
from gan_core.registry import resolve

METHODS = {
    method: f"gan_core.playground.methods:{kind.__name__}"
    for method, kind in {"gan": Gan, "wgan-gp": WganGp, "unrolled": UnrolledGan, "vae": Vae, "autoencoder": Autoencoder}.items()
}  # fmt: skip


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
