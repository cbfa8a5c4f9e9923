"""What more the Train tab shows of a run: a reading of its curves, its best model beside the last, device and memory."""

import contextlib
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.training.budget import unit
from gan_core.training.queue import starts_in
from gan_core.training.reading import read
from gan_core.training.run import Run

FIGURES = ("kid", "noise", "diversity", "images", "n")


def extras(run: Run) -> dict:
    """Return {reading: {mark, code}, best (see `_best`), kid: the figures measured last, or None, memory, budget, model}.

    `memory` is [bytes used, bytes there are] of the device, as far as they are known; `model` the id of the one to open first,
    `starts_in` seconds until a queued run begins, where that is known.
    """
    events = run.latest_events()
    reading = read(events, loss_of(run))
    quality = next((e for e in reversed(events) if e["type"] == "quality"), None)
    progress = next((e for e in reversed(events) if e["type"] == "progress"), {})
    best, config = _best(run), run.config
    last = f"runs/{run.name}" if (run.model_folder / "config.json").is_file() else ""
    return {
        "reading": {"mark": reading.mark, "code": reading.code},
        "best": best,
        "kid": _figures(quality) if quality else None,
        "memory": [progress.get("memory"), progress.get("memory_total")],
        "budget": {"unit": unit(config), "most": getattr(config, unit(config))},
        "model": best["model"] if best and best["better"] else last,
        "last_model": last,
        "begun": run.choice is not None,
        "starts_in": starts_in(run.path.parent).get(run.name) if run.queued else None,
    }


def loss_of(run: Run) -> str:
    """Return the adversarial loss that a run trains with, "" for a model without a critic."""
    with contextlib.suppress(StudioError, TypeError, KeyError, AttributeError):
        return str((run.choice or {})["fields"].get("loss") or "")
    return ""


def _best(run: Run) -> dict | None:
    """The best model's figures and id; once the run has ended also the `last` one's, and whether the best is `better` beyond chance."""
    found = run.best
    if found is None or not (Path(run.best_folder) / "config.json").is_file():
        return None
    compared = found.get("compared")
    facts = {**_figures(found), "model": f"runs/{run.name}@best", "better": False, "last": None}
    if isinstance(compared, dict) and isinstance(compared.get("last"), dict) and isinstance(compared.get("best"), dict):
        facts |= _figures(compared["best"]) | {"last": _figures(compared["last"])}
        facts |= {name: compared.get(name) for name in ("difference", "better")} | {"sure": compared.get("noise")}
    return facts


def _figures(facts: dict) -> dict:
    return {name: facts.get(name) for name in FIGURES}
