"""train(config): the training loop as a generator of events, which it also writes into the run folder."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import torch
from filelock import Timeout

from gan_core.card import model_card
from gan_core.checkpoint import save_model
from gan_core.config import TrainConfig
from gan_core.device import pick
from gan_core.errors import StudioError
from gan_core.latent.directions import strongest_directions
from gan_core.models import family as family_called
from gan_core.schedules import RATES, cosine
from gan_core.training.batches import Batches
from gan_core.training.ema import EMA
from gan_core.training.run import FULL, Run, disk_error
from gan_core.training.samples import COLUMNS, ROWS, FixedSamples, save_sheet
from gan_core.training.setup import default_out, prepare
from gan_core.training.state import Counters, has_state, load_state, save_state

MAX_ROLLBACKS = 5
ALIKE, VARIED = (
    0.35,
    0.6,
)  # samples are called alike when their diversity falls below the one after it was above the other
CONTROL_SECONDS = 0.2


def train(config: TrainConfig, should_stop: Callable[[], bool] | None = None, resume: bool = False) -> Iterator[dict]:
    """Train as `config` says, yielding every event (a dict with "type" and "time"); the run folder holds the same events.

    Stops (and keeps the model) when `should_stop()` turns true or the run folder asks for it. Raises StudioError for
    anything a person can put right; the folder then ends with an `end` event that says the same.
    """
    config = replace(config, out=config.out or default_out(config)).checked()
    run = Run(config.out)
    if has_state(run.checkpoint_folder) and not resume:
        raise StudioError("run.exists", "“{run}” exists already. Choose another name.", run=run.name)
    run.save_config(config)
    lock = run.lock()
    try:
        lock.acquire(timeout=3)
    except Timeout:
        raise StudioError("run.busy", "“{run}” is still training. Stop it first.", run=run.name) from None
    try:
        run.clear_control()
        yield from Session(config, run, should_stop or (lambda: False)).events(resume)
    except StudioError as error:
        facts = {name: str(value) for name, value in error.facts.items()}
        run.append(
            {
                "type": "end",
                "time": time.time(),
                "state": "failed",
                "code": error.code,
                "message": str(error),
                "facts": facts,
            }
        )
        raise
    finally:
        lock.release()


class Session:
    """One process's work on a run: built from a config, it yields events until the budget is spent or it is stopped."""

    def __init__(self, config: TrainConfig, run: Run, should_stop: Callable[[], bool]):
        self.run, self._should_stop = run, should_stop
        self.device = pick(config.device)
        torch.manual_seed(config.seed)  # first weights only; every step draws from its own source
        self.config, self.model, self.pictures = prepare(config)
        self.family = family_called(self.config.family)(self.model, self.config, self.device)
        self.ema = EMA(self.family.generator, config.ema_share, config.ema_cap)
        self.batches = Batches(
            self.pictures, self.config.batch, config.seed, self.device.device, self.model.num_classes, config.flip
        )
        self.samples = FixedSamples(self.family, self.pictures, config.seed)
        self.counters = Counters(fingerprint=self.pictures.fingerprint)
        self.losses: dict[str, float] = {}
        self.diversity: float | None = None  # of the latest samples of this process
        self._most_varied = 0.0
        self._asked, self._asked_at, self._alike = "", 0.0, False
        self._last_progress, self._last_checkpoint, self._speed = -1e9, 0.0, (0.0, 0)

    # ---- the loop

    def events(self, resume: bool) -> Iterator[dict]:
        """The whole run, from its start event to its end event."""
        if resume:
            self._restore()
        yield self.emit("start", **self._facts(), resumed_from=self.counters.step)
        if not resume:
            yield from self.sample()
            yield from self.checkpoint()
        self._speed = (self.counters.elapsed, self.counters.images)
        state = "done"
        while self.progress() < 1:
            if self.asked() == "stop":
                state = "stopped"
                break
            if self.asked() == "pause":
                yield from self.wait_while_paused()
                continue
            yield from self.step()
        yield from self.finish(state)

    def step(self) -> Iterator[dict]:
        """Learn from one batch and report whatever is due."""
        began = time.monotonic()
        self._set_schedules()
        losses = self.family.train_step(self.batches.at(self.counters.step))
        finite = torch.isfinite(torch.stack([torch.as_tensor(v, dtype=torch.float32) for v in losses.values()])).all()
        if not finite:
            yield from self.roll_back()
            return
        size, c = self.config.batch, self.counters
        c.step, c.images = c.step + 1, c.images + size
        self.ema.update(self.family.generator, size, c.images)
        self._smooth(losses)
        c.elapsed += time.monotonic() - began
        if c.elapsed >= c.next_sample:
            yield from self.sample()
        if c.elapsed - self._last_progress >= min(max(1.0, c.elapsed / 300), 10):
            yield self.report()
        if c.elapsed - self._last_checkpoint >= self.config.checkpoint_seconds:
            yield from self.checkpoint()

    def progress(self) -> float:
        """Share of the budget that is spent, 0 to 1."""
        c = self.counters
        return c.step / self.config.steps if self.config.steps else c.elapsed / (60 * self.config.minutes)

    def _set_schedules(self) -> None:
        """Tell the family how far the run is, and set learning rate and β2 for that place."""
        config, progress = self.config, self.progress()
        self.family.progress = progress
        share = RATES[config.lr_schedule](progress, 1.0, config.lr_final)
        beta2 = cosine(progress, config.beta2, config.beta2_final)
        for optimizer in self.family.optimizers().values():
            for group in optimizer.param_groups:
                group["lr"] = config.lr * self.counters.lr_scale * share
                group["betas"] = (group["betas"][0], beta2)

    def _smooth(self, losses: dict) -> None:
        for name, value in losses.items():
            if name == "penalty" and not float(value):
                continue
            self.losses[name] = 0.9 * self.losses.get(name, float(value)) + 0.1 * float(value)

    # ---- what is asked from outside

    def asked(self) -> str:
        """pause, stop or "": the process's own signal first, then the run folder, looked at five times a second."""
        if self._should_stop():
            return "stop"
        if time.monotonic() - self._asked_at >= CONTROL_SECONDS:
            self._asked, self._asked_at = self.run.requested(), time.monotonic()
        return self._asked

    def wait_while_paused(self) -> Iterator[dict]:
        """Save, then sleep until resumed or stopped."""
        yield from self.checkpoint()
        yield self.emit("paused", step=self.counters.step)
        while self.asked() == "pause":
            time.sleep(CONTROL_SECONDS)
        if self.asked() != "stop":
            yield self.emit("resumed", step=self.counters.step)

    # ---- what is told

    def emit(self, kind: str, **facts) -> dict:
        """Write an event into the run folder and return it."""
        event = {"type": kind, "time": round(time.time(), 3), **facts}
        self.run.append(event)
        return event

    def report(self) -> dict:
        """A progress event: counters, speed since the last checkpointed moment, time left, losses, diversity."""
        c = self.counters
        self._last_progress = c.elapsed
        seconds, images = c.elapsed - self._speed[0], c.images - self._speed[1]
        speed = images / seconds if seconds > 0 else 0.0
        if seconds > 20:
            self._speed = (c.elapsed - seconds / 2, c.images - images // 2)
        if self.config.steps:
            remaining = (self.config.steps - c.step) * self.config.batch / speed if speed else None
        else:
            remaining = max(0.0, 60 * self.config.minutes - c.elapsed)
        return self.emit(
            "progress", step=c.step, images=c.images, elapsed=round(c.elapsed, 2), images_per_second=round(speed, 1),
            remaining=None if remaining is None else round(remaining, 1), progress=round(min(self.progress(), 1), 4),
            losses={k: round(v, 5) for k, v in self.losses.items()}, diversity=None if self.diversity is None else round(self.diversity, 3),
        )  # fmt: skip

    def warn(self, code: str, template: str, **facts) -> dict:
        """A warning event in words."""
        return self.emit("warning", code=code, message=template.format(**facts), facts=facts, step=self.counters.step)

    def sample(self) -> Iterator[dict]:
        """Draw the fixed points with the averaged model; the times between grow with the run, so a film stays short."""
        c = self.counters
        c.next_sample = c.elapsed + min(max(1.0, 0.12 * c.elapsed), 300)
        images = self.samples.draw(self.ema.network)
        self.diversity = self.samples.diversity(images)
        path = self.run.samples_folder / f"{c.step:08d}.webp"
        yield from self.write(lambda: save_sheet(images, path))
        yield self.emit(
            "sample",
            step=c.step,
            images=c.images,
            elapsed=round(c.elapsed, 2),
            file=f"samples/{path.name}",
            columns=COLUMNS,
            rows=ROWS,
        )
        self._most_varied = max(self._most_varied, self.diversity)
        alike = self.diversity < ALIKE and self._most_varied > VARIED
        if alike and not self._alike:
            yield self.warn("train.alike", "The samples are getting alike; the model may be collapsing.")
        self._alike = alike

    # ---- what is kept

    def checkpoint(self) -> Iterator[dict]:
        """Save everything to go on from, and the model so far. Weights that are not finite are never saved."""
        self._last_checkpoint = self.counters.elapsed
        if not all(torch.isfinite(p).all() for n in self.family.networks().values() for p in n.parameters()):
            yield from self.roll_back()
            return
        event = self.emit("checkpoint", step=self.counters.step)
        self.counters.events_size = self.run.events_size()
        yield from self.write(lambda: save_state(self.run.checkpoint_folder, self.family, self.ema, self.counters))
        yield from self.write(self.export)
        yield event

    def export(self, final: bool = False) -> None:
        """Write the averaged model as a model folder; the final one with its directions and card."""
        c, network = self.counters, self.ema.network
        facts = {
            "images": c.images, "steps": c.step, "seconds": round(c.elapsed, 1), "pictures": len(self.pictures), "seed": self.config.seed,
            "device": self.device.reason, "command": self._command(), "lr": self.config.lr, "batch": self.config.batch,
            "loss": self.config.loss if "discriminator" in self.family.networks() else "", **self._regularization(),
        }  # fmt: skip
        network.config = replace(self.model, training=facts)
        network.directions = strongest_directions(network) if final else None
        save_model(self.run.model_folder, network, self.samples.preview(network), model_card(network.config))

    def _regularization(self) -> dict:
        """For the card of a GAN: penalty and augmentation, as they were at the end."""
        c = self.config
        if "discriminator" not in self.family.networks():
            return {}
        strength = round(self.family.adaptive().get("augment", c.augment), 3)
        return {"penalty": c.penalty, "gamma": c.gamma, "augmentation": c.augmentation, "augment": strength}

    def _command(self) -> str:
        return " ".join(["python", "train_local.py", *Run(self.run.path).config.to_argv()])

    def write(self, action: Callable[[], None]) -> Iterator[dict]:
        """Run a disk write; on a full disk say so once and wait for room (or a stop), losing nothing."""
        told = False
        while True:
            try:
                action()
                if told:
                    yield self.emit("resumed", step=self.counters.step)
                return
            except OSError as error:
                if error.errno not in FULL:
                    raise disk_error(error) from None
            if not told:
                yield self.emit("paused", step=self.counters.step)
                yield self.warn("train.disk_full", "The disk is full. Make some room: training then goes on by itself.")
                told = True
            if self.asked() == "stop":
                return
            time.sleep(1.0)

    def roll_back(self) -> Iterator[dict]:
        """Return to the last checkpoint with half the learning rate; give up after a few times in a row."""
        step, rollbacks = self.counters.step, self.counters.rollbacks + 1
        scale, next_sample = self.counters.lr_scale / 2, self.counters.next_sample
        if rollbacks > MAX_ROLLBACKS:
            raise StudioError(
                "train.diverged",
                "The numbers ran away {times} times. Start again with a smaller learning rate.",
                times=rollbacks,
            )
        elapsed = self.counters.elapsed
        self.counters = load_state(self.run.checkpoint_folder, self.family, self.ema)
        self.counters.lr_scale, self.counters.rollbacks, self.counters.next_sample = scale, rollbacks, next_sample
        self.counters.elapsed = elapsed
        self.losses = {}
        yield self.warn(
            "train.rollback", "The numbers ran away at step {step}; went back to step {back} with half the learning rate.",
            step=step, back=self.counters.step,
        )  # fmt: skip

    def finish(self, state: str) -> Iterator[dict]:
        """Last report, samples, checkpoint and model; then the end event."""
        yield self.report()
        yield from self.sample()
        yield from self.checkpoint()
        yield from self.write(lambda: self.export(final=True))
        words = "Finished" if state == "done" else "Stopped"
        message = f"{words} after {self.counters.images:,} pictures. The model is kept."
        yield self.emit(
            "end", state=state, message=message, code=f"train.{state}", facts={"images": self.counters.images}
        )

    def _restore(self) -> None:
        fingerprint = self.counters.fingerprint
        self.counters = load_state(self.run.checkpoint_folder, self.family, self.ema)
        if self.counters.fingerprint != fingerprint:
            raise StudioError(
                "run.other_pictures", "The pictures in {data} are not the ones this run began with. Put them back, or start a new run.",
                data=self.config.data,
            )  # fmt: skip
        self.run.truncate_events(self.counters.events_size)
        for step, path in self.run.samples():
            if step > self.counters.step:
                path.unlink(missing_ok=True)
        self._last_progress = self._last_checkpoint = self.counters.elapsed

    def _facts(self) -> dict:
        return {
            "family": self.model.family, "data": self.pictures.title or self.pictures.name, "pictures": len(self.pictures),
            "skipped": len(self.pictures.skipped), "resolution": self.model.resolution, "channels": self.model.channels,
            "classes": self.model.num_classes, "device": str(self.device.device), "reason": self.device.reason,
            "dtype": str(self.device.dtype).removeprefix("torch."), "batch": self.config.batch, "augment": self.config.augment,
            "parameters": {k: sum(p.numel() for p in n.parameters()) for k, n in self.family.networks().items()},
        }  # fmt: skip
