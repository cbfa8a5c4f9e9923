"""Weight files of strangers' repositories: the likeliest one comes, within bounds, and opens through the desk of the page."""

import asyncio
import io
import json

import pytest
import torch

from gan_core.errors import StudioError
from gan_core.hub.foreign import likeliest, pull_foreign
from gan_core.ui.engine import Engine
from gan_core.ui.import_desk import ImportDesk
from gan_core.ui.jobs import Jobs
from tests.importers.author_nets import Connected, Dcgan, trained


def weights(network) -> bytes:
    file = io.BytesIO()
    torch.save(trained(network).state_dict(), file)
    return file.getvalue()


def test_the_generator_comes_with_its_settings_and_nothing_else(hub, tmp_path):
    files = {
        "netD.pth": b"d" * 900, "netG.pth": weights(Dcgan(6, 3, 3, 1)), "config.json": b'{"z_dim": 6}', "data.zip": b"z" * 5000, "README.md": b"# hi",
    }  # fmt: skip
    hub.add("ann/faces", files)
    told = []
    found = pull_foreign(
        "ann/faces", progress=lambda done, total: told.append((done, total)), endpoint=hub.endpoint, cache_dir=tmp_path
    )
    assert [path.name for path in found] == ["netG.pth", "config.json"]
    assert sorted(hub.downloads()) == ["config.json", "netG.pth"]
    assert told[-1][1] == len(files["netG.pth"]) + len(files["config.json"])


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["pytorch_model.bin", "training_args.bin"], "pytorch_model.bin"),
        (["discriminator.safetensors", "generator.safetensors"], "generator.safetensors"),
        (["a/b/model.pt", "model.pt"], "model.pt"),
        (["model.bin", "model.safetensors"], "model.safetensors"),
        (["G.pkl", "g_ema.pkl"], "g_ema.pkl"),
        (["README.md", "x.onnx"], None),
        ([], None),
    ],
)
def test_which_file_is_likeliest(names, wanted):
    assert likeliest(names) == wanted


def test_what_is_not_there_too_large_or_named_to_climb_is_refused(hub, tmp_path):
    hub.add("ann/none", {"README.md": b"# hi"})
    hub.add("ann/large", {"G.pt": b"x" * 5000})
    hub.add("ann/climber", {"../../G.pt": b"x" * 50})
    place = {"endpoint": hub.endpoint, "cache_dir": tmp_path}
    for repo, most, code in (
        ("ann/none", 10**9, "hub.no_weights"), ("ann/large", 1000, "hub.too_large"), ("ann/climber", 10**9, "hub.no_weights"), ("ann/lost", 10**9, "hub.not_found"),
    ):  # fmt: skip
        with pytest.raises(StudioError) as error:
            pull_foreign(repo, most=most, **place)
        assert error.value.code == code
    assert hub.downloads() == []


def test_a_repository_opens_through_the_page(hub, tmp_path):
    hub.add("ann/punk-faces", {"pytorch_model.bin": weights(Dcgan(6, 3, 3, 1))})
    hub.add("ann/mlp", {"model.pt": weights(Connected()), "config.json": json.dumps({"a": 1}).encode()})
    (tmp_path / "weights").mkdir()
    desk = ImportDesk(
        Engine(tmp_path / "weights", tmp_path / "runs", "cpu", tmp_path / "imported"),
        tmp_path / "imported",
        tmp_path,
        Jobs(),
    )
    answer = asyncio.run(desk.bring_hub("ann/punk-faces", "me", "import-12345678"))
    assert answer == {"model": "imported/punk-faces"}
    assert desk.here("me")["models"][0]["title"] == "punk-faces"
    assert (tmp_path / "cache").is_dir()
    opened = asyncio.run(desk.bring_hub("ann/mlp", "me", "import-12345679"))
    assert "model" in opened or opened["candidates"]
