"""The Train tab: choose pictures, a kind of model and how long; watch it learn."""

from pathlib import Path

from gradio.utils import get_upload_folder

from gan_core.ui import Studio
from gan_core.ui.expect_desk import ExpectDesk
from gan_core.ui.hub_pictures import HubPictures
from gan_core.ui.picture_check import PictureCheck
from gan_core.ui.retune_desk import RetuneDesk
from gan_core.ui.share_desk import ShareDesk
from gan_core.ui.train_desk import TrainDesk
from gan_core.ui.watch_desk import WatchDesk, keep_queue_going
from gan_core.ui.widgets import Panel


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    desk = TrainDesk(
        Path(studio.settings.runs),
        Path(get_upload_folder()),
        studio.settings.device,
        studio.settings.share,
        studio.engine.library,
    )
    checks = PictureCheck(desk.runs, studio.jobs, desk.folders, desk.library)
    sharing = ShareDesk(Path(studio.settings.runs), studio.jobs)
    watching, retuning = WatchDesk(desk, studio.jobs), RetuneDesk(desk)
    asked = (
        desk.options,
        desk.look,
        desk.send,
        desk.plan,
        desk.start,
        desk.snapshot,
        desk.sheet,
        desk.control,
        desk.remove,
        desk.trainings,
        watching.more_time,
        watching.save,
        retuning.settings,
        retuning.retune,
        ExpectDesk(desk, studio.jobs).expect,
        checks.survey,
        HubPictures(studio.jobs, desk.folders).bring,
        sharing.sharing,
        sharing.check_copies,
        sharing.answer_sharing,
        studio.jobs.progress,
        studio.jobs.stop,
    )
    Panel("train", asked)
    keep_queue_going(desk.runs)
