"""What PyTorch and NumPy write into pickles, as bounded views of the file's own bytes: the calls a weight file may make."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import numpy as np
import torch
from torch import Tensor

from gan_core.importers.pickle_machine import Budget, Calls, Damaged, Forbidden, Inert, Name, put, read

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001  # torch.serialization: the format before zip files (torch < 1.6)
MAX_DIMENSIONS = 8
STORAGES = {
    "FloatStorage": torch.float32, "DoubleStorage": torch.float64, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32, "ShortStorage": torch.int16,
    "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip


class Storage:
    """Numbers of one type, end to end, where they lie in the file."""

    __slots__ = ("dtype", "numel", "data")

    def __init__(self, dtype: torch.dtype, numel: int):
        self.dtype, self.numel, self.data = dtype, numel, memoryview(b"")


@dataclass(frozen=True, slots=True)
class TensorView:
    """A tensor that is not made yet: a checked window of a storage."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def tensor(self) -> Tensor:
        """The numbers [size], in memory of their own. Raises Damaged when the window reaches beyond the storage."""
        storage, numel = self.storage, self.numel
        if numel == 0:
            return torch.empty(self.size, dtype=storage.dtype)
        end = self.offset + 1 + sum((n - 1) * step for n, step in zip(self.size, self.stride, strict=True))
        if end > storage.numel or numel > storage.numel:  # nor may it be larger than what lies behind it (stride 0)
            raise Damaged("a tensor that is larger than its numbers")
        width = storage.dtype.itemsize
        flat = torch.frombuffer(bytearray(storage.data[self.offset * width : end * width]), dtype=storage.dtype)
        return flat.as_strided(self.size, self.stride).contiguous()

    @property
    def numel(self) -> int:
        """How many numbers it shows."""
        return math.prod(self.size)


def tensor_view(storage, offset, size, stride, *_) -> TensorView:
    """torch._utils._rebuild_tensor_v2, without making the tensor."""
    numbers = (offset, *size, *stride)
    if not isinstance(storage, Storage) or not all(type(n) is int and 0 <= n < 1 << 40 for n in numbers):
        raise Damaged("a tensor without numbers")
    if len(size) != len(stride) or len(size) > MAX_DIMENSIONS:
        raise Forbidden("a tensor of very many dimensions")
    return TensorView(storage, offset, tuple(size), tuple(stride))


def legacy(data: bytes, calls: Calls, budget: Budget):
    """The object in a torch file of the format before zip, its storages being windows of `data`. Raises Damaged, Forbidden."""
    file, storages = BytesIO(data), {}

    def persistent(identity):
        kind, storage_type, key, _, numel, view = identity
        if kind != "storage" or not isinstance(storage_type, Name) or view is not None or not isinstance(key, str):
            raise Forbidden("a storage of an unknown kind")
        if type(numel) is not int or not 0 <= numel <= len(data):
            raise Damaged("a storage that is larger than the file")
        return storages.setdefault(key, Storage(STORAGES[storage_type.name], numel))

    if read(file, {}, budget) != MAGIC or read(file, {}, budget) != VERSION:
        raise Damaged("not a torch file")
    system = read(file, {}, budget)
    if not isinstance(system, dict) or system.get("little_endian") is False:
        raise Damaged("numbers of a machine of another kind")
    names = {("torch", name): _not_called for name in STORAGES}
    value = read(file, {**calls, **names}, budget, persistent)
    for key in read(file, {}, budget):
        storage = storages[key]
        size = storage.numel * storage.dtype.itemsize
        start = file.tell() + 8
        storage.data = memoryview(data)[start : start + size]
        if int.from_bytes(data[start - 8 : start], "little") != storage.numel or len(storage.data) != size:
            raise Damaged("a storage that ends too early")
        file.seek(start + size)
    return value


def _not_called(*_):
    raise Forbidden("a call of a storage's type")


