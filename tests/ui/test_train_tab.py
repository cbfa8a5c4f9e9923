"""What the Train tab may ask, asked directly: hostile arguments, limits of a Space, uploads, one training at a time."""

import asyncio
import json
import os
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.run import Run
from gan_core.training.transfer import WEIGHTS
from gan_core.ui import limits, run_view, train_desk, train_form, uploads
from gan_core.ui.library import Library
from gan_core.ui.train_desk import TrainDesk
from gan_core.ui.widgets import answering
from tests.tiny_models import save_tiny_model

FORM = {"source": {"kind": "bundled", "name": "pixel-faces"}, "family": "dcgan", "fit": "crop", "minutes": "1"}


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    for name in ("SPACE_ID", "SYSTEM", "GRADIO_SHARE", limits.MINUTES_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A desk whose `launch` makes the run folder but starts no process; `desk.launched` has the configs."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "inbox").mkdir()
    launched = []

    def launch(config: TrainConfig, resume: bool = False) -> Run:
        launched.append((config, resume))
        run = Run(config.out)
        run.save_config(config)
        return run

    monkeypatch.setattr(train_desk, "launch", launch)
    monkeypatch.setattr(TrainDesk, "launched", launched, raising=False)
    return TrainDesk(tmp_path / "runs", tmp_path / "inbox")


def refused(code: str, work, *args, **kwargs) -> StudioError:
    with pytest.raises(StudioError) as caught:
        work(*args, **kwargs)
    assert caught.value.code == code
    return caught.value


def finished(desk: TrainDesk, name: str = "old", state: str = "stopped") -> Run:
    """A run folder as a trainer leaves it behind: config, a few events, two sheets of samples, an end."""
    run = Run(desk.runs / name)
    run.save_config(TrainConfig(data="pixel-faces", out=str(run.path), name="My run"))
    os.utime(run.path / "config.json", (time.time() - 90, time.time() - 90))
    run.samples_folder.mkdir()
    for step in (0, 5):
        Image.new("RGB", (12, 8), (step * 20, 90, 90)).save(run.samples_folder / f"{step:08d}.webp")
        run.append(
            {
                "type": "sample",
                "time": time.time(),
                "step": step,
                "images": step,
                "elapsed": step,
                "columns": 6,
                "rows": 4,
            }
        )
    progress = {"step": 5, "images": 40, "elapsed": 5.0, "remaining": 2.0, "images_per_second": 8.0}
    run.append({"type": "progress", "time": time.time(), **progress, "losses": {"generator": 1.5}, "diversity": 0.9})
    run.checkpoint_folder.mkdir()
    (run.checkpoint_folder / "latest.safetensors").write_bytes(b"as good as any: only its being there is looked at")
    if state != "interrupted":
        run.append({"type": "end", "time": time.time(), "state": state, "code": "", "message": ""})
    return run


# ---- the form


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("minutes", "soon", "train.number"), ("minutes", "nan", "train.number"), ("minutes", "-1", "train.range"),
        ("minutes", 1e300, "train.range"), ("minutes", [1], "train.number"), ("minutes", True, "train.number"),
        ("steps", "1.5", "train.whole"), ("steps", 10**30, "train.range"), ("seed", "-1", "train.range"), ("seed", 2**32, "train.range"),
        ("seed", "zwölf", "train.whole"), ("resolution", "4", "train.range"), ("resolution", "100000", "train.range"),
        ("resolution", "101", "model.resolution"), ("batch", "0", "train.range"), ("lr", "inf", "train.number"), ("family", "../dcgan", "train.choice"), ("family", None, "train.choice"),
        ("fit", {"a": 1}, "train.choice"), ("loss", "exec", "train.choice"), ("name", "x" * 61, "train.name"), ("name", "a\nb", "train.name"),
        ("source", {"kind": "bundled", "name": "/etc"}, "train.source"), ("source", "faces", "train.source"),
        ("source", {"kind": "upload", "name": "../../etc"}, "upload.gone"), ("source", {"kind": "folder", "name": "/no/where"}, "train.folder"),
        ("source", {"kind": "folder", "name": "a\0b"}, "train.folder"), ("source", {"kind": "folder", "name": 3}, "train.folder_empty"),
    ],
)  # fmt: skip
def test_every_field_is_checked_and_the_sentence_names_it(desk, field, value, code):
    error = refused(code, desk.plan, {**FORM, field: value})
    assert code == "upload.gone" or error.facts["field"] == field
    assert str(error).endswith(".") and "{" not in str(error)


