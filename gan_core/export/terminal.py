"""What the exports of a whole model share in a terminal: `MODEL --out FILE`, steps on the screen, errors as sentences."""

import argparse
from collections.abc import Callable
from pathlib import Path

from gan_core.files import replace_bytes
from gan_core.terminal import count, exit_status


def parser(module: str, about: str) -> argparse.ArgumentParser:
    """The arguments that every export takes."""
    cli = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    cli.add_argument("model", help="model folder, bundled name, run folder, or user/repo on the Hugging Face Hub")
    cli.add_argument("--out", help="file to write (default: the model's name)")
    return cli


def write(options: argparse.Namespace, suffix: str, make: Callable) -> int:
    """Load the model, write what `make(model, tell)` gives, whole or not at all; return the exit status.

    Where `suffix` is empty, `make` gives that, too: (suffix, data).
    """

    def work() -> None:
        from gan_core.training.transfer import load_source

        model = load_source(options.model)
        data = make(model, count)
        ending, data = (suffix, data) if suffix else data
        out = Path(options.out or f"{model.config.name or 'model'}{ending}")
        replace_bytes(out, data)
        print(f"{out}: {len(data) / 1e6:.2f} MB")

    return exit_status(work)
