"""The browser interface: TABS names every tab, `build` puts them on one page. Gradio is imported only when the page is built."""

from dataclasses import dataclass, field
from pathlib import Path

from gan_core.registry import resolve
from gan_core.ui.engine import Engine
from gan_core.ui.jobs import Jobs
from gan_core.ui.lean_gradio import write_no_stubs

write_no_stubs()
TABS = {
    "explore": "gan_core.ui.tabs.explore:build",
    "morph": "gan_core.ui.tabs.morph:build",
    "journey": "gan_core.ui.tabs.journey:build",
    "grid": "gan_core.ui.tabs.grid:build",
    "train": "gan_core.ui.tabs.train:build",
    "learn": "gan_core.ui.tabs.learn:build",
    "models": "gan_core.ui.tabs.models:build",
}


@dataclass(frozen=True)
class Settings:
    """Where models are read from, where training runs and imported models are kept, and how the page is served (None: Gradio's own environment decides)."""

    weights: Path = Path("weights")
    runs: Path = Path("runs")
    imported: Path = Path("imported")
    host: str | None = None
    port: int | None = None
    share: bool | None = None
    device: str = "auto"
    browser: bool = False  # show the page where somebody sits in front of this machine
    window: bool = False  # in a window of its own
    log: str | None = None  # "json" or "plain": one line an event (None: LATENT_STUDIO_LOG decides)
    mcp: bool = False  # agents may call the endpoints for programs


@dataclass(frozen=True)
class Studio:
    """What every tab's `build(studio)` gets: the settings, the one engine that makes pictures, and who does long work."""

    settings: Settings
    engine: Engine
    jobs: Jobs = field(default_factory=Jobs)


def build(settings: Settings, engine: Engine | None = None):
    """Return the page as gr.Blocks: the frame, then each tab of TABS in a column of its own (`#tab-<name>`)."""
    import gradio as gr

    from gan_core.ui import about, api
    from gan_core.ui.widgets import Panel

    studio = Studio(settings, engine or Engine(settings.weights, settings.runs, settings.device))
    with gr.Blocks(title="Latent Studio", analytics_enabled=False, delete_cache=(600, 3600), fill_width=True) as page:
        Panel("shell", [studio.engine.models, studio.engine.line], tabs=list(TABS))
        about.build(studio)
        api.build(studio)
        for name in TABS:
            with gr.Column(elem_id=f"tab-{name}", elem_classes=["tab-page"]):
                resolve(TABS, name)(studio)
    return page
