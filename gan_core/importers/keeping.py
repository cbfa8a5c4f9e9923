"""Somebody else's model as one of our folders: its own numbers, a picture, and what was assumed, remembered."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

from gan_core.card import model_card
from gan_core.checkpoint import assemble, save_model
from gan_core.config import ModelConfig
from gan_core.importers import digest, open_file
from gan_core.importers.contents import Candidate
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render

NOTES = (
    "Imported from a file that somebody else made. Who made it, under which licence it stands and what it was trained on are not known "
    "here: ask whoever published it before you share pictures of it or the model itself."
)
ROWS, COLUMNS = 4, 4  # of the preview


def import_model(path: Path, folder: Path, choice: int = 0, title: str = "") -> ModelConfig:
    """Write somebody else's weight file as a model folder of ours, understood as candidate `choice` of `open_file`.

    Weights stay as exact as the file has them (fp32). Returns the folder's config. Raises StudioError, and OSError when the disk refuses.
    """
    path = Path(path)
    found = open_file(path)
    number = min(max(choice, 0), len(found) - 1)
    return keep(found[number], path, folder, number, title)


def keep(candidate: Candidate, path: Path, folder: Path, choice: int = 0, title: str = "") -> ModelConfig:
    """`import_model` for a candidate that is at hand already."""
    model = assemble(candidate.config, candidate.tensors, path.name)
    facts = {
        "imported": datetime.now(UTC).date().isoformat(), "file": path.name[:200], "choice": choice, "sure": candidate.sure,
        **({"sha256": digest(path)} if path.is_file() else {}), **candidate.config.training,
    }  # fmt: skip
    name = candidate.config.name or path.stem
    model.config = replace(
        candidate.config, name=name, title=title or candidate.config.title or name, training=facts, notes=candidate.config.notes or NOTES
    )  # fmt: skip
    save_model(folder, model, sheet(model), model_card(model.config), exact=True)
    return model.config


def sheet(model, rows: int = ROWS, columns: int = COLUMNS) -> Image.Image:
    """A sheet of the model's first pictures, seeds 0, 1, 2 …, as previews are."""
    side, channels = model.config.resolution, model.config.channels
    pictures = np.concatenate([render(model, [LatentPoint(seed=seed)]) for seed in range(rows * columns)])
    whole = (
        pictures.reshape(rows, columns, side, side, channels)
        .swapaxes(1, 2)
        .reshape(rows * side, columns * side, channels)
    )
    return Image.fromarray(whole.squeeze(2) if channels == 1 else whole)
