"""Which models there are: bundled ones, those of finished or running trainings, and those pulled from the Hub. No gradio, no torch."""

import base64
import contextlib
import io
import json
import re
import struct
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from PIL import Image

from gan_core.checkpoint import list_models, read_config
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.models import family
from gan_core.training.moments import list_moments
from gan_core.training.run import Run
from gan_core.ui import limits

OPENING = "faces-style"  # the model that the app opens with, where it is there
THUMB = 128  # pixels a side of a model's picture in the picker


@dataclass(frozen=True)
class Entry:
    """A model on disk: its id in the interface, where it came from ("bundled", "run", "hub", "imported", or "moment": an earlier one of a run's),
    its folder, its own facts, and the folder whose directions it has, where they are another's: a slider means the same in all moments.
    """

    id: str
    origin: str
    path: Path
    config: ModelConfig
    directions: Path | None = None

    @property
    def stamp(self) -> int:
        """A number that changes when its weights or its directions are written: a run that goes on replaces its model."""
        return _written(self.path / "model.safetensors") + _written(
            (self.directions or self.path) / "directions.safetensors"
        )


class Library:
    """Finds models by id. Ids come from folder names found here, so a request can never name a path."""

    def __init__(self, weights: Path, runs: Path, imported: Path | None = None):
        self.weights, self.runs, self.imported = weights, runs, imported
        self._pulled: dict[str, Path] = {}
        self._known: dict[str, Entry] = {}

    def entries(self, visitor: str = "") -> list[Entry]:
        """Look at the folders again and return every model: bundled (OPENING, then the largest pictures), own runs, imported, pulled.

        On a Space, trained and imported ones are only seen by the visitor who made or brought them.
        """
        bundled = sorted(
            list_models(self.weights), key=lambda e: (e.path.name != OPENING, -e.config.resolution, e.path.name)
        )
        found = [Entry(e.path.name, "bundled", e.path, e.config) for e in bundled]
        own = self._trained() + self._imported()
        found += [entry for entry in own if limits.may_change(entry.path.parent, visitor)]
        for name, path in self._pulled.items():
            found += [Entry(f"hub/{name}", "hub", e.path, e.config) for e in list_models(path.parent) if e.path == path]
        self._known = {entry.id: entry for entry in [*found, *own]}
        return found

    def _trained(self) -> list[Entry]:
        """Models of runs, the latest first. On a Space their names hold a word that nobody guesses."""
        folders = sorted(self.runs.glob("*/model"), key=_written, reverse=True)
        return [entry for folder in folders for entry in _of_run(folder.parent)]

    def _imported(self) -> list[Entry]:
        """Models of other people's files, the latest first. On a Space their names hold a word that nobody guesses."""
        folders = sorted(self.imported.glob("*/model"), key=_written, reverse=True) if self.imported else []
        return [
            Entry(f"imported/{e.path.parent.name}", "imported", e.path, e.config)
            for folder in folders
            for e in list_models(folder.parent)
            if e.path == folder
        ]

    def entry(self, model: str) -> Entry:
        """Return the model with this id. Raises StudioError when there is none (any more)."""
        if model not in self._known:
            self.entries()
            run = self._known.get(str(model).rpartition("@")[0])
            self._known |= {moment.id: moment for moment in self._moments(run)} if run else {}
        if model not in self._known or not self._known[model].path.is_dir():
            raise StudioError(
                "model.unknown", "The model “{name}” is not here (any more). Choose another one.", name=str(model)[:80]
            )
        return self._known[model]

    def moments(self, model: str) -> list[Entry]:
        """Return the same model at earlier moments of its training, earliest first, ids "runs/<name>@<pictures seen>"; none
        for models that did not keep any. They are not among `entries`. Raises StudioError for an unknown model.
        """
        found = self._moments(self.entry(model))
        self._known |= {moment.id: moment for moment in found}
        return found

    def _moments(self, run: Entry) -> list[Entry]:
        if run.origin != "run":
            return []
        found, seen = [], run.config.training.get("images")
        for images, path in list_moments(run.path.parent / "moments"):
            with contextlib.suppress(StudioError, OSError):
                if not isinstance(seen, int) or images < seen:
                    found.append(Entry(f"{run.id}@{images}", "moment", path, read_config(path), run.path))
        return found

    def add(self, name: str, path: Path) -> str:
        """Add a model folder pulled from the Hub as `name` ("user/repo"); return its id."""
        self._pulled[name] = Path(path)
        self.entries()
        return f"hub/{name}"

    def models(self, visitor: str = "") -> list[dict]:
        """Return what the browser needs to know of every model that a visitor may see, JSON-ready."""
        return [self.facts(entry) for entry in self.entries(visitor)]

    def facts(self, entry: Entry) -> dict:
        """Return one model's facts, JSON-ready; `directions` is how many sliders it has, `layers` what styles can be mixed in."""
        config = entry.config
        return {
            "id": entry.id,
            "origin": entry.origin,
            "name": config.name or entry.path.name,
            "title": config.title,
            "family": config.family,
            "resolution": config.resolution,
            "channels": config.channels,
            "labels": list(config.labels) or [str(i) for i in range(config.num_classes)],
            "pixel_art": config.pixel_art,
            "data": re.split(r"[/\\]", config.data)[-1],
            "layers": _layers(config),
            "directions": directions(entry.path) or min(config.z_dim, 64),
            "thumb": _thumb(entry.path / "preview.webp", config.resolution, entry.stamp),
        }


