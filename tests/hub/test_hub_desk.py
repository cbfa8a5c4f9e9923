"""What the Models tab may ask about the Hub, asked directly, with the stand-in on the loopback."""

import asyncio
from pathlib import Path

import pytest
from huggingface_hub import constants

from gan_core.latent.point import LatentPoint
from gan_core.ui import hub_desk, limits
from gan_core.ui.engine import Engine
from gan_core.ui.hub_desk import HubDesk
from gan_core.ui.models_desk import ModelsDesk
from gan_core.ui.widgets import answering
from tests.hub.refusal import failure
from tests.hub_standin import Fault
from tests.tiny_models import save_tiny_model


def add(hub, folder: Path, repo="ann/faces", **rights) -> str:
    """Put a tiny model on the stand-in; return its commit."""
    save_tiny_model(folder, title="From afar")
    return hub.add(repo, {path.name: path.read_bytes() for path in folder.iterdir()}, **rights)


@pytest.fixture
def desk(tmp_path):
    (tmp_path / "weights").mkdir()
    return HubDesk(Engine(tmp_path / "weights", tmp_path / "runs"))


def pull(desk: HubDesk, source: str, name="pull-12345678") -> dict:
    return asyncio.run(desk.hub_pull(source, name))


def ids(desk: HubDesk) -> list[str]:
    return [model["id"] for model in desk.hub_here()["models"]]


