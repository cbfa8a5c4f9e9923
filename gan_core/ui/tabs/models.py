"""The Models tab: every model there is, what is known of it, and more of them from the Hugging Face Hub."""

from pathlib import Path

from gradio.utils import get_upload_folder

from gan_core.ui import Studio, visitor
from gan_core.ui.exports import Exports
from gan_core.ui.hub_desk import HubDesk
from gan_core.ui.import_desk import ImportDesk
from gan_core.ui.models_desk import ModelsDesk
from gan_core.ui.publish_desk import PublishDesk
from gan_core.ui.widgets import Panel


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    desk = ModelsDesk(studio.engine, Path(studio.settings.runs), Path(get_upload_folder()))
    Panel("models", [desk.cards, desk.card, desk.remove, desk.archive])
    hub = HubDesk(studio.engine, studio.settings.share)
    hub.find_pulled()
    visitor.offer_sign_in()
    account = [hub.hub_account, hub.hub_login, hub.hub_logout]
    pulling = [hub.hub_pull, hub.hub_progress, hub.hub_stop]
    Panel("models_hub", [*account, *pulling, hub.hub_search, hub.hub_look, hub.hub_here, hub.hub_news])
    desk = PublishDesk(studio.engine, studio.settings.share)
    sending = [desk.publish_send, desk.publish_progress, desk.publish_stop]
    Panel("models_publish", [desk.publish_facts, desk.publish_preview, *sending])
    bring = ImportDesk(
        studio.engine, Path(studio.settings.imported), Path(get_upload_folder()), studio.jobs, studio.settings.share
    )
    working = [bring.progress, bring.stop, bring.limits]
    Panel(
        "models_import",
        [bring.bring, bring.bring_hub, bring.choose, bring.look_again, bring.here, bring.rename, *working],
    )
    exports = Exports(studio)
    making = [exports.kinds, exports.make, exports.piece, exports.forget, studio.jobs.progress, studio.jobs.stop]
    Panel("models_export", making)
