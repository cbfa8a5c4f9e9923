"""The real app as a process of its own and a real Chromium in front of it, for measurements and for the browser tests."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.common import ROOT, free_port

# The headless shell loads a page in half the time of the whole browser; the environment may name another.
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def start_app(weights: Path, runs: Path, env: dict | None = None) -> tuple[subprocess.Popen, str]:
    """Start app.py on a free port; return its process and address (it may not answer yet, see `wait_for`)."""
    port = free_port()
    imported = runs.with_name(f"{runs.name}-imported")
    argv = [
        sys.executable,
        "app.py",
        "--no-browser",
        "--weights",
        str(weights),
        "--runs",
        str(runs),
        "--imported",
        str(imported),
    ]
    env = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_SERVER_PORT": str(port), **(env or {})}
    return subprocess.Popen(argv, cwd=ROOT, env=env), f"http://127.0.0.1:{port}/"


def wait_for(url: str, process: subprocess.Popen, seconds: float = 120) -> None:
    """Wait until an address answers. Raises RuntimeError when its process ends or the time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{url}: its process ended with {process.returncode}")
        try:
            urllib.request.urlopen(url, timeout=60).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{url} did not come up in {seconds:.0f} s")


@contextlib.contextmanager
def running_app(weights: Path, runs: Path, env: dict | None = None) -> Iterator[tuple[subprocess.Popen, str]]:
    """(process, address) of an app that answers; it ends with the block."""
    process, url = start_app(weights, runs, env)
    try:
        wait_for(url, process)
        yield process, url
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def chromium():
    """A headless Chromium of playwright's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
