"""Strides and paddings that a weight file does not tell: every way in which sizes come out whole, the most usual first."""

from collections.abc import Sequence
from dataclasses import dataclass

from gan_core.importers.chains import Joint

# kernel -> (stride, padding, output padding, how unusual), for a transposed convolution that does not begin at a single pixel
TRANSPOSED = {
    1: ((1, 0, 0, 0.0),),
    2: ((2, 0, 0, 0.0),),
    3: ((2, 1, 1, 0.0), (2, 1, 0, 0.9), (2, 0, 0, 1.3), (1, 1, 0, 0.8), (1, 0, 0, 1.8)),
    4: ((2, 1, 0, 0.0), (1, 0, 0, 1.6), (2, 0, 0, 1.6), (2, 2, 0, 2.2)),
    5: ((2, 2, 1, 0.0), (1, 2, 0, 0.8), (2, 2, 0, 1.2), (2, 0, 0, 1.8), (1, 0, 0, 1.8)),
    6: ((2, 2, 0, 0.0), (2, 0, 0, 1.6), (4, 1, 0, 1.8)),
    7: ((1, 3, 0, 0.4), (1, 0, 0, 0.6), (2, 3, 1, 0.8)),
    8: ((4, 2, 0, 0.2), (2, 3, 0, 0.6)),
}
SIDES = {
    8: 1.5,
    16: 0.6,
    24: 0.8,
    28: 0.4,
    32: 0.0,
    48: 0.8,
    56: 0.8,
    64: 0.0,
    96: 0.8,
    100: 1.0,
    112: 1.0,
    128: 0.0,
    256: 0.0,
    512: 0.0,
    1024: 0.0,
}
STRANGE_SIDE = 3.0
KEPT = 96  # partial ways kept on the search
LARGEST = 1024


@dataclass(frozen=True)
class Way:
    """One choice for every kernel: (stride, padding, output padding, whether the picture is doubled before); its cost; the sizes."""

    cost: float
    choices: tuple[tuple[int, int, int, bool], ...]
    sides: tuple[int, ...]


def ways(kernels: Sequence[Joint], start: int, free: Sequence[int | None], grey: bool) -> list[Way]:
    """Every sensible way from a picture of `start` pixels a side, cheapest first.

    `free` says for each kernel how many modules without weights stand before it in its nn.Sequential (None: not known).
    """
    growing = any(kernel.op == "conv_transpose" and kernel.piece.weight.shape[2] > 1 for kernel in kernels)
    found = [Way(0.0, (), (start,))]
    for kernel, before in zip(kernels, free, strict=True):
        found = [longer for way in found for longer in _longer(way, kernel, before, growing)]
        found = sorted(found, key=lambda way: way.cost)[:KEPT]
    ends = [Way(way.cost + _side_cost(way.sides[-1], grey), way.choices, way.sides) for way in found]
    return sorted((way for way in ends if way.sides[-1] >= 8), key=lambda way: way.cost)


def _longer(way: Way, kernel: Joint, free: int | None, growing: bool):
    side, size = way.sides[-1], kernel.piece.weight.shape[2]
    if kernel.op == "conv_transpose":
        options = (
            ((1, 0, 0, 0.0),)
            if side == 1
            else TRANSPOSED.get(size, ((2, size // 2 - 1, size % 2, 0.5), (1, size // 2, 0, 0.8)))
        )
        for stride, padding, output_padding, cost in options:
            after = (side - 1) * stride - 2 * padding + size + output_padding
            if 0 < after <= LARGEST:
                yield Way(
                    way.cost + cost, (*way.choices, (stride, padding, output_padding, False)), (*way.sides, after)
                )
        return
    for doubled in (False, True):
        after = (2 * side if doubled else side) + 2 * (size // 2) - size + 1
        if after <= LARGEST:
            cost = _doubling_cost(doubled, free, growing)
            yield Way(way.cost + cost, (*way.choices, (1, size // 2, 0, doubled)), (*way.sides, after))


def _doubling_cost(doubled: bool, free: int | None, growing: bool) -> float:
    """How unlikely it is that the picture is (or is not) doubled before a convolution."""
    if free is None:
        return {(True, True): 2.0, (False, True): 0.0, (True, False): 0.3, (False, False): 0.4}[doubled, growing]
    if free >= 2:
        return 0.0 if doubled else 1.5
    return (50.0 if free == 0 else 1.5) if doubled else 0.0


def _side_cost(side: int, grey: bool) -> float:
    return SIDES.get(side, STRANGE_SIDE) - (0.6 if grey and side == 28 else 0.0)
