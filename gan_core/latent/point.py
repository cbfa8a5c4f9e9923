"""LatentPoint: the value that every picture is made from, and its exact JSON form."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from gan_core.errors import StudioError

MAX_SEED = 2**32 - 1
MAX_MOVE = 10.0  # σ along a direction
MAX_TRUNCATION = 2.0
MAX_MOVES, MAX_VECTOR, MAX_DEPTH, MAX_JSON = 64, 16_384, 8, 2_000_000
MAX_MIXED, MAX_STYLES, MAX_LAYERS = 16, 32, 64
MAX_NODES = 256  # points inside a point, all levels together
MODES = ("slerp", "lerp")


@dataclass(frozen=True)
class Blend:
    """The place a share `t` of the way from point `a` (0) to point `b` (1), along an arc (slerp) or a line (lerp)."""

    a: "LatentPoint"
    b: "LatentPoint"
    t: float
    mode: str = "slerp"


@dataclass(frozen=True)
class Mix:
    """The weighted sum of up to 16 points, weights adding up to 1: a place on a plane of seeds, on a map, on a spline.

    Where codes are N(0, 1) the sum is given the length that the points' own lengths add up to, so that it stays typical.
    """

    points: tuple["LatentPoint", ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Style:
    """A share `amount` (0–1) of another point's code, in the layers `first` ≤ layer < `stop` of a style-based model."""

    point: "LatentPoint"
    first: int
    stop: int
    amount: float = 1.0


@dataclass(frozen=True)
class LatentPoint:
    """Where a picture is: one start (a seed, a blend of two points, a mix of several, or an explicit code), and what was done to it.

    `styles` then replace layers of the code one after the other; `moves` are (direction name, amount in σ), or (name, amount,
    first, stop) where only the layers first ≤ layer < stop move. `truncation` 1 is as drawn, 0 the average; it acts on the start
    alone. `label` None on a conditional model means the class that the seed picks; `model` names the model the point belongs to.
    Raises StudioError for a value out of range.
    """

    seed: int | None = None
    blend: Blend | None = None
    mix: Mix | None = None
    vector: tuple[float, ...] | None = None
    styles: tuple[Style, ...] = ()
    moves: tuple[tuple[str, float] | tuple[str, float, int, int], ...] = ()
    truncation: float = 1.0
    label: int | None = None
    model: str = ""

    def __post_init__(self):
        if self.seed is None and self.blend is None and self.mix is None and self.vector is None:
            object.__setattr__(self, "seed", 0)
        _check(self)

    def inside(self) -> Iterator["LatentPoint"]:
        """Yield the points that this one is directly made of."""
        if self.blend is not None:
            yield from (self.blend.a, self.blend.b)
        if self.mix is not None:
            yield from self.mix.points
        yield from (style.point for style in self.styles)

    def to_json(self) -> str:
        """Return compact JSON that `from_json` turns back into an equal point."""
        return json.dumps(_to_raw(self), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | dict) -> "LatentPoint":
        """Read a point from JSON text (or the parsed object). Raises StudioError for anything that is not a point."""
        if isinstance(text, (str, bytes)):
            if len(text) > MAX_JSON:
                raise _bad("size")
            try:
                text = json.loads(text)
            except (ValueError, RecursionError):
                raise _bad("JSON") from None
        return _from_raw(text, MAX_DEPTH)


def _bad(what: str) -> StudioError:
    return StudioError("point.invalid", "This is not a point in a latent space: its {what} is not usable.", what=what)