def _of_run(folder: Path) -> list[Entry]:
    """A run's last model and, marked by a star, its best one; the best first where it is better beyond chance (training.best)."""
    models = {e.path.name: e.config for e in list_models(folder) if e.path.name in ("model", "best")}
    if "model" not in models:
        return []
    last = Entry(f"runs/{folder.name}", "run", folder / "model", models["model"])
    if "best" not in models or models["best"].training.get("images") == last.config.training.get("images"):
        return [last]
    config = replace(models["best"], title=f"{models['best'].title} ★")
    best = Entry(f"{last.id}@best", "run", folder / "best", config, last.path)
    compared = (Run(folder).best or {}).get("compared")
    return [best, last] if isinstance(compared, dict) and compared.get("better") is True else [last, best]


def directions(folder: Path) -> int:
    """Return how many directions a model folder brings, from the header of directions.safetensors (0: found when first used)."""
    try:
        with open(folder / "directions.safetensors", "rb") as file:
            header = json.loads(file.read(min(struct.unpack("<Q", file.read(8))[0], 1_000_000)))
        return int(header["directions"]["shape"][0])
    except (OSError, ValueError, KeyError, IndexError, TypeError, RecursionError, struct.error):
        return 0


def _layers(config: ModelConfig) -> int:
    """Return how many layers a point can steer one by one, as the config says; 1 for a family or size that we cannot draw."""
    try:
        return family(config.family).Generator.count_ws(config)
    except StudioError:
        return 1


def _written(file: Path) -> int:
    """When a file was written, in nanoseconds; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=256)
def _thumb(preview: Path, resolution: int, stamp: int) -> str:
    """Return a data URL of the first 2 × 2 pictures of a preview sheet, or "" when there is no readable one."""
    try:
        with Image.open(preview, formats=["WEBP", "PNG", "JPEG"]) as sheet:
            if sheet.width * sheet.height > 16_000_000:
                return ""
            side = min(2 * resolution, sheet.width, sheet.height) if sheet.width % resolution == 0 else min(sheet.size)
            picture = sheet.convert("RGBA" if "A" in sheet.getbands() else "RGB").crop((0, 0, side, side))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    if side > THUMB * 2:
        picture = picture.resize((THUMB * 2, THUMB * 2), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "webp", quality=88, lossless=side <= THUMB, method=2)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
