"""Data sets on the Hub, from a stand-in on the loopback: picture files, zips and parquet; bounded, offline, and every failure in words."""

import errno
import io
import json
import socket
import sys
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from data_samples import class_files, colour_picture, encode, huge_png

import gan_core
from gan_core import data
from gan_core.data import hub as source
from gan_core.data import parquet as parquet_files
from gan_core.data.hub_parts import Part, choose, parts, read_wish
from gan_core.errors import StudioError
from gan_core.hub import datasets, names, receive
from gan_core.training.run import Run
from tests.hub_standin import Fault

TABLE = "datasets/ann/rows"
PETS = "datasets/ann/pets"
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
FEATURES = {"image": {"_type": "Image"}, "label": {"_type": "ClassLabel", "names": ["cat", "dog"]}}


def parquet(columns: dict, group: int = 10, features: dict | None = None, **options) -> bytes:
    """A parquet file of pyarrow arrays or lists, with `group` rows a row group."""
    table = pa.table(columns)
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=group, **options)
    return file.getvalue()


def pictures(count: int, first: int = 0):
    """An image column of pictures that are all different."""
    return pa.array([{"bytes": encode(colour_picture(first + i)), "path": f"{i}.png"} for i in range(count)], IMAGE)


def labelled(count: int, first: int = 0, group: int = 10) -> bytes:
    columns = {"image": pictures(count, first), "label": [i % 2 for i in range(first, first + count)]}
    return parquet(columns, group, FEATURES)


def add_rows(hub, **more) -> None:
    files = {f"data/train-0000{i}-of-00002.parquet": labelled(30, 30 * i) for i in range(2)}
    hub.add(TABLE, {"README.md": b"# Rows", **files, "data/test-00000-of-00001.parquet": labelled(6, 90), **more})


def failure(spec: str, **options) -> StudioError:
    with pytest.raises(StudioError) as caught:
        data.load(spec, **options)
    assert str(caught.value)[:1].strip() and "{" not in str(caught.value)
    return caught.value


def anew() -> None:
    """Forget what was learned of data sets, as a new process has."""
    datasets.forget()
    source._lately.clear()


# ---- names


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hub:ann/pets", ("ann/pets", "", "", "")),
        (" hub:ann/pets@v1:small/test ", ("ann/pets@v1", "small/test", "", "")),
        ("hub:ann/pets:test?image=photo&label=kind", ("ann/pets", "test", "photo", "kind")),
        ("hub:ann/pets@refs/convert/parquet", ("ann/pets@refs/convert/parquet", "", "", "")),
        ("https://huggingface.co/datasets/ann/pets", ("ann/pets", "", "", "")),
        ("https://huggingface.co/datasets/ann/pets/tree/v2", ("ann/pets@v2", "", "", "")),
        ("https://hf.co/datasets/ann/pets/viewer/small/train", ("ann/pets", "small/train", "", "")),
    ],
)
def test_a_name_says_which_pictures_are_meant(text, expected):
    wish = read_wish(text)
    assert (wish.name, wish.part, wish.image, wish.label) == expected
    assert read_wish(str(wish)) == wish and data.find_source(text).load is source.load


@pytest.mark.parametrize(
    "text", ["hub:", "hub:pets", "hub:a/b/c", "hub:../x", "hub:a/b?colour=red", "hub:a/b c", "hub:a/" + "b" * 2000]
)
def test_what_is_no_name_is_refused_in_words(text, hub):
    assert failure(text).code in ("data.hub_name", "hub.bad_name")
    assert not hub.requests


@pytest.mark.parametrize("wanted, split, files", [
    ("", "train", ["data/train-0.parquet"]), ("test", "train", ["data/test-0.parquet"]), ("", "test", ["data/test-0.parquet"]),
    ("", "all", ["data/train-0.parquet", "data/test-0.parquet"]), ("big", "train", ["big/train/0.parquet"]),
    ("big/validation", "train", ["big/val-0.parquet"]), ("default/test", "train", ["data/test-0.parquet"]),
])  # fmt: skip
def test_configurations_and_splits_are_read_off_names(wanted, split, files):
    names = ["data/train-0.parquet", "data/test-0.parquet", "big/train/0.parquet", "big/val-0.parquet"]
    assert [f for part in choose(parts(names, {}), wanted, split, "x") for f in part.files] == files


