"""LatentPoint: the value that every picture is made from, and its exact JSON form."""

import json
from dataclasses import dataclass, fields

from gan_core.errors import StudioError

MAX_SEED = 2**32 - 1
MAX_MOVE = 10.0  # σ along a direction
MAX_TRUNCATION = 2.0
MAX_MOVES, MAX_VECTOR, MAX_DEPTH, MAX_JSON = 64, 16_384, 8, 2_000_000
MODES = ("slerp", "lerp")


@dataclass(frozen=True)
class Blend:
    """The place a share `t` of the way from point `a` (0) to point `b` (1), along an arc (slerp) or a line (lerp)."""

    a: "LatentPoint"
    b: "LatentPoint"
    t: float
    mode: str = "slerp"


@dataclass(frozen=True)
class LatentPoint:
    """Where a picture is: one start (a seed, a blend of two points, or an explicit code), then what was done to it.

    `moves` are (direction name, amount in σ) pairs; `truncation` 1 is as drawn, 0 the average; `label` None on a
    conditional model means the class that the seed picks; `model` names the model the point belongs to.
    Raises StudioError for a value out of range.
    """

    seed: int | None = None
    blend: Blend | None = None
    vector: tuple[float, ...] | None = None
    moves: tuple[tuple[str, float], ...] = ()
    truncation: float = 1.0
    label: int | None = None
    model: str = ""

    def __post_init__(self):
        if self.seed is None and self.blend is None and self.vector is None:
            object.__setattr__(self, "seed", 0)
        _check(self)

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
    if sum(start is not None for start in (point.seed, point.blend, point.vector)) != 1:
        raise _bad("start (one of seed, blend, vector)")
    if point.seed is not None and (type(point.seed) is not int or not 0 <= point.seed <= MAX_SEED):
        raise StudioError("point.seed", "A seed is a whole number from 0 to {high}.", high=MAX_SEED)
    if point.blend is not None:
        blend = point.blend
        if not isinstance(blend, Blend) or not all(isinstance(end, LatentPoint) for end in (blend.a, blend.b)):
            raise _bad("blend")
        _number(blend.t, 0, 1, "blend")
        if blend.mode not in MODES or _depth(point) > MAX_DEPTH:
            raise _bad("blend")
    if point.vector is not None:
        if not isinstance(point.vector, tuple) or not 1 <= len(point.vector) <= MAX_VECTOR:
            raise _bad("vector")
        for value in point.vector:
            _number(value, -1e4, 1e4, "vector")
    if not isinstance(point.moves, tuple) or len(point.moves) > MAX_MOVES:
        raise _bad("moves")
    for move in point.moves:
        if not isinstance(move, tuple) or len(move) != 2 or not isinstance(move[0], str) or not 1 <= len(move[0]) <= 80:
            raise _bad("moves")
        _number(move[1], -MAX_MOVE, MAX_MOVE, "moves")
    _number(point.truncation, 0, MAX_TRUNCATION, "truncation")
    if point.label is not None and (type(point.label) is not int or not 0 <= point.label < 100_000):
        raise _bad("label")
    if not isinstance(point.model, str) or len(point.model) > 300:
        raise _bad("model")


def _depth(point: LatentPoint) -> int:
    if point.blend is None:
        return 0
    return 1 + max(_depth(point.blend.a), _depth(point.blend.b))


def _to_raw(point: LatentPoint) -> dict:
    raw = {f.name: getattr(point, f.name) for f in fields(point) if getattr(point, f.name) != f.default}
    if point.blend is not None:
        b = point.blend
        raw["blend"] = {"a": _to_raw(b.a), "b": _to_raw(b.b), "t": b.t, "mode": b.mode}
    return raw


def _from_raw(raw, depth: int) -> LatentPoint:
    if not isinstance(raw, dict) or depth < 0:
        raise _bad("JSON")
    known = {f.name for f in fields(LatentPoint)}
    if not set(raw) <= known:
        raise _bad("JSON")
    values = dict(raw)
    if values.get("blend") is not None:
        b = values["blend"]
        if not isinstance(b, dict) or not {"a", "b", "t"} <= set(b) <= {"a", "b", "t", "mode"}:
            raise _bad("blend")
        values["blend"] = Blend(
            _from_raw(b["a"], depth - 1), _from_raw(b["b"], depth - 1), b["t"], b.get("mode", "slerp")
        )
    if values.get("vector") is not None:
        if not isinstance(values["vector"], list):
            raise _bad("vector")
        values["vector"] = tuple(values["vector"])
    moves = values.get("moves", [])
    if not isinstance(moves, list) or not all(isinstance(m, list) for m in moves):
        raise _bad("moves")
    values["moves"] = tuple(tuple(m) for m in moves)
    return LatentPoint(**values)
