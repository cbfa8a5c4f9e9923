"""Weight files made to do harm, or that are something else: each is refused in a sentence, and takes little memory and time."""

import io
import json
import os
import pickle
import resource
import struct
import zipfile

import pytest
import torch
from safetensors.torch import save, save_file

from benchmarks.fuzz import Watch, cases, outcome
from gan_core import StudioError
from gan_core.importers import is_foreign, open_file
from gan_core.importers.keeping import import_model
from gan_core.importers.reading import settings_beside
from tests.importers.author_nets import Connected, Dcgan, trained

WATCH = Watch()
FUZZED = 240  # of each kind; benchmarks/fuzz.py does as many as one likes


def torch_file(state, legacy: bool = False) -> bytes:
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


def zipped(pickled: bytes, *more: tuple[str, bytes], how=zipfile.ZIP_STORED) -> bytes:
    """A zip like torch's around a pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as pack:
        for name, data in (("archive/data.pkl", pickled), ("archive/version", b"3\n"), *more):
            pack.writestr(name, data)
    return file.getvalue()


class Call:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def storage(numel: int, size: bytes) -> bytes:
    """A pickle of a tensor whose storage and shape say what they like; `size` is opcodes for the shape's tuple."""
    pid = (
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + number(numel) + b"tQ"
    )
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + pid + b"K\x00" + size + size + b"\x89ccollections\nOrderedDict\n)RtR"
    )
    return b"\x80\x02}(X\x06\x00\x00\x00weight" + tensor + b"X\x04\x00\x00\x00bias" + tensor + b"u."


def number(value: int) -> bytes:
    return b"\x8a\x09" + value.to_bytes(9, "little")


def lying(header: dict, data: bytes = b"\0" * 64, length: int | None = None) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