def _number(value, low: float, high: float, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:  # false for NaN too
        raise _bad(what)


def _check(point: LatentPoint) -> None:
    """Raise StudioError unless every field has its type and range and exactly one start is given."""
    if sum(start is not None for start in (point.seed, point.blend, point.mix, point.vector)) != 1:
        raise _bad("start (one of seed, blend, mix, vector)")
    if point.seed is not None and (type(point.seed) is not int or not 0 <= point.seed <= MAX_SEED):
        raise StudioError("point.seed", "A seed is a whole number from 0 to {high}.", high=MAX_SEED)
    _check_blend(point.blend)
    _check_mix(point.mix)
    _check_styles(point.styles)
    if point.vector is not None:
        if not isinstance(point.vector, tuple) or not 1 <= len(point.vector) <= MAX_VECTOR:
            raise _bad("vector")
        for value in point.vector:
            _number(value, -1e4, 1e4, "vector")
    _check_moves(point.moves)
    _number(point.truncation, 0, MAX_TRUNCATION, "truncation")
    if point.label is not None and (type(point.label) is not int or not 0 <= point.label < 100_000):
        raise _bad("label")
    if not isinstance(point.model, str) or len(point.model) > 300:
        raise _bad("model")
    depth, nodes = extent(point)
    if depth > MAX_DEPTH or nodes > MAX_NODES:
        raise _bad("depth")


def _check_blend(blend) -> None:
    if blend is None:
        return
    if not isinstance(blend, Blend) or not all(isinstance(end, LatentPoint) for end in (blend.a, blend.b)):
        raise _bad("blend")
    _number(blend.t, 0, 1, "blend")
    if blend.mode not in MODES:
        raise _bad("blend")


def _check_mix(mix) -> None:
    if mix is None:
        return
    if not isinstance(mix, Mix) or not isinstance(mix.points, tuple) or not isinstance(mix.weights, tuple):
        raise _bad("mix")
    if not 1 <= len(mix.points) <= MAX_MIXED or len(mix.points) != len(mix.weights):
        raise _bad("mix")
    for part, weight in zip(mix.points, mix.weights, strict=True):
        _number(weight, -4, 4, "mix")
        if not isinstance(part, LatentPoint):
            raise _bad("mix")
    if abs(sum(mix.weights) - 1) > 1e-3:
        raise _bad("mix")


def _check_styles(styles) -> None:
    if not isinstance(styles, tuple) or len(styles) > MAX_STYLES:
        raise _bad("styles")
    for style in styles:
        if not isinstance(style, Style) or not isinstance(style.point, LatentPoint):
            raise _bad("styles")
        _check_layers(style.first, style.stop, "styles")
        _number(style.amount, 0, 1, "styles")


def _check_moves(moves) -> None:
    if not isinstance(moves, tuple) or len(moves) > MAX_MOVES:
        raise _bad("moves")
    for move in moves:
        if not isinstance(move, tuple) or len(move) not in (2, 4):
            raise _bad("moves")
        if not isinstance(move[0], str) or not 1 <= len(move[0]) <= 80:
            raise _bad("moves")
        _number(move[1], -MAX_MOVE, MAX_MOVE, "moves")
        if len(move) == 4:
            _check_layers(move[2], move[3], "moves")


def _check_layers(first, stop, what: str) -> None:
    if type(first) is not int or type(stop) is not int or not 0 <= first < stop <= MAX_LAYERS:
        raise _bad(what)


def extent(point: LatentPoint) -> tuple[int, int]:
    """(levels, number) of the points inside a point; they were checked when they were made, so this ends soon."""
    depth, nodes = 0, 1
    for part in point.inside():
        deeper, more = extent(part)
        depth, nodes = max(depth, 1 + deeper), nodes + more
    return depth, nodes


def _to_raw(point: LatentPoint) -> dict:
    raw = {f.name: getattr(point, f.name) for f in fields(point) if getattr(point, f.name) != f.default}
    if point.blend is not None:
        b = point.blend
        raw["blend"] = {"a": _to_raw(b.a), "b": _to_raw(b.b), "t": b.t, "mode": b.mode}
    if point.mix is not None:
        raw["mix"] = {"points": [_to_raw(part) for part in point.mix.points], "weights": point.mix.weights}
    if point.styles:
        raw["styles"] = [
            {"point": _to_raw(s.point), "first": s.first, "stop": s.stop, "amount": s.amount} for s in point.styles
        ]
    if point.vector is not None:
        raw["vector"] = _packed(point.vector)
    return raw


def _packed(vector: tuple[float, ...]) -> str | tuple[float, ...]:
    """Base64 of little-endian float32, a third of the length of digits, where that is exact."""
    numbers = np.array(vector, "<f4")
    return base64.b64encode(numbers.tobytes()).decode() if tuple(numbers.tolist()) == vector else vector


def _unpacked(vector) -> tuple[float, ...]:
    if isinstance(vector, str):
        try:
            return tuple(np.frombuffer(base64.b64decode(vector, validate=True), "<f4").tolist())
        except (binascii.Error, ValueError):
            raise _bad("vector") from None
    if not isinstance(vector, list):
        raise _bad("vector")
    return tuple(vector)


def _from_raw(raw, depth: int) -> LatentPoint:
    values = _object(raw, {f.name for f in fields(LatentPoint)}, set(), "JSON")
    if depth < 0:
        raise _bad("depth")
    if values.get("blend") is not None:
        b = _object(values["blend"], {"a", "b", "t", "mode"}, {"a", "b", "t"}, "blend")
        values["blend"] = Blend(**b | {end: _from_raw(b[end], depth - 1) for end in ("a", "b")})
    if values.get("mix") is not None:
        m = _object(values["mix"], {"points", "weights"}, {"points", "weights"}, "mix")
        if not isinstance(m["points"], list) or not isinstance(m["weights"], list) or len(m["points"]) > MAX_MIXED:
            raise _bad("mix")
        values["mix"] = Mix(tuple(_from_raw(part, depth - 1) for part in m["points"]), tuple(m["weights"]))
    if values.get("vector") is not None:
        values["vector"] = _unpacked(values["vector"])
    styles, names = values.get("styles", []), {"point", "first", "stop", "amount"}
    if not isinstance(styles, list) or len(styles) > MAX_STYLES:
        raise _bad("styles")
    styles = [_object(style, names, names - {"amount"}, "styles") for style in styles]
    values["styles"] = tuple(Style(**s | {"point": _from_raw(s["point"], depth - 1)}) for s in styles)
    moves = values.get("moves", [])
    if not isinstance(moves, list) or not all(isinstance(m, list) for m in moves):
        raise _bad("moves")
    values["moves"] = tuple(tuple(m) for m in moves)
    return LatentPoint(**values)


def _object(raw, known: set[str], needed: set[str], what: str) -> dict:
    """A copy of a JSON object that has all `needed` keys and none but `known` ones."""
    if not isinstance(raw, dict) or not needed <= set(raw) <= known:
        raise _bad(what)
    return dict(raw)
