"""PyTorch's own files, zip and legacy: looked through opcode by opcode first, then read with `weights_only=True`, never run."""

import pickletools
import warnings
import zipfile
from pathlib import Path
from threading import Lock
from typing import IO, Any

import torch

from gan_core.errors import StudioError

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the magic number that files of before PyTorch 1.6 begin with
MAX_PICKLE = 32 << 20  # bytes of the pickle that names a file's tensors
MAX_OPCODES = 500_000
MAX_ENTRIES = 50_000  # files in a zip
LOADING = Lock()  # torch's list of stand-ins is one for the whole process
LEGACY_PICKLES = 5  # magic number, version, byte order, the object, the names of its storages

ALLOWED = {
    "collections OrderedDict", "collections Counter", "torch Size", "torch device", "torch FloatTensor",
    "torch nn.Parameter", "torch.nn.parameter Parameter", "torch._utils _rebuild_tensor", "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter", "torch.serialization _get_layout", "_codecs encode",
}  # fmt: skip
STOOD_IN = ("argparse.Namespace", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype")
INERT = {"builtins set", "__builtin__ set", "builtins dict", "__builtin__ dict", "builtins list", "__builtin__ list"}
HARMFUL = {  # modules that no weights need
    "os", "nt", "posix", "sys", "subprocess", "builtins", "__builtin__", "runpy", "socket", "shutil", "importlib", "webbrowser", "pty",
    "commands", "operator", "ctypes", "pickle", "marshal", "asyncio", "code", "timeit", "pip", "pdb", "bdb", "urllib", "requests",
}  # fmt: skip


class Said:
    """Stands in for the settings and statistics that training scripts keep beside their weights; nobody looks into it."""

    def __init__(self, *arguments):
        pass

    def __setstate__(self, state):
        pass


def read_zip(path: Path) -> Any:
    """Return what a zip file of torch.save holds, its tensors mapped from the disk. Raises StudioError."""
    try:
        with zipfile.ZipFile(path) as pack:
            entries = pack.infolist()
            _check_directory(path, entries)
            data = next((e for e in entries if e.filename.count("/") == 1 and e.filename.endswith("/data.pkl")), None)
            if data is None:
                raise _other_zip(path, {e.filename for e in entries})
            with pack.open(data) as file:
                look_through(file, 1, path)
    except StudioError:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, RuntimeError, UnicodeError):
        raise truncated(path) from None
    return _load(path, mmap=True)


def read_legacy(path: Path) -> Any:
    """Return what a torch.save file of before PyTorch 1.6 holds. Raises StudioError."""
    with path.open("rb") as file:
        look_through(file, LEGACY_PICKLES, path)
    return _load(path, mmap=False)


def _load(path: Path, mmap: bool) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with LOADING, torch.serialization.safe_globals([(Said, name) for name in STOOD_IN]):
                return torch.load(path, weights_only=True, map_location="cpu", mmap=mmap)
    except (OSError, EOFError, MemoryError, RecursionError):
        raise truncated(path) from None
    except (
        Exception
    ) as error:  # bytes that somebody chose: whatever the reader stumbles over, the file is not one of torch's
        if "weights_only" in str(error) and "GLOBAL" in str(error):
            raise _code(path, "") from None
        raise truncated(path) from None


