"""The map: like beside like, the same each time, and a place for every other picture."""

import sys

import numpy as np
import pytest
import torch

from gan_core import data
from gan_core.checkpoint import load_model
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.latent import map as module
from gan_core.latent.map import encoded, features, lay_out, principal, seeds, spread_out
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import locate, render
from gan_core.models import build


@pytest.fixture(scope="module")
def clothes():
    """(pictures [300, 28, 28, 1], their classes) of the bundled clothes."""
    known = data.load("fashion", limit=300)
    return known.images.permute(0, 2, 3, 1).numpy(), known.labels.numpy()


@pytest.fixture(scope="module")
def laid_out(clothes):
    return lay_out(clothes[0])


def neighbours(positions, k):
    """Indices [N, k] of the nearest other positions."""
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    return np.argsort(distances, axis=1)[:, 1 : k + 1]


def unlikeness(positions, looks):
    """How unlike the five neighbours on a map are, in mean distances between any two pictures."""
    near = np.linalg.norm(looks[:, None] - looks[neighbours(positions, 5)], axis=2).mean()
    return near / np.linalg.norm(looks - np.roll(looks, 7, axis=0), axis=1).mean()


def test_neighbourhoods_are_kept_better_than_two_components_can(clothes, laid_out):
    from sklearn.manifold import trustworthiness

    looks = features(clothes[0])
    ours = trustworthiness(looks, laid_out.positions, n_neighbors=10)
    plain = trustworthiness(looks, principal(looks)[:, :2], n_neighbors=10)
    assert ours > 0.93 and ours > plain + 0.02


def test_kinds_lie_together(clothes, laid_out):
    labels = clothes[1]
    same = (labels[neighbours(laid_out.positions, 5)] == labels[:, None]).mean()
    assert same > 0.5  # a tenth by chance


def test_it_is_the_same_each_time(clothes, laid_out):
    again = lay_out(clothes[0].copy())
    assert (again.positions == laid_out.positions).all()
    assert laid_out.positions.dtype == np.float32 and laid_out.positions.min() >= 0 and laid_out.positions.max() <= 1


def test_pictures_say_more_than_codes():
    model = load_model("weights/digits-gan")
    points = seeds(model.config, 200)
    pictures = render(model, points)
    looks, codes = features(pictures), locate(model, points)[0].numpy()
    by_codes = module._neighbours(principal(codes), lambda *_: None)
    assert unlikeness(lay_out(pictures).positions, looks) < unlikeness(by_codes, looks) - 0.1


def test_a_picture_of_the_map_has_its_own_place_and_another_one_lies_among_its_like(clothes, laid_out):
    pictures, _ = clothes
    assert np.abs(laid_out.place(pictures[:20]) - laid_out.positions[:20]).max() < 1e-3
    others = data.load("fashion", limit=40, split="test").images.permute(0, 2, 3, 1).numpy()
    spots = laid_out.place(others)
    distances = np.linalg.norm(spots[:, None] - laid_out.positions[None], axis=2)
    near = np.argsort(distances, axis=1)[:, :5]
    looks, known = features(others), laid_out.features
    beside = np.linalg.norm(looks[:, None] - known[near], axis=2).mean()
    anywhere = np.linalg.norm(looks[:, None] - known[None], axis=2).mean()
    assert beside < 0.75 * anywhere


def test_nobody_covers_somebody(laid_out):
    positions = laid_out.positions
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2) + np.eye(len(positions))
    crowd = np.random.RandomState(0).normal(0.5, 0.02, (300, 2))
    before = np.linalg.norm((crowd - crowd[:, None]), axis=2) + np.eye(300)
    assert (distances.min(1) > 0.5 * module.GAP * len(positions) ** -0.5).mean() > 0.95
    spread = spread_out(crowd)
    after = np.linalg.norm(spread - spread[:, None], axis=2) + np.eye(300)
    assert after.min(1).mean() > before.min(1).mean()


@pytest.mark.parametrize("count", [1, 2, 5, 120])
def test_a_model_that_draws_one_picture_only_still_has_a_map(count):
    pictures = np.full((count, 16, 16, 3), 7, np.uint8)
    layout = lay_out(pictures)
    assert layout.positions.shape == (count, 2) and np.isfinite(layout.positions).all()
    assert np.isfinite(layout.place(pictures[:1])).all()


def test_transparent_pictures_are_seen_on_white():
    see_through = np.zeros((3, 8, 8, 4), np.uint8)
    see_through[1, :, :, :3] = 90
    looks = features(see_through)
    assert (looks[0] == looks[1]).all() and looks.min() > 1.9


def test_seeds_say_their_class():
    assert seeds(ModelConfig("dcgan", 16), 2) == [LatentPoint(seed=0), LatentPoint(seed=1)]
    classes = seeds(ModelConfig("dcgan", 16, num_classes=3, labels=("a", "b", "c")), 5, "m")
    assert [point.label for point in classes] == [0, 1, 2, 0, 1] and classes[4].model == "m"


def test_codes_of_pictures_survive_as_points():
    torch.manual_seed(0)
    model = build(ModelConfig("vae", 16, z_dim=8, options={"width": 8, "e_width": 8})).eval()
    images = torch.randint(0, 256, (70, 3, 16, 16), dtype=torch.uint8)
    points = encoded(model, images, "m")
    back = [LatentPoint.from_json(point.to_json()) for point in points]
    assert back == points
    with torch.no_grad():
        codes = model.encode(images.float() / 127.5 - 1)
    assert torch.allclose(locate(model, back)[0], codes, atol=1e-5)


def test_a_model_without_an_encoder_says_so():
    model = build(ModelConfig("mlp_gan", 16, z_dim=8))
    with pytest.raises(StudioError) as caught:
        encoded(model, torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
    assert caught.value.code == "map.no_encoder"


def test_a_missing_package_is_named(clothes, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    with pytest.raises(StudioError) as caught:
        lay_out(clothes[0])
    assert caught.value.code == "map.package" and "pip install scikit-learn" in str(caught.value)


def test_a_stop_is_heard_between_the_rounds(clothes):
    class Stopped(Exception):
        pass

    def tell(done, total, stage):
        if done == 1:
            raise Stopped

    with pytest.raises(Stopped):
        lay_out(clothes[0], tell)
