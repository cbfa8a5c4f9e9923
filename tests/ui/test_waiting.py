"""Whose pictures are drawn next: dragged sliders first, everybody in turn, nobody starved."""

import threading
import time

import pytest

from gan_core.errors import StudioError
from gan_core.ui import waiting
from gan_core.ui.waiting import CHUNK, MAX_WAITING, Request, Waiting


def sequence(model: str, count: int) -> Request:
    return Request(model, list(range(count)))


def taken(parts) -> dict:
    """How many points of each request were taken."""
    counts = {}
    for part in parts:
        counts[part.request] = counts.get(part.request, 0) + len(part.points)
    return counts


def test_single_pictures_go_before_a_sequence_that_came_earlier():
    queue, film, one = Waiting(), sequence("m", 100), sequence("m", 1)
    queue.put(film)
    queue.put(one)
    assert taken(queue.take({})) == {one: 1}
    assert film in taken(queue.take({}))


def test_sequences_of_several_visitors_share_a_chunk_and_lose_nothing():
    queue, requests = Waiting(), [sequence("m", count) for count in (100, 3, 40)]
    for request in requests:
        queue.put(request)
    got = {request: [] for request in requests}
    while any(request.left for request in requests):
        parts = queue.take({})
        assert sum(taken(parts).values()) <= CHUNK
        for part in parts:
            got[part.request] += part.points
    assert all(got[request] == request.points for request in requests)


def test_a_short_sequence_is_done_long_before_a_film_that_came_first():
    queue, film, ends = Waiting(), sequence("m", 400), sequence("m", 12)
    queue.put(film)
    queue.put(ends)
    queue.take({})
    assert ends.left == 0 and film.left > 300


def test_models_take_turns():
    queue, first, second = Waiting(), sequence("a", 100), sequence("b", 100)
    queue.put(first)
    queue.put(second)
    models = [queue.take({})[0].request.model for _ in range(4)]
    assert models == ["a", "b", "a", "b"]


def test_while_somebody_drags_a_slow_model_draws_only_a_few_of_a_sequence():
    queue, film = Waiting(), sequence("slow", 100)
    queue.put(film)
    assert sum(taken(queue.take({"slow": 0.01})).values()) == CHUNK
    queue.put(sequence("slow", 1))
    queue.take({})
    assert sum(taken(queue.take({"slow": 0.01})).values()) == round(waiting.MOMENT / 0.01)
    assert sum(taken(queue.take({"slow": 9.0})).values()) == 1


def test_the_model_itself_can_be_asked_for():
    queue, borrowed = Waiting(), Request("m", ())
    queue.put(borrowed)
    (part,) = queue.take({})
    assert part.request is borrowed and not part.points


def test_more_than_the_most_is_refused_and_the_rest_still_served():
    queue = Waiting()
    queue.put(sequence("m", MAX_WAITING))
    with pytest.raises(StudioError, match="Many people"):
        queue.put(sequence("m", 2))
    queue.put(sequence("m", 1))  # who drags is not refused for films
    for _ in range(3):  # the drag, then moments of the film
        queue.take({})
    queue.put(sequence("m", 2))


def test_taking_waits_for_work():
    queue, parts = Waiting(), []
    thread = threading.Thread(target=lambda: parts.extend(queue.take({})))
    thread.start()
    time.sleep(0.05)
    assert not parts
    queue.put(sequence("m", 1))
    thread.join(10)
    assert len(parts) == 1


def test_a_lone_picture_after_many_together_waits_no_longer_than_a_moment(monkeypatch):
    monkeypatch.setattr(waiting, "GATHER", 0.05)
    queue = Waiting()
    for _ in range(8):
        queue.put(sequence("m", 1))
    assert len(queue.take({})) == 8
    first, second = sequence("m", 1), sequence("m", 1)
    queue.put(first)
    threading.Timer(0.01, queue.put, [second]).start()
    assert len(queue.take({})) == 2  # the second one came within the moment
    queue.put(third := sequence("m", 1))
    assert taken(queue.take({})) == {third: 1}


def test_visitors_take_turns_not_requests():
    queue, mine = Waiting(), Request("m", [0], visitor="mine")
    flood = [Request("m", [0], visitor="other") for _ in range(50)]
    for request in [*flood, mine]:
        queue.put(request)
    got = taken(queue.take({}))
    assert got.pop(mine) == 1 and list(got) == flood[: waiting.OWN_SINGLES]
    assert (
        list(taken(queue.take({}))) == flood[waiting.OWN_SINGLES : 2 * waiting.OWN_SINGLES]
    )  # first come first served among one's own


def test_a_visitor_with_another_model_is_not_behind_all_of_anothers_requests():
    queue, mine = Waiting(), Request("b", [0], visitor="mine")
    for request in [*(Request("a", [0], visitor="other") for _ in range(50)), mine]:
        queue.put(request)
    queue.take({})
    assert list(taken(queue.take({}))) == [mine]


def test_sequences_share_a_chunk_by_visitor():
    queue, mine = Waiting(), Request("m", list(range(40)), visitor="mine")
    for request in [*(Request("m", list(range(40)), visitor="other") for _ in range(7)), mine]:
        queue.put(request)
    got = taken(queue.take({}))
    assert got[mine] == CHUNK // 2 and sum(got.values()) == CHUNK


def test_one_visitor_leaves_room_for_others_and_is_told_the_seconds():
    queue = Waiting()
    queue.put(Request("m", list(range(waiting.MAX_OWN)), visitor="greedy"), {"m": 0.1})
    with pytest.raises(StudioError, match="39 s") as refused:
        queue.put(Request("m", [0, 1], visitor="greedy"), {"m": 0.1})
    assert refused.value.facts["seconds"] == 39
    queue.put(Request("m", list(range(100)), visitor="other"))


def test_the_line_tells_how_many_others_and_about_how_long():
    queue = Waiting()
    for visitor, count in (("ann", 100), ("bob", 20), ("carl", 300)):
        queue.put(Request("m", list(range(count)), visitor=visitor))
    assert queue.line("ann", {"m": 0.05}) == (2, 11)  # 100 own ones, 20 and 100 of the others in turn
    assert queue.line("bob", {"m": 0.05}) == (2, 3)
    assert queue.line("nobody", {"m": 0.05}) == (0, 0)


def test_a_sequence_has_its_moments_however_many_drag(monkeypatch):
    queue, film, now = Waiting(), sequence("m", 100), [100.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    queue.put(film)
    drawn = []
    for _ in range(60):  # somebody always drags: 60 chunks of 10 ms each
        queue.put(sequence("m", 1))
        drawn.append(taken(queue.take({"m": 0.01})).get(film, 0))
        now[0] += 0.01
    moments = [count for count in drawn if count]
    assert drawn[0] == 0 and set(moments) == {round(waiting.MOMENT / 0.01)}
    assert len(moments) == pytest.approx(60 * 0.01 / waiting.HUNGRY, abs=1)


def test_a_slow_model_is_drawn_in_short_parts_even_while_nobody_drags():
    queue, film = Waiting(), sequence("slow", 100)
    queue.put(film)
    assert sum(taken(queue.take({"slow": 0.2})).values()) == round(waiting.LULL / 0.2)
    assert sum(taken(queue.take({"slow": 9.0})).values()) == 1
    assert sum(taken(queue.take({})).values()) == CHUNK
