"""Ready to share: copies are looked for, answers reach the card, pairs only whoever owns the run."""

import asyncio
import json
import time

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core import sharing
from gan_core.card import model_card
from gan_core.checkpoint import read_config
from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.run import Run
from gan_core.ui import limits
from gan_core.ui.jobs import Jobs
from gan_core.ui.share_desk import SAMPLES, SHOWN, Several, ShareDesk
from tests.tiny_models import save_tiny_model

FRESH = {
    "verdict": "fresh",
    "close": 9,
    "samples": 200,
    "alarm": 0.05,
    "false_alarm": 0.05,
    "pictures": 300,
    "fresh": 300,
}


@pytest.fixture
def desk(tmp_path):
    """A desk over one finished run called `mine` on 60 random pictures."""
    pictures, run = tmp_path / "pictures", Run(tmp_path / "runs" / "mine")
    pictures.mkdir()
    for number in range(60):
        noise = np.random.RandomState(number).randint(0, 255, (16, 16, 3), np.uint8)
        Image.fromarray(noise).save(pictures / f"{number:02d}.png")
    run.path.mkdir(parents=True)
    config = TrainConfig(data=str(pictures), out=str(run.path), resolution=16)
    (run.path / "config.json").write_text(json.dumps(config.to_dict()))
    run.append(
        {"type": "end", "time": time.time() + 1, "state": "done", "message": "", "code": "train.done", "facts": {}}
    )
    save_tiny_model(run.model_folder, title="Mine")
    limits.sign(run.path, "me")
    return ShareDesk(tmp_path / "runs", Jobs())


def card(desk):
    return (desk.runs / "mine" / "model" / "README.md").read_text(encoding="utf-8")


def check(desk, visitor="me"):
    return asyncio.run(desk.check_copies("mine", visitor, "share-12345"))


def test_the_check_is_written_into_the_card_without_the_pairs(desk):
    found = check(desk)
    assert len(found["pairs"]) == SHOWN
    assert all(
        pair[side].startswith("data:image/png;base64,") for pair in found["pairs"] for side in ("sample", "picture")
    )
    assert found["sharing"]["check"]["verdict"] == "fresh" and found["sharing"]["check"]["pictures"] == 60
    assert "unchecked" not in found["concerns"]
    config = read_config(desk.runs / "mine" / "model")
    assert config.sharing["check"] == found["sharing"]["check"]
    stored = json.dumps(config.to_dict()) + card(desk)
    assert "no sign of copying" in card(desk) and "base64" not in stored and ".png" not in stored


def test_the_best_model_is_asked_about_as_well(desk):
    run = Run(desk.runs / "mine")
    save_tiny_model(run.best_folder, title="Mine, at its best")
    assert len(desk.sharing("mine", "me")) == 3
    assert check(desk)["sharing"]["check"]["samples"] == 2 * SAMPLES
    desk.answer_sharing("mine", "me", licence="cc0")
    best = read_config(run.best_folder)
    assert best.title == "Mine, at its best" and best.sharing == read_config(run.model_folder).sharing
    assert best.sharing["licence"] == "cc0" and best.sharing["check"]["samples"] == 2 * SAMPLES


def test_samples_of_two_models_are_one_row():
    ten, three = torch.arange(10)[:, None], torch.arange(10, 13)[:, None]
    both = Several([ten, three])
    assert len(both) == 13
    assert both[8:12].flatten().tolist() == [8, 9, 10, 11] and both[11:40].flatten().tolist() == [11, 12]
    assert both[:3].flatten().tolist() == [0, 1, 2]


def test_answers_reach_the_card_and_are_kept_beside_the_check(desk):
    check(desk)
    told = desk.answer_sharing("mine", "me", licence="by-nc", people="agreed", rights="own", words="Made of noise.")
    assert set(told["concerns"]) <= {"alike"}  # an untrained model draws less varied pictures than noise
    assert 'license: "cc-by-nc-4.0"' in card(desk) and "CC BY-NC 4.0" in card(desk)
    assert "who agreed" in card(desk) and "Made of noise." in card(desk) and "no sign of copying" in card(desk)
    assert desk.sharing("mine", "me")["sharing"]["licence"] == "by-nc"
    told = desk.answer_sharing(
        "mine", "me", licence="own", licence_words="Ask | me\nfirst.", people="unasked", rights="unsure"
    )
    assert told["concerns"][:2] == ["unasked", "unsure"]
    assert "Ask \\| me first." in card(desk) and 'license: "other"' in card(desk)


def test_strangers_on_a_space_see_nothing(desk, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "someone/space")
    for ask in (
        lambda: check(desk, "you"),
        lambda: desk.sharing("mine", "you"),
        lambda: desk.answer_sharing("mine", "you"),
    ):
        with pytest.raises(StudioError) as fault:
            ask()
        assert fault.value.code == "run.gone"
    assert desk.sharing("mine", "me")["concerns"]


def test_a_stop_stops_it_and_leaves_the_card_alone(desk):
    before = read_config(desk.runs / "mine" / "model")
    desk.jobs.stop("share-12345")  # overtakes the job
    with pytest.raises(StudioError) as fault:
        check(desk)
    assert fault.value.code == "job.stopped"
    assert read_config(desk.runs / "mine" / "model") == before


def test_bad_cases_are_said_in_words(desk):
    for picture in list((desk.runs.parent / "pictures").iterdir())[:45]:
        picture.unlink()
    with pytest.raises(StudioError) as fault:
        check(desk)
    assert fault.value.code == "metrics.memorisation.few"
    Run(desk.runs / "mine").model_folder.rename(desk.runs / "elsewhere")
    with pytest.raises(StudioError) as fault:
        desk.sharing("mine", "me")
    assert fault.value.code == "share.no_model"


def test_concerns_in_the_order_of_their_weight():
    assert sharing.concerns({}) == ["unchecked", "licence"]
    bad = {
        "check": {**FRESH, "verdict": "copies", "pictures": 12, "diversity": 0.1},
        "people": "unasked",
        "rights": "unsure",
    }
    assert sharing.concerns(bad) == ["copies", "unasked", "unsure", "licence", "few", "alike"]
    assert sharing.concerns({"check": FRESH, "licence": "cc0"}) == []
    assert sharing.licence({"licence": "own", "licence_words": ""})[0] == ""


@pytest.mark.parametrize(
    "strange", [{"check": 3}, {"licence": ["cc0"]}, {"check": {"verdict": "x"}, "words": 5, "people": {}}]
)
def test_a_strange_card_from_elsewhere_does_no_harm(desk, strange):
    from dataclasses import replace

    config = replace(read_config(desk.runs / "mine" / "model"), sharing=strange)
    assert "## Sharing" in model_card(config)
    assert isinstance(sharing.concerns(strange), list)
