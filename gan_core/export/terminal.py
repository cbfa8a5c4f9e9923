"""What the exports of a whole model share in a terminal: `MODEL --out FILE`, steps on the screen, errors as sentences."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from gan_core.errors import StudioError


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
    try:
        from gan_core.training.transfer import load_source

        model = load_source(options.model)
        data = make(model, _tell)
        if not suffix:
            suffix, data = data
        out = Path(options.out or f"{model.config.name or 'model'}{suffix}")
        new = out.with_name(f".{out.name}.{os.getpid()}.tmp")
        try:
            new.write_bytes(data)
            new.replace(out)
        finally:
            new.unlink(missing_ok=True)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The file could not be written: {error}.", file=sys.stderr)
        return 1
    print(f"{out}: {len(data) / 1e6:.2f} MB")
    return 0


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
