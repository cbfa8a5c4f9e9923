"""A small fully connected network as a function of one vector of parameters: quick to step, and to differentiate through steps."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import leaky_relu


def lrelu(x: Tensor) -> Tensor:
    """LeakyReLU with slope 0.2."""
    return leaky_relu(x, 0.2)


@dataclass(frozen=True)
class Mlp:
    """Layers of the given sizes, e.g. (2, 32, 32, 1), with `activation` between them."""

    sizes: tuple[int, ...]
    activation: Callable[[Tensor], Tensor] = lrelu

    def shapes(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of each layer."""
        return list(zip(self.sizes, self.sizes[1:], strict=False))

    def initial(self, source: torch.Generator, gain: float = 1.0) -> Tensor:
        """Parameters to begin with [P]: orthogonal weights (Saxe et al. 2014) times `gain`, biases zero."""
        parts = []
        for rows, columns in self.shapes():
            weight = torch.empty(rows, columns)
            torch.nn.init.orthogonal_(weight, gain, generator=source)
            parts += [weight.reshape(-1), torch.zeros(columns)]
        return torch.cat(parts)

    def __call__(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Outputs [n, sizes[-1]] for inputs [n, sizes[0]] with `parameters` [P]; all may have a dimension of runs in front."""
        shapes = self.shapes()
        parts = parameters.split([size for rows, columns in shapes for size in (rows * columns, columns)], -1)
        for i, shape in enumerate(shapes):
            x = x @ parts[2 * i].unflatten(-1, shape) + parts[2 * i + 1].unsqueeze(-2)
            if i < len(shapes) - 1:
                x = self.activation(x)
        return x
