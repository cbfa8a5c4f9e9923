"""Fixtures that several test files share: tiny pictures and tiny configs."""

import asyncio
import contextlib
import os

os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core.config import TrainConfig
from gan_core.latent import finders

finders.PROBES = 2  # most of the time of a training of three steps; tests of directions give their own number
torch.set_num_threads(1)


def in_browser(nodeid: str) -> bool:
    return nodeid.startswith("tests/browser/")


def pytest_collection_modifyitems(config, items):
    """Browser tests come last, quick failures first; where workers share the suite they come first, as they take longest."""
    items.sort(key=lambda item: in_browser(item.nodeid) != hasattr(config, "workerinput"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The browser tests for two workers, each with an app and a browser: they wait more than they work. The rest by files."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            if in_browser(nodeid):
                return "browser, A to L" if file < "tests/browser/test_m" else "browser, M to Z"
            return file

    return Scheduling(config, log)


@contextlib.contextmanager
def free_thread(item, wanted: bool = True):
    """No event loop runs in this thread, as far as other tests can tell, though the browser's driver keeps one after its own."""
    if in_browser(item.nodeid) or not wanted:
        yield
        return
    kept = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(kept)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    with free_thread(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with free_thread(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    with free_thread(item, wanted=nextitem is not None):  # the last one ends the driver, which needs its loop
        return (yield)


@pytest.fixture(scope="session")
def picture_folder(tmp_path_factory):
    """A folder of 24 small colour pictures in two classes (sub-folders)."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for i in range(24):
        folder = root / ("dark" if i % 2 else "light")
        folder.mkdir(exist_ok=True)
        base = 60 if i % 2 else 190
        pixels = (rng.normal(base, 30, (16, 16, 3))).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return root


@pytest.fixture
def tiny(picture_folder, tmp_path):
    """A function that makes a TrainConfig small enough for a test: `tiny(family="vae", steps=3)`."""

    def make(**changes) -> TrainConfig:
        fields = dict(
            data=str(picture_folder), out=str(tmp_path / "run"), resolution=16, steps=3, batch=8, width=8, d_width=8, z_dim=8, device="cpu",
            checkpoint_seconds=3600.0,
        )  # fmt: skip
        return TrainConfig(**{**fields, **changes})

    return make
