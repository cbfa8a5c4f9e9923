"""What visitors leave on the disk goes after a while, and nothing else does."""

import os
import time
from pathlib import Path

import pytest

from gan_core.config import TrainConfig
from gan_core.training.run import Run
from gan_core.ui import expiry
from gan_core.ui.expiry import DAY, HOUR, MOST_RUNS, sweep

LEFT = {  # path below the home of these tests -> seconds after which a Space deletes it
    "runs/.exports/0a.part": 900,
    "runs/.datasets/0a.zip": 900,
    "runs/.uploads/0123456789abcdef/1.png": HOUR,
    "runs/.excluded/list.txt": HOUR,
    "inbox/models-0a/faces.zip": HOUR,
    "inbox/0a/photo.png": HOUR,
    "imported/.brought/0123456789abcdef/net.pth": HOUR,
    "imported/faces-0a/model/config.json": DAY,
    "tmp/latent-studio-work-0a/film.mp4": DAY,
}
AT_HOME = ("runs/.exports", "runs/.datasets", "inbox/models-", "imported/.brought", "runs/.uploads", "tmp/")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """(folder, sweep as if so many seconds had gone by) of a Space with one file in every place."""
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    monkeypatch.delenv(expiry.KEEP_VARIABLE, raising=False)
    monkeypatch.setattr(expiry.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    for name in (*LEFT, "tmp/of-another-program/x", "runs/cats/owner.txt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "runs/cats/config.json").write_text("{}")
    return tmp_path, lambda seconds: sweep(
        tmp_path / "runs", tmp_path / "imported", tmp_path / "inbox", time.time() + seconds
    )


def there(folder: Path) -> set[str]:
    return {name for name in LEFT if (folder / name).exists()}


@pytest.mark.parametrize("age", [880, HOUR - 20, HOUR + 20, DAY - 20, DAY + 20])
def test_on_a_space_everything_has_its_age(home, age):
    home[1](age)
    assert there(home[0]) == {name for name, seconds in LEFT.items() if seconds > age}
    assert (home[0] / "tmp/of-another-program/x").exists()


def test_a_space_keeps_as_long_as_its_owner_says(home, monkeypatch):
    monkeypatch.setenv(expiry.KEEP_VARIABLE, "1")
    home[1](70)
    assert there(home[0]) == {name for name, seconds in LEFT.items() if seconds == DAY} | {"runs/.excluded/list.txt"}


def test_at_home_models_trainings_and_gradios_files_stay(home, monkeypatch):
    monkeypatch.delenv("SPACE_ID")
    home[1](HOUR + 20)
    assert "runs/.uploads/0123456789abcdef/1.png" in there(home[0])
    home[1](40 * DAY)
    assert there(home[0]) == {name for name in LEFT if not name.startswith(AT_HOME)}
    assert (home[0] / "runs/cats").is_dir()


def test_a_folder_in_which_something_is_new_stays(home):
    new = home[0] / "inbox/0a/second.png"
    new.write_bytes(b"x")
    later = time.time() + HOUR
    os.utime(new, (later, later))
    home[1](HOUR + 20)
    assert new.exists()


def test_pictures_that_a_training_reads_stay_as_long_as_it(home):
    run = Run(home[0] / "runs/dogs")
    run.save_config(TrainConfig(data=str(home[0] / "runs/.uploads/0123456789abcdef"), out=str(run.path)))
    home[1](2 * HOUR)
    assert "runs/.uploads/0123456789abcdef/1.png" in there(home[0])


def test_trainings_of_a_space_go_after_a_day_and_when_there_are_too_many(home):
    folder, later = home
    for number in range(MOST_RUNS + 3):
        run = Run(folder / f"runs/run-{number:03d}")
        run.save_config(TrainConfig(data="faces", out=str(run.path)))
        when = time.time() - 1000 + number
        os.utime(run.path / "config.json", (when, when))
    with Run(folder / "runs/run-000").lock().acquire():  # the oldest goes on
        later(0)
        left = sorted(path.name for path in (folder / "runs").glob("run-*"))
        assert "run-000" in left and "run-001" not in left and f"run-{MOST_RUNS + 2:03d}" in left
        later(DAY + 20)
        assert [path.name for path in (folder / "runs").glob("run-*")] == ["run-000"]


def test_what_cannot_be_deleted_or_is_not_there_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "owner/studio")
    assert sweep(tmp_path / "runs", tmp_path / "imported", tmp_path / "inbox") == []
