"""What the sliders of Explore ask of the server: lists, pictures of their ends, names that are kept, files that are passed on."""

import asyncio
import base64
import io
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gan_core.checkpoint import load_model
from gan_core.latent.groups import layer_groups
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.ui.engine import Engine
from gan_core.ui.tools.sliders import Sliders
from gan_core.ui.widgets import answering
from tests.tiny_models import save_tiny_model

POINT = {"seed": 3, "model": "a-plain", "moves": [["d1", 0.5], ["d0", 1.0]]}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    root = tmp_path_factory.mktemp("sliders")
    save_tiny_model(root / "a-plain")
    save_tiny_model(root / "s-style", family="stylegan2", options={"w_dim": 8, "width": 4})
    save_tiny_model(root / "k-classes", num_classes=3, labels=("a", "b", "c"), z_dim=6)
    return root


@pytest.fixture
def root(originals, tmp_path, monkeypatch):
    for name in ("SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    return shutil.copytree(originals, tmp_path / "weights")


@pytest.fixture
def ask(root, tmp_path):
    """ask("list", model=…) as the page does; the error's code where there is one."""
    engine = Engine(root, tmp_path / "runs", "cpu")
    tool = Sliders(SimpleNamespace(engine=engine))

    def ask(function, /, **sent):
        answer = asyncio.run(answering(getattr(tool, function))(sent))
        return answer["ok"] if "ok" in answer else answer["error"]["code"]

    return ask


def names(listed):
    return [slider["name"] for slider in listed["sliders"]]


def test_the_list_says_what_a_model_has(ask):
    plain, style = ask("list", model="a-plain"), ask("list", model="s-style")
    assert names(plain) == [f"d{i}" for i in range(8)] and plain["layers"] == 1 and plain["groups"] == []
    assert plain["sliders"][0] == {"name": "d0", "title": "", "origin": "found", "layers": None, "hidden": False}
    assert [m["id"] for m in plain["methods"]] == ["d", "pca", "sefa"] and plain["editable"] is True
    assert style["layers"] == 6 and style["groups"] == [["coarse", 0, 2], ["middle", 2, 4], ["fine", 4, 6]]
    for method in style["methods"]:
        sliders = ask("method", model="s-style", id=method["id"])["sliders"]
        assert [s["name"] for s in sliders] == [f"{method['id']}{i}" for i in range(method["count"])]
    assert ask("method", model="s-style", id="axis") == {"sliders": []}
    assert ask("method", model="s-style", id="os:system") == "unknown_name"
    assert ask("list", model="nowhere") == "model.unknown"


@pytest.mark.parametrize("layers", range(1, 19))
def test_groups_cover_every_layer_once(layers):
    spans = layer_groups(layers)
    covered = [layer for _, first, stop in spans for layer in range(first, stop)]
    assert covered == (list(range(layers)) if layers > 1 else [])
    assert layer_groups(18) == [["coarse", 0, 4], ["middle", 4, 8], ["fine", 8, 18]]


def test_ends_show_each_slider_at_both_ends_of_the_current_point(ask, root):
    asked = ask("ends", point=POINT, names=["d0", "pca2"], reach=2)
    assert (asked["columns"], asked["count"], asked["width"]) == (2, 4, 16)
    board = Image.open(io.BytesIO(base64.b64decode(asked["url"].split(",")[1])))
    cells = np.asarray(board).reshape(2, 16, 2, 16, 3).swapaxes(1, 2).reshape(4, 16, 16, 3)
    others = {"d0": (("d1", 0.5),), "pca2": (("d1", 0.5), ("d0", 1.0))}
    points = [LatentPoint(seed=3, moves=(*others[name], (name, amount))) for name in others for amount in (-2.0, 2.0)]
    alone = render(load_model(root / "a-plain"), points)
    assert np.abs(cells.astype(int) - alone).max() <= 1


def test_ends_in_some_layers_leave_the_other_layers_moves(ask):
    point = {"seed": 1, "model": "s-style", "moves": [["d0", 1, 0, 2], ["d0", 1]]}
    assert ask("ends", point=point, names=["d0"], reach=3, layers=[0, 2])["count"] == 2
    assert ask("ends", point=point, names=["d0"], reach=3, layers=[0, 7]) == "point.layers"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"names": []}, "request.length"), ({"names": ["d0"] * 25}, "request.length"), ({"names": ["x"]}, "point.direction"), ({"names": [5]}, "request.value"),
        ({"names": ["d" * 200]}, "point.invalid"), ({"reach": 0}, "request.range"), ({"reach": 6}, "request.range"), ({"reach": float("nan")}, "request.value"),
        ({"layers": [2, 1]}, "point.invalid"), ({"layers": [0]}, "request.length"), ({"layers": [0, 2.5]}, "request.value"), ({"point": 5}, "point.invalid"),
    ],
)  # fmt: skip
def test_ends_refuse_what_makes_no_sense(ask, change, code):
    assert ask("ends", **{"point": POINT, "names": ["d0"], "reach": 3, **change}) == code


