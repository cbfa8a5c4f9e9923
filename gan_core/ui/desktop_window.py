"""A window of the app's own, without tabs and address: a Chromium's app window on a profile of ours, so that its process is ours too."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from gan_core.training import queue
from gan_core.ui import folders, run_view, stopping

VARIABLE = "CHROMIUM"  # names another one
NAMES = (
    "google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge", "microsoft-edge-stable",
    "brave-browser", "vivaldi",
)  # fmt: skip
MAC = ("Google Chrome", "Chromium", "Microsoft Edge", "Brave Browser")
WINDOWS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
    r"Chromium\Application\chrome.exe",
    r"BraveSoftware\Brave-Browser\Application\brave.exe",
)
QUICK = 5.0  # seconds within which a window that never was, or that another process took over, has ended

_open: set[subprocess.Popen] = set()


def find() -> str | None:
    """Return the program of a Chrome, Chromium or Edge on this machine."""
    named = os.environ.get(VARIABLE)
    found = [shutil.which(name) for name in ((named,) if named else NAMES)]
    if not named and sys.platform == "darwin":
        homes = (Path("/Applications"), Path.home() / "Applications")
        found += [str(home / f"{name}.app" / "Contents" / "MacOS" / name) for home in homes for name in MAC]
    if not named and sys.platform == "win32":
        homes = [os.environ.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        found += [str(Path(home) / path) for path in WINDOWS for home in homes if home]
    return next((path for path in found if path and os.path.isfile(path)), None)


def open_window(url: str, runs: Path, ends: bool) -> bool:
    """Open a window on an address and return whether a browser for it was found. With `ends` the app stops when it is closed."""
    program = find()
    if program is None:
        return False
    profile = _profile(program)
    taken = os.path.lexists(profile / "SingletonLock")  # another window of ours is open, or its browser was killed
    flags = [f"--app={url}", f"--user-data-dir={profile}", "--no-first-run", "--no-default-browser-check"]
    try:
        window = subprocess.Popen(
            [program, *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for the app; an open page says that it has gone
        )
    except OSError:
        return False
    _open.add(window)
    threading.Thread(target=_follow, args=(window, taken, url, runs, ends), name="window", daemon=True).start()
    return True


def _profile(program: str) -> Path:
    """The folder in which our windows' browser keeps its things; a snap may write only below its own."""
    if program.startswith("/snap/"):
        return Path.home() / "snap" / Path(program).name / "common" / folders.APP
    return folders.writable_or(folders.user_data() / "window", "window").path


def _follow(window: subprocess.Popen, taken: bool, url: str, runs: Path, ends: bool) -> None:
    """Wait until a window is closed, then, with `ends`, for the trainings, and stop the app unless another window is open."""
    began = time.monotonic()
    code = window.wait()
    _open.discard(window)
    quick = time.monotonic() - began < QUICK
    if quick and code:
        print(f"The window could not be opened. Open {url} in your browser.", flush=True)
        return
    if (quick and taken) or not ends or stopping.begun():
        return
    if _training(runs):
        print(
            f"The window is closed. A training goes on, and Latent Studio with it until it ends; its page: {url}",
            flush=True,
        )
    while _training(runs):
        if stopping.pause(2.0):
            return
    if not _open:
        stopping.ask()


def _training(runs: Path) -> bool:
    return run_view.active(runs) is not None or bool(queue.waiting(runs))
