"""Publishing: what a draft says is what goes up, in one commit or not at all, and comes back byte for byte."""

import json
import re
import shutil

import pytest
import torch
import yaml
from huggingface_hub import PyTorchModelHubMixin
from safetensors import safe_open

from gan_core import hub as studio_hub
from gan_core import sharing
from gan_core.checkpoint import load_model, read_config
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.hub import hub_card as hub_card_module
from gan_core.hub import publish, upload
from gan_core.hub.hub_card import hub_card
from gan_core.hub.pretrained import StudioModel
from gan_core.hub.publish import Choice, drafted
from gan_core.models import family
from tests.hub.refusal import failure
from tests.hub_standin import Fault
from tests.tiny_models import save_tiny_model

ANN = "hf_ann"
CHOICE = Choice("ann/faces", "cc0-1.0")
NAMES = ["README.md", "config.json", "directions.safetensors", "model.safetensors", "preview.webp"]


@pytest.fixture(autouse=True)
def ann(hub):
    """Somebody who may publish."""
    hub.tokens.add(ANN)
    hub.people[ANN] = {"auth": {"accessToken": {"role": "write"}}}


@pytest.fixture
def model(tmp_path):
    """A model folder that tells of folders of this computer."""
    folder = tmp_path / "mine"
    training = {
        "steps": 3,
        "command": "python train_local.py --data /home/ann/cats --out C:\\Users\\ann\\runs\\x --name 'a b'",
    }
    save_tiny_model(folder, title="Mine", data="/home/ann/Pictures/cats", training=training)
    (folder / "secret.txt").write_text("never")
    return folder


def send(folder, choice=CHOICE, token=ANN, **options) -> str:
    with drafted(folder, choice, token) as draft:
        digest = draft.digest
    return publish.publish(folder, choice, digest, token, **options)


def test_a_draft_says_what_would_go_up_and_sends_nothing(hub, model):
    with drafted(model, CHOICE, ANN) as draft:
        assert [(file.name, file.state) for file in draft.files] == [(name, "new") for name in NAMES]
        assert all(file.path.stat().st_size == file.size for file in draft.files)
        assert (draft.parent, draft.kept, draft.complaints) == ("", (), ())
        staging = draft.files[0].path.parent
    assert not staging.exists() and hub.repos == {} and hub.commits == []
    assert not [path for method, path in hub.requests if method != "GET" and path != "/api/validate-yaml"]


@pytest.mark.parametrize("lfs", [False, True])
def test_the_same_bytes_come_back(hub, model, tmp_path, lfs):
    hub.lfs = lfs
    seen = []
    with drafted(model, CHOICE, ANN) as draft:
        sent = {file.name: file.path.read_bytes() for file in draft.files}
    commit = send(model, progress=lambda done, total: seen.append((done, total)))
    assert hub.commits == [("ann/faces", NAMES)] and hub.repos["ann/faces"].private
    assert seen[-1] == (sum(map(len, sent.values())),) * 2 and [done for done, _ in seen] == sorted(
        done for done, _ in seen
    )
    folder = studio_hub.pull("ann/faces", token=ANN, cache_dir=tmp_path / "elsewhere")
    assert folder.name == commit and {path.name: path.read_bytes() for path in folder.iterdir()} == sent
    z = torch.randn(2, 8)
    assert torch.equal(load_model(folder).from_latent(z), load_model(model).from_latent(z))
    assert bool(hub.objects) == lfs


def test_nothing_of_this_computer_goes_up(model):
    with drafted(model, CHOICE, ANN) as draft:
        everything = b"".join(file.path.read_bytes() for file in draft.files)
        assert b"/home/ann" not in everything and b"Users" not in everything and b"never" not in everything
        config = read_config(draft.files[0].path.parent)
        assert (
            config.data == "cats"
            and config.training["command"] == "python train_local.py --data cats --out x --name 'a b'"
        )
        assert config.sharing["licence"] == "cc0"
        with safe_open(draft.files[0].path.parent / "model.safetensors", "pt") as file:
            assert json.loads(file.metadata()["config"]) == config.to_dict()
    assert read_config(model).data == "/home/ann/Pictures/cats"  # one's own folder stays as it is


