"""The contact sheet of a visitor's own pictures: each as the network would see it, those with something wrong first and why."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gan_core import data
from gan_core.data import PictureSet
from gan_core.data.check import Finding, examine
from gan_core.export import picture
from gan_core.ui import hub_pictures, picture_view, run_view
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.library import Library

MOST = 6000  # pictures checked; of more, as many evenly spread over the set
MOST_FETCHED = 600  # of those that lie elsewhere
MARKED, SHOWN = 200, 300  # marked pictures on the sheet, all pictures on it
COLUMNS, TILE = 20, 96  # the sheet's columns, largest side of a tile in pixels


@dataclass(frozen=True)
class PictureCheck:
    """What the Train tab asks about a visitor's own pictures: `runs` holds the uploads, `folders`: may folders be named."""

    runs: Path
    jobs: Jobs
    folders: bool = True
    library: Library | None = None

    async def survey(self, form: dict, name: JobName) -> dict:
        """Read all pictures that `form` chooses as the job `name`, and return the sheet and the facts; {} for bundled sets.

        Raises StudioError when there is nothing to be read, or when it was stopped.
        """
        return await self.jobs.run(name, lambda job: self._survey(form, job))

    def _survey(self, form: dict, job: Job) -> dict:
        spec, info, config = picture_view.asked(form, self.runs, self.folders, self.library)
        if not data.find_source(spec).named:
            return {}
        most = MOST if data.find_source(spec).bring is None else MOST_FETCHED
        limit = most if info.count > most else None
        hub_pictures.fetch(spec, limit, job)
        job.tell(0, info.count, "reading")
        pictures = data.load(
            spec,
            config.resolution,
            config.channels,
            config.fit,
            limit,
            lambda done, total: job.tell(done, total, "reading"),
        )
        found, notes = examine(pictures, lambda done, total: job.tell(done, total, "checking"))
        return {**picture_view.facts(info, pictures, limit is None, notes), **contact_sheet(pictures, found)}


def contact_sheet(pictures: PictureSet, found: list[Finding]) -> dict:
    """Return a sheet of the pictures as a data URL, row-major in `columns`, what each tile is, and the names of all marked ones."""
    reasons: dict[int, list[dict]] = {}
    for one in found:
        reasons.setdefault(one.row, []).append({"code": one.code, "message": one.message, "facts": one.facts})
    first = sorted(reasons)[:MARKED]
    others = [row for row in range(len(pictures)) if row not in reasons]
    room = SHOWN - len(first)
    rows = first + [others[i * len(others) // min(room, len(others))] for i in range(min(room, len(others)))]
    return {
        "checked": len(pictures),
        "marked": [pictures.names[row] for row in sorted(reasons)],
        "tiles": [{"name": pictures.names[row], "reasons": reasons.get(row, [])} for row in rows],
        "columns": COLUMNS,
        "sheet": run_view.webp_url(_tiled(pictures.images[rows].numpy()), quality=88),
    }


def _tiled(images: np.ndarray) -> Image.Image:
    """Return uint8 images [N, C, R, R] on a grid of COLUMNS, none larger than TILE pixels; cells left over are empty."""
    tiles = images.transpose(0, 2, 3, 1)
    if tiles.shape[1] > TILE:
        tiles = [picture.upscale(tile, TILE, pixel_art=True) for tile in tiles]
    return picture.as_image(picture.contact_sheet(tiles, COLUMNS, gap=0, background=0))
