"""A small classifier that names what it sees in a picture, learned from labelled ones: it reads the labels of invented pictures."""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.layers import StridedEncoder, initialise

WIDTH = 16
BATCH = 64
LEARNING_RATE = 2e-3
NOISE = 0.05  # invented pictures are never quite clean
LARGEST = 64  # pixels a side it looks at
HELD_OUT = 0.1  # share of the pictures that only the score sees


@dataclass(frozen=True)
class Lesson:
    """How long to learn: at most so many steps and seconds, whichever ends first."""

    steps: int = 600
    seconds: float = 600.0
    seed: int = 0


class Namer(nn.Module):
    """Picture [N, C, R, R] in [−1, 1] → how much of each trait it has, [N, K] from 0 to 1."""

    def __init__(self, resolution: int, channels: int, traits: int, width: int = WIDTH):
        super().__init__()
        self.side = LARGEST if resolution > LARGEST else resolution
        self.encoder = StridedEncoder(self.side, channels, width, norm=True)
        self.out = nn.Linear(self.encoder.outputs, traits)
        initialise(self)

    def logits(self, images: Tensor) -> Tensor:
        """The same before the sigmoid."""
        if images.shape[-1] != self.side:
            images = F.interpolate(images, self.side, mode="area")
        return self.out(self.encoder(images))

    def forward(self, images: Tensor) -> Tensor:
        return self.logits(images).sigmoid()


def learn(images: Tensor, values: Tensor, lesson: Lesson = Lesson()) -> tuple[nn.Module, Tensor]:  # noqa: B008
    """A namer of uint8 pictures [N, C, R, R] with traits [N, K], and its balanced accuracy [K] on pictures it did not see."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(lesson.seed))
    border = max(1, round(len(images) * HELD_OUT))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lesson.seed)
        network = Namer(images.shape[-1], images.shape[1], values.shape[1])
        train(network, images[order[border:]], values[order[border:]], lesson)
    network.eval().requires_grad_(False)
    return network, balanced_accuracy(seen(network, images[order[:border]]), values[order[:border]])


def train(network: nn.Module, images: Tensor, values: Tensor, lesson: Lesson) -> None:
    """Binary cross-entropy against values from 0 to 1, what is rare weighing more; Adam, its rate falling to 0 with the budget."""
    rng = torch.Generator().manual_seed(lesson.seed)
    share = values.mean(0).clamp(0.02, 0.98)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    network.to(memory_format=torch.channels_last).train()
    began = time.monotonic()
    for step in range(lesson.steps):
        spent = max(step / lesson.steps, (time.monotonic() - began) / lesson.seconds)
        if spent >= 1:
            break
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1 - spent)
        chosen = torch.randint(len(images), (BATCH,), generator=rng)
        batch = images[chosen].float() / 127.5 - 1
        batch += NOISE * torch.randn(batch.shape, generator=rng)
        wanted = values[chosen]
        weight = wanted / (2 * share) + (1 - wanted) / (2 * (1 - share))  # have and have-not count alike
        loss = F.binary_cross_entropy_with_logits(network.logits(batch), wanted, weight)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


@torch.no_grad()
def seen(network: nn.Module, images: Tensor) -> Tensor:
    """The traits [N, K] of uint8 pictures [N, C, R, R] as the network names them."""
    return torch.cat([network(part.float() / 127.5 - 1) for part in images.split(256)])


def balanced_accuracy(named: Tensor, values: Tensor) -> Tensor:
    """[K]: the mean of the shares of have and have-not that are named rightly, one half being the border; 0.5 is guessing."""
    has, says = values > 0.5, named > 0.5
    right = [(says & has).sum(0) / has.sum(0).clamp(min=1), (~says & ~has).sum(0) / (~has).sum(0).clamp(min=1)]
    return (right[0] + right[1]) / 2
