"""What every source promises, whatever it reads."""

import numpy as np
import pytest
import torch
from data_samples import class_files, colour_picture, encode, write_idx, write_zip

from gan_core.data import SOURCES, describe, find_source, load, preview_sheet
from gan_core.errors import StudioError
from gan_core.registry import resolve

every_source = pytest.mark.parametrize("name", SOURCES)


@every_source
def test_shape_labels_and_determinism(name, spec_of):
    spec = spec_of(name)
    assert find_source(spec) is resolve(SOURCES, name)
    pictures = load(spec, limit=12)
    count, channels, side = len(pictures), pictures.channels, pictures.resolution
    assert count == 12 and pictures.images.shape == (12, channels, side, side)
    assert pictures.images.dtype == torch.uint8 and pictures.images.is_contiguous()
    assert pictures.labels.shape == (12,) and pictures.labels.dtype == torch.int64
    assert len(pictures.label_names) >= 2 and int(pictures.labels.max()) < len(pictures.label_names)
    assert pictures.title and pictures.source and not pictures.skipped
    assert len(torch.unique(pictures.images.reshape(12, -1), dim=0)) == 12
    again = load(spec, limit=12)
    assert torch.equal(again.images, pictures.images) and torch.equal(again.labels, pictures.labels)
    assert again.fingerprint == pictures.fingerprint


@every_source
def test_describe_agrees_with_load(name, spec_of):
    spec = spec_of(name)
    info, pictures = describe(spec), load(spec)
    assert info.count == len(pictures)
    assert info.resolution == pictures.resolution
    assert info.channels in (None, pictures.channels)
    assert info.label_names == pictures.label_names


@every_source
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_size_and_channels(name, channels, spec_of):
    pictures = load(spec_of(name), resolution=8, channels=channels, limit=5)
    assert pictures.images.shape == (5, channels, 8, 8)
    if channels == 4:
        assert (pictures.images[:, 3] == 255).all()


@every_source
def test_progress_ends_at_the_total(name, spec_of):
    calls = []
    pictures = load(spec_of(name), limit=12, progress=lambda *call: calls.append(call))
    assert calls[-1] == (len(pictures), len(pictures))
    assert calls == sorted(calls)


@every_source
def test_preview_shows_what_the_network_sees(name, spec_of):
    spec = spec_of(name)
    sheet = np.atleast_3d(np.asarray(preview_sheet(spec, resolution=8, fit="pad", count=6)))
    pictures = load(spec, resolution=8, fit="pad", limit=6).images.permute(0, 2, 3, 1).numpy()
    assert sheet.shape[:2] == (16, 24)  # 2 rows of 3
    assert (sheet[:8, :8] == pictures[0]).all() and (sheet[8:, 16:] == pictures[5]).all()


@every_source
@pytest.mark.parametrize("option", [{"resolution": 3}, {"resolution": 5000}, {"channels": 2}, {"fit": "zoom"},
                                    {"split": "most"}, {"limit": 0}])  # fmt: skip
def test_senseless_options_are_refused(name, option, spec_of):
    with pytest.raises(StudioError, match=str(next(iter(option.values())))):
        load(spec_of(name), **option)


@pytest.mark.parametrize("spec", ["no-such-thing", "", "/no/such/folder", "a\0b", "x" * 5000, "~nobody-here/pictures"])
def test_what_is_not_there_is_answered_with_what_works(spec):
    with pytest.raises(StudioError, match="faces.*idx.*zip.*folder"):
        load(spec)


