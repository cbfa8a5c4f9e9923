"""Several processes that train one model (torch.distributed); with one process everything here does nothing.

`torchrun --nproc_per_node=N` starts them and tells each its number by environment variables. Process 0 leads: it alone
decides what is done next (`tell`, `told`) and writes. Tensors on a GPU travel by NCCL, all others by gloo. BatchNorm sees
the statistics of each process's own share of a batch, and the running ones of the first are kept.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

import torch
from torch import Tensor
from torch import distributed as dist

from gan_core.errors import StudioError

PATIENCE = timedelta(minutes=2)  # how long a process waits for the others; one that died is noticed at once
_alone = False


def size() -> int:
    """How many processes share the work."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() and not _alone else 1


def rank() -> int:
    """This process's number; 0 leads."""
    return dist.get_rank() if size() > 1 else 0


# ---- joining and leaving


def device_name(wanted: str) -> str:
    """Which device this process takes when `wanted` was asked for: with several processes, a GPU of its own each.

    Raises StudioError when there are not enough of them, or when the device cannot be shared by processes.
    """
    ranks = int(os.environ.get("WORLD_SIZE", 1))
    if ranks == 1:
        return wanted
    here, gpus = int(os.environ.get("LOCAL_WORLD_SIZE", ranks)), torch.cuda.device_count()
    if wanted.startswith("cuda") or (wanted == "auto" and torch.cuda.is_available()):
        if here > gpus:
            raise StudioError(
                "train.gpus", "{ranks} processes need {ranks} GPUs, but there are {gpus} here. Start fewer, or add --device cpu.",
                ranks=here, gpus=gpus,
            )  # fmt: skip
        return f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
    if wanted not in ("auto", "cpu"):
        raise StudioError(
            "train.ranks_device", "Several processes can share a run on cuda or cpu, not on {name}.", name=wanted
        )
    return "cpu"


@contextlib.contextmanager
def joined(wanted: str) -> Iterator[None]:
    """Be one of the processes that torchrun started, on the device `wanted`, until the block ends.

    Raises StudioError, the same in every process, when they cannot work together.
    """
    ranks, name = int(os.environ.get("WORLD_SIZE", 1)), device_name(wanted)
    if ranks == 1:
        yield
        return
    backend = "gloo"
    if name.startswith("cuda"):
        torch.cuda.set_device(name)
        backend = "cpu:gloo,cuda:nccl"
    try:
        dist.init_process_group(backend, timeout=PATIENCE)
    except (RuntimeError, ValueError):
        raise StudioError(
            "train.ranks_start", "The {ranks} processes did not find each other. Start them together: torchrun --nproc_per_node={ranks} train_local.py",
            ranks=ranks,
        ) from None  # fmt: skip
    try:
        yield
    finally:
        leave()


def leave() -> None:
    """Go on alone: from now on nobody is waited for."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Act as if this were the only process, for something tried out that the others do not take part in."""
    global _alone
    _alone = True
    try:
        yield
    finally:
        _alone = False


# ---- what they do together


def mean(tensor: Tensor) -> Tensor:
    """The mean of a tensor over all processes, without gradients."""
    if size() == 1:
        return tensor.detach()
    total = tensor.detach().clone(memory_format=torch.contiguous_format)
    _together(dist.all_reduce, total)
    return total / size()


def largest(number: int) -> int:
    """The largest of the numbers that the processes bring."""
    if size() == 1:
        return number
    found = torch.tensor(number)
    _together(dist.all_reduce, found, dist.ReduceOp.MAX)
    return int(found)


def average_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Replace every gradient by its mean over all processes, in one message."""
    if size() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([g.reshape(-1) for g in gradients])
    _together(dist.all_reduce, flat)
    flat /= size()
    for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))


def align(tensors: Iterable[Tensor]) -> None:
    """Give every process the first one's values, in place."""
    for tensor in tensors if size() > 1 else ():
        values = tensor.detach().clone(memory_format=torch.contiguous_format)
        _together(dist.broadcast, values, 0)
        with torch.no_grad():
            tensor.copy_(values)


def tell(*numbers: float) -> None:
    """From the first process to all others, which wait for it in `told`."""
    if size() > 1:
        _together(dist.broadcast, torch.tensor(numbers, dtype=torch.float64), 0)


def told(count: int) -> list[float]:
    """What the first process tells next: `count` numbers."""
    numbers = torch.zeros(count, dtype=torch.float64)
    _together(dist.broadcast, numbers, 0)
    return numbers.tolist()


def _together(operation: Callable, *arguments) -> None:
    """Run a collective operation. Raises StudioError when another process is gone."""
    try:
        operation(*arguments)
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        raise StudioError(
            "train.rank_lost", "One of the {ranks} processes is gone, so the others stopped. Resume goes on from the last checkpoint.",
            ranks=dist.get_world_size(),
        ) from error  # fmt: skip
