"""The app for programs: five typed endpoints for gradio_client, JavaScript and, where `gradio[mcp]` is installed, agents. See programs.py.

Each calls what the tabs call, so queue, turns and budgets hold here, too. Files it hands out are deleted like every other (expiry.py).
"""

import base64
import contextlib
import functools
import inspect
import json
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import gradio as gr
from gradio.utils import get_upload_folder

from gan_core.errors import StudioError
from gan_core.latent.point import MAX_SEED, LatentPoint
from gan_core.log import event
from gan_core.ui import Studio, faults, visitor
from gan_core.ui.caller import caller, calling
from gan_core.ui.library import Entry
from gan_core.ui.requests import Between, Name, arguments
from gan_core.ui.tabs.explore import Explore
from gan_core.ui.tabs.grid import MOST, Grid
from gan_core.ui.tabs.morph import Morph
from gan_core.ui.tools.photo import MOST as MOST_LETTERS
from gan_core.ui.tools.photo import Photo

AT_ONCE = 2  # calls of programs that run at the same time; the others wait in Gradio's queue
MOST_BYTES = 20_000_000  # of a picture to be looked for

Seed = Annotated[int, Between(0, MAX_SEED)]
Truncation = Annotated[float, Between(0, 2)]
Size = Annotated[int, Between(8, 1024)]

log = logging.getLogger(__name__)


class Programs:
    """The endpoints. Their signatures and docstrings are what programs are told; wrong values are refused in sentences."""

    def __init__(self, studio: Studio):
        self.engine = studio.engine
        self.explore, self.morphs, self.grids, self.photo = Explore(studio), Morph(studio), Grid(studio), Photo(studio)

    def list_models(self) -> list[dict]:
        """List the models that pictures can be made with.

        Returns:
            A list of {id, title, family, resolution, channels, labels, directions}: `id` goes into the other endpoints as `model`,
            `labels` name its classes (empty without), `directions` are names that `moves` of `render` may use.
        """
        found = []
        for entry in self.engine.library.entries(caller().word):
            facts = self.engine.library.facts(entry)
            kept = {name: facts[name] for name in ("id", "title", "family", "resolution", "channels", "labels")}
            found.append({**kept, "directions": slider_names(entry, facts["directions"])})
        return found

    async def render(
        self,
        model: Name,
        seed: Seed = 0,
        truncation: Truncation = 1.0,
        label: int | None = None,
        moves: dict | None = None,
        size: Size | None = None,
        point: dict | None = None,
    ) -> dict:
        """Draw one picture.

        Args:
            model: id of a model, from list_models.
            seed: 0 to 4294967295; the same seed gives the same picture on every machine.
            truncation: how typical, 0 (the average) to 2; 1 is as drawn.
            label: number of a class, for models that have some; null lets the seed choose.
            moves: sliders, {name of a direction: amount in standard deviations}.
            size: pixels to enlarge it to, 8 to 1024; null for the model's own size.
            point: a whole point as JSON, as a link or a saved PNG has it, instead of seed, truncation, label and moves.

        Returns:
            A PNG file with its point inside.
        """
        raw = {
            "seed": seed,
            "truncation": truncation,
            "moves": [[name, amount] for name, amount in (moves or {}).items()],
        }
        raw |= {} if label is None else {"label": label}
        place = LatentPoint.from_json({**(raw if point is None else point), "model": model})
        return lay_out(await self.explore.save(place, size))

    async def morph(
        self,
        model: Name,
        seed_a: Seed,
        seed_b: Seed,
        frames: Annotated[int, Between(2, 240)] = 24,
        fps: Annotated[int, Between(1, 60)] = 12,
        size: Size = 256,
        kind: Literal["webp", "gif", "mp4"] = "webp",
        back: bool = True,
        truncation: Truncation = 1.0,
    ) -> dict:
        """Make a film of the way from one seed's picture to another's.

        Args:
            model: id of a model, from list_models.
            seed_a: seed of the first picture, 0 to 4294967295.
            seed_b: seed of the last picture.
            frames: pictures from the first to the last, 2 to 240.
            fps: pictures a second, 1 to 60.
            size: height in pixels, 8 to 1024.
            kind: webp, gif or mp4.
            back: whether it goes back to the first one, so that it can be looped.
            truncation: how typical, 0 to 2; 1 is as drawn.

        Returns:
            The film as a file.
        """
        a, b = (LatentPoint(seed=seed, truncation=truncation, model=model) for seed in (seed_a, seed_b))
        name = f"program-{secrets.token_hex(8)}"
        return lay_out(await self.morphs.save(a, b, frames, "slerp", back, kind, max(16, size), fps, name))

    async def grid(
        self,
        model: Name,
        first_seed: Seed = 0,
        count: Annotated[int, Between(1, MOST)] = 16,
        columns: Annotated[int, Between(1, 12)] = 4,
        truncation: Truncation = 1.0,
        label: int | None = None,
    ) -> dict:
        """Lay the pictures of consecutive seeds side by side.

        Args:
            model: id of a model, from list_models.
            first_seed: seed of the first picture, 0 to 4294967295.
            count: pictures, 1 to 144.
            columns: pictures in a row, 1 to 12.
            truncation: how typical, 0 to 2; 1 is as drawn.
            label: number of a class, for models that have some; null lets the seeds choose.

        Returns:
            A PNG file.
        """
        seeds = [(first_seed + i) % (MAX_SEED + 1) for i in range(count)]
        points = [LatentPoint(seed=seed, truncation=truncation, label=label, model=model) for seed in seeds]
        return lay_out(await self.grids.save_sheet(points, min(columns, count)))

    async def invert(self, model: Name, picture: Any, label: int | None = None) -> dict:
        """Find the point whose picture is nearest to a picture of one's own. The picture is not kept.

        Args:
            model: id of a model, from list_models.
            picture: a picture file (`handle_file("me.jpg")` of gradio_client), or its bytes in base64.
            label: number of a class, for models that have some; null lets the search find it.

        Returns:
            {point, distance, verdict}: `point` goes into render, `distance` is 0 for the same picture, 1 for a chance one.
        """
        found = await self.photo.find(model, taken_in(picture), f"program-{secrets.token_hex(8)}", label)
        return {name: found[name] for name in ("point", "distance", "verdict")}


