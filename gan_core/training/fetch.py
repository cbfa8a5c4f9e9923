"""Pictures that lie elsewhere are brought to this computer before a run begins; its folder says how far that is."""

import time
from collections.abc import Iterator
from dataclasses import replace

from gan_core import data
from gan_core.config import TrainConfig
from gan_core.training.control import Requests
from gan_core.training.run import Run

TELL = 1.0  # seconds between two events


def brought(config: TrainConfig, run: Run, requests: Requests) -> Iterator[dict]:
    """Fetch the pictures of a config, yielding `fetching` events {done, total}, and an `end` event when it was stopped meanwhile.

    Returns the config that names exactly these pictures, or None when it was stopped. Raises StudioError.
    """
    exact, told = data.exact(config.data), 0.0
    for done, total in data.bring(exact, config.limit):
        if requests.action() == "stop":
            yield _emit(
                run,
                "end",
                state="stopped",
                code="train.stopped",
                facts={"images": 0},
                message="Stopped after 0 pictures.",
            )
            return None
        if done < total and time.monotonic() - told > TELL:
            told = time.monotonic()
            yield _emit(run, "fetching", done=done, total=total)
    return replace(config, data=exact)


def _emit(run: Run, kind: str, **facts) -> dict:
    event = {"type": kind, "time": round(time.time(), 3), **facts}
    run.append(event)
    return event
