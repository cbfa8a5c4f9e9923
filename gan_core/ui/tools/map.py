"""Map: many pictures of a model laid out so that those that look alike lie side by side; every place on it can be gone to."""

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal
from weakref import WeakValueDictionary

import numpy as np

from gan_core.errors import StudioError
from gan_core.export import upscale
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.jobs import Job, JobName
from gan_core.ui.library import Entry
from gan_core.ui.limits import on_space
from gan_core.ui.pictures import sheet
from gan_core.ui.tools.sliders import Sliders
from gan_core.ui.widgets import Panel

if TYPE_CHECKING:
    from gan_core.data import PictureSet
    from gan_core.latent.map import Layout

KEEP = 8  # maps kept in memory, the last used ones
SLICE = 32  # pictures drawn between two words about progress
THUMB = 64  # pixels a side of a picture on the map, at most
COLUMNS = 24
MOST_NUMBERS = 500_000  # latent numbers of all points together: what a page can be sent

Kind = Literal["samples", "pictures"]


@dataclass(frozen=True, eq=False)
class Map:
    """A finished map: where its pictures lie, and what the browser was told."""

    layout: "Layout"
    answer: dict


class Maps:
    """Answers what static/map.js asks; maps are kept per model, kind and time of its weights."""

    def __init__(self, studio: Studio):
        self.engine, self.jobs = studio.engine, studio.jobs
        self._kept: OrderedDict[tuple, Map] = OrderedDict()
        self._making: WeakValueDictionary[tuple, asyncio.Lock] = WeakValueDictionary()

    async def layout(self, model: str, kind: Kind, name: JobName) -> dict:
        """Return {points, positions [[x, y]…] in 0–1, labels, names, sheet, kinds}; the job `name` tells how far it is.

        "samples" are seeds, "pictures" the training pictures of a model that can take pictures apart. Raises StudioError where
        there are none, and when the visitor stopped it.
        """
        network, entry = await self.engine.borrow(model), self.engine.library.entry(model)
        key = (model, entry.stamp, kind)
        lock = self._making.setdefault(key, asyncio.Lock())
        async with lock:  # a second visitor waits for the first one's map
            if key not in self._kept:
                draw = partial(self.engine.draw, model)
                made = await self.jobs.run(name, partial(make, entry, network, kind, draw))
                self._kept[key] = made
                while len(self._kept) > KEEP:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key].answer

    async def place(self, model: str, kind: Kind, point: LatentPoint) -> dict:
        """Return {at: [x, y]}, about where a point would lie on a map that was made; {at: null} where there is none."""
        made = self._kept.get((model, self.engine.library.entry(model).stamp, kind))
        if made is None or point.model != model:
            return {"at": None}
        picture = await self.engine.render(model, [point])
        return {"at": made.layout.place(picture)[0].round(4).tolist()}


def make(entry: Entry, network, kind: Kind, draw: Callable, job: Job) -> Map:
    """Lay out seeds or training pictures of a model; `draw(points)` gives pictures. Raises StudioError."""
    from gan_core.latent.map import COUNT, encoded, lay_out, prepare, seeds

    kinds = ["samples", "pictures"] if network.can_encode and training_data(entry) else ["samples"]
    if kind not in kinds:
        raise StudioError("map.no_pictures", "The training pictures of this model are not here, so only seeds can be laid out.")  # fmt: skip
    prepare()
    if kind == "samples":
        points = seeds(entry.config, COUNT, entry.id)
        pictures = []
        for start in range(0, COUNT, SLICE):
            job.tell(start, COUNT, "pictures")
            pictures.append(draw(points[start : start + SLICE]))
        pictures, labels = np.concatenate(pictures), [point.label for point in points]
        names = list(entry.config.labels) or [str(i) for i in range(entry.config.num_classes)]
    else:
        known = load_pictures(entry, max(1, min(COUNT, MOST_NUMBERS // network.code_dim)), job)
        points = encoded(network, known.images, entry.id)
        pictures = known.images.permute(0, 2, 3, 1).contiguous().numpy()
        names = list(known.label_names) if known.labels is not None else []
        labels = known.labels.tolist() if names else []
    layout = lay_out(pictures, job.tell)
    answer = {
        "points": [json.loads(point.to_json()) for point in points],
        "positions": layout.positions.astype(float).round(4).tolist(),
        "labels": labels if names else [],
        "names": names,
        "sheet": sheet(np.stack([thumb(picture, entry.config.pixel_art) for picture in pictures]), COLUMNS),
        "kinds": kinds,
    }
    return Map(layout, answer)


def thumb(picture: np.ndarray, pixel_art: bool) -> np.ndarray:
    """The picture at most THUMB pixels a side."""
    return upscale(picture, THUMB, pixel_art) if max(picture.shape[:2]) > THUMB else picture


def training_data(entry: Entry) -> dict | None:
    """What `data.load` needs for the pictures that a model learned from: a run's own while they are there, or a bundled set."""
    from gan_core import data
    from gan_core.data.exclude import read_list
    from gan_core.training.run import Run

    if entry.origin == "run" and not on_space():  # there, a stranger's uploads are nobody else's business
        with contextlib.suppress(StudioError):
            config = Run(entry.path.parent).config
            data.find_source(config.data)
            return {"spec": config.data, "fit": config.fit, "exclude": read_list(config.exclude)}
    for name in data.builtin_names():
        if entry.config.data and entry.config.data in (name, data.describe(name).title):
            return {"spec": name}
    return None


def load_pictures(entry: Entry, count: int, job: Job) -> "PictureSet":
    """At most `count` training pictures, at the model's size and with its channels. Raises StudioError."""
    from gan_core import data

    config = entry.config
    job.tell(0, count, "pictures")
    return data.load(
        **training_data(entry), resolution=config.resolution, channels=config.channels, limit=count,
        progress=lambda done, total: job.tell(done, total, "pictures"),
    )  # fmt: skip


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    maps, sliders = Maps(studio), Sliders(studio)
    Panel("map", [maps.layout, maps.place, sliders.between, studio.jobs.progress, studio.jobs.stop])