@pytest.mark.parametrize("form", [None, [], "x", {}])
def test_a_form_that_is_none_is_refused(desk, form):
    answer = asyncio.run(answering(desk.plan)({"form": form}))
    assert answer["error"]["code"] in ("request.value", "train.choice", "train.source")


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "..", "a/b\\c", "CON:*?", "  ", "我的 脸"])
def test_no_name_leads_out_of_the_runs_folder(desk, name):
    desk.start({**FORM, "name": name}, "me")
    out = Path(desk.launched[0][0].out)
    assert out.parent == desk.runs and out.is_dir()


def test_names_are_unique_and_the_command_starts_the_same_training(desk):
    assert desk.start(FORM, "me") == {"run": "pixel-faces-dcgan"}
    (desk.runs / "pixel-faces-dcgan/config.json").unlink()  # no longer a run that is starting, but the name is taken
    plan = desk.plan({**FORM, "seed": "7", "lr": 0.002})
    assert plan["name"] == "pixel-faces-dcgan-2"
    words = plan["command"].split()
    assert words[:2] == ["python", "train_local.py"] and words[words.index("--seed") + 1] == "7"
    from train_local import parser

    typed = parser().parse_args(words[2:])
    assert (typed.data, typed.minutes, typed.lr) == ("pixel-faces", 1.0, 0.002)


def test_options_offer_every_family_and_bundled_set(desk):
    from gan_core.data import builtin_names
    from gan_core.models import FAMILIES

    options = desk.options()
    assert options["families"] == ["auto", *FAMILIES] and [s["name"] for s in options["sources"]] == list(
        builtin_names()
    )
    assert all(s["preview"].startswith("data:image/") and s["licence"] for s in options["sources"])
    assert options["most"] is None and options["folders"] and options["first"]["family"] == "auto"
    json.dumps(options)


# ---- what would be chosen, and a model to start from


def test_the_plan_says_what_would_be_trained_and_fills_the_empty_fields(desk):
    auto = {**FORM, "family": "auto"}
    plan = desk.plan(auto)
    assert plan["choice"]["code"] == "quick" and plan["choice"]["message"].startswith("Will train a GAN")
    assert plan["name"] == "pixel-faces" and "--family auto" in plan["command"]
    assert (plan["fields"]["family"], plan["fields"]["resolution"], plan["fields"]["augmentation"]) == (
        "dcgan",
        16,
        "diffaugment",
    )
    assert (
        desk.plan({**auto, "width": "48", "batch": 9})["fields"] | {"width": 48, "batch": 9}
        == desk.plan({**auto, "width": "48", "batch": 9})["fields"]
    )
    assert desk.plan({**auto, "minutes": "6000"})["fields"]["family"] == "stylegan2"
    assert desk.plan(FORM)["choice"]["code"] == "named"
    assert desk.plan({**auto, "resolution": "27"})["fields"]["family"] == "mlp_gan"
    assert refused("model.resolution", desk.plan, {**auto, "resolution": "101"}).facts["field"] == "resolution"
    json.dumps(plan)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [("width", "3", "train.range"), ("d_width", "wide", "train.whole"), ("z_dim", 1e9, "train.range"), ("gamma", "-1", "train.range"),
     ("augment", "2", "train.range"), ("penalty", "r3", "train.choice"), ("augmentation", [], "train.choice"), ("augmentation", "../ada", "train.choice"),
     ("start_from", "../../etc", "model.unknown"), ("start_from", {"a": 1}, "model.unknown"), ("start_from", "a-vae", "transfer.family")],
)  # fmt: skip
def test_the_new_fields_are_checked_too(desk, field, value, code, weights, tmp_path):
    save_tiny_model(tmp_path / "models" / "a-vae", family="vae", options={"width": 8, "e_width": 8})
    desk = replace(desk, library=Library(tmp_path / "models", desk.runs))
    assert refused(code, desk.plan, {**FORM, field: value}).facts["field"] == field
    assert code == "train.whole" or refused(code, desk.start, {**FORM, field: value}, "me")


