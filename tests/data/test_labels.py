"""Classes from a table beside the pictures; a table that does not fit is said so and changes nothing."""

import pytest
from data_samples import colour_picture, encode, write_zip

from gan_core import data

NAMES = [f"{i}.png" for i in range(8)]
KIND = {name: "cat" if i % 2 else "dog" for i, name in enumerate(NAMES)}


def table(rows, head="file,label", end="\r\n") -> bytes:
    return end.join([head, *(",".join(row) for row in rows)]).encode("utf-8-sig")


def load(tmp_path, csv: bytes | None, names=NAMES, where="labels.csv", kind="zip", **options):
    files = {name: encode(colour_picture(i)) for i, name in enumerate(names)} | (
        {where: csv} if csv is not None else {}
    )
    if kind == "zip":
        write_zip(tmp_path / "set.zip", files)
        return data.load(tmp_path / "set.zip", **options), data.describe(tmp_path / "set.zip")
    for name, content in files.items():
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(content)
    return data.load(tmp_path / "set", **options), data.describe(tmp_path / "set")


def kinds(pictures) -> dict[str, str]:
    return {name: pictures.label_names[int(k)] for name, k in zip(pictures.names, pictures.labels, strict=True)}


@pytest.mark.parametrize("kind", ["zip", "folder"])
@pytest.mark.parametrize(
    "csv",
    [
        table(KIND.items()),
        table([(f"./{n}", k) for n, k in KIND.items()], "image,class"),
        table([(n[:-4], "x", k) for n, k in KIND.items()], "id,note,Label"),
        table(KIND.items(), end="\n").split(b"\n", 1)[1],  # no head
        table(KIND.items()).replace(b",", b";"),
        table([(n, str(i / 7), k) for i, (n, k) in enumerate(KIND.items())], "file_name,score,what"),
    ],
)
def test_labels_come_from_the_table(csv, kind, tmp_path):
    pictures, info = load(tmp_path, csv, kind=kind)
    assert kinds(pictures) == KIND and pictures.label_names == info.label_names == ("cat", "dog")
    assert info.count == len(pictures) == 8 and not pictures.skipped


def test_names_in_folders_and_only_some_labelled(tmp_path):
    names = [f"photos/{name}" for name in NAMES]
    csv = table([(name, KIND[name]) for name in NAMES[:6]])
    pictures, info = load(tmp_path, csv, names, where="photos/labels.csv")
    assert kinds(pictures) == {f"photos/{name}": KIND[name] for name in NAMES[:6]}
    assert [(s.name, s.code) for s in pictures.skipped] == [(f"photos/{n}", "no_label") for n in NAMES[6:]]
    assert info.count == 6


@pytest.mark.parametrize(
    ("csv", "code"),
    [
        (table([("a.png", "cat"), ("b.png", "dog")]), "table_other"),
        (table([(name,) for name in NAMES], "file"), "table_no_labels"),
        (table([(name, "cat") for name in NAMES]), "table_classes"),
        (table([(name, str(i)) for i, name in enumerate(NAMES)]), "table_classes"),
        (b"", "table_other"), (b"\xff\xfe\0\1\2\3" * 100, "table_other"), (b'"' * 1000, "table_other"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_told_and_changes_nothing(csv, code, tmp_path):
    pictures, _ = load(tmp_path, csv)
    assert pictures.labels is None and len(pictures) == 8 and not pictures.skipped
    assert code in [note.code for note in pictures.notes]


def test_folders_go_before_a_table(tmp_path):
    names = [f"{'a' if i < 4 else 'b'}/{i}.png" for i in range(8)]
    pictures, _ = load(tmp_path, table([(name[2:], "x" if i % 2 else "y") for i, name in enumerate(names)]), names)
    assert pictures.label_names == ("a", "b")


def test_left_out_and_limited_with_a_table(tmp_path):
    pictures, _ = load(tmp_path, table(KIND.items()), exclude={"0.png"}, limit=4)
    assert len(pictures) == 4 and "0.png" not in pictures.names
    assert kinds(pictures) == {name: KIND[name] for name in pictures.names}
