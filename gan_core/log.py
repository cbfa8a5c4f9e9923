"""What happens in the app, one event after the other, for whoever runs it: `event("job.ended", kind="morph", seconds=1.2)`.

Fields are numbers and words of the app's own: never a visitor's words, file names, addresses or tokens. `ui/logs.py` writes them down.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
events = logging.getLogger("studio")


def event(name: str, level: int = logging.INFO, **fields: str | int | float | bool | None) -> None:
    """Tell that something happened: `name` is "thing.what", seconds are rounded to milliseconds."""
    fields = {key: round(value, 3) if isinstance(value, float) else value for key, value in fields.items()}
    events.log(level, name, extra={"fields": fields})


@contextmanager
def span(thing: str, **fields: str | int | float | bool | None) -> Iterator[None]:
    """Tell `thing.began` and, with seconds and result ("done", a StudioError's code, else "failed"), `thing.ended`."""
    start, result = time.monotonic(), "done"
    event(f"{thing}.began", **fields)
    try:
        yield
    except Exception as error:
        result = getattr(error, "code", "failed")
        raise
    finally:
        event(f"{thing}.ended", **fields, seconds=time.monotonic() - start, result=str(result))


def telling(thing: str, work: Callable[..., T], **fields: str | int | float | bool | None) -> Callable[..., T]:
    """`work` within a `span`."""

    def told(*values) -> T:
        with span(thing, **fields):
            return work(*values)

    return told
