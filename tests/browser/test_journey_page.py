"""Journey in a real browser: build one, play it, save it, take it back from its file, find it again after a reload."""

import io
import json
from pathlib import Path

import av
import pytest
from PIL import Image

PANEL = "#panel-journey"
CANVAS = f"{PANEL} .hero canvas"
PICTURE = f"document.querySelector('{CANVAS}').toDataURL()"
KEPT = "JSON.parse(localStorage.getItem('studio.journey'))"
SEEDS = f"{KEPT}.keyframes.map(k => k.point.seed).join()"


@pytest.fixture
def journey(page):
    page.click("#to-journey")
    return page


def add(page, *seeds, model="a-plain") -> None:
    """Add keyframes of these seeds the way Explore's picture is added."""
    for seed in seeds:
        page.evaluate("([seed, model]) => studio.store.set({ seed, model })", [seed, model])
        page.click(f"{PANEL} [data-act=add]")


def ready(page, count: int) -> None:
    page.wait_for_selector(f"{PANEL} [data-ready='{count}']", state="attached")


def seeds(page, wanted: str) -> None:
    page.wait_for_function(f"wanted => {SEEDS} === wanted", arg=wanted)


def set_range(page, selector: str, value: float) -> None:
    page.locator(selector).evaluate(
        "(input, value) => { input.value = value; for (const name of ['input', 'change']) input.dispatchEvent(new Event(name)); }", value
    )  # fmt: skip


