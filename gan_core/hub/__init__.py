"""Models of the Hugging Face Hub: looked for, fetched once and kept in the Hub's own cache, published in one commit."""

from gan_core.hub.cache import cached_models
from gan_core.hub.download import pull
from gan_core.hub.names import parse, pulled_name

__all__ = ["StudioModel", "cached_models", "parse", "pull", "pulled_name"]


def __getattr__(name: str):
    if name != "StudioModel":  # a torch module: imported when asked for
        raise AttributeError(f"module 'gan_core.hub' has no attribute {name!r}")
    from gan_core.hub.pretrained import StudioModel

    return StudioModel
