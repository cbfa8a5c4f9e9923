"""Pickles made to do harm: each is refused in a sentence, runs nothing, and takes no memory or time to speak of."""

import collections
import gzip
import io
import os
import pickle
import random
import struct
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

import gan_core
from benchmarks.fuzz import Watch, cases, outcome, seeds
from gan_core import StudioError
from gan_core.importers.pickle_machine import Budget, Damaged, Forbidden, Inert, read
from gan_core.importers.pickles import read_official

OFFICIAL = Path(__file__).parents[1] / "foreign" / "official"
MEMORY = 64 << 20  # bytes that reading any of these files may take


SYSTEM = os.system
WATCH = Watch()


@pytest.fixture
def canary(tmp_path):
    """Notices whatever a pickle could run: processes, files changed, its own source, and a file that the corpus would touch."""
    WATCH.seen.clear()
    yield
    WATCH.on = False
    assert WATCH.seen == [] and "PICKLE_RAN" not in os.environ and not (tmp_path / "canary").exists()


class Call:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function, *arguments, state=None):
        self.function, self.arguments, self.state = function, arguments, state

    def __reduce__(self):
        return (self.function, self.arguments) if self.state is None else (self.function, self.arguments, self.state)


def named(module: str, name: str, arguments: bytes = b"(X\x04\x00\x00\x00truet", end: bytes = b"R.") -> bytes:
    """A pickle that calls module.name with arguments written as opcodes."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + arguments + end


def refused(data: bytes, folder: Path, match: str | None = None, measure: bool = True) -> StudioError:
    """Open the file through both doors: a StudioError, and little memory (which takes its time to measure)."""
    path = folder / "hostile.pkl"
    path.write_bytes(data)
    if measure:
        tracemalloc.start()
    WATCH.on = True
    try:
        with pytest.raises(StudioError):
            gan_core.load(path)
        with pytest.raises(StudioError, match=match) as caught:
            read_official(path)
        if measure:
            assert tracemalloc.get_traced_memory()[1] < MEMORY + 2 * len(data)
    finally:
        WATCH.on = False
        tracemalloc.stop()
    return caught.value


# ---- running something


@pytest.mark.parametrize("protocol", range(6))
def test_a_call_of_the_system(protocol, canary, tmp_path):
    refused(
        pickle.dumps({"G_ema": Call(SYSTEM, f"touch {tmp_path}/canary")}, protocol),
        tmp_path,
        match="posix.system|nt.system",
    )


GLOBALS = [
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("subprocess", "check_output"),
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"), ("builtins", "__import__"), ("builtins", "open"),
    ("builtins", "compile"), ("builtins", "setattr"), ("builtins", "apply"), ("__builtin__", "eval"), ("__builtin__", "file"),
    ("builtins", "globals"), ("builtins", "breakpoint"), ("builtins", "type"), ("builtins", "object"), ("builtins", "print"),
    ("operator", "attrgetter"), ("operator", "methodcaller"), ("functools", "partial"), ("functools", "reduce"),
    ("importlib", "import_module"), ("runpy", "run_path"), ("runpy", "_run_code"), ("pickle", "loads"), ("_pickle", "loads"), ("marshal", "loads"),
    ("types", "FunctionType"), ("types", "CodeType"), ("code", "interact"), ("pdb", "run"), ("timeit", "timeit"), ("cProfile", "run"),
    ("bdb", "Bdb.run"), ("webbrowser", "open"), ("pty", "spawn"), ("socket", "create_connection"), ("ctypes", "CDLL"), ("shutil", "rmtree"),
    ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("copy_reg", "_reconstructor"), ("copyreg", "add_extension"),
    ("torch", "load"), ("torch.hub", "load"), ("torch.serialization", "load"), ("torch.utils.cpp_extension", "load_inline"),
    ("torch._utils", "_rebuild_device_tensor_from_numpy"), ("torch.storage", "UntypedStorage"), ("torch.nn.modules.linear", "Linear"),
    ("numpy", "load"), ("numpy", "fromfile"), ("numpy.testing._private.utils", "runstring"), ("numpy.distutils.exec_command", "exec_command"),
    ("numpy.f2py.crackfortran", "myeval"), ("numpy.core.multiarray", "fromfile"), ("cloudpickle.cloudpickle", "_make_function"), ("dill._dill", "_create_code"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"), ("sklearn.svm", "SVC"), ("torch_utils.persistence", "_src_to_module"), ("dnnlib.util", "call_func_by_name"),
    ("dnnlib.util", "get_obj_by_name"), ("dnnlib.util", "open_url"), ("sys", "exit"), ("__main__", "anything"), ("gan_core.importers.pickles", "Path"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name"), GLOBALS)
def test_every_other_global_is_refused_when_named(module, name, canary, tmp_path):
    assert f"{module}.{name}" in refused(named(module, name), tmp_path, match="nothing in it was run").facts["name"]
    refused(named(module, name, b"", b"0N."), tmp_path)  # named, not even called
    stacked = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(t)]) + t.encode() for t in (module, name)) + b"\x93."
    refused(stacked, tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "OrderedDict.__init__",
        "OrderedDict.__class__",
        "OrderedDict.fromkeys.__globals__",
        "abc.sys.modules",
        "_sys",
        "OrderedDict.__reduce__",
    ],
)
def test_dotted_and_neighbouring_names(name, canary, tmp_path):
    refused(named("collections", name), tmp_path)
    refused(named("torch._utils", "_rebuild_tensor_v2.__globals__"), tmp_path)
    refused(b"\x80\x04\x8c\x0bcollections\x94\x8c" + bytes([len(name)]) + name.encode() + b"\x93)R.", tmp_path)


OPCODES = {
    "extension": b"\x80\x02\x82\x01.", "extension 2": b"\x80\x02\x83\x01\x00.", "extension 4": b"\x80\x02\x84\x01\x00\x00\x00.",
    "instance": b"\x80\x02(ios\nsystem\n.", "object": b"\x80\x02(ccollections\nOrderedDict\no.",
    "persistent id": b"\x80\x02Pstorage\n.", "binary persistent id": b"\x80\x02X\x01\x00\x00\x00aQ.",
    "buffer": b"\x80\x05\x97.", "read-only buffer": b"\x80\x05N\x98.", "keywords": b"\x80\x04ccollections\nOrderedDict\n)}X\x01\x00\x00\x00aNs\x92.",
    "a call of a value": b"\x80\x02K\x01)R.", "a call with no tuple": b"\x80\x02ccollections\nOrderedDict\nK\x01R.",
    "a state for a function": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__code__Nsb.",
    "a state for a class": b"\x80\x02ccollections\nOrderedDict\n}X\x0c\x00\x00\x00__setstate__Nsb.",
    "append to a class": b"\x80\x02ccollections\nOrderedDict\nNa.", "items of a class": b"\x80\x02ccollections\nOrderedDict\nNNs.",
    "a mark as a value": b"\x80\x02((\x85.", "nothing": b"\x80\x02.", "no end": b"\x80\x02N", "an unknown opcode": b"\x80\x02\xff.",
}  # fmt: skip


@pytest.mark.parametrize("name", OPCODES)
def test_opcodes_that_no_weights_need(name, canary, tmp_path):
    refused(OPCODES[name], tmp_path)


def test_nothing_of_one_file_reaches_the_next(canary, tmp_path):
    before = gzip.decompress((OFFICIAL / "sg3_r.pkl.gz").read_bytes())
    good = tmp_path / "good.pkl"
    good.write_bytes(before)
    first = read_official(good)
    for kind in (
        b"ccollections\nOrderedDict\n",
        b"ctorch._utils\n_rebuild_parameter\n",
        b"cnumpy\ndtype\n",
        b"cdnnlib.util\nEasyDict\n",
    ):
        for state in (
            b"}X\x0c\x00\x00\x00__setstate__cos\nsystem\nsb.",
            b"}X\x0c\x00\x00\x00__setstate__Nsb.",
            b"N}X\x04\x00\x00\x00nameNs\x86b.",
        ):
            refused(b"\x80\x02" + kind + state, tmp_path)
    again = read_official(good)
    assert again.settings == first.settings
    assert all(torch.equal(again.tensors[name], first.tensors[name]) for name in first.tensors)
    assert not hasattr(collections.OrderedDict, "__setstate__")


def network(state: bytes) -> bytes:
    """A pickle of a generator with this state, written as opcodes."""
    meta = (
        b"}(X\x0a\x00\x00\x00class_nameX\x09\x00\x00\x00GeneratorX\x0a\x00\x00\x00module_srcX\x0d\x00\x00\x00import os;x=1X\x05\x00\x00\x00state"
        + state
        + b"u"
    )
    return b"\x80\x02}X\x05\x00\x00\x00G_emactorch_utils.persistence\n_reconstruct_persistent_obj\n" + meta + b"\x85Rs."


def test_a_harmful_part_beside_a_good_network(canary, tmp_path):
    data = network(b"}")
    refused(data[:-2] + b"X\x05\x00\x00\x00extracos\nsystem\nX\x04\x00\x00\x00true\x85Ru.", tmp_path)


# ---- taking memory or time


def test_claims_of_a_size_that_is_not_there(canary, tmp_path):
    for claim in (
        b"\x8e" + struct.pack("<Q", 1 << 62), b"\x8d" + struct.pack("<Q", 1 << 40), b"B" + struct.pack("<I", 0xFFFFFFFF), b"\x96" + struct.pack("<Q", 1 << 50),
        b"X" + struct.pack("<I", 0xFFFFFFF0), b"\x8b" + struct.pack("<i", 0x7FFFFFFF), b"\x8b" + struct.pack("<i", -5), b"\x95" + struct.pack("<Q", 1 << 62),
        b"T" + struct.pack("<i", 0x7FFFFFF0), b"j\xff\xff\xff\xff",
    ):  # fmt: skip
        refused(b"\x80\x04" + claim + b"abc.", tmp_path)


def test_giant_numbers(canary, tmp_path):
    refused(b"\x80\x02\x8b" + struct.pack("<i", 1 << 20) + b"\x7f" * (1 << 20) + b".", tmp_path, match="giant number")
    refused(b"\x80\x02L" + b"9" * 4000 + b"L\n.", tmp_path, match="giant number")
    refused(b"\x80\x02I" + b"9" * 1_000_000 + b"\n.", tmp_path)


def test_a_memo_of_any_index_takes_no_memory(canary, tmp_path):
    refused(b"\x80\x02N" + b"".join(b"r" + struct.pack("<I", 0xFFFFFFFF - i) for i in range(50)) + b".", tmp_path)


def test_lists_of_lists_of_lists(canary, tmp_path):
    laughs = b"]q\x00" + b"".join(b"]q%c(" % (i + 1) + b"h%c" % i * 10 + b"e" for i in range(60))
    refused(b"\x80\x02" + laughs + b".", tmp_path)
    kwargs = b"}X\x0c\x00\x00\x00_init_kwargs}X\x01\x00\x00\x00a" + laughs.replace(b"]q", b"]q") + b"ss"
    refused(network(kwargs), tmp_path)


def test_tuples_of_tuples_are_never_hashed(canary, tmp_path):
    doubled = b"N\x85" + b"2\x86" * 200  # (t, t) 200 deep: 2²⁰⁰ steps to hash
    refused(b"\x80\x02}" + doubled + b"Ns.", tmp_path, match="key")
    refused(b"\x80\x04\x8f(" + doubled + b"\x90.", tmp_path)  # a set of it is kept as a list


def test_keys_that_collide(canary, tmp_path):
    colliding = b"".join(b"\x8a\x10" + ((2**61 - 1) * i).to_bytes(16, "little") + b"N" for i in range(1, 50))
    refused(b"\x80\x02}(" + colliding + b"u.", tmp_path, match="key")


@pytest.mark.parametrize("opening", [b"]", b"(", b"N\x85"])
def test_deep_nesting(opening, canary, tmp_path):
    middle = {
        b"]": b"]" * 60_000 + b"a" * 59_999,
        b"(": b"(" * 60_000 + b"t" * 60_000,
        b"N\x85": b"N" + b"\x85" * 60_000,
    }[opening]
    refused(b"\x80\x02" + middle + b".", tmp_path, measure=False)
    kwargs = b"}X\x0c\x00\x00\x00_init_kwargs}X\x01\x00\x00\x00a" + middle + b"ss"
    refused(network(kwargs), tmp_path, measure=False)


def test_a_module_that_holds_itself(canary, tmp_path):
    inner = b"}q\x05X\x08\x00\x00\x00_modules}X\x01\x00\x00\x00xctorch_utils.persistence\n_reconstruct_persistent_obj\n}(X\x05\x00\x00\x00stateh\x05u\x85Rss"
    refused(network(inner), tmp_path, match="damaged")


PART = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"


def test_modules_that_share_their_many_parts(canary, tmp_path):
    names = b"".join(b"X\x05\x00\x00\x00%05dh\x07" % number for number in range(3000))
    inner = (
        b"}q\x05X\x08\x00\x00\x00_modules}q\x06("
        + PART.join([b"X\x01\x00\x00\x00x", b"}X\x05\x00\x00\x00stateh\x05s\x85Rq\x07"])
        + names
        + b"us"
    )
    refused(network(inner), tmp_path, match="damaged", measure=False)  # 3000 modules, each with the same 3000 in it


def test_a_class_name_that_is_no_text(canary, tmp_path):
    laughs = b"]q\x00" + b"".join(b"]q%c(" % (i + 1) + b"h%c" % i * 10 + b"e" for i in range(60))
    meta = b"}(X\x0a\x00\x00\x00class_name" + laughs + b"0" * 61 + b"h\x3cX\x05\x00\x00\x00state}u"
    refused(b"\x80\x02" + PART + meta + b"\x85R.", tmp_path, match="no generator, only [?],")


def test_long_names_of_parts(canary, tmp_path):
    long = b"X" + struct.pack("<I", 1 << 20) + b"n" * (1 << 20)
    inner = b"}q\x05X\x08\x00\x00\x00_modules}" + long + PART + b"}X\x05\x00\x00\x00stateh\x05s\x85Rss"
    path = tmp_path / "long.pkl"
    path.write_bytes(network(inner))
    assert read_official(path).tensors == {} and "n" * 300 not in str(read_official(path).settings)


def test_more_opcodes_than_any_network_has(canary, tmp_path):
    refused(b"\x80\x02" + b"N0" * 300_000 + b"N.", tmp_path, match="half a million", measure=False)


def test_the_same_numbers_again_and_again(canary, tmp_path):
    text = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20) + b"q\x00X\x06\x00\x00\x00latin1q\x010"
    copies = b"c_codecs\nencode\nq\x02" + b"h\x02h\x00h\x01\x86R" * 1000
    refused(b"\x80\x02" + text + copies + b"0" * 1000 + b".", tmp_path, match="again and again")


def storage(numel: int, claimed: int, data: bytes, kind: str = "FloatStorage") -> bytes:
    """What torch writes for a storage in the old format, with a length of its own choice."""
    out = io.BytesIO()
    for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}):
        pickle.dump(part, out, 2)
    name = f"ctorch\n{kind}\n".encode()
    out.write(
        b"\x80\x02(X\x07\x00\x00\x00storage"
        + name
        + b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpu\x8a\x08"
        + struct.pack("<q", numel)
        + b"NtQ."
    )
    pickle.dump(["0"], out, 2)
    return out.getvalue() + struct.pack("<q", claimed) + data


def window(held: bytes, offset=0, size=(4,), stride=(1,)) -> bytes:
    """Opcodes of a tensor: a window of the storage that the opcodes `held` make."""

    def whole(n):
        return b"\x8a\x08" + struct.pack("<q", n)

    shape = b"(" + b"".join(map(whole, size)) + b"t(" + b"".join(map(whole, stride)) + b"t"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n(" + held + whole(offset) + shape + b"\x89ccollections\nOrderedDict\n)RtR"
    )


def loaded(held: bytes) -> bytes:
    """Opcodes of a storage from its bytes."""
    return b"ctorch.storage\n_load_from_bytes\nB" + struct.pack("<I", len(held)) + held + b"\x85R"


def tensor(held: bytes, offset=0, size=(4,), stride=(1,)) -> bytes:
    """A generator with one tensor that is such a window of such a storage."""
    view = window(loaded(held), offset, size, stride)
    return network(b"}X\x0b\x00\x00\x00_parameters}X\x06\x00\x00\x00weight" + view + b"ss")


def test_a_tensor_that_fits_is_read(canary, tmp_path):
    path = tmp_path / "fine.pkl"
    path.write_bytes(tensor(storage(6, 6, np.arange(6, dtype="<f4").tobytes()), 1, (2, 2), (3, 1)))
    assert read_official(path).tensors["weight"].tolist() == [[1, 2], [4, 5]]


FOUR = np.ones(4, "<f4").tobytes()


@pytest.mark.parametrize(
    "window",
    [
        dict(size=(1 << 39,)), dict(size=(1 << 41,), stride=(0,)), dict(size=(5,)), dict(offset=1), dict(offset=1 << 39), dict(offset=-1), dict(size=(2, 2), stride=(4, 1)),
        dict(size=(3, 3), stride=(0, 1)), dict(size=(-1,)), dict(size=(2,), stride=(-1,)), dict(size=(1,) * 5000, stride=(1,) * 5000), dict(size=(4, 1)),
        dict(size=(1 << 20, 1 << 20), stride=(0, 0)),
    ],
)  # fmt: skip
def test_windows_beyond_their_storage(window, canary, tmp_path):
    refused(tensor(storage(4, 4, FOUR), **window), tmp_path)


def test_storages_that_lie(canary, tmp_path):
    for held in (
        storage(1 << 40, 1 << 40, FOUR), storage(4, 1 << 40, FOUR), storage(8, 8, FOUR), storage(-4, -4, FOUR), storage(4, 4, b""), storage(4, 4, FOUR)[:-30], b"", b"no torch file",
        storage(4, 4, FOUR, "UntypedStorage"), storage(4, 4, FOUR, "nn"), pickle.dumps(1), storage(4, 4, FOUR).replace(b"ctorch\nFloat", b"cposix\nsystem\nFloat"),
    ):  # fmt: skip
        refused(tensor(held), tmp_path)


def test_a_harmful_pickle_inside_a_storage(canary, tmp_path):
    for inside in (
        pickle.dumps(Call(print, "ran"), 2),
        named("posix", "system"),
        storage(4, 4, FOUR)[:60] + named("posix", "system"),
    ):
        refused(tensor(inside), tmp_path)
    out = io.BytesIO()
    torch.save({"a": Call(print, "ran")}, out)
    refused(tensor(out.getvalue()), tmp_path, match="zip file inside")
    out = io.BytesIO()
    torch.save(Call(print, "ran"), out, _use_new_zipfile_serialization=False)
    refused(tensor(out.getvalue()), tmp_path)


def test_a_zip_that_unpacks_to_any_size(canary, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("archive/data.pkl", b"\0" * (50 << 20))
    refused(tensor(out.getvalue()), tmp_path, match="zip file inside")


def test_many_tensors_of_one_storage(canary, tmp_path):
    held = loaded(storage(1 << 18, 1 << 18, b"\0" * (1 << 20))) + b"q\x09"
    views = [window(held, 0, (1 << 18,))] + [window(b"h\x09", 0, (1 << 18,))] * 300
    rows = b"".join(b"X\x04\x00\x00\x00%04d" % number + view for number, view in enumerate(views))
    refused(network(b"}X\x0b\x00\x00\x00_parameters}(" + rows + b"us"), tmp_path, match="damaged|incomplete")


def test_numpy_arrays_that_lie(canary, tmp_path):
    for array in (
        b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8\x85RC\x02ab\x86R", b"cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85R",
        b"cnumpy\ndtype\nX\x09\x00\x00\x00f8,O,(9)i\x85R", b"cnumpy\nndarray\n)R",
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01(\x8a\x08" + struct.pack("<q", 1 << 40)
        + b"tcnumpy\ndtype\nX\x02\x00\x00\x00f8\x85R\x89C\x01atb",
    ):  # fmt: skip
        refused(network(b"}X\x01\x00\x00\x00a" + array + b"s"), tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(value, canary, tmp_path):
    data = gzip.decompress((OFFICIAL / "sg3_r.pkl.gz").read_bytes())
    path = tmp_path / "nan.pkl"
    path.write_bytes(data)
    numbers = read_official(path).tensors["mapping.w_avg"].numpy().tobytes()
    assert data.count(numbers) == 1
    path.write_bytes(data.replace(numbers, struct.pack("<f", value) + numbers[4:]))
    with pytest.raises(StudioError, match="not finite"):
        gan_core.load(path)


def test_words_of_the_file_stay_short_and_plain(canary, tmp_path):
    shown = str(refused(named("<script>alert(1)</script>" * 50, "x" * 500), tmp_path))
    assert "<" not in shown and len(shown) < 400


# ---- the machine itself


def test_the_machine_agrees_with_pickle_on_plain_values():
    rng = random.Random(0)

    def value(depth=0):
        kinds = [None, True, 0, -1, 2**31, -(2**40), 3.5, "text", "héllo\n", b"bytes\xff", ""]
        if depth > 3 or rng.random() < 0.4:
            return rng.choice(kinds)
        many = [value(depth + 1) for _ in range(rng.randrange(5))]
        return rng.choice(
            [many, tuple(many), {f"k{i}": v for i, v in enumerate(many)}, collections.OrderedDict(enumerate(many))]
        )

    def ordered(items=()):
        return dict(items)

    table = {("collections", "OrderedDict"): ordered, ("_codecs", "encode"): lambda text, coding: text.encode(coding), ("builtins", "bytes"): lambda *a: b"",
             ("__builtin__", "bytes"): lambda *a: b""}  # fmt: skip
    for number in range(300):
        wanted = [value() for _ in range(3)]
        data = pickle.dumps(wanted, number % 6)
        assert read(io.BytesIO(data), table, Budget(len(data))) == wanted


def test_inert_objects_look_nothing_up():
    thing = Inert("x")
    thing.build({"__class__": int, "__dict__": {}})
    assert type(thing) is Inert and thing.state == {"__class__": int, "__dict__": {}}
    for bad in (b"", b"garbage"):
        with pytest.raises((Damaged, Forbidden)):
            read(io.BytesIO(bad), {}, Budget(0))


# ---- fuzz; many more by `python -m benchmarks.fuzz`


def test_damaged_files_open_or_are_refused(canary, tmp_path):
    contents = {
        name: data for name, data in seeds([]).items() if name in ("sg3_r.pkl", "sg2_by_sg3.pkl", "sg2_resnet.pkl")
    }
    results = collections.Counter()
    for name, data in cases(contents, 240, seed=1):
        path = tmp_path / name
        path.write_bytes(data)
        result = outcome(path)
        assert not result.startswith("FAILED"), f"{name}: {result}"
        results[result] += 1
        path.unlink()
    assert results["import.damaged"] > 100 and sum(results.values()) == 240


def test_reading_imports_nothing(tmp_path):
    before = set(sys.modules)
    refused(named("antigravity", "fly"), tmp_path)
    refused(named("this", "s"), tmp_path)
    assert not {"antigravity", "this"} & (set(sys.modules) - before)
