"""A model as a file for others: a page, ONNX, PyTorch weights. Made as a job, fetched in pieces. No gradio here.

Answers what static/models_export.js asks. A folder as a zip comes from the models' own desk.
"""

import asyncio
import contextlib
import json
import struct
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from gan_core.errors import StudioError
from gan_core.latent.point import MAX_SEED
from gan_core.ui import Studio
from gan_core.ui.jobs import Job, JobName
from gan_core.ui.limits import on_space
from gan_core.ui.requests import Between
from gan_core.ui.shelf import Shelf, Token

Kind = Literal["page", "onnx", "onnx16", "torch"]
Model = Annotated[str, Between(1, 300)]
SPACE_NUMBERS = 40_000_000  # weights of a model that may be exported where strangers share one machine
PAGE_BYTES = 5_000_000  # of a page without its model: the runtime, as text
ENCODERS = ("encoder.", "moments.", "bottleneck.")  # no part of drawing
CHAINS = ("dcgan", "vae", "autoencoder", "mlp_gan", "sequential")


class Exports:
    """Makes the files and hands them out."""

    def __init__(self, studio: Studio):
        self.engine, self.jobs = studio.engine, studio.jobs
        self.shelf = Shelf(Path(studio.settings.runs) / ".exports", ".part")

    def kinds(self, model: Model) -> dict:
        """Return {kind: about how many bytes} of what a model can become here. Raises StudioError for an unknown model."""
        entry = self.engine.library.entry(model)
        numbers, config = drawing_numbers(entry.path / "model.safetensors"), entry.config
        if on_space() and numbers > SPACE_NUMBERS:
            return {}
        sizes = {"page": PAGE_BYTES + round(2 * numbers * 4 / 3), "onnx": 4 * numbers, "onnx16": 2 * numbers}
        if config.family in CHAINS and not config.num_classes:
            sizes["torch"] = 4 * numbers
        return sizes

    async def make(
        self, model: Model, kind: Kind, name: JobName, seed: Annotated[int, Between(0, MAX_SEED)] = 0
    ) -> dict:
        """Make a file as the job `name`; return {token, name, bytes, pieces} for `piece`.

        Raises StudioError for a model that cannot become that, too many at once, a full disk, and a visitor's Stop.
        """
        if kind not in self.kinds(model):
            raise StudioError("export.not_here", "This model cannot be exported like that here. Run Latent Studio at home, or choose another kind.")  # fmt: skip
        network = await self.engine.borrow(model)
        path = self.shelf.place()

        def work(job: Job) -> str:
            suffix, data = written(network, kind, model, seed, partial(job.tell, stage="making"))
            job.check()
            try:
                self.shelf.open_folder()
                path.write_bytes(data)
            except OSError:
                with contextlib.suppress(OSError):
                    path.unlink()
                raise StudioError("export.disk", "The file cannot be written. Make room on the disk, then try again.") from None  # fmt: skip
            return suffix

        try:
            suffix = await self.jobs.run(name, work, "exports")
        except asyncio.CancelledError:  # the page was closed
            path.unlink(missing_ok=True)
            raise
        return self.shelf.offer(path, model, suffix)

    def piece(self, token: Token, number: Annotated[int, Between(0, 10_000)]) -> str:
        """Return piece `number` of a finished file as base64. Raises StudioError when it is gone."""
        try:
            return self.shelf.piece(token, number)
        except OSError:
            raise StudioError(
                "export.gone",
                "This file is not here: it was put away after a while, or is on another machine of this address. Make it again.",
            ) from None

    def forget(self, token: Token) -> None:
        """Remove a file that was fetched or is not wanted any more."""
        self.shelf.forget(token)


def written(network, kind: Kind, name: str, seed: int, tell) -> tuple[str, bytes]:
    """(suffix, content) of a model as `kind`; `tell(done, total)` hears of the steps. Raises StudioError."""
    if kind == "page":
        from gan_core.export.html import to_html

        return ".html", to_html(network, name, seed, tell)
    if kind == "torch":
        from gan_core.export.state_dict import to_state_dict

        tell(0, 1)
        return to_state_dict(network)
    from gan_core.export.onnx import to_onnx

    return ".onnx", to_onnx(network, kind == "onnx16", tell)


def drawing_numbers(weights: Path) -> int:
    """How many numbers a safetensors file holds that drawing needs, from its header; 0 when it cannot be read."""
    try:
        with weights.open("rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            header = json.loads(file.read(min(size, 10_000_000)))
        tensors = {
            name: entry for name, entry in header.items() if name != "__metadata__" and not name.startswith(ENCODERS)
        }
        total = 0
        for entry in tensors.values():
            count = 1
            for side in entry["shape"]:
                count *= side
            total += count
        return total
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, struct.error):
        return 0
