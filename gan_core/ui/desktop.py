"""The app on somebody's own computer: its page opens by itself, in the browser or in a window of its own."""

import os
import sys
import threading
import webbrowser
from contextlib import suppress
from pathlib import Path

from gan_core.ui import desktop_window, limits, stopping

AWAY = ("CI", "SSH_CONNECTION", "SSH_TTY", "COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE")
TEXT_BROWSERS = {"w3m", "lynx", "links", "elinks", "www-browser"}  # they would take the terminal


def at_home() -> bool:
    """Whether somebody sits in front of this machine: not on a Space, in a container, through SSH, in a CI or without a screen."""
    if limits.on_space() or stopping.in_container() or any(os.environ.get(name) for name in AWAY):
        return False
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in ("win32", "darwin") or bool(screen)


def wanted(settings) -> bool:
    """Whether this start is to show the page: a window was asked for, or nobody said no and somebody is there to see it."""
    return (settings.window and not limits.on_space()) or (settings.browser and at_home())


def show(url: str, settings, ends: bool = False) -> bool:
    """Show the page and return whether that could be: in a window where it is wished for and can be, else in the browser.

    With `ends` the app ends when its window is closed.
    """
    if settings.window and desktop_window.open_window(url, Path(settings.runs), ends):
        return True
    shown = browse(url)
    if settings.window:
        instead = "your browser shows the page" if shown else f"open {url} in a browser"
        print(f"No Chrome, Chromium or Edge was found for a window of its own; {instead}.", flush=True)
    return shown


def browse(url: str) -> bool:
    """Open an address in the person's browser, without waiting for it; return whether there is one."""
    with suppress(webbrowser.Error, OSError):
        browser = webbrowser.get()
        if getattr(browser, "basename", "") not in TEXT_BROWSERS:
            threading.Thread(target=browser.open, args=(url,), name="browser", daemon=True).start()
            return True
    return False