GOOD = {"dtype": "F32", "shape": [4, 4], "data_offsets": [0, 64]}
HOSTILE = {  # name -> (bytes, code of the refusal)
    "system.pt": (zipped(pickle.dumps(Call(os.system, "true"), 2)), "import.harmful"),
    "system-legacy.pth": (torch_file(Call(os.system, "true"), legacy=True), "import.harmful"),
    "evil.ckpt": (zipped(pickle.dumps(Call(eval, "1"), 2)), "import.harmful"),
    "nested.pt": (zipped(b"\x80\x02ctorch\nload\nX\x01\x00\x00\x00x\x85R."), "import.whole_module"),
    "memory.pt": (zipped(pickle.dumps(Call(bytearray, 1 << 33), 2)), "import.harmful"),
    "stack-global.pt": (zipped(pickle.dumps(Call(os.system, "true"), 4)), "import.whole_module"),
    "module.pt": (
        zipped(pickle.dumps(Dcgan, 2).replace(b"tests.importers.author_nets", b"__main__")),
        "import.whole_module",
    ),
    "cloud.pkl.pt": (zipped(b"\x80\x02ccloudpickle.cloudpickle\n_make_skeleton_class\n)R."), "import.cloudpickle"),
    "compressed.pt": (
        zipped(pickle.dumps({}, 2), ("archive/data/0", bytes(1 << 24)), how=zipfile.ZIP_DEFLATED),
        "import.bomb",
    ),
    "oversize-storage.pt": (zipped(storage(1 << 40, b"K\x04\x85"), ("archive/data/0", bytes(64))), "import.oversize"),
    "oversize-shape.pt": (
        zipped(storage(16, number(1 << 36) + b"\x85"), ("archive/data/0", bytes(64))),
        "import.oversize",
    ),
    "grown-shape.pt": (zipped(storage(16, b"J\x00\x00\x00\x40\x85"), ("archive/data/0", bytes(64))), "import.damaged"),
    "climbing.pt": (zipped(pickle.dumps({}, 2), ("../../etc/passwd", b"x")), "import.damaged"),
    "endless.pt": (zipped(b"\x80\x02" + b"(" * 600_000 + b"."), "import.damaged"),
    "deep.pt": (zipped(b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."), "import.no_tensors"),
    "cut.pt": (torch_file(Dcgan().state_dict())[:-700], "import.damaged"),
    "cut-legacy.pt": (torch_file(Dcgan().state_dict(), legacy=True)[:-700], "import.damaged"),
    "cut.safetensors": (save(Dcgan().state_dict())[:-700], "import.damaged"),
    "header.safetensors": (lying({"a": GOOD}, length=1 << 62), "import.unknown"),
    "long-header.safetensors": (lying({"a": GOOD}, length=1 << 20), "import.damaged"),
    "offsets.safetensors": (lying({"a": {**GOOD, "data_offsets": [0, 1 << 40]}}), "import.damaged"),
    "overlap.safetensors": (lying({"a": GOOD, "b": GOOD}), "import.damaged"),
    "shape.safetensors": (lying({"a": {**GOOD, "shape": [1 << 40, 1 << 40]}}), "import.damaged"),
    "negative.safetensors": (lying({"a": {**GOOD, "shape": [-4, -4]}}), "import.damaged"),
    "deep.safetensors": (struct.pack("<Q", 200_000) + b'{"a":' + b"[" * 199_995, "import.damaged"),
    "pointer.pth": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "import.lfs"),
    "page.pt": (b"\n <!DOCTYPE html><html><script>alert(1)</script>", "import.web_page"),
    "net.onnx": (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:", "import.onnx"),
    "keras.h5": (b"\x89HDF\r\n\x1a\n" + bytes(64), "import.keras"),
    "words.gguf": (b"GGUF" + bytes(64), "import.text_model"),
    "packed.tar.gz": (b"\x1f\x8b\x08" + bytes(64), "import.packed"),
    "cat.pt": (b"\x89PNG\r\n\x1a\n" + bytes(64), "import.picture"),
    "empty.pt": (b"", "import.empty"),
    "noise.pt": (bytes(range(255, 0, -1)) * 9, "import.unknown"),
    "other.zip": (zipped(b"x").replace(b"data.pkl", b"data.txt"), "import.zip"),
    "<img src=x onerror=alert(1)>.pt": (b"nothing", "import.unknown"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_each_is_refused_in_words(tmp_path, name):
    data, code = HOSTILE[name]
    path = tmp_path / name.replace("/", "-")
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    WATCH.seen.clear()
    WATCH.on = True
    try:
        with pytest.raises(StudioError) as error:
            open_file(path)
    finally:
        WATCH.on = False
    assert error.value.code == code and "{" not in str(error.value)
    assert WATCH.seen == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kB


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(tmp_path, value):
    state = Dcgan(5, 3, 3, 1).state_dict()
    state["main.0.weight"][0, 0, 0, 0] = value
    torch.save(state, tmp_path / "g.pt")
    with pytest.raises(StudioError) as error:
        open_file(tmp_path / "g.pt")
    assert error.value.code == "model.not_finite"


def test_views_that_promise_more_than_there_is(tmp_path):
    """One number spread over a shape of gigabytes by strides of zero: written out, it would fill the memory."""
    state = {"a.weight": torch.zeros(1).expand(1 << 14, 1 << 14), "b.weight": torch.zeros(3)}
    torch.save(state, tmp_path / "g.pt")
    with pytest.raises(StudioError) as error:
        open_file(tmp_path / "g.pt")
    assert error.value.code == "import.oversize"


def test_settings_of_strangers_are_bounded(tmp_path):
    path = tmp_path / "g.pt"
    torch.save(trained(Dcgan(5, 3, 3, 1)).state_dict(), path)
    wanted = [candidate.config for candidate in open_file(path)]
    for text in (
        "[" * 100_000, '{"a":' * 900 + "1" + "}" * 900, '{"a": ' + json.dumps("x" * 2_000_000) + "}", "[1, 2]", "null", "not json", '{"image_size": 1e999}',
        '{"image_size": -5, "input_dim": [[[]]], "lr_mlp": "x"}',
    ):  # fmt: skip
        (tmp_path / "config.json").write_text(text)
        assert [candidate.config for candidate in open_file(path)] == wanted
        assert isinstance(settings_beside(path), dict)


def test_a_folder_without_a_weight_file_and_one_with_several(tmp_path):
    for names, code in (([], "import.empty_folder"), (["a.pt", "b.pt"], "import.which")):
        for name in names:
            (tmp_path / name).write_bytes(b"x")
        with pytest.raises(StudioError) as error:
            open_file(tmp_path)
        assert error.value.code == code


def test_our_own_folders_are_not_foreign(tmp_path):
    torch.save(trained(Connected()).state_dict(), tmp_path / "g.pt")
    import_model(tmp_path / "g.pt", tmp_path / "kept")
    assert not is_foreign(tmp_path / "kept") and not is_foreign(tmp_path / "kept" / "model.safetensors")
    assert is_foreign(tmp_path / "g.pt")
    save_file(Connected().state_dict(), tmp_path / "alone.safetensors")
    assert is_foreign(tmp_path / "alone.safetensors")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_fuzzed_files_are_opened_or_refused_in_words(tmp_path, kind):
    states = {"dcgan": trained(Dcgan(5, 2, 3, 1)).state_dict(), "mlp": trained(Connected()).state_dict()}
    write = {"zip": torch_file, "legacy": lambda state: torch_file(state, legacy=True), "safetensors": save}[kind]
    contents = {f"{name}.bin": write(state) for name, state in states.items()}
    WATCH.seen.clear()
    failed, codes = [], set()
    for name, data in cases(contents, FUZZED, seed=1):
        path = tmp_path / name
        path.write_bytes(data)
        WATCH.on = True
        result = outcome(path)
        WATCH.on = False
        path.unlink()
        codes.add(result)
        failed += [f"{name}: {result}"] if result.startswith("FAILED") else []
    assert not failed and WATCH.seen == []
    assert len(codes) > 2