def test_a_model_is_pulled_pinned_drawn_and_found_again(desk, hub, tmp_path, monkeypatch):
    commit = add(hub, tmp_path / "afar")
    assert pull(desk, "ann/faces") == {"model": "hub/ann/faces", "commit": commit}
    assert desk.hub_here()["models"] == [
        {"id": "hub/ann/faces", "repo": "ann/faces", "revision": "", "commit": commit, "title": "From afar"}
    ]
    point = LatentPoint(seed=1, model="hub/ann/faces")
    assert asyncio.run(desk.engine.render("hub/ann/faces", [point])).shape == (1, 16, 16, 3)

    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # no Hub any more: a later start of the app still has it
    fresh = HubDesk(Engine(desk.engine.library.weights, desk.engine.library.runs))
    fresh.read_cache()
    assert failure(fresh.hub_news).code == "hub.offline"
    assert ids(fresh) == ["hub/ann/faces"] and pull(fresh, "ann/faces")["commit"] == commit
    assert failure(fresh.hub_search).code == "hub.offline"

    models = ModelsDesk(fresh.engine, desk.engine.library.runs, tmp_path / "outbox")
    (card,) = models.cards("me")["models"]
    assert (card["origin"], card["mine"], card["commit"]) == ("hub", True, commit)
    models.remove("hub/ann/faces", "me")
    assert ids(fresh) == [] and not list(Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*"))


def test_a_branch_that_moved_is_told_and_a_commit_never_moves(desk, hub, tmp_path):
    first = add(hub, tmp_path / "afar")
    pull(desk, "ann/faces")
    pull(desk, f"ann/faces@{first}")
    assert desk.hub_news() == {}
    second = add(hub, tmp_path / "afar-2")
    assert desk.hub_news() == {"hub/ann/faces": second}
    assert [model["commit"] for model in desk.hub_here()["models"]] == [first, first]
    assert pull(desk, "ann/faces")["commit"] == second and desk.hub_news() == {}
    assert set(ids(desk)) == {"hub/ann/faces", f"hub/ann/faces@{first}"}


def test_a_pull_stops_and_goes_on_where_it_was(desk, hub, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)  # until the stopped thread lets go of its file
    save_tiny_model(tmp_path / "afar")
    files = {path.name: path.read_bytes() for path in (tmp_path / "afar").iterdir()}
    hub.add("ann/faces", files | {"encoder.safetensors": bytes(3_000_000)})
    hub.faults.append(Fault("stall", where="GET .*encoder", times=1))

    async def stopped():
        job = asyncio.create_task(desk.hub_pull("ann/faces", "pull-12345678"))
        while desk.hub_progress("pull-12345678").get("done", 0) < 1_000_000:
            await asyncio.sleep(0.01)
        assert desk.hub_progress("pull-12345678")["total"] > 3_000_000 and desk.hub_stop("pull-12345678")
        with pytest.raises(Exception, match="Stopped"):
            await job

    asyncio.run(stopped())
    assert ids(desk) == []
    hub.requests.clear()
    assert pull(desk, "ann/faces")["model"] == "hub/ann/faces"
    assert "config.json" not in hub.downloads() and "model.safetensors" in hub.downloads()


def test_what_is_wrong_is_said_in_a_sentence(desk, hub):
    assert failure(pull, desk, "../../etc/passwd").code == "hub.bad_name"
    assert failure(pull, desk, "ann/nothing").code == "hub.not_found"
    answer = asyncio.run(answering(desk.hub_search)({"scope": "mine"}))
    assert answer["error"]["code"] == "request.value"


def test_search_and_look(desk, hub, tmp_path):
    add(hub, tmp_path / "afar", facts={"tags": ["latent-studio"]})
    (model,) = desk.hub_search()["models"]
    assert (model["repo_id"], model["kind"]) == ("ann/faces", "ours")
    assert desk.hub_look("ann/faces")["preview"].startswith("data:image/webp;base64,")


def test_login_and_logout_at_home(desk, hub):
    hub.tokens.add("hf_ann")
    assert desk.hub_account() == {"account": None, "through": "", "may_login": True, "sign_in": False, "space": False}
    answer = desk.hub_login("hf_ann")
    assert answer["account"]["name"] == "ann" and answer["through"] == "login" and "hf_ann" not in str(answer)
    assert desk.hub_logout()["account"] is None


def test_a_private_model_with_the_computers_login(desk, hub, tmp_path):
    add(hub, tmp_path / "afar", private=True, readers=frozenset({"hf_ann"}))
    assert failure(pull, desk, "ann/faces").code == "hub.not_found"
    desk.hub_login("hf_ann")
    assert pull(desk, "ann/faces")["model"] == "hub/ann/faces"


@pytest.mark.parametrize("place", ["space", "share"])
def test_strangers_never_use_the_owners_login(desk, hub, tmp_path, monkeypatch, place):
    add(hub, tmp_path / "afar", private=True, readers=frozenset({"hf_ann"}), facts={"tags": ["latent-studio"]})
    monkeypatch.setenv("HF_TOKEN", "hf_ann")
    assert desk.hub_search()["models"] and desk.hub_account()["through"] == "environment"
    monkeypatch.setenv(*(("SPACE_ID", "ann/studio") if place == "space" else ("GRADIO_SHARE", "true")))
    assert limits.folders_allowed() is False
    told = desk.hub_account()
    assert told["account"] is None and not told["may_login"] and told["space"]
    assert desk.hub_search()["models"] == []
    assert failure(desk.hub_look, "ann/faces").code == "hub.not_found"
    assert failure(pull, desk, "ann/faces").code == "hub.public_only"
    for call in (lambda: desk.hub_login("hf_ann"), desk.hub_logout):
        assert failure(call).code == "hub.not_here"


def test_a_space_keeps_few_and_small_models(desk, hub, tmp_path, monkeypatch):
    add(hub, tmp_path / "afar")
    add(hub, tmp_path / "afar-2", repo="ann/other")
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    monkeypatch.setattr(hub_desk, "SPACE_MODELS", 1)
    pull(desk, "ann/faces")
    assert failure(pull, desk, "ann/other").code == "hub.space_full"
    assert pull(desk, "ann/faces")["model"] == "hub/ann/faces"
    monkeypatch.setattr(hub_desk, "SPACE_MODELS", 9)
    monkeypatch.setattr(hub_desk, "SPACE_BYTES", 100)
    assert failure(pull, desk, "ann/other").code == "hub.too_large"
