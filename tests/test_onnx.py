"""ONNX: every family draws the same pictures in onnxruntime as in PyTorch, for any batch, truncation and class."""

import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from gan_core.checkpoint import load_model
from gan_core.errors import StudioError
from gan_core.export import onnx as onnx_export
from gan_core.models import FAMILIES, IMPORTED, family
from tests.tiny_models import CLASSES, save_tiny_model

KINDS = [*FAMILIES, *(f"{name}+classes" for name in FAMILIES if family(name).conditional)]


@pytest.fixture
def model(request, tmp_path):
    name, _, classes = request.param.partition("+")
    fields = {"num_classes": len(CLASSES), "labels": CLASSES} if classes else {}
    save_tiny_model(tmp_path / "tiny", family=name, **fields)
    return load_model(tmp_path / "tiny")


def run(data: bytes, **inputs) -> np.ndarray:
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return session.run(None, {name: np.asarray(value, np.float32) for name, value in inputs.items()})[0]


@pytest.mark.parametrize("model", KINDS, indirect=True)
def test_same_pictures_in_onnxruntime(model):
    told = []
    data = onnx_export.to_onnx(model, tell=lambda done, total: told.append((done, total)))
    assert told[-1] == (3, 3)
    z, truncation = (
        np.random.RandomState(5).randn(5, model.config.z_dim).astype(np.float32),
        np.linspace(0, 1.4, 5, dtype=np.float32),
    )
    labels = torch.eye(len(CLASSES))[[2, 1, 0, 1, 2]] if model.config.num_classes else None
    with torch.no_grad():
        code = model.truncate(model.mapping(torch.from_numpy(z), labels), torch.from_numpy(truncation))
        expected = model.synthesis(code, labels).clamp(-1, 1).numpy()
    ours = run(data, z=z, truncation=truncation, **({} if labels is None else {"labels": labels}))
    assert ours.shape == expected.shape and np.abs(ours - expected).max() < 1e-4
    assert expected.std() > 0.05  # there is something to get wrong


@pytest.mark.parametrize("model", ["stylegan2", "dcgan"], indirect=True)
def test_half_the_size_with_weights_in_16_bits(model):
    whole, half = onnx_export.to_onnx(model), onnx_export.to_onnx(model, half=True)
    assert len(half) < 0.75 * len(whole)
    z = np.random.RandomState(1).randn(2, model.config.z_dim)
    assert np.abs(run(whole, z=z, truncation=[1, 1]) - run(half, z=z, truncation=[1, 1])).max() < 2 / 127.5


@pytest.mark.parametrize("model", ["dcgan"], indirect=True)
def test_the_file_says_what_it_is(model):
    graph = onnx.load_from_string(onnx_export.to_onnx(model))
    assert {entry.domain for entry in graph.opset_import} == {""}
    assert {prop.key: prop.value for prop in graph.metadata_props}[
        "family"
    ] == "dcgan" and "invented" in graph.doc_string


@pytest.mark.parametrize("model", ["dcgan"], indirect=True)
def test_a_graph_that_draws_something_else_is_not_handed_out(model, monkeypatch):
    def spoil(data):
        graph = onnx.load_from_string(data)
        weights = graph.graph.initializer[0]
        weights.CopyFrom(onnx.numpy_helper.from_array(1.1 * onnx.numpy_helper.to_array(weights), weights.name))
        return graph.SerializeToString()

    simplified = onnx_export.simplified
    monkeypatch.setattr(onnx_export, "simplified", lambda data: spoil(simplified(data)))
    with pytest.raises(StudioError) as error:
        onnx_export.to_onnx(model)
    assert error.value.code == "export.onnx_differs"


@pytest.mark.parametrize("model", ["dcgan"], indirect=True)
def test_without_the_libraries_the_command_is_named(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(StudioError, match="pip install onnx onnxruntime"):
        onnx_export.to_onnx(model)


def test_from_a_terminal(tmp_path, capsys):
    save_tiny_model(tmp_path / "tiny")
    assert onnx_export.main([str(tmp_path / "tiny"), "--out", str(tmp_path / "x.onnx"), "--half"]) == 0
    onnx.checker.check_model(onnx.load(tmp_path / "x.onnx"))
    assert onnx_export.main([str(tmp_path / "nothing"), "--out", str(tmp_path / "y.onnx")]) == 1
    assert "no model" in capsys.readouterr().err and not (tmp_path / "y.onnx").exists()


OTHERS = {  # networks of other people's files, small
    "sequential": {
        "layers": [
            {"op": "linear", "inputs": 8, "outputs": 128}, {"op": "reshape", "shape": [8, 4, 4]}, {"op": "batch_norm", "channels": 8},
            {"op": "relu"}, {"op": "upsample", "factor": 4, "mode": "bilinear"}, {"op": "conv", "inputs": 8, "outputs": 3, "kernel": 3, "padding": 1},
            {"op": "tanh"},
        ],
        "latent": "uniform",
    },
    "fastgan": {"features": [16, 8, 8]},
    "lucid_style": {"filters": [8, 8, 8, 4], "depth": 2, "attention": [1], "constant": True},
    "lightweight_gan": {"features": [8, 8, 8], "excited": [], "attention": [1]},
}  # fmt: skip


@pytest.mark.parametrize("name", IMPORTED)
def test_same_pictures_of_imported_kinds(name, tmp_path):
    save_tiny_model(tmp_path / "tiny", family=name, options=OTHERS[name])
    model = load_model(tmp_path / "tiny")
    z = torch.from_numpy(np.random.RandomState(2).randn(4, 8).astype(np.float32))
    with torch.no_grad():
        code = model.truncate(model.mapping(z, None), torch.full((4,), 0.8))
        expected = model.synthesis(code, None).clamp(-1, 1).numpy()
    ours = run(onnx_export.to_onnx(model), z=z, truncation=[0.8] * 4)
    assert np.abs(ours - expected).max() < 1e-4
