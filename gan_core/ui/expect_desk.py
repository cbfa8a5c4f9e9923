"""What a training would reach here: measured for a few seconds as a job, remembered, told before anything is started."""

from dataclasses import dataclass, replace
from functools import partial

from gan_core.config import ModelConfig, TrainConfig
from gan_core.data import PictureInfo
from gan_core.device import pick
from gan_core.models import family as family_called
from gan_core.training.expect import expectation, measure
from gan_core.training.preset import Choice
from gan_core.ui import run_view, train_choice, train_form
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.train_desk import TrainDesk


@dataclass(frozen=True)
class ExpectDesk:
    """Answers what the form asks about its machine."""

    desk: TrainDesk
    jobs: Jobs

    async def expect(self, form: dict, name: JobName) -> dict:
        """Return {busy} (and `rate`, `images`, `stage`, `seconds` of an Expectation when not busy) for the form, as the job `name`.

        While a training goes on nothing is measured: both would be slowed down. Raises StudioError for a form that cannot be.
        """

        def work(job: Job) -> dict:
            if run_view.active(self.desk.runs) is not None:
                return {"busy": True}
            desk = self.desk
            config = train_form.config_from(form, desk.runs, desk.folders, desk.library)
            start = train_form.start_model(form.get("start_from"), config.family, desk.library)
            full, model = described(*train_choice.decided(config, desk.device, start))
            speed = measure(full, model, pick(desk.device), partial(job.tell, 0, 0, "measuring"))
            return {"busy": False, **expectation(full, speed).to_dict()}

        return await self.jobs.run(name, work)


def described(config: TrainConfig, choice: Choice, info: PictureInfo) -> tuple[TrainConfig, ModelConfig]:
    """The config and the model that a training would have, from what is known without decoding: sizes first, as those cost time."""
    family = family_called(config.family)
    resolution = config.resolution or 64  # own pictures: the size that they get unless they are smaller
    classes = len(info.label_names) if family.conditional and config.conditional != "no" else 0
    classes = classes if classes > 1 else 0
    model = ModelConfig(
        config.family, resolution, config.channels or info.channels or 3, config.z_dim, classes, info.label_names if classes else (),
        options={**family.options(config), **choice.options},
    )  # fmt: skip
    return replace(config, resolution=resolution), model
