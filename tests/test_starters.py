"""The double-click starters: they find a Python, prepare an environment once, take up what was interrupted, and say what is wrong."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common import ROOT
from desktop import start

BESIDE = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
SHELLS = [ROOT / "desktop" / name for name in ("start-linux.sh", "start-mac.command")]


def run(starter: Path, folder: Path, **programs: str) -> subprocess.CompletedProcess:
    """Run a starter where no other programs are than these scripts."""
    (tools := folder / "tools").mkdir()
    for name in ("dirname", "sh", "printf"):
        (tools / name).symlink_to(shutil.which(name))
    for name, script in programs.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o700)
    env = {"PATH": str(tools)}
    return subprocess.run(
        [starter, "--port", "79 40"], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize("starter", SHELLS, ids=lambda path: path.name)
class TestShells:
    def test_shellcheck_has_nothing_to_say(self, starter):
        checked = subprocess.run(
            [shutil.which("shellcheck", path=BESIDE), "--shell=sh", starter], capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout

    def test_it_may_be_run(self, starter):
        assert starter.stat().st_mode & stat.S_IXUSR and starter.read_text().startswith("#!/bin/sh\n")

    def test_without_a_new_enough_python_it_says_what_is_needed(self, starter, tmp_path):
        ran = run(starter, tmp_path, python3="exit 1", python="exit 1")
        assert ran.returncode == 1 and "Python 3.11 or newer" in ran.stderr and "需要 Python 3.11" in ran.stderr

    def test_it_hands_everything_on_to_the_first_python_that_is(self, starter, tmp_path):
        script = 'if [ "$1" = -c ]; then exit 0; fi; printf "%s|" "$@"; exit 7'
        shutil.copytree(starter.parent, there := tmp_path / "my apps" / "desktop")
        ran = run(there / starter.name, tmp_path, **{"python3.12": "exit 1", "python3": script})
        assert ran.returncode == 7 and ran.stdout == f"{there}/start.py|--port|79 40|"


def test_the_starter_for_windows_has_windows_line_ends():
    bytes_ = (ROOT / "desktop" / "start-windows.bat").read_bytes()
    assert bytes_.count(b"\n") == bytes_.count(b"\r\n") > 10
    assert "*.bat text eol=crlf" in (ROOT / ".gitattributes").read_text()


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What pip was asked for in a project in tmp_path; `asked.fails` are words whose installation fails."""

    class Asked(list):
        fails = ()

    asked = Asked()
    (tmp_path / "requirements.txt").write_text("# all\ntorch==2.13.0\ngradio==6.31.0\n")

    def pip(folder, *arguments, show=True):
        asked.append(arguments)
        return not any(word in " ".join(arguments) for word in asked.fails)

    def made(command, **options):
        (tmp_path / ".venv-app").mkdir(exist_ok=True)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(start, "ROOT", tmp_path)
    monkeypatch.setattr(start, "pip", pip)
    monkeypatch.setattr(start, "has_nvidia", lambda: False)
    monkeypatch.setattr(start, "works", lambda folder: folder.exists())
    monkeypatch.setattr(start.subprocess, "run", made)
    monkeypatch.setattr(start.sys, "platform", "linux")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.delenv(start.INDEX_VARIABLE, raising=False)
    return asked


def test_it_prepares_once_and_again_when_the_requirements_change(asked, tmp_path):
    folder = start.home()
    assert folder == tmp_path / ".venv-app" and not start.ready(folder)
    start.prepare(folder)
    assert start.ready(folder) and ("torch==2.13.0", "--index-url", start.CPU_INDEX, "--retries", "1") in asked
    with open(tmp_path / "requirements.txt", "a") as file:
        file.write("numpy\n")
    assert not start.ready(folder)
    start.prepare(folder)
    assert start.ready(folder)


def test_what_was_interrupted_is_not_ready(asked, capsys):
    folder = start.home()
    asked.fails = ("requirements.txt",)
    with pytest.raises(start.Failure, match="goes on from here"):
        start.prepare(folder)
    assert not start.ready(folder)
    asked.fails = ()
    start.prepare(folder)
    assert start.ready(folder) and "3 of 3" in capsys.readouterr().out


def test_pytorch_comes_from_the_usual_place_where_the_small_one_is_not_to_be_had(asked, capsys):
    asked.fails = (start.CPU_INDEX,)
    start.prepare(start.home())
    assert asked[1] == ("torch==2.13.0",) and "trying the usual place" in capsys.readouterr().out


def test_a_graphics_card_gets_its_own_pytorch(asked, monkeypatch):
    monkeypatch.setattr(start, "has_nvidia", lambda: True)
    start.prepare(start.home())
    assert asked[0] == ("torch==2.13.0",)


def test_a_full_disk_and_an_old_python_are_said_in_words(asked, monkeypatch, capsys):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(1, 1, 10**9))
    assert start.main([]) == 1 and "1.0 GB free" in capsys.readouterr().err
    monkeypatch.setattr(start.sys, "version_info", (3, 9, 1))
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert start.main([]) == 1 and "需要 Python 3.11" in capsys.readouterr().err


def test_a_linux_desktop_gets_an_entry_whatever_the_folder_is_called(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(start, "ROOT", Path("/home/ann/my $apps"))
    entry = start.add_to_menu().read_text()
    assert r'Exec="/home/ann/my \\$apps/desktop/start-linux.sh"' in entry and os.path.isabs(entry.split("Icon=")[1])
