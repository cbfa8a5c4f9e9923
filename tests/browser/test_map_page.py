"""The map in a real browser: pointing shows, a click goes there, two regions make a slider; by mouse, keyboard and finger."""

import json

import pytest

from benchmarks.live import running_app
from tests.browser.test_explore import painted_point, settled
from tests.tiny_models import make_weights, save_tiny_model

pytestmark = pytest.mark.timeout(900)  # a map takes seconds to draw, many where the machine is shared
LONG = 400_000  # milliseconds

CANVAS = ".map-board canvas"
VIEW = f"document.querySelector('{CANVAS}').view"
POINT = "JSON.stringify(studio.store.point)"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """An app whose models these tests may change, one of them a VAE."""
    root = tmp_path_factory.mktemp("map")
    weights = make_weights(root / "weights")
    sizes = {"width": 8, "e_width": 8}
    save_tiny_model(
        weights / "d-vae", family="vae", options=sizes, title="Both ways", data="Handwritten digits (MNIST)"
    )
    with running_app(weights, root / "runs", {"OMP_NUM_THREADS": "1"}) as (_, url):
        yield url


def at_map(visit, model="a-plain", **context):
    """A visitor whose map of a model is there, at seed 20."""
    page = visit("?point=" + json.dumps({"seed": 20, "model": model}), **context)
    page.wait_for_selector("#panel-explore .hero.awake")
    page.evaluate("studio.tools.choose('map')")
    page.wait_for_selector(f"{CANVAS}[data-ready='{model} samples']", timeout=LONG)
    page.eval_on_selector(CANVAS, "canvas => canvas.scrollIntoView({ block: 'center' })")
    return page


def spot(page, number: int) -> tuple[float, float]:
    """Where on the page the picture of a seed lies."""
    x, y = page.evaluate(f"{VIEW}.spot({number})")
    box = page.locator(CANVAS).bounding_box()
    return box["x"] + x, box["y"] + y


def lonely(page) -> tuple[float, float]:
    """A place on the page that lies between pictures and on none of them."""
    x, y = page.evaluate(
        f"""(() => {{ const canvas = document.querySelector('{CANVAS}'), spots = Array.from({{ length: 480 }}, (_, i) => canvas.view.spot(i));
        let best = [0, 0, 0];
        for (let x = 40; x < canvas.clientWidth - 40; x += 8) for (let y = 40; y < canvas.clientHeight - 40; y += 8) {{
            const near = Math.min(...spots.map(([a, b]) => Math.hypot(a - x, b - y)));
            if (near > best[2]) best = [x, y, near];
        }}
        return best; }})()"""
    )[:2]
    box = page.locator(CANVAS).bounding_box()
    return box["x"] + x, box["y"] + y


def camera(page) -> list[float]:
    """[x, y, zoom], once the map stands still."""
    page.evaluate("window.lastCamera = null")
    page.wait_for_timeout(150)
    page.wait_for_function(
        f"() => {{ const now = document.querySelector('{CANVAS}').dataset.camera, same = now === window.lastCamera; window.lastCamera = now; return same; }}",
        polling=250,
    )
    return json.loads(page.get_attribute(CANVAS, "data-camera"))


def steps(page) -> bool:
    return page.evaluate("studio.store.canUndo")


def test_pointing_shows_without_leaving_a_trace(visit):
    page = at_map(visit)
    page.mouse.move(*spot(page, 33))
    settled(page, "point.seed === 33")
    page.mouse.move(*spot(page, 140))
    settled(page, "point.seed === 140")
    page.mouse.move(5, 5)
    settled(page, "point.seed === 20")
    assert page.evaluate("studio.store.point.seed") == 20 and not steps(page)


def test_a_click_on_a_picture_goes_exactly_there_and_can_be_undone(visit):
    page = at_map(visit)
    page.mouse.click(*spot(page, 77))
    page.mouse.move(5, 5)
    settled(page, "point.seed === 77")
    assert painted_point(page) == {"seed": 77, "model": "a-plain"}
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 20")
    page.keyboard.press("Control+Shift+Z")
    settled(page, "point.seed === 77")


def test_between_pictures_lies_a_mix_of_the_nearest(visit):
    page = at_map(visit)
    x, y = lonely(page)
    page.mouse.move(x, y)
    settled(page, "point.mix?.points.length >= 3")
    page.mouse.click(x, y)
    page.mouse.move(5, 5)
    point = painted_point(page)
    assert 3 <= len(point["mix"]["points"]) <= 4 and abs(sum(point["mix"]["weights"]) - 1) < 1e-6
    assert all(weight > 0 for weight in point["mix"]["weights"])
    mark = json.loads(page.get_attribute(CANVAS, "data-mark"))
    box = page.locator(CANVAS).bounding_box()
    there = page.evaluate(f"({VIEW}).mark && true") and mark
    assert there and 0 <= mark[0] <= 1 and abs((x - box["x"]) / box["width"] - mark[0]) < 0.1
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 20")


