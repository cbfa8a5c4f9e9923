"""What the curves of a training say, in one word and a mark, read from the last part of its events."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

FEW_POINTS, FEW_PICTURES, ROUGH = 8, 3_000, 30_000  # reports; pictures seen until noise ends, until rough shapes end
RECENT = 24  # of the latest reports that are read
ALIKE, VARIED = 0.35, 0.6  # variety that fell below the one after it was above the other (see report.py)
HARDLY = 0.15  # variety that is too little, whatever it was before
CHANCE = {"relativistic": math.log(2), "nonsaturating": 2 * math.log(2), "hinge": 2.0}  # a discriminator that guesses
WON = 0.1  # of its loss when guessing: it is hardly ever wrong
LOST_GENERATOR = 3 * math.log(2)  # the generator's logistic loss when it is found out nearly every time
FALLING = 0.02  # share by which an error still falls over the reports that are read
WORSE = 1.2  # times the least KID: beyond, it was lost again
LAST_KIDS = 3  # measurements without a better one, after which nothing more is to be expected soon


@dataclass(frozen=True)
class Reading:
    """`mark`: good, wait or warn. `code`: healthy, settled, begun, blurry, critic, ahead, alike or rolled_back."""

    mark: str
    code: str


def read(events: Sequence[dict], loss: str = "") -> Reading:
    """Read the events of a run, oldest first; `loss` is the adversarial one, "" for models without a critic.

    Events of other kinds and values that are no numbers are passed over.
    """
    told = [e for e in events if e.get("type") == "progress"]
    reports = told[-RECENT:]
    seen = _number(reports[-1].get("images")) if reports else 0.0
    if reports and _rolled_back(events, reports[0]):
        return Reading("warn", "rolled_back")
    if len(reports) < FEW_POINTS or not seen >= FEW_PICTURES:
        return Reading("wait", "begun")
    variety = _series(told, lambda e: e.get("diversity"))
    if variety and (variety[-1] < HARDLY or (variety[-1] < ALIKE and max(variety) > VARIED)):
        return Reading("warn", "alike")
    if not loss:
        return _of_copies(reports)
    kids = [k for e in events if e.get("type") == "quality" and not math.isnan(k := _number(e.get("kid")))]
    best, recent = kids.index(min(kids)) if kids else 0, len(kids) - LAST_KIDS
    if _critic_won(reports, loss):  # which does no harm as long as the pictures get better all the same
        if best == 0 or _middle(kids[-LAST_KIDS:]) > WORSE * kids[best]:
            return Reading("warn", "critic")
        if best >= recent:
            return Reading("good", "ahead")
    if best < recent:
        return Reading("good", "settled")
    return Reading("wait", "blurry") if seen < ROUGH else Reading("good", "healthy")


def _rolled_back(events: Sequence[dict], since: dict) -> bool:
    """Whether the numbers ran away since a report."""
    return any(
        e.get("code") == "train.rollback" and _number(e.get("time")) >= _number(since.get("time")) for e in events
    )


def _critic_won(reports: Sequence[dict], loss: str) -> bool:
    """Whether the discriminator is hardly ever wrong, over most of the reports, and the generator finds no answer."""
    if loss not in CHANCE:
        return False
    last = reports[-max(FEW_POINTS, len(reports) // 2) :]
    critic = _series(last, lambda e: _loss(e, "discriminator"))
    generator = _series(last, lambda e: _loss(e, "generator"))
    if not critic or not generator or _middle(critic) > WON * CHANCE[loss]:
        return False
    return loss == "hinge" or _middle(generator) > LOST_GENERATOR


def _of_copies(reports: Sequence[dict]) -> Reading:
    """A model that learns by copying gets sharper as long as the copies' error falls."""
    error = _series(reports, lambda e: _loss(e, "reconstruction"))
    if len(error) < FEW_POINTS:
        return Reading("good", "healthy")
    half = len(error) // 2
    before, now = _middle(error[:half]), _middle(error[half:])
    return Reading("wait", "blurry") if now < (1 - FALLING) * before else Reading("good", "settled")


def _loss(event: dict, name: str):
    losses = event.get("losses")
    return losses.get(name) if isinstance(losses, dict) else None


def _series(events: Sequence[dict], value) -> list[float]:
    """The finite numbers among the values of some events."""
    return [number for e in events if math.isfinite(number := _number(value(e)))]


def _middle(numbers: Sequence[float]) -> float:
    """The median: one spike says nothing."""
    return sorted(numbers)[len(numbers) // 2]


def _number(value) -> float:
    return float(value) if type(value) in (int, float) else math.nan
