"""Models from the Hugging Face Hub: fetched once, kept in the Hub's own cache, usable without a network ever after."""

from gan_core.hub.cache import cached_models
from gan_core.hub.download import pull
from gan_core.hub.names import parse

__all__ = ["cached_models", "parse", "pull"]
