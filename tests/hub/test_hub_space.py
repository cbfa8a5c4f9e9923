"""On a Space: visitors sign in with their own account by Gradio's OAuth, and nobody uses anybody else's; models that the owner lists."""

import hashlib
import json
import os
from base64 import b64encode
from urllib.parse import parse_qs, urlsplit

import gradio as gr
import pytest
from gradio import oauth
from gradio.routes import App
from starlette.testclient import TestClient

from gan_core.config import TrainConfig
from gan_core.training.run import Run
from gan_core.ui import limits, visitor
from gan_core.ui.engine import Engine
from gan_core.ui.hub_desk import HubDesk
from gan_core.ui.library import Library
from gan_core.ui.listed import bring, listed_models
from gan_core.ui.publish_desk import PublishDesk
from gan_core.ui.widgets import Panel
from tests.tiny_models import save_tiny_model

SETTINGS = {
    "OAUTH_CLIENT_ID": "id", "OAUTH_CLIENT_SECRET": "secret", "OAUTH_SCOPES": "openid profile contribute-repos",
    "OPENID_PROVIDER_URL": "https://huggingface.co",
}  # fmt: skip


def add(hub, folder, repo="ann/faces", **rights) -> str:
    save_tiny_model(folder, title="From afar")
    return hub.add(repo, {path.name: path.read_bytes() for path in folder.iterdir()}, **rights)


@pytest.fixture
def space(hub, monkeypatch, tmp_path):
    """(ask, cookie): the app on a Space whose owner has a token, with ask(cookie, function, values) and a cookie for who signed in."""
    itsdangerous = pytest.importorskip("itsdangerous")
    pytest.importorskip("authlib")
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setattr(oauth, name, hub.endpoint if name == "OPENID_PROVIDER_URL" else value)
    hub.tokens |= {"hf_owner", "hf_ann"}
    (tmp_path / "weights").mkdir()
    engine = Engine(tmp_path / "weights", tmp_path / "runs")
    desk, publishing = HubDesk(engine), PublishDesk(engine)
    with gr.Blocks() as page:
        visitor.offer_sign_in()
        sending = Panel(
            "models_publish", [publishing.publish_facts, publishing.publish_preview, publishing.publish_send]
        )
        panel = Panel("models_hub", [desk.hub_account, desk.hub_search, desk.hub_login, desk.hub_pull, desk.hub_here])
    client = TestClient(App.create_app(page), base_url="https://testserver")

    def cookie(token: str, expires_at: int = 2**40) -> dict:
        signer = itsdangerous.TimestampSigner(hashlib.sha256(b"secret-v4").hexdigest())
        session = {"oauth_info": {"access_token": token, "expires_at": expires_at}}
        return {"session": signer.sign(b64encode(json.dumps(session).encode())).decode()}

    def ask(cookies: dict, function: str, **values) -> dict:
        part = sending if function.startswith("publish") else panel
        body = {"data": values, "component_id": part._id, "fn_name": function, "session_hash": "s", "fn_index": 0}
        client.cookies = cookies
        return client.post("/gradio_api/component_server", json=body).json()

    ask.client = client
    return ask, cookie


def test_the_link_leads_to_the_hub_and_asks_for_no_more_than_it_needs(hub, space):
    answer = space[0].client.get("/login/huggingface?_target_url=%2F%3Ftab%3Dmodels", follow_redirects=False)
    address = urlsplit(answer.headers["location"])
    assert (
        answer.status_code == 302
        and f"{address.scheme}://{address.netloc}{address.path}" == f"{hub.endpoint}/oauth/authorize"
    )
    asked = parse_qs(address.query)
    assert asked["scope"] == [SETTINGS["OAUTH_SCOPES"]] and "tab%3Dmodels" in asked["redirect_uri"][0]