def test_nothing_jumps_on_the_way(visit):
    """The weight of a picture changes little by little along a line, also where the set of nearest ones changes."""
    page = at_map(visit)
    for _ in range(3):
        page.click(".map-body [data-act=in]")
    camera(page)
    box = page.locator(CANVAS).bounding_box()
    seen, y = [], box["y"] + box["height"] * 0.45
    for i in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.4 * i / 59), y)
        point = page.evaluate("studio.store.point")
        mix = point.get("mix") or {"points": [point], "weights": [1]}
        seen.append({part["seed"]: weight for part, weight in zip(mix["points"], mix["weights"], strict=True)})
    blends = [(a, b) for a, b in zip(seen, seen[1:], strict=False) if len(a) > 1 and len(b) > 1]
    assert len(blends) > 10
    assert max(abs(a.get(seed, 0) - b.get(seed, 0)) for a, b in blends for seed in a | b) < 0.45


def test_the_wheel_zooms_where_the_pointer_is_and_dragging_moves(visit):
    page = at_map(visit)
    x, y = spot(page, 10)
    page.mouse.move(x, y)
    for _ in range(4):
        page.mouse.wheel(0, -200)
    zoomed = camera(page)
    assert zoomed[2] > 2
    now = spot(page, 10)
    assert abs(now[0] - x) < 25 and abs(now[1] - y) < 25
    box = page.locator(CANVAS).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 170, steps=8)
    page.mouse.up()
    moved = camera(page)
    assert abs(moved[2] - zoomed[2]) < 0.1 * zoomed[2] and moved[:2] != zoomed[:2]
    page.mouse.move(5, 5)
    settled(page, "point.seed === 20")
    assert not steps(page)  # a drag is no click
    page.click(".map-body [data-act=fit]")
    page.wait_for_function(f"() => JSON.parse(document.querySelector('{CANVAS}').dataset.camera)[2] === 1")
    page.click(".map-body [data-act=in]")
    page.wait_for_function(f"() => JSON.parse(document.querySelector('{CANVAS}').dataset.camera)[2] > 1.5")


def test_the_keyboard_reaches_everything(visit):
    page = at_map(visit)
    page.focus(CANVAS)
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(f"() => {POINT} !== JSON.stringify({{ seed: 20, model: 'a-plain' }})")
    page.keyboard.press("Escape")
    settled(page, "point.seed === 20")
    page.keyboard.press("+")
    page.wait_for_function(f"() => JSON.parse(document.querySelector('{CANVAS}').dataset.camera)[2] > 1.2")
    page.keyboard.press("0")
    page.wait_for_function(f"() => JSON.parse(document.querySelector('{CANVAS}').dataset.camera)[2] === 1")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # the crosshair goes, the place stays
    settled(page, "point.seed !== 20")
    assert steps(page)
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 20")


def lasso(page, shape) -> None:
    box = page.locator(CANVAS).bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in shape]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def regions(page) -> list[list[int]]:
    return page.evaluate(f"{VIEW}.regions.map(region => [...region])")


def test_two_regions_make_a_slider(visit):
    page = at_map(visit)
    make = page.locator(".map-body [data-act=make]")
    page.click(".map-body [data-mode='0']")
    lasso(page, [(0.02, 0.02), (0.48, 0.02), (0.48, 0.98), (0.02, 0.98)])
    page.click(".map-body [data-mode='1']")
    lasso(page, [(0.55, 0.02), (0.98, 0.02), (0.98, 0.98), (0.55, 0.98)])
    a, b = regions(page)
    assert len(a) > 40 and len(b) > 40 and not set(a) & set(b) and len(a) <= 256 and len(b) <= 256
    assert make.is_disabled()
    page.fill(".map-counts input", "leftwards")
    make.click()
    page.wait_for_selector(".toast:has-text('leftwards')")
    assert regions(page) == [[], []]
    page.evaluate("studio.tools.choose('sliders')")
    page.wait_for_selector(".tool :text('leftwards')")


def test_single_pictures_can_be_added_and_taken_out_again(visit):
    page = at_map(visit, "c-pixels")
    page.click(".map-body [data-mode='0']")
    page.mouse.click(*spot(page, 3))
    page.mouse.click(*spot(page, 90))
    assert set(regions(page)[0]) == {3, 90}
    page.mouse.click(*spot(page, 90))
    assert regions(page)[0] == [3]
    page.click(".map-body [data-mode='1']")
    page.mouse.click(*spot(page, 3))
    assert regions(page) == [[], [3]]  # nobody is in both
    assert page.evaluate("studio.store.point.seed") == 20
    page.focus(CANVAS)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert len(regions(page)[1]) == 2
    page.click(".map-body [data-clear='1']")
    assert regions(page) == [[], []]


