"""Model folders: whole or not at all, and every kind of damaged or hostile folder refused in words."""

import json
import pickle
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

import gan_core
from gan_core import LatentPoint, ModelConfig, StudioError, render
from gan_core.checkpoint import list_models, load_model, read_config, save_model
from gan_core.latent.directions import ensure_directions
from gan_core.models import build


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.manual_seed(0)
    model = build(ModelConfig("dcgan", 16, 3, z_dim=6, options={"width": 8}, title="Tiny", licence="CC0 1.0")).eval()
    ensure_directions(model)
    path = tmp_path_factory.mktemp("models") / "tiny"
    save_model(path, model, card="# Tiny\n")
    return path


@pytest.fixture
def copy(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def edit(folder, **changes):
    raw = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**raw, **changes}))


def test_weights_are_half_precision_and_statistics_are_not(folder):
    tensors = load_file(folder / "model.safetensors")
    assert tensors["decoder.start.weight"].dtype == torch.float16
    assert next(t for k, t in tensors.items() if k.endswith("running_var")).dtype == torch.float32


def test_a_loaded_model_lies_as_it_draws_fastest(folder):
    weights = [p for p in load_model(folder).parameters() if p.ndim == 4]
    assert weights and all(p.is_contiguous(memory_format=torch.channels_last) for p in weights)


def test_a_weight_file_alone_says_what_it_is(folder, tmp_path):
    alone = tmp_path / "alone.safetensors"
    shutil.copyfile(folder / "model.safetensors", alone)
    points = [LatentPoint(seed=5)]
    assert (render(gan_core.load(str(alone), "cpu"), points) == render(gan_core.load(folder, "cpu"), points)).all()


def test_directions_come_back_one_sigma_long(folder):
    found = load_model(folder).directions
    assert found.shape == (6, 6) and torch.allclose(found.norm(dim=1), torch.ones(6), atol=2e-3)


def test_lists_pass_over_what_is_no_model(folder, tmp_path):
    root = tmp_path / "root"
    shutil.copytree(folder, root / "good")
    (root / "empty").mkdir()
    (root / "file.txt").write_text("hello")
    shutil.copytree(folder, root / "bad")
    (root / "bad" / "config.json").write_text("{")
    assert [entry.path.name for entry in list_models(root)] == ["good"]
    assert list_models(tmp_path / "nowhere") == []


def test_a_failed_save_leaves_the_model_that_was_there(copy, monkeypatch):
    before = (copy / "model.safetensors").read_bytes()
    model = load_model(copy)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OSError):
        save_model(copy, model)
    assert (copy / "model.safetensors").read_bytes() == before
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]


class Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('code ran')",))


@pytest.mark.parametrize("name", ["model.pkl", "model.pt", "pytorch_model.bin", "G--300.ckpt"])
def test_pickles_are_never_opened(tmp_path, name):
    bad = tmp_path / "m"
    bad.mkdir()
    (bad / name).write_bytes(pickle.dumps(Bomb()))
    for source in (bad / name, bad):
        with pytest.raises(StudioError, match="pickle"):
            load_model(source)


def test_damaged_weights(copy):
    data = (copy / "model.safetensors").read_bytes()
    for broken in (b"", b"hello", data[: len(data) // 2], b"\xff" * 8 + data[8:], data[:8] + b"[" * 2000):
        (copy / "model.safetensors").write_bytes(broken)
        with pytest.raises(StudioError, match="damaged"):
            load_model(copy)


def change_tensors(copy, change):
    tensors = load_file(copy / "model.safetensors")
    change(tensors)
    save_file(tensors, copy / "model.safetensors")


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("decoder.start.weight"),
        lambda t: t.update(extra=torch.zeros(1)),
        lambda t: t.update({"decoder.start.weight": torch.zeros(3, 3)}),
    ],
    ids=["missing", "extra", "shape"],
)
def test_wrong_tensors(copy, change):
    change_tensors(copy, change)
    with pytest.raises(StudioError, match="does not fit its config"):
        load_model(copy)


def test_weights_that_are_not_numbers(copy):
    change_tensors(copy, lambda t: t["decoder.start.weight"].fill_(float("inf")))
    with pytest.raises(StudioError, match="not finite"):
        load_model(copy)


@pytest.mark.parametrize(
    "changes",
    [
        dict(family="evil"), dict(family=7), dict(resolution=10**9), dict(resolution="64"), dict(channels=99), dict(z_dim=-1), dict(labels=["a"]),
        dict(num_classes=10**9), dict(options={"width": 10**12}), dict(options={"width": "x"}), dict(options={"width": -3}), dict(options=[]),
        dict(licence=["MIT"]), dict(resolution=17),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_configs(copy, changes):
    edit(copy, **changes)
    with pytest.raises(StudioError):
        load_model(copy)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 200_000, "x" * 2_000_000])
def test_configs_that_are_not_objects(copy, text):
    (copy / "config.json").write_text(text)
    with pytest.raises(StudioError):
        read_config(copy)


def test_directions_of_another_model(copy):
    save_file({"directions": torch.eye(5)}, copy / "directions.safetensors")
    with pytest.raises(StudioError, match="Delete it"):
        load_model(copy)


def test_nothing_there(tmp_path):
    with pytest.raises(StudioError, match="holds no model"):
        load_model(tmp_path)
    with pytest.raises(StudioError):
        gan_core.load(str(tmp_path / "nowhere"), "cpu")


def test_the_core_imports_without_gradio():
    import subprocess
    import sys

    code = "import sys; sys.modules['gradio'] = None; import gan_core, gan_core.training.loop, gan_core.hub, gan_core.ui.engine; assert 'gradio_client' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
