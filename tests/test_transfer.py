"""Fine-tuning: what comes over, what does not, and what is said when it cannot be."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import gan_core
from gan_core import StudioError
from gan_core.checkpoint import load_model
from gan_core.export.picture import as_image, contact_sheet
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.schedules import head_start
from gan_core.training import transfer as transfers
from gan_core.training.run import Run
from gan_core.training.samples import COLUMNS, ROWS
from gan_core.training.setup import plan
from gan_core.ui.i18n import WORDS as PAGE


@pytest.fixture
def trained(tiny, tmp_path):
    """trained(family, **changes) trains a small model and returns its run folder."""

    def make(family="dcgan", **changes) -> Path:
        config = tiny(**{"family": family, "out": str(tmp_path / f"source-{family}"), "conditional": "no", **changes})
        list(gan_core.train(config))
        return Path(config.out)

    return make


def start(config) -> tuple[dict, Run]:
    """The start event of a training that is stopped before its first step, and its run."""
    events = list(gan_core.train(config, lambda: True))
    return events[0], Run(config.out)


@pytest.mark.parametrize("family", ["dcgan", "stylegan2", "mlp_gan", "vae"])
def test_step_0_draws_what_the_model_draws_when_everything_fits(family, trained, tiny):
    source = trained(family)
    event, run = start(
        tiny(family="auto", start_from=str(source), width=None, d_width=None, z_dim=None, resolution=None)
    )
    assert event["family"] == family and event["transfer"]["code"] == "whole" and event["choice"]["code"] == "model"
    points = [LatentPoint(seed=i) for i in range(COLUMNS * ROWS)]
    drawn = as_image(contact_sheet(render(load_model(source / "model"), points), COLUMNS, gap=0)).convert("RGB")
    with Image.open(run.samples()[0][1]) as sheet:
        assert np.abs(np.asarray(sheet.convert("RGB"), int) - np.asarray(drawn, int)).max() <= 1
    assert f"“{load_model(source / 'model').config.title}”" in event["transfer"]["message"]


def test_the_averaged_weights_and_the_trained_ones_both_begin_there(trained, tiny):
    source = trained()
    _, run = start(tiny(start_from=str(source), conditional="no"))
    state = load_file(run.checkpoint_folder / "latest.safetensors")
    for name, tensor in load_file(source / "model" / "model.safetensors").items():
        for prefix in ("ema.", "network.generator."):
            assert torch.equal(state[prefix + name], tensor.to(state[prefix + name].dtype)), name


def test_what_fits_comes_over_and_the_rest_is_named(trained, tiny):
    source = trained()
    event, _ = start(tiny(start_from=str(source), conditional="yes"))  # the class embedding makes the first layer wider
    facts = event["transfer"]["facts"]
    assert event["classes"] == 2 and facts["count"] == facts["total"] - 2 and 0 < facts["share"] < 100
    assert facts["first"] == "embed.weight, decoder.start.weight" and "came from" in event["transfer"]["message"]


def test_other_classes_keep_what_is_not_about_classes(trained, tiny):
    source = trained(conditional="yes")
    there = load_model(source / "model").state_dict()
    here = plan(tiny(start_from=str(source))).source.config
    wider = gan_core.models.build(replace(here, num_classes=5, labels=tuple("abcde")))
    told = transfers.transfer(load_model(source / "model"), wider)
    assert told.code == "part" and told.facts["first"] == "embed.weight"
    assert torch.equal(wider.state_dict()["decoder.start.weight"], there["decoder.start.weight"])


def test_sizes_shape_and_classes_follow_the_model_unless_asked_for(trained, tiny):
    source = str(trained("stylegan2", w_dim=12, mapping_layers=3, z_dim=10, width=8, resolution=20, channels=1))
    asked = tiny(family="auto", start_from=source, width=None, z_dim=None, resolution=None)
    config = plan(asked).config
    assert (config.family, config.z_dim, config.w_dim, config.mapping_layers, config.width) == (
        "stylegan2",
        10,
        12,
        3,
        8,
    )
    found = plan(asked)
    assert (found.model.resolution, found.model.channels, found.model.num_classes) == (20, 1, 0)
    other = plan(replace(asked, resolution=16, channels=3, w_dim=6))
    assert (other.model.resolution, other.model.channels, other.config.w_dim) == (16, 3, 6)


def test_sizes_that_no_field_can_say_follow_too(trained, tiny):
    source = trained("stylegan2")
    model = load_model(source / "model")
    options = {**model.config.options, "channel_max": 16}
    found = plan(tiny(family="auto", start_from=str(source), width=None, conditional="no"))
    assert "channel_max" not in found.model.options
    from gan_core.config import TrainConfig
    from gan_core.training.preset import Situation, choose

    choice = choose(TrainConfig(), Situation(24, 16), replace(model.config, options=options))
    assert choice.options == {"channel_max": 16, "use_noise": True}
    assert choose(TrainConfig(width=8), Situation(24, 16), replace(model.config, options=options)).options == {}


def test_another_family_or_shape_is_refused_with_both_names(trained, tiny):
    source = str(trained())
    with pytest.raises(StudioError, match="dcgan model and cannot begin a vae training") as caught:
        list(gan_core.train(tiny(family="vae", start_from=source)))
    assert caught.value.code == "transfer.family" and Run(tiny().out).status().state == "failed"
    with pytest.raises(StudioError, match=r"dcgan, 16 px, 3 channels, .*dcgan, 64 px, 1 channels") as caught:
        list(gan_core.train(tiny(start_from=source, resolution=64, channels=1, width=24, z_dim=32)))
    assert caught.value.code == "transfer.nothing"


def test_a_model_that_is_not_there_damaged_or_not_ours(trained, tiny, tmp_path):
    source = trained()
    (tmp_path / "empty").mkdir()
    (tmp_path / "pickle.pt").write_bytes(b"x")
    broken = tmp_path / "broken"
    shutil.copytree(source / "model", broken)
    (broken / "model.safetensors").write_bytes(b"torn")
    for spec, code in ((str(tmp_path / "none"), "transfer.missing"), ("nobody", "transfer.missing"), (str(tmp_path / "empty"), "transfer.missing"),
                       (str(tmp_path / "pickle.pt"), "model.pickle"), (str(broken), "model.damaged"), ("../../x", "transfer.missing")):  # fmt: skip
        with pytest.raises(StudioError) as caught:
            plan(tiny(start_from=spec))
        assert caught.value.code == code, spec


def test_a_hub_that_cannot_be_reached_is_said(tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(StudioError) as caught:
        plan(tiny(start_from="somebody/some-model"))
    assert caught.value.code.startswith("hub.")


def test_a_bundled_name_and_a_weights_file_work(trained, tiny):
    assert transfers.load_source("pixel-faces-gan").config.name == "pixel-faces-gan"
    source = trained()
    assert transfers.load_source(str(source / "model" / "model.safetensors")).config.family == "dcgan"


def test_resuming_keeps_the_runs_own_weights_even_when_the_model_is_gone(trained, tiny, tmp_path):
    source = trained()
    whole = tiny(start_from=str(source), steps=6, checkpoint_seconds=0.0, out=str(tmp_path / "whole"))
    list(gan_core.train(whole))
    parts = replace(whole, out=str(tmp_path / "parts"))
    for event in gan_core.train(parts):
        if event["type"] == "checkpoint" and event["step"] == 3:
            break
    shutil.rmtree(source)
    events = list(gan_core.train(parts, resume=True))
    assert events[0]["resumed_from"] == 3 and events[0]["transfer"] is None and events[0]["choice"]["code"] == "model"
    a, b = (load_file(Run(c.out).checkpoint_folder / "latest.safetensors") for c in (whole, parts))
    assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_the_new_discriminator_gets_a_head_start(trained, tiny):
    """At the first step only the discriminator learns; the generator's rate then rises from zero."""
    source = trained()
    _, run = start(tiny(start_from=str(source), conditional="no", out=str(tiny().out) + "-a"))
    before = load_file(run.checkpoint_folder / "latest.safetensors")
    config = tiny(start_from=str(source), conditional="no", steps=1)
    list(gan_core.train(config))
    after = load_file(Run(config.out).checkpoint_folder / "latest.safetensors")
    moved = {name.split(".")[1] for name in before if name.startswith("network.") and name.endswith(".weight") and not torch.equal(before[name], after[name])}  # fmt: skip
    assert moved == {"discriminator"}
    assert [head_start(p, 0.05) for p in (0, 0.025, 0.05, 1)] == [0, 0.5, 1, 1]


def test_the_sentences_have_translations():
    for code, english in transfers.SENTENCES.items():
        assert PAGE[f"transfer.{code}"][0] == english
