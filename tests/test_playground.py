"""The playground: repeatable frames, modes counted rightly, every method on every cloud, and losses that are gan_core.losses'."""

import base64
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks import playground_modes
from gan_core import StudioError, losses
from gan_core.playground import CLOUDS, MAX_POINTS, METHODS, Play, PlaySettings, cloud, modes_caught
from gan_core.playground.frames import ARROWS, HEAT, LINES, SAMPLES
from gan_core.playground.methods import UnrolledGan
from gan_core.playground.mlp import Mlp
from gan_core.playground.play import frames
from gan_core.playground.settings import Sizes

TINY = Sizes(width=8, batch=16, unroll=2)
DRAWN = ((0.0, 0.5), (0.25, -0.5), (1, -1))


def settings(**changes) -> PlaySettings:
    return replace(PlaySettings(points=DRAWN, sizes=TINY), **changes)


@pytest.mark.parametrize("name", [*CLOUDS, "drawn"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_learns_every_cloud(method, name):
    first, *_, last = frames(settings(cloud=name, method=method), 4, every=2)
    assert (first.step, last.step) == (0, 4) and first.losses == {} and all(map(math.isfinite, last.losses.values()))
    assert last.samples.shape == (SAMPLES, 2) and last.arrows.shape == (ARROWS, 4)
    assert last.heat.shape == (HEAT, HEAT) and last.lattice.shape == (LINES, LINES, 2)
    assert last.heat.min() >= 0 and last.heat.max() <= 1
    assert not torch.equal(first.samples, last.samples)
    assert (last.modes is None) == (name not in ("ring", "grid"))


@pytest.mark.parametrize("method", METHODS)
def test_frames_are_the_same_however_often_one_looks(method):
    def end(every):
        *_, last = frames(settings(method=method, seed=5), 6, every)
        return last.to_json()

    assert end(1) == end(6)
    *_, other = frames(settings(method=method, seed=6), 6, 6)
    assert other.to_json() != end(6)


def test_arrays_survive_packing():
    play = Play(settings())
    shown, packed = play.frame(), play.frame().to_json()
    numbers = np.frombuffer(base64.b64decode(packed["samples"]), "<i2").reshape(-1, 2) / 10_000
    assert np.allclose(numbers, shown.samples.numpy(), atol=1e-4)
    heat = np.frombuffer(base64.b64decode(packed["heat"]), np.uint8).reshape(HEAT, HEAT)
    assert np.allclose(heat / 255, shown.heat.numpy(), atol=0.003)


def test_modes_are_counted_within_three_sigma():
    ring = cloud("ring")
    all_eight = ring.draw(2000, torch.Generator().manual_seed(0))
    modes, good = modes_caught(all_eight, ring)
    assert modes == 8 and good == pytest.approx(1 - math.exp(-4.5), abs=0.01)  # two dimensions: 1 − e^(−9/2)
    assert modes_caught(ring.centres[:2].repeat(50, 1), ring) == (2, 1.0)
    assert modes_caught(torch.zeros(100, 2), ring) == (0, 0.0)
    assert modes_caught(1.2 * ring.centres[:3], ring, math.inf) == (3, 1.0)  # next to three modes, at none of them
    few = torch.cat([ring.centres[:1].repeat(99, 1), ring.centres[1:2]])  # one in a hundred is not a mode caught
    assert modes_caught(few, ring) == (1, 1.0)
    assert modes_caught(torch.full((4, 2), math.nan), ring) == (0, 0.0)
    assert modes_caught(all_eight, cloud("moons")) == (None, None)


@pytest.mark.parametrize("name", CLOUDS)
def test_clouds_lie_in_the_square(name):
    points = cloud(name).draw(3000, torch.Generator().manual_seed(1))
    assert points.shape == (3000, 2) and points.abs().max() < 1 and points.std() > 0.2


def test_what_is_drawn_is_learned_as_it_was_drawn():
    points = cloud("drawn", DRAWN).draw(500, torch.Generator().manual_seed(1))
    assert (torch.cdist(points, torch.tensor(DRAWN)).min(1).values < 0.1).all()


@pytest.mark.parametrize(
    "points",
    [(), ((0.0, 0.0),) * (MAX_POINTS + 1), ((0.0, math.nan),), ((0.0, 1.1),), ((0.0, math.inf),), ((0.0,),), ("ab",), ((True, 0.0),)],
)  # fmt: skip
def test_points_that_cannot_be_learned_are_refused_in_words(points):
    with pytest.raises(StudioError, match="Draw|drawn"):
        Play(settings(cloud="drawn", points=points))


@pytest.mark.parametrize("changes", [dict(cloud="circle"), dict(method="magic"), dict(sizes=replace(TINY, unroll=11))])
def test_settings_that_do_not_exist_are_refused_in_words(changes):
    with pytest.raises(StudioError):
        Play(settings(**changes))


def test_a_network_of_one_vector_is_the_network():
    mlp = Mlp((2, 5, 1))
    parameters, x = mlp.initial(torch.Generator().manual_seed(0)), torch.randn(7, 2)
    first, second = parameters[:15].view(3, 5), parameters[15:].view(6, 1)
    hidden = torch.nn.functional.leaky_relu(x @ first[:2] + first[2], 0.2)
    expected = hidden @ second[:5] + second[5]
    assert torch.allclose(mlp(parameters, x), expected, atol=1e-6)


def test_looking_ahead_is_the_discriminators_own_step():
    """Unrolled by one: the generator is judged by what the discriminator becomes when it takes the same batch once more."""
    play = Play(settings(method="unrolled", sizes=replace(TINY, unroll=1)))
    play.advance()
    method: UnrolledGan = play.method
    real, fake = method.real(), method.generator(method.g, method.noise()).detach().requires_grad_()
    loss = method.fool(real, fake)
    (through,) = torch.autograd.grad(loss, fake)
    (method.d.grad,) = torch.autograd.grad(method.objective(method.d, real, fake.detach()), method.d)
    method.d_optimizer.step()
    logits = method.judge(method.d.detach(), torch.cat([real, fake])).chunk(2)
    assert loss.item() == pytest.approx(losses.nonsaturating_generator(*logits).item(), rel=1e-4)
    (plain,) = torch.autograd.grad(losses.nonsaturating_generator(*logits), fake)
    assert not torch.allclose(through, plain, rtol=1e-2)


@pytest.mark.parametrize("method", METHODS)
def test_runs_side_by_side_are_runs_of_their_own(method):
    """Two runs in one: the first's numbers are those of a run that is handed the same draws alone."""
    from gan_core.registry import resolve

    both = resolve(METHODS, method)(cloud("ring"), TINY, 0, (2,))
    alone = resolve(METHODS, method)(cloud("ring"), TINY, 0)
    for name in ("g", "d", "e"):
        if hasattr(both, name):
            getattr(alone, name).data.copy_(getattr(both, name)[0])
    drawn = [torch.rand(2, TINY.batch, 2, generator=torch.Generator().manual_seed(k)) for k in range(2)]
    both.real, both.noise = lambda: drawn[0], lambda: drawn[1]
    alone.real, alone.noise = lambda: drawn[0][0], lambda: drawn[1][0]
    for one in (both, alone):
        one.source = torch.Generator().manual_seed(9)
    for _ in range(
        1 if method == "wgan-gp" else 3
    ):  # WGAN-GP draws where it looks: the same for the first step's first run only
        both.step(), alone.step()
    tolerance = 1e-2 if method == "wgan-gp" else 1e-5
    assert torch.allclose(both.g[0], alone.g, atol=tolerance) and not torch.allclose(both.g[1], alone.g, atol=0.1)


def test_the_benchmark_counts_every_run_and_draws_them(tmp_path):
    rows = [row for name in playground_modes.METHODS for row in playground_modes.measured(job(name))]
    assert [row["run"] for row in rows] == [0, 1] * len(playground_modes.METHODS)
    assert all(len(row["looks"]) == playground_modes.LOOKS and row["looks"][-1][1] == row["modes"] for row in rows)
    playground_modes.plot({"rows": rows, "settings": {"runs": 2}}, tmp_path / "modes.png")
    assert (tmp_path / "modes.png").read_bytes().startswith(b"\x89PNG")
    assert all(name in playground_modes.table(rows) for name in playground_modes.METHODS)


def job(name: str) -> dict:
    """What the benchmark asks of one method, made small."""
    return {"method": name, "steps": playground_modes.LOOKS, "runs": 2, "seed": 0}
