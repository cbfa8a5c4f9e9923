"""Reads the official StyleGAN2-ADA / StyleGAN3 `.pkl`: tensors and constructor arguments, without running the code inside."""

import mmap
from collections.abc import Iterator
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.importers.contents import Contents
from gan_core.importers.pickle_machine import Budget, Damaged, Forbidden, Inert, read
from gan_core.importers.pickle_tensors import Array, TensorView, calls
from gan_core.importers.torch_files import truncated

MAX_DEPTH = 16  # modules inside modules, and settings inside settings
MAX_ENTRIES = 200_000  # of all modules' tables together
MAX_NAME = 200
PASSING = "_non_persistent_buffers_set"
MAX_SETTINGS = 20_000
GENERATORS = ("G_ema", "Gs", "G")  # by preference: the averaged weights draw better


class Network(Inert):
    """A module of the file: class name, and the state that PyTorch keeps in its __dict__."""

    def __init__(self, meta):
        if not isinstance(meta, dict) or not isinstance(meta.get("state"), dict):
            raise Damaged("a network without a state")
        name = meta.get("class_name")
        super().__init__(name[:80] if isinstance(name, str) else "?", meta["state"])


class TensorFlowNetwork(Inert):
    """A network of the first StyleGANs, which are TensorFlow graphs in source code."""

    def __init__(self, *_):
        super().__init__("tensorflow")


def read_official(path: Path) -> Contents:
    """The averaged generator of a `.pkl` written by the official StyleGAN2-ADA or StyleGAN3 code (or a fork with its layout).

    `layout` is "official", `tensors` its state dict, `settings` {"class_name", "init_kwargs", "attributes": {module's dotted
    name: its plain attributes}, "training_set"}; all without running or importing anything of the file. Memory: about twice the
    file's size. Raises StudioError saying why it cannot be had and what would help.
    """
    path = Path(path)
    try:
        whole = _unpickled(path)
        name, network = _generator(path, whole)
        views = dict(_tensors(network))
        if sum(view.numel * view.storage.dtype.itemsize for view in views.values()) > path.stat().st_size:
            raise Damaged("more numbers than the file has")
        tensors = {key: view.tensor() for key, view in views.items()}
        settings = {"class_name": network.kind, "found_as": name} | _settings(network, whole)
    except Forbidden as refused:
        raise StudioError(
            "pickle.code", "{file} asks for “{name}”, which no weights need, so it was not opened and nothing in it was run. "
            "Ask its author for a .safetensors file.", file=path.name, name=str(refused),
        ) from None  # fmt: skip
    except (Damaged, OSError, ValueError, RuntimeError, MemoryError) as error:
        if isinstance(error, StudioError):
            raise
        raise truncated(path) from None
    return Contents(path, tensors, settings, "official")


def _unpickled(path: Path):
    """Everything in the file as plain values. Raises Damaged, Forbidden, StudioError, OSError."""
    size = path.stat().st_size
    if not size:
        raise Damaged("empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        budget = Budget(size)
        return read(data, calls(budget) | _NETWORKS, budget)


_NETWORKS = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): Network,
    ("dnnlib.util", "EasyDict"): lambda items=(): dict(items) if isinstance(items, dict) else {},
    ("dnnlib.tflib.network", "Network"): TensorFlowNetwork,
}  # fmt: skip


