"""The web page around Gradio: language, theme and our script are there before Gradio starts, and nothing points to another host."""

import json
import re
from functools import cache
from pathlib import Path

import gradio

from gan_core.ui.i18n import for_browser

STATIC = Path(__file__).parent / "static"
# static/<name>.js, in this order, in the page's head
SCRIPTS = (
    "boot", "pwa", "studio", "keys", "line", "points", "memory", "trail", "favourites", "store", "picture", "opening", "controls", "papers", "tools", "map_view", "dataset", "dropped", "plane", "travel", "slider_lists", "slider_ends", "slider_desk", "film", "crop",
    "journey_frames", "journey_timeline", "journey_doors", "workshop", "chart", "markdown", "learn_view", "learn_draw", "train_upload", "train_hub", "train_pictures", "train_expect", "train_setup", "train_share", "train_more", "train_retune", "train_watch",
)  # fmt: skip
PAPER, NIGHT = "#f7f6f3", "#131416"
INSTALL = (  # see pwa.py
    '<link rel="manifest" href="./app.webmanifest"><link rel="apple-touch-icon" href="./icons/icon-apple-180.png">'
    f'<meta name="theme-color" media="(prefers-color-scheme: light)" content="{PAPER}">'
    f'<meta name="theme-color" media="(prefers-color-scheme: dark)" content="{NIGHT}">'
)
INDEX = Path(gradio.__file__).parent / "templates" / "frontend" / "index.html"


@cache
def head() -> str:
    """Return what stands first in the page's <head>: the style sheet, all words and the shared scripts."""
    scripts = [f"window.STUDIO_WORDS = {json.dumps(for_browser(), ensure_ascii=False)};"]
    scripts += [(STATIC / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    inline = "".join("<script>" + script.replace("</", "<\\/") + "</script>" for script in scripts)
    style = "\n".join(path.read_text(encoding="utf-8") for path in sorted(STATIC.parent.glob("style*.css")))
    icon = '<link rel="icon" type="image/svg+xml" href="data:image/svg+xml,' + _icon() + '">'
    return f'<meta name="color-scheme" content="light dark">{icon}{INSTALL}<style>{style}</style>{inline}'


def rewrite(html: str) -> str:
    """Return Gradio's page with our head first, without tags that name other hosts (link previews, the share page's CDN)."""
    html = re.sub(r"<meta\b[^>]*\b(?:property|name)=\"(?:og|twitter):[^>]*>", "", html)
    html = re.sub(r"<link rel=\"manifest\"[^>]*>", "", html)
    html = re.sub(r"<(?:link|script)\b[^>]*(?:href|src)=\"https?://[^>]*>(?:</script>)?", "", html)
    local = "".join(
        re.findall(r"<(?:script|link)\b[^>]*\"\./assets/[^>]*>(?:</script>)?", INDEX.read_text(encoding="utf-8"))
    )
    if "./assets/" not in html:
        html = html.replace("</head>", local + "</head>", 1)
    return re.sub(r"(<base\b[^>]*>)", lambda match: match.group(1) + head(), html, count=1)


class StudioPage:
    """ASGI middleware that passes everything through, except that HTML pages go through `rewrite`."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or "/gradio_api" in scope["path"]:
            return await self.app(scope, receive, send)
        held: dict = {}

        async def rewriting(message):
            if message["type"] == "http.response.start" and _is_html(message):
                held.update(message, body=b"")
            elif held and message["type"] == "http.response.body":
                held["body"] += message.get("body", b"")
                if not message.get("more_body"):
                    await _send_page(held, send)
            else:
                await send(message)

        return await self.app(scope, receive, rewriting)


def _is_html(message: dict) -> bool:
    return any(key == b"content-type" and value.startswith(b"text/html") for key, value in message["headers"])


async def _send_page(held: dict, send) -> None:
    body = rewrite(held.pop("body").decode()).encode()
    headers = [(key, value) for key, value in held["headers"] if key != b"content-length"]
    await send({**held, "headers": [*headers, (b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def _icon() -> str:
    svg = (STATIC / "icon.svg").read_text(encoding="utf-8")
    return svg.replace("\n", "").replace('"', "'").replace("#", "%23").replace("<", "%3C").replace(">", "%3E")
