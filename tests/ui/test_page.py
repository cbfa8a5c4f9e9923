"""The page around Gradio: our head first, no other host named, Gradio's own files untouched."""

import asyncio
import re

from gan_core.ui.page import INDEX, StudioPage, head, rewrite

GRADIO_PAGE = INDEX.read_text(encoding="utf-8").replace("{{ base_url | default('./') }}", "./")


def test_nothing_points_to_another_host():
    page = rewrite(GRADIO_PAGE)
    hosts = re.findall(r"(?:src|href|content)=[\"'](https?://[^\"']+)", page)
    assert not hosts
    assert "@import" not in head() and not re.findall(r"url\(\s*['\"]?https?:", head())


def test_our_head_comes_before_gradio():
    page = rewrite(GRADIO_PAGE)
    assert page.index("STUDIO_WORDS") < page.index("window.gradio_config")
    assert page.index("<base") < page.index("STUDIO_WORDS")


def test_the_share_page_uses_local_files():
    share = (INDEX.parent / "share.html").read_text(encoding="utf-8")
    page = rewrite(share)
    assert not re.findall(r"<(?:script|link)\b[^>]*\b(?:src|href)=\"https?://", page)
    assert "./assets/index-" in page


def ask(path: str, kind: bytes, body: bytes) -> bytes:
    async def app(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", kind), (b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body[:5], "more_body": True})
        await send({"type": "http.response.body", "body": body[5:]})

    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(StudioPage(app)({"type": "http", "method": "GET", "path": path}, None, send))
    length = int(dict(sent[0]["headers"])[b"content-length"])
    got = b"".join(message.get("body", b"") for message in sent[1:])
    assert length == len(got)
    return got


def test_only_the_page_is_rewritten():
    html = b"<html><head><base href='./'></head></html>"
    assert b"STUDIO_WORDS" in ask("/", b"text/html; charset=utf-8", html)
    assert ask("/", b"application/json", b'{"a": 1, "b": 2}') == b'{"a": 1, "b": 2}'
    assert ask("/gradio_api/file=x.html", b"text/html", html) == html
