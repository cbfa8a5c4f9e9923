"""Nobody on a Space sees, changes or spends another's: every function and address of the app has a decision here, and each is tried.

A new server function fails the first test until it is named in one of the tables.
"""

import asyncio
import os

import pytest

from gan_core.config import TrainConfig
from gan_core.training.run import Run
from gan_core.ui import Settings, build, limits
from gan_core.ui.engine import Engine
from tests.tiny_models import save_tiny_model

ANN, BOB = "ann-ann-ann", "bob-bob-bob"
RUN, IMPORTED = "cats-0123456789abcdef", "imported/faces-0123456789abcdef"
MODEL = f"runs/{RUN}"
GIFT = {"kind": "gif", "size": 64, "film": "film-12345678"}
UP = {"repo": "bob/cats", "licence": "cc0-1.0"}

# Answers from what everybody has: bundled and public models, points, the visitor's own form. Models of others are known by ids that
# nobody guesses, as are uploads.
PUBLIC = {
    "shell": "line",
    "about": "about",
    "explore": "picture save settle",
    "sliders": "list method ends export",
    "children": "pictures settle",
    "map": "layout place",
    "mix": "groups pictures settle",
    "photo": "preview show find",
    "compare": "picture moments common save",
    "history": "thumbs",
    "morph": "frames save",
    "journey": "frames point pictures ready_made read write save",
    "grid": "pictures save_sheet save_zip list make",
    "train": "options look send plan start expect survey bring",
    "models": "card archive",
    "models_hub": "hub_account hub_pull hub_search hub_look hub_here hub_news",
    "models_import": "bring bring_hub limits",
    "models_export": "kinds make",
}
# Known by a random name that only its page has: jobs, rooms, finished files.
NAMED = {
    **dict.fromkeys(("map", "photo", "morph", "journey", "train", "models_import"), "progress stop"),
    "grid": "piece forget progress stop",
    "models_export": "piece forget progress stop",
    "learn": "begin advance leave",
    "models_hub": "hub_progress hub_stop",
    "models_publish": "publish_progress publish_stop",
}
# Lists that show a visitor's own beside what everybody has.
LISTS = {"shell": "models", "models": "cards", "models_import": "here", "train": "trainings"}
# What changes what all share: refused to everybody where strangers come. The values that are tried.
CLOSED = {
    ("sliders", "arrange"): {"model": "a-plain", "order": []},
    ("sliders", "keep"): {"model": "a-plain", "title": "x", "point_moves": [["d0", 1.0]]},
    ("sliders", "between"): {"model": "a-plain", "title": "x", "a": [{"seed": 1}], "b": [{"seed": 2}]},
    ("map", "between"): {"model": "a-plain", "title": "x", "a": [{"seed": 1}], "b": [{"seed": 2}]},
    ("sliders", "remove"): {"model": "a-plain", "name": "d0"},
    ("sliders", "bring"): {"model": "a-plain", "data": "AAAA"},
    ("models_hub", "hub_login"): {"token": "hf_x"},
    ("models_hub", "hub_logout"): {},
}
# Only for whoever made it: the values with which a stranger tries.
OWNER = {
    ("train", "snapshot"): {"run": RUN},
    ("train", "sheet"): {"run": RUN, "step": 0},
    ("train", "control"): {"run": RUN, "action": "stop"},
    ("train", "more_time"): {"run": RUN, "minutes": 1},
    ("train", "save"): {"run": RUN, **GIFT},
    ("train", "settings"): {"run": RUN},
    ("train", "retune"): {"run": RUN, "values": {"lr": 0.001}},
    ("train", "sharing"): {"run": RUN},
    ("train", "check_copies"): {"run": RUN, "name": "share-12345678"},
    ("train", "answer_sharing"): {"run": RUN},
    ("train", "remove"): {"run": RUN},
    ("models", "remove"): {"model": MODEL},
    ("models_publish", "publish_facts"): {"model": MODEL, "visitor_word": BOB},
    ("models_publish", "publish_preview"): {"model": MODEL, "visitor_word": BOB, **UP},
    ("models_publish", "publish_send"): {
        "model": MODEL,
        "visitor_word": BOB,
        **UP,
        "digest": "0" * 64,
        "name": "send-12345678",
    },
    ("models_import", "choose"): {"bundle": IMPORTED, "choice": 0, "name": "import-12345678"},
    ("models_import", "look_again"): {"model": IMPORTED, "name": "import-12345678"},
    ("models_import", "rename"): {"model": IMPORTED, "title": "mine now"},
}
NOT_THEIRS = {"run.gone", "run.not_yours"}


