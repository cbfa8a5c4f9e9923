"""Unrolled GAN (Metz et al. 2017): what a discriminator will be after k more updates, as a differentiable function of the generator.

The parameters are one flat vector here, so that an update is a handful of operations however many layers there are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

State = tuple[Tensor, ...]


@dataclass(frozen=True)
class Sgd:
    """θ ← θ − lr · g."""

    lr: float

    def begin(self, parameters: Tensor) -> State:
        """An optimizer's memory before its first update: none."""
        return ()

    def update(self, parameters: Tensor, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """One update; differentiable in everything it takes."""
        return parameters - self.lr * gradient, state


@dataclass(frozen=True)
class Adam:
    """Adam with bias correction (Kingma & Ba 2015, algorithm 1), as torch.optim.Adam computes it; `memory` (m, v, t) goes on from there."""

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    memory: State = ()

    def begin(self, parameters: Tensor) -> State:
        """(m, v, t) before the first update: `memory`, or zeros."""
        return self.memory or (torch.zeros_like(parameters), torch.zeros_like(parameters), parameters.new_zeros(()))

    def update(self, parameters: Tensor, gradient: Tensor, state: State) -> tuple[Tensor, State]:
        """One update; differentiable, also where a gradient has always been zero (a dead unit)."""
        m, v, t = state
        t = t + 1
        m = torch.lerp(m, gradient, 1 - self.beta1) if self.beta1 else gradient
        v = torch.lerp(v, gradient.square(), 1 - self.beta2)
        some = v > 0  # the slope of √v at 0 is infinite; nothing moves there
        root = torch.where(some, v, 1.0).sqrt() * some
        rate = self.lr * (1 - self.beta2**t).sqrt() / (1 - self.beta1**t)
        return parameters - rate * m / (root + self.eps * (1 - self.beta2**t).sqrt()), (m, v, t)


def unrolled(parameters: Tensor, loss: Callable[[Tensor], Tensor], rule: Sgd | Adam, steps: int) -> Tensor:
    """Parameters [P] after `steps` updates along the gradient of `loss`, keeping the way there for differentiation.

    θ⁰ = θ; θᵏ⁺¹ = rule(θᵏ, ∂loss/∂θᵏ): Metz et al. 2017, sec. 2.2. What `loss` depends on besides θ (the generator) gets
    its gradient through every update; θ itself gets none.
    """
    parameters = parameters.detach().requires_grad_()
    state = rule.begin(parameters)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(loss(parameters), parameters, create_graph=True)
        parameters, state = rule.update(parameters, gradient, state)
    return parameters


class Flat:
    """A network as a function of one vector of all its parameters; calling it leaves the network itself as it is."""

    def __init__(self, network: nn.Module):
        self.network = network
        self.names, self.own = zip(*network.named_parameters(), strict=True)
        self.shapes = [p.shape for p in self.own]
        self.sizes = [p.numel() for p in self.own]

    def parameters(self) -> Tensor:
        """The network's parameters now, end to end [P]."""
        return self.joined(self.own)

    def joined(self, tensors) -> Tensor:
        """One vector [P] of tensors that are shaped like the parameters, without gradients."""
        return torch.cat([t.detach().reshape(-1) for t in tensors])

    def __call__(self, parameters: Tensor, *inputs) -> Tensor:
        """The network's output with these parameters [P]."""
        parts = parameters.split(self.sizes)
        values = {n: p.view(shape) for n, p, shape in zip(self.names, parts, self.shapes, strict=True)}
        buffers = {n: b.clone() for n, b in self.network.named_buffers()}  # spectral normalization writes to its own
        return functional_call(self.network, {**values, **buffers}, inputs)

    def adam(self, optimizer: torch.optim.Adam) -> Adam:
        """The rule by which `optimizer`, an Adam over this network's parameters in one group, would go on."""
        (group,) = optimizer.param_groups
        states = [optimizer.state.get(p, {}) for p in self.own]
        steps = [state["step"] for state in states if state]
        memory: State = ()
        if steps:
            mean, square = (
                self.joined([state.get(key, torch.zeros_like(p)) for state, p in zip(states, self.own, strict=True)])
                for key in ("exp_avg", "exp_avg_sq")
            )
            memory = (mean, square, steps[0].to(mean.device, mean.dtype))
        return Adam(group["lr"], *group["betas"], group["eps"], memory)
