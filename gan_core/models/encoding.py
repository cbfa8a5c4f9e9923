"""What families with an encoder share: one network that learns both ways, one Adam, the same sizes in the config."""

from abc import abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from gan_core.models.base import Batch, Family


class EncodingFamily(Family):
    """A generator that holds its own encoder; a subclass names it, its defaults and what it minimises."""

    SIZES = {"width": "width", "e_width": "d_width"}
    CLIP: ClassVar[float | None] = None  # largest norm of the whole gradient

    def __init__(self, config, train, device):
        super().__init__(config, train, device)
        self._optimizers = {"generator": self.adam(self.generator, 0.9)}

    def networks(self):
        return {"generator": self.generator}

    def optimizers(self):
        return self._optimizers

    @abstractmethod
    def objective(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """What to minimise, a mean over the pictures of a batch, and what to plot (scalars)."""

    def train_step(self, batch: Batch) -> dict[str, Tensor]:
        """One gradient step on the objective. In parts, BatchNorm sees the statistics of each part alone."""
        parts, plotted = batch.split(self.train.accumulate), []
        for part in parts:
            loss, terms = self.objective(part)
            (loss / len(parts)).backward()
            plotted.append({name: term.detach() for name, term in terms.items()})
        self.descend("generator", self.CLIP)
        return {name: torch.stack([terms[name] for terms in plotted]).mean() for name in plotted[0]}