@pytest.fixture(scope="module")
def studio(weights, tmp_path_factory):
    """(functions by panel and name, engine) of an app that serves Ann's training and Ann's imported model."""
    home, patch = tmp_path_factory.mktemp("space"), pytest.MonkeyPatch()
    patch.setenv("HF_HOME", str(home / "hub"))
    patch.setenv("SPACE_ID", "owner/studio")
    run = Run(home / "runs" / RUN)
    run.save_config(TrainConfig(data="pixel-faces", name="Cats of Ann", out=str(run.path)))
    os.utime(run.path / "config.json", (0, 0))  # it does not start just now
    save_tiny_model(run.model_folder, title="Cats of Ann")
    imported = home / IMPORTED
    save_tiny_model(imported / "model", title="Faces of Ann")
    for folder in (run.path, imported):
        limits.sign(folder, ANN)
    engine = Engine(weights, home / "runs", "cpu", home / "imported")
    page = build(Settings(weights, home / "runs", home / "imported", device="cpu"), engine)
    panels = [block for block in page.blocks.values() if getattr(block, "server_fns", None)]
    yield {(p.elem_id.removeprefix("panel-"), f.__name__): f for p in panels for f in p.server_fns}, engine
    patch.undo()


def ask(studio, function: tuple, visitor: str, values: dict | None = None) -> dict:
    return asyncio.run(studio[0][function]({**(values or {}), "visitor": visitor}))


def named(table: dict) -> list[tuple]:
    return [(panel, name) for panel, names in table.items() for name in names.split()]


def test_every_function_has_a_decision(studio):
    decided = [*named(PUBLIC), *named(NAMED), *named(LISTS), *CLOSED, *OWNER]
    assert len(decided) == len(set(decided))
    assert set(decided) == set(studio[0])


@pytest.mark.parametrize("function", OWNER, ids="-".join)
def test_a_stranger_is_refused(studio, function):
    for visitor in (BOB, ""):
        assert ask(studio, function, visitor, OWNER[function])["error"]["code"] in NOT_THEIRS
    assert Run(studio[1].library.runs / RUN).requested() == ""


@pytest.mark.parametrize(
    "function", [("train", "snapshot"), ("train", "sharing"), ("models_import", "rename")], ids="-".join
)
def test_the_owner_is_not(studio, function):
    assert "ok" in ask(studio, function, ANN, OWNER[function])


@pytest.mark.parametrize("function", CLOSED, ids="-".join)
def test_what_all_share_is_not_changed(studio, function):
    values = {
        key: [{**point, "model": "a-plain"} for point in value] if key in "ab" else value
        for key, value in CLOSED[function].items()
    }
    assert ask(studio, function, ANN, values)["error"]["code"] in {"directions.shared", "hub.not_here"}


@pytest.mark.parametrize("function", named(LISTS), ids="-".join)
def test_lists_show_only_ones_own(studio, function):
    wanted = "Cats of Ann" if function != ("models_import", "here") else "imported/faces"
    assert wanted in str(ask(studio, function, ANN))
    for visitor in (BOB, ""):
        shown = str(ask(studio, function, visitor))
        assert "of Ann" not in shown and "0123456789abcdef" not in shown


def test_what_goes_on_is_not_told_by_name(studio):
    run = Run(studio[1].library.runs / RUN)
    form = {"source": {"kind": "bundled", "name": "pixel-faces"}, "family": "dcgan", "fit": "crop", "minutes": 1}
    with run.lock().acquire():
        refused = ask(studio, ("train", "start"), BOB, {"form": form})["error"]
        assert refused["code"] == "run.others" and "Ann" not in str(refused) and RUN not in str(refused)
        assert ask(studio, ("train", "trainings"), BOB)["ok"] == {"runs": [], "active": None, "busy": True}
        assert ask(studio, ("train", "start"), ANN, {"form": form})["error"]["code"] == "run.one"
        again = ask(studio, ("train", "start"), ANN, {"form": form, "wait": True})["error"]
        assert again["code"] == "run.one_each"


def test_names_of_trainings_are_not_guessed(studio):
    form = {
        "source": {"kind": "bundled", "name": "pixel-faces"},
        "family": "dcgan",
        "fit": "crop",
        "minutes": 1,
        "name": "Cats",
    }
    names = [ask(studio, ("train", "plan"), visitor, {"form": form})["ok"]["name"] for visitor in (ANN, BOB)]
    assert len({*names}) == 2 and all(name.startswith("cats-") and len(name) == len("cats-") + 16 for name in names)
