"""ZeroGPU Spaces: a graphics card that is lent for one call at a time. Large sheets and films ask for it; drags stay on the processor.

There the package `spaces` (0.51) makes a forked process for each function wrapped in `spaces.GPU`; only in it is there CUDA, although
torch says so everywhere. What goes in and comes out is pickled, so the function gets a model's folder and loads it itself. The
wait for a card counts in seconds: it is asked for only where the processor would need longer. A training is a process of its own,
which no card can be lent to; it runs on the processor.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gan_core.ui import Settings
from gan_core.ui.library import Entry

VARIABLE = "SPACES_ZERO_GPU"  # set by the Hub on this hardware
DEVICE = "cuda"
WORTH = 5.0  # seconds of the processor from which a card is asked for
FASTER = 5.0  # times, at least, that a card is taken to be
SHORTEST, LONGEST = 10.0, 60.0  # seconds asked for: short ones are served sooner
REST = 60.0  # seconds without asking again after a refusal
AT_ONCE = 2

log = logging.getLogger(__name__)
_loaded: dict[tuple, object] = {}  # in the process that has the card: the model it drew last


def here() -> bool:
    """Whether this machine lends cards."""
    return os.environ.get(VARIABLE, "").lower() in ("1", "t", "true")


def prepared(settings: Settings) -> Settings:
    """Where cards are lent, the settings with everything on the processor, and `spaces` imported before CUDA is touched."""
    if not here():
        return settings
    if _lending() is None:
        log.warning("no graphics card can be lent here: the package spaces is missing, or this PyTorch knows no CUDA")
    return replace(settings, device="cpu")


def lent_card() -> "LentCard | None":
    """The card for an engine, where cards are lent; a Space on that hardware must name what needs one before it is served."""
    lend = _lending() if here() else None
    return None if lend is None else LentCard(lend(draw, duration=seconds_asked))


def _lending() -> Callable | None:
    """`spaces.GPU`, None where it cannot be had: beside a PyTorch without CUDA, importing it ends in an AttributeError."""
    try:
        from spaces import GPU
    except Exception:
        return None
    return GPU


class LentCard:
    """Draws many pictures of one model on a card that is lent for them, where that is worth it and there is one."""

    def __init__(self, draw: Callable[..., np.ndarray]):
        self._draw, self._resting = draw, 0.0
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def __call__(self, entry: Entry, points: Sequence, seconds: float) -> np.ndarray | None:
        """uint8 pictures [N, H, W, C] of points for which the processor would need so many seconds; None: let it do so."""
        if (
            len(points) < 2
            or seconds < WORTH
            or time.monotonic() < self._resting
            or not self._free.acquire(blocking=False)
        ):
            return None
        try:
            return self._draw(entry.path, entry.directions, entry.stamp, list(points), seconds)
        except Exception as error:  # gradio.Error for a spent quota; whatever it is, the processor can draw
            log.warning("no graphics card: %s", error)
            self._resting = time.monotonic() + REST
            return None
        finally:
            self._free.release()


def draw(folder: Path, directions: Path | None, stamp: int, points: list, seconds: float) -> np.ndarray:
    """Draw points of the model in a folder on DEVICE. stamp tells two states of the folder apart; seconds is for `seconds_asked`."""
    import torch

    from gan_core.checkpoint import load_model
    from gan_core.latent.sample import render
    from gan_core.layers import fold_norms

    torch.set_num_threads(1)  # in a forked process OpenMP's other threads are gone, and would be waited for
    key = (folder, directions, stamp)
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = fold_norms(load_model(folder, torch.device(DEVICE), directions))
    return render(_loaded[key], points)


def seconds_asked(folder: Path, directions: Path | None, stamp: int, points: list, seconds: float) -> int:
    """For how long a card is asked for."""
    return round(min(LONGEST, SHORTEST + seconds / FASTER))
