"""PyTorch weights: the examples' DCGAN layout where it is that network, source that stands alone for our own chains."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.checkpoint import load_model
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.export.state_dict import main, to_state_dict
from gan_core.models import build
from tests.tiny_models import CLASSES, save_tiny_model

FAMILIES = ("dcgan", "mlp_gan", "vae", "autoencoder")
ELSEWHERE = """
import importlib, numpy, os, sys, torch
z = torch.from_numpy(numpy.load("z.npy"))
for family in sys.argv[1:]:
    os.chdir(family)
    sys.path.insert(0, os.getcwd())
    sys.modules.pop("generator", None)
    numpy.save("y.npy", importlib.import_module("generator").load()(z).numpy())
    sys.path.pop(0)
    os.chdir("..")
"""
LAST = {"kernel": 4, "stride": 2, "padding": 1, "bias": False}


def examples_dcgan(nz=6, ngf=4, nc=3) -> nn.Sequential:
    """The `main` of the examples' generator, two sizes shorter."""
    return nn.Sequential(
        nn.ConvTranspose2d(nz, 2 * ngf, 4, 1, 0, bias=False), nn.BatchNorm2d(2 * ngf), nn.ReLU(True),
        nn.ConvTranspose2d(2 * ngf, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(True),
        nn.ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip


def imported() -> tuple:
    """(our model of such a network, the network)."""
    network = examples_dcgan().eval()
    network[1].running_mean.normal_()
    layers = []
    for inputs, outputs, first in ((6, 8, True), (8, 4, False)):
        layers.append(
            {
                "op": "conv_transpose",
                "inputs": inputs,
                "outputs": outputs,
                **LAST,
                **({"stride": 1, "padding": 0} if first else {}),
            }
        )
        layers += [{"op": "batch_norm", "channels": outputs}, {"op": "relu"}]
    layers += [{"op": "conv_transpose", "inputs": 4, "outputs": 3, **LAST}, {"op": "tanh"}]
    model = build(ModelConfig("sequential", 16, z_dim=6, options={"layers": layers})).eval()
    model.layers.load_state_dict(network.state_dict())
    return model, network


def test_the_examples_dcgan_comes_back_bit_for_bit():
    model, network = imported()
    suffix, data = to_state_dict(model)
    tensors = torch.load(io.BytesIO(data), weights_only=True)
    assert suffix == ".pt" and set(tensors) == {f"main.{name}" for name in network.state_dict()}
    assert all(torch.equal(tensors[f"main.{name}"], value) for name, value in network.state_dict().items())
    holder = nn.Module()
    holder.main = examples_dcgan()
    holder.load_state_dict(tensors)


def test_our_own_come_with_source_that_needs_nothing_else(tmp_path):
    expected, z = {}, np.random.RandomState(3).randn(4, 8).astype(np.float32)
    np.save(tmp_path / "z.npy", z)
    for family in FAMILIES:
        save_tiny_model(tmp_path / "tiny" / family, family=family, title='A "quoted" \\ title """')
        model = load_model(tmp_path / "tiny" / family)
        if family == "autoencoder":
            model.latent_factor.copy_(torch.randn(8, 8).tril())
            model.latent_mean.normal_()
        suffix, data = to_state_dict(model)
        assert suffix == ".zip"
        zipfile.ZipFile(io.BytesIO(data)).extractall(tmp_path / family)
        with torch.no_grad():
            expected[family] = model(torch.from_numpy(z)).numpy()
    subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *FAMILIES], cwd=tmp_path, check=True, timeout=120,
        env={"PYTHONPATH": "", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    for family, pictures in expected.items():
        assert np.abs(np.load(tmp_path / family / "y.npy") - pictures).max() < 1e-5 and pictures.std() > 0.05, family


@pytest.mark.parametrize("fields", [{"family": "stylegan2"}, {"num_classes": 3, "labels": CLASSES}])
def test_what_is_no_chain_says_so(fields, tmp_path, capsys):
    save_tiny_model(tmp_path / "tiny", **fields)
    with pytest.raises(StudioError) as error:
        to_state_dict(load_model(tmp_path / "tiny"))
    assert error.value.code == "export.no_chain"
    assert main([str(tmp_path / "tiny"), "--out", str(tmp_path / "x.zip")]) == 1 and "ONNX" in capsys.readouterr().err
