"""`/health` says whether the app serves, quickly, and nothing about anybody."""

import asyncio
import re
import threading
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

import gan_core
from gan_core.latent.point import LatentPoint
from gan_core.ui import Settings, health, stopping
from gan_core.ui.engine import Engine
from gan_core.ui.launch import ROUTES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def engine(weights, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "FRESH", 0.0)
    return Engine(weights, tmp_path / "runs", "cpu")


@pytest.fixture
def client(engine, weights, tmp_path):
    routes = health.routes(Settings(weights=weights, runs=tmp_path / "runs"), engine)
    return TestClient(Starlette(routes=routes))


def test_health_tells_how_the_app_is(client, engine):
    assert "health" in ROUTES
    before = client.get("/health")
    assert (before.status_code, before.json()["status"], before.json()["device"]) == (200, "starting", None)
    asyncio.run(engine.render("a-plain", [LatentPoint(seed=1)]))
    facts = client.get("/health").json()
    assert facts.pop("free_bytes") > 0
    assert facts == {
        "status": "ok", "version": gan_core.__version__, "device": "cpu", "models": 3, "disk_low": False, "training": False,
    }  # fmt: skip


def test_an_engine_that_is_dead_stuck_or_stopping_is_no_health(client, engine, monkeypatch):
    engine._worker = threading.Thread()  # never started: as dead as one that ended
    assert (client.get("/health").status_code, client.get("/health").json()["status"]) == (503, "stuck")
    engine._worker = None
    monkeypatch.setattr(type(engine), "at_work", property(lambda self: health.STUCK + 1))
    assert client.get("/health").status_code == 503
    monkeypatch.undo()
    assert client.get("/health").status_code == 200
    monkeypatch.setattr(stopping, "begun", lambda: True)
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "stopping")


def test_health_looks_once_for_many_that_ask(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(health, "FRESH", 60.0)
    looked = []
    monkeypatch.setattr(health.run_view, "active", lambda runs: looked.append(runs))
    asked = health.Health(tmp_path / "runs", engine)
    assert [asked.facts()["status"] for _ in range(5)] == ["starting"] * 5 and len(looked) == 1


def test_the_version_stands_in_one_way_everywhere():
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    project = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert gan_core.__version__ == newest == project
