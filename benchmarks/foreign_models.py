"""Other people's models beside their authors' own output: how far the picture of each is from what its author's code drew.

    python -m benchmarks.foreign_models FOLDER

Each sub-folder of FOLDER holds one weight file, `z.npy` that went in, `out.npy` that came out (CPU, eval mode), and `labels.npy` where the
network has classes. Opens the file as `gan_core.load` does and fails when a picture is farther than --tolerance anywhere. Writes nothing.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

import gan_core
from gan_core import StudioError, importers

SUFFIXES = {".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".pkl"}


def compare(folder: Path) -> tuple[float, str]:
    """(largest difference, what was assumed) of one case."""
    file = next(path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES)
    z, wanted = np.load(folder / "z.npy"), np.load(folder / "out.npy")
    labels = np.load(folder / "labels.npy") if (folder / "labels.npy").is_file() else None
    got = gan_core.load(file, "cpu").from_latent(z, labels).numpy()
    if got.size != wanted.size:
        return float("inf"), f"{got.shape} instead of {wanted.shape}"
    likeliest = importers.open_file(file)[0]
    return float(np.abs(got.reshape(wanted.shape) - wanted).max()), likeliest.why


def main() -> None:
    """Print a line for each case; exit with 1 when one is off."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("folder", type=Path)
    cli.add_argument("--tolerance", type=float, default=1e-4)
    options = cli.parse_args()
    failed = 0
    for folder in sorted(
        path for path in options.folder.iterdir() if (path / "z.npy").is_file() and (path / "out.npy").is_file()
    ):
        try:
            difference, words = compare(folder)
        except StudioError as error:
            difference, words = float("inf"), str(error)
        failed += difference > options.tolerance
        print(f"{folder.name:<28} {difference:.1e}  {words}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
