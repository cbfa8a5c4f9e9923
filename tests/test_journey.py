"""Journeys: the curve goes exactly through its keyframes and without a kink, and the file says exactly what it was."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core import LatentPoint, ModelConfig, StudioError, render
from gan_core.latent import journey as module
from gan_core.latent.journey import (
    EASINGS,
    KEY,
    PATHS,
    Journey,
    Keyframe,
    class_sweep,
    frames,
    nested,
    noise_loop,
    segment,
    spline_weights,
    truncation_sweep,
)
from gan_core.latent.point import Blend, Mix, Style
from gan_core.latent.sample import locate
from gan_core.models import build


def tiny(**fields):
    torch.manual_seed(1)
    return build(
        ModelConfig(**{"family": "dcgan", "resolution": 16, "z_dim": 32, "options": {"width": 8}, **fields})
    ).eval()


@pytest.fixture(scope="module")
def model():
    return tiny()


@pytest.fixture(scope="module")
def classes():
    return tiny(num_classes=3, labels=("a", "b", "c"))


def through(seeds, seconds=1.0, easing="linear", **fields) -> Journey:
    seconds = seconds if isinstance(seconds, tuple) else (seconds,) * len(seeds)
    keyframes = [Keyframe(LatentPoint(seed=s, model="m"), t, easing) for s, t in zip(seeds, seconds, strict=True)]
    return Journey(tuple(keyframes), **fields)


def codes(model, journey) -> np.ndarray:
    return locate(model, frames(journey))[0].detach().double().numpy()


UNEVEN = (1.0, 0.25, 2.5, 0.5, 1.5)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("easing", EASINGS)
@pytest.mark.parametrize("closed", [True, False])
def test_every_keyframe_is_a_picture_of_its_own(path, easing, closed):
    journey = through([3, 1, 4, 1, 5], UNEVEN, easing, closed=closed, path=path, fps=12)
    points = frames(journey)
    assert len(points) == journey.count == sum(journey.lengths) + (not closed)
    at = 0
    for keyframe, length in zip(journey.keyframes, (*journey.lengths, 0), strict=False):
        assert points[at] == keyframe.point
        at += length
    assert all(point.model == "m" for point in points)
    assert [p for i in range(5) for p in segment(journey, i)] == points


def test_lengths_are_the_seconds_at_that_speed():
    journey = through([1, 2, 3, 4, 5], UNEVEN, fps=24)
    assert journey.lengths == (24, 6, 60, 12) and journey.count == 103
    assert replace(journey, closed=True).lengths == (24, 6, 60, 12, 36) and replace(journey, closed=True).count == 138
    assert through([1, 2], 0).lengths == (1,)
    assert through([1]).count == 1 and through([1], closed=True).count == 1
    assert frames(through([1], closed=True)) == [LatentPoint(seed=1, model="m")]


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_spline_weights_add_up_to_one_and_stay_small(closed, count):
    journey = through(range(count), tuple([0.1, 9.0, 1.0, 0.1, 5.0, 0.3, 2.0][:count]), closed=closed)
    for number in range(len(journey.lengths)):
        for share in np.linspace(0, 1, 21):
            weights = spline_weights(journey, number, float(share))
            assert sum(weights.values()) == pytest.approx(1, abs=1e-12)
            assert min(weights.values()) > -0.3 and max(weights.values()) < 1.3
        assert spline_weights(journey, number, 0.0)[number] == pytest.approx(1)
        assert spline_weights(journey, number, 1.0)[(number + 1) % count] == pytest.approx(1)


def test_at_equal_times_it_is_the_catmull_rom_spline():
    journey, t = through(range(4)), 0.3
    weights = spline_weights(journey, 1, t)
    wanted = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    assert [weights[k] for k in range(4)] == pytest.approx([w / 2 for w in wanted])


def test_two_keyframes_are_joined_by_a_straight_line():
    weights = spline_weights(through([1, 2]), 0, 0.3)
    assert [weights[0], weights[1]] == pytest.approx([0.7, 0.3])


@pytest.mark.parametrize("family", [{}, {"family": "stylegan2", "options": {}}])
@pytest.mark.parametrize("closed", [True, False])
def test_codes_move_without_a_kink(family, closed):
    """C¹ in time, at uneven times and across the seam of a loop: the jump of the velocity shrinks with the step."""
    model = tiny(**family)

    def worst(fps: int) -> float:
        path = codes(model, through([3, 1, 4, 9, 5], (1.0, 0.5, 1.5, 0.75, 1.2), closed=closed, fps=fps))
        path = np.concatenate([path, path[:2]]) if closed else path
        velocity = np.diff(path, axis=0) * fps
        return np.linalg.norm(np.diff(velocity, axis=0), axis=1).max() / np.linalg.norm(velocity, axis=1).mean()

    assert worst(60) < 0.6 * worst(30)


def test_straight_segments_do_have_kinks(model):
    """The measure of the test above can tell."""

    def worst(fps: int) -> float:
        velocity = np.diff(codes(model, through([3, 1, 4, 9, 5], path="lerp", fps=fps)), axis=0) * fps
        return np.linalg.norm(np.diff(velocity, axis=0), axis=1).max()

    assert worst(60) > 0.9 * worst(30)


@pytest.mark.parametrize("name", EASINGS)
def test_easings_begin_at_the_start_and_never_go_back(name):
    values = [EASINGS[name](t) for t in np.linspace(0, 1, 11)]
    assert values[0] == 0 and values == sorted(values)
    assert values[-1] == (0 if name == "hold" else pytest.approx(1))
    if name == "hold":
        assert set(segment(through([1, 2], easing="hold"), 0)) == {LatentPoint(seed=1, model="m")}


# ---- the file

RICH = Journey(
    (
        Keyframe(
            LatentPoint(seed=7, moves=(("<smile & wave>", 1.5), ("d1", -0.25, 0, 4)), model="笑"), 0.1 + 0.2, "hold"
        ),
        Keyframe(LatentPoint(vector=(0.1, float(np.float32(0.3))), label=3, model="笑"), 3, "slow_end"),
        Keyframe(LatentPoint(blend=Blend(LatentPoint(seed=1), LatentPoint(seed=2), 1 / 3), truncation=0.7, model="笑")),
        Keyframe(LatentPoint(seed=1, styles=(Style(LatentPoint(seed=2), 0, 4, 0.5),), model="笑"), 0, "smooth"),
    ),
    closed=True,
    path="slerp",
    fps=30,
)


@pytest.mark.parametrize("journey", [RICH, through([1]), noise_loop(LatentPoint(seed=1, model="m"), 5)])
def test_json_gives_the_same_journey_back(journey):
    text = journey.to_json()
    assert Journey.from_json(text) == journey == Journey.from_json(json.loads(text))
    assert Journey.from_json(text).to_json() == text
    assert text.startswith(f'{{"{KEY}":1,') and text.isascii() and not set("<>&") & set(text)


def raw(**fields) -> dict:
    return {KEY: 1, "keyframes": [{"point": {"seed": 1}}], **fields}


POINT = {"point": {"seed": 1}}
HOSTILE = [
    "", "{", "null", "[]", "7", "{}", '{"a":' * 3000, "1" * 5000, b"\xff\xfe", None, [], 7,
    raw(keyframes=None), raw(keyframes={}), raw(keyframes=[]), raw(keyframes=[POINT] * 101), raw(keyframes=[None]), raw(keyframes=[[]]),
    raw(keyframes=[{}]), raw(keyframes=[POINT | {"x": 1}]), raw(keyframes=[{"point": 7}]), raw(keyframes=[{"point": {"seed": -1}}]),
    *(raw(keyframes=[POINT | {"seconds": s}]) for s in (-1, 61, float("nan"), float("inf"), "2", None, True, 10**400)),
    *(raw(keyframes=[POINT | {"easing": e}]) for e in ("", "fast", None, 1, [], {})),
    *(raw(fps=f) for f in (0, 61, 2.5, "24", None, True)),
    *(raw(path=p) for p in ("", "bezier", None, [], {})),
    *(raw(closed=c) for c in (0, 1, "yes", None)),
    *(raw(**{KEY: v}) for v in (0, 2, 1.0, "1", None, True)),
    raw(model="m"), {"keyframes": [POINT]}, raw(keyframes=[POINT | {"seconds": 60}] * 2 + [POINT], fps=60),
    raw(keyframes=[POINT, {"point": {"seed": 1, "model": "other"}}]),
]  # fmt: skip


@pytest.mark.parametrize("sent", HOSTILE)
def test_anything_else_is_refused_in_words(sent):
    with pytest.raises(StudioError) as caught:
        Journey.from_json(sent)
    assert caught.value.code.split(".")[0] in ("journey", "point") and len(str(caught.value)) > 20


def test_a_file_too_large_is_not_parsed(monkeypatch):
    monkeypatch.setattr(module.json, "loads", lambda text: pytest.fail("parsed"))
    with pytest.raises(StudioError):
        Journey.from_json(" " * 2_000_001)


def test_refusals_name_what_is_wrong():
    def code(call) -> str:
        with pytest.raises(StudioError) as caught:
            call()
        return caught.value.code

    two = [Keyframe(LatentPoint(seed=1, model="a")), Keyframe(LatentPoint(seed=1, model="b"))]
    assert code(lambda: Journey(tuple(two))) == "journey.models"
    assert code(lambda: through(range(5), 60.0, fps=60)) == "journey.too_long"
    assert code(lambda: Journey(())) == code(lambda: through(range(101))) == "journey.keyframes"
    assert code(lambda: Journey.from_json(raw(**{KEY: 2}))) == "journey.version"
    assert code(lambda: Journey([two[0]])) == code(lambda: Journey((LatentPoint(),))) == "journey.invalid"


def test_points_too_nested_for_a_curve_are_told():
    deep = LatentPoint(seed=1, model="m")
    for i in range(8):
        deep = LatentPoint(blend=Blend(deep, LatentPoint(seed=i), 0.5), model="m")
    wide = LatentPoint(
        mix=Mix((LatentPoint(mix=Mix((LatentPoint(),) * 16, (1 / 16,) * 16)),) * 4, (0.25,) * 4), model="m"
    )
    for point in (deep, wide):
        journey = Journey(
            (Keyframe(LatentPoint(seed=0, model="m")), Keyframe(point), Keyframe(LatentPoint(seed=2, model="m")))
        )
        assert nested(point)
        with pytest.raises(StudioError) as caught:
            frames(journey)
        assert caught.value.code == "journey.nested" and caught.value.facts["number"] == 2
    assert not nested(LatentPoint(seed=3))


# ---- ready-made ones


@pytest.mark.parametrize("family", [{"z_dim": 128}, {"family": "stylegan2", "z_dim": 64, "options": {}}])
def test_a_noise_loop_moves_evenly_around_its_centre(family):
    model = tiny(**family)
    centre = LatentPoint(seed=20, model="m")
    journey = noise_loop(centre, seed=100, difference=0.5, seconds=4.0)
    assert journey.closed and len(journey.keyframes) == 8 and journey.count == 96
    path = codes(model, journey)
    steps = np.linalg.norm(np.diff(path, axis=0, append=path[:1]), axis=1)
    draws = codes(model, through(range(8), 0.5, closed=True))
    uneven = np.linalg.norm(np.diff(draws, axis=0, append=draws[:1]), axis=1)
    assert steps.max() / steps.min() < 0.8 * uneven.max() / uneven.min()  # a curve through draws slows down at each
    middle = locate(model, [centre])[0].detach().double().numpy()[0]
    away = np.linalg.norm(path - middle, axis=1)
    assert away.max() < 1.8 * away.min()
    wider = codes(model, noise_loop(centre, 100, 1.0, 4.0))
    assert np.linalg.norm(wider - middle, axis=1).mean() > 1.4 * away.mean()
    assert np.allclose(codes(model, noise_loop(centre, 100, 0.0)), middle, atol=1e-4)
    assert frames(noise_loop(centre, 101)) != frames(noise_loop(centre, 100))


def test_a_noise_loop_keeps_its_class(classes):
    for centre in (LatentPoint(seed=4), LatentPoint(seed=4, label=2)):
        weights = locate(classes, frames(noise_loop(centre, 7, classes=3)))[1]
        assert torch.equal(weights, weights[:1].expand_as(weights)) and weights[0, centre.label or 1] == 1
    between = LatentPoint(blend=Blend(LatentPoint(seed=0, label=0), LatentPoint(seed=1, label=1), 0.5))
    weights = locate(classes, frames(noise_loop(between, 7, classes=3)))[1]
    assert torch.allclose(weights, torch.tensor([0.5, 0.5, 0.0]).expand_as(weights), atol=1e-6)


def test_a_truncation_sweep_begins_at_the_average(model):
    journey = truncation_sweep(LatentPoint(seed=3, moves=(("d0", 1.0),), model="m"), 0, 1, steps=5, seconds=4)
    assert [k.point.truncation for k in journey.keyframes] == [0, 0.25, 0.5, 0.75, 1]
    assert journey.keyframes[-1].point == LatentPoint(seed=3, moves=(("d0", 1.0),), model="m")
    assert journey.count == 97 and not journey.closed
    path = codes(model, truncation_sweep(LatentPoint(seed=3), 0, 1, steps=3))
    length = np.linalg.norm(path, axis=1)
    assert length[0] == 0 and np.allclose(np.diff(length), length[-1] / (len(length) - 1), atol=1e-4)


def test_a_class_sweep_visits_every_class_at_the_same_seed(classes):
    journey = class_sweep(LatentPoint(seed=9), 3)
    assert [(k.point.seed, k.point.label) for k in journey.keyframes] == [(9, 0), (9, 1), (9, 2)] and journey.closed
    weights = locate(classes, frames(journey))[1]
    assert torch.allclose(weights.sum(1), torch.ones(len(weights))) and weights.min() >= 0
    assert render(classes, frames(journey)[:4]).shape == (4, 16, 16, 3)
    assert [k.point.label for k in class_sweep(LatentPoint(seed=9), 1000, 0.1).keyframes][:3] == [0, 10, 20]
    with pytest.raises(StudioError) as caught:
        class_sweep(LatentPoint(seed=9), 0)
    assert caught.value.code == "journey.no_classes"


@pytest.mark.parametrize(
    "wrong",
    [{"difference": 3}, {"difference": float("nan")}, {"seconds": 0}, {"seconds": 61}, {"waypoints": 3}, {"waypoints": 8.0}, {"seed": -1}, {"seed": "x"}],
)  # fmt: skip
def test_a_noise_loop_refuses_in_words(wrong):
    with pytest.raises(StudioError):
        noise_loop(**{"centre": LatentPoint(seed=1), "seed": 1, **wrong})
