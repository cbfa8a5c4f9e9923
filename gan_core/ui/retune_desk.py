"""Settings of a watched training, changed in mid-run from the page; all of it goes through the run folder, as from a terminal."""

from dataclasses import dataclass

from gan_core.config import RANGES
from gan_core.errors import StudioError
from gan_core.training.settings import Settings, change, chosen, now, possible
from gan_core.ui import run_view, train_form
from gan_core.ui.requests import Name, Visitor
from gan_core.ui.train_desk import TrainDesk


@dataclass(frozen=True)
class RetuneDesk:
    """Beside the `desk` that trains."""

    desk: TrainDesk

    def settings(self, run: Name, visitor: Visitor = "") -> dict:
        """Return {fields: [{name, value, first, low, high}], changes: [{step (None: waits), values}]} of a run that has begun."""
        found = run_view.find(self.desk.runs, run, visitor)
        first, current = chosen(found), now(found)
        fields = [
            {"name": name, "value": getattr(current, name), "first": getattr(first, name), "low": RANGES[name][0], "high": RANGES[name][1]}
            for name in possible(first)
        ]  # fmt: skip
        changes = [{"step": one.step, "values": one.values} for one in Settings(found).changes]
        return {"fields": fields, "changes": changes}

    def retune(self, run: Name, values: dict, visitor: Visitor) -> dict:
        """Change settings {name: number, typed text, or None for what was chosen at first}; they hold from the next step on.

        Raises StudioError; its facts name the `field` at fault.
        """
        found = run_view.find(self.desk.runs, run, visitor)
        known = {name: values[name] for name in values if isinstance(name, str) and name in RANGES}
        asked = {name: train_form.number(known, name, whole=name == "ema_cap") for name in known}
        try:
            change(found, {**dict.fromkeys(values), **asked})
        except StudioError as error:
            error.facts.setdefault("field", "")
            raise
        return self.settings(run, visitor)
