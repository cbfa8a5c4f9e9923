"""train(config): the training loop as a generator of events, which it also writes into the run folder."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from gan_core import parallel
from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.files import FULL, disk_error
from gan_core.training.best import BestModel
from gan_core.training.claim import claimed, dismiss, save_claim, tell_if_nobody_else_can
from gan_core.training.control import LOOK_SECONDS, Requests
from gan_core.training.ema import EMA
from gan_core.training.fetch import brought
from gan_core.training.keep import ModelFolder
from gan_core.training.learner import Learner, Order, follow, tell
from gan_core.training.memory import said_in_words
from gan_core.training.moments import Moments
from gan_core.training.obey import Obedience
from gan_core.training.report import Reporter
from gan_core.training.run import Run
from gan_core.training.samples import FixedSamples, save_sheet
from gan_core.training.setup import default_out
from gan_core.training.state import Counters, begun, save_state
from gan_core.training.stopwatch import Stopwatch

MAX_ROLLBACKS = 5
LOOK_EVERY = 16  # steps between two looks at whether the losses on a GPU are finite: looking makes it wait


def train(config: TrainConfig, should_stop: Callable[[], bool] | None = None, resume: bool = False) -> Iterator[dict]:
    """Train as `config` says, yielding every event (a dict with "type" and "time"); the run folder holds the same events.

    Stops (and keeps the model) when `should_stop()` turns true or the run folder asks for it. Raises StudioError for
    anything a person can put right; the folder then ends with an `end` event that says the same. Started by torchrun, the
    processes share each batch; the first decides, yields and writes, the others follow and yield nothing.
    """
    config = replace(config, out=config.out or default_out(config)).checked()
    run = Run(config.out)
    with parallel.joined(config.device):
        if parallel.rank() == 0:
            yield from _lead(config, run, should_stop or (lambda: False), resume)
            return
        try:
            with said_in_words():
                follow(config, run, resume)
        except StudioError as error:
            if error.code == "train.rank_lost":
                tell_if_nobody_else_can(run, error)
            raise


def _lead(config: TrainConfig, run: Run, should_stop: Callable[[], bool], resume: bool) -> Iterator[dict]:
    """The first process's part: everything but the steps that all take together."""
    try:
        with claimed(config, run, resume):
            try:
                with said_in_words():
                    found = yield from brought(config, run, Requests(run, should_stop))
                    if found is None:
                        dismiss(Order.END)
                        return
                    if found != config:
                        save_claim(found, run)
                    yield from Session(found, run, should_stop).events(resume)
            except StudioError as error:
                run.fail(error)
                raise
    except StudioError as error:
        if error.code != "train.rank_lost":
            dismiss(Order.FAIL)
        raise


