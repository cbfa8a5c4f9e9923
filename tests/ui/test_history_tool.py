"""The strip's server side: small pictures of any points, and saved pictures that another copy of the model understands."""

import asyncio
import base64
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.checkpoint import load_model, save_model
from gan_core.export import read_point
from gan_core.latent.naming import own
from gan_core.latent.point import Blend, LatentPoint, Mix
from gan_core.latent.portable import portable
from gan_core.latent.sample import render
from gan_core.ui import Settings, Studio
from gan_core.ui.engine import Engine
from gan_core.ui.tabs.explore import Explore
from gan_core.ui.tabs.grid import Grid
from gan_core.ui.tools.history import SIDE, History, small_url


@pytest.fixture(scope="module")
def studio(weights, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    return Studio(Settings(weights, runs), Engine(weights, runs))


def shown(url: str) -> np.ndarray:
    kind, data = url.split(",")
    assert kind in ("data:image/png;base64", "data:image/webp;base64")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"))


def test_small_pictures_of_several_models_come_in_order(studio):
    points = [LatentPoint(seed=seed, model=model) for seed in (1, 2) for model in ("c-pixels", "a-plain", "b-classes")]
    small = [shown(url) for url in asyncio.run(History(studio).thumbs(points))]
    for point, picture in zip(points, small, strict=True):
        model = load_model(studio.settings.weights / point.model)
        off = [
            np.abs(picture.astype(int) - drawn).mean()
            for drawn in render(model, [point, LatentPoint(seed=3 - point.seed, model=point.model)])
        ]
        assert off[0] < off[1] and (off[0] == 0 or point.model != "c-pixels")  # WebP is lossy


def test_what_cannot_be_drawn_does_not_spoil_the_rest(studio):
    points = [
        LatentPoint(seed=1, model="a-plain"),
        LatentPoint(seed=1, model="gone"),
        LatentPoint(seed=1, moves=(("nowhere", 1.0),), model="a-plain"),
        LatentPoint(vector=(0.0,) * 3, model="a-plain"),
    ]
    urls = asyncio.run(History(studio).thumbs(points))
    assert urls[0].startswith("data:image/webp") and urls[1:] == ["", "", ""]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_small_pictures_are_small_whatever_the_model(channels):
    picture = np.random.RandomState(0).randint(0, 256, (300, 200, channels), np.uint8)
    assert shown(small_url(picture, pixel_art=False)).shape == (SIDE, SIDE * 2 // 3, 3)
    assert shown(small_url(picture[:16, :16], pixel_art=True)).shape == (16, 16, 3)


@pytest.fixture(scope="module")
def with_own(weights, tmp_path_factory):
    """(a weights folder whose model has a direction of its owner's, the same model as others have it)."""
    root = tmp_path_factory.mktemp("own")
    for name in ("a-plain", "b-classes"):
        model = load_model(weights / name)
        vector = torch.linspace(-1, 1, model.code_dim)
        model.named = (own("Mine", vector),)
        save_model(root / name, model)
    return root


def own_name(root) -> str:
    return load_model(root / "a-plain").named[0].name


@pytest.mark.parametrize("model", ["a-plain", "b-classes"])
def test_saved_pictures_need_no_direction_of_ones_own(weights, with_own, tmp_path, model):
    studio = Studio(Settings(with_own, tmp_path), Engine(with_own, tmp_path))
    end = LatentPoint(seed=3, moves=((own_name(with_own), 1.5),), model=model)
    points = [
        replace(end, truncation=0.7, moves=(*end.moves, ("d0", -1.0))),
        LatentPoint(blend=Blend(end, LatentPoint(seed=4, model=model), 0.4), model=model),
        LatentPoint(mix=Mix((end, LatentPoint(seed=5)), (0.5, 0.5)), moves=(("d1", 2.0),), model=model),
    ]
    for point in points:
        saved = asyncio.run(Explore(studio).save(point=point))
        png = base64.b64decode(saved["data"])
        found, name = read_point(png)
        assert name == model and own_name(with_own) not in found.to_json()
        again = render(load_model(weights / model), [found])[0]
        assert np.abs(again.astype(int) - np.asarray(Image.open(io.BytesIO(png)))).max() <= 1
    archive = base64.b64decode(asyncio.run(Grid(studio).save_zip(points=points))["data"])
    assert own_name(with_own).encode() not in archive


def test_found_directions_stay_sliders(studio):
    model = load_model(studio.settings.weights / "a-plain")
    point = LatentPoint(seed=3, moves=(("d0", 1.5),), model="a-plain")
    assert portable(model, point) == point


@pytest.mark.parametrize("model", ["a-plain", "b-classes", "c-pixels"])
def test_picture_to_point_to_picture_gives_the_same_pixels(studio, model):
    explore = Explore(studio)
    for point in (
        LatentPoint(seed=11, truncation=0.8, moves=(("d0", 1.25), ("d2", -0.5)), model=model),
        LatentPoint(mix=Mix((LatentPoint(seed=1), LatentPoint(seed=2)), (0.25, 0.75)), model=model),
    ):
        for size in (None, 64):
            first = base64.b64decode(asyncio.run(explore.save(point=point, size=size))["data"])
            found, _ = read_point(first)
            assert found == point
            second = base64.b64decode(asyncio.run(explore.save(point=found, size=size))["data"])
            assert first == second
