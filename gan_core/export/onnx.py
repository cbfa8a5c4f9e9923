"""ONNX: a generator as a graph for other programs, compared with PyTorch before it is handed out.

    python -m gan_core.export.onnx faces-style --out faces.onnx

Works from the contract of `models.base.Generator` alone. Traced with torch.onnx.export's TorchScript exporter: beside the
newer one, which torch 2.8–2.13 have too, it took a third of the time and kept the batch's size free in every family.
"""

import copy
import io
import tempfile
import threading
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.errors import StudioError
from gan_core.latent.sample import draw
from gan_core.layers import fold_norms
from gan_core.models.base import Generator

OPSET = 18
EXACT, HALF = 1e-3, 2 / 127.5  # largest difference allowed, of pictures in [−1, 1]: fp32; fp16 weights (2 grey levels)
SMALL = 64  # numbers of a tensor that stays fp32 in any case
CHECKED = (1, 3)  # batch sizes compared with PyTorch
_one_at_a_time = threading.Lock()  # the exporter keeps its state in globals

Tell = Callable[[int, int], None]


class Whole(nn.Module):
    """z [N, z_dim], truncation [N], class weights [N, K] (where there are classes) → pictures [N, C, H, W] in [−1, 1]."""

    def __init__(self, model: Generator):
        super().__init__()
        self.model = model

    def forward(self, z: Tensor, truncation: Tensor, labels: Tensor | None = None) -> Tensor:
        code = self.model.truncate(self.model.mapping(z, labels), truncation)
        return self.model.synthesis(code, labels).clamp(-1, 1)


class Mapping(nn.Module):
    """z [N, z_dim] (and class weights) → code [N, code_dim] as drawn."""

    def __init__(self, model: Generator):
        super().__init__()
        self.model = model

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        code = self.model.mapping(z, labels)
        return code.clone() if code is z else code  # an output must be somebody's


class Picture(nn.Module):
    """Code [N, code_dim], truncation [N], what to add afterwards [N, code_dim] (and class weights) → pictures in [−1, 1]."""

    def __init__(self, model: Generator):
        super().__init__()
        self.model = model

    def forward(self, code: Tensor, truncation: Tensor, moves: Tensor, labels: Tensor | None = None) -> Tensor:
        return self.model.synthesis(self.model.truncate(code, truncation) + moves, labels).clamp(-1, 1)


def to_onnx(model: Generator, half: bool = False, tell: Tell | None = None) -> bytes:
    """The whole model as one .onnx: inputs z, truncation (and labels, class weights), output picture; any batch size.

    `half` stores the weights in 16 bits (they are widened when the file is opened). `tell(done, total)` hears of the three
    steps. Raises StudioError when onnx or onnxruntime is missing, or when the graph does not draw PyTorch's pictures.
    """
    return exported(Whole(drawable(model)), example(model, "z", "truncation"), "picture", half, tell)


def drawable(model: Generator) -> Generator:
    """A copy of the model on the CPU, for drawing only, with its norms worked into the layers before them."""
    folded = fold_norms(model)
    folded = copy.deepcopy(folded) if folded is model else folded
    return folded.cpu().to(memory_format=torch.contiguous_format).eval().requires_grad_(False)


def example(model: Generator, *names: str, batch: int = 1) -> dict[str, Tensor]:
    """Inputs of the graphs by name, made from the seeds 0, 1, …; class weights come along where the model has classes."""
    z = torch.from_numpy(np.stack([draw(seed, model.config.z_dim) for seed in range(batch)]))
    classes = model.config.num_classes
    labels = torch.eye(classes)[torch.arange(batch) % classes] if classes else None
    made = {"z": lambda: z, "truncation": lambda: torch.linspace(1, 0.5, batch)}
    made["code"] = lambda: drawable(model).mapping(z, labels).clone()
    made["moves"] = lambda: 0.1 * made["code"]()
    with torch.no_grad():
        inputs = {name: made[name]() for name in names}
    return inputs | ({"labels": labels} if classes else {})


def exported(
    network: nn.Module, inputs: dict[str, Tensor], output: str, half: bool, tell: Tell | None = None, batches=CHECKED
) -> bytes:
    """Trace, fold what is constant, compare with PyTorch for these batch sizes: the bytes of an .onnx. See `to_onnx`."""
    tell = tell or (lambda done, total: None)
    for module in ("onnx", "onnxruntime"):
        needed(module)
    network.eval()  # the exporter puts everything back into the mode of the outermost module
    tell(0, 3)
    with _one_at_a_time:
        data = traced(network, inputs, output, free=batches != (1,))
    tell(1, 3)
    data = simplified(data)
    if half:
        data = halved(data)
    data = described(data, network.model)
    tell(2, 3)
    check(data, network, list(inputs), HALF if half else EXACT, batches)
    tell(3, 3)
    return data


