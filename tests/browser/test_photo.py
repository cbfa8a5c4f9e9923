"""My own picture in a real browser: chosen, cut, found, used; two of them become a morph."""

import base64
import io

import pytest
from PIL import Image

from gan_core.checkpoint import load_model
from gan_core.latent.distill import Budget, distil, save_encoder

POINT = "JSON.parse(document.querySelector('#panel-explore canvas').dataset.point)"


@pytest.fixture(scope="module", autouse=True)
def learned(folders):
    """An encoder beside the first model, so that no test waits for one."""
    folder = folders[0] / "a-plain"
    model = load_model(folder)
    save_encoder(model, distil(model, Budget(5, 600)), folder)


@pytest.fixture
def tool(page):
    """The photo tool, open."""
    page.click("#tool-photo")
    page.wait_for_selector(".photo .bring:visible")
    return page


def photo(left: str, right: str, kind="PNG", size=(300, 200)) -> dict:
    picture = Image.new("RGB", size, left)
    picture.paste(right, (size[0] // 2, 0, *size))
    picture.paste("lime", (0, 0, size[0] // 2, size[1] // 3))  # so that no turn and no mirror looks the same
    file = io.BytesIO()
    picture.save(file, kind)
    return {"name": f"me.{kind.lower()}", "mimeType": f"image/{kind.lower()}", "buffer": file.getvalue()}


def stage(page, name: str) -> None:
    page.wait_for_selector(f"[data-stage={name}]", state="attached")


def bring(page, file: dict) -> None:
    page.set_input_files(".photo .pick", file)
    stage(page, "cutting")


def sees(page) -> str:
    return page.evaluate("document.querySelector('.photo .small').toDataURL()")


def changed(page, before: str) -> str:
    page.wait_for_function("before => document.querySelector('.photo .small').toDataURL() !== before", arg=before)
    page.wait_for_timeout(200)
    return sees(page)


def found(page) -> None:
    page.click(".photo [data-act=find]")
    stage(page, "found")


def test_chosen_found_used_undone(tool):
    before = tool.evaluate(POINT)
    bring(tool, photo("navy", "gold"))
    found(tool)
    assert tool.locator(".photo .verdict b").inner_text() in ("Very close", "Recognisable", "Only the mood")
    assert tool.evaluate(POINT) == before
    tool.click(".photo [data-act=use]")
    tool.wait_for_function(f"() => {POINT}.vector")
    tool.click("#tool-sliders")
    tool.locator("#explore-d0").focus()
    tool.keyboard.press("ArrowRight")
    tool.wait_for_function(f"() => {POINT}.vector && {POINT}.moves?.length === 1")
    tool.keyboard.press("Control+z")
    tool.keyboard.press("Control+z")
    tool.wait_for_function(f"() => {POINT}.seed === {before['seed']}")


def test_cutting_by_hand_and_by_keys_shows_what_the_model_sees(tool):
    blank = sees(tool)
    bring(tool, photo("navy", "gold"))
    picture = changed(tool, blank)
    box = tool.locator(".photo .crop").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tool.mouse.move(x, y)
    tool.mouse.down()
    tool.mouse.move(x + box["width"] / 5, y, steps=4)
    tool.mouse.up()
    picture = changed(tool, picture)
    tool.mouse.wheel(0, -300)
    picture = changed(tool, picture)
    tool.locator(".photo .crop").focus()
    tool.keyboard.press("ArrowLeft")
    picture = changed(tool, picture)
    for name in ("turn", "mirror"):
        tool.click(f".photo [data-act={name}]")
        picture = changed(tool, picture)
    tool.locator("#photo-tilt").focus()
    tool.keyboard.press("ArrowRight")
    tool.keyboard.press("PageUp")
    changed(tool, picture)


def test_two_photos_become_a_morph(tool):
    bring(tool, photo("navy", "gold"))
    found(tool)
    tool.click(".photo [data-act=morph]")
    tool.wait_for_selector(".photo .first:visible")
    bring(tool, photo("white", "crimson"))
    found(tool)
    tool.click(".photo [data-act=morph]")
    tool.wait_for_selector("#panel-morph [data-ready]", state="attached")
    ends = tool.evaluate("JSON.parse(studio.kept('morph'))")
    assert ends["a"]["vector"] and ends["b"]["vector"] and ends["a"]["vector"] != ends["b"]["vector"]


def test_stopping_leaves_an_offer_or_the_cut(tool):
    bring(tool, photo("navy", "gold"))
    tool.click(".photo [data-act=find]")
    stage(tool, "finding")
    tool.evaluate("document.querySelector('.photo [data-act=stop]').click()")
    tool.wait_for_selector(".photo .ends:visible, .photo .cutting:visible")


@pytest.mark.parametrize(
    "file",
    [
        {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
        {"name": "a.png", "mimeType": "image/png", "buffer": b"not a picture"},
    ],
)
def test_what_cannot_be_opened_is_said(tool, file):
    tool.set_input_files(".photo .pick", file)
    tool.wait_for_selector(".toast.bad")
    assert tool.locator(".photo .bring").is_visible()


def test_dropped_pasted_and_handed_over(tool):
    tool.set_input_files(".photo .pick", photo("navy", "gold", "TIFF"))  # which browsers do not open, but the app does
    stage(tool, "cutting")
    tool.click(".photo [data-act=other]:visible")
    data = base64.b64encode(photo("navy", "gold")["buffer"]).decode()
    make = "const file = new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], 'a.png', {type: 'image/png'}); const all = new DataTransfer(); all.items.add(file);"
    ways = (
        "document.querySelector('.photo .bring').dispatchEvent(new DragEvent('drop', {dataTransfer: all, bubbles: true, cancelable: true}))",
        "document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: all, bubbles: true, cancelable: true}))",
        "studio.takePhoto(file)",
    )
    for way in ways:
        tool.evaluate(f"data => {{ {make} {way}; }}", data)
        stage(tool, "cutting")
        assert not tool.locator(".toast").count()
        tool.click(".photo .cutting [data-act=other]")
        stage(tool, "bring")


def test_another_model_takes_the_cut_along(tool):
    bring(tool, photo("navy", "gold"))
    tool.click("#panel-explore .model-button")
    tool.click(".model-card:has-text('Classes')")
    tool.wait_for_selector(".photo select.class:visible")
    stage(tool, "cutting")
    assert tool.locator(".photo select.class option").count() == 4
