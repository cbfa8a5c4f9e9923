"""Photo: a picture of one's own becomes a point. It is decoded, searched for and forgotten; nothing of it is written anywhere."""

import asyncio
import base64
import binascii
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated
from weakref import WeakKeyDictionary

import numpy as np

from gan_core.data.decode import Unreadable, decode, decode_whole, to_channels
from gan_core.errors import StudioError
from gan_core.ui import Studio
from gan_core.ui.jobs import Job, JobName
from gan_core.ui.library import Entry
from gan_core.ui.limits import on_space
from gan_core.ui.pictures import data_url
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

if TYPE_CHECKING:
    from gan_core.config import ModelConfig

MOST = 4_000_000  # characters of a picture in base64: the page sends a square of at most 512 pixels a side

MOST_FILE = 28_000_000  # the same of a whole file, 20 MB, that the browser itself cannot open
SHOWN = 1600  # pixels of its longer side, at most, that the page gets to cut the square from

TURNS = threading.BoundedSemaphore(2)  # pictures that are decoded at once: one may take hundreds of megabytes

Sent = Annotated[str, Between(1, MOST)]
File = Annotated[str, Between(1, MOST_FILE)]


class Photo:
    """Answers what static/photo.js asks."""

    def __init__(self, studio: Studio):
        self.engine, self.jobs = studio.engine, studio.jobs
        self._learning: WeakKeyDictionary = WeakKeyDictionary()  # model -> lock: its encoder is distilled once

    def preview(self, model: str, image: Sent) -> str:
        """Return a picture (an image file in base64) as the model sees it, as a data URL. Raises StudioError."""
        return data_url(read(image, self.engine.library.entry(model).config))

    def show(self, file: File) -> str:
        """Return a picture that browsers do not open (TIFF; HEIC where pillow-heif is installed) as one that they do. Raises StudioError."""
        with _readable():
            picture, out = decode_whole(base64.b64decode(file, validate=True), SHOWN), io.BytesIO()
        picture.save(out, "webp", quality=95, method=0)
        return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"

    async def find(self, model: str, image: Sent, name: JobName, label: int | None = None) -> dict:
        """Return {point, url, distance, verdict, strange, whole} of the nearest point; the job `name` shows how far it is.

        `label` None lets the search find the class. Stopped, it gives the best so far (`whole` false); raises StudioError where
        there is none yet, and for what is no picture or no class of the model.
        """
        entry = self.engine.library.entry(model)
        picture = await asyncio.to_thread(read, image, entry.config)
        if label is not None and not 0 <= label < entry.config.num_classes:
            raise StudioError("point.label", "This model has {classes} classes; there is no class number {label}.",
                              classes=entry.config.num_classes, label=label)  # fmt: skip
        network = await self.engine.borrow(model)
        return await self.jobs.run(name, partial(self._find, entry, network, picture, label), "inversions")

    def _find(self, entry: Entry, network, picture: np.ndarray, label: int | None, job: Job) -> dict:
        from gan_core.latent.invert import Effort, search, verdict

        self._learn(entry, network, job)
        for found in search(network, picture, Effort(label=label), entry.path):
            if job.stopped:
                break
            job.view = data_url(found.picture)
            job.done, job.total, job.stage = found.done, 1.0, "searching"
        return {
            "point": json.loads(found.point(entry.id).to_json()),
            "url": data_url(found.picture),
            "distance": round(found.distance, 3),
            "verdict": verdict(found.distance),
            "strange": found.strange,
            "whole": found.done >= 1,
        }

    def _learn(self, entry: Entry, network, job: Job) -> None:
        """See that the model has an encoder: its own, one beside it, or one distilled now, which takes half a minute."""
        from gan_core.latent.distill import distil, encoder_of, keep_encoder

        if network.can_encode or encoder_of(network, entry.path):
            return
        lock = self._learning.setdefault(network, threading.Lock())
        while not lock.acquire(timeout=0.2):
            job.tell(0, 1, "learning")
        try:
            if encoder_of(network) is None:
                encoder = distil(network, tell=lambda share: job.tell(share, 1, "learning"))
                keep_encoder(network, encoder, entry.path)
        finally:
            lock.release()


def read(image: str, config: "ModelConfig") -> np.ndarray:
    """Return the picture in a base64 text as uint8 [R, R, C], as the model would draw it. Raises StudioError."""
    with _readable():
        pixels = decode(base64.b64decode(image, validate=True), config.resolution, "crop")
    return np.ascontiguousarray(to_channels(pixels, config.channels).transpose(1, 2, 0))


@contextmanager
def _readable() -> Iterator[None]:
    """Say in words what is wrong with a picture that somebody has chosen."""
    try:
        with TURNS:
            yield
    except Unreadable as error:
        if error.code == "too_large":
            raise StudioError("photo.too_large", "This picture has too many pixels. Make it smaller first.") from None
        raise _unreadable() from None
    except (binascii.Error, ValueError):
        raise _unreadable() from None


def _unreadable() -> StudioError:
    return StudioError("photo.unreadable", "This is not a picture that can be read, or it is damaged. Choose a JPEG, PNG, WebP or GIF.")  # fmt: skip


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    photo = Photo(studio)
    Panel("photo", [photo.preview, photo.show, photo.find, studio.jobs.progress, studio.jobs.stop], space=on_space())
