"""Data sets: what is in the zip, that it can be trained on, and that nothing is left of one that failed."""

import csv
import errno
import io
import json
import zipfile

import numpy as np
import pytest

from gan_core import data
from gan_core.checkpoint import load_model
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.export import dataset as module
from gan_core.export import read_point
from gan_core.export.dataset import Order, class_folders, main, plain, write_dataset
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from tests.tiny_models import make_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return make_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def classes(weights):
    return load_model(weights / "b-classes")


@pytest.fixture(scope="module")
def plain_model(weights):
    return load_model(weights / "a-plain")


def write(path, network, order, **options):
    write_dataset(path, network, order, lambda points: render(network, points), network.config.name, **options)
    return zipfile.ZipFile(path)


def rows(archive):
    return list(csv.DictReader(io.StringIO(archive.read("points.csv").decode("utf-8-sig"))))


def test_it_reads_back_with_its_classes(classes, tmp_path):
    write(tmp_path / "set.zip", classes, Order(40))
    known = data.load(tmp_path / "set.zip")
    assert len(known) == 40 and known.resolution == 16 and not known.skipped
    assert known.label_names == ("Bag", "T-shirt-top", "Trouser")
    drawn = render(classes, [LatentPoint(seed=i) for i in range(40)])
    for name, pictures in (("T-shirt-top", drawn[0::3]), ("Trouser", drawn[1::3])):
        found = known.images[known.labels == known.label_names.index(name)].permute(0, 2, 3, 1).numpy()
        assert np.abs(found.astype(int) - pictures).max() <= 1


def test_every_picture_carries_its_point_and_the_table_says_the_same(classes, tmp_path):
    archive = write(tmp_path / "set.zip", classes, Order(7, seed=100, truncation=0.7, vary=("d1",), reach=2.0))
    table = rows(archive)
    assert [row["seed"] for row in table] == [str(seed) for seed in range(100, 107)]
    for row in table:
        point, model = read_point(archive.read(row["file"]))
        assert model == "b-classes" and point == LatentPoint.from_json(row["point"])
        assert row["class"] == classes.config.labels[point.label] and point.truncation == 0.7
        assert row["moves"].startswith("d1 ") and abs(point.moves[0][1]) <= 2
    assert len({row["moves"] for row in table}) > 3
    assert b"trainedAlgorithmicMedia" in archive.read(table[0]["file"])
    assert "7 pictures" in archive.read("README.txt").decode() and "b-classes" in archive.read("README.txt").decode()


def test_chosen_classes_get_an_even_share(classes, tmp_path):
    table = rows(write(tmp_path / "set.zip", classes, Order(9, classes=(2, 0))))
    assert [row["class"] for row in table] == ["Bag", "T-shirt/top"] * 4 + ["Bag"]


def test_without_classes_there_are_no_folders(plain_model, tmp_path):
    archive = write(tmp_path / "set.zip", plain_model, Order(12, moves=(("d0", 1.5),), size=32))
    names = [name for name in archive.namelist() if name.endswith(".png")]
    assert len(names) == 12 and not any("/" in name for name in names)
    known = data.load(tmp_path / "set.zip")
    assert known.labels is None and known.resolution == 32
    assert rows(archive)[0]["moves"] == "d0 +1.5" and rows(archive)[0]["class"] == ""


def test_the_same_order_gives_the_same_file(classes, tmp_path):
    order = Order(5, vary=("d0", "d2"), moves=(("d0", 1.0), ("d1", -0.5)))
    for name in "ab":
        write(tmp_path / name, classes, order).close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert [move[0] for move in next(order.points(classes.config)).moves] == ["d1", "d0", "d2"]  # random replaces fixed


@pytest.mark.parametrize(
    "fields",
    [
        {"count": 0},
        {"count": 10_001},
        {"count": True},
        {"count": 2.5},
        {"count": 2, "seed": -1},
        {"count": 2, "seed": 2**32 - 1},
        {"count": 2, "truncation": 9.0},
        {"count": 2, "truncation": float("nan")},
        {"count": 2, "classes": ()},
        {"count": 2, "classes": (1, 1)},
        {"count": 2, "moves": (("d0", 99.0),)},
        {"count": 2, "vary": ("",)},
        {"count": 2, "vary": ("d0",), "reach": 0},
        {"count": 2, "vary": ("d0",), "reach": float("nan")},
        {"count": 2, "size": 100_000},
    ],
)
def test_orders_that_cannot_be_are_refused_in_words(fields):
    with pytest.raises(StudioError):
        Order(**fields)


