"""A map of a model: many pictures laid out in two dimensions, so that those that look alike lie side by side.

Neighbourhoods are those of the pictures (their colours at 16 × 16), not of the codes: draws of a Gaussian are all about equally
far apart, so a map of z shows no order, and one of W less than the pictures do (tests/test_map.py has the comparison).
"""

import contextlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
import torch

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.latent.point import LatentPoint
from gan_core.metrics.features import extract
from gan_core.metrics.pixels import Pixels
from gan_core.models.base import Generator

COUNT = 480  # pictures on a map
COMPONENTS = 32  # principal components of the pictures that are laid out
PERPLEXITY = 30  # about how many neighbours each picture is held beside
FEWEST = 3 * PERPLEXITY  # pictures below which t-SNE has nothing to go by; PCA lays them out
ROUNDS = 2  # of 250 steps each: the first with early exaggeration
NEAR = 4  # pictures that say where another one belongs
GAP = 0.8  # least distance between two pictures, in mean ones

Tell = Callable[[int, int, str], None]  # (done, total, stage); it may raise to stop the work


@dataclass(frozen=True, eq=False)
class Layout:
    """Where pictures lie: `positions` float32 [N, 2] in [0, 1], and the `features` float32 [N, D] that put them there."""

    positions: np.ndarray
    features: np.ndarray

    def place(self, pictures: np.ndarray) -> np.ndarray:
        """Positions [M, 2] of other pictures (uint8 [M, H, W, C]): among the pictures they look like."""
        distances = np.linalg.norm(features(pictures)[:, None] - self.features[None], axis=2)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, : min(NEAR, len(self.features))]
        weights = 1 / (np.take_along_axis(distances, nearest, 1) ** 2 + 1e-9)
        spots = self.positions[nearest]
        weights *= np.linalg.norm(spots - spots[:, :1], axis=2) < 0.15  # look-alikes elsewhere would pull it into a gap
        return (spots * (weights / weights.sum(1, keepdims=True))[..., None]).sum(1)


def seeds(config: ModelConfig, count: int = COUNT, model: str = "") -> list[LatentPoint]:
    """Points of the seeds 0 … count − 1; with classes, each says which one it shows: the one that its seed picks."""
    classes = config.num_classes
    return [LatentPoint(seed=i, label=i % classes if classes else None, model=model) for i in range(count)]


@torch.inference_mode()
def encoded(model: Generator, images: torch.Tensor, name: str = "", batch: int = 64) -> list[LatentPoint]:
    """Points of the codes of uint8 pictures [N, C, R, R], for a model that can encode. Raises StudioError for others."""
    if not model.can_encode:
        raise StudioError("map.no_encoder", "This model cannot take pictures apart. Choose a VAE or an autoencoder.")
    device = next(model.parameters()).device
    codes = [model.encode(part.to(device, torch.float32) / 127.5 - 1).float().cpu() for part in images.split(batch)]
    return [LatentPoint(vector=tuple(code.tolist()), model=name) for code in torch.cat(codes)]


def features(pictures: np.ndarray) -> np.ndarray:
    """What is compared: float32 [N, 768], the colours at 16 × 16 of uint8 [N, H, W, C]; what is transparent shows white."""
    return extract(torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2), Pixels()).numpy()


def lay_out(pictures: np.ndarray, tell: Tell = lambda *_: None) -> Layout:
    """Lay uint8 pictures [N, H, W, C] out, like beside like; the same pictures always lie in the same places.

    t-SNE (van der Maaten & Hinton 2008; Barnes-Hut, 2014) of their principal components, begun from the first two (Kobak & Berens
    2019); then neighbours that cover each other are pushed apart. Raises StudioError when scikit-learn is not installed.
    """
    looks = features(pictures)
    rows = principal(looks)
    tell(0, ROUNDS, "layout")
    flat = rows[:, :2]
    if len(rows) >= FEWEST and np.ptp(flat, axis=0).min() > 1e-6:
        flat = _neighbours(rows, tell)
    return Layout(spread_out(flat), looks)


def principal(rows: np.ndarray, keep: int = COMPONENTS) -> np.ndarray:
    """The first `keep` (at least 2) principal components float32 [N, keep] of rows [N, D], with definite signs."""
    centred = rows.astype(np.float64) - rows.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    found = centred @ axes[:keep].T
    return np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1])))).astype(np.float32)


def prepare() -> None:
    """Import what laying out needs, in the background: it takes seconds, in which pictures can be drawn."""
    threading.Thread(target=_import_quietly, name="map", daemon=True).start()


def _import_quietly() -> None:
    with contextlib.suppress(ImportError):
        import_module("sklearn.manifold")


def _neighbours(rows: np.ndarray, tell: Tell) -> np.ndarray:
    try:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise StudioError(
            "map.package", "The map needs one more package: run “{command}”, then start the app again.",
            command="pip install scikit-learn",
        ) from None  # fmt: skip
    flat = rows[:, :2] / rows[:, 0].std() * 1e-4
    threads = max(1, (os.cpu_count() or 1) // 2)  # the rest belongs to whoever drags a slider
    for done in range(ROUNDS):
        step = TSNE(
            init=flat, perplexity=PERPLEXITY, max_iter=250, random_state=0, early_exaggeration=1 if done else 12
        )
        with threadpool_limits(threads):
            flat = step.fit_transform(rows)
        tell(done + 1, ROUNDS, "layout")
    return flat


def spread_out(flat: np.ndarray, rounds: int = 40) -> np.ndarray:
    """Stretch positions [N, 2] over the unit square and push pairs that are too close apart, so that each can be seen."""
    low, high = flat.min(0), flat.max(0)
    at = (flat - low) / np.maximum(high - low, 1e-12)
    at += np.random.RandomState(0).uniform(-1e-4, 1e-4, at.shape)  # two in the very same place need a side to go to
    at, least = at.astype(np.float32), GAP * len(at) ** -0.5
    for _ in range(rounds):
        first, second = np.nonzero(np.triu(_squared(at) < least**2, 1))
        apart = at[first] - at[second]
        distance = np.linalg.norm(apart, axis=1, keepdims=True)
        push = 0.4 * (least - distance) * apart / np.maximum(distance, 1e-9)
        np.add.at(at, first, push)
        np.subtract.at(at, second, push)
        at = at.clip(0, 1)
    return at


def _squared(at: np.ndarray) -> np.ndarray:
    """Squared distances [N, N] between positions [N, 2]."""
    x, y = at.T
    return (x[:, None] - x) ** 2 + (y[:, None] - y) ** 2
