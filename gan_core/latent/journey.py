"""Journey: keyframes with time between them, the way through them picture by picture, and its exact JSON form."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from gan_core.errors import StudioError
from gan_core.latent.point import MAX_DEPTH, MAX_JSON, MAX_NODES, Blend, LatentPoint, Mix, extent

KEY = "latent-studio-journey"  # first key of the JSON, by which a journey is also found inside a film
VERSION = 1
MAX_KEYFRAMES, MAX_SECONDS, MAX_FPS, MAX_FRAMES = 100, 60.0, 60, 3600
PATHS = ("spline", "slerp", "lerp")
EASINGS: dict[str, Callable[[float], float]] = {  # share of a segment's time -> share of its way
    "linear": lambda t: t,
    "smooth": lambda t: t * t * (3 - 2 * t),
    "slow_start": lambda t: t * t,
    "slow_end": lambda t: t * (2 - t),
    "hold": lambda t: 0.0,
}


@dataclass(frozen=True)
class Keyframe:
    """A place on the way, the seconds from here to the next one, and how the way there is spent (one of EASINGS)."""

    point: LatentPoint
    seconds: float = 2.0
    easing: str = "linear"


@dataclass(frozen=True)
class Journey:
    """1–100 keyframes of one model and the way through them at `fps` pictures a second.

    path: "spline", one smooth curve through all keyframes, or from each to the next along an arc ("slerp") or a line
    ("lerp"). `closed`: after the last keyframe it goes back to the first; without that, the last one's seconds and easing
    mean nothing. Raises StudioError for a value out of range, keyframes of several models, or more than 3600 pictures.
    """

    keyframes: tuple[Keyframe, ...]
    closed: bool = False
    path: str = "spline"
    fps: int = 24

    def __post_init__(self):
        _check(self)

    @property
    def model(self) -> str:
        """Name of the model that all keyframes belong to."""
        return self.keyframes[0].point.model

    @property
    def lengths(self) -> tuple[int, ...]:
        """Pictures from each keyframe up to the next (without it), at least 1; nothing stands for a last one of an open way."""
        count = len(self.keyframes) - (not self.closed or len(self.keyframes) == 1)
        return tuple(max(1, math.floor(k.seconds * self.fps + 0.5)) for k in self.keyframes[:count])

    @property
    def count(self) -> int:
        """Pictures of the whole journey. A closed one does not show its first picture again at the end."""
        return sum(self.lengths) + (len(self.lengths) < len(self.keyframes))

    def to_json(self) -> str:
        """Return compact JSON, in ASCII and safe inside XML, that `from_json` turns back into an equal journey."""
        raw = {KEY: VERSION, "path": self.path, "closed": self.closed, "fps": self.fps}
        raw["keyframes"] = [
            {"point": json.loads(k.point.to_json()), "seconds": k.seconds, "easing": k.easing} for k in self.keyframes
        ]
        text = json.dumps(raw, separators=(",", ":"))
        for sign in "<>&":  # can only stand inside strings
            text = text.replace(sign, f"\\u{ord(sign):04x}")
        return text

    @classmethod
    def from_json(cls, text: str | dict) -> "Journey":
        """Read a journey from JSON text (or the parsed object). Raises StudioError for anything that is not a journey."""
        if isinstance(text, (str, bytes)):
            if len(text) > MAX_JSON:
                raise _bad("size")
            try:
                text = json.loads(text)
            except (ValueError, RecursionError):
                raise _bad("JSON") from None
        return _from_raw(text)


def frames(journey: Journey) -> list[LatentPoint]:
    """Return the points of all pictures in order; at a keyframe it is the keyframe's own point.

    Raises StudioError (journey.nested) where a keyframe's point has too many others inside; `settle` such points first.
    """
    return [point for i in range(len(journey.keyframes)) for point in segment(journey, i)]


def segment(journey: Journey, number: int) -> list[LatentPoint]:
    """Return the points from keyframe `number` up to the next, without it (see `frames`)."""
    start = journey.keyframes[number]
    if number >= len(journey.lengths):
        return [start.point]
    count, ease = journey.lengths[number], EASINGS[start.easing]
    way = _spline if journey.path == "spline" else _direct
    return [way(journey, number, share) if (share := ease(i / count)) else start.point for i in range(count)]


def nested(point: LatentPoint) -> bool:
    """Whether a point has too many others inside to be a keyframe of a spline, which mixes four of them."""
    depth, nodes = extent(point)
    return depth >= MAX_DEPTH or 4 * nodes >= MAX_NODES


def spline_weights(journey: Journey, number: int, share: float) -> dict[int, float]:
    """Return {keyframe: weight}, adding up to 1, at a `share` of the way from keyframe `number` to the next.

    A cubic Hermite curve whose velocity at a keyframe is what it is on average between its two neighbours: at equal times the
    Catmull-Rom spline (Catmull & Rom 1974), and at any times without a kink; each weight stays within −0.3…1.3. The ends of an
    open way have one neighbour.
    """
    count, lengths = len(journey.keyframes), journey.lengths
    here, there = number, (number + 1) % count
    t, weights = share, {here: 0.0, there: 0.0}

    def add(keyframe: int, weight: float) -> None:
        weights[keyframe] = weights.get(keyframe, 0.0) + weight

    add(here, (1 + 2 * t) * (1 - t) ** 2)
    add(there, t * t * (3 - 2 * t))
    for keyframe, weight in ((here, t * (1 - t) ** 2), (there, -t * t * (1 - t))):
        before, after = keyframe, keyframe
        time = 0
        if journey.closed or keyframe > 0:
            before = (keyframe - 1) % count
            time += lengths[before]
        if journey.closed or keyframe < count - 1:
            after = (keyframe + 1) % count
            time += lengths[keyframe]
        add(after, weight * lengths[here] / time)
        add(before, -weight * lengths[here] / time)
    return weights


def _spline(journey: Journey, number: int, share: float) -> LatentPoint:
    weights = {k: w for k, w in spline_weights(journey, number, share).items() if w}
    for k in weights:
        if nested(journey.keyframes[k].point):
            raise StudioError(
                "journey.nested", "Keyframe {number} is made of too many other pictures for a curve.", number=k + 1
            )
    points = tuple(journey.keyframes[k].point for k in weights)
    return LatentPoint(mix=Mix(points, tuple(weights.values())), model=journey.model)


def _direct(journey: Journey, number: int, share: float) -> LatentPoint:
    following = journey.keyframes[(number + 1) % len(journey.keyframes)]
    blend = Blend(journey.keyframes[number].point, following.point, share, journey.path)
    return LatentPoint(blend=blend, model=journey.model)


# ---- ready-made journeys


def noise_loop(
    centre: LatentPoint, seed: int, difference: float = 0.5, seconds: float = 8.0, waypoints: int = 8, classes: int = 0
) -> Journey:
    """Return a closed way around a point, at an even pace: `waypoints` (4–24) places on a circle in two random directions.

    The directions are differences of draws from `seed` on, which are as long as each other and at right angles (nearly, in
    many dimensions). `difference` (0–2) is the circle's radius, 1 as far from the centre as a typical draw is from the
    average. `seconds` is the length of one round; `classes` of the model, so that the class stays. Raises StudioError.
    """
    _need_number(difference, 0, 2, "difference")
    _need_number(seconds, 0.1, MAX_SECONDS, "seconds")
    if type(waypoints) is not int or not 4 <= waypoints <= 24:
        raise _bad("waypoints")
    if type(seed) is not int or not 0 <= seed <= 2**32 - 4:
        raise StudioError("point.seed", "A seed is a whole number from 0 to {high}.", high=2**32 - 4)
    label = _class_of(centre, classes)
    draws = tuple(
        LatentPoint(seed=seed + i, truncation=centre.truncation, label=label or 0, model=centre.model) for i in range(4)
    )
    size = difference / math.sqrt(2)  # the difference of two draws is √2 as long as one

    def waypoint(i: int) -> LatentPoint:
        a, b = size * math.cos(2 * math.pi * i / waypoints), size * math.sin(2 * math.pi * i / waypoints)
        return LatentPoint(mix=Mix((centre, *draws), (1.0, a, -a, b, -b)), label=label, model=centre.model)

    each = Keyframe(centre, seconds / waypoints)
    return Journey(tuple(replace(each, point=waypoint(i)) for i in range(waypoints)), closed=True)


def truncation_sweep(
    point: LatentPoint, low: float = 0.0, high: float = 1.2, steps: int = 5, seconds: float = 5.0
) -> Journey:
    """Return the way of a point from truncation `low` (0 is the average picture) to `high`, in 2–24 `steps`. Raises StudioError."""
    if type(steps) is not int or not 2 <= steps <= 24:
        raise _bad("steps")
    for value in (low, high):
        _need_number(value, 0, 2, "truncation")
    values = [low + (high - low) * i / (steps - 1) for i in range(steps)]
    points = [replace(point, truncation=round(value, 6)) for value in values]
    return Journey(tuple(Keyframe(p, seconds / (steps - 1)) for p in points), path="lerp")


def class_sweep(point: LatentPoint, classes: int, seconds: float = 1.5) -> Journey:
    """Return a closed way through all classes of a model at the same place, `seconds` from each to the next.

    Of more than 100 classes it visits 100, evenly chosen. Raises StudioError for a model without classes.
    """
    if classes < 1:
        raise StudioError(
            "journey.no_classes", "This model does not know classes. Choose one that does, such as Clothes."
        )
    labels = [i * classes // min(classes, MAX_KEYFRAMES) for i in range(min(classes, MAX_KEYFRAMES))]
    keyframes = [Keyframe(replace(point, label=label), seconds, "smooth") for label in labels]
    return Journey(tuple(keyframes), closed=True)


def _class_of(point: LatentPoint, classes: int) -> int | None:
    """The class that a point shows; None where it is between classes or the model has none."""
    if not classes or point.label is not None or point.seed is None:
        return point.label
    return point.seed % classes


# ---- reading


def _bad(what: str) -> StudioError:
    return StudioError("journey.invalid", "This is not a journey: its {what} is not usable.", what=what)


def _need_number(value, low: float, high: float, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:  # false for NaN too
        raise _bad(what)


def _check(journey: Journey) -> None:
    if not isinstance(journey.keyframes, tuple) or not all(isinstance(k, Keyframe) for k in journey.keyframes):
        raise _bad("keyframes")
    if not 1 <= len(journey.keyframes) <= MAX_KEYFRAMES:
        raise StudioError("journey.keyframes", "A journey has from 1 to {high} keyframes.", high=MAX_KEYFRAMES)
    if type(journey.closed) is not bool:
        raise _bad("closed")
    if journey.path not in PATHS:
        raise _bad("path")
    if type(journey.fps) is not int or not 1 <= journey.fps <= MAX_FPS:
        raise _bad("fps")
    for number, keyframe in enumerate(journey.keyframes, 1):
        if not isinstance(keyframe.point, LatentPoint):
            raise _bad("keyframes")
        _need_number(keyframe.seconds, 0, MAX_SECONDS, "seconds")
        if not isinstance(keyframe.easing, str) or keyframe.easing not in EASINGS:
            raise _bad("easing")
        if keyframe.point.model != journey.model:
            raise StudioError(
                "journey.models",
                "Keyframe {number} belongs to another model ({other}) than the first ({model}). A journey stays with one model.",
                number=number, other=keyframe.point.model, model=journey.model,
            )  # fmt: skip
    if journey.count > MAX_FRAMES:
        raise StudioError(
            "journey.too_long",
            "This journey would have {count} pictures; {high} are possible. Make it shorter or show fewer a second.",
            count=journey.count,
            high=MAX_FRAMES,
        )


def _from_raw(raw) -> Journey:
    names = {f.name for f in fields(Journey)}
    if not isinstance(raw, dict) or not {KEY, "keyframes"} <= set(raw) <= names | {KEY}:
        raise _bad("JSON")
    if type(raw[KEY]) is not int or not 1 <= raw[KEY] <= VERSION:
        raise StudioError("journey.version", "A newer Latent Studio made this journey. Update this one to open it.")
    listed = raw["keyframes"]
    if not isinstance(listed, list) or len(listed) > MAX_KEYFRAMES:
        raise StudioError("journey.keyframes", "A journey has from 1 to {high} keyframes.", high=MAX_KEYFRAMES)
    values = {name: raw[name] for name in names & set(raw)}
    return Journey(**values | {"keyframes": tuple(_keyframe(entry) for entry in listed)})


def _keyframe(raw) -> Keyframe:
    if not isinstance(raw, dict) or not {"point"} <= set(raw) <= {f.name for f in fields(Keyframe)}:
        raise _bad("keyframes")
    if not isinstance(raw["point"], (str, dict)):
        raise _bad("keyframes")
    return Keyframe(**raw | {"point": LatentPoint.from_json(raw["point"])})