def test_a_class_may_be_called_like_a_split():
    names = ["train/test_tube/1.png", "train/val/2.png", "test/train/3.png", "bus/4.png"]
    assert [(part.split, len(part.files)) for part in parts(names, {})] == [("train", 3), ("test", 1)]


def test_what_the_card_says_of_configurations_comes_first():
    card = {"configs": [{"config_name": "b", "data_files": "x/*.parquet"},
                        {"config_name": "a", "default": True, "data_files": [{"split": "dev", "path": ["y/**"]}]}]}  # fmt: skip
    assert parts(["x/0.parquet", "y/z/0.parquet"], card) == [
        Part("a", "dev", ("y/z/0.parquet",)),
        Part("b", "train", ("x/0.parquet",)),
    ]
    for nonsense in (
        {"configs": 7},
        {"configs": [None, {"data_files": {"a": 1}}]},
        {"configs": [{"data_files": "no/*"}]},
    ):
        assert [part.split for part in parts(["train/0.parquet"], nonsense)] == ["train"]


# ---- picture files


def test_picture_files_keep_classes_names_and_licence(hub):
    hub.add(PETS, {**class_files(), "README.md": b"# Pets"}, card={"license": "cc-by-4.0"})
    found = data.load("hub:ann/pets")
    assert found.label_names == ("cat", "dog") and len(found) == 12 and "cat/3.png" in found.names
    assert found.licence == "cc-by-4.0" and found.title == "ann/pets"
    left = data.load("hub:ann/pets", exclude=("cat/3.png",))
    assert len(left) == 11 and "cat/3.png" not in left.names


def test_only_the_pictures_that_are_needed_are_fetched(hub):
    hub.add(PETS, class_files())
    info = data.describe("hub:ann/pets")
    assert (info.count, info.resolution, info.label_names, hub.downloads()) == (12, None, ("cat", "dog"), [])
    assert len(data.load("hub:ann/pets", resolution=16, limit=3)) == 3
    assert len(hub.downloads()) == 3 and data.describe("hub:ann/pets").resolution == 16
    assert list(data.bring("hub:ann/pets"))[0] == (3, 12)
    fetched = [path for method, path in hub.requests if method == "GET" and "/resolve/" in path]
    assert len(fetched) == len(set(fetched)) == 12


@pytest.mark.parametrize("table", ["metadata.csv", "metadata.jsonl"])
def test_a_table_beside_the_pictures_gives_classes(hub, table):
    names = [f"{i}.png" for i in range(6)]
    rows = {"metadata.csv": "file_name,label\n" + "".join(f"{n},{'ab'[i % 2]}\n" for i, n in enumerate(names)),
            "metadata.jsonl": "".join(json.dumps({"file_name": n, "label": "ab"[i % 2]}) + "\n" for i, n in enumerate(names))}  # fmt: skip
    hub.add(PETS, {n: encode(colour_picture(i)) for i, n in enumerate(names)} | {table: rows[table].encode()})
    found = data.load("hub:ann/pets")
    assert found.label_names == ("a", "b") and found.labels.tolist() == [0, 1] * 3


def test_zips_of_pictures_are_opened_in_the_cache(hub, tmp_path):
    from data_samples import write_zip

    for kind in ("cat", "dog"):
        write_zip(
            tmp_path / f"{kind}.zip", {f"{i}.png": encode(colour_picture(i + 50 * (kind == "dog"))) for i in range(4)}
        )
    hub.add(PETS, {f"{kind}.zip": (tmp_path / f"{kind}.zip").read_bytes() for kind in ("cat", "dog")})
    assert data.describe("hub:ann/pets").count == 0  # nobody has looked inside yet
    found = data.load("hub:ann/pets")
    assert found.label_names == ("cat", "dog") and len(found) == 8 == data.describe("hub:ann/pets").count


# ---- parquet


def test_parquet_rows_with_named_classes(hub):
    add_rows(hub)
    info = data.describe("hub:ann/rows")
    assert (info.count, info.label_names) == (60, ("cat", "dog"))
    found = data.load("hub:ann/rows")
    assert len(found) == 60 and found.label_names == ("cat", "dog") and found.labels.tolist() == [0, 1] * 30
    assert torch.equal(found.images[31], torch.from_numpy(colour_picture(31)).permute(2, 0, 1))
    assert [note.code for note in found.notes] == ["hub_columns"] and "“image”" in str(found.notes[0])
    assert len(data.load("hub:ann/rows", split="test")) == 6 == len(data.load("hub:ann/rows:test"))
    assert len(data.load("hub:ann/rows", split="all")) == 66


