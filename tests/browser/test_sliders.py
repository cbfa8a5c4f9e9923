"""The sliders of Explore: pictures at their ends, values per layers, names and order, sliders of one's own."""

import pytest

from benchmarks.live import running_app
from tests.browser.test_explore import PICTURE, painted_point, settled
from tests.tiny_models import save_tiny_model

ROW = ".directions .slider-row"
MENU = ".directions [data-act=options]"
ENDS = f"""[...document.querySelectorAll('{ROW} .end canvas')].filter(canvas => canvas.offsetParent).map(canvas => canvas.toDataURL())"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A weights folder of this module's own, because arranging sliders writes into it."""
    weights = tmp_path_factory.mktemp("weights")
    save_tiny_model(weights / "a-plain", title="Plain")
    save_tiny_model(weights / "c-order", title="To be put in order")
    save_tiny_model(weights / "b-style", title="Layers", family="stylegan2", options={"w_dim": 8, "width": 4})
    return weights, tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def app(folders, tmp_path_factory):
    with running_app(
        *folders, {"OMP_NUM_THREADS": "1", "GRADIO_TEMP_DIR": str(tmp_path_factory.mktemp("uploads"))}
    ) as (_, url):
        yield url


@pytest.fixture
def ready(visit):
    """ready(model) opens a model and waits until the pictures at the ends have come."""

    def open_model(model: str = "a-plain", **context):
        page = visit(f'?point={{"model":"{model}","seed":3}}', **context)
        page.wait_for_selector("#panel-explore .hero.awake")
        wait_for_ends(page)
        return page

    return open_model


def wait_for_ends(page) -> None:
    """Every slider in sight shows where it leads from the committed point: nothing blank, nothing under way for a while."""
    page.wait_for_selector(f"{ROW}:not(.ghost)")
    page.evaluate(f"""async () => {{
        const now = () => {ENDS}.join();
        for (let calm = 0, before = ""; calm < 12; calm = now() === before ? calm + 1 : 0) {{
            before = now();
            await new Promise(wake => setTimeout(wake, 50));
        }}
    }}""")


def ends(page) -> list[str]:
    return page.evaluate(ENDS)


def names(page) -> list[str]:
    return page.eval_on_selector_all(f"{ROW} label", "labels => labels.map(label => label.title)")


def press(page, name: str, key: str, times: int = 1) -> None:
    page.locator(f"#explore-{name}").focus()
    for _ in range(times):
        page.keyboard.press(key)


def arrange(page) -> None:
    page.click(MENU)
    page.click(".menu button:has-text('Rename')")
    page.wait_for_selector(".directions .arrange li")


def done(page) -> None:
    page.click(".directions .arrange .button.main")
    page.wait_for_selector(".directions .arrange", state="hidden")