def test_visitors_sign_in_with_their_own_account(hub, space, tmp_path):
    ask, cookie = space
    add(
        hub,
        tmp_path / "a",
        "ann/secret",
        private=True,
        readers=frozenset({"hf_ann"}),
        facts={"tags": ["latent-studio"]},
    )
    add(
        hub,
        tmp_path / "b",
        "owner/secret",
        private=True,
        readers=frozenset({"hf_owner"}),
        facts={"tags": ["latent-studio"]},
    )
    stranger = ask({}, "hub_account")["ok"]
    assert stranger == {"account": None, "through": "", "may_login": False, "sign_in": True, "space": True}
    assert ask({}, "hub_search")["ok"]["models"] == []
    ann = ask(cookie("hf_ann"), "hub_account")
    assert (ann["ok"]["account"]["name"], ann["ok"]["through"]) == ("ann", "visitor") and "hf_ann" not in str(ann)
    assert [model["repo_id"] for model in ask(cookie("hf_ann"), "hub_search")["ok"]["models"]] == ["ann/secret"]
    assert ask({}, "hub_search")["ok"]["models"] == []
    pulled = ask(cookie("hf_ann"), "hub_pull", source="ann/secret", name="pull-12345678")
    assert pulled["error"]["code"] == "hub.public_only"  # all visitors would see it
    assert ask({}, "hub_here")["ok"]["models"] == []
    assert ask(cookie("hf_ann"), "hub_login", token="hf_ann")["error"]["code"] == "hub.not_here"


def test_visitors_publish_their_own_training_as_themselves(hub, space, tmp_path):
    ask, cookie = space
    run = Run(tmp_path / "runs" / "cats")
    run.save_config(TrainConfig(out=str(run.path)))
    os.utime(run.path / "config.json", (0, 0))
    save_tiny_model(run.model_folder)
    limits.sign(run.path, "ann's browser")
    mine = {"model": "runs/cats", "visitor_word": "ann's browser"}
    choice = mine | {"repo": "ann/cats", "licence": "mit"}
    assert ask({}, "publish_facts", **mine)["ok"]["account"] is None
    assert ask({}, "publish_preview", **choice)["error"]["code"] == "hub.not_logged_in"
    assert (
        ask(cookie("hf_ann"), "publish_preview", **choice | {"repo": "owner/cats"})["error"]["code"]
        == "hub.not_your_name"
    )
    stranger = choice | {"visitor_word": "eve's browser"}
    assert ask(cookie("hf_eve"), "publish_preview", **stranger)["error"]["code"] == "run.not_yours"
    draft = ask(cookie("hf_ann"), "publish_preview", **choice)["ok"]
    sending = choice | {"digest": draft["digest"], "name": "publish-1234", "aware": True}
    assert ask({}, "publish_send", **sending)["error"]["code"] == "hub.not_logged_in" and hub.commits == []
    sent = ask(cookie("hf_ann"), "publish_send", **sending)
    assert sent["ok"]["commit"] == hub.repos["ann/cats"].refs["main"] and "hf_" not in str((draft, sent))


def test_a_forged_or_old_cookie_is_nobody(space):
    ask, cookie = space
    forged = {"session": cookie("hf_ann")["session"][:-4] + "AAAA"}
    for cookies in (forged, {"session": "x"}, cookie("hf_ann", expires_at=1)):
        assert ask(cookies, "hub_account")["ok"]["account"] is None


def test_without_hf_oauth_there_is_no_sign_in(monkeypatch):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    assert not visitor.sign_in_possible() and visitor.token() is False
    with gr.Blocks() as page:
        visitor.offer_sign_in()
    assert not page.expects_oauth


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("models:\n- ann/faces\n- bob/cats@v1\n- ann/faces\n- 7\n", ["ann/faces", "bob/cats@v1"]),
        ("title: x\n", []), ("models: ann/faces\n", []), ("models: [\n", []), ("", []),
    ],
)  # fmt: skip
def test_models_listed_in_the_front_matter(tmp_path, monkeypatch, front, expected):
    readme = tmp_path / "README.md"
    readme.write_text(f"---\n{front}---\n# x\n")
    assert listed_models(readme) == []  # at home only the environment lists models
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    assert listed_models(readme) == expected and listed_models(tmp_path / "absent") == []
    monkeypatch.setenv("LATENT_STUDIO_MODELS", "ann/faces, bob/cats@v1\ncara/dogs")
    assert listed_models(readme) == ["ann/faces", "bob/cats@v1", "cara/dogs"]


def test_listed_models_are_there_from_the_start(hub, tmp_path, monkeypatch, caplog):
    add(hub, tmp_path / "a", private=True, readers=frozenset({"hf_owner"}))
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    (tmp_path / "weights").mkdir()
    library = Library(tmp_path / "weights", tmp_path / "runs")
    bring(library, ["ann/nothing", "../../etc", "ann/faces"])
    assert [entry.id for entry in library.entries()] == ["hub/ann/faces"]
    assert "ann/nothing" in caplog.text and "hf_owner" not in caplog.text
