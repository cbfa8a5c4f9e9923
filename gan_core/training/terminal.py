"""Trainings from a terminal: `train_local.py status|pause|resume|stop|extend|set [RUN]`, the same as the page's buttons."""

import argparse
import contextlib
from dataclasses import fields, replace
from pathlib import Path

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.budget import unit
from gan_core.training.control import extend
from gan_core.training.run import Run, Status, list_runs
from gan_core.training.settings import CHANGEABLE, Settings, change, now
from gan_core.training.state import has_state

COMMANDS = ("status", "pause", "resume", "stop", "extend", "set")
DONE = {
    "pause": "“{run}” pauses after this step. Go on with: resume {run}",
    "resume": "“{run}” goes on.",
    "stop": "“{run}” stops after this step and keeps its model.",
}


def parser() -> argparse.ArgumentParser:
    """The command line of these commands."""
    p = argparse.ArgumentParser(prog="train_local.py", description="See and steer trainings that are going on.")
    p.add_argument("command", choices=COMMANDS)
    p.add_argument("run", nargs="?", default="", help="a run's name or folder; without it: all of them")
    p.add_argument("--runs", default="runs", help="the folder with the runs (default runs)")
    p.add_argument("--minutes", type=float, default=0.0, help="extend: so many more minutes")
    p.add_argument("--steps", type=int, default=0, help="extend: so many more steps")
    return p


def obey(argv: list[str]) -> TrainConfig | None:
    """Do as a command line says; return the config of a run that is to go on in this process, or None. Raises StudioError."""
    if argv[0] == "set":
        return _set(argv[1:])
    asked = parser().parse_args(argv)
    if not asked.run:
        if asked.command != "status":
            raise StudioError("run.which_one", "Say which run: {command} NAME.", command=asked.command)
        _print_all(list_runs(asked.runs))
        return None
    run = find(asked.run, asked.runs)
    if asked.command == "status":
        print(describe(run))
        return None
    if asked.command == "extend":
        return _extend(run, asked.minutes, asked.steps)
    return _steer(run, asked.command)


def find(name: str, runs: str) -> Run:
    """The run of that name below `runs`, or in that folder. Raises StudioError when there is none."""
    for folder in (Path(runs) / name, Path(name)):
        if (folder / "config.json").is_file():
            return Run(folder)
    raise StudioError("run.missing", "There is no run in {folder}.", folder=str(Path(runs) / name))


def _steer(run: Run, action: str) -> TrainConfig | None:
    status = run.status()
    if status.active:
        run.control(action)
        print(DONE[action].format(run=run.name))
        return None
    if action == "resume" and has_state(run.checkpoint_folder) and status.state != "done":
        return replace(run.config, out=str(run.path))
    if action == "resume":
        raise StudioError(
            "run.over", "“{run}” is over ({state}). Give it more time: extend {run} --minutes 10.",
            run=run.name, state=status.state,
        )  # fmt: skip
    raise StudioError("run.idle", "“{run}” is not training just now ({state}).", run=run.name, state=status.state)


def _set(argv: list[str]) -> None:
    """Other settings for a run that goes on: `set RUN --lr 0.0005 --gamma auto`."""
    p = argparse.ArgumentParser(
        prog="train_local.py set",
        description="Change settings of a run, from its next step on; “auto” is back to what it began with.",
    )
    p.add_argument("run", help="a run's name or folder")
    p.add_argument("--runs", default="runs", help="the folder with the runs (default runs)")
    for f in fields(TrainConfig):
        text = f.metadata["help"] if f.name in CHANGEABLE else argparse.SUPPRESS
        p.add_argument(
            "--" + f.name.replace("_", "-"),
            default=argparse.SUPPRESS,
            nargs="?",
            const="yes",
            metavar="VALUE",
            help=text,
        )
    asked = vars(p.parse_args(argv))
    run = find(asked.pop("run"), asked.pop("runs"))
    change(run, {name: None if value == "auto" else _number(value) for name, value in asked.items()})
    config, when = now(run), "from its next step on" if run.status().active else "as soon as it goes on"
    print(f"“{run.name}” {when}: " + ", ".join(f"{name} {getattr(config, name)}" for name in asked))


def _number(text: str) -> float | int | str:
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(text)
    return text


def _extend(run: Run, minutes: float, steps: int) -> TrainConfig | None:
    """More time; a run whose process is gone goes on in this one."""
    if minutes <= 0 and steps <= 0:
        raise StudioError("run.how_long", "Say how much more: --minutes 10.")
    active = run.status().active
    if not active and not has_state(run.checkpoint_folder):
        raise StudioError(
            "run.no_checkpoint", "There is no readable checkpoint in {folder}, so the run cannot go on.",
            folder=str(run.checkpoint_folder),
        )  # fmt: skip
    config = replace(extend(run, max(0.0, minutes), max(0, steps)), out=str(run.path))
    print(f"“{run.name}” may now take {budget(config)}.")
    return None if active else config


def budget(config: TrainConfig) -> str:
    """A run's budget in words."""
    return f"{getattr(config, unit(config)):,g} {unit(config)}"


def describe(run: Run) -> str:
    """What there is to say of a run, one fact a line."""
    status, config = run.status(), run.config
    progress = next((e for e in reversed(run.latest_events()) if e["type"] == "progress"), {})
    lines = [f"{run.name}: {_state(status)}"]
    if status.message:
        lines.append(status.message)
    lines.append(f"  pictures   {config.data}")
    lines.append(f"  seen       {status.images:,} pictures, {status.step:,} steps, {clock(status.elapsed)}")
    lines.append(f"  budget     {budget(config)}, {progress.get('progress', 0):.0%} spent")
    if status.remaining is not None:
        lines.append(f"  left       {clock(status.remaining)} at {status.images_per_second:,.0f} pictures a second")
    if losses := progress.get("losses"):
        lines.append("  losses     " + ", ".join(f"{name} {value:.3g}" for name, value in losses.items()))
    if progress.get("diversity") is not None:
        lines.append(f"  variety    {progress['diversity']:.2f} of real pictures'")
    for one in Settings(run).changes:
        said = ", ".join(f"{name} {'as at first' if value is None else value}" for name, value in one.values.items())
        lines.append(f"  changed    {said}" + (" (waits)" if one.step is None else f" from step {one.step:,}"))
    lines.append(f"  folder     {run.path}")
    return "\n".join(lines)


def _print_all(runs: list[Run]) -> None:
    if not runs:
        print("No runs yet.")
    for run in runs:
        status = run.status()
        left = f", {clock(status.remaining)} left" if status.remaining is not None else ""
        print(f"{run.name:<28} {_state(status):<12} {status.images:>12,} pictures  {clock(status.elapsed):>8}{left}")


def _state(status: Status) -> str:
    return {"running": "training", "done": "finished"}.get(status.state, status.state)


def clock(seconds: float) -> str:
    """Seconds as 0:07, 12:30 or 1:02:03."""
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
