"""The frame in a real browser: languages, appearance, phone, several visitors, and starting with what is not there."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common import ROOT

AWAKE = "#panel-explore .hero.awake"


def test_language_switch_is_remembered(page):
    assert page.inner_text("#to-explore") == "Explore"
    page.click("[data-act=language]")
    page.wait_for_function("document.querySelector('#to-explore')?.innerText === '探索'")
    page.wait_for_selector(AWAKE)
    assert page.evaluate("document.documentElement.lang") == "zh-CN" and page.title() == "潜空间工作室"
    page.reload()
    page.wait_for_selector(AWAKE)
    assert page.inner_text("[data-act=surprise] span") == "随机换一张"
    page.keyboard.press("?")
    assert "随机换一张" in page.inner_text("dialog.keys[open]")
    page.keyboard.press("r")  # the picture behind an open dialog stays
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.click("[data-act=frame-menu]")
    page.click(".popup.menu button >> nth=0")
    page.click("dialog.settings [data-setting=motion] button >> nth=1")
    assert page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches")
    assert "1" in page.inner_text("dialog.settings [data-part=deleted]")
    page.click("dialog.settings [data-do=reset]")
    page.click("dialog.settings .ask .danger")
    page.wait_for_function("document.querySelector('#to-explore')?.innerText === 'Explore'")
    page.wait_for_selector(AWAKE)
    assert page.evaluate("studio.favourites.ready.then(() => studio.favourites.list().length)") == 0
    assert page.evaluate("studio.kept('motion')") is None


def test_a_chinese_browser_gets_chinese_and_can_install_it(visit):
    page = visit(locale="zh-CN")
    page.wait_for_selector(AWAKE)
    assert page.inner_text("#to-grid") == "网格"
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert "潜空间工作室" in manifest["data"] and not manifest["errors"]
    assert not session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert page.evaluate("navigator.serviceWorker.ready.then(ready => ready.active.scriptURL)").endswith("/worker.js")


def test_appearance(visit):
    page = visit(color_scheme="dark")
    page.wait_for_selector(AWAKE)
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    assert page.evaluate("document.body.classList.contains('dark')")
    page.click("[data-act=theme]")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.wait_for_function(f"{paper} !== '{dark}'")
    page.reload()
    page.wait_for_selector(AWAKE)
    assert page.evaluate("document.documentElement.dataset.theme") == "light" and "__theme" not in page.url
    assert not page.evaluate("document.body.classList.contains('dark')")


@pytest.mark.parametrize("tab", ["explore", "morph", "grid", "train", "learn", "models"])
def test_phone_has_no_sideways_scroll_and_room_for_thumbs(visit, tab):
    page = visit(f"?tab={tab}", viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.wait_for_selector(f"#tab-{tab} .studio-panel")
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.evaluate(
        """[...document.querySelectorAll('.bar button, .split .button, .split input[type=range], .split .stepper button')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert not small


def test_the_picture_stays_in_view_on_a_phone(visit):
    page = visit(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.wait_for_selector(AWAKE)
    page.locator(".directions .more").scroll_into_view_if_needed()
    box = page.locator("#panel-explore .hero").bounding_box()
    assert page.evaluate("scrollY") > 50
    assert box["y"] >= 0 and box["y"] + box["height"] < 600


def test_keyboard_walks_the_tabs(page):
    page.focus("#to-explore")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "to-morph"
    assert page.get_attribute("#to-morph", "aria-selected") == "true"


def test_several_visitors_see_their_own_pictures(visit):
    pages = [visit(f"?point=%7B%22seed%22:{seed},%22model%22:%22a-plain%22%7D") for seed in (5, 6, 5)]
    for page in pages:
        page.wait_for_selector(AWAKE)
    pictures = [page.evaluate("document.querySelector('#panel-explore canvas').toDataURL()") for page in pages]
    assert pictures[0] == pictures[2] != pictures[1]


def start(*flags: str) -> subprocess.CompletedProcess:
    env = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    return subprocess.run(
        [sys.executable, "app.py", *flags], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )


def test_a_missing_weights_folder_is_said_in_words(tmp_path):
    ended = start("--weights", str(tmp_path / "nowhere"))
    assert ended.returncode == 2 and "There is no folder" in ended.stderr and "Traceback" not in ended.stderr


def test_a_taken_port_is_said_in_words(folders, tmp_path):
    weights: Path = folders[0]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start("--weights", str(weights), "--runs", str(tmp_path), "--port", str(port))
    assert ended.returncode == 2 and str(port) in ended.stderr and "Traceback" not in ended.stderr


def test_units_and_enlarged_pictures_are_as_chosen(page):
    def weights():
        return page.evaluate("[0, 999, 1000, 1500000, 2500000000].map(bytes => studio.weight(bytes))")

    assert weights() == ["0 kB", "1 kB", "1 kB", "1.5 MB", "2.5 GB"]
    for setting, number in (("units", 1), ("quality", 2)):
        page.click("[data-act=frame-menu]")
        page.click(".popup.menu button >> nth=0")
        with page.expect_navigation():
            page.click(f"dialog.settings [data-setting={setting}] button >> nth={number}")
        page.wait_for_selector(AWAKE)
    assert weights() == ["0 KiB", "1 KiB", "1 KiB", "1.4 MiB", "2.3 GiB"]
    # every pixel of the model's 16 is a square of equal ones
    assert (
        page.evaluate("""() => {
        const canvas = document.querySelector("#panel-explore .hero canvas"), side = canvas.width / 16;
        const { data } = canvas.getContext("2d").getImageData(0, 0, side, side);
        return Number.isInteger(side) && new Set(new Uint32Array(data.buffer)).size;
    }""")
        == 1
    )


def test_a_page_at_rest_asks_for_no_frames(visit):
    page = visit("?tab=models")
    page.wait_for_selector("#panel-models .card")
    page.evaluate("""() => {
        const frame = requestAnimationFrame;
        window.framesAsked = [];
        window.requestAnimationFrame = work => { window.framesAsked.push(String(work).slice(0, 100)); return frame(work); };
    }""")
    asked = ["?"] * 9
    for _ in range(20):  # whatever moves at the start comes to rest
        if len(asked) <= 3:
            break
        page.evaluate("window.framesAsked = []")
        page.wait_for_timeout(1000)
        asked = page.evaluate("window.framesAsked")
    assert len(asked) <= 3, asked[-1]


def test_counting_of_a_sign_that_has_gone_gets_no_frames(visit):
    page = visit("?tab=models")
    counts = """async () => {
        let counted = 0, drawn = 0;
        const count = () => requestAnimationFrame(() => { counted = (performance.now() - 5) / 1e3; });
        count();
        requestAnimationFrame(() => { drawn = 1; });
        await new Promise(go => setTimeout(go, 300));
        return [counted, drawn];
    }"""
    assert page.evaluate(counts) == [0, 1]
