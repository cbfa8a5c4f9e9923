"""Damaged and forged weight files by the thousand: each must open or be refused in words, soon, in little memory, running nothing.

    python -m benchmarks.fuzz [--cases 10000] [--seed 0] [FILE …]

FILEs are weight files to start from, of any kind that can be opened; without any, the tests' own. Each case is one of them with some
bytes changed, cut, doubled or exchanged for those of another, given to `gan_core.importers.open_file`. A case fails when anything but a
StudioError comes out, when something was run (os.system, subprocess, eval, exec, a file opened for writing), when it takes longer than
`--seconds`, or when it takes more than `--megabytes` at a time. Failing files are kept in `--out`. Writes no figures.
"""

import argparse
import gzip
import io
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from safetensors.torch import save

from gan_core.errors import StudioError
from gan_core.importers import open_file

OFFICIAL = Path(__file__).parents[1] / "tests" / "foreign" / "official"
RUNS = {
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "subprocess.Popen",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "socket.connect",
}


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """One forged file: `data` with one to eight changes, some of them taken from `other`."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        place = rng.randrange(len(changed)) if changed else 0
        if rng.random() < 0.5:  # where the structure is, not the numbers
            place = min(place, rng.randrange(4096))
        length = rng.choice((1, 2, 4, 16, 256))
        match rng.randrange(8):
            case 0 | 1:
                changed[place : place + 1] = bytes([rng.randrange(256)])
            case 2:
                changed[place : place + 4] = rng.choice(
                    (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\0\0\0\x80")
                )
            case 3:
                del changed[place : place + length]
            case 4:
                changed[place:place] = changed[place : place + length]
            case 5:
                start = rng.randrange(max(1, len(other)))
                changed[place : place + length] = other[start : start + length]
            case 6:
                changed[place:place] = rng.choice(
                    (b"R", b"b", b"\x81", b"0", b".", b"2", b"cos\nsystem\n", b"(lp0\n", b"\x93", b"}", b"\x85")
                )
            case 7:
                del changed[place if rng.random() < 0.2 else len(changed) :]
    return bytes(changed)


def seeds(files: list[Path]) -> dict[str, bytes]:
    """File name → contents of the files to start from."""
    if files:
        return {path.name: path.read_bytes() for path in files}
    return {path.name[:-3]: gzip.decompress(path.read_bytes()) for path in sorted(OFFICIAL.glob("*.pkl.gz"))} | plain()


def plain() -> dict[str, bytes]:
    """A small DCGAN's weights in each format of PyTorch's own, and as safetensors."""
    rng = torch.Generator().manual_seed(0)
    sizes = {"main.0": (4, 16), "main.3": (16, 8), "main.6": (8, 4), "main.9": (4, 4), "main.12": (4, 3)}
    tensors = {f"{name}.weight": torch.randn(*size, 4, 4, generator=rng) for name, size in sizes.items()}
    for name, width in (("main.1", 16), ("main.4", 8), ("main.7", 4), ("main.10", 4)):
        tensors |= {f"{name}.{part}": torch.ones(width) for part in ("weight", "bias", "running_mean", "running_var")}
    whole, legacy = io.BytesIO(), io.BytesIO()
    torch.save({"state_dict": tensors, "epoch": 3}, whole)
    torch.save(tensors, legacy, _use_new_zipfile_serialization=False)
    return {"dcgan.pt": whole.getvalue(), "legacy.pth": legacy.getvalue(), "dcgan.safetensors": save(tensors)}


def cases(contents: dict[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` forged files (name, bytes); the same for the same seed."""
    rng, names = random.Random(seed), list(contents)
    for number in range(count):
        name = names[number % len(names)]
        yield f"{number}-{name}", mutated(contents[name], contents[rng.choice(names)], rng)


def outcome(path: Path, opened: Callable = open_file) -> str:
    """What comes of a file: "opened", the code of the StudioError, or "FAILED: …" for anything else."""
    try:
        opened(path)
    except StudioError as refused:
        return refused.code
    except BaseException as error:  # a SystemExit from a file's own code is what this looks for
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"FAILED: {type(error).__name__}: {error}"[:200]
    return "opened"


class Watch:
    """Notes each audit event (PEP 578) that stands for something being run or changed."""

    def __init__(self):
        self.seen: list[str] = []
        self.on = False
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments) -> None:
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if self.on and (event in RUNS or writes):
            self.seen.append(event)


def main() -> None:
    """Open every case, count what came of it, and fail when one failed."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("files", nargs="*", type=Path)
    cli.add_argument("--cases", type=int, default=10_000, help="default 10000")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--seconds", type=float, default=20, help="the longest a case may take, default 20")
    cli.add_argument("--megabytes", type=int, default=512, help="the most that memory may grow by, default 512")
    cli.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir()) / "latent-studio-fuzz", help="folder for failing files"
    )
    options = cli.parse_args()
    contents, found, slowest, watch = seeds(options.files), Counter(), 0.0, Watch()
    floor = None
    with tempfile.TemporaryDirectory() as folder:
        for name, data in cases(contents, options.cases, options.seed):
            path = Path(folder) / name
            path.write_bytes(data)
            began, watch.on = time.monotonic(), True
            result = outcome(path)
            watch.on, took = False, time.monotonic() - began
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            floor = floor or peak
            if watch.seen or took > options.seconds or peak - floor > options.megabytes:
                result = f"FAILED: ran {watch.seen}, {took:.1f} s, {peak - floor} MB more"
            watch.seen.clear()
            slowest = max(slowest, took)
            if result.startswith("FAILED"):
                options.out.mkdir(parents=True, exist_ok=True)
                (options.out / name).write_bytes(data)
                print(f"{name}: {result}", flush=True)
            found[result.split(":")[0]] += 1
            path.unlink()
    print(
        f"{options.cases:,} cases, the slowest {slowest:.2f} s, memory at most {peak - floor} MB above the first case"
    )
    for result, count in found.most_common():
        print(f"  {count:>8,}  {result}")
    if found["FAILED"]:
        sys.exit(f"failing files are in {options.out}")


if __name__ == "__main__":
    main()
