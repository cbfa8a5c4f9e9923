"""Ready to share? Looks for copies among a run's samples, and writes what was found and answered into its model card."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from PIL import Image

from gan_core import data, sharing
from gan_core.card import describe_anew
from gan_core.checkpoint import load_model, read_config
from gan_core.config import ModelConfig
from gan_core.data.exclude import read_list
from gan_core.errors import StudioError
from gan_core.later import torch
from gan_core.training.run import Run
from gan_core.ui import run_view
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.requests import Between, Name, Visitor

if TYPE_CHECKING:
    from gan_core.metrics.evaluate import Samples

SAMPLES = 200
SHOWN = 8  # pairs
COMPARED = 500  # pictures at most that diversity is taken beside
SHARE = {"reading": 0.0, "samples": 0.15, "pictures": 0.35, "end": 1.0}  # of the work that is done when a stage begins


@dataclass(frozen=True)
class ShareDesk:
    """What the page may ask about sharing the model of a run; only whoever started the run may ask at all."""

    runs: Path
    jobs: Jobs

    def sharing(self, run: Name, visitor: Visitor) -> dict:
        """Return what the card says so far: {sharing, concerns, quality}. Raises StudioError without a model."""
        return _told(self._config(run, visitor)[1])

    async def check_copies(self, run: Name, visitor: Visitor, name: JobName) -> dict:
        """Compare samples with the training pictures as the job `name`; the numbers go into the card, the pairs only to this page.

        Returns what `sharing` does, and `pairs`, closest first: {sample, picture (data URLs), mirrored, close, rank}.
        """
        found, config = self._config(run, visitor)

        def work(job: Job) -> dict:
            check, pairs = compare(found, config, job)
            return _told(_write(found, {"check": check})) | {"pairs": pairs}

        return await self.jobs.run(name, work)

    def answer_sharing(
        self,
        run: Name,
        visitor: Visitor,
        licence: Literal["", "cc0", "by", "by-nc", "own"] = "",
        licence_words: Annotated[str, Between(0, 300)] = "",
        people: Literal["", "none", "agreed", "unasked"] = "",
        rights: Literal["", "own", "licence", "unsure"] = "",
        words: Annotated[str, Between(0, 1500)] = "",
    ) -> dict:
        """Write a person's answers into the model card and return what `sharing` does."""
        found, _ = self._config(run, visitor)
        answers = {"licence": licence, "people": people, "rights": rights, "words": words.strip()}
        answers["licence_words"] = " ".join(licence_words.split()) if licence == "own" else ""
        return _told(_write(found, answers))

    def _config(self, name: str, visitor: str) -> tuple[Run, ModelConfig]:
        found = run_view.find(self.runs, name, visitor)
        if found.status().active:
            raise StudioError("share.running", "This training still goes on. Wait until it ends, or stop it first.")
        if not (found.model_folder / "config.json").is_file():
            raise StudioError("share.no_model", "This training has left no model that could be shared.")
        return found, read_config(found.model_folder)


class Several:
    """Samples of several models, one after the other, drawn when asked for (see evaluate.Samples)."""

    def __init__(self, parts: list[Samples]):
        self.parts = parts

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __getitem__(self, part: slice) -> torch.Tensor:
        start, stop, _ = part.indices(len(self))
        drawn = []
        for samples in self.parts:
            if start < len(samples) and stop > 0:
                drawn.append(samples[slice(max(0, start), min(stop, len(samples)))])
            start, stop = start - len(samples), stop - len(samples)
        return torch.cat(drawn)


def folders(run: Run) -> list[Path]:
    """Return the model folders that a run keeps and that may be shared: the last model's, and the best one's where there is one."""
    return [folder for folder in (run.model_folder, Path(run.best_folder)) if (folder / "config.json").is_file()]


def compare(run: Run, config: ModelConfig, job: Job) -> tuple[dict, list[dict]]:
    """(numbers for the card, pairs for its owner) of a run's models beside the pictures that they were trained on."""
    from gan_core.metrics import memorisation
    from gan_core.metrics.diversity import diversity
    from gan_core.metrics.evaluate import Samples

    def told(stage, done, total):
        following = list(SHARE)[list(SHARE).index(stage) + 1]
        part = SHARE[stage] + (SHARE[following] - SHARE[stage]) * done / max(1, total)
        job.tell(round(100 * part), 100, stage)

    def read(split):
        asked = (run.config.data, config.resolution, config.channels, run.config.fit)
        limit = run.config.limit if split == "train" else None
        left_out = read_list(run.config.exclude) if split == "train" else ()
        return data.load(*asked, limit, lambda done, total: told("reading", done, total), split, left_out)

    told("reading", 0, 1)
    train = read("train")
    fresh = read("test").images if data.describe(run.config.data).bundled else None
    labels = torch.arange(SAMPLES) % config.num_classes if config.num_classes else None
    samples = Several([Samples(load_model(folder), SAMPLES, 0, labels) for folder in folders(run)])
    report = memorisation.inspect(samples, train.images, fresh, progress=told)
    job.check()
    spread = diversity(samples[slice(COMPARED)], train.images[:: max(1, len(train) // COMPARED)][:COMPARED])
    pairs = [
        {
            "sample": _url(samples[slice(pair.sample, pair.sample + 1)][0]),
            "picture": _url(train.images[pair.picture]),
            "mirrored": pair.mirrored,
            "close": pair.close,
            "rank": round(pair.rank, 4),
        }
        for pair in report.pairs[:SHOWN]
    ]
    return report.to_dict() | {"diversity": round(spread, 3)}, pairs


def _told(config: ModelConfig) -> dict:
    quality = {key: value for key, value in config.quality.items() if isinstance(value, (int, float))}
    return {"sharing": config.sharing, "concerns": sharing.concerns(config.sharing), "quality": quality}


def _write(run: Run, facts: dict) -> ModelConfig:
    """Add facts to the cards of all models that a run keeps; return the config of the last one."""
    try:
        for folder in reversed(folders(run)):
            config = read_config(folder)
            config = replace(config, sharing={**config.sharing, **facts})
            describe_anew(folder, config)
    except OSError as error:
        raise StudioError(
            "share.disk", "The model card could not be written: {reason}. Make room on the disk and try again.",
            reason=error.strerror or str(error),
        ) from None  # fmt: skip
    return config


def _url(picture: torch.Tensor) -> str:
    """A picture, uint8 [C, H, W], as a PNG data URL."""
    pixels, file = picture.permute(1, 2, 0).numpy(), io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(file, "png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
