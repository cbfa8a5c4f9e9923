"""Plain generators: fully connected ones and stacks of (transposed) convolutions, known ones by their habits, others inferred."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gan_core.errors import StudioError
from gan_core.importers.chains import (
    CHANNELS,
    Joint,
    Piece,
    Step,
    bare,
    candidate,
    joints,
    layer_of,
    orders,
    picture_shape,
    pieces,
)
from gan_core.importers.contents import Candidate, Contents
from gan_core.importers.geometry import Way, ways
from gan_core.importers.habits import NAMES, Habits, known_habits

MOST = 6  # candidates shown


def read(contents: Contents) -> list[Candidate]:
    """Candidates for a plain network; [] when the tensors are of another kind. Raises StudioError for a discriminator."""
    found = pieces(contents.tensors)
    if not found or any(piece.kind == "embedding" for piece in found):
        return []
    refuse_discriminator(contents, found)
    chain = next((chain for order in orders(found) if (chain := joints(order))), None)
    if chain is None or chain[-1].op not in ("linear", "conv", "conv_transpose"):
        return []
    return mlp(contents, chain) if all(j.op in ("linear", "norm", "prelu") for j in chain) else stack(contents, chain)


def mlp(contents: Contents, chain: Sequence[Joint]) -> list[Candidate]:
    """Candidates for a fully connected generator."""
    shape = picture_shape(chain[-1].outputs)
    if shape is None or shape[1] < 8:
        return []
    # PyTorch-GAN's blocks: the first without BatchNorm, each later one with ε = 0.8 (an argument that took its place)
    pytorch_gan = [j.piece.name for j in chain][:4] == ["model.0", "model.2", "model.3", "model.5"] and chain[
        2
    ].op == "norm"
    first = Habits("PyTorch-GAN's GAN", hidden="leaky_relu", eps=0.8) if pytorch_gan else Habits()
    found = []
    for habits in _variations(first, chain):
        steps = [
            *chained(chain, habits, None),
            bare(habits.final),
            bare("reshape", shape=[shape[0], shape[1], shape[1]]),
        ]
        found.append(_made(contents, chain, steps, shape, habits, sure=pytorch_gan and habits == first))
    return found[:1] if found[0].sure else found[:MOST]


def stack(contents: Contents, chain: Sequence[Joint], habits: Habits | None = None, **said) -> list[Candidate]:
    """Candidates for a stack of convolutions, from z itself or from a linear layer's numbers put into a small picture."""
    channels = chain[-1].outputs
    if channels not in CHANNELS:
        return []
    known = habits or known_habits(chain)
    start = _start(chain)
    kernels = [j for j in chain if j.op in ("conv", "conv_transpose")]
    free = [_free(chain, chain.index(j)) for j in kernels]
    found, seen = [], []
    routes = ways(kernels, start, free, channels == 1)
    if declared := declared_side(contents):
        routes = [way for way in routes if way.sides[-1] == declared] or routes
    if known is not None and known.geometry:
        routes = [_fixed(kernels, start, known.geometry)]
    for order, way in enumerate(routes[:3]):
        for variation in _variations(known or Habits(), chain) if order == 0 else [known or Habits()]:
            steps = [*chained(chain, variation, way), bare(variation.final)]
            if steps in seen or way.sides[-1] > 1024:
                continue
            seen.append(steps)
            sure = known is not None and known.geometry is not None and variation == known and order == 0
            found.append(_made(contents, chain, steps, (channels, way.sides[-1]), variation, sure, way, **said))
    if found and found[0].sure:
        return found[:1]
    return _reordered(found)[:MOST]


def declared_side(contents: Contents) -> int | None:
    """Pixels a side that the settings beside a file name; None where they name none."""
    for name in (
        "image_size",
        "img_size",
        "imsize",
        "im_size",
        "resolution",
        "sample_size",
        "input_dim",
        "input_shape",
    ):
        said = contents.settings.get(name)
        said = said[-1] if isinstance(said, list) and said else said
        if type(said) is int and 8 <= said <= 1024:
            return said
    return None


def _reordered(found: list[Candidate]) -> list[Candidate]:
    """The likeliest first, then other sizes (which show at once), then other activations."""
    if not found:
        return []
    others = [one for one in found[1:] if one.config.resolution != found[0].config.resolution]
    return [found[0], *others, *[one for one in found[1:] if one not in others]] if len(others) < 3 else found