class Session:
    """The first process's work on a run: built from a config, it yields events until the budget is spent or it is stopped."""

    def __init__(self, config: TrainConfig, run: Run, should_stop: Callable[[], bool]):
        self.run, self.requests = run, Requests(run, should_stop)
        self.learner = Learner(config, run)
        self.family = self.learner.family
        self.ema = EMA(self.family.generator, config.ema_share, config.ema_cap)
        self.samples = FixedSamples(self.family, self.learner.pictures, config.seed)
        self.counters = Counters(fingerprint=self.learner.pictures.fingerprint)
        self.model_folder = ModelFolder(run, self.learner, self.samples, self.counters)
        self.moments = Moments(run.moments_folder)
        self.reporter = Reporter(run, self.learner, self.counters)
        self.settings = Obedience(self.learner, self.ema, self.reporter, self.requests)
        self.watch = Stopwatch()
        self.best = BestModel(run, self.learner, self.reporter, self.counters, self.model_folder)
        self._last_progress, self._last_checkpoint = -1e9, 0.0
        self._look_every = 1 if self.learner.device.device.type == "cpu" else LOOK_EVERY

    @property
    def config(self) -> TrainConfig:
        """The settings that hold now."""
        return self.learner.config

    # ---- the loop

    def events(self, resume: bool) -> Iterator[dict]:
        """The whole run, from its start event to its end event."""
        tell(Order.START)
        resume = resume and begun(self.run)
        restored = self.learner.start(self.run.checkpoint_folder if resume else None, self.ema)
        if restored is not None:
            self._go_on(restored)
        yield from self.reporter.start()
        if not resume:
            self.settings.begin()
            yield from self.sample()
            yield from self.checkpoint()
        self.reporter.measure_speed_from_here()
        while not (state := self.over()):
            if self.requests.action() == "pause":
                yield from self.wait_while_paused()
            else:
                yield from self.extend()
                yield from self.settings.obey(self.counters.step)
                yield from self.step()
        yield from self.finish(state)

    def over(self) -> str:
        """Why the run is to end, "done" or "stopped"; "" while it is not."""
        if self.progress() >= 1 and self.requests.longer(self.config, now=True) is None:
            return "done"
        return "stopped" if self.requests.action() == "stop" else ""

    def step(self) -> Iterator[dict]:
        """Learn from one batch, together with all processes, and report whatever is due."""
        c = self.counters
        self.watch.start()
        place = c.step, self.progress(), c.lr_scale
        tell(Order.STEP, *place)
        losses = self.learner.step(*place)
        if losses is None:
            yield from self.make_room()
            return
        self.reporter.losses.add(losses)
        if c.step % self._look_every == 0 and not self.reporter.losses.finite():
            yield from self.roll_back()
            return
        c.step, c.images = c.step + 1, c.images + self.config.batch
        self.ema.update(self.family.generator, self.config.batch, c.images)
        c.elapsed += self.watch.lap()
        due = [what for what, when in self._timetable() if c.elapsed >= when]
        if due and not self.reporter.losses.finite():
            yield from self.roll_back()
            return
        for what in due:
            yield from what()

    def _timetable(self) -> list[tuple[Callable[[], Iterator[dict]], float]]:
        """What is to be done from which second of training on."""
        c = self.counters
        return [
            (self.sample, c.next_sample),
            (self.report, self._last_progress + min(max(1.0, c.elapsed / 300), 10)),
            (self.checkpoint, self._last_checkpoint + self.config.checkpoint_seconds),
        ]

    def progress(self) -> float:
        """Share of the budget that is spent, 0 to 1."""
        c = self.counters
        return c.step / self.config.steps if self.config.steps else c.elapsed / (60 * self.config.minutes)

    # ---- what is asked from outside

    def extend(self) -> Iterator[dict]:
        """Obey a longer budget, from a checkpoint on: a resumed run then has it from the same step as this one."""
        longer = self.requests.longer(self.config, now=self.progress() >= 1)
        if longer is not None:
            self.learner.config = replace(self.config, minutes=longer.minutes, steps=longer.steps)
            yield self.reporter.emit(
                "extended", step=self.counters.step, minutes=self.config.minutes, steps=self.config.steps
            )
            yield from self.checkpoint()
            yield from self.report()

    def wait_while_paused(self) -> Iterator[dict]:
        """Save, then sleep until resumed or stopped."""
        yield from self.checkpoint()
        yield self.reporter.emit("paused", step=self.counters.step)
        while self.requests.action() == "pause":
            tell(Order.WAIT)
            yield from self.extend()
            time.sleep(LOOK_SECONDS)
        if self.requests.action() != "stop":
            yield self.reporter.emit("resumed", step=self.counters.step)

    # ---- what is told and kept

    def report(self) -> Iterator[dict]:
        """Say how far the run is."""
        self._last_progress = self.counters.elapsed
        yield self.reporter.progress(self.progress())

    def sample(self) -> Iterator[dict]:
        """Draw the fixed points with the averaged model, and keep that model if a moment is due; the times between grow with the run."""
        c = self.counters
        c.next_sample = c.elapsed + min(max(1.0, 0.12 * c.elapsed), 300)
        images = self.samples.draw(self.ema.network)
        path = self.run.samples_folder / f"{c.step:08d}.webp"
        yield from self.write(lambda: save_sheet(images, path))
        yield from self.reporter.sample(path, self.samples.diversity(images))
        if self.moments.due(c.images, self.progress()):
            self.moments.keep(self.ema.network, c.images)
        if self.best.due(self.progress()):
            yield from self.write_events(lambda: self.best.measure(self.ema.network))

    def checkpoint(self) -> Iterator[dict]:
        """Save everything to go on from, and the model so far. Weights that are not finite are never saved."""
        self._last_checkpoint = self.counters.elapsed
        if not all(torch.isfinite(p).all() for n in self.family.networks().values() for p in n.parameters()):
            yield from self.roll_back()
            return
        event = self.reporter.emit("checkpoint", step=self.counters.step)
        yield from self.save()
        yield event

    def save(self) -> Iterator[dict]:
        """Write the state that a resumed run goes on from, with the events told so far, and the model."""
        self.counters.events_size = self.run.events_size()
        yield from self.write(lambda: save_state(self.run.checkpoint_folder, self.family, self.ema, self.counters))
        yield from self.write(lambda: self.model_folder.write(self.ema.network))

    def write(self, action: Callable[[], None]) -> Iterator[dict]:
        """Run a disk write; on a full disk say so once and wait for room (or a stop), losing nothing."""
        told = False
        while True:
            try:
                action()
                if told:
                    yield self.reporter.emit("resumed", step=self.counters.step)
                return
            except OSError as error:
                if error.errno not in FULL:
                    raise disk_error(error) from None
            if not told:
                yield self.reporter.emit("paused", step=self.counters.step)
                yield self.reporter.warn(
                    "train.disk_full", "The disk is full. Make some room: training then goes on by itself."
                )
                told = True
            if self.requests.action() == "stop":
                return
            tell(Order.WAIT)
            time.sleep(1.0)

    def write_events(self, action: Callable[[], Iterator[dict]]) -> Iterator[dict]:
        """`write` for what yields events: those of the attempt that the disk took."""
        done: list[dict] = []
        yield from self.write(lambda: done.__setitem__(slice(None), action()))
        yield from done

    def roll_back(self) -> Iterator[dict]:
        """Return to the last checkpoint with half the learning rate (and twice the gradient penalty); give up after a few times in a row."""
        step, scale, rollbacks = self.counters.step, self.counters.lr_scale / 2, self.counters.rollbacks + 1
        if rollbacks > MAX_ROLLBACKS:
            raise StudioError(
                "train.diverged",
                "The numbers ran away {times} times. Start again with a smaller learning rate.",
                times=rollbacks,
            )
        self._go_back()
        self.counters.lr_scale, self.counters.rollbacks = scale, rollbacks
        yield self.reporter.warn(
            "train.rollback", "The numbers ran away at step {step}; went back to step {back} with half the learning rate.",
            step=step, back=self.counters.step,
        )  # fmt: skip

    def make_room(self) -> Iterator[dict]:
        """Memory ran out: return to the last checkpoint; from there on, batches are taken in more parts."""
        self._go_back()
        yield self.reporter.memory()

    def _go_back(self) -> None:
        """Return to the last checkpoint in all processes; the time it took stays counted."""
        elapsed, next_sample = self.counters.elapsed, self.counters.next_sample
        tell(Order.GO_BACK)
        self.counters.become(self.learner.restore(self.run.checkpoint_folder, self.ema))
        self.counters.elapsed, self.counters.next_sample = elapsed, next_sample
        self.settings.bring_back(self.counters.step)
        self.reporter.go_back()

    def finish(self, state: str) -> Iterator[dict]:
        """Let the other processes go; then the last report, samples, checkpoint and model, so far as they are not there; the end event."""
        dismiss(Order.END)
        for kind, what in (("progress", self.report), ("sample", self.sample), ("checkpoint", self.checkpoint)):
            if not self.reporter.told(kind):
                yield from what()
        if self.run.events_size() > self.counters.events_size:  # told since the checkpoint of this very step
            yield from self.save()
        yield from self.write(lambda: self.model_folder.write(self.ema.network, final=True))
        yield from self.write_events(lambda: self.best.conclude(self.ema.network))
        words = "Finished" if state == "done" else "Stopped"
        message = f"{words} after {self.counters.images:,} pictures. The model is kept."
        yield self.reporter.emit(
            "end", state=state, message=message, code=f"train.{state}", facts={"images": self.counters.images}
        )

    def _go_on(self, restored: Counters) -> None:
        """Take up a run where its checkpoint left it."""
        if restored.fingerprint != self.counters.fingerprint:
            raise StudioError(
                "run.other_pictures", "The pictures in {data} are not the ones this run began with. Put them back, or start a new run.",
                data=self.config.data,
            )  # fmt: skip
        self.counters.become(restored)
        self.settings.resume(restored.step)
        self.run.truncate_events(restored.events_size)
        self.reporter.recall(self.run.latest_events())
        for step, path in self.run.samples():
            if step > restored.step:
                path.unlink(missing_ok=True)
        self.moments.forget_after(restored.images)
        self.best.reopen()
        self._last_progress = self._last_checkpoint = restored.elapsed
