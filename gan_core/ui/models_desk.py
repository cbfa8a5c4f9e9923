"""What the Models tab may ask of the app: cards of all models, their model cards, files, deleting one's own."""

import json
import secrets
import shutil
import struct
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.training.run import list_runs
from gan_core.ui import budget, limits, run_view
from gan_core.ui.engine import Engine
from gan_core.ui.library import Entry
from gan_core.ui.requests import Name, Visitor

MAX_CARD = 200_000  # characters of a README shown
ZIP_AGE = 3600  # seconds for which a zip waits to be fetched
FILES = ("config.json", "model.safetensors", "directions.safetensors", "preview.webp", "README.md")


@dataclass(frozen=True)
class ModelsDesk:
    """The models that `engine` knows; zips are laid into `outbox`, from where Gradio serves files."""

    engine: Engine
    runs: Path
    outbox: Path

    def cards(self, visitor: Visitor) -> dict:
        """Return all models with what a card shows."""
        return {
            "models": [self._card(entry, visitor) for entry in self.engine.library.entries(visitor)],
            "shared": limits.on_space(),
        }

    def card(self, model: Name) -> dict:
        """Return a model's README as text (the browser shows it without ever reading it as HTML)."""
        path = self.engine.library.entry(model).path / "README.md"
        try:
            with path.open(encoding="utf-8", errors="replace") as file:
                return {"text": file.read(MAX_CARD)}
        except OSError:
            return {"text": ""}

    def remove(self, model: Name, visitor: Visitor) -> dict:
        """Delete a model of one's own (with its training), or one from the Hub; bundled ones stay."""
        entry = self.engine.library.entry(model)
        self._check_own(entry, visitor)
        if entry.origin == "run":
            run_view.find(self.runs, entry.path.parent.name, visitor).delete()
        elif entry.origin == "imported":
            shutil.rmtree(entry.path.parent, ignore_errors=True)
        else:
            _forget(entry.path)
        self.engine.library.entries()
        return {"removed": model}

    def archive(self, model: Name) -> dict:
        """Pack a model folder into a zip that the browser can fetch; return its path and name."""
        entry = self.engine.library.entry(model)
        budget.spend("exports")
        name = model.split("/", 1)[-1].replace("/", "-").replace("@", "-")
        folder = self.outbox / f"models-{secrets.token_hex(8)}"
        _sweep(self.outbox)
        folder.mkdir(parents=True)
        target = folder / f"{name}.zip"
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as pack:  # the weights do not get smaller
            for file in FILES:
                if (entry.path / file).is_file():
                    pack.write(entry.path / file, f"{name}/{file}")
        return {"path": str(target), "name": target.name}

    def _card(self, entry: Entry, visitor: str) -> dict:
        config = entry.config
        return {
            **self.engine.library.facts(entry),
            "preview": _preview(entry),
            "parameters": parameters(entry.path / "model.safetensors"),
            "bytes": sum((entry.path / file).stat().st_size for file in FILES if (entry.path / file).is_file()),
            "data": config.data if "/" not in config.data and "\\" not in config.data else Path(config.data).name,
            "licence": config.licence,
            "quality": {key: value for key, value in config.quality.items() if isinstance(value, (int, float))},
            "readme": (entry.path / "README.md").is_file(),
            "mine": self._may_remove(entry, visitor),
            "run": entry.path.parent.name if entry.origin == "run" else "",
            "commit": entry.path.name if entry.origin == "hub" else "",
        }

    def _may_remove(self, entry: Entry, visitor: str) -> bool:
        try:
            self._check_own(entry, visitor)
        except StudioError:
            return False
        return entry.origin != "run" or not self._active(entry)

    def _active(self, entry: Entry) -> bool:
        return any(run.name == entry.path.parent.name and run.status().active for run in list_runs(self.runs))

    def _check_own(self, entry: Entry, visitor: str) -> None:
        if entry.origin == "bundled":
            raise StudioError("model.bundled", "This model comes with Latent Studio and stays.")
        if entry.origin == "moment":
            raise StudioError(
                "model.moment", "This is a moment of a training. Delete the training; its moments go with it."
            )
        if entry.origin in ("run", "imported"):
            limits.check_owner(entry.path.parent, visitor)
        elif limits.on_space():
            raise StudioError("model.shared", "Everybody here shares this model, so it cannot be deleted.")


def parameters(weights: Path) -> int:
    """Return how many numbers a safetensors file holds, from its header alone (0 when it cannot be read)."""
    try:
        with weights.open("rb") as file:
            header = json.loads(file.read(min(struct.unpack("<Q", file.read(8))[0], 10_000_000)))
        sizes = [entry["data_offsets"] for name, entry in header.items() if name != "__metadata__"]
        widths = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2}
        kinds = [entry["dtype"] for name, entry in header.items() if name != "__metadata__"]
        return sum((end - start) // widths.get(kind, 1) for (start, end), kind in zip(sizes, kinds, strict=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error):
        return 0


def _preview(entry: Entry) -> str:
    path = entry.path / "preview.webp"
    return run_view.thumbnail(path, 384) if path.is_file() else ""


def _forget(folder: Path) -> None:
    """Delete a snapshot from the Hub's cache with the client's own tool, which knows what other revisions share."""
    from huggingface_hub import scan_cache_dir

    scan_cache_dir(folder.parents[2]).delete_revisions(folder.name).execute()


def _sweep(outbox: Path) -> None:
    """Delete zips of an hour ago."""
    for zipped in outbox.glob("models-*/*.zip"):
        if time.time() - zipped.stat().st_mtime > ZIP_AGE:
            zipped.unlink(missing_ok=True)
            zipped.parent.rmdir()
