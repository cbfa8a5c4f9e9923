"""Two browsers on one Space: neither sees the other's training, imported model or favourites, and each is told of the other in words."""

import pytest
from playwright.sync_api import expect

from benchmarks.live import running_app
from gan_core.config import TrainConfig
from gan_core.training.run import Run
from gan_core.ui import limits
from tests.tiny_models import save_tiny_model

ANN, BOB = "ann-ann-ann", "bob-bob-bob"
RUN, IMPORTED = "cats-0123456789abcdef", "faces-0123456789abcdef"


@pytest.fixture
def space(folders, tmp_path):
    """The address of a Space on which Ann trains just now and has brought a model."""
    run = Run(tmp_path / "runs" / RUN)
    run.save_config(TrainConfig(data="pixel-faces", name="Cats of Ann", out=str(run.path)))
    save_tiny_model(run.model_folder, title="Cats of Ann")
    imported = tmp_path / "runs-imported" / IMPORTED  # where live.start_app keeps them
    save_tiny_model(imported / "model", title="Faces of Ann")
    for folder in (run.path, imported):
        limits.sign(folder, ANN)
    env = {"SPACE_ID": "owner/studio", "HF_HOME": str(tmp_path / "hub"), "GRADIO_TEMP_DIR": str(tmp_path / "gradio")}
    with run.lock().acquire(), running_app(folders[0], tmp_path / "runs", env) as (_, url):
        yield url


def opened(browser, url: str, word: str):
    context = browser.new_context(locale="en-US")
    context.add_init_script(f"localStorage.setItem('studio.visitor', '{word}')")
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("#panel-explore .hero.awake")
    return page


def test_neither_sees_what_is_the_others(browser, space):
    ann, bob = (opened(browser, space, word) for word in (ANN, BOB))
    titles = "studio.store.models.map(model => model.title)"
    assert {"Cats of Ann", "Faces of Ann"} < set(ann.evaluate(titles))
    assert not any("Ann" in title for title in bob.evaluate(titles))

    ann.keyboard.press("f")
    kept = "studio.memory.all('favourites').then(all => all.length)"
    ann.wait_for_function(f"async () => (await {kept}) === 1")
    assert bob.evaluate(kept) == 0

    ann.locator("#to-train").click()
    expect(ann.locator(".watch-head h2")).to_have_text("Cats of Ann")
    bob.locator("#to-train").click()
    expect(bob.locator("[data-part=busy]")).to_contain_text("Another visitor's training goes on")
    expect(bob.locator("[data-do=watch-it]")).to_be_hidden()
    expect(bob.locator("[data-do=start]")).to_have_text("Start when it ends")
    assert "Ann" not in bob.inner_text("body")

    bob.goto(f"{space}?point=%7B%22seed%22%3A1%2C%22model%22%3A%22runs%2F{RUN}%22%7D")  # not even with Ann's link
    expect(bob.locator("#toasts")).to_contain_text("runs/")
    for page in (ann, bob):
        page.context.close()
