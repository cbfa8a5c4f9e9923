"""What commands in a terminal share: one sentence instead of a traceback, and a line that counts up."""

import sys
from collections.abc import Callable


def exit_status(work: Callable[[], object]) -> int:
    """Do the work of a command and return the exit status: 0, or 1 with one sentence on stderr."""
    from gan_core.errors import StudioError

    try:
        work()
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"A file could not be read or written: {error}.", file=sys.stderr)
        return 1
    return 0


def count(done: int, total: int, what: str = "") -> None:
    """Draw how far the work is over the line before, where somebody is looking."""
    if sys.stderr.isatty():
        line = f"{what}: {done}/{total}" if what else f"{done} of {total}"
        print(f"\r{line}", end="\n" if done == total else "", file=sys.stderr, flush=True)
