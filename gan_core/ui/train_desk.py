"""What the Train tab may ask of the app. Every answer comes from the run folders, so any number of pages show the same."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from gan_core import data
from gan_core.config import TrainConfig
from gan_core.device import pick
from gan_core.errors import StudioError
from gan_core.training.control import extend
from gan_core.training.launch import launch
from gan_core.training.queue import enqueue, starts_in, waiting
from gan_core.training.run import Run, list_runs
from gan_core.training.state import has_state
from gan_core.ui import (
    budget,
    limits,
    picture_view,
    run_view,
    stopping,
    train_choice,
    train_form,
    uploads,
    watch_view,
    zero_gpu,
)
from gan_core.ui.caller import caller
from gan_core.ui.library import Library
from gan_core.ui.requests import Name, Visitor

TIMES = (0.5, 1, 2, 10, 60)  # minutes that have a card; at home the usual ones, else the longest three allowed
USUAL, FIRST = (1, 10, 60, 480), 10


@dataclass(frozen=True)
class TrainDesk:
    """The trainings below `runs`; `inbox` is where the browser's uploads arrive, `device` what the app computes on."""

    runs: Path
    inbox: Path
    device: str = "auto"
    share: bool | None = None  # a public link was asked for
    library: Library | None = None  # the models that a training may start from
    starting: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def folders(self) -> bool:
        """Whether visitors may name folders of this machine."""
        return limits.folders_allowed(self.share)

    def options(self) -> dict:
        """Return what the form offers: picture sets, families, lengths, and what is chosen at first."""
        most = limits.max_minutes()
        times = USUAL if most is None else [t for t in TIMES if t <= most][-3:] or [most]
        return {
            "sources": [picture_view.card(name) for name in data.builtin_names()],
            "families": list(train_form.FAMILIES),
            "times": list(times),
            "most": most,
            "folders": self.folders,
            "choices": {name: train_form.CHOICES[name] for name in train_form.CHOSEN},
            "device": _device(self.device),
            "first": {
                "bundled": data.builtin_names()[0],
                "family": "auto",
                "minutes": FIRST if FIRST in times else times[-1],
                "fit": "crop",
            },
        }

    def look(self, form: dict) -> dict:
        """Return what would go into the network: a sheet of pictures, the facts in words, the files left out and why."""
        return picture_view.look(form, self.runs, self.folders, self.library)

    def send(self, files: list[Name], token: str | None = None, names: list[str] | None = None) -> dict:
        """Take files that the browser has just uploaded (their paths in Gradio's inbox) into one upload, under `names` if given."""
        upload = uploads.receive(self.runs, files, self.inbox, token, names)
        return {"token": upload.token, "files": upload.files}

    def plan(self, form: dict) -> dict:
        """Return the command line that `start` would run, the name the run would get, and what would be chosen and why."""
        config = train_form.config_from(form, self.runs, self.folders, self.library)
        start = train_form.start_model(form.get("start_from"), config.family, self.library)
        chosen = train_choice.chosen(config, self.device, start)
        return {"command": train_form.command(config), "name": Path(config.out).name, **chosen}

    def start(self, form: dict, visitor: Visitor, wait: bool = False) -> dict:
        """Start training in a process of its own; while another training goes on, refused, or queued where it may `wait`."""
        with self.starting:
            later = wait and run_view.active(self.runs) is not None
            if not later:
                self._refuse_second()
            self._refuse_third(visitor)
            config = train_form.config_from(form, self.runs, self.folders, self.library)
            budget.spend("training", config.minutes)
            run = enqueue(config) if later else launch(config)
            limits.sign(run.path, visitor)
        uploads.sweep(self.runs, run_view.data_in_use(self.runs))
        return {"run": run.name}

    def snapshot(self, run: Name, since: int = 0, visitor: Visitor = "") -> dict:
        """Return a run's status, what happened after `since` (see run_view.snapshot), and what this visitor may do with it."""
        found = run_view.find(self.runs, run, visitor)
        return {
            **run_view.snapshot(found, since),
            "title": found.config.name or found.name,
            "command": train_form.command(found.config),
            **watch_view.extras(found),
            "resumable": run_view.resumable(found),
            "mine": True,
            "place": self._place(found.name),
            "pausable": not limits.on_space(),
        }

    def sheet(self, run: Name, step: int, visitor: Visitor = "") -> dict:
        """Return the samples of one moment as a data URL."""
        return {"sheet": run_view.sheet(run_view.find(self.runs, run, visitor), step)}

    def control(self, run: Name, action: Literal["pause", "resume", "stop"], visitor: Visitor) -> dict:
        """Pause, go on or stop (which keeps the model); `resume` also restarts a training whose process is gone."""
        found = run_view.find(self.runs, run, visitor)
        if action == "pause":
            limits.check_pause()
        if action == "resume" and found.status().state in run_view.RESUMABLE:
            with self.starting:
                self._refuse_second()
                limits.check_time(found.config.minutes, found.config.steps)
                budget.spend("training", max(0.0, found.config.minutes - found.status().elapsed / 60))
                launch(_here(found), resume=True)
        else:
            found.control(action)
        return {"state": found.status().state}

    def go_on(self, run: Run, minutes: float) -> None:
        """Let a run that is over train on for so many minutes. Raises StudioError without a checkpoint, or beside another training."""
        if not has_state(run.checkpoint_folder):
            raise StudioError(
                "run.no_checkpoint", "There is no readable checkpoint in {folder}, so the run cannot go on.", folder=run.name
            )  # fmt: skip
        with self.starting:
            self._refuse_second()
            extend(run, minutes=minutes)
            launch(_here(run), resume=True)

    def remove(self, run: Name, visitor: Visitor) -> dict:
        """Delete a run that is not going on, with its model."""
        found = run_view.find(self.runs, run, visitor)
        found.delete()
        return {"removed": found.name}

    def trainings(self, visitor: Visitor) -> dict:
        """Return a visitor's runs, newest first, the name of the one going on just now, and whether it is a stranger's (`busy`)."""
        found, expected = run_view.summaries(self.runs, visitor), starts_in(self.runs)
        for run in found:
            run["starts_in"], run["place"] = expected.get(run["run"]), self._place(run["run"])
            run["mine"] = True
        active = next((run["run"] for run in found if run["active"]), None)
        return {"runs": found, "active": active, "busy": active is None and run_view.active(self.runs) is not None}

    def _refuse_second(self) -> None:
        stopping.check()
        running = run_view.active(self.runs)
        if running is not None and not limits.may_change(running.path, caller().word):
            raise StudioError(
                "run.others", "Another visitor's training goes on just now, one at a time. Wait in line for your turn, or try again later."
            )  # fmt: skip
        if running is not None:
            raise StudioError(
                "run.one", "“{name}” is training just now. One training at a time: watch it, stop it, or wait until it ends.",
                name=running.config.name or running.name, run=running.name,
            )  # fmt: skip

    def _refuse_third(self, visitor: str) -> None:
        """Raise StudioError where strangers share the machine and this one trains or waits in line already."""
        own = (run for run in list_runs(self.runs) if limits.may_change(run.path, visitor))
        if limits.on_space() and any(run.queued or run.status().active for run in own):
            raise StudioError(
                "run.one_each", "You have a training that goes on or waits in line. Others want to train too: wait until it ends, or stop it."
            )  # fmt: skip

    def _place(self, run: str) -> int | None:
        """Where a run stands in line, from 1; None when it does not wait."""
        names = [one.name for one in waiting(self.runs)]
        return names.index(run) + 1 if run in names else None


def _here(run: Run) -> TrainConfig:
    """A run's config, in the folder where it lies now."""
    return replace(run.config, out=str(run.path))


def _device(name: str) -> dict:
    """What a training would run on: {kind: cpu|cuda|mps|lent, name}; the processor's details are the trainer's to tell."""
    if zero_gpu.here():
        return {"kind": "lent", "name": ""}
    chosen = pick(name)
    return {"kind": chosen.device.type, "name": "" if chosen.device.type == "cpu" else chosen.reason}
