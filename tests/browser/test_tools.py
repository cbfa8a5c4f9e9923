"""Make children, Mix styles and Compare in a real browser, with mouse, keyboard and on a phone."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.live import running_app
from gan_core.checkpoint import load_model
from gan_core.export import read_point
from gan_core.latent.point import LatentPoint
from gan_core.training.moments import Moments
from tests.browser.test_explore import painted_point, settled
from tests.tiny_models import CLASSES, make_weights, save_tiny_model

STYLE = {"family": "stylegan2", "options": {"width": 4, "w_dim": 8, "num_layers": 1}}
BESIDE = "JSON.parse(document.querySelector('.second canvas').dataset.point)"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """An app with a style-based model, a second conditional one (its classes in another order) and a run with moments."""
    root = tmp_path_factory.mktemp("tools")
    weights, runs = make_weights(root / "weights"), root / "runs"
    save_tiny_model(weights / "d-style", title="Style", **STYLE)
    save_tiny_model(weights / "e-mixed", num_classes=3, labels=CLASSES[::-1], title="Mixed up")
    save_tiny_model(runs / "mine" / "model", title="Mine", training={"images": 6400})
    model = load_model(runs / "mine" / "model")
    for images in (64, 640, 3200):
        for tensor in model.parameters():
            tensor.mul_(0.8)
        Moments(runs / "mine" / "moments").keep(model, images)
    with running_app(weights, runs, {"OMP_NUM_THREADS": "1"}) as (_, url):
        yield url


def at(visit, point: dict, tool: str, **context):
    """Open the app at a point with one of the tools chosen."""
    page = visit(f"?point={json.dumps(point)}", **context)
    page.wait_for_selector("#panel-explore .hero.awake")
    page.evaluate(f"studio.tools.choose('{tool}')")
    return page


def drag(page, selector: str, value: float) -> None:
    """Put a slider somewhere, as a hand that lets go of it does."""
    page.eval_on_selector(
        selector,
        "(input, value) => { input.value = value; for (const kind of ['input', 'change']) input.dispatchEvent(new Event(kind)); }",
        value,
    )


def colours(page, selector: str) -> np.ndarray:
    """Mean colour of a canvas, RGB 0–255."""
    return np.array(
        page.eval_on_selector(
            selector,
            """canvas => { const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height), sum = [0, 0, 0];
            for (let i = 0; i < data.length; i++) if (i % 4 < 3) sum[i % 4] += data[i]; return sum.map(s => s / (data.length / 4)); }""",
        )
    )


# ---- children


def ready(page) -> None:
    """Wait until the board shows the children of the point that the visitor is at."""
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-ready]')].some(box => box.querySelector('.brood') && box.dataset.ready === studio.points.key(studio.store.point))"
    )


def test_a_chosen_child_becomes_the_picture_and_has_children_of_its_own(visit):
    page = at(visit, {"seed": 7, "model": "a-plain", "truncation": 0.8, "moves": [["d1", 0.5]]}, "children")
    ready(page)
    cells = page.locator(".brood button")
    assert cells.count() == 9
    pictures = [colours(page, f".brood button:nth-child({i}) canvas") for i in range(1, 10)]
    assert np.abs(pictures[4] - colours(page, "#panel-explore .hero canvas")).max() < 3  # the parent, in the middle
    assert len({tuple(p.round(2)) for p in pictures}) == 9
    cells.nth(1).click()
    settled(page, "point.blend?.a.seed === 7")
    point = painted_point(page)
    assert point["truncation"] == 0.8 and point["moves"] == [["d1", 0.5]] and point["blend"]["t"] == 0.35
    ready(page)
    assert np.abs(colours(page, ".brood button:nth-child(5) canvas") - pictures[1]).max() < 3
    assert page.locator(".ancestors button").count() == 2
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 7")
    ready(page)
    assert page.locator(".ancestors [aria-current]").get_attribute("aria-label") == "Generation 1: go back to it"


def test_many_generations_by_keyboard(visit):
    page = at(visit, {"seed": 3, "model": "b-classes", "label": 1}, "children", reduced_motion="reduce")
    ready(page)
    page.locator(".brood button").nth(4).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("[...document.querySelectorAll('.brood button')].indexOf(document.activeElement)") == 0
    for _ in range(7):
        before = page.evaluate("studio.points.key(studio.store.point)")
        page.keyboard.press("Enter")
        page.wait_for_function("before => studio.points.key(studio.store.point) !== before", arg=before)
        ready(page)
    point = painted_point(page)
    assert point["label"] == 1 and LatentPoint.from_json(point)
    assert page.evaluate("studio.store.point.blend.a.vector") or page.evaluate("studio.store.point.blend.a.blend")
    assert page.locator(".ancestors button").count() == 8
    page.locator(".ancestors button").first.click()
    settled(page, "point.seed === 3 && point.label === 1")
    assert page.locator(".ancestors button").count() == 8


def test_how_different_more_and_other_kinds(visit):
    page = at(visit, {"seed": 3, "model": "b-classes", "label": 1}, "children")
    ready(page)
    strange = lambda: np.mean(  # noqa: E731
        [
            np.abs(
                colours(page, f".brood button:nth-child({i}) canvas")
                - colours(page, ".brood button:nth-child(5) canvas")
            ).mean()
            for i in (1, 2, 3, 4, 6, 7, 8, 9)
        ]
    )
    drag(page, "#children-amount", 0.05)
    ready(page)
    little = strange()
    drag(page, "#children-amount", 1)
    ready(page)
    assert strange() > 2 * little
    first = colours(page, ".brood button:nth-child(1) canvas")
    drawn = "document.querySelector('.brood button:nth-child(1) canvas').toDataURL()"
    before = page.evaluate(drawn)
    page.click("text=More of these")
    page.wait_for_function(f"before => {drawn} !== before", arg=before)
    ready(page)
    assert np.abs(colours(page, ".brood button:nth-child(1) canvas") - first).max() > 0.5
    page.click(".children [data-act=others]")
    ready(page)
    page.locator(".brood button").nth(0).click()
    settled(page, "point.blend?.a.label === 1 && point.label === undefined && point.blend.b.label === undefined")


def test_children_stay_with_the_tab(visit):
    page = at(visit, {"seed": 9, "model": "c-pixels"}, "children")
    ready(page)
    page.locator(".brood button").nth(8).click()
    ready(page)
    page.wait_for_timeout(300)
    page.reload()
    page.wait_for_selector("#panel-explore .hero.awake")
    ready(page)
    assert page.locator(".ancestors button").count() == 2


# ---- mix styles


def test_layers_of_another_picture(visit):
    page = at(visit, {"seed": 5, "model": "d-style", "truncation": 0.9}, "mix")
    page.wait_for_selector("#mix-fine")
    page.fill("#mix-seed", "77")
    drag(page, "#mix-fine", 1)
    settled(page, "point.styles?.length === 1 && point.styles[0].point.seed === 77 && point.styles[0].amount === 1")
    point = painted_point(page)
    groups = page.evaluate("[...document.querySelectorAll('.groups .slider-row')].map(row => [row.first, row.stop])")
    assert groups[0][0] == 0 and groups[-1][1] == 6 and point["seed"] == 5
    assert [point["styles"][0]["first"], point["styles"][0]["stop"]] == groups[-1]
    for name in ("coarse", "middle"):
        drag(page, f"#mix-{name}", 1)
    settled(page, "point.styles?.length === 1 && point.styles[0].first === 0 && point.styles[0].stop === 6")
    whole = colours(page, "#panel-explore .hero canvas")
    page.click(".mix .more")
    drag(page, "#mix-0", 0.25)
    settled(page, "point.styles?.length === 2 && point.styles[0].amount === 0.25 && point.styles[0].stop === 1")
    page.keyboard.press("Control+z")
    settled(page, "point.styles?.length === 1")
    assert page.locator("#mix-0").input_value() == "1"
    page.evaluate("studio.store.set({ seed: 77, model: 'd-style', truncation: 0.9 })")
    settled(page, "point.seed === 77 && !point.styles")
    assert (
        np.abs(colours(page, "#panel-explore .hero canvas") - whole).max() < 1
    )  # all of the other picture is that picture


def test_the_other_picture_changes_and_the_amounts_stay(visit):
    page = at(visit, {"seed": 5, "model": "d-style"}, "mix")
    page.wait_for_selector("#mix-coarse")
    drag(page, "#mix-coarse", 0.5)
    settled(page, "point.styles?.length === 1")
    before = painted_point(page)["styles"][0]["point"]["seed"]
    page.click(".mix [data-act=dice]")
    settled(
        page, f"point.styles?.length === 1 && point.styles[0].point.seed !== {before} && point.styles[0].amount === 0.5"
    )
    page.click(".mix [data-act=take]")
    settled(page, "point.styles?.length === 1 && point.styles[0].point.styles?.length === 1")
    drag(page, "#mix-coarse", 0)
    settled(page, "point.seed === 5 && !point.styles")


def test_models_of_one_layer_blend_as_a_whole_and_say_so(visit):
    page = at(visit, {"seed": 5, "model": "a-plain", "truncation": 0.7}, "mix")
    page.wait_for_selector("#mix-all")
    assert "no separate layers" in page.locator(".one-layer").inner_text()
    page.fill("#mix-seed", "8")
    drag(page, "#mix-all", 0.4)
    settled(page, "point.blend?.b.seed === 8 && point.blend.t === 0.4 && point.truncation === 0.7")
    drag(page, "#mix-all", 1)
    settled(page, "point.blend?.t === 1")
    whole = colours(page, "#panel-explore .hero canvas")
    drag(page, "#mix-all", 0)
    settled(page, "point.seed === 5 && point.truncation === 0.7 && !point.blend")
    page.evaluate("studio.store.set({ seed: 8, model: 'a-plain', truncation: 0.7 })")
    settled(page, "point.seed === 8")
    assert np.abs(colours(page, "#panel-explore .hero canvas") - whole).max() < 1


def test_a_blend_begins_and_ends_at_its_pictures_whatever_was_done_to_them(visit):
    start = {"seed": 5, "model": "a-plain", "truncation": 0.5, "moves": [["d0", 2]]}
    page = at(visit, start, "mix")
    page.wait_for_selector("#mix-all")
    page.fill("#mix-seed", "8")
    before = colours(page, "#panel-explore .hero canvas")
    drag(page, "#mix-all", 0.01)
    settled(page, "point.blend?.t === 0.01 && point.blend.a.truncation === 0.5")
    assert np.abs(colours(page, "#panel-explore .hero canvas") - before).max() < 4
    drag(page, "#mix-all", 0)
    settled(page, "point.seed === 5 && point.truncation === 0.5 && point.moves.length === 1")


def test_a_table_of_rows_and_columns(visit):
    page = at(visit, {"seed": 5, "model": "d-style"}, "mix")
    page.click("[data-view=table]")
    page.wait_for_selector(".mix[data-ready], [data-ready] .mix")
    assert page.locator(".mix .cells button").count() == 25
    edge, cell = page.locator(".mix .cells .edge"), page.locator(".mix .cells button:not(.edge):not(.corner)")
    assert edge.count() == 8 and cell.count() == 16
    cell.nth(1).click()
    settled(page, "point.seed === 5 && point.styles?.length === 1 && point.styles[0].stop === 6")
    column = painted_point(page)["styles"][0]["point"]["seed"]
    edge.nth(1).click()
    page.click(".menu button:has-text('Go to')")
    settled(page, f"point.seed === {column}")
    page.click(".mix .chip:has-text('Details')")
    cell.nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    settled(page, f"point.seed !== 5 && point.styles?.[0].point.seed === {column} && point.styles[0].stop < 6")


# ---- compare


def beside(page, condition: str) -> None:
    """Wait until the second picture shows a point that meets a condition (JavaScript over `point`)."""
    page.wait_for_function(
        f"() => {{ const text = document.querySelector('.second canvas').dataset.point; if (!text) return false; const point = JSON.parse(text); return {condition}; }}"
    )


def test_the_second_picture_follows_and_stays(visit):
    page = at(visit, {"seed": 5, "model": "b-classes", "label": 0}, "compare")
    page.click(".compare [data-act=other]")
    page.click(".model-card:has-text('Mixed up')")
    beside(page, "point.seed === 5 && point.model === 'e-mixed' && point.label === 2")  # the class by its name
    first, second = (page.locator(s).bounding_box() for s in ("#panel-explore .hero", ".second .picture"))
    assert abs(first["y"] - second["y"]) < 2 and second["x"] > first["x"] + first["width"] - 1
    assert abs(first["width"] - second["width"]) < 2
    page.evaluate("studio.tools.choose('sliders')")
    page.wait_for_selector("#explore-d0")
    page.locator("#explore-d0").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    settled(page, "point.moves.length === 1")
    page.wait_for_function("document.querySelector('.second .left-out').textContent.includes('1 slider')")
    beside(page, "!point.moves")
    drag(page, "#explore-typical", 0.5)
    beside(page, "point.truncation === 0.5")
    page.click("#panel-explore .model-button")
    page.click(".model-card:has-text('Plain')")
    beside(page, "point.model === 'e-mixed' && point.label === undefined")
    page.click(".second [data-act=close]")
    page.wait_for_selector(".second", state="hidden")


def test_earlier_moments_of_a_training_follow_its_sliders(visit):
    page = at(visit, {"seed": 5, "model": "runs/mine", "moves": [["d2", 1.5]]}, "compare")
    page.wait_for_selector("[data-by=moment]")
    page.click("[data-by=moment]")
    beside(page, "point.model === 'runs/mine@640' && point.moves?.[0][0] === 'd2'")
    drag(page, "#compare-moment", 0)
    beside(page, "point.model === 'runs/mine@64'")
    assert "64" in page.locator(".second figcaption").inner_text()
    page.evaluate("studio.store.set({ model: 'runs/mine', vector: Array(8).fill(0.5) })")
    beside(page, "point.vector?.length === 8")
    page.click("#panel-explore .model-button")
    page.click(".model-card:has-text('Plain')")
    page.wait_for_selector(".no-moments")
    page.wait_for_selector(".second", state="hidden")
    page.click("#panel-explore .model-button")
    assert "@" not in page.locator(".model-board").inner_text()  # moments are no models of their own


def test_a_place_of_one_model_only_is_said_in_words(visit):
    page = at(visit, {"seed": 5, "model": "a-plain"}, "compare")
    page.click(".compare [data-act=on]")
    beside(page, "point.seed === 5")
    page.evaluate("studio.store.set({ model: 'a-plain', vector: Array(8).fill(0.5) })")
    page.wait_for_selector(".second .nothing")
    assert page.locator(".compare [data-act=save]").is_disabled()
    page.evaluate("studio.store.set({ seed: 6, model: 'a-plain' })")
    beside(page, "point.seed === 6")
    page.wait_for_selector(".second .nothing", state="hidden")


def test_both_are_saved_as_one_picture(visit):
    page = at(visit, {"seed": 5, "model": "a-plain"}, "compare")
    page.click(".compare [data-act=on]")
    beside(page, "point.seed === 5")
    with page.expect_download() as caught:
        page.click(".compare [data-act=save]")
    data = Path(caught.value.path()).read_bytes()
    assert Image.open(io.BytesIO(data)).size == (1040, 512)
    point, model = read_point(data)
    assert point.seed == 5 and model == "a-plain"


def test_a_drag_ends_with_both_pictures_at_its_last_position(visit):
    page = at(visit, {"seed": 5, "model": "a-plain"}, "compare")
    page.click(".compare [data-act=on]")
    beside(page, "point.seed === 5")
    page.evaluate("""async () => { for (let i = 1; i <= 120; i++) {
        studio.store.set({ ...studio.store.point, truncation: i / 100 }, { commit: i === 120 });
        await new Promise(requestAnimationFrame); } }""")
    settled(page, "point.truncation === 1.2")
    beside(page, "point.truncation === 1.2")


# ---- on a phone


@pytest.mark.parametrize("tool", ["children", "mix", "compare"])
def test_tools_fit_a_phone_in_chinese(visit, tool):
    page = at(visit, {"seed": 5, "model": "d-style"}, tool, locale="zh-CN", **PHONE)
    if tool == "compare":
        page.evaluate("document.querySelector('.compare [data-act=on]').click()")
        beside(page, "point.seed === 5")
        first, second = (page.locator(s).bounding_box() for s in ("#panel-explore .hero", ".second .picture"))
        assert abs(first["y"] - second["y"]) < 2 and second["x"] + second["width"] <= 390
    elif tool == "children":
        ready(page)
        page.evaluate("document.querySelector('.brood button').click()")
        settled(page, "point.blend?.a.seed === 5")
    else:
        page.wait_for_selector("#mix-coarse")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        f"""[...document.querySelectorAll('.{tool} button, .{tool} input')].filter(e => e.offsetParent && !e.classList.contains('help'))
        .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height]).filter(([, height]) => height < 43.5)"""
    )
    assert small == []
