"""Pickles of the official StyleGAN code: opened through the front door, none of their code run, their pictures drawn exactly."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import torch

import gan_core
from gan_core import LatentPoint, StudioError, render
from gan_core.checkpoint import load_model, save_model
from gan_core.importers import open_file
from gan_core.importers.contents import Contents
from gan_core.importers.keeping import import_model
from gan_core.importers.official import read
from gan_core.importers.pickles import read_official
from gan_core.latent.directions import find
from gan_core.latent.interpolate import interpolate
from gan_core.latent.invert import Effort, invert
from gan_core.models.alias_free import lowpass
from gan_core.models.stylegan3 import moved

OFFICIAL = Path(__file__).parents[1] / "foreign" / "official"  # see make_official.py there
CASES = sorted(path.name.removesuffix(".pkl.gz") for path in OFFICIAL.glob("*.pkl.gz"))
NEAR = 1e-5  # of the pictures' range


def unpacked(case: str, folder: Path) -> Path:
    path = folder / f"{case}.pkl"
    path.write_bytes(gzip.decompress((OFFICIAL / f"{case}.pkl.gz").read_bytes()))
    return path


def stored(case: str) -> dict[str, torch.Tensor]:
    with np.load(OFFICIAL / f"{case}.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays.files}


def off(ours, theirs):
    """Largest difference, as a share of the range."""
    return ((ours - theirs).abs().max() / (theirs.max() - theirs.min())).item()


def test_there_are_cases():
    assert len(CASES) == 10


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_the_authors_own(case, tmp_path):
    model, theirs = gan_core.load(unpacked(case, tmp_path), "cpu"), stored(case)
    labels, classes = theirs.get("label"), model.config.num_classes
    assert (labels is not None) == bool(classes)
    assert off(model.from_latent(theirs["z"], labels), theirs["out"]) < NEAR
    weights = torch.eye(classes)[labels] if classes else None
    with torch.inference_mode():
        w = model.mapping(theirs["z"], weights)
        half = model.truncate(w, torch.full((2,), 0.5), cutoff=3)
        assert off(model.synthesis(half, weights)[:1], theirs["psi"]) < NEAR
        assert off(model.synthesis(theirs["wplus"].flatten(1), weights), theirs["out_wplus"]) < NEAR
        if "nonoise" in theirs:
            assert off(model.synthesis(w, weights, noise="none")[:1], theirs["nonoise"]) < NEAR
        if "transform" in theirs:
            turned = model.synthesis(w, weights, transform=moved(0.1, -0.07, 25))[:1]
            assert off(turned, theirs["transform"]) < NEAR
    assert "PICKLE_RAN" not in os.environ  # what the source inside the file would leave behind


@pytest.mark.parametrize("case", ["sg2_resnet", "sg3_r"])
def test_after_import_everything_works(case, tmp_path):
    model = gan_core.load(unpacked(case, tmp_path), "cpu")
    for name in ("pca", "sefa"):
        assert torch.isfinite(find(model, name)).all()
    points = [LatentPoint(seed=1), LatentPoint(seed=1, truncation=0.5), LatentPoint(seed=1, moves=(("sefa0", 2.0),))]
    before = render(model, points)
    morph = render(model, interpolate(points[0], LatentPoint(seed=2), 3))
    assert np.array_equal(morph[0], before[0]) and not np.array_equal(morph[1], morph[2])
    found = invert(model, before[0], Effort(steps=3))
    assert torch.isfinite(found.code).all() and found.code.numel() == model.code_dim
    save_model(tmp_path / "ours", model)
    again = load_model(tmp_path / "ours")
    assert again.config == model.config
    assert np.abs(render(again, points).astype(int) - before.astype(int)).max() <= 2  # fp16 on disk
    assert not np.array_equal(before[0], before[2])


@pytest.mark.parametrize("case", ["sg2_orig", "sg2_class", "sg3_t"])  # 1, 4 and 3 channels
def test_the_imported_folder_draws_the_authors_pictures(case, tmp_path):
    path, theirs = unpacked(case, tmp_path), stored(case)
    import_model(path, tmp_path / "folder")
    path.unlink()
    assert (
        off(gan_core.load(tmp_path / "folder", "cpu").from_latent(theirs["z"], theirs.get("label")), theirs["out"])
        < NEAR
    )


def test_what_the_file_says_of_itself(tmp_path):
    contents = read_official(unpacked("sg2_snapshot", tmp_path))
    assert contents.layout == "official" and contents.settings["class_name"] == "Generator"
    assert contents.settings["attributes"][""]["img_resolution"] == 8  # the averaged generator, not G beside it
    assert contents.settings["training_set"]["path"] == "pictures.zip"
    (candidate,) = open_file(tmp_path / "sg2_snapshot.pkl")
    assert candidate.sure and candidate.config.family == "stylegan2"


@pytest.mark.parametrize("case", ["sg2_resnet", "sg2_orig"])  # whose names are lines of text
def test_older_numpy_named_its_modules_otherwise(case, tmp_path):
    path, theirs = unpacked(case, tmp_path), stored(case)
    data = path.read_bytes()
    assert b"cnumpy._core.multiarray\n" in data
    path.write_bytes(data.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))
    assert off(gan_core.load(path, "cpu").from_latent(theirs["z"]), theirs["out"]) < NEAR


@pytest.mark.parametrize("case", ["sg2_skip", "sg2_orig", "sg3_layers"])
def test_bare_tensors_are_recognised_too(case, tmp_path):
    contents = read_official(unpacked(case, tmp_path))
    bare = read(Contents(tmp_path / "weights.pt", contents.tensors))
    assert not all(candidate.sure for candidate in bare) and len(bare) == (1 if case == "sg3_layers" else 2)


def test_a_variant_is_refused_by_name(tmp_path):
    contents = read_official(unpacked("sg2_skip", tmp_path))
    tensors = contents.tensors | {"synthesis.b8.attention.weight": torch.zeros(1)}
    tensors.pop("synthesis.b8.conv0.weight")
    with pytest.raises(StudioError, match="not known here .synthesis_network.b8"):
        read(Contents(contents.path, tensors, contents.settings, "official"))


def test_another_filter_than_the_designed_one_is_refused(tmp_path):
    contents = read_official(unpacked("sg3_t", tmp_path))
    name = next(name for name in contents.tensors if name.endswith("L0_14_6.down_filter") or name.endswith("up_filter"))
    tensors = contents.tensors | {name: contents.tensors[name].flip(0) + 0.01}
    with pytest.raises(StudioError, match="not known here"):
        read(Contents(contents.path, tensors, contents.settings, "official"))


def test_filters_pass_what_they_should():
    line = lowpass(24, cutoff=2.0, width=4.0, rate=32).double()
    frequencies = torch.arange(0, 16.01, 0.25, dtype=torch.float64)
    place = torch.arange(24, dtype=torch.float64) - 11.5
    gain = (line * torch.cos(2 * torch.pi * frequencies[:, None] * place / 32)).sum(1).abs()
    assert gain[0] == pytest.approx(1, abs=1e-6) and gain[frequencies <= 0.5].min() > 0.9
    assert gain[frequencies >= 5].max() < 0.03
    plane = lowpass(12, cutoff=4.0, width=4.0, rate=32, radial=True)
    assert (
        torch.allclose(plane, plane.T)
        and torch.allclose(plane, plane.rot90())
        and plane.sum() == pytest.approx(1, abs=1e-5)
    )


def test_a_discriminator_alone_is_said(tmp_path):
    data = gzip.decompress((OFFICIAL / "sg2_snapshot.pkl.gz").read_bytes())
    path = tmp_path / "critic.pkl"
    path.write_bytes(
        data.replace(b"\x8c\x05G_ema", b"\x8c\x05other")
        .replace(b"\x8c\x09Generator", b"\x8c\x09Judgement")
        .replace(b"\x8c\x01G\x94", b"\x8c\x01H\x94")
    )
    with pytest.raises(StudioError, match="no generator, only AugmentPipe, Discriminator, Judgement"):
        gan_core.load(path)


def test_a_cut_file_is_said(tmp_path):
    path = unpacked("sg2_skip", tmp_path)
    data = path.read_bytes()
    for length in (1, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(StudioError):
            gan_core.load(path)


def test_a_tensorflow_network_is_said(tmp_path):
    path = tmp_path / "old.pkl"
    path.write_bytes(b"\x80\x03cdnnlib.tflib.network\nNetwork\n)\x81}X\x07\x00\x00\x00versionK\x04sb\x85.")
    with pytest.raises(StudioError, match="legacy.py"):
        gan_core.load(path)