def test_kinds_have_colours_and_can_be_shown_alone(visit):
    page = at_map(visit, "b-classes")
    chips = page.locator(".map-classes .chip")
    assert chips.all_inner_texts() == ["All", "T-shirt", "Trousers", "Bag"]
    chips.nth(2).click()
    box = page.locator(CANVAS).bounding_box()
    for share in (0.3, 0.5, 0.7):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        page.wait_for_timeout(100)
        point = page.evaluate("studio.store.point")
        parts = point["mix"]["points"] if "mix" in point else [point]
        assert {part["label"] for part in parts} == {1}
    page.mouse.click(*spot(page, 4))
    page.mouse.move(5, 5)
    settled(page, "point.seed === 4 && point.label === 1")


def test_training_pictures_of_a_vae(visit):
    page = at_map(visit, "d-vae")
    page.click(".map-body [data-kind=pictures]")
    page.wait_for_selector(f"{CANVAS}[data-ready='d-vae pictures']", timeout=LONG)
    assert page.locator(".map-classes .chip").count() == 11
    page.mouse.click(*spot(page, 12))
    page.mouse.move(5, 5)
    settled(page, "typeof point.vector === 'string'")


def test_a_place_that_is_not_on_the_map_is_marked_where_its_like_lie(visit):
    page = at_map(visit)
    page.evaluate("studio.store.set({ seed: 987654, model: 'a-plain', moves: [['d0', 1.5]] })")
    page.wait_for_function(
        f"() => {{ const at = JSON.parse(document.querySelector('{CANVAS}').dataset.mark || 'null'); return at && at[0] >= 0 && at[1] <= 1; }}"
    )
    settled(page, "point.seed === 987654")


def test_the_map_may_fill_the_window(visit):
    page = at_map(visit)
    small = page.locator(CANVAS).bounding_box()["width"]
    page.click(".map-body [data-act=enlarge]")
    page.wait_for_selector(".map-dialog[open]")
    assert page.locator(CANVAS).bounding_box()["width"] > 1.8 * small
    page.mouse.move(*spot(page, 50))
    settled(page, "point.seed === 50")
    page.mouse.click(*spot(page, 50))
    page.keyboard.press("Escape")  # the keyboard's crosshair is not there, so it closes the window
    page.wait_for_selector(".map-dialog:not([open])", state="attached")
    settled(page, "point.seed === 50")
    page.wait_for_function("document.activeElement.dataset.act === 'enlarge'")
    assert abs(page.locator(CANVAS).bounding_box()["width"] - small) < 2


def hand(page):
    """touch(kind, points): fingers on the screen."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, points=()) -> None:
        fingers = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    return touch


def test_one_finger_looks_a_tap_goes_and_two_fingers_zoom(visit):
    page = at_map(visit, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.evaluate(f"scrollBy(0, document.querySelector('{CANVAS}').getBoundingClientRect().bottom - innerHeight + 90)")
    page.wait_for_timeout(300)
    low = page.evaluate(
        f"""(() => {{ const canvas = document.querySelector('{CANVAS}'), box = canvas.getBoundingClientRect();
        return Array.from({{ length: 480 }}, (_, i) => i).filter(i => {{ const [x, y] = canvas.view.spot(i);
            return document.elementFromPoint(box.x + x, box.y + y) === canvas; }}); }})()"""
    )
    assert len(low) > 20
    touch = hand(page)
    start, end = spot(page, low[0]), spot(page, low[-1])
    touch("touchStart", [start])
    touch("touchMove", [end])
    settled(page, "point.seed !== 20")
    touch("touchEnd")
    settled(page, "point.seed === 20")
    page.touchscreen.tap(*spot(page, low[5]))
    page.wait_for_timeout(500)  # what was only looked at would have gone back by now
    settled(page, f"point.seed === {low[5]} || point.mix")
    x, y = spot(page, low[8])
    touch("touchStart", [(x - 15, y), (x + 15, y)])
    touch("touchMove", [(x - 60, y), (x + 60, y)])
    touch("touchEnd")
    assert camera(page)[2] > 1.5


def test_another_model_gets_its_own_map(visit):
    page = at_map(visit)
    page.evaluate("studio.store.set({ seed: 1, model: 'b-classes' })")
    page.wait_for_selector(f"{CANVAS}[data-ready='b-classes samples']", timeout=LONG)
    page.mouse.move(*spot(page, 9))
    settled(page, "point.seed === 9 && point.model === 'b-classes'")
