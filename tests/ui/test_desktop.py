"""On somebody's own computer: when the page opens by itself, how a second start finds the first, and a window's life."""

import json
import stat
import threading
import time
from dataclasses import replace

import pytest
import uvicorn
from starlette.applications import Starlette

from benchmarks.common import free_port
from gan_core.ui import Settings, desktop, desktop_first, desktop_window, stopping
from gan_core.ui.desktop_first import FILE, Door, First


@pytest.fixture
def settings(tmp_path):
    for name in ("weights", "runs", "imported"):
        (tmp_path / name).mkdir()
    return Settings(tmp_path / "weights", tmp_path / "runs", tmp_path / "imported", browser=True)


@pytest.fixture
def shown(monkeypatch):
    """Pages that were shown, as (address, in a window)."""
    seen: list[tuple[str, bool]] = []
    monkeypatch.setattr(desktop, "at_home", lambda: True)
    monkeypatch.setattr(desktop, "browse", lambda url: seen.append((url, False)) or True)
    monkeypatch.setattr(desktop_window, "open_window", lambda url, runs, ends: seen.append((url, True)) or True)
    for name in ("GRADIO_SERVER_PORT", "GRADIO_SERVER_NAME", "SPACE_ID", "SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    return seen


@pytest.fixture
def url(settings):
    """The address of what the app answers to a second start."""
    port = free_port()
    app = Starlette(routes=desktop_first.routes(settings, None))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)


def test_a_second_start_shows_the_page_of_the_first(settings, url, shown, capsys):
    with Door(settings) as first:
        assert not first.joined()
        first.open(url)
        assert stat.S_IMODE((settings.runs / FILE).stat().st_mode) == 0o600
        with Door(settings) as second:
            assert second.joined() and url in capsys.readouterr().out
        with Door(replace(settings, window=True)) as third:
            assert third.joined()
        assert shown == [(url, False), (url, False), (url, True)]
        assert first.file.exists()
    assert not first.file.exists()


def test_a_start_that_asks_for_something_else_is_an_app_of_its_own(settings, url, shown, tmp_path):
    with Door(settings) as first:
        first.open(url)
        others = ({"port": 1}, {"host": "0.0.0.0"}, {"share": True}, {"device": "cpu"}, {"weights": tmp_path})
        for other in others:
            with Door(replace(settings, **other)) as door:
                assert not door.joined(), other
                door.open("http://127.0.0.1:1/")
        assert json.loads(first.file.read_text())["url"] == url, "who was first stays known"
        with Door(replace(settings, port=int(url.rstrip("/").rsplit(":", 1)[1]))) as same:
            assert same.joined()


@pytest.mark.parametrize("left", ["", "[]", '{"url": 3}', '{"url": "file:///x", "token": "t", "serves": []}', "dead"])
def test_what_a_killed_app_left_does_not_matter(settings, shown, left):
    dead = {"url": f"http://127.0.0.1:{free_port()}/", "token": "t", "serves": desktop_first.serves(settings), "pid": 1}
    (settings.runs / FILE).write_text(json.dumps(dead) if left == "dead" else left)
    with Door(settings) as door:
        assert not door.joined()


def test_another_program_at_the_address_is_told_apart(settings, url, shown):
    other = {"url": url, "token": "of another", "serves": desktop_first.serves(settings), "pid": 1}
    (settings.runs / FILE).write_text(json.dumps(other))
    with Door(settings) as door:
        assert not door.joined() and not shown


def test_only_who_read_the_file_may_have_the_page_shown(settings, url, shown):
    stranger = First(url, "guessed", ())
    assert stranger.ask("/desktop/show", token="guessed") is None
    assert stranger.ask("/desktop/show", token=None) is None and stranger.ask("/desktop/show", much="x" * 2000) is None
    assert not shown


