"""What the Models tab may ask, asked directly: cards, model cards, zips, deleting one's own."""

import asyncio
import json
import os
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gan_core.checkpoint import save_model
from gan_core.config import ModelConfig, TrainConfig
from gan_core.errors import StudioError
from gan_core.models import build
from gan_core.training.run import Run
from gan_core.ui import limits, models_desk
from gan_core.ui.engine import Engine
from gan_core.ui.models_desk import ModelsDesk, parameters
from gan_core.ui.widgets import answering

CARD = "# Tiny\n\n<script>alert(1)</script> [x](javascript:alert(1))"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """At home."""
    for name in ("SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)


def save(folder: Path, **fields) -> Path:
    config = ModelConfig(
        "dcgan", 16, z_dim=8, options={"width": 4}, name=folder.name, data="faces", licence="CC0 1.0", **fields
    )
    save_model(folder, build(config).eval(), Image.new("RGB", (64, 64), (90, 60, 30)), CARD)
    return folder


@pytest.fixture
def desk(tmp_path):
    """A desk with a bundled model and the model of one finished run."""
    save(tmp_path / "weights" / "tiny-gan", title="Tiny", quality={"kid": 2.5, "kid_floor": 0.2, "note": "x"})
    run = Run(tmp_path / "runs" / "mine")
    run.save_config(TrainConfig(out=str(run.path)))
    os.utime(run.path / "config.json", (time.time() - 90, time.time() - 90))
    save(run.model_folder, title="Mine")
    return ModelsDesk(Engine(tmp_path / "weights", tmp_path / "runs"), tmp_path / "runs", tmp_path / "outbox")


def refused(code: str, work, *args) -> StudioError:
    with pytest.raises(StudioError) as caught:
        work(*args)
    assert caught.value.code == code
    return caught.value


def test_a_card_has_every_fact(desk):
    cards = {card["id"]: card for card in desk.cards("me")["models"]}
    assert list(cards) == ["tiny-gan", "runs/mine"]
    card = cards["tiny-gan"]
    assert (card["title"], card["data"], card["licence"], card["origin"]) == ("Tiny", "faces", "CC0 1.0", "bundled")
    assert (
        card["quality"] == {"kid": 2.5, "kid_floor": 0.2}
        and card["readme"]
        and card["preview"].startswith("data:image/webp")
    )
    weights = desk.engine.library.entry("tiny-gan").path / "model.safetensors"
    assert card["bytes"] > weights.stat().st_size > 0
    assert not card["mine"] and cards["runs/mine"]["mine"]
    json.dumps(cards)


def test_parameters_are_counted_from_the_header(tmp_path):
    folder = save(tmp_path / "model")
    model = build(ModelConfig("dcgan", 16, z_dim=8, options={"width": 4}))
    assert parameters(folder / "model.safetensors") == sum(tensor.numel() for tensor in model.state_dict().values())
    for data in (b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0{}", b"\x09\0\0\0\0\0\0\0" + b'{"a": 1} '):
        (folder / "bad").write_bytes(data)
        assert parameters(folder / "bad") == 0
    assert parameters(folder / "absent") == 0


def test_a_model_card_comes_as_text_and_not_too_long(desk, monkeypatch):
    assert desk.card("tiny-gan") == {"text": CARD}
    monkeypatch.setattr(models_desk, "MAX_CARD", 4)
    assert desk.card("tiny-gan") == {"text": "# Ti"}
    (desk.engine.library.entry("tiny-gan").path / "README.md").unlink()
    assert desk.card("tiny-gan") == {"text": ""}


@pytest.mark.parametrize(
    "model", ["", "..", "../runs/mine", "runs/../../etc", "runs/mine/", "runs/mine\0", "hub/ann/faces", 3, None]
)
def test_a_model_is_never_a_path(desk, model):
    for function, more in ((desk.card, {}), (desk.archive, {}), (desk.remove, {"visitor": "me"})):
        answer = asyncio.run(answering(function)({"model": model, **more}))
        assert answer["error"]["code"] in ("model.unknown", "request.value", "request.length")
    assert len(desk.cards("me")["models"]) == 2


def test_bundled_models_stay_and_own_ones_go_with_their_training(desk):
    refused("model.bundled", desk.remove, "tiny-gan", "me")
    desk.remove("runs/mine", "me")
    assert [card["id"] for card in desk.cards("me")["models"]] == ["tiny-gan"]
    assert not (desk.runs / "mine").exists()


def test_a_model_in_training_is_not_deleted(desk):
    with Run(desk.runs / "mine").lock().acquire():
        assert not desk.cards("me")["models"][1]["mine"]
        refused("run.busy", desk.remove, "runs/mine", "me")
    assert (desk.runs / "mine" / "model").is_dir()


def test_a_zip_holds_the_model_folder_and_goes_after_a_while(desk):
    answer = desk.archive("runs/mine")
    assert answer["name"] == "mine.zip"
    with zipfile.ZipFile(answer["path"]) as pack:
        assert set(pack.namelist()) == {
            f"mine/{name}" for name in ("config.json", "model.safetensors", "preview.webp", "README.md")
        }
    os.utime(answer["path"], (0, 0))
    assert Path(desk.archive("tiny-gan")["path"]).is_file() and not Path(answer["path"]).exists()


def test_on_a_space_shared_models_stay(desk, tmp_path, monkeypatch):
    desk.engine.library.add("ann/faces", save(tmp_path / "faces"))
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    refused("model.shared", desk.remove, "hub/ann/faces", "me")
    refused("run.not_yours", desk.remove, "runs/mine", "me")
    assert [card["mine"] for card in desk.cards("me")["models"]] == [False, False]  # nor is it seen
    limits.sign(desk.runs / "mine", "me")
    assert desk.remove("runs/mine", "me") == {"removed": "runs/mine"}