def _storage(budget: Budget, data) -> Storage:
    """torch.storage._load_from_bytes. What is inside is read by the same rules; a zip there could unpack to any size."""
    if not isinstance(data, bytes):
        raise Damaged("a storage that is no bytes")
    if data[:2] == b"PK":
        raise Forbidden("a zip file inside a pickle")
    value = legacy(data, {}, budget)
    if not isinstance(value, Storage):
        raise Damaged("a storage that is none")
    return value


# ---- NumPy


class DType(Inert):
    """A NumPy number type; its state says in which order the bytes stand."""

    def __init__(self, code):
        if not (
            isinstance(code, str) and code in {"f2", "f4", "f8", "b1", *(f"{k}{n}" for k in "iu" for n in (1, 2, 4, 8))}
        ):
            raise Forbidden("an unknown type of numbers")
        super().__init__("dtype", np.dtype(code))

    def build(self, state) -> None:
        if not (isinstance(state, tuple) and len(state) > 1 and state[1] in ("<", ">", "|", "=")):
            raise Damaged("an unknown order of bytes")
        self.state = self.state.newbyteorder(state[1])


class Array(Inert):
    """A NumPy array, given its numbers by its state (version, shape, dtype, is_fortran, bytes)."""

    def __init__(self, *_):
        super().__init__("array", np.zeros(0))

    def build(self, state) -> None:
        _, shape, dtype, fortran, data = state
        self.state = numbers(data, dtype, shape, "F" if fortran else "C")


def numbers(data, dtype, shape, order="C") -> np.ndarray:
    """Bytes as a NumPy array of just that many numbers. Raises Damaged."""
    data = data.encode("latin-1") if isinstance(data, str) else data  # written by Python 2
    if not (isinstance(data, bytes) and isinstance(dtype, DType) and isinstance(shape, tuple)):
        raise Damaged("an array without numbers")
    if not all(type(n) is int and n >= 0 for n in shape) or len(shape) > MAX_DIMENSIONS:
        raise Damaged("an array of an impossible size")
    if math.prod(shape) * dtype.state.itemsize != len(data):
        raise Damaged("an array that is larger than its numbers")
    return np.frombuffer(data, dtype.state).reshape(shape, order="F" if order == "F" else "C")


def _from_buffer(data, dtype, shape, order) -> Array:
    array = Array()
    array.state = numbers(data, dtype, shape, order)
    return array


# ---- the table


def _ordered(items=()) -> dict:
    return put({}, [part for pair in items for part in _pair(pair)])


def _pair(pair):
    if not (isinstance(pair, list | tuple) and len(pair) == 2):
        raise Damaged("an item without key or value")
    return pair


def _listed(items=()) -> list:
    if not isinstance(items, list | tuple):
        raise Damaged("a set of what is no list")
    return list(items)


def _encoded(text, encoding) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise Forbidden("an unknown encoding")
    return text.encode("latin-1")


def _first(value, *_):
    return value


def _both(prefixes: tuple[str, ...], suffix: str, name: str, function: Callable) -> dict:
    return {(prefix + suffix, name): function for prefix in prefixes}


def calls(budget: Budget) -> dict[tuple[str, str], Callable]:
    """The globals of weight files, each with what it does here."""
    return _CALLS | {("torch.storage", "_load_from_bytes"): partial(_storage, budget)}


_CALLS: dict[tuple[str, str], Callable] = {
    ("collections", "OrderedDict"): _ordered,
    ("_codecs", "encode"): _encoded,
    ("torch._utils", "_rebuild_tensor"): tensor_view,
    ("torch._utils", "_rebuild_tensor_v2"): tensor_view,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch", "Size"): _first,
    ("numpy", "dtype"): lambda code, *_: DType(code),
    ("numpy", "ndarray"): _not_called,
    **_both(("builtins", "__builtin__"), "", "set", _listed),
    **_both(("builtins", "__builtin__"), "", "frozenset", _listed),
    **_both(("numpy.core", "numpy._core"), ".multiarray", "_reconstruct", Array),
    **_both(("numpy.core", "numpy._core"), ".multiarray", "scalar", lambda kind, data: numbers(data, kind, ()).item()),
    **_both(("numpy.core", "numpy._core"), ".numeric", "_frombuffer", _from_buffer),
}  # fmt: skip
