"""How a trainer obeys settings that are changed while it goes on: each from one step on, also after a return to an earlier one."""

from collections.abc import Iterator

from gan_core.training.control import Requests
from gan_core.training.ema import EMA
from gan_core.training.learner import Learner, Order, tell
from gan_core.training.report import Reporter


class Obedience:
    """Looks for changed settings in the run folder, lets all processes take them on, and says so."""

    def __init__(self, learner: Learner, ema: EMA, reporter: Reporter, requests: Requests):
        self._learner, self._ema, self._reporter, self._requests = learner, ema, reporter, requests
        self._to_come: set[int] = set()  # steps that a resumed run has yet to take under other settings

    def begin(self) -> None:
        """A new run has no changes yet."""
        self._learner.settings.forget()

    def resume(self, step: int) -> None:
        """Take on what held when a run that goes on at `step` was there; what held from this very step on is told as it is obeyed."""
        settings = self._learner.settings
        if settings.changes:
            self._to_come = {later for later in settings.steps() if later >= step}
            self._take_on(step - 1)

    def bring_back(self, step: int) -> None:
        """After a return to `step`: what was changed since holds from there on."""
        self._learner.settings.bring_back(step)
        if self._learner.settings.changes:
            self._take_on(step)

    def obey(self, step: int) -> Iterator[dict]:
        """Before a step: take on what is to hold from it on, and tell it."""
        settings = self._learner.settings
        new = settings.stamp(step) if self._requests.time_to_look() else []
        if new or step in self._to_come:
            self._to_come.discard(step)
            self._take_on(step)
            for change in [one for one in settings.changes if one.step == step]:
                yield self._reporter.changed(change.values)

    def _take_on(self, step: int) -> None:
        tell(Order.CHANGE, step)
        self._learner.retune(step)
        self._ema.share, self._ema.cap = self._learner.config.ema_share, self._learner.config.ema_cap
