"""Train in a real browser: choose, start, watch, reload, pause, stop, open; nothing a visitor sends is trusted."""

import os
import re
import signal
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from gan_core import data
from gan_core.config import TrainConfig
from gan_core.training.run import Run, list_runs
from tests.tiny_models import save_tiny_model

STATE = ".watch-head .state"
SHEET = ".watch-sheet img"


@pytest.fixture(autouse=True)
def quiet(folders):
    """No training outlives its test: the next visitor would be shown it instead of the form."""
    yield
    for run in list_runs(folders[1]):
        if run.alive():
            os.kill(trainer(run.path), signal.SIGKILL)


@pytest.fixture
def desk(visit) -> Page:
    """A visitor at the form of the Train tab."""
    page = visit("?tab=train")
    page.wait_for_selector(".sees img")
    return page


def start(page: Page, name: str, minutes: str = "5", **advanced: str) -> None:
    """Fill in the form for a small, quick training and press Start."""
    page.locator(".picture-card:has([value=pixel-faces])").click()
    page.locator("[name=own_minutes]").fill(minutes)
    page.locator(".step-advanced summary").click()
    for field, value in {"batch": "8", **advanced}.items():
        page.locator(f"[name={field}]").fill(value)
    page.locator("[name=name]").fill(name)
    page.locator("[data-do=start]").click()


