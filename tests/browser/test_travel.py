"""Travelling on the picture itself: with the hand, the wheel, the keyboard, a finger and a gamepad's stick."""

import pytest

from tests.browser.test_explore import PICTURE, painted_point, settled

CANVAS = "#panel-explore .hero canvas"
UNDO = "#panel-explore [data-act=undo]"


def place(page, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
    """Where on the page a share (x, y) of the picture is."""
    box = page.locator(CANVAS).bounding_box()
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def drag(page, to: tuple[float, float], steps: int = 40, rest: int = 120) -> None:
    """Drag from the middle to a share of the picture; rest before letting go, so that nothing glides on."""
    page.mouse.move(*place(page))
    page.mouse.down()
    page.mouse.move(*place(page, *to), steps=steps)
    page.wait_for_timeout(rest)
    page.mouse.up()
    page.wait_for_function(
        f"!studio.store.moving && document.querySelector('{CANVAS}').dataset.point === JSON.stringify(studio.store.point)"
    )


def pixels(page) -> list[int]:
    """The picture, small enough to be sent."""
    return page.evaluate(
        f"""(() => {{ const small = Object.assign(document.createElement("canvas"), {{ width: 16, height: 16 }}).getContext("2d");
        small.drawImage(document.querySelector("{CANVAS}"), 0, 0, 16, 16); return [...small.getImageData(0, 0, 16, 16).data]; }})()"""
    )


def difference(a: list[int], b: list[int]) -> float:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


def test_dragging_goes_through_neighbours_and_is_one_step_of_undo(page):
    start, first = painted_point(page), page.evaluate(PICTURE)
    page.evaluate("studio.painted = 0")
    drag(page, (0.85, 0.3))
    settled(page, "point.mix?.points.length === 4")
    assert page.evaluate("studio.painted") > 3
    point = painted_point(page)
    assert abs(sum(point["mix"]["weights"]) - 1) < 1e-3
    assert {"seed": start["seed"]} in point["mix"]["points"]
    page.click(UNDO)
    settled(page, f"point.seed === {start['seed']}")
    assert page.evaluate(PICTURE) == first and painted_point(page) == start
    assert page.locator(UNDO).is_disabled()


def test_a_small_step_is_a_small_change_and_the_way_is_continuous(page):
    page.focus(CANVAS)
    seen = [pixels(page)]
    for _ in range(16):
        before = page.evaluate(f"document.querySelector('{CANVAS}').dataset.point")
        page.keyboard.press("Shift+ArrowRight")
        page.wait_for_function(f"before => document.querySelector('{CANVAS}').dataset.point !== before", arg=before)
        seen.append(pixels(page))
    steps = [difference(a, b) for a, b in zip(seen, seen[1:], strict=False)]
    assert max(steps) < difference(seen[0], seen[-1]) / 2


def test_arrows_reach_the_neighbour_seed_and_home_comes_back_to_the_same_picture(page):
    start, first = painted_point(page), page.evaluate(PICTURE)
    page.focus(CANVAS)
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    settled(page, f"point.seed !== undefined && point.seed !== {start['seed']}")
    page.keyboard.press("ArrowLeft")
    settled(page, "point.mix !== undefined")
    page.keyboard.press("Home")
    settled(page, f"point.seed === {start['seed']}")
    assert painted_point(page) == start and page.evaluate(PICTURE) == first


def test_a_held_key_is_one_step(page):
    start = painted_point(page)
    page.focus(CANVAS)
    for _ in range(5):
        page.keyboard.down("ArrowRight")
    page.keyboard.up("ArrowRight")
    settled(page, "point.mix !== undefined")
    page.keyboard.press("Control+z")
    settled(page, f"point.seed === {start['seed']}")
    assert page.locator(UNDO).is_disabled()


def test_the_next_drag_goes_on_on_the_same_plane_also_after_undo(page):
    start = painted_point(page)
    drag(page, (0.7, 0.5))
    settled(page, "point.mix !== undefined")
    there = painted_point(page)
    drag(page, (0.3, 0.5))
    settled(page, f"point.seed === {start['seed']}")
    page.keyboard.press("Control+z")
    settled(page, "point.mix !== undefined")
    assert painted_point(page) == there
    drag(page, (0.3, 0.5))
    settled(page, f"point.seed === {start['seed']}")


def test_moves_truncation_and_class_stay(visit):
    page = visit('?point={"model":"b-classes","seed":5,"label":2,"truncation":0.8,"moves":[["d1",1.5]]}')
    page.wait_for_selector("#panel-explore .hero.awake")
    first = page.evaluate(PICTURE)
    drag(page, (0.8, 0.6))
    settled(
        page, "point.mix !== undefined && point.label === 2 && point.truncation === .8 && point.moves[0][1] === 1.5"
    )
    assert all(part["label"] == 2 for part in painted_point(page)["mix"]["points"])
    page.focus(CANVAS)
    page.keyboard.press("Home")
    settled(page, "point.seed === 5")
    assert page.evaluate(PICTURE) == first


def test_the_wheel_changes_how_typical(page):
    page.mouse.move(*place(page))
    before = page.evaluate("scrollY")
    for _ in range(4):
        page.mouse.wheel(0, 100)
    settled(page, "point.truncation === 0.8")
    assert page.evaluate("scrollY") == before
    assert page.locator("#explore-typical").input_value() == "0.8"
    page.wait_for_function("!studio.store.moving")
    page.keyboard.press("Control+z")
    settled(page, "(point.truncation ?? 1) === 1")
    assert page.locator(UNDO).is_disabled()


def test_deep_points_are_settled_before_the_journey(visit):
    """Journeys that begin where others ended must not nest until the server refuses them."""
    point = '{"seed":3}'
    for seed in range(6):
        point = f'{{"mix":{{"points":[{point},{{"seed":{seed}}}],"weights":[0.5,0.5]}}}}'
    page = visit("?point=" + point[:-1] + ',"model":"b-classes"}')
    page.wait_for_selector("#panel-explore .hero.awake")
    first = page.evaluate(PICTURE)
    drag(page, (0.75, 0.5))
    settled(page, "point.mix.points.length === 2")
    page.focus(CANVAS)
    page.keyboard.press("Home")
    page.wait_for_function(f"first => {PICTURE} === first", arg=first)


def test_dragging_along_two_sliders(page):
    page.click("#panel-explore [data-act=travel]")
    page.click(".travel-menu button:has-text('Two sliders')")
    page.select_option(".travel-menu label:has-text('Down') select", "d2")
    page.keyboard.press("Escape")
    drag(page, (0.75, 0.25))
    settled(page, "point.moves.length === 2")
    amounts = dict(painted_point(page)["moves"])
    assert amounts["d0"] == pytest.approx(1.5, abs=0.1) and amounts["d2"] == pytest.approx(1.5, abs=0.1)
    page.reload()
    page.wait_for_selector("#panel-explore .hero.awake")
    page.focus(CANVAS)
    page.keyboard.press("Home")
    settled(page, "point.moves.length === 0")


THROW = """async () => {
    const canvas = document.querySelector("#panel-explore .hero canvas"), box = canvas.getBoundingClientRect();
    const send = (kind, x) => canvas.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: box.x + x, clientY: box.y + 90, bubbles: true }));
    send("pointerdown", 100);
    for (let x = 110; x <= 180; x += 10) {
        await new Promise(requestAnimationFrame);
        send("pointermove", x);
    }
    const there = JSON.stringify(studio.store.point);
    send("pointerup", 180);
    while (studio.store.moving) await new Promise(requestAnimationFrame);
    return [there, JSON.stringify(studio.store.point)];
}"""


def test_a_throw_glides_on_unless_motion_is_reduced(visit):
    for motion in ("no-preference", "reduce"):
        page = visit(reduced_motion=motion)
        page.wait_for_selector("#panel-explore .hero.awake")
        start = painted_point(page)
        let_go, came_to_rest = page.evaluate(THROW)
        assert "mix" in let_go and (came_to_rest == let_go) == (motion == "reduce")
        page.click(UNDO)
        settled(page, f"point.seed === {start['seed']}")


def test_a_finger_drags_and_two_pinch(visit):
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.wait_for_selector("#panel-explore .hero.awake")
    start = painted_point(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", place(page))
    for step in range(1, 13):
        send("touchMove", place(page, 0.5 + step * 0.01, 0.5 - step * 0.03))
    page.wait_for_timeout(120)
    send("touchEnd")
    settled(page, "point.mix !== undefined")
    page.wait_for_function("!studio.store.moving")
    assert page.evaluate("scrollY") == 0
    page.click(UNDO)
    settled(page, f"point.seed === {start['seed']}")
    send("touchStart", place(page, 0.3), place(page, 0.7))
    for step in range(1, 9):
        send("touchMove", place(page, 0.3 + step * 0.02), place(page, 0.7 - step * 0.02))
    send("touchEnd")
    settled(page, "point.truncation < 0.9 && point.seed !== undefined")


def test_a_gamepad_travels_while_its_stick_is_tilted(page):
    start = painted_point(page)
    page.evaluate("""() => {
        studio.stick = [0.9, 0];
        navigator.getGamepads = () => [{ axes: studio.stick }];
        dispatchEvent(new Event("gamepadconnected"));
    }""")
    settled(page, "point.mix?.points.length >= 2")
    page.evaluate("studio.stick = [0.05, -0.05]")
    page.wait_for_function("!studio.store.moving")
    page.evaluate("navigator.getGamepads = () => []")
    page.click(UNDO)
    settled(page, f"point.seed === {start['seed']}")
    assert page.locator(UNDO).is_disabled()


def test_the_hint_goes_after_the_first_journey(page):
    page.wait_for_selector(".hero .hint:visible")
    drag(page, (0.6, 0.5))
    page.wait_for_selector(".hero .hint", state="hidden")
    page.reload()
    page.wait_for_selector("#panel-explore .hero.awake")
    assert page.locator(".hero .hint").is_hidden()