@pytest.mark.parametrize(
    ("told", "published"),
    [
        ("--data /home/ann/cats --out 'D:\\\\runs\\\\x'", "--data cats --out 'x'"),
        ("a/b and runs/x and 1/2 s, https://example.org/a/b", "a/b and runs/x and 1/2 s, https://example.org/a/b"),
        ({"from": ["~/models/g.pt", 3], "file": "/x"}, {"from": ["g.pt", 3], "file": "x"}),
        ("data=/srv/sets/cats/", "data=cats"),
    ],
)
def test_paths_are_shortened(told, published):
    assert publish._homeless(told) == published


def test_an_update_sends_what_changed(hub, model):
    first = send(model)
    with drafted(model, CHOICE, ANN) as draft:
        assert {file.state for file in draft.files} == {"same"} and draft.parent == first
        assert draft.kept == (".gitattributes",)
    assert send(model) == first and len(hub.commits) == 1
    other = Choice("ann/faces", "cc0-1.0", language="zh")
    with drafted(model, other, ANN) as draft:
        assert [file.name for file in draft.files if file.state == "changed"] == ["README.md"]
    assert send(model, other) != first
    assert hub.commits[-1] == ("ann/faces", ["README.md"])


def test_what_was_agreed_to_is_what_goes_up(hub, model):
    with drafted(model, CHOICE, ANN) as draft:
        digest = draft.digest
    save_tiny_model(model, title="Other")
    assert failure(publish.publish, model, CHOICE, digest, ANN).code == "hub.changed_meanwhile"
    assert failure(publish.publish, model, Choice("ann/faces", "mit"), digest, ANN).code == "hub.changed_meanwhile"
    assert hub.repos == {}


def test_somebody_else_changes_it_meanwhile(hub, model, monkeypatch):
    send(model)
    save_tiny_model(model, title="Newer")
    before = upload.send

    def late(source, *args):
        hub.add("ann/faces", {"config.json": b"{}"})
        return before(source, *args)

    monkeypatch.setattr(upload, "send", late)
    assert failure(send, model).code == "hub.moved"


@pytest.mark.parametrize("lfs", [False, True])
@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("POST .*preupload", "hub.unavailable"),
        ("POST .*commit", "hub.unavailable"),
        ("POST /api/repos/create", "hub.unavailable"),
    ],
)
def test_a_hub_that_fails_half_way_has_nothing(hub, model, lfs, where, code, monkeypatch):
    hub.lfs = lfs
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)  # between the client's tries
    hub.faults.append(Fault("status", where=where, status=500))
    assert failure(send, model).code == code
    assert hub.commits == [] and hub.repos == {}


def test_the_network_goes_half_way(hub, model, monkeypatch):
    hub.faults.append(Fault("truncate", where="POST .*commit"))
    monkeypatch.setattr(upload, "files", lambda source: (_ for _ in ()).throw(StudioError("hub.offline", "gone.")))
    assert failure(send, model).code == "hub.unsure"


def test_an_answer_that_was_lost_is_found_out(hub, model):
    hub.faults.append(Fault("truncate", where="POST .*commit"))
    commit = send(model)
    assert hub.commits == [("ann/faces", NAMES)] and hub.repos["ann/faces"].refs["main"] == commit


@pytest.mark.parametrize("lfs", [False, True])
def test_stopped_in_the_middle_leaves_nothing(hub, model, lfs, monkeypatch):
    hub.lfs = lfs

    def stop(done, total):
        if done:
            raise StudioError("job.stopped", "Stopped.")

    with drafted(model, CHOICE, ANN) as draft:
        digest = draft.digest
    real = upload.Meter.add
    monkeypatch.setattr(
        upload.Meter, "add", lambda meter, count: (real(meter, count), setattr(meter, "abandoned", True))[0]
    )
    with pytest.raises(StudioError, match="Stopped"):
        publish.publish(model, CHOICE, digest, ANN, stop)
    assert hub.commits == [] and hub.repos == {}