def test_a_few_rows_come_from_everywhere_and_cost_little(hub):
    hub.add(TABLE, {"train.parquet": parquet({"image": pictures(200), "label": sorted(i % 4 for i in range(200))}, 25)})
    few = data.load("hub:ann/rows", limit=8)
    assert len(few) == 8 and len(few.label_names) >= 3  # sorted by class as it is
    rows = sum(len(json.loads(path.read_text())["rows"]) for path in _shelves())
    assert rows == 8
    assert [note.code for note in data.load("hub:ann/rows", limit=8).notes] == ["hub_columns"]


def _shelves() -> list:
    repository = datasets.find("ann/rows")
    return list((repository.own / "shelves").glob("*.json"))


@pytest.mark.parametrize("kind", ["binary", "large_binary", "dictionary"])
def test_raw_bytes_and_text_labels(hub, kind):
    raw = [encode(colour_picture(i)) for i in range(6)]
    column = pa.array(raw, pa.large_binary() if kind == "large_binary" else pa.binary())
    column = column.dictionary_encode() if kind == "dictionary" else column
    hub.add(TABLE, {"0.parquet": parquet({"id": list(range(6)), "photo": column, "species": ["a/b", "c"] * 3})})
    found = data.load("hub:ann/rows")
    assert len(found) == 6 and found.label_names == ("a∕b", "c")


def test_columns_can_be_chosen(hub):
    columns = {"image": pictures(6), "mask": pictures(6, 50), "label": [0, 1] * 3, "colour": ["red"] * 4 + ["blue"] * 2}
    hub.add(TABLE, {"0.parquet": parquet(columns)})
    chosen = data.load("hub:ann/rows?image=mask&label=colour")
    assert chosen.label_names == ("blue", "red") and "“mask”" in str(chosen.notes[0])
    assert torch.equal(chosen.images[0], torch.from_numpy(colour_picture(50)).permute(2, 0, 1))
    assert data.load("hub:ann/rows?label=none").labels is None
    assert failure("hub:ann/rows?image=label").code == "data.hub_column"
    assert failure("hub:ann/rows?label=nothing").code == "data.hub_label"
    assert failure("hub:ann/rows:nowhere").code == "data.hub_part"


def test_labels_as_many_as_pictures_are_no_classes(hub):
    hub.add(TABLE, {"0.parquet": parquet({"image": pictures(6), "label": [f"caption {i}" for i in range(6)]})})
    found = data.load("hub:ann/rows")
    assert found.labels is None and "table_classes" in [note.code for note in found.notes]


def test_rows_without_a_picture_or_a_class_are_left_out(hub):
    image = pa.array([{"bytes": None, "path": "a"}, None, {"bytes": b"no picture", "path": ""}]
                     + pictures(6).to_pylist() + [{"bytes": huge_png(9000), "path": ""}], IMAGE)  # fmt: skip
    hub.add(TABLE, {"0.parquet": parquet({"image": image, "label": ["a", "b"] * 4 + ["a", None]})})
    found = data.load("hub:ann/rows")
    assert len(found) == 6 and {skip.code for skip in found.skipped} == {"not_a_picture", "no_label"}


# ---- bounds


def test_more_than_is_fetched_is_said(hub, monkeypatch):
    monkeypatch.setattr(source, "MOST", 20)
    add_rows(hub)
    found = data.load("hub:ann/rows")
    note = next(note for note in found.notes if note.code == "hub_capped")
    assert len(found) == 20 == data.describe("hub:ann/rows").count and note.facts["total"] == 60
    assert len(data.load("hub:ann/rows", limit=40)) == 40  # asked for in so many words


def test_a_space_fetches_less_whatever_is_asked(hub, monkeypatch):
    add_rows(hub)
    monkeypatch.setenv("SPACE_ID", "ann/space")
    monkeypatch.setattr(source, "SPACE_MOST", 12)
    assert len(data.load("hub:ann/rows", limit=50)) == 12
    monkeypatch.setattr(source, "SPACE_BYTES", 5 * len(encode(colour_picture(0))))
    assert len(data.load("hub:ann/rows")) <= 6