def test_a_space_neither_tells_nor_shows(settings, shown, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ann/faces")
    assert desktop_first.routes(settings, None) == []
    with Door(settings) as door:
        assert not door.joined()
        door.open("http://127.0.0.1:1/")
        assert not door.file.exists()


@pytest.mark.parametrize(
    "away", [{"SPACE_ID": "a/b"}, {"CI": "true"}, {"SSH_CONNECTION": "1 2 3 4"}, {"DISPLAY": ""}, {"LATENT_STUDIO_CONTAINER": "1"}]
)  # fmt: skip
def test_the_page_opens_by_itself_only_where_somebody_sees_it(monkeypatch, away):
    monkeypatch.setattr(desktop.sys, "platform", "linux")
    monkeypatch.setattr(stopping.os.path, "exists", lambda path: False)
    for name in (
        *desktop.AWAY,
        "WAYLAND_DISPLAY",
        "SPACE_ID",
        "SYSTEM",
        "KUBERNETES_SERVICE_HOST",
        "container",
        stopping.CONTAINER_VARIABLE,
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    assert desktop.at_home()
    for name, value in away.items():
        monkeypatch.setenv(name, value)
    assert not desktop.at_home()


class Window:
    """Stands for a browser's process; it ends when it is told to."""

    def __init__(self, code=0):
        self.closed, self.code = threading.Event(), code

    def wait(self):
        assert self.closed.wait(10)
        return self.code


@pytest.fixture
def follow(monkeypatch, tmp_path):
    """follow(window, taken=False, ends=True) starts to follow a window; `stopped` counts how often the app was asked to stop."""
    stopped = []
    monkeypatch.setattr(desktop_window, "QUICK", 0.05)
    monkeypatch.setattr(stopping, "ask", lambda: stopped.append(1))
    monkeypatch.setattr(stopping, "pause", lambda seconds: time.sleep(0.01))
    monkeypatch.setattr(desktop_window, "_training", lambda runs: follow.training)

    def follow(window, taken=False, ends=True, after=0.1):
        desktop_window._open.add(window)
        arguments = (window, taken, "http://127.0.0.1:7860/", tmp_path, ends)
        thread = threading.Thread(target=desktop_window._follow, args=arguments)
        thread.start()
        time.sleep(after)
        window.closed.set()
        return thread

    follow.stopped, follow.training = stopped, False
    yield follow
    desktop_window._open.clear()


def test_closing_the_last_window_ends_the_app(follow):
    other = Window()
    desktop_window._open.add(other)
    follow(Window()).join(10)
    assert not follow.stopped, "another window is open"
    follow(other).join(10)
    assert follow.stopped == [1]


def test_a_training_outlives_the_window(follow, capsys):
    follow.training = True
    thread = follow(Window())
    time.sleep(0.2)
    assert thread.is_alive() and not follow.stopped and "A training goes on" in capsys.readouterr().out
    follow.training = False
    thread.join(10)
    assert follow.stopped == [1]


def test_a_window_that_another_process_took_over_or_that_never_was_ends_nothing(follow, capsys):
    follow(Window(), taken=True, after=0).join(10)
    follow(Window(code=1), after=0).join(10)
    follow(Window(), ends=False).join(10)
    assert not follow.stopped and "could not be opened" in capsys.readouterr().out


def test_the_window_is_a_chromium_on_a_profile_of_ours(tmp_path, monkeypatch):
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said.tmp; mv {tmp_path}/said.tmp {tmp_path}/said\n')
    program.chmod(0o700)
    monkeypatch.setenv("CHROMIUM", str(program))
    monkeypatch.setattr(desktop_window.folders, "user_data", lambda: tmp_path / "data")
    assert desktop_window.open_window("http://127.0.0.1:7860/", tmp_path, ends=False)
    end = time.monotonic() + 10
    while not (tmp_path / "said").exists() and time.monotonic() < end:
        time.sleep(0.01)
    said = (tmp_path / "said").read_text()
    assert "--app=http://127.0.0.1:7860/" in said and f"--user-data-dir={tmp_path / 'data' / 'window'}" in said
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nothing"))
    assert desktop_window.find() is None and not desktop_window.open_window("http://x/", tmp_path, ends=False)
