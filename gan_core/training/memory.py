"""When memory runs out, a step's batch is taken in more parts, one after the other, instead of the run ending.

A step that ran out of memory half-way has already changed weights and running statistics, so it is taken again from the
last checkpoint, the one whole state there is. The first step is the dearest (every penalty that is taken now and then is
taken in it) and a checkpoint lies right before it: the number of parts is found there and nothing is lost, which makes a
probe before the run needless. Several processes cannot go back when only one of them ran out, since the others wait for
it in the middle of the step; so they do probe, each for itself, and go by the one that needs most parts.
"""

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import torch

from gan_core import parallel
from gan_core.errors import StudioError
from gan_core.models.base import Batch, Family

SAYINGS = ("out of memory", "can't allocate memory", "not enough memory", "ALLOC_FAILED")  # of CUDA, MPS, CPU, cuDNN

LOST = ("CUDA error", "CUBLAS_STATUS", "cuDNN error", "CUDNN_STATUS", "HIP error", "MPS backend")


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on any device."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(saying in str(error) for saying in SAYINGS)


def device_lost(error: BaseException) -> bool:
    """Whether an error means that a graphics card broke off what it did; its process can hardly use it again."""
    if isinstance(error, getattr(torch, "AcceleratorError", ())):
        return True
    return isinstance(error, RuntimeError) and any(saying in str(error) for saying in LOST)


def take_in_parts(family: Family, parts: int) -> None:
    """Let a family take every batch from now on in so many parts, and forget a step that broke off."""
    family.train = replace(family.train, accumulate=parts)
    for network in family.networks().values():
        network.requires_grad_(True).zero_grad(set_to_none=True)


def give_back() -> None:
    """Give back the memory of a step that broke off, or of what else is not needed any more."""
    gc.collect()  # its graphs may hang in cycles
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def more_parts(batch: Batch, parts: int) -> int:
    """At least twice as many parts as `parts` gave. Raises StudioError when each was a single picture."""
    pictures, now = len(batch), len(batch.share.split(parts))
    if now == pictures:
        raise too_little()
    return next(n for n in range(2 * now, pictures + 1) if pictures % n == 0)


def fitting(build: Callable[[], Family], batch: Batch, parts: int) -> int:
    """How many parts, `parts` or more, a batch must be taken in: tried with a step of a family that is then thrown away."""
    while True:
        family = build()
        take_in_parts(family, parts)
        try:
            with parallel.alone():
                family.train_step(batch)
            return parts
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        del family
        give_back()
        parts = more_parts(batch, parts)


def too_little() -> StudioError:
    """The sentence for a machine that this run does not fit."""
    return StudioError(
        "train.no_memory",
        "Memory is too small for this run. Choose a smaller size or width, fewer pictures (--limit), or close other programs.",
    )


def in_use(device: torch.device) -> dict[str, int]:
    """{memory, memory_total}: bytes that this process takes of the device's memory (the machine's, on the CPU); {} where unknown."""
    with contextlib.suppress(OSError, ValueError, AttributeError, RuntimeError):
        if device.type == "cuda":
            return {"memory": torch.cuda.memory_reserved(device), "memory_total": torch.cuda.mem_get_info(device)[1]}
        page = os.sysconf("SC_PAGE_SIZE")
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {"memory": pages * page, "memory_total": os.sysconf("SC_PHYS_PAGES") * page}
    return {}


@contextlib.contextmanager
def said_in_words() -> Iterator[None]:
    """Turn memory that runs out outside of a step (pictures, weights, samples), and a lost graphics card, into a StudioError."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            raise too_little() from error
        if device_lost(error):
            raise StudioError(
                "train.device_lost",
                "The graphics card stopped answering. The training can be resumed from its last checkpoint.",
            ) from error
        raise
