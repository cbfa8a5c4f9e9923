"""Variational autoencoders: the PyTorch examples' (fc1, fc21, fc22, fc3, fc4) and pythae's folders, with their encoders."""

from gan_core.importers.chains import Step, bare, candidate, joints, orders, picture_shape, pieces
from gan_core.importers.contents import Candidate, Contents
from gan_core.importers.habits import NAMES, Habits
from gan_core.importers.stacks import chained, stack

EXAMPLE = {"fc1", "fc21", "fc22", "fc3", "fc4"}
DECODERS = {  # kernels of pythae's own convolutional decoders (MNIST, CelebA, CIFAR) -> stride, padding, output padding
    (3, 3, 3): ((2, 1, 0), (2, 1, 1), (2, 1, 1)),
    (5, 5, 5, 5): ((2, 2, 0), (2, 1, 0), (2, 2, 1), (1, 1, 0)),
    (4, 4, 4): ((2, 1, 0), (2, 1, 1), (1, 2, 0)),
}


def read(contents: Contents) -> list[Candidate]:
    """Candidates for a file of one of these layouts; [] for another."""
    found = {piece.name: piece for piece in pieces(contents.tensors) or []}
    if set(found) == EXAMPLE and all(piece.kind == "linear" for piece in found.values()):
        return _example(contents, found)
    return _pythae(contents) if any(name.startswith("decoder.") for name in contents.tensors) else []


def _example(contents: Contents, found: dict) -> list[Candidate]:
    """784 → 400 → (mean, log variance) 20 → 400 → 784, ReLU, a sigmoid at the end (pytorch/examples/vae)."""
    inside, outside = joints([found["fc1"], found["fc21"]]), joints([found["fc3"], found["fc4"]])
    shape = picture_shape(found["fc4"].weight.shape[0])
    if inside is None or outside is None or shape is None or inside[0].inputs != outside[-1].outputs:
        return []
    encoder = [bare("flatten"), _linear(inside[0]), bare("relu"), _linear(inside[1])]
    decoder = [
        _linear(outside[0]),
        bare("relu"),
        _linear(outside[1]),
        bare("sigmoid"),
        bare("reshape", shape=[shape[0], shape[1], shape[1]]),
    ]
    said = {"encoder": encoder} if inside[-1].outputs == outside[0].inputs else {}
    return [
        candidate(contents, decoder, outside[0].inputs, shape, (("layout", "the PyTorch examples' VAE"),), True, **said)
    ]


def _linear(joint) -> Step:
    return Step(
        {"op": "linear", "inputs": joint.inputs, "outputs": joint.outputs, "bias": "bias" in joint.piece.tensors},
        joint.piece,
    )


def _pythae(contents: Contents) -> list[Candidate]:
    """pythae's default networks: decoder.layers.N.M, a sigmoid at the end; encoder with `embedding` and `log_var` heads."""
    decoder = pieces(
        {name.removeprefix("decoder."): t for name, t in contents.tensors.items() if name.startswith("decoder.")}
    )
    chain = next((chain for order in orders(decoder or []) if (chain := joints(order))), None)
    if chain is None or not chain[0].piece.name.startswith("layers."):
        return []
    final, assumed = ("sigmoid", (("layout", "pythae"), ("final", NAMES["sigmoid"])))
    if all(joint.op in ("linear", "norm") for joint in chain):
        shape = _declared(contents) or picture_shape(chain[-1].outputs)
        if shape is None or shape[0] * shape[1] ** 2 != chain[-1].outputs:
            return []
        steps = [*chained(chain, Habits(), None), bare(final), bare("reshape", shape=[shape[0], shape[1], shape[1]])]
        sure = str(contents.settings.get("name", "")).endswith("Config")
        said = _encoder(contents, chain[0].inputs)
        return [candidate(contents, steps, chain[0].inputs, shape, assumed if not sure else assumed[:1], sure, **said)]
    kernels = tuple(joint.piece.weight.shape[2] for joint in chain if joint.op == "conv_transpose")
    silent = (chain[0].piece.name,) if chain[0].op == "linear" else ()  # a bare linear layer, then blocks
    return stack(contents, chain, Habits("pythae", final=final, silent=silent, geometry=DECODERS.get(kernels)))


def _declared(contents: Contents) -> tuple[int, int] | None:
    """(channels, side) that a model_config.json names as input_dim, where it is a square picture."""
    given = contents.settings.get("input_dim")
    if (
        isinstance(given, list)
        and len(given) == 3
        and all(type(n) is int and 0 < n < 2048 for n in given)
        and given[1] == given[2]
    ):
        return given[0], given[1]
    return None


def _encoder(contents: Contents, z_dim: int) -> dict:
    """pythae's Encoder_*_MLP: layers.0.0, ReLU, and the mean from `embedding`; {} where it is another."""
    found = {
        p.name: p
        for p in pieces(
            {n.removeprefix("encoder."): t for n, t in contents.tensors.items() if n.startswith("encoder.")}
        )
        or []
    }
    inner = [piece for name, piece in found.items() if name.startswith("layers.")]
    if "embedding" not in found or found["embedding"].kind not in ("linear", "embedding"):
        return {}
    chain = joints([*inner, found["embedding"]])
    if chain is None or any(joint.op != "linear" for joint in chain) or chain[-1].outputs != z_dim:
        return {}
    steps = [bare("flatten")]
    for joint in chain[:-1]:
        steps += [_linear(joint), bare("relu")]
    return {"encoder": [*steps, _linear(chain[-1])]}
