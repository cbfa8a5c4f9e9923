"""python -m gan_core.metrics MODEL --data faces: how good a model's samples are, in numbers."""

import argparse
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from gan_core.card import describe_anew
from gan_core.checkpoint import read_config
from gan_core.errors import StudioError
from gan_core.metrics.evaluate import evaluate
from gan_core.metrics.features import DEFAULT, EXTRACTORS
from gan_core.terminal import count, exit_status

TABLE = (  # label, field, better
    ("KID × 10³", "kid", "lower"),
    ("KID × 10³, raw extractor", "kid_raw", "lower"),
    ("Fréchet distance", "frechet", "lower"),
    ("precision (k = 3)", "precision", "higher"),
    ("recall (k = 3)", "recall", "higher"),
    ("coverage (k = 5)", "coverage", "higher"),
)


def main(argv=None):
    """Print the numbers; return the exit status."""
    options = parser().parse_args(argv)

    def work() -> None:
        folder = writable(options.model) if options.write else None
        report = evaluate(
            _load(options.model, options.device), options.data, options.n, options.extractor, options.seed,
            options.cache, lambda stage, done, total: count(done, total, stage),
        )  # fmt: skip
        if folder:
            write_quality(folder, report.to_dict() | {"command": command(options)})
        print(json.dumps(report.to_dict(), indent=2) if options.json else table(report))

    return exit_status(work)


def parser():
    """The command line."""
    cli = argparse.ArgumentParser(
        prog="python -m gan_core.metrics", description="Measure a model's samples against real pictures."
    )
    cli.add_argument("model", help="model folder, our .safetensors file, or user/repo on the Hugging Face Hub")
    cli.add_argument("--data", required=True, help="the pictures it should resemble: a bundled name, folder or zip")
    cli.add_argument("--n", type=int, default=2000, help="samples, and real pictures (default 2000)")
    cli.add_argument("--extractor", default=DEFAULT, help=f"one of: {', '.join(EXTRACTORS)} (default {DEFAULT})")
    cli.add_argument("--seed", type=int, default=0, help="chooses the samples")
    cli.add_argument("--device", default="auto", help="auto, cpu, cuda or mps, for drawing the samples")
    cli.add_argument("--cache", type=Path, help="folder for features of real pictures")
    cli.add_argument("--json", action="store_true", help="print JSON")
    cli.add_argument("--write", action="store_true", help="also store the numbers in the model folder's config.json")
    return cli


def table(report):
    """The report as text: each number beside what real pictures reach."""
    facts = report.to_dict()
    lines = [f"{'':26}{'samples':>10}{'real':>10}"]
    for label, field, better in TABLE:
        if field in facts:
            lines.append(f"{label:26}{facts[field]:10.3f}{facts[field + '_floor']:10.3f}   {better} is better")
    lines.append(f"{'density':26}{report.density:10.3f}{1:10.3f}")
    lines.append(f"{'diversity':26}{report.diversity:10.3f}{1:10.3f}")
    seen = "held-out" if report.held_out else "training (there is no held-out part)"
    lines.append(
        f"\n{report.n} samples against {report.n} {seen} pictures of {report.data}; {report.extractor}; {report.seconds:.0f} s."
    )
    lines.append("Not comparable with the FID or KID of papers, which use another network.")
    return "\n".join(lines)


def command(options):
    """The command that gives the same numbers again, for the model card."""
    words = [
        "python -m gan_core.metrics",
        shlex.quote(options.model),
        "--data",
        shlex.quote(options.data),
        f"--n {options.n}",
    ]
    words += [
        f"--{name} {value}"
        for name, value in (("extractor", options.extractor), ("seed", options.seed))
        if value not in (DEFAULT, 0)
    ]
    return " ".join(words)


def writable(model):
    """The folder whose config.json is to be changed; StudioError when `model` is not a folder of ours."""
    folder = Path(model)
    if not (folder / "config.json").is_file():
        raise StudioError(
            "metrics.write_where", "{model} is not a model folder on this machine, so the numbers cannot be stored there. Leave out --write.",
            model=model,
        )  # fmt: skip
    return folder


def write_quality(folder, quality):
    """Put the dict `quality` into a model folder's config.json and write its card anew; each file is replaced whole."""
    describe_anew(folder, replace(read_config(folder), quality=quality))


def _load(model, device):
    from gan_core import load

    return load(model, device)


if __name__ == "__main__":
    sys.exit(main())
