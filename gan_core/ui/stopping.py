"""Stopping well, on Ctrl-C or when the system asks: nothing new begins, and a training that would die with its container is kept first."""

import atexit
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.training.launch import children
from gan_core.training.run import Run
from gan_core.ui import limits, run_view

CONTAINER_VARIABLE = "LATENT_STUDIO_CONTAINER"  # set in our Dockerfile
PATIENCE = 25.0  # seconds in which a training has to save what it learned
LAST = 8.0  # seconds for closing the page, and for work that nobody can ask to stop

_asked, _over = threading.Event(), threading.Event()  # the word to stop came; everything is closed


def ask() -> None:
    """Stop this app as a signal would."""
    _asked.set()


def begun() -> bool:
    """Whether this app is being stopped."""
    return _asked.is_set()


def check() -> None:
    """Raise StudioError where something new would begin while the app is being stopped."""
    if begun():
        raise StudioError("app.stopping", "Latent Studio is being stopped here. Try again in a minute.")


def pause(seconds: float) -> bool:
    """Sleep, but no longer than the app lives; return whether it is being stopped."""
    return _asked.wait(seconds)


@atexit.register
def _leave() -> None:
    """End without taking PyTorch and Gradio apart piece by piece, which costs more than all the rest; what was registered later has run."""
    if _over.is_set():
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def in_container() -> bool:
    """Whether this process's end is the end of all others here: in a Space, in our image, or as the first process of another."""
    return limits.on_space() or bool(os.environ.get(CONTAINER_VARIABLE)) or os.getpid() == 1


def hold(page, runs: Path) -> None:
    """Serve until SIGINT or SIGTERM, then stop within PATIENCE + LAST seconds. A second signal ends the process at once."""

    def obey(number, frame) -> None:
        if begun():
            os._exit(130)
        _asked.set()

    for name in ("SIGINT", "SIGTERM"):
        signal.signal(getattr(signal, name), obey)
    while not _asked.wait(1.0):  # with an end, as Windows lets no signal through while a thread waits for ever
        pass
    settle(runs)
    last = threading.Timer(LAST, os._exit, [0])
    last.daemon = True
    last.start()
    if getattr(page, "server", None) is not None:
        page.server.reloader = (
            None  # on a Space Gradio reloads code, and would wait for ever for the thread that looks out for it
        )
    page.close(verbose=False)
    _over.set()


def settle(runs: Path) -> None:
    """Let trainings that would die with this process save and end; of those that will not, say that they go on."""
    if not in_container():
        run = run_view.active(runs)
        if run is not None:
            print(
                f"The training “{run.name}” goes on by itself. To stop it: python train_local.py stop {run.path}",
                flush=True,
            )
        return
    going = children()
    for run in going:
        print(f"The training “{run.name}” is asked to save what it has learned.", flush=True)
    end = time.monotonic() + PATIENCE
    while (left := children()) and time.monotonic() < end:
        for run in left:
            if run.requested() != "stop":  # a trainer that has just started forgets what was asked before
                run.control("stop")
        time.sleep(0.1)
    for run in going:
        print(_outcome(run, run in children()), flush=True)


def _outcome(run: Run, late: bool) -> str:
    if late:
        return f"The training “{run.name}” took too long; its last checkpoint is kept."
    return f"The training “{run.name}” is kept and can be resumed."
