"""Children: eight variations around the picture; the one that is chosen has eight of its own."""

from gan_core.ui import Studio
from gan_core.ui.tabs.explore import Explore
from gan_core.ui.tabs.grid import Grid
from gan_core.ui.widgets import Panel


def build(studio: Studio) -> None:
    """Put the tool on the page; it draws sheets as Grid does and settles deep points as Explore does."""
    Panel("children", [Grid(studio).pictures, Explore(studio).settle])
