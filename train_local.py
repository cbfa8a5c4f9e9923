"""Train a model from a terminal: flags made from TrainConfig, a progress bar, a run folder that the app can watch."""

import argparse
import dataclasses
import json
import signal
import sys
import time


def parser() -> argparse.ArgumentParser:
    """The command line: one flag per TrainConfig field, and what to do instead of training."""
    from gan_core.config import add_flags

    p = argparse.ArgumentParser(
        description="Train a GAN or VAE on a folder of pictures; watch it in the app's Train tab.",
        epilog="Trainings that are there: train_local.py status | pause | resume | stop | extend | set [RUN] (--help says more).",
    )
    add_flags(p)
    p.add_argument("--resume", nargs="?", const="", metavar="RUN", help="go on with a run folder (or with --out)")
    p.add_argument("--dry-run", action="store_true", help="show what would be trained, and stop")
    p.add_argument("--list", action="store_true", help="list bundled pictures, kinds of model and runs, and stop")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when it went well, 1 with one sentence on stderr when not."""
    from gan_core.errors import StudioError
    from gan_core.training.terminal import COMMANDS, obey

    words = sys.argv[1:] if argv is None else argv
    try:
        if words and words[0] in COMMANDS:
            config = obey(words)
            return run(config, True) if config else 0
        arguments = parser().parse_args(words)
        if arguments.list:
            return list_everything()
        config, resume = read_config(arguments, words)
        return dry_run(config) if arguments.dry_run else run(config, resume)
    except StudioError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def read_config(arguments: argparse.Namespace, argv: list[str]):
    """The TrainConfig that the flags give; for --resume the run's own, with the flags that were typed on top."""
    from gan_core.config import TrainConfig, from_flags
    from gan_core.errors import StudioError
    from gan_core.training.budget import withdraw
    from gan_core.training.run import Run

    if arguments.resume is None:
        return from_flags(arguments), False
    folder = arguments.resume or arguments.out
    if not folder:
        raise StudioError("run.which", "Say which run to resume: --resume runs/NAME.")
    typed = {
        f.name
        for f in dataclasses.fields(TrainConfig)
        if any(a.split("=")[0] == "--" + f.name.replace("_", "-") for a in argv)
    }
    changes = {name: getattr(arguments, name) for name in typed - {"out"}}
    if changes.keys() & {"minutes", "steps"}:
        withdraw(Run(folder).path)
    return dataclasses.replace(Run(folder).config, out=folder, **changes).checked(), True


def run(config, resume: bool) -> int:
    """Train with a progress bar. Ctrl-C stops and keeps the model."""
    from gan_core.training.loop import train

    stop = []
    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), lambda *_: stop.append(True))
    bar = ProgressBar()
    for event in train(config, lambda: bool(stop), resume):
        bar.show(event)
    return 0


class ProgressBar:
    """One line that is redrawn: share, pictures, speed, time left and losses; other events on lines of their own."""

    def __init__(self):
        self.live, self.shown = sys.stdout.isatty(), 0.0

    def show(self, event: dict) -> None:
        """Print an event."""
        kind = event["type"]
        if kind == "progress":
            if self.live or event["progress"] >= 1 or time.monotonic() - self.shown > 10:
                self.shown = time.monotonic()
                print(("\r\033[K" if self.live else "") + self.line(event), end="" if self.live else "\n", flush=True)
        elif kind == "start":
            size, parts = event["resolution"], ", ".join(f"{k} {n:,}" for k, n in event["parameters"].items())
            print(
                f"{event['family']} on {event['pictures']:,} pictures of {event['data']} at {size} px; {event['reason']}"
            )
            print(f"parameters: {parts}" + (f"; {event['skipped']} files skipped" if event["skipped"] else ""))
            for said in (event["choice"], event["transfer"], *event["notes"]):
                if said:
                    print(said["message"])
        elif kind == "changed":
            said = ", ".join(f"{name} {value}" for name, value in event["values"].items())
            print(("\n" if self.live else "") + f"from step {event['step']:,} on: {said}", flush=True)
        elif kind == "fetching":
            line = f"fetching pictures: {event['done']:,} of {event['total']:,}"
            print(("\r\033[K" if self.live else "") + line, end="" if self.live else "\n", flush=True)
        elif kind in ("warning", "end", "paused", "resumed", "extended"):
            print(("\n" if self.live else "") + event.get("message", kind), flush=True)

    @staticmethod
    def line(event: dict) -> str:
        """The progress line."""
        done = int(24 * event["progress"])
        left = event["remaining"]
        clock = "" if left is None else f"  {int(left) // 60}:{int(left) % 60:02d} left"
        losses = "  ".join(f"{k} {v:.3g}" for k, v in event["losses"].items())
        return f"[{'█' * done}{'·' * (24 - done)}] {event['images']:>9,} pictures  {event['images_per_second']:.0f}/s{clock}  {losses}"


def dry_run(config) -> int:
    """Decode the pictures and print what would be used."""
    from gan_core.device import pick
    from gan_core.models import family
    from gan_core.training.setup import default_out, plan
    from gan_core.training.transfer import transfer

    device = pick(config.device)
    config = dataclasses.replace(config, out=config.out or default_out(config)).checked()
    chosen = plan(config, device)
    model, pictures, generator = chosen.model, chosen.pictures, family(chosen.config.family).Generator(chosen.model)
    parameters = sum(p.numel() for p in generator.parameters())
    print(
        f"{len(pictures):,} pictures of {pictures.title or pictures.name}, {len(pictures.skipped)} skipped; {device.reason}"
    )
    for skipped in pictures.skipped[:20]:
        print(f"  skipped {skipped.name}: {skipped.reason}")
    print(f"{model.family}, {model.resolution} px, {model.channels} channels, {parameters:,} parameters to sample with")
    print(chosen.choice.message)
    for said in (transfer(chosen.source, generator) if chosen.source else None, *chosen.notes):
        if said:
            print(said.message)
    print(json.dumps(chosen.config.to_dict(), indent=2, ensure_ascii=False))
    return 0


def list_everything() -> int:
    """Print the bundled pictures, the families and the runs."""
    from gan_core import data
    from gan_core.models import FAMILIES, family
    from gan_core.training.run import list_runs

    print("Pictures (--data NAME, a folder, zip or idx file, or hub:user/name for a data set on the Hub):")
    for name in data.builtin_names():
        info = data.describe(name)
        print(f"  {name:<14} {info.title}: {info.count:,} pictures, {info.resolution} px; {info.licence}")
    print("Kinds of model (--family NAME):")
    for name in FAMILIES:
        print(f"  {name:<14} {family(name).__doc__.splitlines()[0]}")
    runs = list_runs("runs")
    print("Runs:" if runs else "No runs yet.")
    for one in runs:
        status = one.status()
        print(f"  {one.name:<24} {status.state}, {status.images:,} pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())