@pytest.mark.parametrize(
    "order",
    [Order(3, classes=(7,)), Order(3, classes=(-1,)), Order(3, vary=("nowhere",)), Order(3, moves=(("x", 1.0),))],
)
def test_orders_that_do_not_fit_the_model_leave_nothing_behind(classes, tmp_path, order):
    with pytest.raises(StudioError):
        write(tmp_path / "set.zip", classes, order)
    assert not list(tmp_path.iterdir())


def test_a_stop_leaves_nothing_behind(plain_model, tmp_path):
    def tell(done, total):
        assert total == 100
        if done >= 2 * module.SLICE:
            raise StudioError("job.stopped", "Stopped.")

    with pytest.raises(StudioError) as caught:
        write(tmp_path / "set.zip", plain_model, Order(100), tell=tell)
    assert caught.value.code == "job.stopped" and not list(tmp_path.iterdir())


def test_a_full_disk_is_said_in_words(plain_model, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(StudioError) as caught:
        write(tmp_path / "set.zip", plain_model, Order(3))
    assert caught.value.code == "dataset.disk" and not list(tmp_path.iterdir())


def test_a_file_that_grows_too_large_is_refused(plain_model, tmp_path):
    with pytest.raises(StudioError) as caught:
        write(tmp_path / "set.zip", plain_model, Order(100), most_bytes=20_000)
    assert caught.value.code == "dataset.large" and not list(tmp_path.iterdir())


def test_pictures_are_drawn_in_slices(plain_model, tmp_path):
    sizes = []
    write_dataset(
        tmp_path / "set.zip",
        plain_model,
        Order(75),
        lambda points: sizes.append(len(points)) or render(plain_model, points),
    )
    assert sum(sizes) == 75 and max(sizes) <= module.SLICE


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text):
    assert plain(text) == "'" + text


def test_class_names_become_safe_and_different_folders():
    labels = ("a/b", "a\\b", "../..", "", "A-B", "鞋", "con: x", "=1")
    folders = class_folders(ModelConfig("dcgan", 16, num_classes=len(labels), labels=labels))
    assert len({name.casefold() for name in folders}) == len(labels)
    assert all(name and not set(name) & set('/\\:.*?"<>|') for name in folders) and folders[5] == "鞋"


def test_hostile_class_names_stay_inside_the_zip_and_out_of_formulas(classes, tmp_path):
    from dataclasses import replace

    kept = classes.config
    try:
        classes.config = replace(kept, labels=("../../etc", "=cmd()", "C:\\x"))
        archive = write(tmp_path / "set.zip", classes, Order(3))
    finally:
        classes.config = kept
    assert all(".." not in name and ":" not in name for name in archive.namelist())
    assert [row["class"] for row in rows(archive)] == ["../../etc", "'=cmd()", "C:\\x"]


def test_the_terminal_makes_the_same_file(weights, classes, tmp_path, capsys):
    out = tmp_path / "cli.zip"
    asked = [str(weights / "b-classes"), "--count", "6", "--seed", "3", "--out", str(out), "--device", "cpu"]
    assert main([*asked, "--classes", "Bag,Trouser", "--move", "d0=1.5", "--vary", "d1"]) == 0
    order = Order(6, 3, classes=(2, 1), moves=(("d0", 1.5),), vary=("d1",))
    write(tmp_path / "ours.zip", classes, order).close()
    assert out.read_bytes() == (tmp_path / "ours.zip").read_bytes()
    assert "6 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong", [["--count", "0"], ["--classes", "Shoe"], ["--move", "d0"], ["--move", "d0=far"], ["--vary", "nowhere"]]
)
def test_the_terminal_says_what_is_wrong(weights, tmp_path, capsys, wrong):
    out = tmp_path / "x.zip"
    assert main([str(weights / "b-classes"), "--count", "2", "--out", str(out), "--device", "cpu", *wrong]) == 1
    assert capsys.readouterr().err.strip() and not out.exists()


def test_the_point_column_is_json(plain_model, tmp_path):
    table = rows(write(tmp_path / "set.zip", plain_model, Order(2)))
    assert json.loads(table[1]["point"])["seed"] == 1