def test_a_training_starts_from_a_model_of_the_library(desk, weights):
    desk = replace(desk, library=Library(weights, desk.runs))
    form = {**FORM, "family": "auto", "source": {"kind": "bundled", "name": "digits"}, "start_from": "a-plain"}
    plan = desk.plan(form)
    assert (plan["choice"]["code"], plan["choice"]["facts"]["model"]) == ("model", "Plain")
    assert (plan["fields"]["resolution"], plan["fields"]["width"], plan["fields"]["z_dim"]) == (16, 8, 8)
    seen = desk.look(form)
    assert (seen["size"], seen["channels"]) == (16, 3)  # digits, as the model's network will see them
    desk.start(form, "me")
    assert Path(desk.launched[0][0].start_from) == weights / "a-plain"
    refused("train.start", replace(desk, library=None).plan, form)


def test_bundled_models_are_started_from_by_name(desk):
    desk = replace(desk, library=Library(WEIGHTS, desk.runs))
    assert "--start-from pixel-faces-gan" in desk.plan({**FORM, "start_from": "pixel-faces-gan"})["command"]


def test_own_sizes_are_shown_as_the_network_sees_them(desk):
    for i in range(2):
        Image.radial_gradient("L").resize((36, 36)).save(desk.inbox / f"{i}.png")
    token = desk.send([str(desk.inbox / f"{i}.png") for i in range(2)])["token"]
    form = {**FORM, "source": {"kind": "upload", "name": token}}
    assert desk.look(form)["size"] == desk.plan(form)["fields"]["resolution"] == 32
    assert desk.look({**form, "family": "mlp_gan"})["size"] == 36


def test_the_list_names_the_family_that_was_chosen(desk):
    run = finished(desk)
    run.save_config(TrainConfig(data="pixel-faces", out=str(run.path)))
    assert run_view.summary(run)["family"] == "auto"
    run.save_choice({"fields": {"family": "vae"}})
    assert run_view.summary(run)["family"] == "vae"


# ---- a Space


def test_on_a_space_trainings_are_short_and_folders_closed(desk, monkeypatch, tmp_path):
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    options = desk.options()
    assert options["most"] == 2 and max(options["times"]) <= 2 and not options["folders"]
    refused("train.too_long", desk.start, {**FORM, "minutes": 3}, "me")
    refused("train.too_long", desk.start, {**FORM, "minutes": None}, "me")  # the default is longer
    refused("train.no_steps", desk.start, {**FORM, "steps": 5}, "me")
    refused("train.no_folders", desk.start, {**FORM, "source": {"kind": "folder", "name": str(tmp_path)}}, "me")
    assert desk.start({**FORM, "minutes": 2}, "me")


def test_folders_are_closed_behind_a_public_link(desk, monkeypatch, tmp_path):
    form = {**FORM, "source": {"kind": "folder", "name": str(tmp_path)}}
    monkeypatch.setenv("GRADIO_SHARE", "True")
    for shared in (replace(desk, share=True), desk):
        for work in (shared.plan, shared.look):
            refused("train.no_folders", work, form)
        assert not shared.options()["folders"]
    assert replace(desk, share=False).options()["folders"]


