"""Stands before the whole app: who may ask from where, how much and how fast, and the headers with which every answer leaves.

What is refused here never reaches Gradio. At home other sites get nothing, and only this computer's own names lead here; on a
Space, where any site may ask, its requests come without the visitor's cookies, and a flood from one address has to wait.
"""

import asyncio
import json
import logging
import os
import re
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from gan_core.errors import StudioError
from gan_core.ui import budget, guard_uploads, limits
from gan_core.ui.caller import Caller
from gan_core.ui.guard_flood import Flood, address
from gan_core.ui.guard_headers import headers_of

HOSTS_VARIABLE = "LATENT_STUDIO_HOSTS"  # names under which a proxy shows this app, separated by commas
OWN_NAMES = re.compile(r"(.+\.)?localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0|.+\.gradio\.live")
LOOPBACK = re.compile(r"127\.|::1$|::ffff:127\.")
CLOSED = re.compile(  # addresses of Gradio's that nothing here uses: ways out to other hosts, and tools for developers
    r"/gradio_api/(proxy=|file/|file=[^/]*:/|vibe-|undo-vibe|process_recording|custom_component|dev/|deep_link|run-history|profiling)"
    r"|/(gradio_api/)?(monitoring|runs|svelte)(/|$)|/pwa_icon/(?!\d{1,3}$)",  # an icon of any size is made on demand
    re.IGNORECASE,
)
API = "/gradio_api/"
ASKS, UPLOADS = f"{API}component_server", f"{API}upload"  # where the page's questions and files arrive
MOST_ASKED = 32_000_000  # bytes of a question: a picture of 20 MB as text, and what is around it
MOST_SENT, SPACE_SENT = 4_000_000_000, 550_000_000  # of all files of one upload; Gradio bounds each (launch.MAX_UPLOAD)
MOST_ADDRESS = 4_000  # letters of an address of Gradio's; the page's own carries points
NAMES, MOST_NAME = (
    ("session_hash", "fn_name", "event_id", "trigger_id"),
    100,
)  # Gradio keeps or searches what they say, however long
PATIENCE, SLOWEST = 30.0, 8_000  # a body's first seconds are free, then it brings so many bytes a second on average

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further: an HTTP status, and a sentence with its code and the facts in it."""

    status: int
    code: str
    message: str
    facts: dict = field(default_factory=dict)


NOTHING = Refusal(404, "guard.closed", "There is nothing at this address.")
FOREIGN = Refusal(403, "guard.foreign", "Another site has asked for this. Open Latent Studio itself.")
UNKNOWN_HOST = Refusal(
    403, "guard.host", "Latent Studio is not known by this name. Open it as http://127.0.0.1 with its port. Behind a proxy, start it with "
    f"{HOSTS_VARIABLE} set to the proxy's name.",
)  # fmt: skip
FAST = Refusal(429, "guard.flood", "Too many requests come from your network at this moment. Wait a few seconds.")
LARGE = Refusal(413, "guard.large", "This is more than can be sent at once.")
LENGTH = Refusal(411, "guard.length", "Say first how much is to be sent.")
SLOW = Refusal(408, "guard.slow", "This came too slowly. Please try again.")
SHAPE = Refusal(400, "guard.shape", "The page sent something this app does not understand. Reload the page.")
FAULT = Refusal(500, "guard.fault", "Something went wrong here. Nothing is lost; please try again.")


class Guard:
    """ASGI middleware around everything: refuses what is foreign, closed, too large, too slow or too much."""

    def __init__(self, app):
        self.app, self.flood = app, Flood()
        guard_uploads.mend()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":  # nothing here speaks it
            return await send({"type": "websocket.close", "code": 1008})
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        exchange, headers = Exchange(scope, receive, send), Headers(scope=scope)
        refusal = refused(scope, headers)
        if refusal is not None:
            return await exchange.refuse(refusal)
        if not limits.on_space():
            return await self._pass(scope, exchange)
        whose = address((scope.get("client") or ("",))[0], headers.get("x-forwarded-for", ""))
        refusal = over_budget(scope, headers, whose)
        if refusal is not None or not self.flood.enter(whose):
            return await exchange.refuse(refusal or FAST)
        try:
            await self._pass(_without_cookies(scope) if foreign(scope, headers) else scope, exchange)
        finally:
            self.flood.leave(whose)

    async def _pass(self, scope, exchange: "Exchange") -> None:
        path = scope["path"]
        try:
            if scope["method"] == "POST" and path.startswith(API) and not path.startswith(UPLOADS):
                await exchange.read()
            if exchange.refusal is None:
                if path.startswith(UPLOADS):
                    scope = {**scope, "query_string": b""}  # Gradio would keep a list of every piece for `upload_id`
                await self.app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if exchange.begun:
                raise
            if exchange.refusal is None and path.startswith(
                API
            ):  # what Gradio makes of nonsense; no page of traces for it
                log.warning("%s %s: %s", scope["method"], path[:200], type(error).__name__)
                exchange.refusal = SHAPE
            elif exchange.refusal is None:
                log.exception("%s %s", scope["method"], path[:200])
                exchange.refusal = FAULT
        if exchange.refusal is not None and not exchange.begun:
            await exchange.refuse(exchange.refusal)


class Exchange:
    """One request and its answer: the body is counted and timed as it arrives, the answer gets its headers."""

    def __init__(self, scope, receive, send):
        self.scope, self._receive, self._send = scope, receive, send
        self.refusal: Refusal | None = None  # why the body was not taken to its end
        self.begun = False
        self._most, self._size, self._whole, self._since = most(scope["path"]), 0, False, time.monotonic()
        self._page: dict | None = None
        self._kept: list[dict] = []

    async def read(self) -> None:
        """Take the whole body, to look at the names in it before Gradio does; `receive` then gives it at once."""
        parts, message = [], {"more_body": True}
        while message.get("more_body"):
            message = await self.receive()
            parts.append(message.get("body", b""))
        body = b"".join(parts)
        if self.refusal is None and not named_well(body):
            self.refusal = SHAPE
        if message["type"] == "http.request":
            message = {**message, "body": body}
        self._kept.append(message)

    async def receive(self) -> dict:
        """The next part of the body; a disconnect where it is too large or too slow."""
        if self._kept:
            return self._kept.pop()
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout(self._since + PATIENCE + self._size / SLOWEST - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            return self._break_off(SLOW)
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body")
        return self._break_off(LARGE) if self._size > self._most else message

    async def send(self, message: dict) -> None:
        """Pass an answer on with its headers; a page is held until its scripts are known."""
        if self.refusal is not None and not self.begun:
            return  # what the app makes of half a body
        if message["type"] == "http.response.start" and _is_page(message):
            self._page = {**message, "body": b""}
        elif message["type"] == "http.response.start":
            await self._begin(message, None)
        elif self._page is not None and message["type"] == "http.response.body":
            self._page["body"] += message.get("body", b"")
            if not message.get("more_body"):
                body = self._page.pop("body")
                await self._begin(self._page, body)
                await self._send({"type": "http.response.body", "body": body})
        else:
            await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with the refusal: a sentence for whoever opened a page, what a panel's script understands for the rest."""
        facts = {"error": {"code": refusal.code, "message": refusal.message, "facts": refusal.facts}}
        page = "text/html" in Headers(scope=self.scope).get("accept", "")
        kind, body = ("text/plain", refusal.message) if page else ("application/json", json.dumps(facts))
        headers = [
            (b"content-type", f"{kind}; charset=utf-8".encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await self._begin({"type": "http.response.start", "status": refusal.status, "headers": headers}, None)
        await self._send({"type": "http.response.body", "body": body.encode()})

    def _break_off(self, refusal: Refusal) -> dict:
        self.refusal, self._whole = refusal, True
        return {"type": "http.disconnect"}

    async def _begin(self, message: dict, page: bytes | None) -> None:
        own = {key.lower().encode(): value.encode() for key, value in headers_of(self.scope["path"], page).items()}
        headers = [(key, value) for key, value in message.get("headers", ()) if key.lower() not in own]
        self.begun = True
        await self._send({**message, "headers": [*headers, *own.items()]})


def refused(scope: dict, headers: Headers) -> Refusal | None:
    """Return why a request is not let in, judged by its address and headers alone; None when it is."""
    path, home = scope["path"], not limits.on_space()
    if home and not _known_host(scope, headers):
        return UNKNOWN_HOST
    length = len(path) + len(scope.get("query_string", b""))
    if CLOSED.match(path) or "\0" in path or (path.startswith(API) and length > MOST_ADDRESS):
        return NOTHING
    if home and foreign(scope, headers):
        return FOREIGN
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length[:20]) > most(path):
        return LARGE
    if path.startswith(ASKS) and headers.get("content-type", "").lower().startswith("multipart/"):
        return SHAPE  # Gradio would take files with it, and read them whole
    return None


def foreign(scope: dict, headers: Headers) -> bool:
    """Whether another site's page asks, rather than ours, a person who followed a link, or a program that is no browser."""
    looks = scope["method"] in ("GET", "HEAD")
    site = headers.get("sec-fetch-site")
    if site is not None:
        followed = looks and headers.get("sec-fetch-mode") == "navigate"
        return site not in ("same-origin", "none") and not followed and not _invited(headers.get("origin", ""))
    origin = headers.get("origin")
    if origin is None or _invited(origin):
        return False
    return urlsplit(origin).netloc not in (headers.get("host"), os.environ.get("SPACE_HOST", headers.get("host")))


def over_budget(scope: dict, headers: Headers, whose: str) -> Refusal | None:
    """Return why an address may not upload so much now on a Space; None when it may, and it is noted then."""
    if scope["path"].rstrip("/") != UPLOADS or scope["method"] != "POST":
        return None
    if "content-length" not in headers:
        return LENGTH
    try:
        budget.spend("uploads", int(headers["content-length"]) / 1e6, Caller("", whose))
    except StudioError as error:
        return Refusal(429, error.code, str(error), error.facts)
    return None


def named_well(body: bytes) -> bool:
    """Whether what a JSON body says of its sender is as short as a page makes it, and no file in it lies on another host.

    Gradio would fetch such a file, however large. What is no JSON is left to it to refuse.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return True
    if not isinstance(sent, dict):
        return True
    names, waiting = [sent.get(name) for name in NAMES], [sent.get("data")] if b"meta" in body or b"\\u" in body else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and "meta" in value and "://" in str(value.get("path")):
            return False
        waiting += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(len(name) <= MOST_NAME for name in names if isinstance(name, str))


def most(path: str) -> int:
    """How many bytes a request to this address may bring."""
    if path.rstrip("/") == UPLOADS:
        return SPACE_SENT if limits.on_space() else MOST_SENT
    return MOST_ASKED


def _known_host(scope: dict, headers: Headers) -> bool:
    """Whether a name leads here rightly. A site may have its own name point at this computer (DNS rebinding); an address cannot lie."""
    if not LOOPBACK.match((scope.get("server") or ("",))[0] or ""):
        return True
    host = headers.get("host", "").lower()
    name = re.sub(r":\d+$", "", host)
    return bool(OWN_NAMES.fullmatch(name)) or _invited(f"//{host}")


def _invited(address: str) -> bool:
    """Whether the owner has named this site's host in LATENT_STUDIO_HOSTS ("*": every one)."""
    named = [name.strip().lower() for name in os.environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()]
    return "*" in named or bool(address) and (urlsplit(address).hostname or "") in named


def _without_cookies(scope: dict) -> dict:
    return {**scope, "headers": [(key, value) for key, value in scope["headers"] if key != b"cookie"]}


def _is_page(message: dict) -> bool:
    return any(
        key.lower() == b"content-type" and value.startswith(b"text/html") for key, value in message.get("headers", ())
    )
