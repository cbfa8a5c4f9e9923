"""Several processes that train one model (torch.distributed); with one process everything here does nothing."""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch import distributed as dist


def size() -> int:
    """How many processes share the work."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """This process's number; 0 writes the run folder."""
    return dist.get_rank() if size() > 1 else 0


def mean(tensor: Tensor) -> Tensor:
    """The mean of a tensor over all processes, without gradients."""
    if size() == 1:
        return tensor.detach()
    total = tensor.detach().clone()
    dist.all_reduce(total)
    return total / size()


def average_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Replace every gradient by its mean over all processes, in one message."""
    if size() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients])
    dist.all_reduce(flat)
    flat /= size()
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
