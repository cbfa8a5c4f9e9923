"""What to expect of a training here: its speed from a few seconds of steps, and what so many pictures seen have looked like elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gan_core.config import ModelConfig, TrainConfig
from gan_core.data import PictureSet
from gan_core.device import Device, tune, usual_threads
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.models import family as family_called

# Pictures seen from which a person recognises what is meant, and from which the pictures are clear. Looked up in the sample sheets of
# the bundled models' own trainings (faces-gan, faces-style, faces-vae at 64 px; digits-gan at 28 px) and of Auto's of two minutes, whose
# small batches and large steps take 12,000 pictures of `faces` and 6,000 of 28 px (benchmarks/results/recognisable.png).
MARKS = {"dcgan": (12_000, 40_000), "stylegan2": (20_000, 90_000), "vae": (20_000, 90_000), "mlp_gan": (30_000, 90_000)}
SMALL, SMALL_MARKS = 32, {"dcgan": (6_000, 40_000)}  # up to so many pixels
PROBE_SECONDS = 2.0
WARM = 2  # steps before the clock runs: the first ones allocate
PROBED = 64  # made-up pictures to learn from
SHAPE = (
    "batch", "width", "d_width", "z_dim", "w_dim", "mapping_layers", "mixing", "loss", "penalty", "penalty_every", "path_length",
    "discriminator", "no_noise", "spectral_norm", "augmentation", "accumulate",
)  # fmt: skip

MOST_KNOWN = 500
_known: dict[tuple, float] = {}  # images per second of this process's machine, by everything that decides it
_one = threading.Lock()  # two probes at once would slow each other down


@dataclass(frozen=True)
class Expectation:
    """What a training would reach: `images_per_second`, `images` seen in its time, and the `stage` that looks like:
    blobs, recognisable, clear, or "" where nothing like it was measured. `seconds` until each mark, {stage: seconds}."""

    images_per_second: float
    images: int
    stage: str
    seconds: dict[str, float]

    def to_dict(self) -> dict:
        """A JSON-ready dict."""
        return {
            "rate": round(self.images_per_second, 1),
            "images": self.images,
            "stage": self.stage,
            "seconds": self.seconds,
        }


def marks_of(family: str, resolution: int | None) -> tuple[int, ...]:
    """Pictures seen from which what a family draws at a size is recognisable, and clear; () where nothing like it was measured."""
    small = SMALL_MARKS if resolution and resolution <= SMALL else {}
    return small.get(family) or MARKS.get(family, ())


def expectation(config: TrainConfig, images_per_second: float) -> Expectation:
    """The Expectation of a full config at a speed. A fine-tuned model begins further on, so its stage is left open."""
    images = config.steps * config.batch if config.steps else int(60 * config.minutes * images_per_second)
    known = () if config.start_from else marks_of(config.family, config.resolution)
    marks = dict(zip(("recognisable", "clear"), known, strict=False))
    passed = [stage for stage, mark in marks.items() if images >= mark]
    seconds = {stage: mark / images_per_second for stage, mark in marks.items()}
    return Expectation(images_per_second, images, (passed or ["blobs"])[-1] if marks else "", seconds)


def measure(config: TrainConfig, model: ModelConfig, device: Device, check: Callable[[], None] = lambda: None) -> float:
    """Images per second of a full config (every choice made) on this machine, from PROBE_SECONDS of steps on made-up pictures.

    Remembered while the program runs, by device, family, sizes and whatever else costs time. `check` is called between steps and
    may raise to stop it. Raises StudioError when the family cannot do the size.
    """
    key = (
        str(device.device), str(device.dtype), usual_threads(), model.family, model.resolution, model.channels, model.num_classes,
        str(sorted(model.options.items())), *(getattr(config, name) for name in SHAPE), bool(config.augment),
    )  # fmt: skip
    with _one:
        if key not in _known:
            threads = torch.get_num_threads()
            torch.set_num_threads(usual_threads())
            try:
                _known[key] = _timed(config, model, device, check)
                while len(_known) > MOST_KNOWN:
                    del _known[next(iter(_known))]
            finally:
                torch.set_num_threads(threads)
        return _known[key]


def _timed(config: TrainConfig, model: ModelConfig, device: Device, check: Callable[[], None]) -> float:
    from gan_core.training.batches import Batches

    tune(device.device)
    generator = torch.Generator().manual_seed(0)
    shape = (PROBED, model.channels, model.resolution, model.resolution)
    pictures = PictureSet(
        torch.randint(256, shape, dtype=torch.uint8, generator=generator),
        torch.arange(PROBED) % model.num_classes if model.num_classes else None,
    )
    batches = Batches(pictures, config.batch, 0, device.device, model.num_classes, config.flip)
    with torch.random.fork_rng(devices=[]):  # first weights are drawn from the numbers of everybody
        family = family_called(model.family)(model, replace(config, start_from=""), device)
    cycle, steps, began = config.penalty_every or 1, -WARM, time.monotonic()
    while not _enough(steps, cycle, time.monotonic() - began):
        check()
        try:
            family.train_step(batches.at(steps + WARM))
            _wait(device)
        except (RuntimeError, MemoryError) as error:
            raise StudioError(
                "train.probe", "The speed of this machine could not be measured for these settings."
            ) from error
        steps += 1
        if steps == 0 and time.monotonic() - began < PROBE_SECONDS:
            began = time.monotonic()
        elif steps <= 0 and time.monotonic() - began >= PROBE_SECONDS:
            return (steps + WARM) * config.batch / (time.monotonic() - began)  # so slow that allocating hardly counts
    return steps * config.batch / (time.monotonic() - began)


def _enough(steps: int, cycle: int, seconds: float) -> bool:
    """Whether the clock has run for long enough: whole cycles of dear and cheap steps, unless that would take too long."""
    if steps < 1 or seconds < PROBE_SECONDS:
        return False
    return steps % cycle == 0 or seconds >= 3 * PROBE_SECONDS


def _wait(device: Device) -> None:
    """Until the device has done what it was given."""
    if device.device.type == "cuda":
        torch.cuda.synchronize(device.device)
    elif device.device.type == "mps":
        torch.mps.synchronize()
