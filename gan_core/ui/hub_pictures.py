"""A data set on the Hub, named in the Train tab: brought here as a job, as far as a first look needs it."""

from dataclasses import dataclass
from typing import Annotated

from gan_core import data
from gan_core.data.hub import check_open
from gan_core.errors import StudioError
from gan_core.hub import datasets
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.limits import on_space
from gan_core.ui.picture_view import ALL, SHEET
from gan_core.ui.requests import Between

PREFIX = "hub:"
SPACE_STORE = 2 << 30  # bytes of all data sets together, where strangers share one machine


@dataclass(frozen=True)
class HubPictures:
    """What the Train tab asks about data sets on the Hub."""

    jobs: Jobs
    closed: bool = True  # whether visitors may use what only the owner of this machine may read

    async def bring(self, spec: Annotated[str, Between(1, 500)], name: JobName) -> dict:
        """Fetch enough of a data set for a first look, as the job `name`; return the `spec` that names exactly it, and its title.

        Raises StudioError (field `source`) for a name that is none, whatever the Hub answers, and a Stop.
        """
        return await self.jobs.run(name, lambda job: _bring(named(spec), self.closed, job))


def named(text: str) -> str:
    """Return the data spec that a visitor's words stand for: `user/name`, the same with “hub:”, or a web address."""
    text = text.strip()
    return text if "://" in text or text.startswith((PREFIX, "huggingface.co/", "hf.co/")) else PREFIX + text


def fetch(spec: str, limit: int | None, job: Job) -> None:
    """Bring the pictures that a `load` needs to this machine, telling the job. Nothing for pictures that are here."""
    if on_space() and data.find_source(spec).bring is not None:
        datasets.make_room(SPACE_STORE)
    for done, total in data.bring(spec, limit):
        job.tell(done, total, "fetching")


def _bring(spec: str, closed: bool, job: Job) -> dict:
    try:
        job.tell(0, 0, "fetching")
        if data.find_source(spec).bring is None:
            raise StudioError("train.source", "Choose the pictures to learn from first.")
        if not closed:
            check_open(spec)
        exact = data.exact(spec)
        fetch(exact, None if 0 < data.describe(exact).count <= ALL else SHEET, job)
        return {"spec": exact, "title": data.describe(exact).title}
    except StudioError as error:
        error.facts["field"] = "source"
        raise
