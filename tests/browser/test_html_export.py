"""A model as one HTML page: opened from the disk without a network, it draws what PyTorch draws and asks nothing of anybody."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core.checkpoint import load_model
from gan_core.export.html import to_html
from gan_core.export.png import read_point
from gan_core.latent.naming import own
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.models.directions import Direction
from tests.tiny_models import save_tiny_model

HOSTILE = "</script><script>window.hacked=1</script><!--<img src=x onerror='window.hacked=1'>"
PLACES = [
    {"seed": 3, "typical": 0.7},
    {"seed": 4294967295, "moves": {"smile": 1.5, "d1": -2}},
    {"seed": 5, "x": 0.31, "y": -1.4, "moves": {"d0": 1}},
    {"seed": 5, "x": 0, "y": 0, "morph": {"seed": 11, "t": 0.35}, "typical": 1.1},
]


@pytest.fixture
def opened(request, browser, tmp_path):
    """(model, page, requests) of an exported model whose texts all try to break out."""
    family = request.param
    classes = {"num_classes": 3, "labels": (HOSTILE, "b", "c")} if family == "stylegan2" else {}
    save_tiny_model(tmp_path / "tiny", family=family, title=HOSTILE, data=HOSTILE, **classes)
    model = load_model(tmp_path / "tiny")
    smile = Direction("smile", "", "labels", vector=torch.randn(model.code_dim))
    model.named = (smile, replace(own("x", torch.randn(model.code_dim)), title=HOSTILE[:60]))
    (tmp_path / "page.html").write_bytes(to_html(model, "tiny"))
    context = browser.new_context(
        offline=True, accept_downloads=True, locale="zh-CN", viewport={"width": 390, "height": 844}
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.on("console", lambda message: asked.append(message.text))
    page.goto((tmp_path / "page.html").as_uri())
    page.evaluate("latentStudio.ready")
    yield model, page, asked
    context.close()


def pixels(page, expression: str) -> np.ndarray:
    return np.array(page.evaluate(f"latentStudio.pixels({expression}).then(all => Array.from(all))"), int).reshape(
        16, 16, 4
    )[..., :3]


@pytest.mark.parametrize("opened", ["stylegan2", "dcgan"], indirect=True)
def test_a_page_from_the_disk_draws_what_pytorch_draws(opened):
    model, page, asked = opened
    assert page.locator("#state").inner_text() == ""

    for seed in (0, 1, 7, 123456789, 2**32 - 1):
        numbers = page.evaluate(f"Array.from(latentStudio.randn({seed}, 701))")
        assert (
            np.array(numbers, np.float32).tobytes()
            == np.random.RandomState(seed).randn(701).astype(np.float32).tobytes()
        )

    for place in PLACES:
        page.evaluate(
            "place => latentStudio.set({x: 0, y: 0, moves: {}, typical: 1, morph: {seed: 1, t: 0}, ...place})", place
        )
        point = LatentPoint.from_json(json.dumps(page.evaluate("latentStudio.point()")))
        expected = render(model, [replace(point, model="")])[0].astype(int)
        assert np.abs(pixels(page, "latentStudio.state") - expected).max() <= 2, place
        assert expected.std() > 5

    before = pixels(page, "latentStudio.state")
    page.locator("#sliders input").first.fill("3")
    assert page.evaluate("latentStudio.state.moves.smile") == 3
    assert np.abs(pixels(page, "latentStudio.state") - before).max() > 5
    assert page.locator("#sliders label").first.inner_text() == "微笑"

    page.locator("#picture").scroll_into_view_if_needed()
    box = page.locator("#picture").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 150, steps=4)
    page.mouse.up()
    x, y = page.evaluate("[latentStudio.state.x, latentStudio.state.y]")
    assert x > 0 > y  # the hand holds the plane
    page.locator("#picture").press("Home")
    assert page.evaluate("[latentStudio.state.x, latentStudio.state.y]") == [0, 0]
    page.keyboard.press("n")
    assert page.evaluate("latentStudio.state.seed") == 6
    page.evaluate("latentStudio.set({morph: {seed: 11, t: 0.35}})")

    with page.expect_download() as saved:
        page.keyboard.press("s")
    point, name = read_point(saved.value.path())
    assert name == "tiny" and point.blend.b.seed == 11 and ("smile", 3) in point.moves
    assert b"trainedAlgorithmicMedia" in saved.value.path().read_bytes()

    assert page.title() == HOSTILE and page.locator("h1").inner_text() == HOSTILE
    assert not page.evaluate("'hacked' in window") and page.locator("img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
