"""The Hub in a real browser: looked for, loaded, logged in to and published to, all on the loopback; strangers' words stay text."""

import io
import json
import os
import time
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Page, expect

from gan_core.config import TrainConfig
from gan_core.training.run import Run
from tests.tiny_models import save_tiny_model

HOSTILE = "<img src=x onerror=window.harm=1>"


def painted(page: Page, model: str) -> None:
    page.wait_for_function(
        "model => JSON.parse(document.querySelector('#panel-explore canvas').dataset.point || '{}').model === model && studio.current() === 'explore'",
        arg=model,
    )


def add(hub, folder, repo: str, **facts) -> str:
    save_tiny_model(folder, title="From afar")
    card = {"license": "other", "license_name": HOSTILE}
    known = {"tags": ["latent-studio"], "library_name": "latent-studio", "downloads": 1234, "cardData": card, **facts}
    return hub.add(repo, {path.name: path.read_bytes() for path in folder.iterdir()}, facts=known)


def test_a_model_is_found_loaded_and_made_newer(visit, hub, tmp_path):
    commit = add(hub, tmp_path / "one", "ann/afar")
    hub.add("bob/pickles", {"G.pkl": b"x", "preview.webp": webp()}, facts={"tags": ["latent-studio"]})
    page = visit("?tab=models", viewport={"width": 390, "height": 844})
    page.locator("[data-view=hub]").click()
    found = page.locator("[data-repo='ann/afar']")
    expect(found).to_contain_text("Opens at once")
    expect(found).to_contain_text("1,234 downloads")
    expect(found).to_contain_text(HOSTILE[:40])
    assert found.locator("img").get_attribute("src").startswith("data:image/webp;base64,")
    expect(page.locator("[data-repo='bob/pickles']")).to_contain_text("May need a choice")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found.get_by_role("button", name="Load").click()
    expect(page.locator("[data-pulled='hub/ann/afar']")).to_contain_text(commit[:7])
    found.get_by_role("button", name="Open in Explore").click()
    painted(page, "hub/ann/afar")

    newer = add(hub, tmp_path / "two", "ann/afar")
    page.goto(page.url.split("?")[0] + "?tab=models")
    page.locator("[data-view=hub]").click()
    row = page.locator("[data-pulled='hub/ann/afar']")
    row.get_by_role("button", name="Load it").click()
    expect(row).to_contain_text(newer[:7])

    page.locator("#hub-source").fill("ann/nothing")
    page.locator("[data-do=pull]").click()
    expect(page.locator("[data-part=hub-error]")).to_contain_text("There is no public model ann/nothing on the Hub")
    assert page.evaluate("window.harm") is None


def test_a_link_to_a_model_that_is_not_here_offers_to_load_it(visit, hub, tmp_path):
    add(hub, tmp_path / "model", "eve/linked")
    page = visit("?point=" + quote(json.dumps({"seed": 7, "model": "hub/eve/linked", "truncation": 0.5})))
    page.get_by_role("button", name="Load it from the Hub").click()
    painted(page, "hub/eve/linked")
    point = json.loads(page.locator("#panel-explore .hero canvas").get_attribute("data-point"))
    assert (point["seed"], point["truncation"]) == (7, 0.5)


def test_a_model_is_published_after_it_was_shown(visit, hub, folders):
    hub.tokens.add("hf_ann")
    run = Run(folders[1] / "mine")
    run.save_config(TrainConfig(out=str(run.path), name="Mine"))
    os.utime(run.path / "config.json", (time.time() - 90, time.time() - 90))
    save_tiny_model(run.model_folder, title=HOSTILE, notes=HOSTILE)
    page = visit("?tab=models")
    page.locator("[data-view=hub]").click()
    page.locator("[data-do=login]").click()
    page.locator("#hub-token").fill("hf_ann")
    page.locator("#hub-token").press("Enter")
    expect(page.locator("[data-part=who]")).to_have_text("Logged in as ann.")
    expect(page.locator("#hub-token")).to_have_value("")

    page.locator("[data-view=here]").click()
    page.locator("[data-model='runs/mine'] [title=Publish]").click()
    dialog = page.locator("dialog.publish")
    dialog.locator("[name=repo]").fill("mine")
    dialog.locator("[name=licence]").select_option("mit")
    dialog.locator("[data-do=look]").click()
    expect(dialog.locator(".publish-files li")).to_have_count(5)
    expect(dialog).to_contain_text("It has not been looked for copies yet.")
    expect(dialog.locator(".publish-card img")).to_have_count(1)
    send = dialog.locator("[data-do=send]")
    expect(send).to_be_disabled()
    assert hub.commits == []
    dialog.locator("[data-part=aware]").check()
    send.click()
    expect(dialog.locator("[data-part=done]")).to_contain_text(f"{hub.endpoint}/ann/mine")
    assert hub.repos["ann/mine"].private and len(hub.commits) == 1
    assert page.evaluate("window.harm") is None
    page.keyboard.press("Escape")

    page.locator("[data-view=hub]").click()
    page.locator("[data-do=logout]").click()
    page.locator(".ask").get_by_role("button", name="Log out").click()
    expect(page.locator("[data-part=who]")).to_contain_text("Not logged in")


def webp() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (90, 60, 30)).save(file, "webp")
    return file.getvalue()
