"""The log: a line an event, in both kinds, with nothing in it that a visitor said."""

import asyncio
import io
import json
import logging
import re

import pytest

from gan_core.errors import StudioError
from gan_core.log import event
from gan_core.ui import logs
from gan_core.ui.jobs import Jobs
from gan_core.ui.widgets import answering


@pytest.fixture
def written(request):
    """What is logged, as text; call it with a kind first."""
    stream, handler, events = io.StringIO(), logging.StreamHandler(), logging.getLogger("studio")
    handler.setStream(stream)
    handler.setFormatter(logs.Lines(request.param))
    before = events.level
    logging.getLogger().addHandler(handler)
    events.setLevel(logging.INFO)
    yield lambda: stream.getvalue().splitlines()
    events.setLevel(before)
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("written", ["json"], indirect=True)
def test_events_are_lines_of_json(written):
    event("model.loaded", origin="bundled", seconds=0.12345)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("gan_core.x").exception("%s failed", "picture")
    first, second = map(json.loads, written())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first == {"level": "info", "event": "model.loaded", "origin": "bundled", "seconds": 0.123}
    assert second["level"] == "error" and second["message"] == "picture failed" and "ValueError" in second["trace"]


@pytest.mark.parametrize("written", ["plain"], indirect=True)
def test_jobs_and_refusals_are_told_without_what_the_visitor_said(written):
    def refuse(word: str) -> None:
        raise StudioError("request.secret", "Not {word}.", word=word)

    asyncio.run(answering(refuse)({"word": "Rosebud", "visitor": "rosebud-visitor"}))
    with pytest.raises(StudioError):
        asyncio.run(Jobs().run("rosebud-12345", lambda job: refuse("Rosebud"), "exports"))
    asyncio.run(Jobs().run("rosebud-12346", lambda job: 1, "exports"))
    told = written()
    assert [line.split()[2] for line in told] == ["request.failed"] + 2 * ["job.began", "job.ended"]
    assert "function=refuse code=request.secret" in told[0]
    assert "result=request.secret" in told[2] and "result=done" in told[4]
    assert not re.search("rosebud", "\n".join(told), re.I)


def test_another_kind_is_refused_in_words(monkeypatch):
    monkeypatch.setenv(logs.VARIABLE, "xml")
    with pytest.raises(StudioError, match="json or plain"):
        logs.begin()
