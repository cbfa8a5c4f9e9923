"""The same points drawn again and again while a model learns."""

from pathlib import Path

import numpy as np
import torch

from gan_core.data import PictureSet
from gan_core.draws import source
from gan_core.export.picture import as_image, contact_sheet
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.metrics.diversity import diversity
from gan_core.models.base import Family, Generator

COLUMNS, ROWS = 6, 4
PREVIEW = 16  # pictures in a model's preview
FIT_PICTURES = 4096  # pictures that Family.conclude sees
REAL = 64  # pictures that the samples' variety is held against


class FixedSamples:
    """Draws seeds 0–23 (one class a column) with the averaged model, and says how varied they are beside real pictures."""

    def __init__(self, family: Family, pictures: PictureSet, seed: int):
        self._family, self._pictures = family, pictures.images[:FIT_PICTURES]
        classes = family.config.num_classes
        self._points = [
            LatentPoint(seed=i, label=i % COLUMNS % classes if classes else None) for i in range(COLUMNS * ROWS)
        ]
        chosen = torch.randperm(len(pictures), generator=source(torch.device("cpu"), seed, 3))[:REAL]
        self._real = pictures.images[chosen]

    def draw(self, model: Generator) -> np.ndarray:
        """uint8 pictures [24, H, W, C] of the fixed points; fits what the family fits at the end first."""
        self._family.conclude(model, self._pictures)
        return render(model, self._points)

    def diversity(self, images: np.ndarray) -> float:
        """Variety of drawn pictures, 1 = as varied as real ones (see metrics.diversity)."""
        return diversity(torch.from_numpy(images).permute(0, 3, 1, 2), self._real)

    def preview(self, model: Generator):
        """The preview picture of a model folder, 4 × 4."""
        return as_image(contact_sheet(self.draw(model)[:PREVIEW], 4, gap=0))


def save_sheet(images: np.ndarray, path: Path) -> None:
    """Write pictures [24, H, W, C] as one lossless WebP sheet, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".tmp")
    try:
        as_image(contact_sheet(images, COLUMNS, gap=0)).save(new, "webp", lossless=True, method=2)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
