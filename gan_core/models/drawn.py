"""Families that only draw: networks of other people's files, which come trained and cannot be trained on here."""

from typing import ClassVar

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.models.base import Family


class DrawnFamily(Family):
    """A family whose generator is all there is of it; asked to train, it says so."""

    DEFAULTS: ClassVar[dict] = {}
    SIZES: ClassVar[dict] = {}

    def __new__(cls, config: ModelConfig, *args):
        raise StudioError(
            "train.imported", "A {family} model comes from somebody else's file and cannot be trained on here. Train a model of another kind.",
            family=config.family,
        )  # fmt: skip
