"""Sliders: the few directions that change the picture most."""

from gan_core.ui import Studio
from gan_core.ui.widgets import Panel


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    Panel("sliders")
