"""Data sets on the Hub through the Train tab: named, brought as a job, looked at, checked, trained on; bounded where strangers are."""

import asyncio
import shutil
from dataclasses import replace

import pytest
from data_samples import class_files, write_zip

from gan_core import data
from gan_core.card import model_card
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.hub import datasets
from gan_core.ui import hub_pictures, picture_view, train_form
from gan_core.ui.hub_pictures import HubPictures
from gan_core.ui.jobs import Jobs
from gan_core.ui.picture_check import PictureCheck

FORM = {"family": "auto", "fit": "crop", "minutes": 1}


def form(spec: str) -> dict:
    return FORM | {"source": {"kind": "hub", "name": spec}}


def bring(spec: str, closed: bool = True) -> dict:
    return asyncio.run(HubPictures(Jobs(), closed).bring(spec, "hub-0123456789"))


def refused(call, *args) -> StudioError:
    with pytest.raises(StudioError) as caught:
        call(*args)
    assert caught.value.facts.get("field") == "source"
    return caught.value


@pytest.mark.parametrize("text", ["ann/pets", " hub:ann/pets ", "hub:ann/pets@main"])
def test_a_data_set_is_named_brought_looked_at_and_checked(text, hub, tmp_path):
    hub.add("datasets/ann/pets", class_files(), card={"license": "cc-by-4.0"})
    found = bring(text)
    assert found == {"spec": data.exact("hub:ann/pets"), "title": "ann/pets"}
    hub.requests.clear()
    seen = picture_view.look(form(found["spec"]), tmp_path)
    assert (seen["count"], seen["size"], seen["classes"], seen["licence"]) == (12, 16, ["cat", "dog"], "cc-by-4.0")
    assert seen["page"].endswith("/datasets/ann/pets") and not hub.requests  # everything had been brought
    checked = asyncio.run(PictureCheck(tmp_path, Jobs()).survey(form(found["spec"]), "check-0123456789"))
    assert checked["checked"] == 12 and checked["tiles"][0]["name"]
    config = train_form.config_from(form(found["spec"]), tmp_path)
    assert (
        config.data == found["spec"]
        and config.out.endswith("pets")
        and "--data hub:ann/pets@" in train_form.command(config)
    )


@pytest.mark.parametrize(
    "text", ["pets", "ann/pets/more", "ann/nothing", "https://example.com/datasets/ann/pets", "../x"]
)
def test_a_name_that_is_none_is_told_at_its_field(text, hub, tmp_path):
    refused(bring, text)
    assert refused(train_form.data_path, {"kind": "hub", "name": text}, tmp_path)


@pytest.mark.parametrize("name", [None, 7, "", "/etc", "faces", ["hub:a/b"]])
def test_the_form_takes_nothing_else_for_a_data_set(name, tmp_path):
    refused(train_form.data_path, {"kind": "hub", "name": name}, tmp_path)


def test_visitors_use_only_what_anybody_may_read(hub, tmp_path):
    hub.add("datasets/ann/own", class_files(), private=True, readers=frozenset({"hf_ann"}))
    hub.add("datasets/ann/pets", class_files())
    datasets_find = datasets.find

    def as_owner(name, **options):  # who is logged in on this computer
        return datasets_find(name, token="hf_ann", **options)

    datasets.find = as_owner
    try:
        assert bring("ann/own")["title"] == "ann/own" and bring("ann/pets", closed=False)
        assert refused(bring, "ann/own", False).code == "data.hub_closed"
        assert (
            refused(train_form.data_path, {"kind": "hub", "name": "hub:ann/own"}, tmp_path, False).code
            == "data.hub_closed"
        )
    finally:
        datasets.find = datasets_find


def test_where_strangers_share_a_machine_old_data_sets_make_room(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ann/space")
    write_zip(tmp_path / "more.zip", class_files())
    hub.add("datasets/ann/first", class_files())
    hub.add("datasets/ann/second", {"all.zip": (tmp_path / "more.zip").read_bytes()})
    bring("ann/first", closed=False)
    monkeypatch.setattr(hub_pictures, "SPACE_STORE", 1)
    bring("ann/second", closed=False)
    kept = [path.name for path in (tmp_path / "cache").glob("datasets--*")]
    assert kept == ["datasets--ann--second"]
    assert shutil.disk_usage(tmp_path).free  # and a data set that made room is simply fetched again
    monkeypatch.setattr(hub_pictures, "SPACE_STORE", 1 << 30)
    assert bring("ann/first", closed=False)["title"] == "ann/first"


def test_a_stop_ends_the_fetch(hub):
    hub.add("datasets/ann/pets", class_files())

    async def stopped():
        jobs = Jobs()
        jobs.stop("hub-0123456789")
        await HubPictures(jobs).bring("ann/pets", "hub-0123456789")

    with pytest.raises(StudioError, match="Stopped"):
        asyncio.run(stopped())
    assert not hub.downloads()


def test_the_model_card_carries_the_licence_of_the_data():
    config = ModelConfig("dcgan", 16, data="ann/pets", licence="cc-by-sa-4.0")
    assert 'license: "cc-by-sa-4.0"' in model_card(config) and "| licence of the data | cc-by-sa-4.0 |" in model_card(
        config
    )
    assert 'license: "other"' in model_card(replace(config, licence="made-up-1.0"))
    assert 'license: "cc0-1.0"' in model_card(replace(config, sharing={"licence": "cc0"}))
