"""Opening somebody else's weight file: told by its first bytes, never by its name; tensors come out, nothing is run."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from gan_core.config import read_json
from gan_core.errors import StudioError
from gan_core.importers import torch_files
from gan_core.importers.contents import Contents
from gan_core.importers.unwrapping import unwrap

MAX_FILE = 2_000_000_000  # bytes
MAX_HEADER = 20 << 20  # bytes of a safetensors header
MAX_TENSORS = 20_000
NAMES = (  # weight files of other tools' folders, in the order in which they are tried
    "model.safetensors", "diffusion_pytorch_model.safetensors", "pytorch_model.safetensors", "generator.safetensors", "model.pt",
    "model.pth", "pytorch_model.bin", "pytorch_model.pt", "diffusion_pytorch_model.bin", "generator.pt", "generator.pth", "G.pth", "netG.pth",
)  # fmt: skip
SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".t7", ".model", ".tar")
BESIDE = ("config.json", "model_config.json", ".config.json")
MOST_DEPTH = 12  # of a settings file's lists in lists


def read(path: Path) -> Contents:
    """Read a weight file, or a folder with one and its settings. Raises StudioError saying what it is and what would help."""
    path = Path(path)
    if path.is_dir():
        return read(_weights_of(path))
    head = _head(path)
    _refuse_known(path, head)
    if head.startswith(b"PK\x03\x04"):
        held = torch_files.read_zip(path)
    elif head.startswith(torch_files.LEGACY):
        held = torch_files.read_legacy(path)
    elif head[8:9] == b"{" and int.from_bytes(head[:8], "little") <= max(path.stat().st_size, MAX_HEADER):
        held = _safetensors(path)
    elif head[:1] == b"\x80":
        return _official(path)
    else:
        raise StudioError(
            "import.unknown", "{file} is no weight file that can be read here. Known are .safetensors, PyTorch's .pt, .pth, .ckpt and .bin, and StyleGAN's .pkl.",
            file=path.name,
        )  # fmt: skip
    settings = settings_beside(path)
    tensors, said = unwrap(held, path)
    _check_sizes(path, tensors)
    return Contents(path, tensors, {**said, **settings})


def _weights_of(folder: Path) -> Path:
    """The weight file of a folder: one with a usual name, else the only one there."""
    for name in NAMES:
        if (folder / name).is_file():
            return folder / name
    try:
        others = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    except OSError:
        others = []
    if not others:
        raise StudioError("import.empty_folder", "There is no weight file in {folder}.", folder=folder.name)
    wanted = [p for p in others if not any(word in p.stem.lower() for word in ("disc", "netd", "optim", "encoder"))]
    if len(wanted) != 1 and len(others) != 1:
        raise StudioError(
            "import.which", "There are several weight files in {folder}: {files}. Choose one of them.",
            folder=folder.name, files=", ".join(p.name[:60] for p in others[:6]),
        )  # fmt: skip
    return (wanted or others)[0]


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_FILE:
            raise StudioError(
                "import.too_large", "{file} has {size} MB; at most {most} MB can be opened.",
                file=path.name, size=size // 1_000_000, most=MAX_FILE // 1_000_000,
            )  # fmt: skip
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise StudioError(
            "import.unreadable", "{file} cannot be read: {why}.", file=path.name, why=error.strerror or "?"
        ) from None


def _refuse_known(path: Path, head: bytes) -> None:
    """Say what a file is that is clearly something else."""
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:256].lower()
    if not head:
        raise StudioError("import.empty", "{file} is empty. Copy or download it again.", file=path.name)
    if head.startswith(b"version https://git-lfs"):
        raise StudioError(
            "import.lfs", "{file} only points to the real file, which Git LFS keeps elsewhere. Download the file itself from its page, or run “git lfs pull”.", file=path.name
        )  # fmt: skip
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise StudioError(
            "import.web_page", "{file} is a web page that was saved under this name. Use the download button of the page instead.", file=path.name
        )  # fmt: skip
    if head[:1] == b"\x08" and (
        b"onnx" in head[:256].lower() or b"pytorch" in head[:64] or path.suffix.lower() == ".onnx"
    ):
        raise StudioError(
            "import.onnx", "{file} is an ONNX program, not weights. Look for the model's .pt, .pth or .safetensors file.", file=path.name
        )  # fmt: skip
    if head.startswith(b"\x89HDF") or head[:4] == b"TFL3":
        raise StudioError(
            "import.keras", "{file} comes from TensorFlow or Keras, whose networks cannot be opened here.", file=path.name
        )  # fmt: skip
    if head.startswith(b"GGUF"):
        raise _text_model(path)
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh")):
        raise StudioError(
            "import.packed", "{file} is packed. Unpack it and open the weight file that is in it.", file=path.name
        )
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")):
        raise StudioError("import.picture", "{file} is a picture, not a model.", file=path.name)


def _text_model(path: Path) -> StudioError:
    return StudioError(
        "import.text_model",
        "{file} holds a language model. Only models that draw pictures from random numbers can be opened.",
        file=path.name,
    )


def _safetensors(path: Path) -> dict[str, Any]:
    """All tensors of a safetensors file; the library checks every offset against the file before anything is read."""
    if int.from_bytes(_head(path)[:8], "little") > MAX_HEADER:
        raise torch_files.truncated(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            if len(names) > MAX_TENSORS:
                raise _too_many(path)
            return {name: file.get_tensor(name) for name in names}
    except StudioError:
        raise
    except (
        SafetensorError,
        OSError,
        ValueError,
        RuntimeError,
        TypeError,
        KeyError,
        AttributeError,
        MemoryError,
        OverflowError,
    ):
        raise torch_files.truncated(path) from None


def _official(path: Path) -> Contents:
    """A plain pickle: the official StyleGAN code's, or nothing that can be opened."""
    from gan_core.importers.pickles import read_official

    return read_official(path)


def _check_sizes(path: Path, tensors: dict) -> None:
    """Refuse tensors that are far more than the file holds: shapes may lie where the bytes cannot."""
    if len(tensors) > MAX_TENSORS:
        raise _too_many(path)
    if sum(t.numel() * t.element_size() for t in tensors.values()) > 2 * path.stat().st_size + (1 << 20):
        raise StudioError(
            "import.oversize",
            "{file} promises more numbers than it holds. It is damaged or was made to do harm.",
            file=path.name,
        )


def _too_many(path: Path) -> StudioError:
    return StudioError(
        "import.too_many",
        "{file} holds more than {most} tensors; no model that can be opened here has so many.",
        file=path.name,
        most=MAX_TENSORS,
    )


def settings_beside(path: Path) -> dict:
    """What the settings files beside a weight file say, where they are JSON objects of bounded size; else nothing."""
    found: dict = {}
    for name in (*BESIDE, f"{path.stem}.json"):
        try:
            said = read_json(path.parent / name)
        except StudioError:
            continue
        if isinstance(said, dict) and len(said) < 1000 and _depth(said) <= MOST_DEPTH:
            found = {**said, **found}
    return found


def _depth(value, level: int = 0) -> int:
    if level > MOST_DEPTH:
        return level
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((_depth(one, level + 1) for one in inside), default=level)