@pytest.mark.parametrize(
    ("value", "most"), [("30", 30), ("0", 0), ("0.5", 0.5), ("much", 2), ("-3", 2), ("inf", 2), ("", 2)]
)
def test_the_owner_of_a_space_sets_the_limit(desk, monkeypatch, value, most):
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv(limits.MINUTES_VARIABLE, value)
    options = desk.options()
    assert options["most"] == most and all(t <= most for t in options["times"])
    if most == 0:
        refused("train.off", desk.start, {**FORM, "minutes": 0.1}, "me")


def test_on_a_space_only_who_started_a_run_changes_it(desk, monkeypatch):
    run = finished(desk)
    limits.sign(run.path, "ann")
    assert limits.may_change(run.path, "bob")  # at home everybody is at home
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    for work in (
        lambda: desk.remove("old", "bob"),
        lambda: desk.control("old", "stop", ""),
        lambda: desk.control("old", "resume", "bob"),
    ):
        refused("run.gone", work)
    assert desk.trainings("bob")["runs"] == [] and desk.trainings("ann")["runs"][0]["mine"]
    (run.path / limits.OWNER_FILE).unlink()
    refused("run.gone", desk.remove, "old", "ann")
    assert run.path.is_dir()


# ---- one training at a time; killed trainers


def test_a_second_training_is_refused_with_the_name_of_the_first(desk):
    desk.start({**FORM, "name": "First one"}, "me")
    error = refused("run.one", desk.start, FORM, "me")
    assert "First one" in str(error) and error.facts["run"] == "first-one"
    assert len(desk.launched) == 1


def test_a_killed_trainer_is_interrupted_and_can_be_resumed(desk):
    run = finished(desk, state="interrupted")
    with run.lock().acquire():
        assert desk.snapshot("old")["status"]["state"] == "running"
        assert desk.trainings("me")["active"] == "old"
        refused("run.one", desk.start, FORM, "me")
        refused("run.busy", desk.remove, "old", "me")
    snapshot = desk.snapshot("old")
    assert snapshot["status"]["state"] == "interrupted" and snapshot["status"]["message"]
    assert desk.trainings("me")["runs"][0]["resumable"]
    assert desk.control("old", "resume", "me") == {"state": "starting"}
    assert [resume for _, resume in desk.launched] == [True]
    refused("run.one", desk.start, FORM, "me")


def test_a_run_that_failed_before_its_first_checkpoint_cannot_be_resumed(desk):
    run = finished(desk, state="failed")
    assert desk.snapshot("old")["resumable"]
    shutil.rmtree(run.checkpoint_folder)
    assert not desk.snapshot("old")["resumable"] and not desk.trainings("me")["runs"][0]["resumable"]


def test_on_a_space_nobody_keeps_the_machine_by_pausing(desk, monkeypatch):
    run = finished(desk, state="interrupted")
    limits.sign(run.path, "ann")
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    refused("run.no_pause", desk.control, "old", "pause", "ann")
    assert desk.control("old", "stop", "ann") and run.requested() == "stop"
    refused("run.gone", desk.snapshot, "old", 0, "bob")
    assert desk.snapshot("old", 0, "ann")["mine"]


def test_control_reaches_a_trainer_that_lives(desk):
    run = finished(desk, state="interrupted")
    with run.lock().acquire():
        for action in ("pause", "resume", "stop"):
            desk.control("old", action, "me")
            assert run.requested() == action
    assert not desk.launched


@pytest.mark.parametrize(
    "name", ["", "..", ".", "../old", "old/", "old/../old", "old\0", "nobody", ".uploads", 7, None]
)
def test_a_run_is_never_a_path(desk, name):
    finished(desk)
    for function, more in (
        (desk.snapshot, {}),
        (desk.sheet, {"step": 0}),
        (desk.control, {"action": "stop", "visitor": ""}),
        (desk.remove, {"visitor": ""}),
    ):
        answer = asyncio.run(answering(function)({"run": name, **more}))
        assert answer["error"]["code"] in ("run.gone", "request.value", "request.length")
    assert (desk.runs / "old").is_dir()


