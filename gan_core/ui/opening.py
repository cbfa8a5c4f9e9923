"""The first picture, ready before PyTorch is: drawn beforehand and kept with the model that the app opens with (weights/make_opening.py)."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gan_core.ui.engine import Engine

FILE = "opening.webp"
FIRST_SEED = 20  # as static/explore.js begins
FRESH = {"Cache-Control": "no-cache"}  # asked again each time: another model may be the first by then


def routes(settings, engine: Engine) -> list[Route]:
    """The route `/opening.webp`: the first model's picture at FIRST_SEED, or nothing where it has none of its own."""

    def answer(request: Request) -> Response:  # not async: it reads folders, so it runs in a thread
        entries = engine.library.entries()
        file = entries[0].path / FILE if entries else None
        return (
            FileResponse(file, headers=FRESH) if file and file.is_file() else Response(status_code=204, headers=FRESH)
        )

    return [Route(f"/{FILE}", answer)]
