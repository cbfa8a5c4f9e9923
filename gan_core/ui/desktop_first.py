"""A second start on the same folders finds the first and shows its page, instead of being another app.

The first writes its address into a small file among the runs; who can read that file may ask it to show its page.
"""

import hashlib
import hmac
import json
import os
import secrets
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from gan_core.ui import desktop, limits

FILE, LOCK = ".app.json", ".app.lock"  # among the runs
STARTING = 40.0  # seconds in which a first process, which is starting, has to be ready for a second one
ANSWER = 3.0  # seconds in which a living app answers
TOKEN = secrets.token_urlsafe(24)  # of this process


@dataclass(frozen=True)
class First:
    """A living app: its address, its token, and the folders it serves."""

    url: str
    token: str
    serves: tuple[str, ...]

    def ask(self, path: str, **sent) -> dict | None:
        """Ask it something; None where nobody answers, or somebody else."""
        request = urllib.request.Request(
            self.url.rstrip("/") + path, json.dumps(sent).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=ANSWER) as answer:
                facts = json.loads(answer.read(10_000))
        except (OSError, ValueError):
            return None
        return facts if isinstance(facts, dict) else None

    def lives(self) -> bool:
        """Whether the app that wrote the file answers at its address: it proves that it knows the token, without being told."""
        word = secrets.token_urlsafe(12)
        facts = self.ask("/desktop/here", word=word)
        return bool(facts) and hmac.compare_digest(str(facts.get("proof")), _proof(word, self.token))


class Door:
    """Where a start of the app finds out whether it is the first on its folders. Used around the whole of its life."""

    def __init__(self, settings):
        self.settings = settings
        self.file = Path(settings.runs) / FILE
        self._lock = FileLock(Path(settings.runs) / LOCK, timeout=STARTING)
        self._mine = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._lock.release()
        if self._mine:
            with suppress(OSError):
                self.file.unlink()

    def joined(self) -> bool:
        """Show the page of the app that serves these folders already, where there is one; else keep others waiting until `open`."""
        if limits.on_space():
            return False
        with suppress(Timeout, OSError, NotImplementedError):
            self._lock.acquire()
        first = self._first()
        if first is None or not self._would_do(first):
            return False
        print(f"Latent Studio is running already: {first.url}", flush=True)
        if desktop.wanted(self.settings):
            shown = first.ask("/desktop/show", token=first.token, window=self.settings.window)
            if not (shown and shown.get("shown")):
                desktop.browse(first.url)
        return True

    def open(self, url: str) -> None:
        """Tell later starts where this one is, and show its page where somebody sits in front of it."""
        if not limits.on_space() and self._first() is None:
            with suppress(OSError):
                self._write(url)
        self._lock.release()
        if desktop.wanted(self.settings):
            desktop.show(url, self.settings, ends=self.settings.window)

    def _first(self) -> First | None:
        try:
            facts = json.loads(self.file.read_text(encoding="utf-8"))
            first = First(str(facts["url"]), str(facts["token"]), tuple(facts["serves"]))
            ours = urlsplit(first.url).scheme in ("http", "https")
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return first if ours and first.lives() else None

    def _would_do(self, first: First) -> bool:
        """Whether the first one is what was asked for: the same folders, and no other address, device or public link."""
        settings = self.settings
        port = settings.port or os.environ.get("GRADIO_SERVER_PORT")
        other = settings.host or settings.share or settings.device != "auto" or os.environ.get("GRADIO_SERVER_NAME")
        return not other and first.serves == serves(settings) and str(port or "") in ("", str(urlsplit(first.url).port))

    def _write(self, url: str) -> None:
        new = self.file.with_name(f"{FILE}.{os.getpid()}.tmp")
        facts = {"url": url, "token": TOKEN, "serves": serves(self.settings), "pid": os.getpid()}
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(facts, file)
        os.replace(new, self.file)
        self._mine = True


def serves(settings) -> tuple[str, ...]:
    """Return the folders that settings name."""
    return tuple(str(Path(folder).resolve()) for folder in (settings.weights, settings.runs, settings.imported))


def routes(settings, engine) -> list[Route]:
    """What a second start asks the first: `/desktop/here`, whether it is there, and `/desktop/show`. None on a Space."""

    async def here(request: Request) -> JSONResponse:
        return JSONResponse({"proof": _proof(str((await _sent(request)).get("word"))[:100], TOKEN)})

    async def show(request: Request) -> JSONResponse:
        sent = await _sent(request)
        if not hmac.compare_digest(str(sent.get("token")).encode(), TOKEN.encode()):
            return JSONResponse({"shown": False}, 403)
        wished = replace(settings, window=sent.get("window") is True)
        return JSONResponse({"shown": desktop.show(str(request.base_url), wished, ends=settings.window)})

    if limits.on_space():
        return []
    return [Route("/desktop/here", here, methods=["POST"]), Route("/desktop/show", show, methods=["POST"])]


async def _sent(request: Request) -> dict:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > 1000:
            return {}
    with suppress(ValueError, RecursionError):
        sent = json.loads(body)
        return sent if isinstance(sent, dict) else {}
    return {}


def _proof(word: str, token: str) -> str:
    return hashlib.sha256(f"{word}:{token}".encode()).hexdigest()
