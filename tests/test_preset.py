"""Auto: what is chosen in which situation, that what was asked for stays, and that every choice can be built."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import gan_core
from gan_core import FAMILIES, StudioError, TrainConfig
from gan_core.config import ModelConfig
from gan_core.models import build, family
from gan_core.training import loop
from gan_core.training.preset import SENTENCES, WORDS, Choice, Situation, choose, fits, near
from gan_core.training.run import Run
from gan_core.training.setup import classes_of, default_out, plan, prepare
from gan_core.ui.i18n import WORDS as PAGE

HOUR, CUDA = dict(minutes=60.0), dict(device="cuda", threads=16)
TABLE = [  # situation -> (family, width, d_width, batch, augment, why)
    (dict(minutes=1.0), ("dcgan", 16, 12, 16, 0.0, "quick")),
    (dict(minutes=10.0), ("dcgan", 32, 24, 32, 0.0, "quick")),
    (dict(minutes=10.0, threads=8), ("stylegan2", None, None, 32, 0.03, "style")),
    (dict(minutes=10.0, threads=1, bf16=False), ("dcgan", 32, 24, 32, 0.0, "quick")),
    (HOUR, ("stylegan2", None, None, 32, 0.05, "style")),
    (dict(HOUR, resolution=128), ("dcgan", 32, 24, 32, 0.01, "quick")),
    (dict(HOUR, pictures=1999), ("stylegan2", None, None, 32, 1.0, "style")),
    (dict(minutes=10.0, pictures=60_000), ("dcgan", 32, 24, 32, 0.0, "quick")),
    (dict(minutes=10.0, pictures=12), ("dcgan", 32, 24, 32, 1.0, "quick")),
    (dict(minutes=4.0, threads=1, bf16=False), ("dcgan", 16, 12, 16, 0.0, "quick")),
    (dict(steps=300), ("dcgan", 16, 12, 16, 0.0, "quick")),
    (dict(steps=100_000), ("stylegan2", None, None, 32, 0.11, "style")),
    (dict(CUDA, minutes=0.25), ("dcgan", 32, 24, 64, 0.0, "quick")),
    (dict(CUDA, minutes=1.0), ("stylegan2", None, None, 64, 0.03, "style")),
    (dict(CUDA, minutes=10.0), ("stylegan2", 32, None, 64, 0.3, "style")),
    (dict(CUDA, minutes=120.0), ("stylegan2", 64, None, 64, 0.3, "style")),
    (dict(device="mps", minutes=10.0), ("stylegan2", None, None, 32, 0.03, "style")),
    (dict(minutes=5.0, resolution=8), ("dcgan", 32, 24, 32, 0.0, "quick")),
    (dict(minutes=5.0, resolution=15), ("mlp_gan", 128, 512, 64, 0.0, "size")),
    (dict(minutes=5.0, resolution=27), ("mlp_gan", 128, 512, 64, 0.0, "size")),
]  # fmt: skip


def situation(**changes) -> Situation:
    return Situation(**{"pictures": 18_000, "resolution": 64, **changes})


@pytest.mark.parametrize(("changes", "expected"), TABLE, ids=str)
def test_what_is_chosen(changes, expected):
    where = situation(**changes)
    asked = TrainConfig(minutes=where.minutes, steps=where.steps)
    choice = choose(asked, where)
    config = choice.applied(asked).checked()
    name, width, d_width, *rest = expected
    usual = family(name).defaults()
    assert [config.family, config.batch, config.augment, choice.code] == [name, *rest]
    assert config.width == (width or usual["width"]) and (d_width is None or config.d_width == d_width)
    assert not [field for field, value in config.to_dict().items() if value is None and field not in NOT_CHOSEN]
    assert choice.message.startswith("Will train") and choice.message.endswith(".") and "{" not in choice.message


@pytest.mark.parametrize("name", ["vae", "autoencoder"])
def test_what_learns_by_copying_takes_small_steps_while_there_is_time_for_few(name):
    usual = family(name).defaults()
    for minutes, share in ((1.0, 2), (30.0, 1)):
        asked = TrainConfig(family=name, minutes=minutes)
        config = choose(asked, situation(minutes=minutes)).applied(asked)
        assert (config.width, config.d_width) == (usual["width"] // share, usual["d_width"] // share)
        assert (config.batch, config.lr) == (usual["batch"] // share**2, usual["lr"] * (3 if share > 1 else 1))


NOT_CHOSEN = (
    "steps",
    "resolution",
    "channels",
    "limit",
    "d_lr",
    "discriminator",
)  # the pictures, the budget, and as the generator's


@pytest.mark.parametrize(
    "given",
    [dict(batch=7), dict(width=12), dict(d_width=20), dict(augment=0.7), dict(augmentation="none"), dict(loss="hinge"), dict(penalty="r1"),
     dict(gamma=3.0), dict(lr=1e-5), dict(z_dim=9), dict(family="vae"), dict(family="mlp_gan"), dict(lr_final=0.5), dict(mixing=0.1)],
    ids=str,
)  # fmt: skip
def test_what_was_asked_for_stays(given):
    for where in (situation(minutes=1.0), situation(**HOUR), situation(**CUDA)):
        config = choose(TrainConfig(**given), where).applied(TrainConfig(**given))
        assert {name: getattr(config, name) for name in given} == given


def test_augmentation_follows_the_loss_and_the_penalty_too():
    def chosen(pictures=500, **given):
        return choose(TrainConfig(**given), situation(pictures=pictures)).applied(TrainConfig(**given))

    assert (chosen().augmentation, chosen().augment) == ("diffaugment", 1.0)
    adaptive = chosen(loss="nonsaturating")
    assert (adaptive.augmentation, adaptive.augment) == ("ada", 0.0)
    assert chosen(60_000, loss="nonsaturating").augmentation == "diffaugment"
    assert chosen(loss="nonsaturating", augmentation="diffaugment").augment == 1.0
    assert (chosen(loss="wgan").penalty, chosen(loss="wgan").gamma) == ("gp", 10.0)
    assert chosen(penalty="r1").gamma == pytest.approx(0.0002 * 64**2 / 32)


def test_a_size_no_family_can_do_names_near_ones():
    with pytest.raises(StudioError, match=r"Near sizes that work: 80, 96, 112"):
        choose(TrainConfig(), situation(resolution=101))


@pytest.mark.parametrize("name", FAMILIES)
def test_every_choice_can_be_built(name):
    for resolution, device, minutes in ((8, "cpu", 0.5), (28, "cuda", 600.0), (64, "cpu", 30.0), (256, "cuda", 5.0)):
        asked = TrainConfig(family=name, minutes=minutes)
        config = (
            choose(asked, situation(resolution=resolution, device=device, minutes=minutes)).applied(asked).checked()
        )
        model = ModelConfig(name, resolution, z_dim=config.z_dim, options=family(name).options(config))
        with torch.device("meta"):
            assert build(model) and family(name).Discriminator(model, config.d_width) if "GAN" in name else build(model)


@pytest.mark.parametrize(
    "changes",
    [dict(), dict(minutes=200.0), dict(resolution=9), dict(limit=3), dict(channels=1), dict(family="stylegan2"), dict(family="vae")],
    ids=str,
)  # fmt: skip
def test_tiny_cases_are_prepared_and_trained(tiny, changes):
    events = list(
        gan_core.train(
            tiny(**{"family": "auto", "steps": None if "minutes" in changes else 1, **changes}), lambda: True
        )
    )
    assert events[-1]["type"] == "end" and events[0]["choice"]["message"].startswith("Will train")
    assert gan_core.load(Run(TrainConfig(**tiny().to_dict()).out).model_folder)


def test_own_sizes_become_ones_that_work_unless_asked_for(tmp_path, tiny):
    for i in range(3):
        Image.fromarray(np.full((36, 36, 3), 60 * i, np.uint8)).save(tmp_path / f"{i}.png")
    asked = tiny(family="auto", data=str(tmp_path), resolution=None)
    assert prepare(asked)[1].resolution == near("auto", 36) == 32
    assert prepare(replace(asked, family="mlp_gan"))[1].resolution == 36
    with pytest.raises(StudioError, match="Near sizes"):
        prepare(replace(asked, resolution=36))
    assert not fits("dcgan", 36) and fits("mlp_gan", 36) and fits("stylegan2", 40)


def test_the_sentence_has_its_translation():
    for code, english in {**SENTENCES, **WORDS}.items():
        if english:
            assert PAGE["choice." + code][0] == english and PAGE["choice." + code][1].strip()
    assert {f"family.{name}" for name in FAMILIES} <= WORDS.keys()


def test_a_choice_survives_json_and_a_damaged_one_is_said(tmp_path):
    choice = choose(TrainConfig(), situation())
    assert Choice.from_dict(json.loads(json.dumps(choice.to_dict()))) == choice
    good = choice.to_dict()
    for damaged in (None, [], {}, {**good, "code": "x"}, {**good, "facts": {}}, {**good, "fields": {"batch": "many"}}, {**good, "more": 1},
                    {**good, "options": 3}):  # fmt: skip
        with pytest.raises(StudioError, match=r"choice\.json"):
            Choice.from_dict(damaged)


def test_a_resumed_run_keeps_its_choice_whatever_the_time_is_now(tiny, monkeypatch):
    config = tiny(family="auto", width=None, d_width=None, steps=2)
    list(gan_core.train(config))
    run = Run(config.out)
    assert run.config == config and run.choice["fields"]["width"] == 16
    again = list(gan_core.train(replace(config, steps=100_000), iter([False] * 30 + [True] * 9).__next__, resume=True))
    assert (again[0]["family"], again[0]["resumed_from"], again[0]["choice"]["facts"]["width"]) == ("dcgan", 2, 16)
    run._choice.unlink()  # a run from before choices were written down tells its sizes by its model
    list(gan_core.train(replace(config, family="dcgan", steps=Run(config.out).status().step + 1), resume=True))
    assert run.status().state == "done"


def test_an_adaptive_strength_is_told_as_it_moves(tiny):
    events = list(gan_core.train(tiny(loss="nonsaturating", steps=2)))
    assert [e["augment"] for e in events if e["type"] == "progress"]
    fixed = list(gan_core.train(tiny(steps=1, out=tiny().out + "-fixed")))
    assert not [e for e in fixed if e["type"] == "progress" and "augment" in e]


def test_default_folders():
    assert default_out(TrainConfig(data="faces")).replace("\\", "/") == "runs/faces"
    assert default_out(TrainConfig(data="My Cats.zip", family="vae")).replace("\\", "/") == "runs/my-cats-vae"


# ---- classes that cannot be learned


def with_classes(tiny, labels, names):
    pictures = plan(tiny()).pictures
    return replace(pictures, images=pictures.images[: len(labels)], labels=torch.tensor(labels), label_names=names)


def test_an_empty_class_is_left_out_and_named(tiny):
    pictures, classes, notes = classes_of(with_classes(tiny, [0, 2, 2, 0], ("a", "b", "c")), "auto", True)
    assert (classes, pictures.label_names, pictures.labels.tolist()) == (2, ("a", "c"), [0, 1, 1, 0])
    assert [note.code for note in notes] == ["empty_class"] and "b" in str(notes[0])
    assert f"note.{notes[0].code}" in PAGE


def test_more_classes_than_pictures_are_not_learned_unasked(tiny):
    many = with_classes(tiny, [0, 4, 9], tuple("abcdefghij"))
    pictures, classes, notes = classes_of(many, "auto", True)
    assert classes == 0 and [note.code for note in notes] == ["few_per_class"] and "note.few_per_class" in PAGE
    assert classes_of(many, "yes", True)[1] == 3
    assert classes_of(many, "no", True)[1] == 0
    for pictures, possible in ((many, False), (with_classes(tiny, [1, 1], ("a", "b")), True)):
        with pytest.raises(StudioError, match="Classes cannot be learned"):
            classes_of(pictures, "yes", possible)


def test_notes_reach_the_run(tiny):
    events = list(gan_core.train(tiny(limit=3, steps=1)))
    assert [note["code"] for note in events[0]["notes"]] == ["few_per_class"]
    assert loop.Run(tiny().out).read_events()[0][0]["notes"] == events[0]["notes"]