def test_a_change_is_kept_as_a_slider_that_does_the_same(ask, root):
    made = ask(
        "keep", model="a-plain", title=" Dreamy\n", point_moves=[["d1", 2], ["pca0", -1]], layers=None, against=["d0"]
    )
    slider = made["slider"]
    assert (
        slider["title"] == "Dreamy" and slider["origin"] == "own" and names(made["list"])[:2] == [slider["name"], "d0"]
    )
    named = load_model(root / "a-plain").named
    assert [d.name for d in named] == [slider["name"]]
    assert ask("ends", point=POINT, names=[slider["name"]], reach=3)["count"] == 2  # the engine knows it at once
    assert ask("keep", model="a-plain", title="", point_moves=[["d1", 1]], against=["d1"]) == "directions.nothing"
    assert ask("keep", model="a-plain", title="", point_moves=[], against=[]) == "directions.nothing"
    assert ask("keep", model="a-plain", title="", point_moves=[["nope", 1]]) == "point.direction"
    assert ask("keep", model="a-plain", title="", point_moves=[["d1", float("inf")]]) == "point.invalid"
    assert ask("keep", model="a-plain", title="x" * 201, point_moves=[["d1", 1]]) == "request.length"


def test_sliders_are_renamed_reordered_hidden_and_removed(ask):
    name = ask("keep", model="a-plain", title="A", point_moves=[["d1", 1]])["slider"]["name"]
    order = [{"name": "d5", "title": "Hat", "hidden": False}, {"name": name, "title": "B", "hidden": True}]
    listed = ask("arrange", model="a-plain", order=order)
    assert [(s["name"], s["title"], s["hidden"]) for s in listed["sliders"][:2]] == [
        ("d5", "Hat", False),
        (name, "B", True),
    ]
    assert sorted(names(listed)) == sorted([name, *(f"d{i}" for i in range(8))])
    assert ask("method", model="a-plain", id="d")["sliders"][5]["title"] == "Hat"
    assert ask("remove", model="a-plain", name="d5") == "directions.not_own"
    assert name not in names(ask("remove", model="a-plain", name=name))
    for wrong in (
        [{"name": "zz"}],
        [{"title": "x"}],
        [{"name": "d1", "hidden": 3}],
        [{"name": "d1", "title": "t" * 300}],
        [7],
    ):
        assert isinstance(ask("arrange", model="a-plain", order=wrong), str)


def test_two_groups_of_points_make_a_slider(ask):
    a, b = ([{"seed": s, "label": 1} for s in group] for group in ((1, 2, 3), (4, 5)))
    made = ask("between", model="k-classes", title="Lasso", a=a, b=b)
    assert made["slider"]["title"] == "Lasso" and names(made["list"])[0] == made["slider"]["name"]
    assert ask("between", model="k-classes", title="", a=a, b=a) == "directions.nothing"
    assert ask("between", model="k-classes", title="", a=[], b=b) == "request.length"


def test_sliders_travel_as_a_file(ask, root):
    assert ask("export", model="a-plain") == "directions.none"
    slider = ask("keep", model="a-plain", title="A", point_moves=[["d1", 1], ["d3", 2]])["slider"]
    file = ask("export", model="a-plain")
    assert file["name"] == "a-plain-sliders.safetensors"
    assert ask("bring", model="a-plain", data=file["data"])["added"] == []
    ask("remove", model="a-plain", name=slider["name"])
    assert ask("bring", model="a-plain", data=file["data"])["added"] == [slider]
    assert ask("bring", model="k-classes", data=file["data"]) == "directions.other_model"
    assert ask("bring", model="a-plain", data="not base64!") == "directions.unreadable"
    assert ask("bring", model="a-plain", data=base64.b64encode(b"\xff" * 3000).decode()) == "directions.unreadable"
    assert ask("bring", model="a-plain", data="A" * 6_000_000) == "request.length"


def test_on_a_space_nothing_is_changed_but_a_file_is_given(ask, root, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    before = (root / "a-plain" / "directions.safetensors").read_bytes()
    assert ask("list", model="a-plain")["editable"] is False
    assert ask("keep", model="a-plain", title="A", point_moves=[["d1", 1]]) == "directions.shared"
    assert ask("arrange", model="a-plain", order=[{"name": "d3"}]) == "directions.shared"
    made = ask("keep", model="a-plain", title="A", point_moves=[["d1", 1]], file=True)
    assert (root / "a-plain" / "directions.safetensors").read_bytes() == before
    monkeypatch.delenv("SPACE_ID")
    assert [d["title"] for d in ask("bring", model="a-plain", data=made["attachment"]["data"])["added"]] == ["A"]


def test_a_folder_that_cannot_be_written_is_said_in_words(ask, root, monkeypatch):
    before = (root / "a-plain" / "directions.safetensors").read_bytes()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("gan_core.checkpoint.os.replace", refuse)
    assert ask("keep", model="a-plain", title="A", point_moves=[["d1", 1]]) == "directions.not_written"
    assert (root / "a-plain" / "directions.safetensors").read_bytes() == before
