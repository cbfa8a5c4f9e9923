"""Mix styles: one picture as a whole with the parts and details of another, for two pictures or for a table of them."""

from gan_core.latent.groups import layer_groups
from gan_core.ui import Studio
from gan_core.ui.tabs.explore import Explore
from gan_core.ui.tabs.grid import Grid
from gan_core.ui.widgets import Panel


class Mix:
    """Answers what static/mix.js asks beyond pictures."""

    def __init__(self, studio: Studio):
        self.library = studio.engine.library

    def groups(self, model: str) -> list[list]:
        """Return [word, first, stop] of the model's coarse, middle and fine layers; [] where it has no separate layers."""
        return layer_groups(self.library.facts(self.library.entry(model))["layers"])


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    Panel("mix", [Mix(studio).groups, Grid(studio).pictures, Explore(studio).settle])
