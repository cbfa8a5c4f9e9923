"""What a run tells: events in its folder, with losses that are read from the device only when they are told."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from gan_core import parallel
from gan_core.training.learner import Learner
from gan_core.training.memory import in_use
from gan_core.training.run import Run
from gan_core.training.samples import COLUMNS, ROWS
from gan_core.training.state import Counters

KEEP = 0.9  # of a smoothed loss, at each step
ALIKE, VARIED = (
    0.35,
    0.6,
)  # samples are called alike when their diversity falls below the one after it was above the other


class Losses:
    """Smoothed losses, and whether all were finite so far. They stay where they were computed: reading makes a GPU wait."""

    def __init__(self):
        self._smooth: dict[str, Tensor] = {}
        self._finite: Tensor | None = None

    def add(self, losses: dict[str, Tensor]) -> None:
        """Take in one step's losses (scalars). A penalty of exactly zero was not taken at that step and changes nothing."""
        for name, value in losses.items():
            old = self._smooth.get(name, value)
            new = KEEP * old + (1 - KEEP) * value
            if name == "penalty":
                new = torch.where(old == 0, value, torch.where(value == 0, old, new))
            self._smooth[name] = new
        finite = torch.isfinite(torch.stack(list(losses.values()))).all()
        self._finite = finite if self._finite is None else self._finite & finite

    def finite(self) -> bool:
        """Whether every loss was a finite number."""
        return self._finite is None or bool(self._finite)

    def read(self) -> dict[str, float]:
        """The smoothed losses; a penalty that was never taken is left out."""
        values = {name: float(value) for name, value in self._smooth.items()}
        return {name: value for name, value in values.items() if name != "penalty" or value}


class Speed:
    """Pictures per second, over the last 10 to 20 seconds of training."""

    def __init__(self, elapsed: float, images: int):
        self._since = (elapsed, images)

    def measure(self, elapsed: float, images: int) -> float:
        """The speed now, `elapsed` seconds and `images` pictures into the run; 0 at its very start."""
        seconds, pictures = elapsed - self._since[0], images - self._since[1]
        if seconds > 20:
            self._since = (elapsed - seconds / 2, images - pictures // 2)
        return pictures / seconds if seconds > 0 else 0.0


class Reporter:
    """Writes the events of a run. Every method returns or yields what it wrote."""

    def __init__(self, run: Run, learner: Learner, counters: Counters):
        self._run, self._learner, self._counters = run, learner, counters
        self.losses, self._speed = Losses(), Speed(0.0, 0)
        self._diversity: float | None = None  # of the latest samples of this process
        self._most_varied, self._alike = 0.0, False
        self._told: dict[str, int] = {}  # the last step at which a kind of event was told

    def emit(self, kind: str, **facts) -> dict:
        """Write an event into the run folder."""
        event = {"type": kind, "time": round(time.time(), 3), **facts}
        self._run.append(event)
        self.recall([event])
        return event

    def recall(self, events: list[dict]) -> None:
        """Take note of what was told, also by an earlier process."""
        self._told |= {event["type"]: event["step"] for event in events if "step" in event}

    def go_back(self) -> None:
        """Steps are taken again: what was told of them holds no longer."""
        self.losses, self._told = Losses(), {}

    def told(self, kind: str) -> bool:
        """Whether an event of this kind was told at this very step."""
        return self._told.get(kind) == self._counters.step

    def warn(self, code: str, template: str, **facts) -> dict:
        """A warning in words."""
        return self.emit("warning", code=code, message=template.format(**facts), facts=facts, step=self._counters.step)

    def start(self) -> Iterator[dict]:
        """What is trained on what; and what differs from what was asked for, because of several processes or their memory."""
        learner, ranks = self._learner, parallel.size()
        yield self.emit("start", **self._facts(), resumed_from=self._counters.step)
        if learner.config.batch != learner.asked:
            yield self.warn(
                "train.batch", "{ranks} processes share each batch, so it has {batch} pictures instead of {asked}.",
                ranks=ranks, batch=learner.config.batch, asked=learner.asked,
            )  # fmt: skip
        if learner.parts != learner.config.accumulate:
            yield self.memory()

    def memory(self) -> dict:
        """That memory ran out, and what was done about it."""
        return self.warn(
            "train.memory", "Memory ran out, so each batch is now taken in {parts} parts, one after the other. That is slower.",
            parts=self._learner.parts,
        )  # fmt: skip

    def measure_speed_from_here(self) -> None:
        """Forget how fast an earlier process was."""
        self._speed = Speed(self._counters.elapsed, self._counters.images)

    def progress(self, share: float) -> dict:
        """How far the run is (`share` of its budget, 0 to 1), how fast, how long still; losses and diversity."""
        c, config = self._counters, self._learner.config
        speed = self._speed.measure(c.elapsed, c.images)
        if config.steps:
            remaining = (config.steps - c.step) * config.batch / speed if speed else None
        else:
            remaining = max(0.0, 60 * config.minutes - c.elapsed)
        return self.emit(
            "progress", step=c.step, images=c.images, elapsed=round(c.elapsed, 2), images_per_second=round(speed, 1),
            remaining=None if remaining is None else round(remaining, 1), progress=round(min(share, 1), 4),
            losses={k: round(v, 5) for k, v in self.losses.read().items()},
            diversity=None if self._diversity is None else round(self._diversity, 3), **self._augmentation(),
            **in_use(self._learner.device.device),
        )  # fmt: skip

    def _augmentation(self) -> dict:
        """Where adaptive augmentation stands; nothing of a strength that does not move."""
        adaptive = self._learner.config.augmentation == "ada"
        return {"augment": round(float(self._learner.family.adaptive()["augment"]), 4)} if adaptive else {}

    def changed(self, values: dict) -> dict:
        """Settings that are other ones from this step on, by name; the values are those that hold now."""
        now = {name: getattr(self._learner.config, name) for name in values}
        return self.emit(
            "changed", step=self._counters.step, elapsed=round(self._counters.elapsed, 2), values=now, asked=values
        )

    def sample(self, path: Path, diversity: float) -> Iterator[dict]:
        """A new sheet of samples at `path`; a warning when they have become alike."""
        c = self._counters
        yield self.emit(
            "sample", step=c.step, images=c.images, elapsed=round(c.elapsed, 2), file=f"samples/{path.name}",
            columns=COLUMNS, rows=ROWS,
        )  # fmt: skip
        self._diversity, self._most_varied = diversity, max(self._most_varied, diversity)
        alike = diversity < ALIKE and self._most_varied > VARIED
        if alike and not self._alike:
            yield self.warn("train.alike", "The samples are getting alike; the model may be collapsing.")
        self._alike = alike

    def _facts(self) -> dict:
        learner, device = self._learner, self._learner.device
        pictures, model, config = learner.pictures, learner.model, learner.config
        return {
            "family": model.family, "data": pictures.title or pictures.name, "pictures": len(pictures),
            "skipped": len(pictures.skipped), "resolution": model.resolution, "channels": model.channels,
            "classes": model.num_classes, "device": str(device.device), "reason": device.reason,
            "dtype": str(device.dtype).removeprefix("torch."), "batch": config.batch, "augment": config.augment,
            "processes": parallel.size(), "choice": learner.plan.choice.to_event(),
            "notes": [asdict(note) for note in learner.plan.notes],
            "transfer": learner.transferred.to_event() if learner.transferred else None,
            "parameters": {k: sum(p.numel() for p in n.parameters()) for k, n in learner.family.networks().items()},
        }  # fmt: skip
