"""Visible tables of extension points: a name -> "module:attribute" string, resolved when first used."""

from collections.abc import Mapping
from importlib import import_module

from gan_core.errors import StudioError


def resolve(table: Mapping[str, str], name: str):
    """Return the object that `table[name]` ("module:attribute") points to.

    Raises StudioError naming the known entries when `name` is not in the table.
    """
    if name not in table:
        raise StudioError(
            "unknown_name", "There is no “{name}” here. Known: {known}.", name=name, known=", ".join(table)
        )
    module, attribute = table[name].split(":")
    return getattr(import_module(module), attribute)
