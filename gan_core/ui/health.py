"""`/health`: whether this app serves, for a container's health check and whoever watches over it. It tells nothing of anybody."""

import shutil
import threading
import time
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import gan_core
from gan_core.ui import run_view, stopping
from gan_core.ui.engine import Engine

FRESH = 1.0  # seconds for which an answer holds, so that asking often costs nothing
STUCK = 300.0  # seconds after which pictures that are being drawn count as never coming
LOW = 200_000_000  # bytes left on a disk that is as good as full


def routes(settings, engine: Engine) -> list[Route]:
    """The route `/health`: 200 while the app serves, 503 while it stops or its engine is dead or stuck."""
    health = Health(Path(settings.runs), engine)

    def answer(request: Request) -> JSONResponse:  # not async: it reads folders, so it runs in a thread
        facts = health.facts()
        status = 200 if facts["status"] in ("ok", "starting") else 503
        return JSONResponse(facts, status, {"Cache-Control": "no-store"})

    return [Route("/health", answer)]


class Health:
    """The state of an app whose trainings are below `runs`, looked up at most once in FRESH seconds."""

    def __init__(self, runs: Path, engine: Engine):
        self._runs, self._engine = runs, engine
        self._looking = threading.Lock()
        self._looked, self._facts = -FRESH, {}

    def facts(self) -> dict:
        """JSON-ready: status ("starting", "ok", "stuck" or "stopping"), version, device (null until it is chosen), how many
        models everybody may see, free bytes on the disk, whether that is low, and whether a training is going on.
        """
        with self._looking:
            if time.monotonic() - self._looked >= FRESH:
                self._facts = self._look()
                self._looked = time.monotonic()
            return {"status": self._status(), **self._facts}

    def _status(self) -> str:
        engine = self._engine
        if stopping.begun():
            return "stopping"
        if not engine.alive or engine.at_work > STUCK:
            return "stuck"
        return "ok" if engine.device else "starting"

    def _look(self) -> dict:
        free = _free(self._runs)
        return {
            "version": gan_core.__version__,
            "device": self._engine.device or None,
            "models": len(self._engine.library.entries()),
            "free_bytes": free,
            "disk_low": free is not None and free < LOW,
            "training": run_view.active(self._runs) is not None,
        }


def _free(folder: Path) -> int | None:
    """Bytes free where a folder lies or would lie, None where nobody can tell."""
    try:
        there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
        return shutil.disk_usage(there).free
    except (OSError, StopIteration):
        return None
