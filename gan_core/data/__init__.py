"""Pictures to train on: one file per source, one table, one way in.

A source is a module-level object with `matches(spec)`, `describe(spec)` and `load(spec, options)`.
"""

from gan_core.data.pictures import LoadOptions, PictureInfo, PictureSet, Progress, Skipped

__all__ = ["SOURCES", "PictureInfo", "PictureSet", "Skipped", "builtin_names", "describe", "load"]

SOURCES = {
    "bundled": "gan_core.data:bundled",
}


def builtin_names() -> tuple[str, ...]:
    """Return the names of the bundled picture sets, in the order in which to show them."""
    from gan_core.data import bundled

    return tuple(bundled.sheets())


def load(spec, resolution: int | None = None, channels: int | None = None, fit: str = "crop", limit: int | None = None,
         progress: Progress | None = None, split: str | None = None) -> PictureSet:  # fmt: skip
    from gan_core.data import bundled

    return bundled.load(spec, LoadOptions(resolution, channels, fit, limit, split, progress))


def describe(spec) -> PictureInfo:
    from gan_core.data import bundled

    return bundled.describe(spec)
