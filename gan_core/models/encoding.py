"""What families with an encoder share: one network that learns both ways, one Adam, the same sizes in the config."""

from gan_core.models.base import Family


class EncodingFamily(Family):
    """A generator that holds its own encoder; a subclass names it, its defaults and its training step."""

    SIZES = {"width": "width", "e_width": "d_width"}

    def __init__(self, config, train, device):
        super().__init__(config, train, device)
        self._optimizers = {"generator": self.adam(self.generator, 0.9)}

    def networks(self):
        return {"generator": self.generator}

    def optimizers(self):
        return self._optimizers