def slider_names(entry: Entry, count: int) -> list[str]:
    """Return what the sliders of a model are called in a point, from its file's header: named ones, then d0, d1 … found without labels."""
    from safetensors import SafetensorError, safe_open

    named: list = []
    path = (entry.directions or entry.path) / "directions.safetensors"
    unreadable = (OSError, ValueError, TypeError, KeyError, RecursionError, SafetensorError)
    with contextlib.suppress(*unreadable), safe_open(path, "np") as file:
        named = [fact["name"] for fact in json.loads((file.metadata() or {}).get("named", "[]"))]
    return [name for name in named if isinstance(name, str)] + [f"d{i}" for i in range(count)]


def lay_out(file: dict) -> dict:
    """Write a file of `pictures.attachment` where Gradio serves it; return what its clients fetch it by."""
    folder = Path(get_upload_folder()) / f"programs-{secrets.token_hex(16)}"
    folder.mkdir(parents=True)
    path = folder / file["name"]
    path.write_bytes(base64.b64decode(file["data"]))
    return {
        "path": str(path),
        "url": f"/gradio_api/file={path}",
        "orig_name": path.name,
        "mime_type": file["type"],
        "size": path.stat().st_size,
        "meta": {"_type": "gradio.FileData"},
    }


def taken_in(picture: Any) -> str:
    """Return a picture that a program sent as base64: a file it has uploaded, which is deleted, or text. Raises StudioError."""
    if isinstance(picture, str):
        text = picture.partition(",")[2] if picture.startswith("data:") else picture
        if 0 < len(text) <= MOST_LETTERS:
            return text
    if isinstance(picture, dict) and isinstance(picture.get("path"), str) and len(picture["path"]) < 4096:
        with contextlib.suppress(OSError, ValueError):
            path, inbox = Path(picture["path"]).resolve(), Path(get_upload_folder()).resolve()
            if path.is_relative_to(inbox) and path.is_file() and path.stat().st_size <= MOST_BYTES:
                data = path.read_bytes()
                path.unlink()
                return base64.b64encode(data).decode()
    raise StudioError(
        "api.picture", "Send the picture as a file of at most 20 MB, or as base64 text of at most 4,000,000 characters."
    )


def endpoint(function: Callable) -> Callable:
    """Wrap a method of Programs: its arguments checked as those of the page are, its errors sentences, its annotations plain types."""
    plain = get_type_hints(function)  # without the bounds
    names = inspect.signature(function)

    @functools.wraps(function)
    async def answer(*values: Any) -> Any:
        sent = dict(zip(names.parameters, values, strict=False))
        try:
            with calling(visitor.asking({})):
                made = function(**arguments(function, sent))
                return await made if inspect.isawaitable(made) else made
        except Exception as error:
            said = faults.in_words(error)
            event("request.failed", function=function.__name__, code=said.code if said else "unexpected")
            if said is not error:
                log.exception("%s failed", function.__name__)
            sentence = str(said or "Something went wrong here. Please try again.")
            raise gr.Error(sentence, print_exception=False) from None

    parameters = [p.replace(annotation=plain[name]) for name, p in names.parameters.items()]
    answer.__signature__ = names.replace(parameters=parameters, return_annotation=plain["return"])
    answer.__annotations__ = plain
    return answer


def build(studio: Studio) -> None:
    """Offer the endpoints."""
    programs = Programs(studio)
    for name in ("list_models", "render", "morph", "grid", "invert"):
        gr.api(endpoint(getattr(programs, name)), api_name=name, concurrency_limit=AT_ONCE, concurrency_id="programs")
