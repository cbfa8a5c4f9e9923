"""The endpoints for programs, asked as programs ask: through gradio_client, over a real connection."""

import re
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from benchmarks.common import ROOT
from gan_core.errors import StudioError
from gan_core.export import read_point
from gan_core.ui import Settings, mcp
from gan_core.ui.launch import launch
from gan_core.ui.lean_gradio import IDLE
from gan_core.ui.programs import PROGRAMS


@pytest.fixture(scope="module")
def address(weights, tmp_path_factory):
    settings = Settings(
        weights=weights, runs=tmp_path_factory.mktemp("runs"), imported=tmp_path_factory.mktemp("imported")
    )
    app, url, _ = launch(settings, prevent_thread_lock=True)
    queue = app.get_blocks()._queue
    assert queue.sleep_when_free == IDLE < queue.progress_update_sleep_when_free
    yield url
    app.get_blocks().close(verbose=False)


@pytest.fixture(scope="module")
def app(address, tmp_path_factory):
    return Client(address, verbose=False, download_files=str(tmp_path_factory.mktemp("fetched")))


def test_there_are_five_documented_endpoints_and_no_others(app):
    told = app.view_api(return_format="dict", print_info=False)
    assert set(told["named_endpoints"]) == {"/list_models", "/render", "/morph", "/grid", "/invert"}
    assert not told["unnamed_endpoints"]
    for endpoint in told["named_endpoints"].values():
        assert endpoint["description"]
        assert all(p["type"] or p["parameter_name"] == "picture" for p in endpoint["parameters"])


def test_a_picture_comes_with_its_point_and_is_looked_for_again(app):
    model = app.predict(api_name="/list_models")[0]
    path = app.predict(model["id"], seed=7, truncation=0.5, moves={model["directions"][0]: 1.5}, api_name="/render")
    point = read_point(Path(path).read_bytes())[0]
    assert (point.seed, point.truncation, point.moves) == (7, 0.5, ((model["directions"][0], 1.5),))
    found = app.predict("a-plain", handle_file(app.predict("a-plain", seed=3, api_name="/render")), api_name="/invert")
    again = app.predict("a-plain", point=found["point"], api_name="/render")
    assert Image.open(again).size == (16, 16) and 0 <= found["distance"] < 1


def test_films_and_sheets(app):
    with Image.open(app.predict("a-plain", 1, 2, frames=5, api_name="/morph")) as film:
        assert film.n_frames == 8  # there and back
    sheet = Image.open(app.predict("a-plain", count=6, columns=3, api_name="/grid"))
    assert sheet.width > sheet.height and np.asarray(sheet).std() > 1


@pytest.mark.parametrize(
    "values",
    [{"seed": -1}, {"seed": "x"}, {"seed": True}, {"model": "nowhere"}, {"truncation": 9}, {"moves": {"d0": 99}}]
    + [{"moves": {"d0": "x"}}, {"moves": [1]}, {"size": 9999}, {"point": {"a": 1}}, {"point": {"seed": 1, "moves": 3}}],
)  # fmt: skip
def test_wrong_values_are_refused_in_sentences(app, values):
    with pytest.raises(AppError) as refused:
        app.predict(**{"model": "a-plain", **values}, api_name="/render")
    assert str(refused.value).endswith((".", "it.")) and "Something went wrong" not in str(refused.value)


@pytest.mark.parametrize(
    "picture",
    [
        "",
        "AAAA",
        5,
        {},
        {"path": "/etc/passwd"},
        {"path": "../../app.py"},
        {"path": "\0"},
        {"url": "http://127.0.0.1/"},
    ],
)
def test_only_pictures_that_were_sent_are_looked_at(app, picture):
    sent = {**picture, "meta": {"_type": "none"}} if isinstance(picture, dict) else picture
    with pytest.raises(AppError, match="picture|value"):
        app.predict("a-plain", sent, api_name="/invert")


def test_the_examples_do_what_they_say(address):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for example in PROGRAMS.values():
        assert example.replace("{address}", "http://127.0.0.1:7860/") in readme
    (python,) = re.findall(r"```python\n(from gradio_client.*?)```", readme, re.S)
    told: dict = {}
    exec(python.replace("http://127.0.0.1:7860/", address), told)
    assert all(Image.open(told[name]).size for name in ("picture", "film", "sheet"))


def test_agents_need_a_package(monkeypatch):
    monkeypatch.delenv(mcp.VARIABLE, raising=False)
    assert not mcp.wanted()
    monkeypatch.setattr(mcp.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(StudioError, match="pip install"):
        mcp.wanted(True)
    monkeypatch.setenv(mcp.VARIABLE, "true")
    with pytest.raises(StudioError, match="pip install"):
        mcp.wanted()
