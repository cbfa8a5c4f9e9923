"""The Learn tab's functions: rooms that learn only when asked, and nothing from outside taken on trust."""

import asyncio
import math

import pytest

from gan_core import StudioError
from gan_core.playground import MAX_POINTS
from gan_core.ui import playrooms
from gan_core.ui.jobs import Job
from gan_core.ui.tabs.learn import Learn
from gan_core.ui.widgets import answering

ROOM, ME = "room-one", "visitor-one"


@pytest.fixture
def ask():
    """ask("begin", …) as a page does: {"ok": …} or {"error": …}."""
    tab = Learn()

    def call(name, **sent):
        return asyncio.run(answering(getattr(tab, name))(sent))

    call.tab = tab
    return call


def begin(ask, room=ROOM, **changes):
    return ask("begin", **{"room": room, "visitor": ME, "cloud": "ring", "methods": ["gan", "unrolled"], **changes})


def test_two_methods_learn_side_by_side(ask):
    first = begin(ask)["ok"]
    assert first["modes"] == 8 and [frame["step"] for frame in first["frames"]] == [0, 0]
    second = ask("advance", room=ROOM, steps=1)["ok"]["frames"]
    assert [frame["step"] for frame in second] == [1, 1]
    assert second[0]["samples"] != first["frames"][0]["samples"]
    assert ask("leave", room=ROOM) == {"ok": True} and ask("leave", room=ROOM) == {"ok": False}
    assert ask("advance", room=ROOM)["error"]["code"] == "learn.gone"


def test_a_hurried_generator_learns_faster_than_its_discriminator(ask):
    begin(ask, hurried=True)
    assert [(p.method.sizes.lr, p.method.sizes.d_lr) for p in ask.tab.rooms.find(ROOM).plays] == [(4e-3, 1e-3)] * 2


def test_a_request_is_short_whatever_it_asks_for(ask, monkeypatch):
    monkeypatch.setattr(playrooms, "SLICE", 0.0)
    begin(ask)
    assert ask("advance", room=ROOM, steps=100)["ok"]["frames"][0]["step"] == 1


def test_a_page_that_is_gone_stops_its_room(ask):
    begin(ask)
    job, room = Job(), ask.tab.rooms.find(ROOM)
    job.stop()
    with pytest.raises(StudioError, match="Stopped"):
        room.advance(5, job)
    assert room.plays[0].step == 0


def test_points_drawn_by_hand(ask):
    drawn = begin(ask, cloud="drawn", methods=["vae"], points=[[0, 0.5], [0.25, -1]])["ok"]
    assert drawn["modes"] is None and len(drawn["frames"]) == 1


@pytest.mark.parametrize(
    "changes",
    [
        dict(cloud="circle"), dict(methods=[]), dict(methods=["gan"] * 3), dict(methods=["magic"]), dict(methods="gan"), dict(seed=-1),
        dict(unroll=0), dict(unroll=11), dict(unroll="5"), dict(hurried=1), dict(room="short"), dict(room="x" * 41), dict(visitor=""),
        dict(cloud="drawn"), dict(cloud="drawn", points=[[0]]), dict(cloud="drawn", points=[[0, 2]]),
        dict(cloud="drawn", points=[[0, math.nan]]), dict(cloud="drawn", points=[[0, math.inf]]), dict(cloud="drawn", points=[["a", 0]]),
        dict(cloud="drawn", points=[[0, 0]] * (MAX_POINTS + 1)), dict(cloud="drawn", points={"x": 1}), dict(points=[[0, 1, 2]]),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(ask, changes):
    error = begin(ask, **changes)["error"]
    assert error["code"] != "unexpected"
    assert ask("advance", room=ROOM)["error"]["code"] == "learn.gone"


@pytest.mark.parametrize("steps", [0, 101, 1.5, "3", None])
def test_steps_out_of_range_are_refused(ask, steps):
    begin(ask)
    assert ask("advance", room=ROOM, steps=steps)["error"]["code"].startswith("request.")


def test_rooms_are_few_a_visitor_and_forgotten_when_idle(ask, monkeypatch):
    names = [f"room-{i:04}" for i in range(playrooms.PER_VISITOR + 1)]
    for name in names:
        begin(ask, room=name)
    assert "error" in ask("advance", room=names[0]) and "ok" in ask("advance", room=names[-1])
    assert begin(ask, room=names[-1], visitor="visitor-two")["error"]["code"] == "learn.gone"
    monkeypatch.setattr(playrooms, "MOST", playrooms.PER_VISITOR)
    assert begin(ask, room="room-else", visitor="visitor-two")["error"]["code"] == "learn.full"
    monkeypatch.setattr(playrooms, "IDLE", 0.0)
    assert "ok" in begin(ask, room="room-else", visitor="visitor-two")