# ---- what the page is told


def test_a_snapshot_brings_only_what_is_new(desk):
    run = finished(desk)
    first = desk.snapshot("old")
    assert [p["generator"] for p in first["points"]] == [1.5] and [s["step"] for s in first["samples"]] == [0, 5]
    assert first["title"] == "My run" and first["model"] == ""
    again = desk.snapshot("old", first["offset"])
    assert (again["points"], again["samples"], again["start"], again["offset"]) == ([], [], None, first["offset"])
    run.append(
        {"type": "progress", "time": 0, "step": 6, "images": 48, "elapsed": 6.0, "losses": {"generator": float("nan")}}
    )
    news = desk.snapshot("old", first["offset"])
    assert [p["images"] for p in news["points"]] == [48] and news["from"] == first["offset"]
    for since in (10**12, -5, True):
        assert len(run_view.snapshot(run, since)["points"]) == 2


def test_a_long_curve_is_thinned_and_keeps_its_end(desk):
    run = finished(desk)
    for i in range(3000):
        run.append({"type": "progress", "time": 0, "elapsed": i, "images": i, "losses": {}})
    points = desk.snapshot("old")["points"]
    assert 500 < len(points) <= 2 * run_view.MAX_POINTS and points[-1]["images"] == 2999


def test_damaged_lines_and_sheets_do_not_break_the_view(desk):
    run = finished(desk)
    with (run.path / "events.jsonl").open("ab") as events:
        events.write(b'{"type": "progress", "losses": null}\n[1]\nnonsense\n{"type": 3}\n{"type": "sample"')
    (run.samples_folder / "00000009.webp").write_bytes(b"RIFF")
    assert desk.trainings("me")["runs"][0]["thumbnail"] == ""
    assert desk.snapshot("old")["points"]
    refused("run.no_sheet", desk.sheet, "old", 77)
    assert desk.sheet("old", 5)["sheet"].startswith("data:image/webp;base64,")


def test_a_run_whose_config_is_damaged_is_left_out_of_the_list(desk):
    finished(desk)
    broken = finished(desk, "broken")
    (broken.path / "config.json").write_text("{")
    assert [run["run"] for run in desk.trainings("me")["runs"]] == ["old"]


# ---- pictures


def put(desk, name: str, data: bytes | None = None) -> str:
    path = desk.inbox / name
    if data is None:
        Image.radial_gradient("L").resize((30, 20)).save(path)
    else:
        path.write_bytes(data)
    return str(path)


def test_uploads_are_looked_at_and_bad_files_named(desk):
    good = [put(desk, f"{i}.png") for i in range(3)]
    token = desk.send([*good, put(desk, "torn.jpg", b"\xff\xd8\xff\xe0 torn")])["token"]
    assert desk.send([put(desk, "more.png"), put(desk, "text.png", b"hello")], token)["files"] == 6
    form = {**FORM, "source": {"kind": "upload", "name": token}}
    seen = desk.look(form)
    assert (seen["count"], seen["skipped_count"]) == (4, 2) and {s["name"] for s in seen["skipped"]} == {
        "torn.jpg",
        "text.png",
    }
    assert all(s["reason"] and s["code"] for s in seen["skipped"]) and not seen["square"]
    assert desk.look({**form, "fit": "pad"})["sheet"] != seen["sheet"]
    assert desk.plan(form)["name"] == "my-pictures-dcgan"


def test_a_zip_is_taken_as_it_is(desk):
    path = desk.inbox / "set.zip"
    with zipfile.ZipFile(path, "w") as pack:
        for i in range(2):
            pack.write(put(desk, f"{i}.png"), f"{i}.png")
        pack.writestr("../evil.png", b"x")
    token = desk.send([str(path)])["token"]
    seen = desk.look({**FORM, "source": {"kind": "upload", "name": token}})
    assert seen["count"] == 2 and seen["skipped_count"] == 1
    refused("upload.mixed", desk.send, [put(desk, "x.png")], token)
    refused("upload.mixed", desk.send, [put(desk, "y.png"), str(path)])