def test_the_ends_follow_what_is_committed_and_not_a_drag(ready):
    page = ready()
    first = ends(page)
    assert len(first) == 12 and len(set(first)) == 12
    slider = page.locator("#explore-d1").bounding_box()
    y = slider["y"] + slider["height"] / 2
    page.mouse.move(slider["x"] + slider["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(slider["x"] + slider["width"] * 0.8, y, steps=20)
    page.wait_for_timeout(800)
    assert page.evaluate("studio.store.moving") and ends(page) == first
    page.mouse.up()
    page.wait_for_function(
        f"before => {{ const now = {ENDS}; return now[0] !== before[0] && now[1] !== before[1]; }}", arg=first
    )
    wait_for_ends(page)
    second = ends(page)
    assert second[2:4] == first[2:4]  # where the slider itself leads does not depend on where it stands
    assert all(a != b for a, b in zip(second[4:], first[4:], strict=True))
    page.keyboard.press("r")
    page.wait_for_function(
        f"before => {{ const now = {ENDS}; return now.every((end, i) => end !== before[i]); }}", arg=second
    )


def test_an_end_shows_the_picture_it_leads_to(ready):
    page = ready(reduced_motion="reduce")
    shown = "canvas => { const small = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d'); small.imageSmoothingQuality = 'high'; small.drawImage(canvas, 0, 0, 8, 8); return [...small.getImageData(0, 0, 8, 8).data]; }"
    end = page.locator(f"{ROW} .end").nth(5)
    small = end.locator("canvas").evaluate(shown)
    end.click()
    settled(page, "point.moves.length === 1 && point.moves[0][0] === 'd2' && point.moves[0][1] === 3")
    large = page.locator("#panel-explore .hero canvas").evaluate(shown)
    assert sum(abs(a - b) for a, b in zip(small, large, strict=True)) / len(small) < 6


def test_going_to_an_end_is_smooth_and_one_step(ready):
    page = ready()
    page.evaluate("""() => { studio.seen = new Set();
        studio.store.subscribe(point => studio.seen.add(point.moves?.[0]?.[1])); }""")
    page.locator(f"{ROW} .end").first.click()
    settled(page, "point.moves[0]?.[1] === -3")
    assert page.evaluate("studio.seen.size") > 3
    page.click("#panel-explore [data-act=undo]")
    settled(page, "point.moves.length === 0 && point.seed === 3")


def test_more_sliders_have_ends_too(ready):
    page = ready()
    page.click(".directions .more")
    wait_for_ends(page)
    seen = page.evaluate(f"[...document.querySelectorAll('{ROW}')].filter(row => row.seen).length")
    page.locator(ROW).last.scroll_into_view_if_needed()
    wait_for_ends(page)
    assert page.locator(f"{ROW}:visible").count() == 8 and seen >= 6
    assert len(set(ends(page))) == 16


def test_other_ways_of_finding_them(ready):
    page = ready()
    page.click(".directions [data-act=method]")
    page.click(".methods button:has-text('PCA')")
    page.wait_for_selector("#explore-pca0")
    wait_for_ends(page)
    press(page, "pca0", "ArrowRight", 10)
    settled(page, "point.moves[0]?.[0] === 'pca0' && point.moves[0][1] === 0.5")
    page.click(".directions [data-act=method]")
    page.click(".methods button:has-text('Strongest')")
    page.wait_for_selector("#explore-d0")
    assert page.locator("#explore-pca0").input_value() == "0.5"  # what was moved stays in reach
    assert "Direction 1 · PCA" in names(page)


def test_layers_have_values_of_their_own(ready):
    page = ready("b-style")
    press(page, "d0", "ArrowRight", 10)
    settled(page, "point.moves.length === 1")
    before = ends(page)
    page.click(".directions .range button:has-text('Fine')")
    wait_for_ends(page)
    assert page.locator("#explore-d0").input_value() == "0" and ends(page) != before
    press(page, "d0", "ArrowLeft", 20)
    settled(page, "point.moves[1]?.[1] === -1")
    whole, fine = painted_point(page)["moves"]
    assert whole == ["d0", 0.5] and fine[:2] == ["d0", -1] and 0 < fine[2] < fine[3]
    assert page.locator(".directions .range .used").all_inner_texts() == ["All layers", "Fine"]
    page.keyboard.press("Control+z")
    page.click(".directions .range button:has-text('All')")
    assert page.locator("#explore-d0").input_value() == "0.5"


def test_a_model_without_layers_does_not_offer_them(ready):
    page = ready()
    assert page.locator(".directions .range").is_hidden()


def test_names_order_and_what_is_hidden_survive_a_reload(ready):
    page = ready("c-order")
    arrange(page)
    page.keyboard.press("ArrowDown")  # the first handle has the focus
    rows = page.locator(".directions .arrange li")
    rows.nth(0).locator("input").fill("Dreamy <b>")
    rows.nth(3).locator(".eye").click()
    handle, target = (rows.nth(i).locator(".handle").bounding_box() for i in (4, 2))
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + 8, target["y"] + 8, steps=8)
    page.mouse.up()
    done(page)
    page.wait_for_function("document.querySelector('.directions label').title === 'Dreamy <b>'")
    want = ["Dreamy <b>", "Direction 1", "Direction 5", "Direction 3", "Direction 6", "Direction 7", "Direction 8"]
    assert names(page) == want
    page.reload()
    page.wait_for_selector(f"{ROW}:not(.ghost)")
    assert names(page) == want
    arrange(page)
    page.locator(".directions .arrange li").nth(0).locator("input").fill("")
    page.locator(".directions .arrange li.away .eye").click()
    done(page)
    page.wait_for_function("document.querySelectorAll('.directions label').length === 8")
    assert sorted(names(page)) == [f"Direction {i}" for i in range(1, 9)]


def test_a_change_becomes_a_slider_travels_as_a_file_and_goes(ready, tmp_path):
    page = ready("b-style")
    page.click(MENU)
    page.click(".menu button:has-text('Save this change')")
    page.wait_for_selector(".toast:has-text('Move a slider first')")
    for name in ("d0", "d2"):
        press(page, name, "ArrowRight", 20)
    settled(page, "point.moves[1]?.[1] === 1")
    page.click(MENU)
    page.click(".menu button:has-text('Save this change')")
    form = page.locator(".directions form")
    form.locator("input").fill("Both at once")
    form.locator("button:has-text('Coarse')").click()
    form.locator(".chip").first.click()
    form.locator("button:has-text('Save slider')").click()
    page.wait_for_selector(f"{ROW} label:has-text('Both at once')")
    assert form.is_hidden()
    label = page.locator(f"{ROW} label:has-text('Both at once')")
    assert label.locator("small").inner_text() == "Coarse"
    name = label.evaluate("label => label.htmlFor").removeprefix("explore-")
    press(page, name, "ArrowRight", 4)
    settled(page, f"point.moves.some(move => move[0] === '{name}' && move[1] === 0.2)")

    page.click(MENU)
    with page.expect_download() as caught:
        page.click(".menu button:has-text('Save all')")
    file = tmp_path / caught.value.suggested_filename
    caught.value.save_as(file)

    arrange(page)
    page.locator(".directions .arrange .bin").click()
    page.wait_for_selector(".toast:has-text('deleted')")
    settled(page, f"!point.moves.some(move => move[0] === '{name}')")
    assert "Both at once" not in names(page)
    page.set_input_files(".directions .bring", file)
    page.wait_for_selector(f"{ROW} label:has-text('Both at once')")
    page.set_input_files(".directions .bring", {"name": "x.safetensors", "mimeType": "", "buffer": b"nonsense"})
    page.wait_for_selector(".toast.bad")


def test_keyboard_alone(ready):
    page = ready(reduced_motion="reduce")
    press(page, "d0", "Tab")
    page.keyboard.press("Enter")  # the picture at the right end
    settled(page, "point.moves[0]?.[1] === 3")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")  # back with the value
    settled(page, "point.moves.length === 0")
    page.locator(MENU).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".directions .arrange li")
    page.keyboard.press("End")
    assert page.locator(".directions .arrange [aria-live]").inner_text() == "Direction 1: place 8 of 8"
    page.keyboard.press("Home")
    done(page)


def test_a_hostile_name_in_a_link_is_only_text(visit):
    page = visit('?point={"model":"a-plain","seed":1,"moves":[["<img src=x onerror=studio.hacked=1>",1]]}')
    page.wait_for_selector("#panel-explore .hero.awake")
    page.wait_for_selector(f"{ROW}:not(.ghost)")
    assert page.evaluate("studio.hacked") is None and page.evaluate(PICTURE)
