"""What every process of a run does: it holds the networks and takes the steps that the first process decides on."""

from dataclasses import replace
from enum import IntEnum
from pathlib import Path

import torch
from torch import Tensor

from gan_core import parallel
from gan_core.checkpoint import read_config
from gan_core.config import TrainConfig
from gan_core.device import pick, tune
from gan_core.errors import StudioError
from gan_core.models import family as family_called
from gan_core.models.base import Family
from gan_core.schedules import RATES, cosine, head_start
from gan_core.training.batches import Batches
from gan_core.training.ema import EMA
from gan_core.training.memory import fitting, give_back, more_parts, out_of_memory, take_in_parts
from gan_core.training.preset import Choice
from gan_core.training.run import Run
from gan_core.training.settings import Settings
from gan_core.training.setup import Plan, described, plan
from gan_core.training.state import Counters, begun, has_state, load_state, tensors_of
from gan_core.training.transfer import HEAD_START, transfer


class Order(IntEnum):
    """What the first process tells the others to do next."""

    START = 0
    STEP = 1
    GO_BACK = 2  # to the last checkpoint
    WAIT = 3  # the first process is still there, but busy or paused
    END = 4
    FAIL = 5  # the first process has said why
    CHANGE = 6  # to the settings that hold at a step


class Learner:
    """The networks, the pictures and one step at a time; alike in every process."""

    def __init__(self, config: TrainConfig, run: Run):
        self.device = pick(parallel.device_name(config.device))
        tune(self.device.device)
        self.plan = self._plan(config, run)
        config, self.model, self.pictures = self.plan.config, self.plan.model, self.plan.pictures
        self.asked = config.batch
        self.config = replace(config, batch=self.asked + -self.asked % parallel.size())
        self.settings, self._first = Settings(run), self.config
        self.batches = Batches(
            self.pictures, self.config.batch, config.seed, self.device.device, self.model.num_classes, config.flip
        )
        self.parts = config.accumulate
        if parallel.size() > 1:
            self.parts = fitting(self._build, self.batches.at(0), self.parts)
        self.family = self._build()

    def _plan(self, config: TrainConfig, run: Run) -> Plan:
        """What to use: chosen now and written down, or as it was chosen when the run that goes on began."""
        if not has_state(run.checkpoint_folder):
            chosen = plan(config, self.device)
            if parallel.rank() == 0:
                run.save_choice(chosen.choice.to_dict())
            return chosen
        kept = run.choice
        if kept is None:  # begun before choices were written down: the model tells its sizes
            return described(config, self.device, like=read_config(run.model_folder))
        return described(config, self.device, kept=Choice.from_dict(kept))

    def _build(self) -> Family:
        torch.manual_seed(self.config.seed)  # first weights only; every step draws from its own source
        family = family_called(self.config.family)(self.model, self.config, self.device)
        source = self.plan.source
        self.transferred = transfer(source, family.generator) if source else None
        return family

    def start(self, checkpoint: Path | None, ema: EMA | None = None) -> Counters | None:
        """Agree with the other processes on where to begin: at `checkpoint` if there is one, else as built."""
        self.parts = parallel.largest(self.parts)
        take_in_parts(self.family, self.parts)
        if checkpoint is not None:
            return self.restore(checkpoint, ema)
        parallel.align(tensors_of(self.family).values())
        return None

    def restore(self, checkpoint: Path, ema: EMA | None = None) -> Counters:
        """Go back to a checkpoint, alike in all processes. Raises StudioError (see load_state)."""
        counters = load_state(checkpoint, self.family, ema)
        parallel.align(tensors_of(self.family).values())
        return counters

    def retune(self, step: int) -> None:
        """Take on the settings that hold at `step`, by what the run folder says."""
        budget = {"minutes": self.config.minutes, "steps": self.config.steps}
        self.config = replace(self.settings.at(self._first, step), **budget)
        self.family.retune(replace(self.config, accumulate=self.family.train.accumulate))

    def step(self, step: int, progress: float, lr_scale: float) -> dict[str, Tensor] | None:
        """Learn from the batch of a step; return the losses over the whole batch, where they were computed.

        None: memory ran out, and the networks must be restored. Raises StudioError when it did so in one process of several.
        """
        self._set_schedules(progress, lr_scale)
        try:
            losses = self.family.train_step(self.batches.at(step))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            losses = None
        if losses is None:
            return self._make_room()
        values = [torch.as_tensor(value, dtype=torch.float32, device=self.device.device) for value in losses.values()]
        return dict(zip(losses, parallel.mean(torch.stack(values)).unbind(), strict=True))

    def _make_room(self) -> None:
        """Take batches in more parts from now on."""
        self.parts = more_parts(self.batches.at(0), self.parts)
        if parallel.size() > 1:
            raise StudioError(
                "train.memory_ranks", "One of the {ranks} processes ran out of memory. Resume with --accumulate {parts}.",
                ranks=parallel.size(), parts=self.parts,
            )  # fmt: skip
        take_in_parts(self.family, self.parts)
        give_back()

    def _set_schedules(self, progress: float, lr_scale: float) -> None:
        """Tell the family how far the run is, and set learning rate and β2 for that place."""
        config = self.config
        self.family.progress, self.family.caution = progress, 1 / lr_scale
        share = RATES[config.lr_schedule](progress, 1.0, config.lr_final)
        beta2 = cosine(progress, config.beta2, config.beta2_final)
        optimizers = self.family.optimizers()
        waits = config.start_from and "discriminator" in optimizers  # which is new and must first learn to judge
        for name, optimizer in optimizers.items():
            ready = head_start(progress, HEAD_START) if waits and name == "generator" else 1.0
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * lr_scale * share * ready
                group["betas"] = (group["betas"][0], beta2)


def tell(order: Order, step: int = 0, progress: float = 0.0, lr_scale: float = 0.0) -> None:
    """From the first process: what all do next."""
    parallel.tell(order, step, progress, lr_scale)


def follow(config: TrainConfig, run: Run, resume: bool) -> None:
    """Do as the first process says until it ends the run. Raises StudioError when it fails or is gone."""
    learner = Learner(config, run)
    while True:
        order, step, progress, lr_scale = parallel.told(4)
        if order == Order.START:
            learner.start(run.checkpoint_folder if resume and begun(run) else None)
        elif order == Order.STEP:
            learner.step(int(step), progress, lr_scale)
        elif order == Order.GO_BACK:
            learner.restore(run.checkpoint_folder)
        elif order == Order.CHANGE:
            learner.retune(int(step))
        elif order == Order.END:
            return
        elif order == Order.FAIL:
            raise StudioError("train.first_failed", "The first process stopped; its message says why.")