def test_a_file_of_another_kind_is_answered_with_what_works(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(StudioError, match=r"notes\.txt.*What works") as caught:
        load(tmp_path / "notes.txt")
    assert caught.value.code == "data.unknown_kind"


def test_spec_may_be_quoted_or_have_blanks(spec_of):
    assert len(load(f' "{spec_of("folder")}" ')) == 12


def test_folder_classes_order_and_pixels(spec_of):
    pictures = load(spec_of("folder"))
    assert pictures.label_names == ("cat", "dog")
    assert pictures.labels.tolist() == [0] * 8 + [1] * 4
    expected = [colour_picture(number) for number in (*range(3, 11), *range(100, 104))]  # 9 before 10
    assert (pictures.images.permute(0, 2, 3, 1).numpy() == np.stack(expected)).all()


def test_zip_gives_the_same_pictures_as_the_folder(tmp_path, spec_of):
    assert load(spec_of("zip")).fingerprint == load(spec_of("folder")).fingerprint


def test_fingerprint_depends_on_pixels_and_labels(tmp_path):
    files = class_files()
    write_zip(tmp_path / "a.zip", files)
    write_zip(tmp_path / "pixels.zip", files | {"cat/3.png": encode(colour_picture(999))})
    write_zip(
        tmp_path / "labels.zip", {("x" + name if name.startswith("dog/0") else name): d for name, d in files.items()}
    )
    assert len({load(tmp_path / name).fingerprint for name in ("a.zip", "pixels.zip", "labels.zip")}) == 3


def test_limit_takes_its_share_of_every_class(spec_of):
    assert load(spec_of("folder"), limit=6).labels.tolist() == [0, 0, 0, 0, 1, 1]


def test_pictures_beside_the_class_folders_mean_no_classes(tmp_path):
    write_zip(tmp_path / "mixed.zip", class_files() | {"loose.png": encode(colour_picture(7))})
    assert load(tmp_path / "mixed.zip").labels is None


def test_one_folder_is_no_class(tmp_path):
    write_zip(tmp_path / "cats.zip", {name: data for name, data in class_files().items() if name.startswith("cat")})
    assert load(tmp_path / "cats.zip").labels is None


@pytest.mark.parametrize("sides, expected", [((28, 28), 28), ((16, 32), 64), ((30, 30), 64), ((200, 200), 64)])
def test_resolution_is_the_shared_small_one_or_64(tmp_path, sides, expected):
    write_zip(tmp_path / "z.zip", {f"{n}.png": encode(colour_picture(n, side)) for n, side in enumerate(sides)})
    assert load(tmp_path / "z.zip").resolution == expected == describe(tmp_path / "z.zip").resolution


def test_idx_pictures_labels_and_split(tmp_path):
    train, test = (np.random.RandomState(n).randint(0, 256, (n, 28, 28), dtype=np.uint8) for n in (9, 4))
    write_idx(tmp_path / "train-images-idx3-ubyte", train)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(9, dtype=np.uint8))
    write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", test)
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", np.arange(4, dtype=np.uint8))
    pictures = load(tmp_path)
    assert (pictures.images[:, 0].numpy() == train).all() and pictures.labels.tolist() == list(range(9))
    assert pictures.label_names == tuple("012345678")
    assert (load(tmp_path, split="test").images[:, 0].numpy() == test).all()
    assert len(load(tmp_path, split="all")) == 13
    assert load(tmp_path, limit=3).labels.tolist() == [0, 1, 2]
    alone = load(tmp_path / "t10k-images-idx3-ubyte.gz")
    assert (alone.images[:, 0].numpy() == test).all() and alone.labels.tolist() == [0, 1, 2, 3]


def test_idx_is_known_by_its_content_and_needs_no_labels(tmp_path):
    write_idx(tmp_path / "mine.bin", np.full((2, 10, 20), 7, dtype=np.uint8))
    pictures = load(tmp_path / "mine.bin", resolution=10)
    assert pictures.images.shape == (2, 1, 10, 10) and (pictures.images == 7).all() and pictures.labels is None


def test_notes_tell_of_few_pictures_and_of_nothing_held_out(tmp_path, spec_of):
    write_zip(tmp_path / "one.zip", {"a.png": encode(colour_picture(1))})
    assert [note.code for note in load(tmp_path / "one.zip").notes] == ["one_picture"]
    notes = load(spec_of("folder"), split="test").notes
    assert [note.code for note in notes] == ["few_pictures", "no_held_out"] and "12 pictures" in str(notes[0])