def _check_directory(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse zips that would grow when read, or whose names lead elsewhere: torch stores, it does not compress."""
    whole = path.stat().st_size
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    grown = sum(entry.file_size for entry in entries) > whole
    odd = any(entry.filename.startswith("/") or ".." in entry.filename.split("/") for entry in entries)
    if len(entries) > MAX_ENTRIES or odd or (grown and not packed):
        raise truncated(path)
    if packed and any(entry.filename.endswith("data.pkl") for entry in entries):
        raise StudioError(
            "import.bomb",
            "{file} is packed in a way that PyTorch never packs weights. It was not opened.",
            file=path.name,
        )


def look_through(file: IO[bytes], count: int, path: Path) -> None:
    """Go through so many pickles without running them. Raises StudioError for code, endless lists and numbers that cannot be sizes."""
    opcodes, most = 0, path.stat().st_size
    for turn in range(count):
        start = file.tell()
        try:
            for opcode, argument, _position in pickletools.genops(_Bounded(file)):
                opcodes += 1
                if opcodes > MAX_OPCODES or file.tell() - start > MAX_PICKLE:
                    raise truncated(path)
                if opcode.name in ("GLOBAL", "INST"):
                    check_global(str(argument), path)
                elif opcode.name in ("STACK_GLOBAL", "EXT1", "EXT2", "EXT4"):
                    raise _code(path, "")
                elif type(argument) is int and opcode.name not in (
                    "PROTO",
                    "BINGET",
                    "LONG_BINGET",
                    "BINPUT",
                    "LONG_BINPUT",
                ):
                    _check_number(argument, most, path, magic=count > 1 and turn == 0)
        except StudioError:
            raise
        except (ValueError, EOFError, OSError, IndexError, OverflowError):
            raise truncated(path) from None


class _Bounded:
    """A stream whose reads never ask for more than a pickle may be long: an opcode's own length is not trusted."""

    def __init__(self, file: IO[bytes]):
        self.file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_PICKLE:
            raise ValueError("longer than any pickle of weights")
        return self.file.read(size)

    def readline(self) -> bytes:
        return self.file.readline(65_536)

    def tell(self) -> int:
        return self.file.tell()


def check_global(name: str, path: Path) -> None:
    """Raise StudioError unless a pickle of weights may name this global ("module name")."""
    module, _, attribute = name.partition(" ")
    if (
        name in ALLOWED
        or f"{module}.{attribute}" in STOOD_IN
        or name in INERT
        or (module in ("torch", "torch.storage") and attribute.endswith("Storage"))
    ):
        return
    if module == "torch" and attribute in (
        "float32",
        "float64",
        "float16",
        "bfloat16",
        "int64",
        "int32",
        "uint8",
        "bool",
    ):
        return
    raise _code(path, f"{module}.{attribute}")


def _check_number(number: int, most: int, path: Path, magic: bool) -> None:
    """Whole numbers of a pickle are sizes, offsets and counters; one that is far beyond the file cannot be a size of it."""
    if not magic and abs(number) > max(most, 1 << 31) and abs(number) < 1 << 62:
        raise StudioError(
            "import.oversize",
            "{file} promises more numbers than it holds. It is damaged or was made to do harm.",
            file=path.name,
        )


def _code(path: Path, name: str) -> StudioError:
    if name.split(".")[0] in HARMFUL:
        return StudioError(
            "import.harmful", "{file} would run a program ({name}) if it were opened as its author meant. It was not opened. Do not trust where it comes from.",
            file=path.name, name=name[:80],
        )  # fmt: skip
    if name.startswith("cloudpickle"):
        return StudioError(
            "import.cloudpickle", "{file} holds program code packed with cloudpickle, which would have to be run. Ask its author for the weights alone: torch.save(model.state_dict(), …).",
            file=path.name,
        )  # fmt: skip
    return StudioError(
        "import.whole_module", "{file} holds a whole Python object ({name}) instead of weights, so opening it would run code. Where it was made, save its weights alone: torch.save(model.state_dict(), …).",
        file=path.name, name=name[:80] or "?",
    )  # fmt: skip


def _other_zip(path: Path, names: set[str]) -> StudioError:
    if any(name.endswith("constants.pkl") for name in names):
        return StudioError(
            "import.torchscript", "{file} is a TorchScript program. Save the weights alone: torch.save(model.state_dict(), …).", file=path.name
        )  # fmt: skip
    return StudioError(
        "import.zip", "{file} is a zip file. Unpack it and open the weight file that is in it.", file=path.name
    )


def truncated(path: Path) -> StudioError:
    """The sentence for a file that begins like one of torch's and does not go on like one."""
    return StudioError("import.damaged", "{file} is incomplete or damaged. Copy or download it again.", file=path.name)