def test_a_zip_that_is_too_large_is_refused_before_it_is_fetched(hub, monkeypatch):
    monkeypatch.setattr(source, "MOST_BYTES", 1000)
    hub.add(PETS, {"all.zip": bytes(2000)})
    assert failure("hub:ann/pets").code == "data.hub_large" and not hub.downloads()


def test_many_files_are_listed_up_to_a_bound(hub, monkeypatch):
    monkeypatch.setattr(datasets, "LISTED", 5)
    hub.add(PETS, class_files())
    assert any(note.code == "hub_capped" for note in data.load("hub:ann/pets").notes)


# ---- failures


@pytest.mark.parametrize(("files", "code"), [
    ({"README.md": b"x"}, "data.hub_nothing"),
    ({"train.txt": b"hello", "data.jsonl": b"{}"}, "data.hub_nothing"),
    ({"rows.py": b"import os; os.abort()", "train.tar": b"x"}, "data.hub_script"),
    ({"0.parquet": parquet({"text": ["a", "b"], "label": [0, 1]})}, "data.hub_no_pictures"),
    ({"0.parquet": b"PAR1 no parquet PAR1"}, "data.bad_parquet"),
    ({"0.parquet": b""}, "data.bad_parquet"),
    ({"0.parquet": labelled(30)[:-200]}, "data.bad_parquet"),
    ({"0.parquet": labelled(30)[:4] + bytes(5000) + labelled(30)[5004:]}, "data.bad_parquet"),
    ({"../up.png": encode(colour_picture(0))}, "data.hub_nothing"),
    ({"a.png": b"no picture"}, "data.unreadable"),
])  # fmt: skip
def test_what_holds_no_pictures_is_refused_in_words(hub, files, code):
    hub.add(TABLE, files)
    assert failure("hub:ann/rows").code == code


def test_a_parquet_file_that_lies_about_its_rows_is_refused(hub, monkeypatch):
    hub.add(TABLE, {"0.parquet": labelled(30)})
    data.describe("hub:ann/rows")
    footer = next((datasets.find("ann/rows").own / "footers").glob("*.json"))
    raw = json.loads(footer.read_text())
    raw["groups"][0][0] = 10**6
    footer.write_text(json.dumps(raw))
    anew()
    assert failure("hub:ann/rows").code == "data.bad_parquet"


def test_a_picture_column_that_unpacks_without_end_is_given_up(hub, monkeypatch):
    from gan_core.hub import shelves

    monkeypatch.setattr(shelves, "ROOM", 0)
    bomb = [bytes(200_000)] * 500  # packs to next to nothing
    hub.add(TABLE, {"0.parquet": parquet({"image": pa.array(bomb, pa.binary())}, 500, compression="zstd")})
    assert failure("hub:ann/rows").code == "data.bad_parquet"


def test_flipped_bytes_in_a_parquet_file_are_told_or_harmless():
    good, random = labelled(30), np.random.RandomState(7)
    for case in range(150):
        content = bytearray(good)
        for place in random.randint(0 if case % 2 else len(good) - 1500, len(good), 4):
            content[place] = random.randint(256)
        try:
            opened = parquet_files.open_parquet(io.BytesIO(bytes(content)), "x")
            found = parquet_files.footer(opened, "x")
            columns = parquet_files.choose(found, {}, "", "", "x")
            for group in range(len(found.groups)):
                assert all(isinstance(picture, bytes) for picture, _ in parquet_files.rows(opened, group, columns, "x"))
        except StudioError as error:
            assert error.code in ("data.bad_parquet", "data.hub_no_pictures")


def test_without_its_package_the_sentence_has_the_command(hub, monkeypatch):
    hub.add(TABLE, {"0.parquet": labelled(10)})
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install pyarrow" in str(failure("hub:ann/rows"))


def test_a_full_disk_is_told_and_nothing_half_is_kept(hub, monkeypatch):
    from gan_core.hub import shelves

    hub.add(TABLE, {"0.parquet": labelled(10)})
    data.describe("hub:ann/rows")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shelves.os, "replace", full)
        assert failure("hub:ann/rows").code == "hub.disk_full"
    assert not list((datasets.find("ann/rows").own / "shelves").glob("*"))
    assert len(data.load("hub:ann/rows")) == 10


