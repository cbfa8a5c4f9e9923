"""Families of other people's networks: they draw, say in words that they cannot be trained, and survive any config."""

import random

import pytest
import torch

from gan_core import ModelConfig, StudioError
from gan_core.checkpoint import assemble
from gan_core.models import FAMILIES, IMPORTED, build, family
from gan_core.training.loop import train
from tests.importers.author_nets import Conv, Dcgan, FastGan, Vae, trained
from tests.importers.style_nets import LucidStyle

JUNK = [
    None,
    True,
    -1,
    0,
    3,
    10**9,
    0.5,
    float("nan"),
    "x",
    [],
    [0],
    [-1],
    [10**9] * 3,
    [[[]]],
    {},
    {"how": "after"},
    {"op": "linear"},
    [{"op": "os"}],
]


def small(name, tmp_path):
    """A small model of a family, read from a file."""
    from gan_core import importers

    state = {
        "sequential": lambda: trained(Conv(classes=5, size=3, place="after")).state_dict(), "fastgan": lambda: trained(FastGan()).state_dict(),
        "lucid_style": lambda: {"GAN": trained(LucidStyle(attention=(1,))).state_dict(), "version": "1"}, "lightweight_gan": lightweight,
    }[name]()  # fmt: skip
    torch.save(state, tmp_path / "g.pt")
    return importers.load_file(tmp_path / "g.pt")


def lightweight() -> dict:
    """A lightweight-gan file, its tensors taken from our own network's names (the author's code is compared outside of these tests)."""
    options = {"features": [8, 6, 4, 4, 4, 4], "excited": [0, 1], "attention": [2]}
    state = trained(build(ModelConfig("lightweight_gan", 128, 3, 8, options=options))).state_dict()
    return {"GAN": {f"GE.{name}": t for name, t in state.items() if not name.endswith(".noise")}, "version": "1.2.1"}


@pytest.mark.parametrize("name", IMPORTED)
def test_it_draws_and_says_that_it_cannot_be_trained(name, tmp_path, tiny):
    model = small(name, tmp_path)
    assert model.config.family == name
    codes = model.mapping(torch.randn(2, model.config.z_dim), None)
    weights = torch.eye(model.config.num_classes)[:2] if model.config.num_classes else None
    pictures = model.synthesis(codes, weights)
    assert pictures.shape == (2, model.config.channels, model.config.resolution, model.config.resolution)
    assert codes.shape == (2, model.code_dim) and pictures.std() > 0
    affine = model.affine()
    assert affine is None or affine.shape[1] == model.code_dim // model.num_ws
    with pytest.raises(StudioError) as error:
        for _ in train(tiny(family=name)):
            pass
    assert error.value.code in ("train.imported", "train.field") and name not in FAMILIES


@pytest.mark.parametrize("name", IMPORTED)
def test_any_config_builds_or_is_refused_in_words(name, tmp_path):
    model, rng = small(name, tmp_path), random.Random(5)
    raw, tensors, refused = model.config.to_dict(), model.state_dict(), 0
    for _ in range(120):
        options = dict(raw["options"])
        for _ in range(rng.choice((1, 1, 2))):
            field = rng.choice([*options, "surprise"])
            if field == "layers" and rng.random() < 0.7:
                options["layers"] = [dict(layer) for layer in options["layers"]]
                layer = rng.choice(options["layers"])
                layer[rng.choice([*layer, "eps"])] = rng.choice([*JUNK, "conv", 7])
            else:
                options[field] = rng.choice(JUNK)
        changed = {
            **raw,
            "options": options,
            rng.choice(["z_dim", "resolution", "num_classes", "name"]): rng.choice([8, 16, 4096]),
        }
        try:
            assemble(ModelConfig.from_dict(changed), tensors, "model.safetensors")
        except StudioError:
            refused += 1
    assert refused > 60


def test_the_example_vae_and_dcgan_are_sequential(tmp_path):
    from gan_core import importers

    for network in (Vae(), Dcgan()):
        torch.save(trained(network).state_dict(), tmp_path / "g.pt")
        assert importers.load_file(tmp_path / "g.pt").config.family == "sequential"
    assert family("sequential").Generator is type(importers.load_file(tmp_path / "g.pt"))
