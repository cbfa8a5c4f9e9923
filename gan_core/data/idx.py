"""MNIST-style idx files ("the IDX file format" of yann.lecun.com/exdb/mnist), gzipped or not, labels beside them."""

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan_core.data.collect import notes_for
from gan_core.data.decode import fit_square, to_channels
from gan_core.data.pictures import LoadOptions, PictureInfo, PictureSet, Source, as_path, check_memory
from gan_core.errors import StudioError

PICTURES, LABELS = b"\0\0\x08\x03", b"\0\0\x08\x01"  # unsigned bytes in 3 and 1 dimensions
PICTURE_NAME = re.compile(r"(?P<stem>.*)images(?P<dot>[-._])idx3[-._]ubyte(\.gz)?", re.IGNORECASE)
ANY_NAME = re.compile(r".*idx\d[-._]ubyte(\.gz)?", re.IGNORECASE)
MAX_SIDE = 1024
MAX_RATIO, SMALL_TOTAL = 100, 256 << 20  # as for zips: what a gzip may unpack to


@dataclass(frozen=True)
class Pair:
    """A file of pictures, its labels if there are any, and the size that its header announces."""

    pictures: Path
    labels: Path | None
    count: int
    height: int
    width: int


def matches(spec: str) -> bool:
    path = as_path(spec)
    if path is None:
        return False
    try:
        if path.is_dir():
            return any(PICTURE_NAME.fullmatch(file.name) for file in path.iterdir())
        return bool(ANY_NAME.fullmatch(path.name)) or _head(path, 4) in (PICTURES, LABELS)
    except (OSError, StudioError):
        return False


def describe(spec: str) -> PictureInfo:
    path = as_path(spec)
    pairs = _pairs(path, "train")
    _, names = _labels_of(pairs)
    return PictureInfo(
        name=str(path), title=path.name, title_zh=path.name, count=sum(pair.count for pair in pairs),
        resolution=max(pairs[0].height, pairs[0].width), channels=1, label_names=names, source=str(path),
    )  # fmt: skip


def load(spec: str, options: LoadOptions) -> PictureSet:
    """Read the train-*, t10k-* (or test-*) files of a folder according to `options.split`, or one file with its labels.

    A limit takes the first pictures. Raises StudioError for a wrong magic number, a file cut short, labels that do not
    fit, or a gzip that unpacks to far more than pictures would.
    """
    path = as_path(spec)
    pairs = _pairs(path, options.split or "train")
    resolution, channels = options.resolution or max(pairs[0].height, pairs[0].width), options.channels or 1
    count = min(sum(pair.count for pair in pairs), options.limit or sum(pair.count for pair in pairs))
    check_memory(count, channels, resolution)
    images = torch.empty((count, channels, resolution, resolution), dtype=torch.uint8)
    row = 0
    for pair in pairs:
        for picture in _read_pictures(pair, count - row):
            square = np.asarray(fit_square(Image.fromarray(picture), resolution, options.fit))
            images.numpy()[row] = to_channels(square[..., None], channels)
            row += 1
            if options.progress and (row == count or row % 1000 == 0):
                options.progress(row, count)
    labels, names = _labels_of(pairs)
    return PictureSet(
        images=images, labels=labels[:count].clone() if names else None, label_names=names,
        name=str(path), title=path.name, source=str(path),
        notes=notes_for(count, options, has_held_out=_is_held_out(pairs[0].pictures)),
    )  # fmt: skip


def _pairs(path: Path, split: str) -> list[Pair]:
    if path.is_file():
        return [_pair(path)]
    files = sorted(file for file in path.iterdir() if PICTURE_NAME.fullmatch(file.name))
    held_out = [file for file in files if _is_held_out(file)]
    training = [file for file in files if file not in held_out]
    chosen = {"train": training or held_out, "test": held_out or training, "all": training + held_out}[split]
    unique = {re.sub(r"\.gz$", "", file.name): file for file in chosen}  # a file and its .gz are one
    return [_pair(file) for file in unique.values()]


def _is_held_out(pictures: Path) -> bool:
    return pictures.name.casefold().startswith(("t10k", "test"))


