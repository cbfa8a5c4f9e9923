"""The page as an app that a browser can install: its manifest and icons, and a service worker that only says when the app is not running."""

import json
from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gan_core.ui.i18n import LANGUAGES, WORDS
from gan_core.ui.page import PAPER, STATIC

ICONS = STATIC.parent / "icons"
FRESH = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}


def routes(settings, engine) -> list[Route]:
    """The manifest and the offline page in the browser's language, the worker, and the icons."""
    icons = {file.name: file for file in ICONS.glob("*.png")}

    def icon(request: Request) -> Response:
        file = icons.get(request.path_params["name"])
        return FileResponse(file, headers={"Cache-Control": "max-age=86400"}) if file else Response(status_code=404)

    return [
        Route("/app.webmanifest", lambda request: answer(manifest(language(request)), "application/manifest+json")),
        Route("/offline.html", lambda request: answer(offline(language(request)), "text/html")),
        Route("/worker.js", lambda request: answer((STATIC / "worker.js").read_text("utf-8"), "text/javascript")),
        Route("/icons/{name}", icon),
    ]


def manifest(language: str) -> str:
    """Return the web app manifest in a language, as JSON. All addresses in it are relative to it."""
    said = words(language)
    icons = [{"src": f"./icons/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in (192, 512)]
    masked = {"src": "./icons/icon-maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"}
    return json.dumps(
        {
            "id": "./",
            "name": said("app.title"),
            "short_name": said("app.title"),
            "description": said("desktop.description"),
            "lang": language,
            "start_url": "./",
            "scope": "./",
            "display": "standalone",
            "background_color": PAPER,
            "theme_color": PAPER,
            "categories": ["graphics", "education"],
            "icons": [*icons, masked],
        },
        ensure_ascii=False,
    )


def offline(language: str) -> str:
    """Return the page that the worker shows while nobody answers; it tries again by itself."""
    said = words(language)
    page = Template((STATIC / "offline.html").read_text(encoding="utf-8"))
    parts = {"title": "app.title", "offline": "desktop.offline", "again": "desktop.again", "now": "desktop.try"}
    icon = (STATIC / "icon.svg").read_text(encoding="utf-8")
    return page.substitute({name: escape(said(key)) for name, key in parts.items()}, language=language, icon=icon)


def language(request: Request) -> str:
    """Return the page's language for a browser, by what it prefers."""
    return LANGUAGES[request.headers.get("accept-language", "").strip().lower().startswith("zh")]


def words(language: str):
    """Return a function from a key to its words."""
    return lambda key: WORDS[key][LANGUAGES.index(language)]


def answer(text: str, kind: str) -> Response:
    """Return a text that is asked for anew each time."""
    return Response(text, media_type=kind, headers=FRESH)
