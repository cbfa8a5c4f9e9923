"""Moments of a training: copies of the averaged model from its way, in `moments/<pictures seen>/`, to compare with later ones."""

from __future__ import annotations

import contextlib
import copy
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.checkpoint import WEIGHTS, save_model

if TYPE_CHECKING:
    from gan_core.models.base import Generator

FIRST = 1 / 256  # share of the budget after which the first moment is kept; each later one at twice its pictures
MOST_BYTES = 64 << 20  # of all moments of a run together


class Moments:
    """Keeps the moments of one run. What is kept stands in folder names alone, so a resumed run goes on where it was."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._last: int | None = None  # pictures seen at the latest one; read from the folder when first needed

    def due(self, images: int, progress: float) -> bool:
        """Whether a model that has seen so many pictures, at that share of the budget (0 to 1), is to be kept."""
        if self._last is None:
            self._last = max((seen for seen, _ in list_moments(self.folder)), default=0)
        return progress < 1 and images > 0 and (images >= 2 * self._last if self._last else progress >= FIRST)

    def keep(self, network: Generator, images: int) -> None:
        """Write the averaged `network` as it stands; it is only read. A disk that refuses costs this moment, not the run."""
        self._last = images
        still = copy.copy(network)  # the same tensors; what is set here stays here
        still.config = replace(network.config, training={**network.config.training, "images": images})
        still.directions = None  # the finished model's serve all of them
        with contextlib.suppress(OSError):
            save_model(self.folder / str(images), still)
        self._thin()

    def forget_after(self, images: int) -> None:
        """Delete the moments that a resumed run has not come to yet."""
        for seen, path in list_moments(self.folder):
            if seen > images:
                shutil.rmtree(path, ignore_errors=True)
        self._last = None

    def _thin(self) -> None:
        """Drop every second moment, until all fit into MOST_BYTES; the spaces between them stay even."""
        while (kept := list_moments(self.folder)) and sum(_size(path) for _, path in kept) > MOST_BYTES:
            for _, path in kept[-2::-2] or kept:
                shutil.rmtree(path, ignore_errors=True)


def list_moments(folder: Path) -> list[tuple[int, Path]]:
    """(pictures seen, model folder) of every moment, earliest first; anything else in the folder is passed over."""
    found = [
        (int(path.name), path)
        for path in (folder.iterdir() if folder.is_dir() else [])
        if path.name.isascii() and path.name.isdigit() and (path / WEIGHTS).is_file()
    ]
    return sorted(found)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())
