"""Exporting from the app: made as a job, fetched in pieces, stopped, bounded, and refused in words where it cannot be."""

import asyncio
import base64
import io
import zipfile

import onnx
import pytest

from gan_core.errors import StudioError
from gan_core.ui import Settings, Studio, exports
from gan_core.ui.engine import Engine
from gan_core.ui.exports import Exports
from gan_core.ui.widgets import answering

JOB = "a-job-of-this-test"


@pytest.fixture
def desk(weights, tmp_path):
    return Exports(Studio(Settings(weights, tmp_path / "runs"), Engine(weights, tmp_path / "runs", "cpu")))


def fetched(desk, **order) -> tuple[str, bytes]:
    made = asyncio.run(desk.make(**{"model": "a-plain", "name": JOB, **order}))
    data = b"".join(base64.b64decode(desk.piece(made["token"], number)) for number in range(made["pieces"]))
    assert len(data) == made["bytes"]
    desk.forget(made["token"])
    assert not list(desk.shelf.folder.iterdir())
    return made["name"], data


def test_each_kind_arrives(desk):
    name, page = fetched(desk, kind="page", seed=9)
    assert name == "a-plain.html" and page.startswith(b"<!doctype html>") and b'"seed": 9' in page
    assert abs(desk.kinds("a-plain")["page"] / len(page) - 1) < 0.05
    name, graph = fetched(desk, kind="onnx16")
    assert name == "a-plain.onnx" and len(onnx.load_from_string(graph).graph.node) > 5
    name, weights = fetched(desk, kind="torch")
    assert name == "a-plain.zip" and set(zipfile.ZipFile(io.BytesIO(weights)).namelist()) == {
        "weights.pt",
        "generator.py",
    }


def test_what_cannot_be_is_not_offered(desk, monkeypatch):
    assert set(desk.kinds("a-plain")) == {"page", "onnx", "onnx16", "torch"}
    assert set(desk.kinds("b-classes")) == {"page", "onnx", "onnx16"}
    with pytest.raises(StudioError) as error:
        asyncio.run(desk.make("b-classes", "torch", JOB))
    assert error.value.code == "export.not_here"
    monkeypatch.setenv("SPACE_ID", "someone/studio")
    monkeypatch.setattr(exports, "SPACE_NUMBERS", 10)
    assert desk.kinds("a-plain") == {}


def test_a_stop_leaves_no_file(desk):
    desk.jobs.stop(JOB)
    with pytest.raises(StudioError) as error:
        asyncio.run(desk.make("a-plain", "onnx", JOB))
    assert error.value.code == "job.stopped" and not desk.shelf.folder.exists()


def test_a_folder_that_cannot_be_made_is_said_in_words(desk):
    desk.shelf.folder.parent.mkdir(parents=True)
    desk.shelf.folder.write_text("a file in the way")
    with pytest.raises(StudioError) as error:
        asyncio.run(desk.make("a-plain", "torch", JOB))
    assert error.value.code == "export.disk"


@pytest.mark.parametrize(
    "change",
    [
        {"model": "../a-plain"},
        {"model": ""},
        {"kind": "pickle"},
        {"name": "x"},
        {"seed": -1},
        {"seed": 2**40},
        {"path": "/etc"},
    ],
)
def test_hostile_orders_are_refused_in_words(desk, change):
    answer = asyncio.run(answering(desk.make)({"model": "a-plain", "kind": "onnx", "name": JOB, **change}))
    assert answer["error"]["code"] != "unexpected"


@pytest.mark.parametrize("token", ["../../../etc/passwd", "0" * 31, "0" * 32])
def test_a_token_is_never_a_path(desk, token):
    assert asyncio.run(answering(desk.piece)({"token": token, "number": 0}))["error"]["code"] == "export.gone"
    assert "ok" in asyncio.run(answering(desk.forget)({"token": token}))
