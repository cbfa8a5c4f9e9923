"""The contract of a family: what a generator can do once trained, and what the training loop may ask of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from gan_core.config import ModelConfig, TrainConfig
from gan_core.device import Device


class Generator(nn.Module):
    """A trained model: latent numbers in, pictures out.

    Drawing a picture has two halves. `mapping` turns a draw z into a *code*, the space where moves and blends happen
    (z itself here; W in a style-based model); `synthesis` turns a code into a picture.
    """

    can_encode: ClassVar[bool] = False

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.directions: Tensor | None = None  # [k, code_dim] unit rows, strongest first; filled by latent.directions

    @property
    def code_dim(self) -> int:
        """Length of a code."""
        return self.config.z_dim

    def mapping(self, z: Tensor, label_weights: Tensor | None, truncation: Tensor) -> Tensor:
        """z [N, z_dim], weights of the classes [N, K] or None, truncation [N] (1 = as drawn) → code [N, code_dim]."""
        return z * truncation[:, None]

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        """Code [N, code_dim] → picture [N, C, H, W] in [−1, 1]."""
        raise NotImplementedError

    def forward(self, z: Tensor, label_weights: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(z, label_weights, z.new_ones(len(z))), label_weights)

    def encode(self, images: Tensor) -> Tensor:
        """Pictures [N, C, H, W] in [−1, 1] → codes [N, code_dim]; only where `can_encode`."""
        raise NotImplementedError

    @torch.inference_mode()
    def from_latent(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The network's raw float output [N, C, H, W] for latents [N, z_dim] and class numbers [N]."""
        weights = None
        if self.config.num_classes:
            label = torch.zeros(len(z), dtype=torch.long) if label is None else label
            weights = nn.functional.one_hot(label.to(z.device), self.config.num_classes).to(z.dtype)
        return self(z, weights)


@dataclass
class Batch:
    """One step's material: images [N, C, R, R] in [−1, 1], class weights [N, K] or None, and its own random source.

    `rng` is a function of the run's seed and the step alone, so that a resumed run draws what an uninterrupted one would.
    """

    images: Tensor
    labels: Tensor | None
    rng: torch.Generator
    step: int

    def noise(self, *shape: int) -> Tensor:
        """Standard normal numbers on the images' device."""
        return torch.randn(*shape, generator=self.rng, device=self.rng.device).to(self.images.device)


class Family(ABC):
    """One kind of model in training: its networks, optimizers and training step. The loop never asks which one it runs."""

    Generator: ClassVar[type[Generator]]
    DEFAULTS: ClassVar[dict]  # TrainConfig fields this family chooses where the user did not
    conditional: ClassVar[bool] = False  # whether it can learn classes

    def __init__(self, config: ModelConfig, train: TrainConfig, device: Device):
        self.config, self.train, self.device = config, train, device
        self.generator = self.place(self.Generator(config))

    @classmethod
    def options(cls, train: TrainConfig) -> dict:
        """The sizes that go into `ModelConfig.options`, from a config whose defaults are filled in."""
        return {"width": train.width}

    def place(self, network: nn.Module) -> nn.Module:
        """Put a network where it trains, in the memory layout convolutions like."""
        return network.to(self.device.device, memory_format=torch.channels_last)

    def adam(self, network: nn.Module, betas: tuple[float, float]) -> torch.optim.Adam:
        """Adam (Kingma & Ba 2015) at the run's learning rate, in one fused kernel."""
        return torch.optim.Adam(network.parameters(), lr=self.train.lr, betas=betas, eps=1e-8, fused=True)

    @abstractmethod
    def networks(self) -> dict[str, nn.Module]:
        """Everything a checkpoint must hold, by name."""

    @abstractmethod
    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """The optimizers, by the name of the network they train."""

    @abstractmethod
    def train_step(self, batch: Batch) -> dict[str, Tensor | float]:
        """Learn from one batch; return what to plot (scalars)."""

    def conclude(self, generator: Generator, images: Tensor) -> None:
        """Fit whatever must be fitted once the averaged `generator` stands (uint8 images [N, C, R, R]); nothing here."""
