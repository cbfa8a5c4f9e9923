"""The Models tab: every model there is, what is known of it, and more of them from the Hugging Face Hub."""

from pathlib import Path

from gradio.utils import get_upload_folder

from gan_core.ui import Studio
from gan_core.ui.models_desk import ModelsDesk
from gan_core.ui.widgets import Panel


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    desk = ModelsDesk(studio.engine, Path(studio.settings.runs), Path(get_upload_folder()))
    desk.find_pulled()
    Panel("models", [desk.cards, desk.card, desk.remove, desk.archive, desk.pull, desk.pulling])
