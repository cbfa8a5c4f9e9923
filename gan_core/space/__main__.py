"""Check what a Space needs and push it: `python -m gan_core.space user/name [--dry-run] [--private] [--hardware cpu-basic]`."""

import argparse
import sys
from pathlib import Path

from huggingface_hub import SpaceHardware
from huggingface_hub.utils import logging

from gan_core.errors import StudioError
from gan_core.space.contents import Contents, gathered
from gan_core.space.push import Change, compare, push, space

ROOT = Path(__file__).resolve().parents[2]


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command; 0 when it went well, 1 with sentences on stderr when not."""
    flags = argparse.ArgumentParser(prog="python -m gan_core.space", description=__doc__)
    flags.add_argument("space", metavar="USER/NAME", help="the Space, made where there is none")
    flags.add_argument(
        "--dry-run", action="store_true", help="show every file and what is wrong, and stop; needs no network"
    )
    flags.add_argument(
        "--private", action="store_true", help="only you may see it (a Space that is there stays as it is)"
    )
    flags.add_argument(
        "--hardware", choices=[one.value for one in SpaceHardware], metavar="NAME",
        help="ask for this machine, such as cpu-basic (free; PyTorch without CUDA then), zero-a10g or t4-small",
    )  # fmt: skip
    asked = flags.parse_args(argv)
    logging.set_verbosity_error()  # how the client sends a file is nobody's concern
    try:
        source = space(asked.space)
        with gathered(root, cpu=(asked.hardware or "").startswith("cpu-")) as contents:
            if asked.dry_run:
                show(contents)
            for sentence in contents.notes:
                print(sentence)
            for sentence in contents.faults:
                print(f"! {sentence}", file=sys.stderr)
            if contents.faults or asked.dry_run:
                return 1 if contents.faults else 0
            change = compare(contents, source)
            tell(change)
            commit = push(change, asked.private, asked.hardware or "", progress if sys.stderr.isatty() else None)
            print(f"{source.page} is at commit {commit[:10]}. The Hub builds it now; its page shows how far it is.")
            return 0
    except StudioError as error:
        hint = " In a terminal: hf auth login" if error.code in ("hub.not_logged_in", "hub.read_only") else ""
        print(f"{error}{hint}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped; nothing was published.", file=sys.stderr)
    return 1


def show(contents: Contents) -> None:
    """Print every file with its size, and all of them together."""
    sizes = {name: path.stat().st_size for name, path in contents.files.items()}
    for name, size in sizes.items():
        print(f"{size:>12,}  {name}")
    print(
        f"{sum(sizes.values()):>12,}  bytes in {len(sizes)} files; the largest has {max(sizes.values()) / 1e6:.1f} MB"
    )


def tell(change: Change) -> None:
    """Print what a push will change."""
    count = {state: sum(file.state == state for file in change.files) for state in ("new", "changed", "same")}
    size = sum(file.size for file in change.sent) / 1e6
    print(f"{count['new']} new files, {count['changed']} changed ({size:.1f} MB), {count['same']} as they are there, {len(change.gone)} to delete.")  # fmt: skip
    if change.kept:
        print(f"Not ours, so they stay: {', '.join(change.kept[:5])}{' and more' if len(change.kept) > 5 else ''}.")


def progress(done: int, total: int) -> None:
    """Draw how far the upload is."""
    print(f"\r{done / 1e6:.1f} of {total / 1e6:.1f} MB", end="\n" if done == total else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
