"""Serving the page: our theme and words, limits, no request to another host, and a sentence when it cannot start.

MIDDLEWARE and ROUTES name what stands around and beside Gradio's own app.
"""

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gan_core import __version__
from gan_core.errors import StudioError
from gan_core.log import event
from gan_core.registry import resolve
from gan_core.ui import Settings, build, expiry, folders, limits, logs, mcp, stopping, zero_gpu
from gan_core.ui.desktop_first import Door
from gan_core.ui.engine import Engine
from gan_core.ui.lean_gradio import no_app_yet, rest_between_calls

log = logging.getLogger(__name__)

# Streamed to the disk; each desk bounds what it takes (uploads, import_desk).
MAX_UPLOAD, SPACE_UPLOAD = "2gb", "500mb"
SESSIONS = 500  # pages whose state Gradio remembers; ours keep theirs in the browser

# ASGI middleware classes, the outermost first
MIDDLEWARE = {
    "guard": "gan_core.ui.guard:Guard",
    "page": "gan_core.ui.page:StudioPage",
}
# functions of (settings, engine) that return a list of Starlette routes
ROUTES = {
    "health": "gan_core.ui.health:routes",
    "desktop": "gan_core.ui.desktop_first:routes",
    "opening": "gan_core.ui.opening:routes",
    "pwa": "gan_core.ui.pwa:routes",
}


def launch(settings: Settings, served: Callable[[str], None] = lambda url: None, **options):
    """Start the app and return Gradio's (app, local url, share url). Blocks until Ctrl-C unless `prevent_thread_lock=True`.

    `served` is called with the address as soon as the page can be had.

    What is None in `settings` is left to GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, GRADIO_SHARE and the like.
    Raises StudioError when the weights folder is missing or the port is taken.
    """
    settings = zero_gpu.prepared(check_folders(settings))
    engine = Engine(settings.weights, settings.runs, settings.device, settings.imported)
    engine.card = zero_gpu.lent_card()
    expiry.keep_tidy(settings.runs, settings.imported)
    from starlette.middleware import Middleware

    from gan_core.ui.i18n import gradio_words
    from gan_core.ui.theme import theme

    with no_app_yet():
        page = build(settings, engine).queue(default_concurrency_limit=4, max_size=64)
    rest_between_calls(page)
    try:
        started = page.launch(
            server_name=settings.host,
            server_port=settings.port,
            share=settings.share,
            theme=theme(),
            i18n=gradio_words(),
            app_kwargs={
                "middleware": [Middleware(resolve(MIDDLEWARE, name)) for name in MIDDLEWARE],
                "routes": [route for name in ROUTES for route in resolve(ROUTES, name)(settings, engine)],
                "docs_url": None,
                "redoc_url": None,
            },
            max_file_size=SPACE_UPLOAD if limits.on_space() else MAX_UPLOAD,
            footer_links=[],
            run_history=False,
            ssr_mode=False,
            pwa=False,
            enable_monitoring=False,
            mcp_server=mcp.wanted(settings.mcp),
            quiet=True,
            state_session_capacity=SESSIONS,
            **{"prevent_thread_lock": True, **options},
        )
    except OSError as error:
        if "port" not in str(error):
            raise
        raise StudioError(
            "app.port",
            "Port {port} is taken by another program. Choose another: python app.py --port 7870",
            port=settings.port or "7860–7959",
        ) from error
    print(f"Latent Studio: {page.share_url or page.local_url}   (Ctrl-C stops it)", flush=True)
    event("app.started", version=__version__, space=limits.on_space(), device=settings.device)
    served(page.local_url)
    engine.warm_up()  # only now: PyTorch takes as long as all that the page needs
    if "prevent_thread_lock" not in options:
        stopping.hold(page, Path(settings.runs))
    return started


def check_folders(settings: Settings) -> Settings:
    """Return the settings with folders that can be written to, where there are any: without them there are pictures all the same.

    Raises StudioError when a weights folder was asked for that is not there.
    """
    if not Path(settings.weights).is_dir():
        raise StudioError(
            "app.weights",
            "There is no folder {path} with models. Start the app in its own folder, or say where they are: python app.py --weights DIR",
            path=settings.weights,
        )
    folders.name_a_temporary_folder()
    for name in ("runs", "imported"):
        try:
            place = folders.writable_or(Path(getattr(settings, name)), name)
            place.path.mkdir(parents=True, exist_ok=True)
        except (StudioError, OSError) as error:
            log.warning("%s", error)
            continue
        if place.reason:
            log.warning("%s.", place.reason)
            settings = replace(settings, **{name: place.path})
    return settings


def run(settings: Settings) -> int:
    """Serve until Ctrl-C, or show the app that serves these folders already; return the process's exit status, with one sentence on stderr instead of a traceback."""
    try:
        logs.begin(settings.log)
        settings = check_folders(settings)
        with Door(settings) as door:
            if not door.joined():
                launch(settings, door.open)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
