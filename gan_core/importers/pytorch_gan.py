"""PyTorch-GAN's convolutional and class-conditional layouts: `label_emb`, `l1`, `conv_blocks`, and `model` for fully connected ones."""

from collections.abc import Iterator

from gan_core.importers.chains import Joint, Piece, Step, bare, candidate, joints, picture_shape, pieces
from gan_core.importers.contents import Candidate, Contents
from gan_core.importers.habits import NAMES, Habits
from gan_core.importers.stacks import chained

CONVOLUTIONS = ["conv_blocks.0", "conv_blocks.2", "conv_blocks.3", "conv_blocks.6", "conv_blocks.7", "conv_blocks.9"]
PLACES = {
    "after": "follows the latent numbers",
    "before": "comes before the latent numbers",
    "times": "multiplies the latent numbers",
}


def read(contents: Contents) -> list[Candidate]:
    """Candidates for a file of this layout; [] for another."""
    found = pieces(contents.tensors) or []
    embedding = next((piece for piece in found if piece.kind == "embedding"), None)
    named = {piece.name: piece for piece in found if piece is not embedding}
    convolutional = set(named) == {"l1.0", *CONVOLUTIONS}
    if not convolutional and (embedding is None or not all(name.startswith("model.") for name in named)):
        return []
    order = [named[name] for name in (["l1.0", *CONVOLUTIONS] if convolutional else list(named))]
    chain = joints(order)
    if chain is None or chain[0].op != "linear":
        return []
    places = [None] if embedding is None else list(_places(embedding, chain[0].inputs, convolutional))
    draw = _convolutional if convolutional else _connected
    return [made for place in places for made in draw(contents, chain, embedding, place)]


def _places(embedding: Piece, inputs: int, convolutional: bool) -> Iterator[str]:
    """Where the class may go in, likeliest first: the sizes allow it, and the repository's own code has it."""
    size = embedding.weight.shape[1]
    if size == inputs:
        yield "times"  # ac-gan
    elif size < inputs:
        yield from ("after", "before") if convolutional else ("before", "after")  # cgan puts the class first


def _convolutional(
    contents: Contents, chain: list[Joint], embedding: Piece | None, place: str | None
) -> Iterator[Candidate]:
    """BatchNorm; twice: enlarge, convolve, BatchNorm with ε = 0.8, activation; convolve, tanh."""
    wide = chain[1].inputs
    side = round((chain[0].outputs / wide) ** 0.5)
    if side * side * wide != chain[0].outputs or chain[-1].outputs not in (1, 3, 4):
        return
    shape = (chain[-1].outputs, 4 * side)
    # dcgan and ac-gan have the leaky one; who puts the class beside the latent numbers (the conditional WGAN-GP) has the other
    first = "relu" if place in ("after", "before") else "leaky_relu"
    for hidden in (first, "leaky_relu" if first == "relu" else "relu"):
        active = bare("leaky_relu", slope=0.2) if hidden == "leaky_relu" else bare("relu")
        steps = [_linear(chain[0]), bare("reshape", shape=[wide, side, side]), _norm(chain[1], 1e-5)]
        for kernel, norm in ((chain[2], chain[3]), (chain[4], chain[5])):
            steps += [bare("upsample", factor=2), _kernel(kernel), _norm(norm, 0.8), active]
        steps += [_kernel(chain[6]), bare("tanh")]
        yield _made(contents, chain, steps, shape, embedding, place, hidden, embedding is None and hidden == first)


def _connected(
    contents: Contents, chain: list[Joint], embedding: Piece | None, place: str | None
) -> Iterator[Candidate]:
    """Linear layers with leaky ReLUs, BatchNorm with ε = 0.8 after each but the first."""
    shape = picture_shape(chain[-1].outputs)
    if shape is None or any(j.op not in ("linear", "norm") for j in chain):
        return
    steps = [
        *chained(chain, Habits(hidden="leaky_relu", eps=0.8), None),
        bare("tanh"),
        bare("reshape", shape=[shape[0], shape[1], shape[1]]),
    ]
    yield _made(contents, chain, steps, shape, embedding, place, "leaky_relu", False)


def _made(contents, chain, steps: list[Step], shape, embedding, place, hidden: str, sure: bool) -> Candidate:
    assumed = [("layout", "PyTorch-GAN")] + ([] if sure else [("hidden", NAMES[hidden])])
    if embedding is None:
        return candidate(contents, steps, chain[0].inputs, shape, tuple(assumed), sure)
    classes, size = embedding.weight.shape
    assumed.append(("label", PLACES[place]))
    return candidate(
        contents, steps, chain[0].inputs - (0 if place == "times" else size), shape, tuple(assumed), num_classes=classes,
        label={"how": place, "size": size}, embedding=embedding.weight,
    )  # fmt: skip


def _linear(joint: Joint) -> Step:
    return Step(
        {"op": "linear", "inputs": joint.inputs, "outputs": joint.outputs, "bias": "bias" in joint.piece.tensors},
        joint.piece,
    )


def _kernel(joint: Joint) -> Step:
    size = joint.piece.weight.shape[2]
    fields = {"kernel": size, "stride": 1, "padding": size // 2, "bias": "bias" in joint.piece.tensors}
    return Step({"op": "conv", "inputs": joint.inputs, "outputs": joint.outputs, **fields}, joint.piece)


def _norm(joint: Joint, eps: float) -> Step:
    return Step({"op": "batch_norm", "channels": joint.inputs, "eps": eps}, joint.piece)
