"""The contract of a family: what a generator can do once trained, and what the training loop may ask of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from gan_core import parallel
from gan_core.config import ModelConfig, TrainConfig
from gan_core.device import Device
from gan_core.draws import PURPOSES, Draws, Share
from gan_core.models.directions import Direction


class Generator(nn.Module):
    """A trained model: latent numbers in, pictures out.

    Drawing a picture has two halves. `mapping` turns a draw z into a *code*, the space where moves and blends happen
    (z itself here; W in a style-based model); `synthesis` turns a code into a picture.
    """

    can_encode: ClassVar[bool] = False
    gaussian: ClassVar[bool] = True  # whether codes are N(0, 1), so that arcs between them make sense

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.found: dict[
            str, Tensor
        ] = {}  # finder -> directions [k, code_dim], one σ long; filled by latent.directions
        self.named: tuple[Direction, ...] = ()  # directions with a name, in the order in which to show them

    @property
    def directions(self) -> Tensor | None:
        """The directions of strongest change [k, code_dim], where they are known already."""
        return self.found.get("d")

    @directions.setter
    def directions(self, rows: Tensor | None) -> None:
        self.found = {} if rows is None else {"d": rows}

    @property
    def code_dim(self) -> int:
        """Length of a code."""
        return self.config.z_dim

    @property
    def num_ws(self) -> int:
        """How many layers a code steers one by one: it is so many vectors, end to end."""
        return self.count_ws(self.config)

    @classmethod
    def count_ws(cls, config: ModelConfig) -> int:
        """`num_ws` of the generator that a config describes, without building it. Raises StudioError for a size it cannot have."""
        return 1

    def mapping(self, z: Tensor, label_weights: Tensor | None) -> Tensor:
        """z [N, z_dim], weights of the classes [N, K] or None → code [N, code_dim], as drawn."""
        return z

    def truncate(self, code: Tensor, truncation: Tensor) -> Tensor:
        """Draw codes [N, code_dim] towards the average one: truncation [N], 1 = as they are, 0 = the average."""
        return code * truncation[:, None]

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        """Code [N, code_dim] → picture [N, C, H, W] in [−1, 1]."""
        raise NotImplementedError

    def forward(self, z: Tensor, label_weights: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(z, label_weights), label_weights)

    def axes(self) -> Tensor:
        """Where directions are sought: rows [d, code_dim], each one σ long and independent of the others."""
        return torch.eye(self.code_dim, device=next(self.parameters()).device)

    def affine(self) -> Tensor | None:
        """Weights [rows, code_dim / num_ws] by which each layer takes in its code, one after the other; None where that is not linear."""
        return None

    def encode(self, images: Tensor) -> Tensor:
        """Pictures [N, C, H, W] in [−1, 1] → codes [N, code_dim]; only where `can_encode`."""
        raise NotImplementedError

    @torch.inference_mode()
    def from_latent(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The network's raw float output [N, C, H, W], in its author's range, for the author's latents [N, z_dim] and class numbers [N]."""
        return self(*self.as_given(z, label))

    def as_given(self, z, label=None) -> tuple[Tensor, Tensor | None]:
        """Latents [N, …] and class numbers [N], arrays or tensors, as this network takes them: z [N, z_dim] and class weights."""
        device, classes, weights = next(self.parameters()).device, self.config.num_classes, None
        z = torch.as_tensor(z, device=device, dtype=torch.float32).flatten(1)
        if classes:
            label = torch.zeros(len(z), device=device) if label is None else torch.as_tensor(label, device=device)
            weights = nn.functional.one_hot(label.long().expand(len(z)), classes).to(z.dtype)
        return z, weights


