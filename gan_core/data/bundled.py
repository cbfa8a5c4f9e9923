"""The pictures that come with the studio: lossless WebP sheets, described by `builtin/sheets.json` (made by make_builtin.py)."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan_core.data.decode import MODES, resize, to_array
from gan_core.data.pictures import LoadOptions, PictureInfo, PictureSet, check_memory

FOLDER = Path(__file__).parent / "builtin"


@dataclass(frozen=True)
class Sheets:
    """One entry of sheets.json: pictures tiled row-major over the grids of `files`; the last `held_out` are for evaluation."""

    title: str
    title_zh: str
    files: tuple[str, ...]
    attributes: str  # gzipped JSON lines, one object a picture
    tile: int  # pixels
    count: int
    channels: int
    held_out: int
    pixel_art: bool
    licence: str
    author: str
    source: str
    preview: str
    class_key: str = ""  # the attribute that is the class; empty: no classes
    classes: tuple[str, ...] = ()


@cache
def sheets() -> dict[str, Sheets]:
    """Return every bundled set by name, in the order in which to show them."""
    entries = json.loads((FOLDER / "sheets.json").read_text(encoding="utf-8"))
    tuples = ("files", "classes")
    return {name: Sheets(**{k: tuple(v) if k in tuples else v for k, v in e.items()}) for name, e in entries.items()}


def matches(spec: str) -> bool:
    return spec in sheets()


def describe(spec: str) -> PictureInfo:
    entry = sheets()[spec]
    return PictureInfo(
        name=spec, title=entry.title, title_zh=entry.title_zh, count=entry.count, resolution=entry.tile,
        channels=entry.channels, label_names=entry.classes, pixel_art=entry.pixel_art, licence=entry.licence,
        author=entry.author, source=entry.source, preview=FOLDER / entry.preview, bundled=True,
    )  # fmt: skip


def load(spec: str, options: LoadOptions) -> PictureSet:
    """Decode the pictures of a split: "train" (the default) is all but the last `held_out`, "test" is those, "all" is both."""
    entry = sheets()[spec]
    wanted = _split(entry, options)
    resolution, channels = options.resolution or entry.tile, options.channels or entry.channels
    check_memory(len(wanted), channels, resolution)
    images = torch.empty((len(wanted), channels, resolution, resolution), dtype=torch.uint8)
    first = 0
    for file in entry.files:
        with Image.open(FOLDER / file) as image:
            tiles = _tiles(image.convert(MODES[channels]), entry.tile)
        chosen = range(max(wanted.start, first), min(wanted.stop, first + len(tiles)))
        for row in chosen:
            images[row - wanted.start] = _picture(tiles[row - first], resolution, entry.pixel_art)
            if options.progress and (row + 1 == wanted.stop or row % 1000 == 0):
                options.progress(row + 1 - wanted.start, len(wanted))
        first += len(tiles)
    attributes = _attributes(entry)[wanted.start : wanted.stop]
    labels = None
    if entry.class_key:
        labels = torch.tensor([entry.classes.index(row[entry.class_key]) for row in attributes], dtype=torch.int64)
    return PictureSet(
        images=images, labels=labels, label_names=entry.classes, name=spec, title=entry.title, licence=entry.licence,
        source=entry.source, pixel_art=entry.pixel_art, attributes=attributes,
    )  # fmt: skip


def _split(entry: Sheets, options: LoadOptions) -> range:
    border = entry.count - entry.held_out
    start, stop = {"train": (0, border), "test": (border, entry.count), "all": (0, entry.count)}[options.split or "train"]
    return range(start, min(stop, start + (options.limit or entry.count)))


def _tiles(sheet: Image.Image, tile: int) -> np.ndarray:
    """Return a view uint8 [rows * columns, tile, tile, ...] of a grid, row-major."""
    grid = np.asarray(sheet)
    rows, columns = grid.shape[0] // tile, grid.shape[1] // tile
    tiled = grid.reshape(rows, tile, columns, tile, *grid.shape[2:]).swapaxes(1, 2)
    return tiled.reshape(rows * columns, tile, tile, *grid.shape[2:])


def _picture(tile: np.ndarray, resolution: int, pixel_art: bool) -> torch.Tensor:
    if resolution == tile.shape[0]:
        chw = tile[None] if tile.ndim == 2 else tile.transpose(2, 0, 1)
        return torch.from_numpy(chw)
    return torch.from_numpy(to_array(resize(Image.fromarray(tile), resolution, pixel_art)).copy())


def _attributes(entry: Sheets) -> list[dict]:
    with gzip.open(FOLDER / entry.attributes, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
