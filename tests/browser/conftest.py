"""The real app as a process of its own, and a real browser in front of it. No browser is a failure, not a skip."""

import pytest
from playwright.sync_api import Page, expect

from benchmarks.live import chromium, running_app
from tests.hub_standin import Hub
from tests.tiny_models import make_weights

PATIENCE = 60_000  # milliseconds: tests may share the machine with a training run

expect.set_options(timeout=PATIENCE)


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
    env = {"OMP_NUM_THREADS": "1", "HF_ENDPOINT": hub.endpoint, "NO_PROXY": "*"}
    env |= {name: str(tmp_path_factory.mktemp(name.lower())) for name in ("HF_HOME", "GRADIO_TEMP_DIR")}
    with running_app(weights, runs, env) as (_, url):
        yield url


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


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
