"""PyTorch, imported when first used: it takes longer than all else that the page needs before it can be served.

`from gan_core.later import torch` in place of `import torch`, where a module only needs it inside of its functions.
"""

from importlib import import_module
from typing import TYPE_CHECKING


class Later:
    """Stands for a module that is imported when the first of its attributes is asked for."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, attribute: str):
        return getattr(import_module(self._name), attribute)


if TYPE_CHECKING:
    import torch
else:
    torch = Later("torch")