def _fixed(kernels: Sequence[Joint], start: int, geometry: Sequence[tuple[int, ...]]) -> Way:
    choices = [(stride, padding, more[0] if more else 0, False) for stride, padding, *more in geometry]
    sides = [start]
    for joint, (stride, padding, output_padding, _) in zip(kernels, choices, strict=True):
        size, side = joint.piece.weight.shape[2], sides[-1]
        grown = (side - 1) * stride - 2 * padding + size + output_padding
        sides.append(grown if joint.op == "conv_transpose" else (side + 2 * padding - size) // stride + 1)
    return Way(0.0, tuple(choices), tuple(sides))


def _start(chain: Sequence[Joint]) -> int:
    """Pixels a side before the first kernel: one, or what a linear layer's numbers are put into."""
    width = None
    for joint in chain:
        if joint.op == "linear":
            width = joint.outputs
        elif width is not None and joint.inputs != width:
            return round((width // joint.inputs) ** 0.5)
        elif joint.op in ("conv", "conv_transpose"):
            break
    return 1


def _free(chain: Sequence[Joint], index: int) -> int | None:
    """How many modules without weights stand right before a joint; None where its name does not tell."""
    if index == 0:
        return 0
    before, here = chain[index - 1].piece, chain[index].piece
    same = before.name.rpartition(".")[0] == here.name.rpartition(".")[0]
    if not same or before.index is None or here.index is None:
        return None
    return max(here.index - before.index - 1, 0)


def chained(chain: Sequence[Joint], habits: Habits, way: Way | None) -> list[Step]:
    """The layers of a chain with everything put between them; what comes after the last is left to the caller."""
    steps, kernel, width = [], 0, None
    flat = True
    for index, joint in enumerate(chain):
        doubled, geometry = False, {}
        if joint.op in ("conv", "conv_transpose"):
            stride, padding, output_padding, doubled = way.choices[kernel]
            geometry = {"stride": stride, "padding": padding}
            if joint.op == "conv_transpose":
                geometry["output_padding"] = output_padding
            kernel += 1
        if index and _active(chain, index) and chain[index - 1].piece.name not in habits.silent:
            steps.append(_activation(habits))
        if flat and (
            joint.op in ("conv", "conv_transpose")
            or (joint.op == "norm" and width is not None and joint.inputs != width)
        ):
            if width is not None:
                side = way.sides[0]
                steps.append(bare("reshape", shape=[width // side**2, side, side]))
            flat = False
        if doubled:
            steps.append(bare("upsample", factor=2, mode=habits.mode))
        steps.append(layer_of(joint, habits.eps, flat, **geometry))
        width = joint.outputs if joint.op == "linear" else width
    return steps


def _active(chain: Sequence[Joint], index: int) -> bool:
    """Whether an activation stands before a joint: where modules without weights are counted, by that; else after each norm."""
    before, here, free = chain[index - 1], chain[index], _free(chain, index)
    if "prelu" in (before.op, here.op):
        return False
    if free is not None:
        return free > 0
    return before.op == "norm" or here.op != "norm"


def _activation(habits: Habits) -> Step:
    return bare("leaky_relu", slope=habits.slope) if habits.hidden == "leaky_relu" else bare(habits.hidden)


def _variations(first: Habits, chain: Sequence[Joint]) -> Iterator[Habits]:
    """What the file leaves open, one thing changed at a time."""
    yield first
    yield replace(first, hidden="leaky_relu" if first.hidden == "relu" else "relu", layout="")
    yield replace(first, final="sigmoid" if first.final == "tanh" else "tanh", layout="")
    yield replace(first, latent="uniform" if first.latent == "normal" else "normal", layout="")
    if (
        any("running_mean" in j.piece.tensors for j in chain)
        and first.eps == 1e-5
        and any(j.op != "conv_transpose" for j in chain)
    ):
        yield replace(first, eps=0.8, hidden="leaky_relu", layout="")


def _made(contents, chain, steps, shape, habits: Habits, sure: bool, way: Way | None = None, **said) -> Candidate:
    assumed = [("layout", habits.layout)] if habits.layout else []
    if not sure:
        assumed += [("hidden", NAMES[habits.hidden]), ("final", NAMES[habits.final]), ("latent", NAMES[habits.latent])]
        if way is not None:
            assumed.append(("sizes", " → ".join(map(str, dict.fromkeys(way.sides)))))
        if habits.eps != 1e-5:
            assumed.append(("eps", f"{habits.eps:g}"))
    z_dim = said.pop("z_dim", chain[0].inputs)
    return candidate(contents, steps, z_dim, shape, tuple(assumed), sure, latent=habits.latent, **said)


def refuse_discriminator(contents: Contents, found: Sequence[Piece]) -> None:
    """Raise StudioError when the pieces make one number, or features, of a picture."""
    weights = [piece for piece in found if piece.kind in ("linear", "kernel")]
    if not weights:
        return
    first, last = weights[0].weight, weights[-1].weight
    judges = last.ndim == 2 and last.shape[0] == 1
    narrows = (
        first.ndim == 4
        and first.shape[1] in CHANNELS
        and last.ndim == 4
        and last.shape[0] == 1
        and first.shape[0] not in CHANNELS
    )
    wide = last.shape[1] >= first.shape[0]
    if judges or (narrows and wide and len(weights) > 2):
        raise StudioError(
            "import.discriminator", "{file} is a discriminator: it judges pictures and cannot draw any. Look for the generator's file (often called G, netG or generator).",
            file=contents.path.name,
        )  # fmt: skip