def trainer(folder: Path) -> int:
    """The process id of the trainer at work on a run folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if os.fsencode(folder) in words and any(word.endswith(b"train_local.py") for word in words):
                return int(entry.name)
    raise AssertionError("there is no trainer")


@pytest.mark.timeout(600)  # three processes of PyTorch start on the way, perhaps beside other work
def test_a_training_from_start_to_explore(desk, visit, folders):
    page, run = desk, folders[1] / "browser-run"
    start(page, "Browser run")
    expect(page.locator(STATE)).to_have_text("Training")
    expect(page.locator(".watch-head h2")).to_have_text("Browser run")
    expect(page.locator(SHEET)).to_be_visible()
    assert page.evaluate(f"document.querySelector('{SHEET}').naturalWidth") == 6 * 16
    expect(page.locator(".curve canvas").first).to_be_visible()
    page.wait_for_function("Number(document.querySelector('[data-part=scrub]').max) >= 2")
    curve = "document.querySelector('.curve canvas').toDataURL()"
    drawn = page.evaluate(curve)
    page.wait_for_function(f"{curve} !== {drawn!r}")
    assert page.evaluate("studio.current()") == "train"

    page.reload()  # the view is back by itself
    expect(page.locator(STATE)).to_have_text("Training")
    expect(page.locator(SHEET)).to_be_visible()

    other = visit("?tab=train")  # so it is for somebody else, whose own training would wait
    expect(other.locator(".watch-head h2")).to_have_text("Browser run")
    other.locator("[data-do=new]").click()
    expect(other.locator("[data-part=busy]")).to_contain_text("“Browser run” is training just now")
    expect(other.locator("[data-do=start]")).to_have_text("Start when it ends")

    page.locator("[data-do=pause]").click()
    expect(page.locator(STATE)).to_have_text("Paused")
    page.locator("[data-do=resume]").click()
    expect(page.locator(STATE)).to_have_text("Training")

    expect(page.locator(".reading[data-code]")).to_have_text(re.compile(r"\w{3}"))  # which one, the pace decides
    page.locator("[data-do=more-time]").click()  # five minutes become fifteen
    page.wait_for_function("parseInt(document.querySelector('[data-part=left]').textContent) >= 8")

    os.kill(trainer(run), signal.SIGKILL)
    expect(page.locator(STATE)).to_have_text("Interrupted")
    expect(page.locator("[data-part=says]")).to_contain_text("Resume goes on from the last checkpoint")
    page.locator("[data-do=resume]").click()
    expect(page.locator(STATE)).to_have_text("Training")

    page.locator(".watch-buttons [data-do=stop]").click()
    page.get_by_role("button", name="Stop and keep").click()
    expect(page.locator(STATE)).to_have_text("Stopped")
    page.locator(".train-watch [data-do=open]").click()
    page.wait_for_function("""() => {
        const point = document.querySelector('#panel-explore canvas').dataset.point;
        return studio.current() === 'explore' && point && JSON.parse(point).model === 'runs/browser-run';
    }""")

    page.locator("#to-train").click()  # in the list of earlier trainings it can be deleted, after asking
    page.locator("[data-do=new]").click()
    row = page.locator(".run", has_text="Browser run")
    row.locator("[title=Delete]").click()
    expect(row).to_contain_text("Delete this training and its model?")
    row.get_by_role("button", name="Delete", exact=True).last.click()
    expect(row).to_have_count(0)
    assert not run.exists()


def test_a_zip_with_bad_files_is_looked_at_before_training(desk, tmp_path):
    pack = tmp_path / "pets.zip"
    with zipfile.ZipFile(pack, "w") as archive:
        for i in range(5):
            Image.radial_gradient("L").resize((30 + i, 20)).save(tmp_path / f"{i}.png")
            archive.write(tmp_path / f"{i}.png", f"{i}.png")
        archive.writestr("torn.jpg", b"\xff\xd8\xff\xe0 torn")
    desk.set_input_files("[data-part=files]", str(pack))
    found = desk.locator(".sees [data-part=found]")
    expect(found).to_contain_text("5 pictures")
    expect(found).to_contain_text("1 file could not be used")
    expect(found).to_contain_text("torn.jpg")
    cropped = desk.locator(".sees img").get_attribute("src")
    desk.locator(".segment", has_text="Add borders").click()
    expect(desk.locator(".sees img")).not_to_have_attribute("src", cropped)

    desk.set_input_files("[data-part=files]", [str(tmp_path / "0.png"), str(pack)])
    expect(desk.locator(".step-pictures .field-error")).to_contain_text(
        "either one zip file or the pictures themselves"
    )


def test_a_folder_is_checked_and_pictures_are_left_out_by_click(desk, tmp_path):
    faces = data.load("faces", limit=24).images.permute(0, 2, 3, 1).numpy()
    for i, face in enumerate(faces):
        folder = tmp_path / "pets" / ("cats" if i % 2 else "dogs")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(face).save(folder / f"{i}.png")
    Image.fromarray(faces[3]).save(tmp_path / "pets/cats/again.png")
    desk.set_input_files("[data-part=tree]", str(tmp_path / "pets"))
    contact, found = desk.locator("[data-part=contact]"), desk.locator(".sees [data-part=found]")
    expect(contact.locator(".marked li")).to_contain_text("nearly the same as pets/cats/3.png")
    expect(found).to_contain_text("Classes: cats, dogs.")
    expect(found).to_contain_text("25 pictures")
    contact.get_by_role("button", name="Leave out all marked").click()
    contact.locator(".square").first.click()
    expect(contact.locator(".square").first).to_have_attribute("aria-pressed", "true")
    expect(found).to_contain_text("2 pictures are left out")
    expect(found).to_contain_text("23 pictures, shown")
    desk.locator("[data-part=mirror] .segment", has_text="Yes").click()
    expect(desk.locator(".go [data-part=command]")).to_contain_text("--flip")
    command = desk.locator(".go [data-part=command]").text_content()
    left_out = Path(command.split("--exclude ")[1].split()[0])
    assert left_out.read_text().split() == ["pets/cats/1.png", "pets/cats/again.png"]
    contact.get_by_role("button", name="Use them all again").click()
    expect(found).to_contain_text("1 picture is left out")


def test_what_is_wrong_stands_next_to_its_field_and_nothing_starts(desk, folders):
    start(desk, "Never", seed="-1")
    error = desk.locator("[data-field=seed] .field-error")
    expect(error).to_have_text("Use a number from 0 to 4,294,967,295.")
    desk.locator("[name=seed]").fill("lots")
    expect(error).to_have_text("“lots” is not a whole number.")
    assert not (folders[1] / "never").exists()


def test_the_command_of_the_form_is_shown(desk):
    desk.locator(".picture-card:has([value=digits])").click()
    desk.locator(".family-card:has([value=vae])").click()
    desk.locator(".go summary").click()
    expect(desk.locator("[data-part=command]")).to_contain_text("--data digits --family vae")
    expect(desk.locator("[data-part=command]")).to_contain_text("python train_local.py")


def test_auto_says_what_it_will_train_and_why(desk):
    said = desk.locator(".train-setup [data-part=choice]")
    expect(desk.locator("[name=family][value=auto]")).to_be_checked()
    expect(said).to_contain_text("Will train")
    desk.locator(".step-advanced summary").click()
    width = desk.locator("[name=width]")
    desk.locator("[name=own_minutes]").fill("0.2")
    expect(said).to_contain_text("a GAN (16 channels), because in 0.2 min")
    expect(width).to_have_attribute("placeholder", "16")
    desk.locator("[name=own_minutes]").fill("9000")
    expect(said).to_contain_text("a style-based GAN")
    expect(said).to_contain_text("because 9,000 min")
    width.fill("48")
    expect(said).to_contain_text("(48 channels)")
    desk.locator(".family-card:has([value=vae])").click()
    expect(said).to_contain_text("Will train a VAE")
    expect(desk.locator("[data-group=contest]")).to_be_hidden()
    width.fill("wide")
    expect(desk.locator("[data-field=width] .field-error")).to_have_text("“wide” is not a whole number.")
    expect(said).to_be_hidden()


def test_a_training_that_starts_from_a_model_says_what_came_over(desk, folders):
    desk.locator(".picture-card:has([value=digits])").click()
    desk.locator("[name=start_from]").select_option("a-plain")
    expect(desk.locator(".train-setup [data-part=choice]")).to_contain_text("because “Plain” is one")
    expect(desk.locator(".sees [data-part=found]")).to_contain_text("16 × 16 px, in colour")
    desk.locator(".family-card:has([value=vae])").click()  # no model of that kind is here
    expect(desk.locator(".start-from")).to_be_hidden()
    desk.locator(".family-card:has([value=auto])").click()
    desk.locator("[name=start_from]").select_option("a-plain")
    desk.locator("[name=own_minutes]").fill("0.05")
    desk.locator("[name=name]").fill("Tuned")
    desk.locator("[data-do=start]").click()
    why = desk.locator("[data-part=why]")
    expect(why).to_contain_text("Training a GAN, because “Plain” is one")
    expect(why).to_contain_text("All weights came from “Plain”.")
    expect(desk.locator(STATE)).to_have_text("Finished")
    assert (folders[1] / "tuned" / "choice.json").is_file()


def test_the_tab_fits_a_phone_in_chinese(visit):
    page = visit("?tab=train", viewport={"width": 390, "height": 844}, locale="zh-CN")
    page.wait_for_selector(".sees img")
    expect(page.locator(".train-setup [data-part=choice]")).to_contain_text("将训练 GAN")
    page.locator(".step-advanced summary").click()
    expect(page.locator("[data-do=start]")).to_have_text("开始训练")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_finished_training_shows_its_best_model_its_film_and_branches(visit, folders):
    run = Run(folders[1] / "best-run")
    run.save_config(TrainConfig(data="pixel-faces", out=str(run.path), name="Best run"))
    run.samples_folder.mkdir()
    figures = {"noise": 0.2, "diversity": 0.9, "n": 64, "extractor": "pixels-16"}
    for step in range(3):
        Image.new("RGB", (96, 64), (step * 80, 90, 200)).save(run.samples_folder / f"{step:08d}.webp")
        facts = {"step": step, "images": 40 * step, "elapsed": step, "columns": 6, "rows": 4}
        run.append({"type": "sample", "time": 1.0, **facts})
    run.append({"type": "end", "time": 1e12, "state": "done", "message": "Finished."})
    for name, images in (("model", 80), ("best", 40)):
        save_tiny_model(run.path / name, title="Best run", training={"images": images})
    best, last = {**figures, "kid": 2.0, "images": 40}, {**figures, "kid": 5.0, "images": 80}
    run.save_best({**best, "compared": {"best": best, "last": last, "difference": 3.0, "noise": 0.3, "better": True}})

    page = visit("?tab=train")
    page.locator(".run", has_text="Best run").get_by_role("button", name="View").click()
    box = page.locator(".watch-best")
    expect(box).to_contain_text("KID 2 ± 0.2")
    expect(box).to_contain_text("better than the last, beyond chance")
    expect(page.locator(".reading")).to_contain_text("Just begun")
    page.locator(".watch-film summary").click()
    page.locator("[data-kind=gif]:visible").click()
    with page.expect_download() as download:
        page.locator(".watch-film [data-act=save]").click()
    assert download.value.suggested_filename == "best-run-training.gif"
    page.locator("[data-do=branch]").click()
    expect(page.locator("[name=start_from]")).to_have_value("runs/best-run@best")
    expect(page.locator(".train-setup [data-part=choice]")).to_contain_text("because “Best run ★” is one")
    run.delete()
