"""What a finished run finds out about its model: the directions of its sliders."""

import time

from gan_core.data.pictures import PictureSet
from gan_core.data.traits import traits
from gan_core.latent import finders
from gan_core.latent.finders import principal_axes, strongest_directions
from gan_core.latent.labelled import Effort, named_directions
from gan_core.latent.namer import Lesson
from gan_core.models.base import Generator

MOST, LEAST = 60.0, 10.0  # seconds that directions from labels may take; with less than LEAST they are not sought
SHARE = 0.1  # of the time that the run took
ENCODED = 4000  # pictures whose main variations are measured


def explore(network: Generator, pictures: PictureSet, elapsed: float) -> None:
    """Give a trained network its directions: those of strongest change; of encoded pictures; of labels, as far as they are reliable.

    `elapsed` is how many seconds the run took.
    """
    network.directions = strongest_directions(network, finders.PROBES)
    if network.can_encode:
        network.found["axis"] = principal_axes(network, pictures.images[:ENCODED])
    known, seconds = traits(pictures), min(MOST, SHARE * elapsed)
    if network.config.num_classes or not known or seconds < LEAST:
        return
    lesson = Lesson(steps=600, seconds=0.5 * seconds)
    effort = Effort(lesson, deadline=time.monotonic() + seconds)
    findings = named_directions(network, pictures.images, known, effort)
    network.named = tuple(finding.direction for finding in findings if not finding.why)
