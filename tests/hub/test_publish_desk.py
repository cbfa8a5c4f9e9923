"""What the page that publishes may ask, asked directly."""

import asyncio
import os
import time

import pytest

from gan_core.card import describe_anew
from gan_core.checkpoint import read_config
from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.run import Run
from gan_core.ui import limits
from gan_core.ui.engine import Engine
from gan_core.ui.publish_desk import PublishDesk
from tests.hub.refusal import failure
from tests.tiny_models import save_tiny_model

CHOICE = {"repo": "ann/mine", "licence": "mit"}


@pytest.fixture
def desk(hub, tmp_path, monkeypatch):
    """A desk with a bundled model and a finished run's, at the computer of somebody who is logged in."""
    monkeypatch.setenv("HF_TOKEN", "hf_ann")
    hub.tokens |= {"hf_ann", "hf_eve"}
    save_tiny_model(tmp_path / "weights" / "tiny", licence="MIT (the pictures)")
    run = Run(tmp_path / "runs" / "mine")
    run.save_config(TrainConfig(out=str(run.path)))
    os.utime(run.path / "config.json", (time.time() - 90, time.time() - 90))
    save_tiny_model(run.model_folder, name="Meine Katzen 猫", title="Mine")
    return PublishDesk(Engine(tmp_path / "weights", tmp_path / "runs"))


def look(desk, model="runs/mine", **changes) -> dict:
    return desk.publish_preview(model, "me", **{**CHOICE, **changes})


def send(desk, digest, model="runs/mine", **changes) -> dict:
    return asyncio.run(
        desk.publish_send(model, "me", **{**CHOICE, "digest": digest, "name": "publish-1234", **changes})
    )


def test_a_run_that_was_not_looked_at_is_told_so_and_published_when_that_was_read(desk, hub):
    facts = desk.publish_facts("runs/mine", "me")
    assert facts["account"]["name"] == "ann" and facts["name"] == "Meine-Katzen" and facts["licence"] == ""
    assert facts["concerns"] == ["unchecked"] and "cc0-1.0" in facts["licences"]
    draft = look(desk)
    assert draft["new"] and draft["concerns"] == ["unchecked"] and "Nobody has looked" in draft["card"]
    assert draft["preview"].startswith("data:image/webp") and draft["address"] == f"{hub.endpoint}/ann/mine"
    assert failure(send, desk, draft["digest"]).code == "hub.unaware" and hub.commits == []
    sent = send(desk, draft["digest"], aware=True)
    assert hub.repos["ann/mine"].refs["main"] == sent["commit"] and hub.repos["ann/mine"].private
    again = look(desk)
    assert not again["new"] and {file["state"] for file in again["files"]} == {"same"}
    assert "hf_ann" not in str((facts, draft, sent, again))


def test_what_was_answered_and_measured_goes_into_the_card(desk, hub):
    run = Run(desk.engine.library.runs / "mine")
    config = read_config(run.model_folder)
    check = {
        "verdict": "fresh",
        "close": 1,
        "samples": 200,
        "alarm": 0.05,
        "pictures": 900,
        "fresh": 100,
        "false_alarm": 0.04,
    }
    config = type(config)(**{**config.__dict__, "sharing": {"people": "none", "rights": "own", "check": check}})
    describe_anew(run.model_folder, config)
    draft = look(desk, language="zh")
    assert draft["concerns"] == [] and "200 张样图中有 1 张" in draft["card"] and "尚未检查" not in draft["card"]
    assert send(desk, draft["digest"], language="zh")["commit"]


def test_bundled_models_keep_their_licence(desk, hub):
    assert desk.publish_facts("tiny", "me")["licences"] == ["mit"]
    draft = look(desk, "tiny", licence="cc0-1.0")
    assert 'license: "mit"' in draft["card"] and draft["concerns"] == []
    send(desk, draft["digest"], "tiny", licence="cc0-1.0")
    assert hub.commits


def test_only_ones_own(desk, hub, monkeypatch, tmp_path):
    save_tiny_model(tmp_path / "afar")
    desk.engine.library.add("bob/faces", tmp_path / "afar")
    assert desk.publish_facts("hub/bob/faces", "me")["concerns"] == ["unchecked"]
    with Run(desk.engine.library.runs / "mine").lock().acquire(), pytest.raises(StudioError, match="still goes on"):
        look(desk)
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    for model, code in (("runs/mine", "run.not_yours"), ("hub/bob/faces", "publish.not_yours")):
        with pytest.raises(StudioError) as caught:
            look(desk, model)
        assert caught.value.code == code
    limits.sign(desk.engine.library.runs / "mine", "me")
    assert desk.publish_facts("runs/mine", "me")["account"] is None  # the Space's own token is nobody's here
    assert failure(look, desk).code == "hub.not_logged_in"
