"""Pictures left out: the list reaches training from the page and the terminal, and a resumed run keeps its own copy."""

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import train_local
from gan_core import data
from gan_core.config import TrainConfig
from gan_core.data.exclude import listed, read_list, write_list
from gan_core.errors import StudioError
from gan_core.training.loop import train
from gan_core.training.run import Run
from gan_core.ui import train_form

OUT = ("dark/1.png", "dark/13.png", "light/0.png")


@pytest.fixture
def names(tmp_path):
    """The path of a list of three pictures."""
    write_list(tmp_path / "list.txt", OUT)
    return tmp_path / "list.txt"


def refused(code, work, *args, **kwargs):
    with pytest.raises(StudioError) as caught:
        work(*args, **kwargs)
    assert caught.value.code == code


def test_a_run_keeps_its_own_list_and_resumes_with_the_same_pictures(tiny, names, tmp_path):
    whole = tiny(exclude=str(names), steps=4, checkpoint_seconds=0.0, out=str(tmp_path / "whole"))
    assert list(train(whole))[0]["pictures"] == 24 - len(OUT)
    half = dataclasses.replace(whole, out=str(tmp_path / "half"))
    for event in train(half):
        if event["type"] == "checkpoint" and event["step"] == 2:
            break  # as by a kill
    names.write_text("light/2.png")  # the visitor's list goes on to other things
    run = Run(half.out)
    assert read_list(run.config.exclude) == set(OUT) and Path(run.config.exclude).parent == run.path
    list(train(run.config, resume=True))
    ours, theirs = (load_file(Run(c.out).model_folder / "model.safetensors") for c in (whole, half))
    assert ours and all(torch.equal(ours[name], theirs[name]) for name in ours)
    other = dataclasses.replace(run.config, steps=5, exclude=str(names))
    refused("run.other_pictures", lambda: list(train(other, resume=True)))


def test_the_terminal_takes_a_list(tiny, names, capsys):
    config = tiny(exclude=str(names))
    assert train_local.main([*config.to_argv(), "--dry-run"]) == 0
    assert "21 pictures" in capsys.readouterr().out
    assert train_local.main([*dataclasses.replace(config, exclude="nowhere.txt").to_argv()]) == 1
    assert "nowhere.txt cannot be read as a list" in capsys.readouterr().err


def test_what_a_page_sends_becomes_a_list_that_the_command_names(picture_folder, tmp_path):
    form = {"source": {"kind": "folder", "name": str(picture_folder)}, "family": "vae", "minutes": 1, "fit": "crop"}
    config = train_form.config_from({**form, "exclude": list(OUT)}, tmp_path)
    assert read_list(config.exclude) == set(OUT) and "--exclude" in train_form.command(config)
    again = train_form.config_from({**form, "exclude": [*OUT[::-1], OUT[0]]}, tmp_path)
    assert again.exclude == config.exclude and len(data.load(config.data, exclude=read_list(config.exclude))) == 21
    assert train_form.config_from({**form, "exclude": []}, tmp_path).exclude == TrainConfig.exclude == ""


@pytest.mark.parametrize("bad", ["x", [1], [""], ["a\nb"], ["a\0"], ["x" * 1001], {"a": 1}, ["a"] * 10_001, True])
def test_hostile_lists_from_a_page_are_refused(bad, picture_folder, tmp_path):
    form = {"source": {"kind": "folder", "name": str(picture_folder)}, "family": "vae", "minutes": 1, "fit": "crop"}
    refused("train.form", train_form.config_from, {**form, "exclude": bad}, tmp_path)
    assert not (tmp_path / train_form.LISTS).exists()


def test_lists_are_read_with_care(tmp_path, monkeypatch):
    path = tmp_path / "list.txt"
    path.write_bytes("\ufeffa b.png\r\n\r\n 猫.png\n".encode())
    assert read_list(path) == {"a b.png", " 猫.png"}
    path.write_bytes(b"\xff\xfe\x00")
    refused("exclude.unreadable", read_list, path)
    refused("exclude.unreadable", read_list, tmp_path)
    path.write_text("猫.png")
    monkeypatch.setattr("gan_core.data.exclude.MAX_BYTES", 2)
    refused("exclude.large", read_list, path)


def test_few_lists_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("gan_core.data.exclude.LISTS", 3)
    paths = [Path(listed([f"{i}.png"], tmp_path)) for i in range(6)]
    assert len(list(tmp_path.iterdir())) == 3 and paths[-1].is_file()
    assert listed([], tmp_path) == ""
