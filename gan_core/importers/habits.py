"""What authors' code does where a weight file is silent, and the layouts whose habits are known by their names and kernels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gan_core.importers.chains import Joint

NAMES = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "normal": "normal",
    "uniform": "uniform in (−1, 1)",
}


@dataclass(frozen=True)
class Habits:
    """What the author's code does where the file is silent. `geometry` is (stride, padding[, output padding]) per kernel."""

    layout: str = ""
    hidden: str = "relu"
    slope: float = 0.2
    final: str = "tanh"
    latent: str = "normal"
    eps: float = 1e-5
    geometry: tuple[tuple[int, ...], ...] | None = None  # None: inferred
    mode: str = "nearest"
    silent: tuple[str, ...] = ()  # pieces that no activation follows, though their place suggests one


@dataclass(frozen=True)
class Known:
    """A layout that many files have: how its names look, its kernels, its habits."""

    names: str
    kernels: tuple[int, ...]
    habits: Habits


KNOWN = (
    Known(r"gen\.\d\.[01]", (3, 4, 3, 4), Habits("deeplearning.ai's DCGAN", geometry=((2, 0), (1, 0), (2, 0), (2, 0)))),
    Known(r"network\.\d+", (3, 3, 4, 4), Habits("the CryptoPunks GAN of Gradio's guide", geometry=((1, 0), (2, 1), (2, 0), (2, 1)))),
    Known(
        r"generator_deconv\.\d\.[01]", (4, 3, 4, 4, 4),
        Habits("fletchersarip93's face generator", hidden="leaky_relu", latent="uniform", silent=("generator_deconv.0.1",), geometry=((1, 0), (1, 1), (2, 1), (2, 1), (2, 1))),
    ),
)  # fmt: skip


def known_habits(chain: Sequence[Joint]) -> Habits | None:
    """The habits of a layout that is told by its names and kernels alone."""
    names = [j.piece.name for j in chain]
    kernels = tuple(j.piece.weight.shape[2] for j in chain if j.piece.kind == "kernel")
    for known in KNOWN:
        if known.kernels == kernels and all(re.fullmatch(known.names, name) for name in names):
            return known.habits
    return pytorch_dcgan(chain, kernels)


def pytorch_dcgan(chain: Sequence[Joint], kernels: tuple[int, ...]) -> Habits | None:
    """The PyTorch examples' DCGAN: 4×4 without biases at main.0, 3, 6 …, a BatchNorm after each but the last."""
    expected = [f"main.{3 * i + j}" for i in range(len(kernels)) for j in (0, 1)][:-1]
    plain = all(kernel == 4 for kernel in kernels) and all(
        j.op != "conv_transpose" or "bias" not in j.piece.tensors for j in chain
    )
    if (
        len(kernels) < 3
        or not plain
        or [j.piece.name for j in chain] != expected
        or any(j.op in ("conv", "linear") for j in chain)
    ):
        return None
    return Habits("the PyTorch examples' DCGAN", geometry=((1, 0), *[(2, 1)] * (len(kernels) - 1)))
