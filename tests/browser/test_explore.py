"""Explore in a real browser: the picture follows, nothing is lost, everything can be undone."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from gan_core.export import read_point
from gan_core.latent.point import LatentPoint

CANVAS = "#panel-explore canvas"
PICTURE = f"document.querySelector('{CANVAS}').toDataURL()"
POINT = f"JSON.parse(document.querySelector('{CANVAS}').dataset.point)"


def settled(page, condition: str) -> None:
    """Wait until the painted point meets a condition (JavaScript over `point`)."""
    page.wait_for_function(f"() => {{ const point = {{ moves: [], ...{POINT} }}; return {condition}; }}")


def painted_point(page) -> dict:
    return page.evaluate(POINT)


def test_the_first_picture_comes_without_a_click(page):
    point = painted_point(page)
    assert point["model"] == "a-plain" and isinstance(point["seed"], int)
    colours = page.evaluate(
        f"(() => {{ const c = document.querySelector('{CANVAS}'); return new Set(c.getContext('2d').getImageData(0, 0, c.width, c.height).data).size; }})()"
    )
    assert colours > 20
    assert page.locator(".journey-return").is_hidden()  # the way back into a journey is for those who came from one


def test_the_picture_follows_a_dragged_slider_to_its_last_position(page):
    page.evaluate("studio.painted = 0")
    before = page.evaluate(PICTURE)
    slider = page.locator("#explore-d0")
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for i in range(40):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.4 * i / 39), y)
        page.wait_for_timeout(8)
    during = page.evaluate("studio.painted")
    page.mouse.up()
    value = float(slider.input_value())
    assert value > 1.5 and during > 2
    settled(page, f"point.moves[0]?.[0] === 'd0' && point.moves[0][1] === {value}")
    assert page.evaluate(PICTURE) != before


def test_reset_one_and_all(page):
    start = page.evaluate(PICTURE)
    for name in ("d0", "d2"):
        page.locator(f"#explore-{name}").focus()
        for _ in range(20):
            page.keyboard.press("ArrowRight")
    settled(page, "point.moves.length === 2 && point.moves.every(move => move[1] === 1)")
    page.locator("#explore-d0").dblclick(position={"x": 3, "y": 20})
    settled(page, "point.moves.length === 1 && point.moves[0][0] === 'd2'")
    page.click("[data-act=reset-all]")
    settled(page, "point.moves.length === 0")
    assert page.evaluate(PICTURE) == start


def test_surprise_undo_redo(page):
    first = painted_point(page)
    page.click("#panel-explore [data-act=surprise]")
    settled(page, f"point.seed !== {first['seed']}")
    second = painted_point(page)
    page.keyboard.press("r")
    settled(page, f"point.seed !== {second['seed']}")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    settled(page, f"point.seed === {first['seed']}")
    assert page.locator("#panel-explore [data-act=undo]").is_disabled()
    page.keyboard.press("Control+Shift+Z")
    settled(page, f"point.seed === {second['seed']}")
    page.click("#panel-explore [data-act=redo]")
    settled(page, f"point.seed !== {second['seed']}")


def test_seed_by_number_and_arrows_and_nonsense(page):
    seed = page.locator("#explore-seed")
    seed.fill("41")
    settled(page, "point.seed === 41")
    page.click("#panel-explore [data-act=next]")
    settled(page, "point.seed === 42")
    seed.fill("99999999999")
    seed.blur()
    page.wait_for_selector(".toast.bad")
    assert seed.input_value() == "42"


def test_class_picker_and_model_picker(page):
    page.click("#panel-explore .model-button")
    page.click(".model-card:has-text('Classes')")
    settled(page, "point.model === 'b-classes'")
    page.click("#panel-explore .chip:has-text('Trousers')")
    settled(page, "point.label === 1")
    page.click("#panel-explore .chip:has-text('Any')")
    settled(page, "point.label === undefined")


def test_pixel_art_stays_crisp(page):
    page.click("#panel-explore .model-button")
    page.click(".model-card:has-text('Pixels')")
    settled(page, "point.model === 'c-pixels'")
    colours = page.evaluate(
        f"""(() => {{ const c = document.querySelector('{CANVAS}'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]); return seen.size; }})()"""
    )
    assert colours <= 256


def test_saved_picture_carries_its_point(page):
    page.locator("#explore-d1").focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    settled(page, "point.moves.length === 1")
    page.click("#panel-explore [data-act=save]")
    with page.expect_download() as caught:
        page.click(".menu button:has-text('512')")
    data = Path(caught.value.path()).read_bytes()
    assert Image.open(io.BytesIO(data)).size == (512, 512)
    point, model = read_point(data)
    assert point == LatentPoint.from_json(painted_point(page)) and model == "a-plain"
    assert caught.value.suggested_filename.endswith(".png")


def test_reload_and_link_keep_the_point(page, visit, app):
    page.locator("#explore-d3").focus()
    page.keyboard.press("ArrowRight")
    page.click("#panel-explore [data-act=surprise]")
    settled(page, "point.moves.length === 1")
    page.wait_for_timeout(300)
    here, picture = painted_point(page), page.evaluate(PICTURE)
    page.reload()
    page.wait_for_selector("#panel-explore .hero.awake")
    assert painted_point(page) == here and page.evaluate(PICTURE) == picture
    friend = visit(page.url.removeprefix(app))
    friend.wait_for_selector("#panel-explore .hero.awake")
    assert painted_point(friend) == here


@pytest.mark.parametrize(
    "point",
    [
        "nonsense",
        json.dumps({"model": "a-plain", "seed": -4}),
        json.dumps({"model": "a-plain", "moves": [["x", 1]]}),
        "[1]",
    ],
)
def test_a_broken_link_still_shows_a_picture(visit, point):
    page = visit("?point=" + point.replace('"', "%22"))
    page.wait_for_selector("#panel-explore .hero.awake")
    assert painted_point(page)["model"] == "a-plain"


def test_more_sliders(page):
    assert page.locator(".slider-row:visible").count() == 6
    page.click(".directions .more")
    assert page.locator(".slider-row:visible").count() == 8
