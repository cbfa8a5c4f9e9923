"""What a browser sends, checked against the annotations of the function that answers it.

def frames(self, a: LatentPoint, count: Annotated[int, Between(2, 240)], mode: Literal["slerp", "lerp"] = "slerp"): ...
"""

import inspect
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from gan_core.errors import StudioError

MAX_TEXT = 2000  # characters in a plain `str` argument
MAX_ITEMS = 1000  # entries in a plain `list` argument


@dataclass(frozen=True)
class Between:
    """Smallest and largest value of a number, or shortest and longest length of a text or list."""

    low: float
    high: float


Name = Annotated[str, Between(1, 200)]  # of a model, a run or a file
Visitor = Annotated[str, Between(0, 100)]  # the random word that a visitor's browser keeps; empty without one


def arguments(function: Callable, sent: Any) -> dict[str, Any]:
    """Return keyword arguments for `function` from a JSON object.

    Understands bool, int, float, str, dict, list[X], X | None, Literal[…], what has `from_json` (LatentPoint, Journey) and
    Annotated[X, Between(low, high)].
    Raises StudioError naming the first argument that is missing, unknown or wrong; LatentPoint's own errors pass through.
    """
    sent = {} if sent is None else sent
    if not isinstance(sent, dict) or not _proper(sent):
        raise StudioError("request.shape", "The page sent something this app does not understand. Reload the page.")
    hints, parameters = _signature(function)
    for name in sent:
        if name not in parameters:
            raise _wrong(name)
    values = {}
    for name, parameter in parameters.items():
        if name in sent:
            values[name] = _read(name, hints.get(name, Any), sent[name])
        elif parameter.default is inspect.Parameter.empty:
            raise _wrong(name)
    return values


def _proper(sent: Any) -> bool:
    """Whether all text in a JSON value can be written as UTF-8: half a surrogate pair can be sent, but not stored or shown."""
    waiting = [sent]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                return False
    return True


@cache
def _signature(function: Callable) -> tuple[dict, dict]:
    hints = get_type_hints(function, include_extras=True)
    return hints, dict(inspect.signature(function).parameters)


def _wrong(name: str) -> StudioError:
    return StudioError(
        "request.value",
        "“{name}” has no usable value. Check what you entered, or reload the page.",
        name=str(name)[:60],
    )


def _read(name: str, kind: Any, value: Any) -> Any:
    if get_origin(kind) is Annotated:
        kind, *marks = get_args(kind)
        bounds = next((mark for mark in marks if isinstance(mark, Between)), None)
        if kind is str and bounds is not None and isinstance(value, str):
            return _within(name, value, bounds)  # its own bounds, where a text may be longer than most
        return _within(name, _read(name, kind, value), bounds)
    if get_origin(kind) in (Union, types.UnionType):
        if value is None and type(None) in get_args(kind):
            return None
        return _read(name, next(k for k in get_args(kind) if k is not type(None)), value)
    if get_origin(kind) is Literal:
        if isinstance(value, (str, int)) and value in get_args(kind):
            return value
        raise _wrong(name)
    if get_origin(kind) is list or kind is list:
        if not isinstance(value, list):
            raise _wrong(name)
        _within(name, value, Between(0, MAX_ITEMS))
        of = get_args(kind)
        return [_read(name, of[0], item) for item in value] if of else value
    return _plain(name, kind, value)


def _plain(name: str, kind: Any, value: Any) -> Any:
    if kind is Any:
        return value
    if hasattr(kind, "from_json"):
        return kind.from_json(value)
    if kind is float and type(value) in (int, float) and abs(value) < 1e300:  # false for NaN and infinity too
        return float(value)
    if kind is int and type(value) is float and value.is_integer():  # NaN and infinity are not
        return int(value)
    if kind is str and isinstance(value, str):
        return _within(name, value, Between(0, MAX_TEXT))
    if kind in (int, bool, dict) and type(value) is kind:
        return value
    raise _wrong(name)


def _within(name: str, value: Any, bounds: Between | None) -> Any:
    if bounds is None or value is None:
        return value
    size = len(value) if isinstance(value, (str, list)) else value
    if bounds.low <= size <= bounds.high:
        return value
    if isinstance(value, (str, list)):
        raise StudioError(
            "request.length",
            "“{name}” is too long or too short ({low}–{high} allowed).",
            name=name,
            low=bounds.low,
            high=bounds.high,
        )
    raise StudioError(
        "request.range", "“{name}” must be between {low} and {high}.", name=name, low=bounds.low, high=bounds.high
    )
