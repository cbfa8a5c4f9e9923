"""The page as an app that a browser installs: manifest and offline page in both languages, icons, and a worker that keeps one page."""

import re

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gan_core.ui import pwa
from gan_core.ui.page import head


@pytest.fixture(scope="module")
def client():
    with TestClient(Starlette(routes=pwa.routes(None, None))) as client:
        yield client


@pytest.mark.parametrize(
    "asked, language, name", [("zh-CN,zh;q=0.9", "zh-CN", "潜空间工作室"), ("de", "en", "Latent Studio")]
)
def test_the_manifest_speaks_the_browsers_language(client, asked, language, name):
    answer = client.get("/app.webmanifest", headers={"Accept-Language": asked})
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert answer.headers["vary"] == "Accept-Language"
    facts = answer.json()
    assert facts["lang"] == language and facts["name"] == name and facts["display"] == "standalone"
    assert (facts["description"].isascii()) is (language == "en")


def test_every_icon_is_what_the_manifest_says_and_small(client):
    facts = client.get("/app.webmanifest").json()
    assert {icon.get("purpose", "any") for icon in facts["icons"]} == {"any", "maskable"}
    for icon in facts["icons"]:
        answer = client.get(icon["src"].removeprefix("."))
        file = pwa.ICONS / icon["src"].rsplit("/", 1)[1]
        assert answer.content == file.read_bytes() and len(answer.content) < 30_000
        assert "x".join(map(str, Image.open(file).size)) == icon["sizes"]
    for stranger in ("/icons/../icon.svg", "/icons/%2e%2e%2ficon.svg", "/icons/nothing.png"):
        assert client.get(stranger).status_code == 404


def test_a_maskable_icon_keeps_its_drawing_inside_the_circle_that_is_shown():
    picture = Image.open(pwa.ICONS / "icon-maskable-512.png").convert("RGB")
    behind = picture.getpixel((0, 0))
    for x in range(0, 512, 8):
        for y in range(0, 512, 8):
            if (x - 256) ** 2 + (y - 256) ** 2 > (0.4 * 512) ** 2:
                assert max(abs(a - b) for a, b in zip(picture.getpixel((x, y)), behind, strict=True)) < 8


@pytest.mark.parametrize("asked, said", [("en", "is not running"), ("zh-TW", "没有在运行")])
def test_the_offline_page_stands_alone(client, asked, said):
    page = client.get("/offline.html", headers={"Accept-Language": asked}).text
    assert said in page and "$" not in page
    assert not re.findall(r"(?:src|href)=\"[^\"]+\"", page), "nothing else is kept"


def test_the_worker_keeps_that_page_alone(client):
    worker = client.get("/worker.js")
    assert (
        worker.headers["content-type"].startswith("text/javascript") and worker.headers["cache-control"] == "no-cache"
    )
    assert worker.text.count(".add(") == 1 and ".put(" not in worker.text
    assert 'rel="manifest" href="./app.webmanifest"' in head() and "theme-color" in head()
