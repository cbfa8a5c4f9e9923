"""Two machines behind one address: a link made by one opens on the other, and what only one of them has ends in a clear word."""

import asyncio
import json

import pytest

from gan_core.latent.point import Blend, LatentPoint
from gan_core.ui import Settings, build
from gan_core.ui.engine import Engine

A = LatentPoint(seed=7, model="a-plain", truncation=0.8, moves=(("d0", 1.5), ("d1", -0.5)))
FORM = {"source": {"kind": "upload", "name": "0123456789abcdef"}, "family": "dcgan", "fit": "crop"}
ELSEWHERE = {  # what another machine was asked for -> how this one says that it is not here
    ("learn", "advance"): ({"room": "room-12345678"}, "learn.gone"),
    ("train", "look"): ({"form": FORM}, "upload.gone"),
    ("train", "snapshot"): ({"run": "cats-0123456789abcdef"}, "run.gone"),
    ("grid", "piece"): ({"token": "0" * 32, "number": 0}, "dataset.gone"),
    ("models_export", "piece"): ({"token": "0" * 32, "number": 0}, "export.gone"),
    ("models_import", "choose"): (
        {"bundle": "0123456789abcdef", "choice": 0, "name": "import-12345678"},
        "import.gone",
    ),
}


@pytest.fixture(scope="module")
def machines(weights, tmp_path_factory):
    """Two apps with the same models and nothing else in common: functions by panel and name."""
    patch, found = pytest.MonkeyPatch(), []
    patch.setenv("HF_HOME", str(tmp_path_factory.mktemp("hub")))
    patch.setenv("SPACE_ID", "owner/studio")
    for name in ("one", "other"):
        home = tmp_path_factory.mktemp(name)
        engine = Engine(weights, home / "runs", "cpu", home / "imported")
        page = build(Settings(weights, home / "runs", home / "imported", device="cpu"), engine)
        panels = [block for block in page.blocks.values() if getattr(block, "server_fns", None)]
        found.append({(p.elem_id.removeprefix("panel-"), f.__name__): f for p in panels for f in p.server_fns})
    yield found
    patch.undo()


def ask(machine: dict, panel: str, function: str, /, **values) -> dict:
    return asyncio.run(machine[panel, function](values))


def test_a_link_made_by_one_machine_shows_the_same_picture_on_the_other(machines):
    one, other = machines
    between = LatentPoint(blend=Blend(A, LatentPoint(seed=3, model="a-plain"), 0.25), model="a-plain")
    settled = ask(one, "explore", "settle", point=json.loads(between.to_json()))
    assert "ok" in settled, settled
    for point in (json.loads(A.to_json()), json.loads(between.to_json()), settled["ok"]):
        shown = [ask(machine, "explore", "picture", point=point)["ok"] for machine in machines]
        assert shown[0] == shown[1]
    assert ask(other, "shell", "models")["ok"]


@pytest.mark.parametrize("function", ELSEWHERE, ids="-".join)
def test_what_only_one_machine_has_ends_in_a_clear_word(machines, function):
    values, code = ELSEWHERE[function]
    error = ask(machines[1], *function, visitor="ann-ann-ann", **values)["error"]
    assert error["code"] == code and "another machine" in error["message"]


def test_a_job_of_one_machine_is_none_on_the_other_and_stopping_it_does_no_harm(machines):
    assert ask(machines[1], "morph", "progress", name="film-12345678")["ok"] == {"state": "none"}
    assert ask(machines[1], "morph", "stop", name="film-12345678")["ok"] is False
