"""Points: exact JSON, exact end points, the same picture alone and in a batch; directions against a planted answer."""

import json

import numpy as np
import pytest
import torch

from gan_core import Blend, LatentPoint, ModelConfig, StudioError, interpolate, render
from gan_core.latent.directions import strongest_directions
from gan_core.latent.interpolate import slerp
from gan_core.latent.point import MAX_NODES, Mix, Style
from gan_core.latent.sample import draw, locate, settle
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
    LatentPoint(vector=(0.5, -0.25), styles=(Style(A, 0, 4), Style(B, 2, 3, 0.5)), moves=(("d1", 2.0, 0, 4),)),
    LatentPoint(mix=Mix((A, B, LatentPoint(seed=3)), (0.75, 0.5, -0.25)), truncation=0.5),
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
    '{"mix": {"points": [], "weights": []}}', '{"mix": {"points": [{}], "weights": [0.5]}}', '{"mix": {"points": [{}], "weights": [1, 0]}}',
    '{"mix": {"points": 3, "weights": [1]}}', '{"mix": {"points": [{}, {}], "weights": [9, -8]}}', '{"styles": [{"point": {}, "first": 2, "stop": 2}]}',
    '{"styles": [{"point": {}, "first": 0, "stop": 1, "amount": 2}]}', '{"styles": [{"first": 0, "stop": 1}]}', '{"styles": {}}',
    '{"moves": [["d0", 1, 0]]}', '{"moves": [["d0", 1, 3, 1]]}', '{"moves": [["d0", 1, 0, true]]}', '{"vector": "AAAA!"}', '{"vector": "AAA="}', '{"vector": "AADAfw=="}',
    '{"styles": [' + ",".join(['{"point": {"mix": {"points": [' + ",".join(["{}"] * 15) + '], "weights": [1' + ",0" * 14 + ']}}, "first": 0, "stop": 1}'] * 20) + "]}",
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


def test_a_vector_travels_as_float32_where_that_is_exact():
    exact = LatentPoint(vector=(0.5, 1 / 3, -2.0))
    assert isinstance(json.loads(exact.to_json())["vector"], list)
    rounded = LatentPoint(vector=tuple(np.float32([0.1, -7.25, 1 / 3]).tolist()))
    assert (
        isinstance(json.loads(rounded.to_json())["vector"], str) and LatentPoint.from_json(rounded.to_json()) == rounded
    )


def test_a_mix_keeps_its_ends_and_the_length_of_typical_draws(model):
    parts = tuple(LatentPoint(seed=s, label=0) for s in (1, 2, 3, 4))
    whole = locate(model, parts)[0]
    for i in range(4):
        weights = tuple(float(k == i) for k in range(4))
        assert torch.equal(locate(model, [LatentPoint(mix=Mix(parts, weights))])[0][0], whole[i])
    middle = locate(model, [LatentPoint(mix=Mix(parts, (0.25,) * 4))])[0][0]
    mean = whole.double().mean(0)
    want = mean / mean.norm() * whole.double().norm(dim=1).mean()
    assert torch.allclose(middle.double(), want, atol=1e-6)


def test_a_mix_shares_classes_by_weight(model):
    ends = tuple(LatentPoint(seed=1, label=label) for label in (0, 2))
    assert locate(model, [LatentPoint(mix=Mix(ends, (0.25, 0.75)))])[1].tolist() == [[0.25, 0, 0.75]]
    beyond = locate(model, [LatentPoint(mix=Mix(ends, (-0.25, 1.25)))])[1]
    assert beyond.tolist() == [[0, 0, 1]]  # a spline may overshoot; class shares do not


@pytest.fixture(scope="module")
def style_model():
    torch.manual_seed(0)
    return build(ModelConfig("stylegan2", 16, 3, z_dim=8, options={"w_dim": 8, "width": 4})).eval()


def test_styles_and_moves_touch_only_their_layers(style_model):
    each, b = style_model.w_dim, LatentPoint(seed=2)
    code_a, code_b = (locate(style_model, [LatentPoint(seed=seed)])[0][0] for seed in (1, 2))  # each alone: bitwise
    mixed = locate(style_model, [LatentPoint(seed=1, styles=(Style(b, 2, 4, 0.5),))])[0][0]
    inside = slice(2 * each, 4 * each)
    assert torch.allclose(mixed[inside], (code_a + code_b)[inside] / 2, atol=1e-6)
    mixed[inside] = code_a[inside]
    assert torch.equal(mixed, code_a)
    moved = locate(style_model, [LatentPoint(seed=1, moves=(("d0", 2.0, 1, 2),))])[0][0]
    changed = (moved != code_a).nonzero().flatten()
    assert changed.min() >= each and changed.max() < 2 * each
    with pytest.raises(StudioError, match="layers"):
        locate(style_model, [LatentPoint(seed=1, moves=(("d0", 1.0, 0, 60),))])


@pytest.mark.parametrize("point", [B, POINTS[3], LatentPoint(seed=5, label=1, truncation=0.3)])
def test_a_settled_point_draws_the_same_picture(model, point):
    flat = settle(model, LatentPoint.from_json(point.to_json()))
    assert not flat.moves and flat.truncation == 1
    assert np.array_equal(render(model, [LatentPoint.from_json(flat.to_json())]), render(model, [point]))


def test_a_point_holds_a_bounded_number_of_points():
    sixteen = LatentPoint(mix=Mix((A,) * 16, (1.0,) + (0.0,) * 15))
    with pytest.raises(StudioError):
        LatentPoint(mix=Mix((sixteen,) * 16, (1.0,) + (0.0,) * 15))
    assert MAX_NODES >= 200  # a settled corner of a plane and a map fit with room to spare
