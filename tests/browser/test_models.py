"""Models in a real browser: cards, opening, deleting one's own, model cards that cannot do harm."""

import os
import time

import pytest
from playwright.sync_api import Page, expect

from gan_core.config import TrainConfig
from gan_core.training.run import Run
from tests.tiny_models import save_tiny_model

HOSTILE = '# A model\n\n**bold** <img src=x onerror="window.harm=1"><script>window.harm=1</script> [go](javascript:window.harm=1) [home](https://example.org)'


@pytest.fixture
def own(folders) -> Run:
    """A finished training of one's own, whose model card tries to do harm."""
    run = Run(folders[1] / "doomed")
    run.save_config(TrainConfig(out=str(run.path), name="Doomed"))
    os.utime(run.path / "config.json", (time.time() - 90, time.time() - 90))
    save_tiny_model(run.model_folder, title="Doomed")
    (run.model_folder / "README.md").write_text(HOSTILE, encoding="utf-8")
    return run


def card(page: Page, model: str):
    return page.locator(f"[data-model='{model}']")


def painted(page: Page, model: str) -> None:
    page.wait_for_function(
        "model => JSON.parse(document.querySelector('#panel-explore canvas').dataset.point || '{}').model === model && studio.current() === 'explore'",
        arg=model,
    )


def test_cards_open_and_own_models_go(visit, own):
    page = visit("?tab=models")
    bundled = card(page, "b-classes")
    expect(bundled).to_contain_text("Classes")
    expect(bundled).to_contain_text("16 px")
    expect(bundled.locator("[title=Delete]")).to_have_count(0)
    bundled.get_by_role("button", name="Open in Explore").last.click()
    painted(page, "b-classes")

    page.locator("#to-models").click()
    mine = card(page, "runs/doomed")
    for kind, name in (("folder", "doomed.zip"), ("onnx", "doomed.onnx")):
        mine.locator("[title='Export…']").click()
        page.locator(f".export-dialog [value={kind}]").check()
        with page.expect_download() as download:
            page.locator(".export-dialog [data-do=export]").click()
        assert download.value.suggested_filename == name
        expect(page.locator(".export-dialog")).to_be_hidden()

    mine.locator("[title='Model card']").click()
    text = page.locator(".readme-text")
    expect(text).to_contain_text("<script>window.harm=1</script>")
    expect(text.locator("strong")).to_have_text("bold")
    assert text.locator("a").evaluate_all("links => links.map(link => link.href)") == ["https://example.org/"]
    assert text.locator("img, script").count() == 0 and page.evaluate("window.harm") is None
    page.keyboard.press("Escape")

    mine.locator("[title=Delete]").click()
    expect(mine).to_contain_text("Delete this model and its training?")
    mine.get_by_role("button", name="Keep").click()
    assert own.path.is_dir()
    mine.locator("[title=Delete]").click()
    mine.get_by_role("button", name="Delete", exact=True).click()
    expect(mine).to_have_count(0)
    assert not own.path.exists()


def test_the_tab_fits_a_phone(visit):
    page = visit("?tab=models", viewport={"width": 390, "height": 844}, color_scheme="dark")
    expect(card(page, "a-plain")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