def _generator(path: Path, whole) -> tuple[str, Network]:
    """(where it stood, the network). Raises StudioError when there is none."""
    parts = (
        whole
        if isinstance(whole, dict)
        else dict(enumerate(whole[:8]))
        if isinstance(whole, list | tuple)
        else {0: whole}
    )
    if any(isinstance(part, TensorFlowNetwork) for part in parts.values()):
        raise StudioError(
            "pickle.tensorflow", "{file} was made by a StyleGAN for TensorFlow. NVIDIA's legacy.py (in the StyleGAN3 code) turns it into a "
            ".pkl for PyTorch, which opens here.", file=path.name,
        )  # fmt: skip
    networks = {str(name)[:MAX_NAME]: part for name, part in parts.items() if isinstance(part, Network)}
    for name in GENERATORS:
        if name in networks:
            return name, networks[name]
    for name, network in networks.items():
        if "Generator" in network.kind:
            return name, network
    if networks:
        raise StudioError(
            "pickle.discriminator", "{file} holds no generator, only {kinds}, and pictures are drawn by a generator. Look for a file "
            "with “G_ema” in it.", file=path.name, kinds=", ".join(sorted({n.kind for n in networks.values()}))[:200],
        )  # fmt: skip
    raise StudioError(
        "pickle.other", "{file} is a pickle, but not of a StyleGAN network. Ask its author for the weights alone, as .safetensors.",
        file=path.name,
    )  # fmt: skip


def _modules(network: Network) -> Iterator[tuple[str, dict]]:
    """(dotted name, state) of the network and every module in it. Raises Damaged for what no file needs."""
    waiting, entries = [("", network, 0)], 0
    while waiting:
        name, module, depth = waiting.pop()
        children, passing = _table(module.state, "_modules"), module.state.get(PASSING)
        # parts may be shared, so what counts is how often they are looked at
        entries += 1 + len(module.state) + len(children) + (len(passing) if isinstance(passing, list) else 0)
        entries += len(_table(module.state, "_parameters")) + len(_table(module.state, "_buffers"))
        if depth > MAX_DEPTH or entries > MAX_ENTRIES:
            raise Damaged("modules without end")
        yield name, module.state
        for part, child in children.items():
            if isinstance(child, Network):
                waiting.append((f"{name}.{part}" if name else part, child, depth + 1))


def _tensors(network: Network) -> Iterator[tuple[str, TensorView]]:
    """The state dict, not yet made: parameters and buffers, but for those that PyTorch would not save."""
    for prefix, state in _modules(network):
        listed = state.get(PASSING)
        passing = {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else ()
        for kind in ("_parameters", "_buffers"):
            for name, view in _table(state, kind).items():
                if isinstance(view, TensorView) and name not in passing:
                    yield f"{prefix}.{name}" if prefix else name, view


def _table(state: dict, name: str) -> dict[str, object]:
    """A table of PyTorch's in a module's state, without keys that are no names."""
    found = state.get(name)
    items = found.items() if isinstance(found, dict) else ()
    return {key: value for key, value in items if isinstance(key, str) and len(key) <= MAX_NAME}


def _settings(network: Network, whole) -> dict:
    """Constructor arguments, plain attributes of each module, and what the file says of its pictures; JSON-like."""
    count = [MAX_SETTINGS]
    attributes = {}
    for name, state in _modules(network):
        own = {key: value for key, value in state.items() if isinstance(key, str) and not key.startswith("_")}
        attributes[name] = plain(own, count)
    training = whole.get("training_set_kwargs") if isinstance(whole, dict) else None
    return {
        "init_kwargs": plain(network.state.get("_init_kwargs") or {}, count),
        "attributes": attributes,
        "training_set": plain(training or {}, count),
    }


def plain(value, count: list[int], depth: int = 0):
    """A value of the file as JSON has it; what JSON has not is left out (None). Raises Damaged where it has no end."""
    count[0] -= 1
    if depth > MAX_DEPTH or count[0] < 0:
        raise Damaged("settings without end")
    if isinstance(value, dict):
        return {key[:MAX_NAME]: plain(item, count, depth + 1) for key, item in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple):
        return [plain(item, count, depth + 1) for item in value]
    if isinstance(value, Array):
        return plain(value.state.tolist(), count, depth + 1) if value.state.size <= 64 else None
    if isinstance(value, str):
        return value[:2000]
    return value if value is None or isinstance(value, bool | int | float) else None
