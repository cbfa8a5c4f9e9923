"""Opening other people's files, asked directly: brought, chosen, chosen anew, renamed, deleted; whose they are; that everything works after."""

import asyncio
import os
import time

import numpy as np
import pytest
import torch
from torch import nn

from gan_core.errors import StudioError
from gan_core.latent import distill, invert
from gan_core.latent.distill import Budget
from gan_core.latent.invert import Effort
from gan_core.latent.point import LatentPoint
from gan_core.ui import import_desk as module
from gan_core.ui.engine import Engine
from gan_core.ui.import_desk import ImportDesk, plain_name
from gan_core.ui.jobs import Jobs
from gan_core.ui.models_desk import ModelsDesk
from tests.importers.author_nets import Conv, Dcgan, trained

ME, YOU = "me-me-me", "you-you-you"
NAME = "import-12345678"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """At home."""
    for name in ("SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desk(tmp_path):
    """A desk over empty folders."""
    for name in ("weights", "inbox"):
        (tmp_path / name).mkdir()
    imported = tmp_path / "imported"
    engine = Engine(tmp_path / "weights", tmp_path / "runs", "cpu", imported)
    return ImportDesk(engine, imported, tmp_path / "inbox", Jobs())


def sent(desk, network, name="generator.pth") -> str:
    torch.save(network.state_dict(), desk.inbox / name)
    return str(desk.inbox / name)


def bring(desk, *files, visitor=ME) -> dict:
    return asyncio.run(desk.bring(list(files), [file.rsplit("/")[-1] for file in files], visitor, NAME))


def refused(code: str, work) -> None:
    with pytest.raises(StudioError) as caught:
        work()
    assert caught.value.code == code


def open_choice(desk, **how) -> tuple[Conv, dict]:
    network = trained(Conv(classes=5, size=3, place="after", **how))
    return network, bring(desk, sent(desk, network))


def test_a_sure_file_opens_at_once_and_everything_works(desk, monkeypatch):
    network = trained(Dcgan(6, 3, 3, 1))
    model = bring(desk, sent(desk, network, "netG.pth"))["model"]
    assert model == "imported/netg" and not list((desk.folder / ".brought").iterdir())
    facts = next(facts for facts in desk.engine.models() if facts["id"] == model)
    assert (facts["origin"], facts["resolution"], facts["title"]) == ("imported", 16, "netG") and facts["thumb"]

    points = [
        LatentPoint(seed=1),
        LatentPoint(seed=1, moves=(("d0", 2.0),)),
        LatentPoint(seed=1, moves=(("pca1", 2.0),)),
    ]
    pictures = asyncio.run(desk.engine.render(model, points))
    assert len({picture.tobytes() for picture in pictures}) == 3
    z = torch.from_numpy(np.random.RandomState(1).randn(1, 6).astype(np.float32))
    wanted = ((network(z).detach()[0].permute(1, 2, 0) + 1) * 127.5).round().numpy()
    assert np.abs(wanted - pictures[0]).max() <= 1

    monkeypatch.setattr(distill, "Budget", lambda: Budget(5, 600))
    borrowed = asyncio.run(desk.engine.borrow(model))
    found = list(invert.search(borrowed, pictures[0], Effort(steps=12, seconds=600), desk.folder / "netg" / "model"))
    assert found[-1].done >= 1 and found[-1].distance < 1.2

    models = ModelsDesk(desk.engine, desk.folder / "none", desk.inbox)
    assert models.archive(model)["name"] == "netg.zip"
    card = next(card for card in models.cards(ME)["models"] if card["id"] == model)
    assert card["mine"] and card["parameters"] and "licence" in models.card(model)["text"]
    models.remove(model, ME)
    assert not (desk.folder / "netg").exists() and desk.engine.models() == []


def test_an_open_choice_is_shown_made_and_made_anew(desk):
    network, shown = open_choice(desk)
    assert set(shown) == {"bundle", "file", "chosen", "candidates"} and shown["chosen"] is None
    assert all(one["picture"].startswith("data:image/webp;base64,") and one["assumed"] for one in shown["candidates"])
    assert desk.engine.models() == []

    model = asyncio.run(desk.choose(shown["bundle"], 0, ME, NAME))["model"]
    again = asyncio.run(desk.look_again(model, ME, NAME))
    assert again["chosen"] == 0 and again["candidates"] == shown["candidates"]
    assert desk.here(ME) == {"models": [{"id": model, "title": "generator", "again": True}]}
    desk.rename(model, "  Digits \n of mine ", ME)

    assert asyncio.run(desk.choose(model, 1, ME, NAME))["model"] == model
    z, label = torch.randn(2, 7), torch.tensor([3, 1])
    drawn = asyncio.run(desk.engine.borrow(model)).from_latent(z, label)
    assert torch.allclose(drawn, network(z, label).detach(), atol=1e-4)
    assert desk.here(ME)["models"][0]["title"] == "Digits of mine"
    refused("import.gone", lambda: asyncio.run(desk.choose(shown["bundle"], 0, ME, NAME)))


def test_two_files_of_one_name_become_two_models(desk):
    network = trained(Dcgan(6, 3, 3, 1))
    assert [bring(desk, sent(desk, network, "G.pt"))["model"] for _ in range(2)] == ["imported/g", "imported/g-2"]


def test_what_is_refused_leaves_nothing_behind(desk):
    (desk.inbox / "page.pt").write_text("<html>")
    refused("import.web_page", lambda: bring(desk, str(desk.inbox / "page.pt")))
    outside = desk.folder.parent / "secret.pt"
    outside.write_bytes(b"x")
    (desk.inbox / "link.pt").symlink_to(outside)
    for path in (str(outside), str(desk.inbox / "link.pt"), str(desk.inbox / ".." / "secret.pt"), "/etc/passwd"):
        refused("import.lost", lambda path=path: bring(desk, path))
    refused("import.count", lambda: asyncio.run(desk.bring([], [], ME, NAME)))
    for bundle in ("../..", "0" * 16, ".brought", "/etc"):
        refused("import.gone", lambda bundle=bundle: asyncio.run(desk.choose(bundle, 0, ME, NAME)))
    for model in ("imported/../weights", "imported/none"):
        refused("model.unknown", lambda model=model: asyncio.run(desk.look_again(model, ME, NAME)))
    assert not [path for path in desk.folder.rglob("*") if path.is_file()]


def test_names_lead_nowhere():
    assert [plain_name(name) for name in ("../../a.pt", "C:\\x\\b.pt", "", "..", ".title", "<img src=x>.pt", "a\0b.pt")] == [
        "a.pt", "b.pt", "weights", "weights", "weights", "img src=x.pt", "ab.pt",
    ]  # fmt: skip


def test_a_space_keeps_visitors_apart_and_within_bounds(desk, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "me/space")
    _, shown = open_choice(desk, hidden=nn.ReLU())
    model = asyncio.run(desk.choose(shown["bundle"], 0, ME, NAME))["model"]
    assert len(model) > len("imported/generator-") + 12  # a word that nobody guesses
    assert [facts["id"] for facts in desk.engine.models(ME)] == [model]
    assert desk.engine.models(YOU) == [] == desk.engine.models() and desk.here(YOU) == {"models": []}
    refused("run.not_yours", lambda: desk.rename(model, "Mine", YOU))
    models = ModelsDesk(desk.engine, desk.folder / "none", desk.inbox)
    refused("run.not_yours", lambda: models.remove(model, YOU))
    assert models.cards(YOU)["models"] == []
    refused("import.no_source", lambda: asyncio.run(desk.look_again(model, ME, NAME)))  # the disk is everybody's

    monkeypatch.setattr(module, "SPACE_BYTES", 1000)
    refused("import.upload_large", lambda: open_choice(desk))
    monkeypatch.setattr(module, "SPACE_BYTES", 1 << 30)
    monkeypatch.setattr(module, "SPACE_STORE", 1000)
    refused("import.full", lambda: open_choice(desk))
    desk.sweep(now=time.time() + module.MAX_AGE + 60)
    assert not [path for path in desk.folder.iterdir() if path.name != ".brought"]


def test_waiting_files_are_swept_and_models_at_home_are_not(desk):
    _, shown = open_choice(desk)
    kept = bring(desk, sent(desk, trained(Dcgan(6, 3, 3, 1)), "G.pt"))["model"]
    os.utime(desk.folder / ".brought" / shown["bundle"], (0, 0))
    os.utime(desk.folder / "g", (0, 0))
    desk.sweep()
    assert not (desk.folder / ".brought" / shown["bundle"]).exists()
    assert [facts["id"] for facts in desk.engine.models()] == [kept]
