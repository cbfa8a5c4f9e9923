"""How strong the augmentation must be, read off the discriminator while it learns (Karras et al. 2020, sec. 3.1)."""

import math

from torch import Tensor

from gan_core import parallel

INTERVAL = 4  # steps between adjustments
PICTURES = 500_000  # the strength goes from 0 to 1 while so many pictures are seen (the paper's speed) …
SHARE = 0.25  # … or this share of all that the run will see, where that is less
LIMIT = 0.8  # beyond it the generator starts to draw augmented pictures (sec. 2.2)


class AdaptiveStrength:
    """The share of augmented pictures, steered so that r_t = E[sign(D(real))] stays at `target`.

    r_t is 0 for a discriminator that knows nothing about its training pictures and 1 for one that knows them by heart. When
    it is above the target the strength grows by a small fixed amount, below it shrinks, between 0 and LIMIT.
    """

    def __init__(self, target: float, start: float = 0.0):
        self.target, self.strength = target, min(start, LIMIT)
        self._signs: list[float | Tensor] = []  # r of the steps since the last adjustment

    def observe(self, real: Tensor, generated: Tensor | None, pictures: int, expected: float = math.inf) -> None:
        """Take in one step's logits [N] and, every INTERVAL steps, adjust the strength.

        A loss that sees only differences of logits leaves their zero open: give it the `generated` logits too, and the middle
        between the two means stands for zero. `pictures`: how many a step sees, all processes together; `expected`: how many
        the run will see. The sign of a logit that is not a number is 0.
        """
        middle = 0.0 if generated is None else parallel.mean((real.mean() + generated.mean()) / 2)
        self._signs.append(parallel.mean((real.detach() - middle).sign().mean()))
        if len(self._signs) < INTERVAL:
            return
        r = sum(float(sign) for sign in self._signs) / INTERVAL
        self._signs = []
        change = INTERVAL * pictures / min(PICTURES, max(SHARE * expected, pictures))
        direction = (r > self.target) - (r < self.target)
        self.strength = min(max(self.strength + direction * change, 0.0), LIMIT)

    def state(self) -> dict[str, float]:
        """What `restore` needs to go on exactly where this stands."""
        return {"augment": self.strength} | {f"augment_sign_{k}": float(sign) for k, sign in enumerate(self._signs)}

    def restore(self, state: dict[str, float]) -> None:
        """Take back what `state` gave; entries that are missing keep what is there."""
        self.strength = state.get("augment", self.strength)
        self._signs = [state[f"augment_sign_{k}"] for k in range(INTERVAL) if f"augment_sign_{k}" in state]