@dataclass(frozen=True)
class Batch:
    """One step's material: images [N, C, R, R] in [−1, 1], class weights [N, K] or None, and where its randomness comes from.

    What is drawn is a function of the run's `seed` and the `step` alone, so that a resumed run draws what an uninterrupted
    one would; `share` says which pictures of the step's whole batch these are. `numbers` replaces what is drawn (models.recording).
    """

    images: Tensor
    labels: Tensor | None
    seed: int
    step: int
    share: Share
    numbers: Any = None

    def __len__(self):
        return len(self.images)

    def draws(self, purpose: str) -> Draws:
        """The step's random numbers for one of draws.PURPOSES; asked twice, it gives the same numbers again."""
        if self.numbers is not None:
            return self.numbers.reader(purpose)
        return Draws(self.images.device, self.share, self.seed, 2, self.step, PURPOSES.index(purpose))

    def split(self, parts: int) -> list["Batch"]:
        """The batch in so many equal parts (fewer where it does not divide), each with its own share of the numbers."""
        if parts == 1:
            return [self]
        cuts = [
            (share, slice(share.start - self.share.start, share.stop - self.share.start))
            for share in self.share.split(parts)
        ]
        return [
            replace(
                self, images=self.images[cut], labels=None if self.labels is None else self.labels[cut], share=share
            )
            for share, cut in cuts
        ]


class Family(ABC):
    """One kind of model in training: its networks, optimizers and training step. The loop never asks which one it runs."""

    Generator: ClassVar[type[Generator]]
    DEFAULTS: ClassVar[dict]  # TrainConfig fields this family chooses where the user did not
    conditional: ClassVar[bool] = False  # whether it can learn classes
    SIZES: ClassVar[dict[str, str]] = {
        "width": "width"
    }  # sizes in `ModelConfig.options` -> the TrainConfig field of each

    BASE: ClassVar[dict] = dict(
        lr_schedule="linear", lr_final=0.2, beta2=0.99, beta2_final=0.99, loss="relativistic", penalty="none", gamma_final=1.0,
        penalty_every=1, path_length=0.0, unroll=0, augmentation="none", augment=0.0, ada_target=0.6, beta=1.0, w_dim=64, mapping_layers=2, mixing=0.0,
    )  # fmt: skip

    def __init__(self, config: ModelConfig, train: TrainConfig, device: Device):
        self.config, self.train, self.device = config, train, device
        self.progress = 0.0  # share of the budget that is spent; set by the loop before each step
        self.caution = 1.0  # doubled each time the numbers ran away; likewise
        self.generator = self.place(self.Generator(config))

    @classmethod
    def defaults(cls) -> dict:
        """Every TrainConfig field that may be None, with this family's value."""
        return {**cls.BASE, **cls.DEFAULTS}

    @classmethod
    def options(cls, train: TrainConfig) -> dict:
        """The sizes that go into `ModelConfig.options`, from a config whose defaults are filled in."""
        return {option: getattr(train, name) for option, name in cls.SIZES.items()}

    @classmethod
    def sizes(cls, model: ModelConfig) -> dict:
        """The TrainConfig fields that give a generator of the sizes of `model`, where they can say it."""
        options = {name: model.options[option] for option, name in cls.SIZES.items() if option in model.options}
        return {"z_dim": model.z_dim, **options}

    def place(self, network: nn.Module) -> nn.Module:
        """Put a network where it trains, in the memory layout convolutions like."""
        return network.to(self.device.device, memory_format=torch.channels_last)

    def adam(self, network: nn.Module, beta1: float, lr: float | None = None) -> torch.optim.Adam:
        """Adam (Kingma & Ba 2015) with the run's β2 at `lr` (None: the run's), in one fused kernel; schedules scale `initial_lr`."""
        betas = (beta1, self.train.beta2)
        lr = lr or self.train.lr
        groups = [{"params": list(network.parameters()), "initial_lr": lr}]
        return torch.optim.Adam(groups, lr=lr, betas=betas, eps=1e-8, fused=True)

    def descend(self, name: str, clip: float | None = None) -> None:
        """Step the optimizer of the network called `name` along its gradients, averaged over all processes, and clear them.

        `clip` bounds the norm of the whole gradient.
        """
        optimizer, parameters = self.optimizers()[name], list(self.networks()[name].parameters())
        parallel.average_gradients(parameters)
        if clip is not None:
            nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def retune(self, train: TrainConfig) -> None:
        """Go on with other settings: those of training.settings.CHANGEABLE may differ."""
        self.train = train
        for optimizer in self.optimizers().values():
            for group in optimizer.param_groups:
                group["initial_lr"] = train.lr

    def adaptive(self) -> dict[str, float]:
        """Settings that have adapted themselves so far, for the checkpoint and the report; none here."""
        return {}

    def restore_adaptive(self, values: dict[str, float]) -> None:
        """Take back what `adaptive` gave."""

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