def drop(page, name: str, data: bytes) -> None:
    page.evaluate(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name));
            for (const kind of ["dragenter", "dragover", "drop"]) {
                document.querySelector(".gradio-container").dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
            }
        }""",
        [name, list(data)],
    )


def test_an_empty_journey_offers_a_loop_around_the_current_picture(journey):
    assert "film" in journey.inner_text(f"{PANEL} .nothing")
    assert journey.locator(f"{PANEL} .transport").is_hidden()
    journey.click(f"{PANEL} [data-act=start]")
    ready(journey, 192)
    assert journey.locator(f"{PANEL} .keyframe").count() == 8
    assert journey.get_attribute(f"{PANEL} [data-act=closed]", "aria-pressed") == "true"
    assert journey.get_attribute(f"{PANEL} [data-act=play]", "title").startswith("Pause")
    before = journey.evaluate(f"JSON.stringify({KEPT}.keyframes[0].point)")
    set_range(journey, "#journey-difference", 1.2)
    journey.wait_for_function(f"before => JSON.stringify({KEPT}.keyframes[0].point) !== before", arg=before)
    journey.locator(f"{PANEL} [data-act=undo]").click()
    journey.wait_for_function(f"before => JSON.stringify({KEPT}.keyframes[0].point) === before", arg=before)


def test_scrubbing_needs_no_request_and_keyframes_are_exact(journey):
    add(journey, 3, 1, 4)
    ready(journey, 97)
    asked = []
    journey.on("request", lambda request: asked.append(request.url))
    pictures = set()
    for value in (0, 20, 48, 70, 96):
        set_range(journey, "#journey-scrub", value)
        pictures.add(journey.evaluate(PICTURE))
    assert len(pictures) == 5 and "4.0 / 4.0 s" in journey.inner_text(f"{PANEL} .transport .value")
    assert not [url for url in asked if "component_server" in url]
    set_range(journey, "#journey-scrub", 48)
    journey.click(f"{PANEL} [data-act=open]")
    journey.wait_for_function(
        'document.querySelector(\'#panel-explore canvas\').dataset.point === \'{"seed":1,"model":"a-plain"}\''
    )


def test_a_change_asks_only_for_what_it_changed(journey):
    add(journey, 1, 2, 3, 4, 5, 6)
    ready(journey, 241)
    sent = []
    journey.on(
        "request", lambda request: sent.append(request.post_data or "") if "component_server" in request.url else None
    )
    journey.click(f"{PANEL} .keyframe >> nth=5")
    journey.click(f"{PANEL} [data-act=remove]")
    ready(journey, 193)
    journey.click(f"{PANEL} [data-act=undo]")
    ready(journey, 241)
    counts = [json.loads(body)["data"]["count"] for body in sent if '"count"' in body]
    assert sum(counts) <= 49 + 48, "more than the segments next to the change"


def test_play_runs_round_and_stops(journey):
    add(journey, 1, 2)
    ready(journey, 49)
    set_range(journey, "#journey-scrub", 47)
    journey.locator(f"{PANEL} h3").first.click()
    journey.keyboard.press("Space")
    journey.wait_for_function(
        f"(() => {{ const at = Number(document.querySelector('{CANVAS}').dataset.frame); return at > 2 && at < 40; }})()"
    )
    journey.keyboard.press("Space")
    at = journey.locator(CANVAS).get_attribute("data-frame")
    journey.wait_for_timeout(200)
    assert journey.locator(CANVAS).get_attribute("data-frame") == at
    journey.click(f"{PANEL} [data-act=repeat]")
    set_range(journey, "#journey-scrub", 44)
    journey.click(f"{PANEL} [data-act=play]")
    journey.wait_for_function(f"document.querySelector('{CANVAS}').dataset.frame === '48'")
    journey.wait_for_selector(f"{PANEL} [data-act=play][title^=Play]")


def test_keyframes_move_by_mouse_keyboard_and_buttons(journey):
    add(journey, 1, 2, 3)
    ready(journey, 97)
    boxes = [journey.locator(f"{PANEL} .keyframe").nth(i).bounding_box() for i in range(3)]
    y = boxes[0]["y"] + 30
    journey.mouse.move(boxes[0]["x"] + 30, y)
    journey.mouse.down()
    journey.mouse.move(boxes[1]["x"], y, steps=4)
    journey.mouse.move(boxes[2]["x"] + 60, y, steps=4)
    journey.mouse.up()
    seeds(journey, "2,3,1")
    journey.focus(f"{PANEL} .keyframe[aria-selected=true]")
    journey.keyboard.press("Shift+ArrowLeft")
    seeds(journey, "2,1,3")
    assert journey.evaluate("document.activeElement.dataset.place") == "1"
    journey.keyboard.press("ArrowRight")
    journey.keyboard.press("Delete")
    seeds(journey, "2,1")
    journey.click(f"{PANEL} [data-act=earlier]")
    seeds(journey, "1,2")
    journey.click(f"{PANEL} [data-act=copy]")
    seeds(journey, "1,1,2")


def test_the_time_between_keyframes_is_dragged_typed_and_slid(journey):
    add(journey, 1, 2)
    ready(journey, 49)
    line = journey.locator(f"{PANEL} .way .line").bounding_box()
    journey.mouse.move(line["x"] + 20, line["y"] + 7)
    journey.mouse.down()
    journey.mouse.move(line["x"] + 80, line["y"] + 7, steps=5)
    journey.mouse.up()
    journey.wait_for_function(f"{KEPT}.keyframes[0].seconds === 3")
    journey.fill(f"{PANEL} .way input", "0,5")
    journey.keyboard.press("Enter")
    journey.wait_for_function(f"{KEPT}.keyframes[0].seconds === 0.5")
    ready(journey, 13)
    journey.click(f"{PANEL} .keyframe >> nth=0")
    set_range(journey, "#journey-seconds", 4)
    journey.wait_for_function(f"{KEPT}.keyframes[0].seconds === 4")
    journey.click(f"{PANEL} [data-easing=hold]")
    journey.click(f"{PANEL} .way .ease")
    journey.click(".menu button:has-text('Slow start')")
    journey.wait_for_function(f"{KEPT}.keyframes[0].easing === 'slow_start'")


def test_undo_belongs_to_the_journey_while_it_is_open(journey):
    add(journey, 1, 2, 3)
    point = journey.evaluate("JSON.stringify(studio.store.point)")
    journey.click(f"{PANEL} [data-act=remove]")
    journey.locator("body").press("Control+z")
    seeds(journey, "1,2,3")
    journey.keyboard.press("Control+z")
    seeds(journey, "1,2")
    journey.keyboard.press("Control+Shift+z")
    seeds(journey, "1,2,3")
    journey.keyboard.press("Control+z")
    journey.keyboard.press("Control+y")
    seeds(journey, "1,2,3")
    assert journey.evaluate("JSON.stringify(studio.store.point)") == point, "the point's own undo went along"


def test_a_keyframe_is_changed_in_explore_and_brought_back(journey):
    add(journey, 1, 2, 3)
    journey.click(f"{PANEL} .keyframe >> nth=1")
    journey.click(f"{PANEL} [data-act=edit]")
    journey.wait_for_function("JSON.parse(document.querySelector('#panel-explore canvas').dataset.point).seed === 2")
    journey.fill("#explore-seed", "22")
    journey.keyboard.press("Enter")
    journey.click(".journey-return .main")
    seeds(journey, "1,22,3")
    assert journey.locator(PANEL).is_visible() and journey.locator(".journey-return").is_hidden()
    journey.click(f"{PANEL} [data-act=edit]")
    journey.click(".journey-return .round")
    seeds(journey, "1,22,3")
    journey.click("#to-explore")
    assert journey.locator(".journey-return").is_hidden()


@pytest.mark.parametrize("kind", ["gif", "mp4", "webp"])
def test_a_film_holds_the_journey_and_is_reopened_by_dropping_it(journey, kind):
    add(journey, 5, 6)
    set_range(journey, "#journey-fps", 4)
    journey.click(f"{PANEL} [data-act=closed]")
    ready(journey, 16)
    journey.select_option("#journey-size", "256")
    journey.click(f"{PANEL} [data-kind={kind}]")
    with journey.expect_download() as caught:
        journey.click(f"{PANEL} [data-act=save]")
    data = Path(caught.value.path()).read_bytes()
    if kind == "mp4":
        with av.open(io.BytesIO(data)) as film:
            shown = [frame.to_image().size for frame in film.decode(video=0)]
        assert len(shown) == 16 and shown[0] == (256, 256)
    else:
        picture = Image.open(io.BytesIO(data))
        assert picture.n_frames == 16 and picture.size == (256, 256)
    journey.click(f"{PANEL} [data-act=clear]")
    journey.wait_for_function(f"{KEPT}.keyframes.length === 0")
    journey.click("#to-explore")
    drop(journey, f"film.{kind}", data)
    seeds(journey, "5,6")
    ready(journey, 16)
    assert journey.evaluate(f"{KEPT}.closed") and journey.locator(PANEL).is_visible()


def test_a_long_film_can_be_stopped(journey):
    add(journey, *range(12))
    set_range(journey, "#journey-fps", 60)
    journey.select_option("#journey-size", "1024")
    journey.click(f"{PANEL} [data-act=save]")
    journey.click(f"{PANEL} [data-act=stop-film]")
    journey.wait_for_selector(".toast:has-text('Stopped')")
    assert journey.locator(f"{PANEL} .film").is_hidden() and journey.locator(f"{PANEL} [data-act=save]").is_enabled()


def test_a_saved_journey_is_reopened_and_other_files_are_refused(journey, tmp_path):
    add(journey, 7, 8, 9)
    journey.click(f"{PANEL} [data-path=slerp]")
    with journey.expect_download() as caught:
        journey.click(f"{PANEL} [data-act=write]")
    saved = Path(caught.value.path()).read_bytes()
    assert caught.value.suggested_filename == "a-plain-7-9-journey.json" and len(saved) < 1000
    journey.click(f"{PANEL} [data-act=clear]")
    chooser = f"{PANEL} input[type=file]"
    for name, data in {
        "other.json": b'{"a": 1}',
        "broken.json": b'{"latent-studio-journey": 1, "keyframes": [{"point": {"seed": -1}}]}',
        "elsewhere.json": saved.replace(b"a-plain", b"nowhere"),
    }.items():
        (tmp_path / name).write_bytes(data)
        journey.set_input_files(chooser, str(tmp_path / name))
        journey.click(".toast.bad")
        assert journey.evaluate(f"{KEPT}.keyframes.length") == 0
    (tmp_path / "mine.json").write_bytes(saved)
    journey.set_input_files(chooser, str(tmp_path / "mine.json"))
    seeds(journey, "7,8,9")
    assert journey.evaluate(f"{KEPT}.path") == "slerp"


def test_a_journey_survives_a_reload(journey):
    add(journey, 1, 2)
    journey.click(f"{PANEL} [data-act=closed]")
    seeds(journey, "1,2")
    journey.reload()
    ready(journey, 96)
    seeds(journey, "1,2")


def test_a_damaged_memory_is_forgotten(page):
    page.evaluate("localStorage.setItem('studio.journey', JSON.stringify({ keyframes: [{ point: { seed: 'x' } }] }))")
    page.reload()
    page.click("#to-journey")
    page.wait_for_selector(f"{PANEL} [data-act=start]")
    assert page.locator(f"{PANEL} .keyframe").count() == 0


def test_keyframes_of_another_model_are_refused_and_classes_are_visited(journey):
    add(journey, 1, 2)
    add(journey, 3, model="b-classes")
    journey.wait_for_selector(".toast.bad:has-text('another model')")
    seeds(journey, "1,2")
    assert journey.inner_text(f"{PANEL} .other-model p") == "This journey was made with Plain."
    journey.click(f"{PANEL} [data-act=anew]")
    journey.click(f"{PANEL} [data-made=class_sweep]")
    journey.wait_for_function(f"{KEPT}.keyframes.map(k => k.point.label).join() === '0,1,2'")
    ready(journey, 108)
    journey.click(f"{PANEL} [data-made=truncation_sweep]")
    journey.wait_for_function(f"{KEPT}.keyframes.length === 5")


def test_a_keyframe_is_put_into_the_way(journey):
    add(journey, 1, 2)
    ready(journey, 49)
    set_range(journey, "#journey-scrub", 12)
    journey.click(f"{PANEL} [data-act=split]")
    journey.wait_for_function(f"{KEPT}.keyframes.length === 3 && {KEPT}.keyframes[1].point.mix.weights.length === 2")
    assert journey.evaluate(f"{KEPT}.keyframes.map(k => k.seconds).join()") == "0.5,1.5,2"


def test_favourites_become_keyframes(journey):
    if not journey.evaluate("Boolean(studio.favourites)"):
        pytest.fail("there are no favourites")
    journey.evaluate("for (const seed of [11, 12]) studio.favourites.add({ seed, model: 'a-plain' })")
    journey.click(f"{PANEL} [data-act=favourites]")
    journey.click(".favourite-board button:has-text('Add all')")
    seeds(journey, "11,12")


def test_it_works_with_a_finger(visit):
    page = visit("?tab=journey", viewport={"width": 390, "height": 844}, has_touch=True)
    page.wait_for_function("studio.store.point")
    add(page, 1, 2, 3)
    ready(page, 97)
    page.tap(f"{PANEL} .keyframe >> nth=0")
    assert page.inner_text(f"{PANEL} .keyframe-form h3") == "Keyframe 1 of 3"
    page.tap(f"{PANEL} [data-act=later]")
    seeds(page, "2,1,3")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_journey_that_the_browser_cannot_keep_is_said(journey):
    journey.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"
    )
    add(journey, 3)
    journey.wait_for_selector(".toast:has-text('no room to keep')")
