"""A training step's halves, recorded once and then replayed: on CUDA as graphs, which spare the time of launching each kernel.

A recording repeats the same operations on the same memory. So what changes from step to step lies in tensors that are
refilled before each replay (pictures, classes, drawn numbers, the penalty's weight), and what Python decides (is a penalty due, how
strong is the augmentation) chooses among recordings. Optimizers, averages over processes and the averaged model stay outside.
Source: PyTorch's notes on CUDA semantics, "CUDA Graphs".
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from gan_core.draws import Draws
from gan_core.errors import StudioError
from gan_core.models.base import Batch

WARM_UPS = 3  # steps before recording, in which libraries choose their kernels and allocate

Half = Callable[[Sequence[Batch], float | Tensor], Any]  # (parts of the batch, the penalty's weight) -> tensors


class Recorder(Protocol):
    """How work is recorded: `CudaGraphs`, or anything else that can repeat operations on the same memory."""

    def warm_up(self, work: Callable[[], None]) -> None:
        """Do work that recording must not be the first to do."""

    def record(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        """Return what `work` returns, and a function that computes it anew in the same memory. Need not compute it yet."""


class CudaGraphs:
    """Records work as CUDA graphs that share their memory, so that a later one may read what an earlier one keeps."""

    def __init__(self):
        self._pool = torch.cuda.graph_pool_handle()

    def warm_up(self, work: Callable[[], None]) -> None:
        """Do the work on a stream of its own, as recording will."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            work()
        torch.cuda.current_stream().wait_stream(stream)

    def record(self, work: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        """Capture the work, without doing it."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            result = work()
        return result, graph.replay


class Numbers:
    """What a recorded step draws: the same tensors at every step, filled with what that step's own batch draws."""

    def __init__(self, batch: Batch):
        self._batch, self._drawn = batch, {}  # purpose -> [(kind, shape, tensor)] in the order of asking

    def reader(self, purpose: str) -> "Reader":
        """In place of `Draws`."""
        return Reader(self._batch.draws(purpose), self._drawn.setdefault(purpose, []))

    def refill(self, batch: Batch) -> None:
        """Put in what another step's batch draws."""
        self._batch = batch
        for purpose, drawn in self._drawn.items():
            draws = batch.draws(purpose)
            for kind, shape, tensor in drawn:
                tensor.copy_(getattr(draws, kind)(*shape))


class Reader:
    """Gives the numbers of one purpose from their beginning; those asked for the first time are drawn and kept."""

    def __init__(self, draws: Draws, kept: list[tuple[str, tuple[int, ...], Tensor]]):
        self._draws, self._kept, self._next = draws, kept, 0

    def uniform(self, *shape: int) -> Tensor:
        """As `Draws.uniform`."""
        return self._number("uniform", shape)

    def normal(self, *shape: int) -> Tensor:
        """As `Draws.normal`."""
        return self._number("normal", shape)

    def _number(self, kind: str, shape: tuple[int, ...]) -> Tensor:
        if self._next == len(self._kept):
            self._kept.append((kind, shape, getattr(self._draws, kind)(*shape)))
        known_kind, known_shape, tensor = self._kept[self._next]
        if (known_kind, known_shape) != (kind, shape):
            raise RuntimeError(f"A recorded step drew {known_kind} {known_shape} and now asks for {kind} {shape}.")
        self._next += 1
        return tensor


class Recording:
    """One kind of step: two halves, each recorded when first asked for, and the memory that they read.

    `networks` are what the halves change: their buffers are as before after the warm-up, and their gradients are None
    whenever a half begins.
    """

    def __init__(self, batch: Batch, halves: Sequence[Half], networks: Sequence[nn.Module], recorder: Recorder):
        self._numbers = Numbers(batch)
        labels = None if batch.labels is None else batch.labels.clone()
        self._batch = replace(batch, images=batch.images.clone(), labels=labels, numbers=self._numbers)
        self._weight = torch.ones((), device=batch.images.device)
        self._halves, self._networks, self._recorder = halves, networks, recorder
        self._recorded: dict[int, tuple] = {}
        self._saying_why(lambda: recorder.warm_up(self._try))

    def take(self, batch: Batch, weight: float) -> None:
        """Lay in what the next step reads: the batch and the penalty's weight."""
        self._batch.images.copy_(batch.images)
        if batch.labels is not None:
            self._batch.labels.copy_(batch.labels)
        self._weight.fill_(weight)
        self._numbers.refill(batch)

    def half(self, which: int) -> Any:
        """Do one half of the step that was laid in: leaves its gradients, returns what it returns (valid until it is done again)."""
        if which not in self._recorded:
            result, again = self._saying_why(lambda: self._recorder.record(lambda: self._do(which)))
            gradients = [(p, p.grad) for p in self._parameters() if p.grad is not None]
            self._recorded[which] = result, again, gradients
        result, again, gradients = self._recorded[which]
        again()
        for parameter, gradient in gradients:
            parameter.grad = gradient
        return result

    def _do(self, which: int) -> Any:
        return self._halves[which]([self._batch], self._weight)

    def _try(self) -> None:
        """Do both halves a few times, leaving no trace in the networks."""
        buffers = [buffer for network in self._networks for buffer in network.buffers()]
        before = [buffer.clone() for buffer in buffers]
        for _ in range(WARM_UPS):
            for which in range(len(self._halves)):
                self._do(which)
            for parameter in self._parameters():
                parameter.grad = None
        with torch.no_grad():
            for buffer, value in zip(buffers, before, strict=True):
                buffer.copy_(value)

    def _parameters(self):
        return (parameter for network in self._networks for parameter in network.parameters())

    def _saying_why(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            raise StudioError(
                "train.no_graph", "This training step cannot be recorded ({why}). Start without --cuda-graphs.",
                why=str(error).splitlines()[0][:200],
            ) from error  # fmt: skip
