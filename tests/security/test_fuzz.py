"""Every server function of every panel, asked for evil things: it answers, or says in a sentence why not; it never breaks, leaks or strays."""

import asyncio
import inspect
import logging
import os
import random
from typing import get_type_hints

import pytest
from gradio.routes import ORJSONResponse

from gan_core.ui.jobs import JobName
from tests.security import evil
from tests.security.conftest import SECRET

SEED = 7
MOST = int(os.environ.get("STUDIO_FUZZ", "40"))  # requests a function; the environment may ask for all of them
FORM = {
    "source": {"kind": "bundled", "name": "pixel-faces"}, "family": "dcgan", "fit": "crop", "minutes": "1", "resolution": 16,
    "name": "mine", "exclude": ["a.png"], "start_from": "", "lr": 0.001,
}  # fmt: skip
KNOWN = {  # what a page would send, by the argument's name
    "model": "a-plain", "a": "a-plain", "b": "b-classes", "run": "old", "form": FORM, "visitor": "a-visitor", "visitor_word": "a-visitor",
    "order": [{"name": "d0", "title": "t", "hidden": False}], "point_moves": [["d0", 1.0]], "names": ["d0"], "files": ["x.png"],
    "action": "stop", "steps": 1, "size": 16, "source": "ann/faces", "repo": "ann/mine", "licence": "mit", "spec": "ann/data",
    "room": "roomroom", "bundle": "0123456789abcdef", "token": "0123456789abcdef" * 2,
}  # fmt: skip
SLOW = 20  # seconds after which a question counts as hanging


def asked(page) -> dict:
    """{name: (what answers, the function behind it)} of all panels."""
    found = {}
    for block in page.blocks.values():
        for answer in getattr(block, "server_fns", None) or ():
            function = inspect.getclosurevars(answer).nonlocals.get("function")
            if function is not None:
                found.setdefault(function.__qualname__, (answer, function))
    return found


def requests_of(function) -> list:
    every = list(evil.requests(function, KNOWN, SEED))
    jobs = [name for name, kind in get_type_hints(function, include_extras=True).items() if kind == JobName]
    for number, request in enumerate(every):
        for name in jobs:
            if isinstance(request, dict) and request.get(name) == "a" * 8:
                request[name] = f"{function.__name__[:20]}-{number}-job"
    return every if len(every) <= MOST else random.Random(SEED).sample(every, MOST)


@pytest.fixture(scope="module")
def answers(box):
    """[(function's name, request, answer as it would travel)] of the whole attack, and what was logged."""
    logged: list[logging.LogRecord] = []
    handler, log = logging.Handler(), logging.getLogger("gan_core")
    handler.emit = logged.append
    log.addHandler(handler)

    async def attack():
        got = []
        for name, (answer, function) in asked(box.page).items():
            box.restore()
            for request in requests_of(function):
                got.append((name, request, await asyncio.wait_for(answer(request), SLOW)))
        return got

    try:
        return asyncio.run(attack()), logged
    finally:
        log.removeHandler(handler)


def test_all_panels_are_attacked(box):
    names = asked(box.page)
    assert len(names) > 60 and {"Explore.picture", "TrainDesk.start", "ImportDesk.bring", "HubDesk.hub_pull"} <= set(
        names
    )


def test_every_question_is_answered_in_words(answers):
    wrong = []
    for name, request, answer in answers[0]:
        code = answer.get("error", {}).get("code", "ok" if "ok" in answer else "nothing")
        if code in ("unexpected", "nothing"):
            wrong.append((name, repr(request)[:300]))
    assert not wrong, [record.exc_text or record.exc_info for record in answers[1]][:3] + wrong[:5]
    assert len(answers[0]) > 2000


def test_every_answer_can_travel_and_tells_no_secret(answers):
    for name, request, answer in answers[0]:
        assert SECRET.encode() not in ORJSONResponse(answer).body, (name, repr(request)[:300])


def test_nothing_is_written_elsewhere(box, answers):
    assert {path.name for path in box.root.iterdir()} <= {"weights", "runs", "imported", "temp", "hub", "secret.txt"}
    assert {path.name for path in box.settings.weights.iterdir()} == {"a-plain", "b-classes", "c-pixels"}
    assert {path.name for path in box.settings.runs.iterdir()} <= {
        "old",
        ".uploads",
        ".excluded",
        ".datasets",
        ".exports",
    }
    assert (box.root / "secret.txt").read_text() == SECRET
    assert "polluted" not in vars(type(box.settings)) and not hasattr(object, "polluted")