def traced(network: nn.Module, inputs: dict[str, Tensor], output: str, free: bool = True) -> bytes:
    """The graph as torch.onnx.export writes it, `free` for any batch size. Raises StudioError for a network that it cannot write."""
    buffer, axes = io.BytesIO(), {name: {0: "N"} for name in (*inputs, output)} if free else None
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network, tuple(inputs.values()), buffer, dynamo=False, input_names=list(inputs), output_names=[output],
                opset_version=OPSET, dynamic_axes=axes,
            )  # fmt: skip
    except (RuntimeError, ValueError, TypeError, torch.onnx.errors.OnnxExporterError) as error:
        raise _not_written(error) from None
    return buffer.getvalue()


def _not_written(error: Exception) -> StudioError:
    return StudioError("export.onnx_traced", "This kind of model cannot be written as ONNX ({why}).", why=first_line(error))  # fmt: skip


def simplified(data: bytes) -> bytes:
    """The graph with everything computed that does not depend on the inputs (onnxruntime's basic optimisations: standard operators only)."""
    ort, onnx = needed("onnxruntime"), needed("onnx")
    with tempfile.TemporaryDirectory(prefix="latent-studio-work-") as folder:
        path = Path(folder) / "graph.onnx"
        options = session_options()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        graph = onnx.load(path)
    used = {node.domain for node in graph.graph.node}
    kept = [entry for entry in graph.opset_import if entry.domain in used]
    del graph.opset_import[:]
    graph.opset_import.extend(kept)
    return graph.SerializeToString()


def halved(data: bytes) -> bytes:
    """The graph with its larger weights in fp16, each followed by a Cast, which onnxruntime computes once when it opens the file."""
    onnx = needed("onnx")
    model = onnx.load_from_string(data)
    casts, graph = [], model.graph
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < SMALL or not (np.abs(values) < 6e4).all():
            continue
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    return model.SerializeToString()


def described(data: bytes, model: Generator) -> bytes:
    """The graph with what a person should know of it in its metadata."""
    onnx = needed("onnx")
    graph, config = onnx.load_from_string(data), model.config
    graph.producer_name = "Latent Studio"
    graph.doc_string = "Pictures that this model draws are invented by a machine. Say so where you show them."
    facts = {
        "title": config.title or config.name,
        "family": config.family,
        "data": config.data,
        "licence": config.licence,
    }
    facts["labels"] = "\n".join(config.labels)
    onnx.helper.set_model_props(graph, {name: value for name, value in facts.items() if value})
    onnx.checker.check_model(graph)
    return graph.SerializeToString()


def check(data: bytes, network: nn.Module, names: list[str], limit: float, batches=CHECKED) -> float:
    """The largest difference between onnxruntime's and PyTorch's output for these batch sizes. Raises StudioError above `limit`."""
    ort, worst = needed("onnxruntime"), 0.0
    session = ort.InferenceSession(data, session_options(), providers=["CPUExecutionProvider"])
    for batch in batches:
        inputs = example(network.model, *(name for name in names if name != "labels"), batch=batch)
        known = {entry.name for entry in session.get_inputs()}  # class weights may go in by one half only
        try:
            [ours] = session.run(None, {name: value.numpy() for name, value in inputs.items() if name in known})
        except Exception as error:  # onnxruntime has a class of its own for each, and no common one
            raise _not_written(error) from None
        with torch.inference_mode():
            theirs = network(*inputs.values()).numpy()
        worst = max(worst, float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else np.inf)
    if not worst <= limit:
        raise StudioError("export.onnx_differs", "The ONNX file would not draw the same pictures as the model, so it is not handed out.")  # fmt: skip
    return worst


def session_options():
    """onnxruntime's, on one thread and quiet."""
    options = needed("onnxruntime").SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return options


def needed(module: str):
    """Import an optional library. Raises StudioError naming the one command that installs it."""
    try:
        return import_module(module)
    except ImportError:
        raise StudioError(
            "export.onnx_missing", "This needs onnx and onnxruntime: pip install onnx onnxruntime"
        ) from None


def first_line(error: Exception) -> str:
    """What an error says, briefly."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def main(argv=None) -> int:
    """Write an .onnx from a terminal; return the exit status."""
    from gan_core.export.terminal import parser, write

    cli = parser("gan_core.export.onnx", "A model as an ONNX graph.")
    cli.add_argument("--half", action="store_true", help="weights in 16 bits: half the size")
    options = cli.parse_args(argv)
    return write(options, ".onnx", lambda model, tell: to_onnx(model, options.half, tell))


if __name__ == "__main__":
    raise SystemExit(main())