def _pair(pictures: Path) -> Pair:
    head = _head(pictures, 16)
    if head[:4] == LABELS:
        message = "{name} holds labels, not pictures. Choose the file named “images”, or the folder of both."
        raise StudioError("data.idx_labels_only", message, name=pictures.name)
    if head[:4] != PICTURES or len(head) < 16:
        message = "{name} does not start like an idx file of grey pictures. Check that it was copied whole."
        raise StudioError("data.idx_magic", message, name=pictures.name)
    count, height, width = (int(value) for value in np.frombuffer(head, ">u4", offset=4))
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE and count):
        message = "{name} announces {count} pictures of {width} × {height} pixels, which cannot be. Copy it again."
        raise StudioError("data.idx_size", message, name=pictures.name, count=count, width=width, height=height)
    return Pair(pictures, _labels_beside(pictures), count, height, width)


def _labels_beside(pictures: Path) -> Path | None:
    match = PICTURE_NAME.fullmatch(pictures.name)
    if not match:
        return None
    name = f"{match['stem']}labels{match['dot']}idx1{pictures.name[match.end('dot') + 4 :]}"
    plain = re.sub(r"\.gz$", "", name)
    return next((pictures.with_name(n) for n in (name, plain, plain + ".gz") if pictures.with_name(n).is_file()), None)


def _read_pictures(pair: Pair, limit: int) -> np.ndarray:
    """Return uint8 [N, H, W], at most `limit`."""
    count = min(pair.count, limit)
    size = pair.height * pair.width
    check_memory(count, 1, max(pair.height, pair.width))
    data = _read(pair.pictures, 16 + count * size, 16 + pair.count * size)
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, pair.height, pair.width)


def _read_labels(pair: Pair) -> torch.Tensor:
    """Return int64 [N]. Raises StudioError when there is not exactly one label a picture."""
    head = _head(pair.labels, 8)
    count = int.from_bytes(head[4:], "big")
    if head[:4] != LABELS or count != pair.count:
        message = "{labels} holds {found} labels, but {pictures} {count} pictures. Put the right file beside it."
        raise StudioError("data.idx_mismatch", message, labels=pair.labels.name, pictures=pair.pictures.name,
                          found=count if head[:4] == LABELS else 0, count=pair.count)  # fmt: skip
    data = _read(pair.labels, 8 + count, 8 + count)
    return torch.from_numpy(np.frombuffer(data, np.uint8, offset=8).astype(np.int64))


def _labels_of(pairs: list[Pair]) -> tuple[torch.Tensor | None, tuple[str, ...]]:
    """Return (int64 [N], class names "0", "1", …), or (None, ()) unless every file of pictures has its labels."""
    if not all(pair.labels for pair in pairs):
        return None, ()
    labels = torch.cat([_read_labels(pair) for pair in pairs])
    return labels, tuple(str(number) for number in range(int(labels.max()) + 1))


def _head(path: Path, size: int) -> bytes:
    """Return up to `size` first bytes, unpacked."""
    try:
        with _open(path) as file:
            return file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path) from error


def _read(path: Path, size: int, announced: int) -> bytes:
    """Return exactly `size` unpacked bytes of a file that announces `announced` in all; never unpacks more."""
    if path.suffix == ".gz" and announced > SMALL_TOTAL and announced > MAX_RATIO * path.stat().st_size:
        message = "{name} would unpack to {total} GB, which is not what pictures look like, so it was not opened."
        raise StudioError("data.idx_bomb", message, name=path.name, total=round(announced / 1e9, 1))
    try:
        with _open(path) as file:
            data = file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(path) from error
    if len(data) < size:
        raise _damaged(path)
    return data


def _open(path: Path):
    return gzip.open(path, "rb") if path.suffix.casefold() == ".gz" else open(path, "rb")


def _damaged(path: Path) -> StudioError:
    message = "{name} is cut short, damaged or not readable. Copy or download it again."
    return StudioError("data.idx_damaged", message, name=path.name)


SOURCE = Source(lambda: "MNIST-style idx files or a folder of them", matches, describe, load, named=False)
