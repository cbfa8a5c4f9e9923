"""What a playground is set to: its cloud, its method, its seed, sizes and rates. Known without PyTorch."""

from dataclasses import dataclass, field

from gan_core.errors import StudioError

EVEN = {"lr": 2e-3, "d_lr": 2e-3}  # learning rates of the two networks
HURRIED = {"lr": 4e-3, "d_lr": 1e-3}  # a generator ahead of its discriminator: this is when plain GANs collapse
MAX_STEPS = 20_000  # of one playground
MAX_UNROLL = 10


@dataclass(frozen=True)
class Sizes:
    """Sizes and rates of the playground's networks."""

    latent: int = 2
    width: int = 32
    depth: int = 2
    batch: int = 64
    lr: float = EVEN["lr"]
    d_lr: float = EVEN["d_lr"]
    beta1: float = 0.5
    gain: float = 1.0
    unroll: int = 5

    def layers(self, inputs: int, outputs: int) -> tuple[int, ...]:
        """The layers of one of its networks."""
        return (inputs, *[self.width] * self.depth, outputs)


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
        from gan_core.playground.clouds import cloud
        from gan_core.playground.play import METHODS

        if self.method not in METHODS:
            raise StudioError("learn.method", "There is no method called “{name}”.", name=str(self.method)[:40])
        if not 0 <= self.sizes.unroll <= MAX_UNROLL:
            raise StudioError("learn.unroll", "Look from 0 to {most} steps ahead.", most=MAX_UNROLL)
        cloud(self.cloud, self.points)
        return self