def test_only_files_of_the_inbox_are_taken(desk, tmp_path):
    outside = tmp_path / "secret.png"
    outside.write_bytes(b"secret")
    link = desk.inbox / "link.png"
    link.symlink_to(outside)
    for path in (str(outside), str(link), f"{desk.inbox}/../secret.png", str(desk.inbox), "", "/etc/passwd"):
        refused("upload.lost", desk.send, [path])
    assert not (desk.runs / uploads.FOLDER).exists()


def test_uploads_are_bounded_in_number_and_size(desk, monkeypatch):
    files = [put(desk, f"{i}.png") for i in range(3)]
    monkeypatch.setattr(uploads, "MAX_FILES", 2)
    refused("upload.many", desk.send, files)
    token = desk.send(files[:2])["token"]
    refused("upload.many", desk.send, files[2:], token)
    monkeypatch.setattr(uploads, "MAX_FILES", 9)
    monkeypatch.setattr(uploads, "MAX_BYTES", uploads.find(desk.runs, token).size)
    refused("upload.large", desk.send, files[2:], token)
    monkeypatch.setattr(uploads, "MAX_STORE", uploads.MAX_BYTES)
    refused("upload.full", desk.send, files[2:])
    assert uploads.find(desk.runs, token).files == 2


def test_the_same_name_twice_keeps_both_pictures(desk):
    token = desk.send([put(desk, "1.png")])["token"]
    assert desk.send([put(desk, "1.png", b"another")], token)["files"] == 2


def test_a_folder_keeps_its_sub_folders_as_classes(desk):
    names = [f"pets/{kind}/{i}.png" for kind in ("cats", "dogs") for i in range(3)]
    token = desk.send([put(desk, f"{i}.png", bytes([i])) for i in range(6)], None, names)["token"]
    folder = uploads.find(desk.runs, token).path
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png")) == names
    assert uploads.find(desk.runs, token).files == 6 and uploads.find(desk.runs, token).size == 6


@pytest.mark.parametrize(
    ("name", "placed"),
    [
        ("../../evil.png", "evil.png"), ("/etc/passwd", "etc/passwd"), ("C:\\Users\\me\\a.png", "C/Users/me/a.png"), ("a\0b/\n.png", "ab/png"),
        ("..", "0.png"), ("", "0.png"), (".hidden/x.png", "hidden/x.png"), ("a/" * 50 + "x.png", "a/a/a/a/a/x.png"),
    ],
)  # fmt: skip
def test_paths_from_a_browser_lead_only_downwards(desk, name, placed):
    token = desk.send([put(desk, "0.png", b"x")], None, [name])["token"]
    folder = uploads.find(desk.runs, token).path
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [placed]


def test_old_uploads_go_unless_a_run_needs_them(desk):
    tokens = [desk.send([put(desk, f"{i}.png")])["token"] for i in range(3)]
    used, old, young = (uploads.find(desk.runs, token).path for token in tokens)
    later = time.time() + uploads.MAX_AGE + 60
    os.utime(young, (later - 10, later - 10))
    assert uploads.sweep(desk.runs, {used, Path("faces")}, now=later) == [old.name]
    assert used.is_dir() and young.is_dir() and not old.exists()
    refused("upload.gone", desk.look, {**FORM, "source": {"kind": "upload", "name": tokens[1]}})


def test_titles_and_commands_hold_no_surprises_for_a_shell(desk):
    plan = desk.plan({**FORM, "name": "a; rm -rf ~ $(id)"})
    assert "'a; rm -rf ~ $(id)'" in plan["command"] and "/" not in plan["name"]
    assert train_form.source_name({"kind": "folder", "name": "/home/ann/My cats.zip"}) == "My cats"
