"""The real app as a process of its own, and a real browser in front of it. No browser is a failure, not a skip."""

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from benchmarks.common import free_port
from tests.hub_standin import Hub
from tests.tiny_models import make_weights

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync"
)
PATIENCE = 60_000  # milliseconds: tests may share the machine with a training run

expect.set_options(timeout=PATIENCE)


def wait_until_up(url: str, process: subprocess.Popen, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, f"app.py ended with {process.returncode}"
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{url} did not come up in {seconds:.0f} s")


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """(weights, runs): a weights folder with three tiny models and an empty runs folder."""
    return make_weights(tmp_path_factory.mktemp("weights")), tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def hub():
    """A Hugging Face Hub on the loopback, the only one that the app knows."""
    with Hub() as hub:
        yield hub


@pytest.fixture(scope="session")
def app(folders, hub, tmp_path_factory):
    """The address of a running app.py."""
    weights, runs = folders
    port = free_port()
    env = os.environ | {"GRADIO_SERVER_PORT": str(port), "OMP_NUM_THREADS": "1", "GRADIO_ANALYTICS_ENABLED": "False"}
    env |= {"HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path_factory.mktemp("hub")), "NO_PROXY": "*"}
    env |= {"GRADIO_TEMP_DIR": str(tmp_path_factory.mktemp("uploads"))}
    process = subprocess.Popen(
        [sys.executable, "app.py", "--weights", str(weights), "--runs", str(runs)], cwd=ROOT, env=env
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until_up(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, app):
    """visit(address="", **context) opens a page of a fresh visitor; afterwards it must have had no console error and no other host."""
    opened: list[tuple[object, Page, list[str]]] = []

    def open_page(address: str = "", **context) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "locale": "en-US", "accept_downloads": True, **context}
        )
        page, wrong = context.new_page(), []
        page.set_default_timeout(PATIENCE)
        page.on(
            "console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None
        )
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on(
            "request", lambda request: wrong.append(f"left for {request.url}") if _foreign(request.url, app) else None
        )
        opened.append((context, page, wrong))
        page.goto(app + address)
        return page

    yield open_page
    for context, page, wrong in opened:
        page.close()
        context.close()
        assert not wrong


@pytest.fixture
def page(visit):
    """A visitor who has just opened the app and sees the first picture."""
    page = visit()
    page.wait_for_selector("#panel-explore .hero.awake")
    return page


def _foreign(url: str, app: str) -> bool:
    return not url.startswith((app, "data:", "blob:"))
