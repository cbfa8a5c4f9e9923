"""The plain reading of a training's curves: every sentence from curves that deserve it, and none from damaged events."""

import math

import pytest

from gan_core.training.reading import Reading, read


def reports(count=30, images=60_000, diversity=0.9, first=0, **losses) -> list[dict]:
    """Progress events; a loss given as (from, to) moves evenly between the two."""
    found = []
    for i in range(count):
        share = i / max(1, count - 1)
        values = {n: v[0] + share * (v[1] - v[0]) if isinstance(v, tuple) else v for n, v in losses.items()}
        event = {"type": "progress", "time": float(first + i), "images": int(images * (i + 1) / count)}
        found.append({**event, "losses": values, "diversity": diversity})
    return found


GAN = dict(generator=1.2, discriminator=0.5)
WON = dict(discriminator=(0.06, 0.01), generator=(3.0, 9.0))
ROLLED = {"type": "warning", "code": "train.rollback", "time": 25.0}


def kids(*values) -> list[dict]:
    return [{"type": "quality", "kid": value, "time": 0.0} for value in values]


@pytest.mark.parametrize(
    "events, loss, expected",
    [
        ([], "relativistic", ("wait", "begun")),
        (reports(5, **GAN), "relativistic", ("wait", "begun")),
        (reports(images=2_000, **GAN), "relativistic", ("wait", "begun")),
        (reports(images=20_000, **GAN), "relativistic", ("wait", "blurry")),
        (reports(**GAN), "relativistic", ("good", "healthy")),
        (reports(**WON), "relativistic", ("warn", "critic")),
        (reports(**WON), "nonsaturating", ("warn", "critic")),
        (reports(**WON) + kids(9, 5, 4, 4.5), "relativistic", ("good", "ahead")),
        (reports(**WON) + kids(9), "relativistic", ("warn", "critic")),
        (reports(**WON) + kids(9, 4, 5, 6, 7), "relativistic", ("warn", "critic")),
        (reports(**WON) + kids(9, 4, 4.1, 4.2, 4.3), "relativistic", ("good", "settled")),
        (reports(diversity=0.1, **WON) + kids(9, 5), "relativistic", ("warn", "alike")),
        (reports(discriminator=0.02, generator=1.0), "relativistic", ("good", "healthy")),
        (reports(discriminator=0.05, generator=1.0), "hinge", ("warn", "critic")),
        (reports(discriminator=-30.0, generator=50.0), "wgan", ("good", "healthy")),
        (reports(discriminator=0.01, generator=9.0)[:29] + reports(**GAN)[-1:], "relativistic", ("warn", "critic")),
        (reports(**GAN)[:29] + reports(discriminator=0.01, generator=9.0)[-1:], "relativistic", ("good", "healthy")),
        (reports(8, diversity=0.8, **GAN) + reports(diversity=0.3, **GAN), "relativistic", ("warn", "alike")),
        (reports(diversity=0.3, **GAN), "relativistic", ("good", "healthy")),
        (reports(diversity=0.1, **GAN), "relativistic", ("warn", "alike")),
        (reports(**GAN) + [ROLLED], "relativistic", ("warn", "rolled_back")),
        ([ROLLED] + reports(40, first=60, **GAN), "relativistic", ("good", "healthy")),
        (reports(**GAN) + kids(9, 5, 4, 3), "relativistic", ("good", "healthy")),
        (reports(**GAN) + kids(9, 3, 4, 5, 4.5), "relativistic", ("good", "settled")),
        (reports(reconstruction=(0.2, 0.1)), "", ("wait", "blurry")),
        (reports(reconstruction=(0.101, 0.1)), "", ("good", "settled")),
        (reports(reconstruction=(0.1, 0.2)), "", ("good", "settled")),
    ],
)
def test_curves_are_read(events, loss, expected):
    assert read(events, loss) == Reading(*expected)


def test_damaged_events_are_passed_over():
    odd = [{}, {"type": "progress"}, {"type": "progress", "losses": [1], "images": "many", "diversity": None}]
    odd += [{"type": "quality", "kid": None}, {"type": "warning", "code": "train.rollback", "time": "now"}]
    assert read(odd, "relativistic").code == "begun"
    broken = [{**e, "diversity": math.nan, "losses": {"discriminator": math.inf, "generator": None}} for e in reports()]
    assert read(broken + odd[3:], "relativistic").code == "healthy"
