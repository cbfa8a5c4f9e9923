"""Making a data set in a real browser: the zip arrives whole, can be stopped, and what makes no sense cannot be asked for."""

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from gan_core import data

BOX = "#panel-grid .dataset"


@pytest.fixture
def box(visit):
    """The Grid tab of the conditional model, with the data set's part unfolded."""
    page = visit("?tab=grid&point=" + json.dumps({"seed": 3, "model": "b-classes", "moves": [["d1", 2]]}))
    page.wait_for_selector("#panel-grid .cell")
    page.click(f"{BOX} summary")
    page.wait_for_selector(f"{BOX} .dataset-sliders .chip", state="attached")
    return page


def made(page) -> Path:
    with page.expect_download() as caught:
        page.click(f"{BOX} [data-act=make-set]")
    assert caught.value.suggested_filename.endswith(".zip")
    return Path(caught.value.path())


def rows(path) -> list[dict]:
    return list(csv.DictReader(io.StringIO(zipfile.ZipFile(path).read("points.csv").decode("utf-8-sig"))))


def test_the_zip_arrives_and_can_be_trained_on(box, tmp_path):
    box.fill("#dataset-count", "30")
    box.click(f"{BOX} .dataset-classes .chip:has-text('Trousers')")  # all but these
    box.select_option("#dataset-size", "64")
    box.click(f"{BOX} .dataset-change [data-value='\"like\"']")
    path = made(box)
    (tmp_path / "set.zip").write_bytes(path.read_bytes())
    known = data.load(tmp_path / "set.zip")
    assert len(known) == 30 and known.resolution == 64 and known.label_names == ("Bag", "T-shirt-top")
    assert all(row["moves"] == "d1 +2" for row in rows(path))
    box.wait_for_selector(f"{BOX} .film", state="hidden")


def test_random_changes_move_the_chosen_sliders(box):
    box.fill("#dataset-count", "12")
    box.click(f"{BOX} .dataset-change [data-value='\"random\"']")
    chosen = box.locator(f"{BOX} .dataset-sliders .chip[aria-pressed=true]").count()
    assert chosen == 4
    table = rows(made(box))
    assert all(row["moves"].count(";") == chosen - 1 for row in table) and len({row["moves"] for row in table}) == 12


def test_it_can_be_stopped(box):
    box.fill("#dataset-count", "10000")
    box.click(f"{BOX} [data-act=make-set]")
    box.wait_for_function(f"() => /\\d+/.test(document.querySelector('{BOX} .film small').textContent)")
    box.click(f"{BOX} [data-act=stop-set]")
    box.wait_for_selector(".toast:has-text('Stopped')")
    box.wait_for_selector(f"{BOX} .film", state="hidden")
    assert box.locator(f"{BOX} [data-act=make-set]").is_enabled()


def test_what_makes_no_sense_cannot_be_asked_for(box):
    button = box.locator(f"{BOX} [data-act=make-set]")
    for wrong in ("", "0", "-5", "2.5", "10001"):
        box.fill("#dataset-count", wrong)
        assert button.is_disabled()
        assert box.get_attribute("#dataset-count", "aria-invalid") == "true"
    box.fill("#dataset-count", "5")
    assert button.is_enabled()
    for chip in box.locator(f"{BOX} .dataset-classes .chip").all():
        chip.click()
    assert button.is_disabled()
    box.click(f"{BOX} .dataset-even [data-value=false]")
    assert button.is_enabled()