def test_who_may_not_read_is_told(hub):
    hub.add(TABLE, {"0.parquet": labelled(10)}, private=True)
    hub.add(PETS, class_files(), gated=True)
    assert failure("hub:ann/rows").code == "hub.no_data" == failure("hub:ann/nothing").code
    error = failure("hub:ann/pets")
    assert error.code == "hub.data_gated" and "/datasets/ann/pets" in str(error)
    hub.add("datasets/ann/open", class_files())
    assert failure("hub:ann/open@v9").code == "hub.revision_not_found"


def test_without_a_network_the_answer_comes_within_five_seconds(hub, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # accepts, and never says a word
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        began = time.monotonic()
        assert failure("hub:ann/pets").code == "hub.data_offline"
        assert time.monotonic() - began < 8


@pytest.mark.parametrize("kind", ["hang", "status", "html"])
def test_what_was_fetched_is_there_without_the_hub(hub, kind, monkeypatch):
    monkeypatch.setattr(names, "PATIENCE", 0.3)
    add_rows(hub)
    hub.add(PETS, class_files())
    before = [data.load(f"hub:ann/{name}").fingerprint for name in ("rows", "pets")]
    anew()
    hub.faults.append(Fault(kind))
    assert [data.load(f"hub:ann/{name}").fingerprint for name in ("rows", "pets")] == before
    assert list(data.bring("hub:ann/rows"))[-1] == (60, 60)


@pytest.mark.parametrize("name", ["rows", "pets"])
@pytest.mark.parametrize("kind", ["truncate", "stall", "status"])
def test_a_fetch_that_breaks_off_is_told_and_can_be_taken_up(hub, kind, name, monkeypatch):
    monkeypatch.setattr(receive, "STALL", 0.5)
    add_rows(hub)
    hub.add(PETS, class_files())
    data.describe(f"hub:ann/{name}")
    hub.faults.append(Fault(kind, where=r"GET .*/resolve/"))
    assert failure(f"hub:ann/{name}").code in ("hub.broken_off", "hub.data_offline", "hub.unavailable")
    if kind == "stall":  # the client itself waits for longer than a test should
        return
    hub.faults.clear()
    monkeypatch.setattr(receive, "STALL", 30)
    assert len(data.load(f"hub:ann/{name}")) in (60, 12)


def test_whoever_stops_asking_stops_the_fetch(hub):
    hub.add(PETS, {f"{i}.png": encode(colour_picture(i)) for i in range(60)})
    hub.faults.append(Fault("slow", where=r"GET .*/resolve/"))
    fetching = data.bring("hub:ann/pets")
    next(fetching)
    next(fetching)
    fetching.close()
    time.sleep(0.3)
    before = len(hub.requests)
    time.sleep(0.6)
    assert len(hub.requests) == before < 60


def test_a_repository_without_readable_files_is_read_from_the_hubs_own_copy(hub):
    hub.add(TABLE, {"rows.py": b"raise SystemExit", "all.tar": b"x"})
    hub.add(TABLE, {"default/train/0000.parquet": labelled(10)}, revision="refs/convert/parquet")
    assert len(data.load("hub:ann/rows")) == 10


# ---- training


def test_a_run_keeps_to_the_revision_it_began_with(hub, tiny):
    add_rows(hub)
    config = tiny(data="hub:ann/rows", steps=2, resolution=None, family="vae")
    events = list(gan_core.train(config))
    start = next(e for e in events if e["type"] == "start")
    assert start["pictures"] == 60 and start["resolution"] == 16
    run = Run(config.out)
    assert run.config.data == data.exact("hub:ann/rows") != config.data
    hub.add(TABLE, {"0.parquet": labelled(4, 300)})  # the data set changes meanwhile
    anew()
    list(gan_core.train(replace(run.config, out=config.out, steps=4), resume=True))
    assert run.status().state == "done" and run.status().step == 4


def test_the_terminal_names_a_run_after_the_data_set():
    from gan_core.config import TrainConfig
    from gan_core.training.setup import default_out

    names = {default_out(TrainConfig(data=f"hub:ann/Flowers{more}")) for more in ("", "@v1", ":a/b", "@v1:a/b?label=c")}
    assert {name.replace("\\", "/") for name in names} == {"runs/flowers"}
