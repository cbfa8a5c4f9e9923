"""Families that only draw: networks of other people's files, which come trained and cannot be trained on here."""

from typing import ClassVar

from gan_core.errors import StudioError
from gan_core.models.base import Family


class DrawnFamily(Family):
    """A family whose generator is all there is of it; asked to train, it says so."""

    DEFAULTS: ClassVar[dict] = {}
    SIZES: ClassVar[dict] = {}

    def __new__(cls, *args):
        raise cls.untrainable()

    @classmethod
    def defaults(cls) -> dict:
        raise cls.untrainable()

    @classmethod
    def untrainable(cls) -> StudioError:
        """The sentence for whoever wants to train one."""
        return StudioError(
            "train.imported", "A {family} model comes from somebody else's file and cannot be trained on here. Train a model of another kind.",
            family=cls.__name__,
        )  # fmt: skip


def whole(options: dict, name: str, usual: int, most: int) -> int:
    """A whole number from 1 to `most` in a config's options. Raises StudioError."""
    value = options.get(name, usual)
    if type(value) is not int or not 1 <= value <= most:
        raise unusable(name)
    return value


def wholes(options: dict, name: str, least: int = 1, most: int = 8192, longest: int = 16) -> list[int]:
    """A short list of whole numbers in a config's options. Raises StudioError."""
    values = options.get(name, [])
    fine = isinstance(values, list | tuple) and len(values) <= longest
    if not fine or not all(type(value) is int and least <= value <= most for value in values):
        raise unusable(name)
    return list(values)


def unusable(name: str) -> StudioError:
    """The sentence for a setting that a family cannot use."""
    return StudioError("model.config_field", "The model's config.json has no usable “{field}”.", field=name)
