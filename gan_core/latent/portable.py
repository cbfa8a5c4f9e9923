"""Points as any other copy of their model understands them, for pictures and files that leave this machine."""

from gan_core.latent.directions import entry
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import settle
from gan_core.models.base import Generator


def portable(model: Generator, point: LatentPoint) -> LatentPoint:
    """The same place without directions that a person made here: where there are such, it is settled into a vector.

    Found and bundled directions stay, so that sliders find their values again. Raises StudioError for an unknown direction.
    """
    return settle(model, point) if _moves_along_own(model, point) else point


def _moves_along_own(model: Generator, point: LatentPoint) -> bool:
    if any(entry(model, move[0]).origin == "own" for move in point.moves):
        return True
    return any(_moves_along_own(model, part) for part in point.inside())
