"""What the Train tab shows of pictures before training: cards of the bundled sets, and a look at what the network will see."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gan_core import data
from gan_core.config import TrainConfig
from gan_core.data.pictures import FITS
from gan_core.data.preview import sheet_of
from gan_core.ui import run_view, train_choice, train_form
from gan_core.ui.library import Library

ALL = 60  # own pictures up to which every one is decoded for a first look; all are when they are checked (picture_check.py)
SHEET = 24  # pictures on the sheet
SHOWN = 30  # names at most: of skipped files, of classes


def card(name: str) -> dict:
    """Return what a card shows of a bundled set."""
    info = data.describe(name)
    return {
        "name": name,
        "title": info.title,
        "title_zh": info.title_zh,
        "count": info.count,
        "size": info.resolution,
        "classes": len(info.label_names),
        "pixel_art": info.pixel_art,
        "licence": info.licence,
        "preview": run_view.data_url(Path(info.preview)) if info.preview else "",
    }


def look(form: dict, runs: Path, folders: bool = True, library: Library | None = None) -> dict:
    """Return a sheet of the pictures that `form` chooses, exactly as a network would see them, and what was found.

    Raises StudioError when there is nothing to be read.
    """
    spec, info, config = asked(form, runs, folders, library)
    if info.bundled and (config.resolution, config.channels or info.channels) == (info.resolution, info.channels):
        return _bundled(info)
    complete = info.count <= ALL
    pictures = data.load(spec, config.resolution, config.channels, config.fit, None if complete else SHEET)
    sheet = sheet_of(replace(pictures, images=pictures.images[_spread(len(pictures))]))
    return {**facts(info, pictures, complete), "sheet": run_view.webp_url(sheet, quality=90)}


def asked(
    form: dict, runs: Path, folders: bool = True, library: Library | None = None
) -> tuple[str, data.PictureInfo, TrainConfig]:
    """Return the spec of the pictures that `form` chooses, what is known of them, and how a network would see them.

    Raises StudioError.
    """
    spec = train_form.data_path(form.get("source"), runs, folders)
    resolution, fit = train_form.number(form, "resolution", whole=True), train_form.one_of(form, "fit", FITS)
    family = train_form.one_of(form, "family", train_form.FAMILIES)
    start = train_form.start_model(form.get("start_from"), family, library)
    info = data.describe(spec)
    config = TrainConfig(data=spec, family=family, resolution=resolution, fit=fit)
    return spec, info, train_choice.seen(info, config, start)


def facts(info: data.PictureInfo, pictures: data.PictureSet, complete: bool, notes: Sequence[data.Note] = ()) -> dict:
    """Return what is to be said of pictures that were read: all of them (`complete`) or a part."""
    skipped = pictures.skipped if complete else info.skipped
    return {
        "count": len(pictures) if complete else info.count,
        "size": pictures.resolution,
        "channels": pictures.channels,
        "classes": list(pictures.label_names[:SHOWN]),
        "classes_count": len(pictures.label_names),
        "square": info.bundled,
        "licence": info.licence,
        "page": info.source if info.source.startswith("http") else "",
        "named": bool(pictures.names),
        "pixels": pictures.pixel_art or pictures.resolution <= 32,
        "skipped": [{"name": s.name[-80:], "reason": s.reason, "code": s.code} for s in skipped[:SHOWN]],
        "skipped_count": len(skipped),
        "notes": [{"code": n.code, "message": n.message, "facts": n.facts} for n in (*pictures.notes, *notes)],
    }


def _bundled(info: data.PictureInfo) -> dict:
    """A bundled set at its own size: its preview is such a sheet already, and decoding 20,000 pictures would take seconds."""
    return {
        "count": info.count,
        "size": info.resolution,
        "channels": info.channels,
        "classes": list(info.label_names[:SHOWN]),
        "classes_count": len(info.label_names),
        "square": True,
        "named": False,
        "pixels": info.pixel_art or info.resolution <= 32,
        "skipped": [],
        "skipped_count": 0,
        "notes": [],
        "sheet": run_view.data_url(info.preview),
    }


def _spread(count: int) -> list[int]:
    return [row * count // min(count, SHEET) for row in range(min(count, SHEET))]
