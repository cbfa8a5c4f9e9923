"""Pictures, folders, zips and idx files that are broken or mean harm."""

import gzip
import os
import struct
import zipfile

import numpy as np
import pytest
from data_samples import colour_picture, encode, huge_png, write_idx, write_zip

from gan_core.data import archive, collect, decode, describe, folder, load, pictures
from gan_core.errors import StudioError

GOOD = encode(colour_picture(1))


@pytest.fixture
def put(tmp_path):
    def put(**files: bytes):
        for name, data in files.items():
            (tmp_path / name.replace("__", ".")).write_bytes(data)
        return tmp_path

    return put


def refusal(spec, **options) -> StudioError:
    with pytest.raises(StudioError) as caught:
        load(spec, **options)
    return caught.value


def codes(spec) -> dict[str, str]:
    return {skip.name: skip.code for skip in load(spec).skipped}


def test_bad_pictures_among_good_ones_are_skipped_and_named(put):
    jpeg = encode(colour_picture(3, 64), "JPEG")
    folder = put(good__png=GOOD, cut__png=GOOD[: len(GOOD) // 2], cut__jpg=jpeg[: len(jpeg) // 2], text__png=b"hello",
                 empty__png=b"", huge__png=huge_png(20_000), wrong__jpg=GOOD)  # fmt: skip
    assert codes(folder) == {"cut.png": "damaged", "cut.jpg": "damaged", "text.png": "not_a_picture",
                             "empty.png": "not_a_picture", "huge.png": "too_large"}  # fmt: skip
    assert len(load(folder)) == 2  # a PNG called .jpg is still a picture
    assert all(len(skip.reason) > 10 for skip in load(folder).skipped)


@pytest.mark.parametrize("seed", range(40))
def test_flipped_bytes_never_raise_anything_but_unreadable(seed):
    random = np.random.RandomState(seed)
    kind = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")[seed % 6]
    data = bytearray(encode(colour_picture(seed, 24), kind))
    for place in random.randint(0, len(data), 12):
        data[place] = random.randint(256)
    try:
        assert decode.decode(bytes(data), 8, "crop").shape[:2] == (8, 8)
    except decode.Unreadable as error:
        assert str(error)


def test_nothing_readable_gives_the_first_reasons(put):
    error = refusal(put(a__png=b"no", b__jpg=b"no", c__gif=b"no", d__bmp=b"no"))
    assert (
        error.code == "data.unreadable"
        and "tried: 4" in str(error)
        and "a.png" in str(error)
        and "d.bmp" not in str(error)
    )


def test_empty_folder_and_folder_without_pictures(put, tmp_path):
    assert refusal(tmp_path).code == "data.empty"
    assert "JPEG, PNG" in str(refusal(put(notes__txt=b"x", song__mp3=b"x")))


def test_hidden_files_and_system_folders_are_ignored(tmp_path):
    for name in (".hidden.png", "__MACOSX/a.png", "x/.git/a.png", "x/._b.png", "Thumbs.db", "x/b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(GOOD)
    assert len(load(tmp_path)) == 1 and not load(tmp_path).skipped


def test_heic_names_the_package(put, monkeypatch):
    for module in (collect, decode):
        monkeypatch.setattr(module, "heif_available", lambda: False)
    (skipped,) = load(put(a__png=GOOD, photo__HEIC=b"xxxx")).skipped
    assert skipped.name == "photo.HEIC" and "pip install pillow-heif" in skipped.reason


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir(), inside.mkdir()
    (outside / "secret.png").write_bytes(GOOD)
    (inside / "own.png").write_bytes(GOOD)
    (inside / "link.png").symlink_to(outside / "secret.png")
    (inside / "linked").symlink_to(outside)
    (inside / "friend.png").symlink_to(inside / "own.png")
    assert codes(inside) == {"link.png": "link", "linked": "link"} and len(load(inside)) == 2


def test_a_link_to_nowhere_and_a_loop(tmp_path):
    (tmp_path / "own.png").write_bytes(GOOD)
    (tmp_path / "gone.png").symlink_to(tmp_path / "nothing.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert set(codes(tmp_path)) == {"gone.png", "loop.png"} and len(load(tmp_path)) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_called_png_does_not_hang(put, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert codes(put(a__png=GOOD)) == {"pipe.png": "not_a_file"}


def test_a_file_that_vanishes_and_one_that_may_not_be_read(put, monkeypatch):
    real = open

    def flaky(path, *rest):
        if path.name == "b.png":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        if path.name == "c.png":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest)

    monkeypatch.setattr(folder, "open", flaky, raising=False)
    assert codes(put(a__png=GOOD, b__png=GOOD, c__png=GOOD)) == {"b.png": "vanished", "c.png": "cannot_open"}


def test_a_file_too_large_to_read(put, monkeypatch):
    monkeypatch.setattr(folder, "MAX_FILE_BYTES", len(GOOD))
    assert codes(put(a__png=GOOD, b__png=GOOD + b"x")) == {"b.png": "too_large"}


def test_too_many_files(put, monkeypatch):
    monkeypatch.setattr(folder, "MAX_FILES", 2)
    assert refusal(put(a__png=GOOD, b__png=GOOD, c__png=GOOD)).code == "data.too_many"


def test_too_much_memory_is_said_before_decoding(put, monkeypatch):
    monkeypatch.setattr(pictures, "MAX_TENSOR_BYTES", 2 * 3 * 64 * 64)
    monkeypatch.setattr(collect, "decode_sized", lambda *_: pytest.fail("a picture was decoded"))
    error = refusal(put(a__png=GOOD, b__png=GOOD, c__png=GOOD), resolution=64)
    assert error.code == "data.memory" and "at most 2 pictures" in str(error)


def test_zip_names_that_point_outside(tmp_path):
    names = {"../up.png": GOOD, "a/../../up.png": GOOD, "/etc/abs.png": GOOD, "C:/win.png": GOOD, "..\\up2.png": GOOD}
    write_zip(tmp_path / "z.zip", names | {"ok.png": GOOD})
    skipped = codes(tmp_path / "z.zip")
    assert len(skipped) == 5 and set(skipped.values()) == {"unsafe_name"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["z.zip"] and not (tmp_path.parent / "up.png").exists()


def test_zip_bomb_is_refused_unopened(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "SMALL_TOTAL", 1 << 20)
    write_zip(tmp_path / "bomb.zip", {"zeros.png": bytes(4 << 20)})
    monkeypatch.setattr(archive, "read_member", lambda *_: pytest.fail("a member was read"))
    assert refusal(tmp_path / "bomb.zip").code == "data.zip_bomb"


def test_zip_member_that_lies_about_its_size(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_FILE_BYTES", 1000)
    write_zip(tmp_path / "z.zip", {"ok.png": GOOD, "long.png": GOOD + bytes(5000)})
    data = (tmp_path / "z.zip").read_bytes()
    lie = data.replace(struct.pack("<I", len(GOOD) + 5000), struct.pack("<I", 10))
    assert lie != data
    (tmp_path / "z.zip").write_bytes(lie)
    assert set(codes(tmp_path / "z.zip")) == {"long.png"}


def test_zip_inside_a_zip_is_named(tmp_path):
    write_zip(tmp_path / "z.zip", {"ok.png": GOOD, "more.zip": b"PK"})
    assert codes(tmp_path / "z.zip") == {"more.zip": "nested_zip"}


def test_locked_zip(tmp_path):
    write_zip(tmp_path / "z.zip", {"a.png": GOOD})
    data = bytearray((tmp_path / "z.zip").read_bytes())
    data[6] |= 1  # the local header's flag
    data[data.rindex(b"PK\x01\x02") + 8] |= 1  # the directory's
    (tmp_path / "z.zip").write_bytes(data)
    assert refusal(tmp_path / "z.zip").code == "data.zip_password"


def test_broken_member_is_skipped(tmp_path):
    write_zip(tmp_path / "z.zip", {"a.png": encode(colour_picture(1, 32)), "b.png": GOOD})
    data = bytearray((tmp_path / "z.zip").read_bytes())
    data[60:400] = os.urandom(340)
    (tmp_path / "z.zip").write_bytes(data)
    assert codes(tmp_path / "z.zip") == {"a.png": "damaged"}


@pytest.mark.parametrize("keep", [0, 10, 100])
def test_truncated_zip(tmp_path, keep):
    write_zip(tmp_path / "z.zip", {"a.png": GOOD})
    data = (tmp_path / "z.zip").read_bytes()
    (tmp_path / "z.zip").write_bytes(data[:keep])
    assert refusal(tmp_path / "z.zip").code == "data.bad_zip"


def test_zip_with_too_many_or_no_pictures(tmp_path, monkeypatch):
    write_zip(tmp_path / "none.zip", {"a.txt": b"x"})
    assert refusal(tmp_path / "none.zip").code == "data.empty"
    monkeypatch.setattr(archive, "MAX_FILES", 1)
    write_zip(tmp_path / "many.zip", {"a.png": GOOD, "b.png": GOOD})
    assert refusal(tmp_path / "many.zip").code == "data.too_many_zip"


def test_zip_with_an_unknown_packing(tmp_path):
    write_zip(tmp_path / "z.zip", {"a.png": GOOD, "b.png": GOOD})
    data = bytearray((tmp_path / "z.zip").read_bytes())
    data[8], data[data.index(b"PK\x01\x02") + 10] = 99, 99
    (tmp_path / "z.zip").write_bytes(data)
    assert codes(tmp_path / "z.zip") == {"a.png": "packing"}
    assert zipfile.is_zipfile(tmp_path / "z.zip")


IMAGES = np.zeros((3, 4, 4), np.uint8)


@pytest.mark.parametrize("name, data, code", [
    ("train-images-idx3-ubyte", b"", "data.idx_magic"),
    ("train-images-idx3-ubyte", b"\0\0\x0d\x03" + bytes(60), "data.idx_magic"),
    ("train-labels-idx1-ubyte", b"\0\0\x08\x01\0\0\0\x01\x05", "data.idx_labels_only"),
    ("train-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, 3, 4, 4) + bytes(47), "data.idx_damaged"),
    ("train-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, 0, 4, 4), "data.idx_size"),
    ("train-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, 5, 1 << 30, 4), "data.idx_size"),
    ("train-images-idx3-ubyte", struct.pack(">4B3I", 0, 0, 8, 3, 4_000_000_000, 28, 28), "data.memory"),
    ("train-images-idx3-ubyte.gz", b"not a gzip", "data.idx_damaged"),
    ("train-images-idx3-ubyte.gz", gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 9, 4, 4) + bytes(144), mtime=0)[:-20],
     "data.idx_damaged"),
    ("train-images-idx3-ubyte.gz", gzip.compress(struct.pack(">4B3I", 0, 0, 8, 3, 4_000_000, 28, 28), mtime=0), "data.idx_bomb"),
])  # fmt: skip
def test_broken_idx_files(tmp_path, name, data, code):
    (tmp_path / name).write_bytes(data)
    assert refusal(tmp_path / name).code == code


def test_idx_labels_that_do_not_fit(tmp_path):
    write_idx(tmp_path / "train-images-idx3-ubyte", IMAGES)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.zeros(2, np.uint8))
    error = refusal(tmp_path)
    assert error.code == "data.idx_mismatch" and "2 labels" in str(error) and "3 pictures" in str(error)


def test_describe_refuses_like_load(tmp_path):
    (tmp_path / "z.zip").write_bytes(b"PK")
    for spec in (tmp_path / "z.zip", "nothing-here"):
        with pytest.raises(StudioError):
            describe(spec)
