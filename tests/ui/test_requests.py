"""What the browser sends is checked before a function sees it; errors leave as data."""

import asyncio
import logging
from typing import Annotated, Literal

import pytest

from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.ui.jobs import Jobs
from gan_core.ui.requests import Between, arguments
from gan_core.ui.tabs.explore import Explore
from gan_core.ui.tabs.grid import Grid
from gan_core.ui.tabs.morph import Morph
from gan_core.ui.widgets import answering


def draw(
    point: LatentPoint,
    count: Annotated[int, Between(2, 240)],
    mode: Literal["slerp", "lerp"] = "slerp",
    size: Annotated[int, Between(8, 2048)] | None = None,
    names: list[str] | None = None,
    speed: float = 1.0,
    back: bool = False,
):
    return point, count, mode, size, names, speed, back


def test_good_arguments():
    values = arguments(
        draw,
        {
            "point": {"seed": 3, "moves": [["d0", 1]]},
            "count": 2,
            "size": None,
            "names": ["a"],
            "speed": 2,
            "back": True,
        },
    )
    assert draw(**values) == (LatentPoint(seed=3, moves=(("d0", 1),)), 2, "slerp", None, ["a"], 2.0, True)


@pytest.mark.parametrize(
    "sent",
    [
        [],
        "text",
        3,
        {},
        {"point": {"seed": 1}},
        {"point": {"seed": 1}, "count": 1},
        {"point": {"seed": 1}, "count": 241},
        {"point": {"seed": 1}, "count": "3"},
        {"point": {"seed": 1}, "count": True},
        {"point": {"seed": 1}, "count": None},
        {"point": {"seed": 1}, "count": 2.5},
        {"point": {"seed": 1}, "count": 3, "mode": "cubic"},
        {"point": {"seed": 1}, "count": 3, "mode": ["slerp"]},
        {"point": {"seed": 1}, "count": 3, "size": 1e9},
        {"point": {"seed": 1}, "count": 3, "size": float("nan")},
        {"point": {"seed": 1}, "count": 3, "names": "a"},
        {"point": {"seed": 1}, "count": 3, "names": ["a"] * 5000},
        {"point": {"seed": 1}, "count": 3, "names": ["a" * 5000]},
        {"point": {"seed": 1}, "count": 3, "speed": float("inf")},
        {"point": {"seed": 1}, "count": 3, "back": 1},
        {"point": {"seed": 1}, "count": 3, "extra": 1},
        {"point": {"seed": -1}, "count": 3},
        {"point": {"seed": 1, "seed2": 1}, "count": 3},
        {"point": None, "count": 3},
        {"point": "../x", "count": 3},
    ],
)
def test_bad_arguments_are_refused_in_words(sent):
    with pytest.raises(StudioError) as caught:
        arguments(draw, sent)
    assert "{" not in str(caught.value)


@pytest.mark.parametrize(
    "function",
    [
        Explore.picture,
        Explore.save,
        Grid.pictures,
        Grid.save_sheet,
        Grid.save_zip,
        Morph.frames,
        Morph.save,
        Jobs.progress,
        Jobs.stop,
    ],
)
def test_every_argument_of_the_tabs_is_annotated_and_bounded(function):
    hints = {name: kind for name, kind in function.__annotations__.items() if name != "return"}
    names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    assert set(names) == set(hints)
    for kind in hints.values():
        assert kind not in (int, float, str, list, dict)


def test_results_and_errors_leave_as_data(caplog):
    def fine(n: int):
        return n + 1

    async def unfit(n: int):
        raise StudioError("test.code", "{n} does not fit.", n=n)

    def broken(n: int):
        raise RuntimeError("secret path")

    async def ask(function, sent):
        return await answering(function)(sent)

    assert asyncio.run(ask(fine, {"n": 1})) == {"ok": 2}
    assert asyncio.run(ask(unfit, {"n": 1})) == {
        "error": {"code": "test.code", "message": "1 does not fit.", "facts": {"n": "1"}}
    }
    with caplog.at_level(logging.ERROR):
        answer = asyncio.run(ask(broken, {"n": 1}))
    assert answer["error"]["code"] == "unexpected" and "secret" not in str(answer) and "secret path" in caplog.text
