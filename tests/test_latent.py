"""Points: exact JSON, exact end points, the same picture alone and in a batch; directions against a planted answer."""

import json

import numpy as np
import pytest
import torch

from gan_core import Blend, LatentPoint, ModelConfig, StudioError, interpolate, render
from gan_core.latent.directions import strongest_directions
from gan_core.latent.interpolate import slerp
from gan_core.latent.sample import draw, locate
from gan_core.models import build
from gan_core.models.base import Generator


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return build(ModelConfig("dcgan", 16, 3, z_dim=12, num_classes=3, options={"width": 8})).eval()


A = LatentPoint(seed=4, label=0, truncation=0.7)
B = LatentPoint(seed=9, label=2, moves=(("d1", -1.25),))
POINTS = [
    LatentPoint(),
    A,
    B,
    LatentPoint(blend=Blend(A, B, 1 / 3, "lerp"), truncation=0.9, moves=(("d0", 0.1),), model="user/ünï-模型"),
    LatentPoint(vector=(0.1, -2.5e-17, 1 / 3), label=1),
    LatentPoint(seed=2**32 - 1),
]


@pytest.mark.parametrize("point", POINTS)
def test_json_gives_the_same_point_back(point):
    again = LatentPoint.from_json(point.to_json())
    assert again == point and hash(again) == hash(point) and again.to_json() == point.to_json()


HOSTILE = [
    "", "{", "null", "[]", "7", '{"seed": true}', '{"seed": -1}', '{"seed": 4294967296}', '{"seed": 1.5}', '{"seed": "1"}', '{"seed": NaN}',
    '{"seed": 1, "vector": [1]}', '{"vector": []}', '{"vector": [NaN]}', '{"vector": [1e999]}', '{"vector": ["1"]}', '{"vector": 3}',
    '{"truncation": NaN}', '{"truncation": -0.1}', '{"truncation": 99}', '{"moves": [["d0", NaN]]}', '{"moves": [["d0"]]}',
    '{"moves": [[1, 2]]}', '{"moves": "d0"}', '{"moves": [["d0", 1e9]]}', '{"label": -1}', '{"label": true}', '{"model": 5}',
    '{"blend": {"a": {}, "b": {}, "t": 2}}', '{"blend": {"a": {}, "b": {}}}', '{"blend": {"a": 1, "b": {}, "t": 0}}',
    '{"blend": {"a": {}, "b": {}, "t": 0.5, "mode": "exec"}}', '{"__class__": "os.system"}', "[" * 100_000, '{"seed":' + "9" * 5000 + "}", '{"truncation":' + "9" * 400 + "}",
    '{"blend":{"a":{},"b":' * 30 + "{}" + ',"t":0}}' * 30,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_anything_else_is_refused_in_words(text):
    with pytest.raises(StudioError):
        LatentPoint.from_json(text)


def test_latents_follow_the_fields_convention():
    assert np.array_equal(draw(7, 64), np.random.RandomState(7).randn(64).astype(np.float32))


def test_render_gives_bytes_of_the_models_shape(model):
    pictures = render(model, [LatentPoint(seed=s) for s in range(3)])
    assert pictures.shape == (3, 16, 16, 3) and pictures.dtype == np.uint8
    assert np.array_equal(pictures, render(model, [LatentPoint(seed=s) for s in range(3)]))
    assert render(model, []).shape == (0, 16, 16, 3)
    assert len({p.tobytes() for p in pictures}) == 3


def test_alone_and_in_a_batch_of_64_within_one_grey_level(model):
    points = [LatentPoint(seed=s, truncation=0.5 + s / 100, moves=(("d2", s / 40),)) for s in range(64)]
    together = render(model, points).astype(int)
    for i in (0, 1, 33, 63):
        assert np.abs(render(model, [points[i]])[0].astype(int) - together[i]).max() <= 1


@pytest.mark.parametrize("mode", ["slerp", "lerp"])
def test_a_morph_begins_and_ends_exactly_at_its_ends(model, mode):
    path = interpolate(A, B, 9, mode)
    assert len(path) == 9 and path[0] == A and path[-1] == B
    frames = render(model, path)
    assert np.array_equal(frames[0], render(model, [A, *path[1:]])[0])
    ends = locate(model, [A, B])[0]
    near = locate(model, [LatentPoint(blend=Blend(A, B, t, mode)) for t in (0.0, 1.0)])[0]
    assert torch.allclose(near, ends, atol=1e-5)


@pytest.mark.parametrize("frames", [1, 0, -3, 10**6, 2.0, True, None])
def test_a_morph_needs_a_sensible_number_of_frames(frames):
    with pytest.raises(StudioError):
        interpolate(A, B, frames)


def test_slerp_keeps_to_the_arc_and_survives_degenerate_ends():
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 5.0])
    middle = slerp(a, b, 0.5)
    assert torch.allclose(middle, torch.tensor([4.0, 4.0]) / 2**0.5)
    for end in (a, -a, torch.zeros(2)):
        assert torch.isfinite(slerp(a, end, 0.25)).all()


def test_blending_classes_mixes_their_weights(model):
    weights = locate(model, [LatentPoint(blend=Blend(A, B, 0.25))])[1]
    assert weights.tolist() == [[0.75, 0.0, 0.25]]


@pytest.mark.parametrize(
    "point", [LatentPoint(vector=(1.0, 2.0)), LatentPoint(label=3), LatentPoint(moves=(("smile", 1.0),))]
)
def test_a_point_of_another_model_is_refused(model, point):
    with pytest.raises(StudioError):
        render(model, [point])


class Planted(Generator):
    """Pictures that change along known axes only, by known amounts."""

    def __init__(self, axes, strengths):
        super().__init__(ModelConfig("dcgan", 8, 1, z_dim=axes.shape[1]))
        patterns = torch.eye(64)[:: 64 // len(axes)][: len(axes)]
        self.weight = torch.nn.Parameter((patterns.T * strengths) @ axes)

    def synthesis(self, code, label_weights):
        return (code @ self.weight.T).unflatten(1, (1, 8, 8))


def test_planted_directions_are_found_strongest_first():
    axes = torch.linalg.qr(torch.randn(10, 4, generator=torch.Generator().manual_seed(1)))[0].T
    model = Planted(axes, torch.tensor([1.0, 4.0, 2.0, 3.0]))
    found = strongest_directions(model)
    alignment = (found[:4] @ axes.T).abs()
    assert torch.allclose(alignment, torch.eye(4)[[1, 3, 2, 0]], atol=1e-4)
    assert torch.allclose(found @ found.T, torch.eye(10), atol=1e-5)
    # in float64: the same as the singular vectors of the (constant) Jacobian
    right = torch.linalg.svd(model.weight.detach().double(), full_matrices=False)[2][:4].float()
    assert torch.allclose((found[:4] * right).sum(1).abs(), torch.ones(4), atol=1e-5)


def test_json_stays_small_for_a_plain_point():
    assert json.loads(LatentPoint(seed=3).to_json()) == {"seed": 3}
