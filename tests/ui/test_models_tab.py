"""What the Models tab may ask, asked directly: cards, model cards, zips, deleting one's own, the Hub on the loopback."""

import asyncio
import json
import os
import time
import zipfile
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants
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
from tests.hub_standin import Hub

CARD = "# Tiny\n\n<script>alert(1)</script> [x](javascript:alert(1))"


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """At home, without this computer's Hub token, cache or network."""
    for name in ("SPACE_ID", "SYSTEM", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


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


@pytest.fixture
def hub(monkeypatch, tmp_path):
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        files = {path.name: path.read_bytes() for path in save(tmp_path / "faces", title="From afar").iterdir()}
        hub.add("ann/faces", files)
        yield hub


def refused(code: str, work, *args) -> StudioError:
    with pytest.raises(StudioError) as caught:
        work(*args)
    assert caught.value.code == code
    return caught.value


def pull(desk: ModelsDesk, source: str) -> dict:
    """Pull to the end, as the page does."""
    job = desk.pull(source)["job"]
    for _ in range(600):
        news = desk.pulling(job)
        if news["model"]:
            return news
        time.sleep(0.05)
    raise AssertionError("the pull never ended")


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


def test_a_model_of_the_hub_is_pulled_shown_and_deleted(desk, hub):
    news = pull(desk, "ann/faces")
    assert news["model"] == "hub/ann/faces" and news["done"] == news["total"] > 0
    card = next(card for card in desk.cards("me")["models"] if card["id"] == "hub/ann/faces")
    assert (card["title"], card["origin"], card["mine"]) == ("From afar", "hub", True)
    assert asyncio.run(desk.engine.render("hub/ann/faces", [_point("hub/ann/faces")])).shape == (1, 16, 16, 3)

    fresh = ModelsDesk(Engine(desk.engine.library.weights, desk.runs), desk.runs, desk.outbox)
    fresh._find_pulled()  # what a later start of the app does
    assert "hub/ann/faces" in [card["id"] for card in fresh.cards("me")["models"]]

    desk.remove("hub/ann/faces", "me")
    assert [card["origin"] for card in desk.cards("me")["models"]] == ["bundled", "run"]
    assert not list(Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*"))


def test_what_is_wrong_with_a_pull_is_said_in_a_sentence(desk, hub):
    refused("hub.bad_name", desk.pull, "../../etc/passwd")
    job = desk.pull("ann/nothing")["job"]
    with pytest.raises(StudioError, match="ann/nothing") as caught:
        for _ in range(600):
            desk.pulling(job)
            time.sleep(0.05)
    assert caught.value.code == "hub.not_found"
    refused("pull.gone", desk.pulling, "no-such-job")


def test_on_a_space_shared_models_stay(desk, hub, monkeypatch):
    pull(desk, "ann/faces")
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    refused("model.shared", desk.remove, "hub/ann/faces", "me")
    refused("run.not_yours", desk.remove, "runs/mine", "me")
    assert [card["mine"] for card in desk.cards("me")["models"]] == [False, False, False]
    limits.sign(desk.runs / "mine", "me")
    assert desk.remove("runs/mine", "me") == {"removed": "runs/mine"}


def test_at_most_two_pulls_go_on_at_once(desk, monkeypatch):
    monkeypatch.setattr(ModelsDesk, "_pull", lambda *args: None)
    desk.pull("a/b")
    desk.pull("a/c")
    refused("pull.busy", desk.pull, "a/d")


def _point(model: str):
    from gan_core.latent.point import LatentPoint

    return LatentPoint(seed=1, model=model)
