"""Films: pictures of points, drawn and written one slice after the other, with progress and a Stop."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal

import numpy as np

from gan_core.export import Reel, marks, to_gif, to_mp4, to_webp, upscale
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.jobs import Job
from gan_core.ui.pictures import attachment, file_name
from gan_core.ui.requests import Between

WRITERS = {"gif": (to_gif, "image/gif"), "mp4": (to_mp4, "video/mp4"), "webp": (to_webp, "image/webp")}
SLICE = 16  # pictures drawn at once for a film; whoever drags a slider meanwhile waits for no more than these
KEPT_BYTES = 2**27  # pictures that come again (there and back, holds) are kept up to so much, else drawn again

FilmKind = Literal["gif", "mp4", "webp"]
FilmSize = Annotated[int, Between(16, 1024)]
FilmRate = Annotated[int, Between(1, 60)]


@dataclass(frozen=True)
class Film:
    """What is to be written: points of one model at `fps` pictures a second, `size` pixels high; `note` goes into the file."""

    points: Sequence[LatentPoint]
    kind: FilmKind
    size: int
    fps: int
    note: str = ""


async def save_film(studio: Studio, name: str, film: Film) -> dict:
    """Return a film as a file for the browser. Runs as the job `name` (`studio.jobs`), in stages "drawing" and "writing".

    Raises StudioError for points that cannot be drawn, a film that is too large, a busy app and a visitor's Stop.
    """
    model = film.points[0].model
    config = studio.engine.library.entry(model).config
    write, mime = WRITERS[film.kind]

    def work(job: Job) -> dict:
        number = marks.produce_id(film.note.encode(), *(point.to_json().encode() for point in film.points))
        pictures = (
            upscale(picture, min(film.size, max(picture.shape)), config.pixel_art)
            for picture in _drawn(film.points, partial(studio.engine.draw, model), job)
        )
        count = len(film.points)
        reel = Reel(pictures, count, number, film.note, written=lambda done: job.tell(done, count, "writing"))
        data = write(reel, film.fps, config.pixel_art, film.size)
        return attachment(file_name(film.points, f".{film.kind}"), mime, data)

    return await studio.jobs.run(name, work, "exports")


def _drawn(points: Sequence[LatentPoint], draw: Callable, job: Job) -> Iterator[np.ndarray]:
    """Yield the picture of each point, slice by slice; those that come again are kept until their last time."""
    left, kept = Counter(points), {}
    for first in range(0, len(points), SLICE):
        part = points[first : first + SLICE]
        missing = [point for point in dict.fromkeys(part) if point not in kept]
        job.tell(first, len(points), "drawing")
        if missing:
            kept.update(zip(missing, draw(missing), strict=True))
        for point in part:
            yield kept[point]
        left.subtract(part)
        room = KEPT_BYTES // max(1, kept[part[0]].nbytes)
        kept = {point: picture for point, picture in list(kept.items())[:room] if left[point] > 0}
    job.tell(len(points), len(points), "writing")
