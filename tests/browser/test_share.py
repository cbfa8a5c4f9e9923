"""Ready to share, in a real browser: pairs side by side, questions, the card; and what the form lets one expect."""

import json
import time

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from gan_core.config import TrainConfig
from gan_core.training.run import Run
from tests.tiny_models import save_tiny_model


def finished_run(root, pictures) -> Run:
    """A finished training on 40 pictures, with an untrained model."""
    pictures.mkdir()
    for number in range(40):
        noise = np.random.RandomState(number).randint(0, 255, (16, 16, 3), np.uint8)
        Image.fromarray(noise).save(pictures / f"{number:02d}.png")
    run = Run(root / "to-share")
    run.path.mkdir(parents=True)
    config = TrainConfig(data=str(pictures), out=str(run.path), resolution=16, name="To share")
    (run.path / "config.json").write_text(json.dumps(config.to_dict()))
    run.append(
        {"type": "end", "time": time.time() + 1, "state": "done", "message": "", "code": "train.done", "facts": {}}
    )
    save_tiny_model(run.model_folder, title="To share")
    return run


def test_a_model_is_looked_at_before_it_is_shared(visit, folders, tmp_path):
    run = finished_run(folders[1], tmp_path / "pictures")
    page = visit("?tab=train")
    expect(page.locator("[data-part=expected]")).to_contain_text(
        "In that time this machine gets through about", timeout=120_000
    )
    page.locator(".train-runs .run", has_text="To share").get_by_role("button", name="View").click()
    page.locator("[data-do=share]").click()
    concerns = page.locator(".share [data-part=concerns]")
    expect(concerns).to_contain_text("It has not been looked for copies yet.")
    page.locator(".share [data-do=check]").click()
    expect(page.locator(".share-pairs figure")).to_have_count(8, timeout=120_000)
    expect(page.locator(".share [data-part=found]")).to_contain_text("No sign of copying")
    page.locator(".share [name=people][value=unasked]").check()
    page.locator(".share [name=licence][value=own]").check()
    page.locator(".share [name=licence_words]").fill("<b>Ask me</b> first")
    page.locator(".share [data-do=write]").click()
    expect(concerns).to_contain_text("Do not publish it: the people in the pictures were not asked.")
    card = (run.model_folder / "README.md").read_text(encoding="utf-8")
    assert "<b>Ask me</b> first" in card and "who were not asked" in card and "no sign of copying" in card
    page.locator("[data-do=new]").click()
    expect(page.locator(".share")).to_be_hidden()
    run.delete()
