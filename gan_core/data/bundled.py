"""The pictures that come with the studio: lossless WebP sheets that `builtin/sheets.json` describes."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from gan_core.data.decode import MODES, fit_square
from gan_core.data.pictures import LoadOptions, PictureInfo, PictureSet, Source, check_memory

FOLDER = Path(__file__).parent / "builtin"


@dataclass(frozen=True)
class Sheets:
    """One entry of sheets.json: pictures row-major on the grids of `files`; the last `held_out` are for evaluation."""

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
        name=spec, title=entry.title, title_zh=entry.title_zh, count=entry.count - entry.held_out, resolution=entry.tile,
        channels=entry.channels, label_names=entry.classes, pixel_art=entry.pixel_art, licence=entry.licence,
        author=entry.author, source=entry.source, preview=FOLDER / entry.preview, bundled=True,
    )  # fmt: skip


def load(spec: str, options: LoadOptions) -> PictureSet:
    """Decode a split: "train" (the default) is all but the last `held_out`, "test" is those, "all" is both."""
    entry = sheets()[spec]
    wanted = _split(entry, options)
    resolution, channels = options.resolution or entry.tile, options.channels or entry.channels
    check_memory(len(wanted), channels, resolution)
    images = torch.empty((len(wanted), channels, resolution, resolution), dtype=torch.uint8)
    done = 0
    for band in _decode(entry, channels, resolution, wanted):
        images.numpy()[done : done + len(band)] = band
        done += len(band)
        if options.progress:
            options.progress(done, len(wanted))
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
    borders = {"train": (0, border), "test": (border, entry.count), "all": (0, entry.count)}
    start, stop = borders[options.split or "train"]
    return range(start, min(stop, start + (options.limit or entry.count)))


def _decode(entry: Sheets, channels: int, resolution: int, wanted: range) -> Iterator[np.ndarray]:
    """Yield the wanted pictures as uint8 [n, C, R, R], a row of a sheet at a time; skips sheets without any."""
    first = 0
    for file in entry.files:
        with Image.open(FOLDER / file) as sheet:
            size = sheet.width // entry.tile * (sheet.height // entry.tile)
            here = range(max(wanted.start - first, 0), min(wanted.stop - first, size))
            if here:
                yield from _rows(sheet, entry, channels, resolution, here)
            first += size


def _rows(sheet: Image.Image, entry: Sheets, channels: int, resolution: int, wanted: range) -> Iterator[np.ndarray]:
    mode, tile = MODES[channels], entry.tile
    grid = np.atleast_3d(np.asarray(sheet if sheet.mode == mode else sheet.convert(mode)))
    columns = sheet.width // tile
    for first in range(wanted.start // columns * columns, wanted.stop, columns):
        top = first // columns * tile
        band = grid[top : top + tile].reshape(tile, columns, tile, channels).transpose(1, 3, 0, 2)
        band = band[max(wanted.start - first, 0) : wanted.stop - first]
        if resolution != tile:
            band = np.stack([_resized(picture, resolution, entry.pixel_art) for picture in band])
        yield band


def _resized(tile: np.ndarray, resolution: int, pixel_art: bool) -> np.ndarray:
    """Return uint8 [C, R, R] of [C, H, W]."""
    image = Image.fromarray(tile[0] if len(tile) == 1 else np.ascontiguousarray(tile.transpose(1, 2, 0)))
    return np.atleast_3d(np.asarray(fit_square(image, resolution, "crop", pixel_art))).transpose(2, 0, 1)


def _attributes(entry: Sheets) -> list[dict]:
    with gzip.open(FOLDER / entry.attributes, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def accepts() -> str:
    """Return, in words, the names that work."""
    return f"a bundled set ({', '.join(sheets())})"


SOURCE = Source(accepts, matches, describe, load, named=False)
