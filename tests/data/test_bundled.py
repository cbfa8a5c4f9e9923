"""The pictures that come with the studio."""

import gzip
from functools import cache

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.data import builtin_names, describe, load
from gan_core.data.bundled import FOLDER, sheets

NAMES = ("faces", "pixel-faces", "fashion", "digits")


@cache
def everything(name: str):
    return load(name, split="all")


def rows(images: torch.Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


def test_names():
    assert builtin_names() == NAMES


@pytest.mark.parametrize("name, channels, side", [*zip(NAMES, (3, 3, 1, 1), (64, 16, 28, 28), strict=True)])
def test_split_is_disjoint_and_whole(name, channels, side):
    whole, test = everything(name), load(name, split="test")
    assert whole.images.shape == (20_000, channels, side, side)
    assert torch.equal(whole.images[18_000:], test.images) and whole.attributes[18_000:] == test.attributes
    assert not rows(whole.images[:18_000]) & rows(test.images)
    if test.labels is not None:
        assert whole.labels.bincount().tolist() == [2_000] * 10 and test.labels.bincount().tolist() == [200] * 10


def test_training_sees_only_the_training_part():
    whole, train = everything("pixel-faces"), load("pixel-faces")
    assert torch.equal(train.images, whole.images[:18_000]) and train.attributes == whole.attributes[:18_000]
    assert train.fingerprint != whole.fingerprint and not train.notes and not train.skipped


@pytest.mark.parametrize("name", NAMES)
def test_facts_licence_and_preview(name):
    info, notes = describe(name), (FOLDER / "README.md").read_text(encoding="utf-8")
    assert info.bundled and info.title and info.title_zh != info.title
    assert info.licence in notes and f"`{name}`" in notes and f"make_builtin {name} " in notes
    with Image.open(info.preview) as preview:
        assert preview.size == (5 * info.resolution, 5 * info.resolution)
        corner = preview.convert("RGB").crop((0, 0, info.resolution, info.resolution))
    first = everything(name).images[0].expand(3, -1, -1)
    assert torch.equal(torch.from_numpy(np.array(corner)).permute(2, 0, 1), first)
    assert everything(name).licence == info.licence


def test_files_suit_a_space():
    sizes = [file.stat().st_size for file in FOLDER.iterdir()]
    assert max(sizes) < 10_000_000 and sum(sizes) < 35_000_000
    listed = {file for entry in sheets().values() for file in (*entry.files, entry.attributes, entry.preview)}
    assert {file.name for file in FOLDER.iterdir()} == listed | {"sheets.json", "README.md"}


@pytest.mark.parametrize("name", NAMES)
def test_one_line_of_attributes_a_picture(name):
    with gzip.open(FOLDER / sheets()[name].attributes) as lines:
        assert sum(1 for _ in lines) == sheets()[name].count == 20_000


def test_attributes_belong_to_their_pictures():
    """Backgrounds are flat, so a corner pixel must be of the colour that its picture was drawn with."""
    corners, whole = {}, everything("faces")
    for picture, attributes in zip(whole.images[::50], whole.attributes[::50], strict=True):
        corners.setdefault(attributes["bg"], set()).add(tuple(picture[:, 0, 0].tolist()))
    assert corners["sky"] == {(0xB6, 0xE3, 0xF4)} and corners["butter"] == {(0xFF, 0xF3, 0xB0)} and len(corners) == 6