def test_failures_in_words(hub, model, monkeypatch):
    assert failure(send, model, token=False).code == "hub.not_logged_in"
    assert failure(send, model, Choice("zoo/faces", "mit")).code == "hub.not_your_name"
    assert failure(send, model, Choice("ann/faces", "")).code == "hub.bad_licence"
    assert failure(send, model, Choice("ann/faces", "other", " ")).code == "hub.bad_licence_words"
    for name in ("faces", "../x", "ann/faces@v1", "https://huggingface.co/ann/faces", "ann/a\\b", "ann/<b>"):
        assert failure(send, model, Choice(name, "mit")).code in ("hub.bad_repo", "hub.bad_name")
    hub.people[ANN]["auth"]["accessToken"]["role"] = "read"
    assert failure(send, model).code == "hub.read_only"
    hub.people[ANN] = {}
    hub.faults.append(Fault("status", where="POST /api/repos/create", status=403))
    assert failure(send, model).code == "hub.read_only"
    hub.faults[:] = [Fault("status", where="POST /api/repos/create", status=409)]
    assert failure(send, model).code == "hub.name_taken"
    hub.faults[:] = [Fault("status", where="POST .*commit", status=413)]
    assert failure(send, model).code == "hub.upload_large"
    hub.faults[:] = [Fault("status", where="POST .*commit", status=401)]
    error = failure(send, model)
    assert error.code == "hub.unauthorised" and ANN not in str(error)
    assert hub.commits == [] and hub.repos == {}


def test_the_hubs_complaints_about_a_card(hub, model):
    hub.complaints.append('"license" must be one of <b>these</b>')
    with drafted(model, CHOICE, ANN) as draft:
        assert draft.complaints == ('"license" must be one of <b>these</b>',)
        digest = draft.digest
    error = failure(publish.publish, model, CHOICE, digest, ANN)
    assert error.code == "hub.upload_refused" and "must be one of" in str(error) and hub.repos == {}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_card(language):
    config = ModelConfig(
        "dcgan", 16, title='A "b": c\n# ---', num_classes=2, labels=("x", "y"), data="d|e", licence="MIT", quality={"kid": 2.5},
        training={"steps": 3}, sharing={"people": "none", "words": "Own words."}, notes="Notes.",
    )  # fmt: skip
    card = hub_card(config, "ann/faces", "other", "Ask me:\n---\nfirst", language, checked=False)
    _, front, body = card.split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["library_name"] == "latent-studio" and facts["pipeline_tag"] == "unconditional-image-generation"
    assert (facts["license"], facts["license_name"], facts["language"]) == ("other", "see-model-card", [language])
    assert "(preview.webp)" in body and '# A "b": c # ---\n' in body and "Ask me: --- first" in body
    assert all(
        words in body
        for words in (
            "2.5",
            "Own words.",
            "d\\|e",
            'from_pretrained("ann/faces")',
            "steps" if language == "en" else "步数",
        )
    )
    assert "has looked" in body or "照抄" in body


def test_a_chinese_card_says_all_that_an_english_one_says():
    assert hub_card_module.ENGLISH.keys() == hub_card_module.CHINESE.keys()
    for name, words in sharing.ENGLISH.items():
        theirs = hub_card_module.SHARING_ZH[name]
        pairs = [(words, theirs)] if isinstance(words, str) else [(words[key], theirs[key]) for key in words]
        for english, chinese in pairs:
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", chinese))


def test_tools_of_the_mixin_convention_read_a_published_model(hub, model):
    send(model)

    class Theirs(family("dcgan").Generator, PyTorchModelHubMixin):
        """A program of somebody else's, that knows the network and the convention, not our folders."""

        def __init__(self, **config):
            super().__init__(ModelConfig.from_dict(config))

    z, mine = torch.randn(2, 8), load_model(model)
    theirs = Theirs.from_pretrained("ann/faces", token=ANN).eval()
    assert torch.allclose(theirs.from_latent(z), mine.from_latent(z), atol=1e-6)
    ours = StudioModel.from_pretrained("ann/faces", token=ANN)
    assert torch.equal(ours(z), mine.from_latent(z)) and ours.draw([1, 2]).shape == (2, 8)


def test_a_model_for_programs_is_saved_and_loaded(model, tmp_path):
    StudioModel.from_pretrained(model).save_pretrained(tmp_path / "copy")
    z = torch.randn(2, 8)
    assert torch.equal(StudioModel.from_pretrained(tmp_path / "copy")(z), StudioModel.from_pretrained(model)(z))
    shutil.rmtree(tmp_path / "copy")
    (tmp_path / "pickle").mkdir()
    (tmp_path / "pickle" / "model.pkl").write_bytes(b"\x80\x04")
    with pytest.raises(StudioError):
        StudioModel.from_pretrained(tmp_path / "pickle")
