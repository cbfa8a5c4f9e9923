"""Train in a real browser on a data set of the Hub, and with other settings in mid-run."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from gan_core.training.run import Run
from gan_core.training.settings import chosen, now


def picture(seed: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.random.RandomState(seed).randint(0, 256, (16, 16, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.timeout(400)  # a process of PyTorch starts on the way, perhaps beside other work
def test_a_data_set_on_the_hub_is_trained_on_with_settings_that_change(visit, hub, folders):
    pets = {f"{'cat' if i % 2 else 'dog'}/{i}.png": picture(i) for i in range(24)}
    hub.add("datasets/ann/pets", pets, card={"license": "cc-by-4.0"})
    page, run = visit("?tab=train"), Run(folders[1] / "from-the-hub")
    page.wait_for_selector(".sees img")
    page.locator("[data-do=hub]").click()
    page.locator("[data-part=hub-name]").fill("ann/nothing")
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=source] > .field-error")).to_contain_text("no public data set ann/nothing")
    page.locator("[data-part=hub-name]").fill("ann/pets")
    page.locator("[data-do=hub-bring]").click()
    expect(page.locator(".contact .squares button, .contact .marked li")).not_to_have_count(0)
    expect(page.locator(".train-setup .found")).to_contain_text("Licence: cc-by-4.0")

    page.locator(".step-advanced summary").click()
    page.locator("[name=batch]").fill("8")
    page.locator("[name=name]").fill("From the Hub")
    page.locator("[data-do=start]").click()
    expect(page.locator(".watch-head .state")).to_have_text("Training")
    page.locator(".watch-settings > summary").click()
    field = page.locator(".watch-settings [name=lr]")
    field.fill("7")
    page.locator(".watch-settings [type=submit]").click()
    expect(page.locator(".watch-settings .field-error:visible")).to_contain_text("Use a number from")
    field.fill("0.0004")
    page.locator(".watch-settings [type=submit]").click()
    expect(page.locator(".watch-settings .changes li")).to_contain_text("Learning rate 0.0004")
    expect(page.locator(".watch-settings .changes li")).to_contain_text("From step")
    assert now(run).lr == 0.0004 and run.config.data.startswith("hub:ann/pets@")
    page.locator(".watch-settings button", has_text="Back to what was chosen").click()
    expect(page.locator(".watch-settings .changes li")).to_have_count(2)
    assert now(run).lr == chosen(run).lr
    page.locator(".watch-buttons [data-do=stop]").click()
    page.locator(".ask button", has_text="Stop and keep").click()
    expect(page.locator(".watch-head .state")).to_have_text("Stopped")
    assert '"cc-by-4.0"' in (run.model_folder / "config.json").read_text()
