"""Where runs and imported models are kept when the program's own folder cannot be written to."""

import errno
import tempfile
from pathlib import Path

import pytest

from gan_core.errors import StudioError
from gan_core.ui import Settings, folders
from gan_core.ui.launch import check_folders


@pytest.fixture
def refusing(monkeypatch):
    """refusing(folder, …, error=EROFS): no file can be made in or below these folders; as root, permissions would not do."""
    true = tempfile.TemporaryFile

    def refuse(*places: Path, error: int = errno.EROFS) -> None:
        def make(dir: Path):
            if any(Path(dir).is_relative_to(place) for place in places):
                raise OSError(error, "refused")
            return true(dir=dir)

        monkeypatch.setattr(folders.tempfile, "TemporaryFile", make)

    return refuse


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(folders, "user_data", lambda: tmp_path / "home" / "latent-studio")
    (tmp_path / "program").mkdir()
    return tmp_path / "home"


def test_a_folder_that_can_be_written_to_is_taken_and_nothing_is_made(tmp_path):
    wished = tmp_path / "program" / "runs"
    assert folders.writable_or(wished, "runs") == folders.Place(wished)
    assert not wished.exists() and not list((tmp_path / "program").iterdir())


def test_a_read_only_program_keeps_its_runs_with_the_person(tmp_path, home, refusing):
    refusing(tmp_path / "program")
    place = folders.writable_or(tmp_path / "program" / "runs", "runs")
    assert place.path == home / "latent-studio" / "runs"
    assert str(tmp_path / "program" / "runs") in place.reason and str(place.path) in place.reason


def test_a_file_in_the_way_counts_as_not_writable(tmp_path, home):
    (tmp_path / "program" / "runs").write_text("no folder")
    assert folders.writable_or(tmp_path / "program" / "runs", "runs").path.is_relative_to(home)


def test_without_a_home_either_a_temporary_folder_does(tmp_path, home, refusing):
    refusing(tmp_path / "program", tmp_path)
    place = folders.writable_or(tmp_path / "program" / "runs", "runs")
    assert place.path.name == "runs" and place.path.parent.is_dir() and "until the machine restarts" in place.reason
    place.path.parent.rmdir()


def test_a_full_disk_does_not_move_the_runs_away(tmp_path, refusing):
    (kept := tmp_path / "program" / "runs").mkdir()
    refusing(tmp_path, error=errno.ENOSPC)
    assert folders.writable_or(kept, "runs").path == kept


def test_nowhere_to_write_is_said_in_words(tmp_path, refusing, monkeypatch):
    refusing(tmp_path)

    def no_temporary(**_):
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(folders.tempfile, "mkdtemp", no_temporary)
    with pytest.raises(StudioError, match="Nothing can be written"):
        folders.writable_or(tmp_path / "program" / "runs", "runs")


def test_a_full_disk_has_a_temporary_folder_by_name_all_the_same(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", lambda: (_ for _ in ()).throw(FileNotFoundError("none")))
    folders.name_a_temporary_folder()
    assert Path(tempfile.gettempdir()).is_dir()


def test_the_app_starts_where_nothing_can_be_written_to(tmp_path, weights, refusing, caplog, monkeypatch):
    monkeypatch.setattr(folders.tempfile, "mkdtemp", lambda **_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    wished = Settings(weights, tmp_path / "program" / "runs", tmp_path / "program" / "imported")
    refusing(tmp_path / "program")
    kept = check_folders(wished)  # the person's own folders do
    assert (kept.runs, kept.imported) == (folders.user_data() / "runs", folders.user_data() / "imported")
    assert kept.runs.is_dir() and f"cannot be written to, so {kept.runs} is used instead." in caplog.text
    caplog.clear()
    refusing(tmp_path)
    assert check_folders(wished) == wished
    assert "Nothing can be written to" in caplog.text and not wished.runs.exists()
