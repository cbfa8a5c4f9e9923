"""Morph in a real browser: scrubbing needs no request, films come out whole."""

import io
import zipfile
from pathlib import Path

import av
import pytest
from PIL import Image

CANVAS = "#panel-morph .hero canvas"
PICTURE = f"document.querySelector('{CANVAS}').toDataURL()"


@pytest.fixture
def morph(page):
    page.click("#to-morph")
    ready(page, 60)
    return page


def ready(page, count: int) -> None:
    page.wait_for_selector(f"#panel-morph [data-ready='{count}']", state="attached")


def set_range(page, selector: str, value: int) -> None:
    page.locator(selector).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", value
    )


def test_scrub_without_requests(morph):
    asked = []
    morph.on("request", lambda request: asked.append(request.url))
    pictures = set()
    for value in (0, 20, 40, 59):
        set_range(morph, "#morph-scrub", value)
        pictures.add(morph.evaluate(PICTURE))
    assert len(pictures) == 4
    assert not [url for url in asked if "component_server" in url]


def test_changing_an_end_draws_again(morph):
    before = morph.evaluate(PICTURE)
    morph.fill("#morph-seed-a", "77")
    morph.wait_for_function(
        f"before => {PICTURE} !== before && document.querySelector('#panel-morph [data-ready]')", arg=before
    )
    assert morph.locator("#morph-scrub").input_value() == "0"


def test_play_moves(morph):
    morph.click("#panel-morph [data-act=play]")
    morph.wait_for_function(f"Number(document.querySelector('{CANVAS}').dataset.frame) > 3")
    morph.click("#panel-morph [data-act=play]")
    at = morph.locator(CANVAS).get_attribute("data-frame")
    morph.wait_for_timeout(200)
    assert morph.locator(CANVAS).get_attribute("data-frame") == at


@pytest.mark.parametrize("kind", ["gif", "mp4", "webp"])
def test_save_a_film(morph, kind):
    set_range(morph, "#morph-count", 5)
    ready(morph, 5)
    morph.select_option("#morph-size", "256")
    morph.click(f"[data-kind={kind}]")
    with morph.expect_download() as caught:
        morph.click("#panel-morph [data-act=save]")
    data = Path(caught.value.path()).read_bytes()
    assert caught.value.suggested_filename.endswith(f".{kind}")
    if kind == "mp4":
        with av.open(io.BytesIO(data)) as film:
            frames = list(film.decode(video=0))
        assert len(frames) == 8 and (frames[0].width, frames[0].height) == (256, 256)
    else:
        picture = Image.open(io.BytesIO(data))
        assert picture.n_frames == 8 and picture.size == (256, 256)


def test_use_the_picture_of_explore_and_open_one_from_between(page):
    page.locator("#explore-d0").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    explored = "document.querySelector('#panel-explore canvas').dataset.point"
    page.wait_for_function(f"JSON.parse({explored}).moves?.[0][1] === 1")
    page.click("#to-morph")
    ready(page, 60)
    page.click("[data-end=b] [data-do=current]")
    ready(page, 60)
    set_range(page, "#morph-scrub", 30)
    page.click("#panel-morph [data-act=open]")
    page.wait_for_function(f"JSON.parse({explored}).blend?.b.moves[0][1] === 1")


def test_grid_opens_and_saves(page):
    page.click("#to-grid")
    page.wait_for_selector("#panel-grid [data-ready]", state="attached")
    assert page.locator("#panel-grid .cell").count() == 30
    page.locator("#panel-grid .cell").nth(7).click()
    page.click(".menu button:has-text('Open in Explore')")
    page.wait_for_function("JSON.parse(document.querySelector('#panel-explore canvas').dataset.point).seed === 7")
    assert page.locator("#panel-explore .hero").is_visible()
    page.click("#to-grid")
    page.locator("#panel-grid .cell").nth(9).click()
    page.click(".menu button:has-text('(B)')")
    ready(page, 60)
    assert page.locator("#morph-seed-b").input_value() == "9"
    page.click("#to-grid")
    with page.expect_download() as sheet:
        page.click("[data-act=save-sheet]")
    with Image.open(sheet.value.path()) as picture:
        assert picture.width > picture.height
    with page.expect_download() as archive:
        page.click("[data-act=save-zip]")
    with zipfile.ZipFile(archive.value.path()) as files:
        assert len(files.namelist()) == 30 and files.testzip() is None


def test_grid_pages_sizes_and_classes(page):
    page.click("#to-grid")
    page.wait_for_selector("#panel-grid [data-ready]", state="attached")
    page.click("#panel-grid [data-act=next]")
    page.wait_for_selector("#panel-grid .cell[title='Picture of seed 30']")
    set_range(page, "#grid-columns", 3)
    set_range(page, "#grid-rows", 2)
    page.wait_for_function("document.querySelectorAll('#panel-grid .cell').length === 6")
    page.click("#panel-grid .model-button")
    page.click(".model-card:has-text('Classes')")
    page.click("#panel-grid .chip:has-text('A row for each')")
    page.wait_for_selector("#panel-grid .cell[title='Bag, seed 32']")
    assert page.locator("#panel-grid .cell").count() == 9
