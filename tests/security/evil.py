"""What a hostile page sends in place of an argument: one fixed table, and every way of putting it into a good request."""

import inspect
import random
import types
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from gan_core.latent.journey import KEY, Journey
from gan_core.latent.point import LatentPoint
from gan_core.ui.requests import Between

SCRIPT = "<img src=x onerror=alert(1)>"


def deep(levels: int) -> list:
    """Lists inside one another."""
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


EVIL = (
    None, True, False, -1, 0, 1, 24, 2**31, 2**63, -(2**64), 10**300, 0.5, 1e308, float("nan"), float("inf"), -float("inf"),
    "", " ", "0", "1e999", "nan", "x" * 100_001, "a" * 199, "\ud800", "\udfff\ud800", "\0", "a\0b", "\r\nSet-Cookie: a=b", "‮abc",
    SCRIPT, "{0.__class__.__mro__}", "{name}", "%s%n", "__proto__", "constructor", "__class__",
    "..", "../..", "../../../../etc/passwd", "..\\..\\secret.txt", "/etc/passwd", "~/secret.txt", "secret.txt", "../secret.txt",
    "runs/../../secret.txt", "hub/../..", "imported/../../x", "runs/old@best", "runs/old@../..", "a-plain@1", "a-plain/../a-plain",
    "file:///etc/passwd", "http://127.0.0.1:9/x", "http://169.254.169.254/latest", "hub:../../..", "hub:http://127.0.0.1:9",
    "hub:a/b@../../x", "user/name@refs/../..", "https://huggingface.co@127.0.0.1:9/a/b", "//127.0.0.1/share", "ann/../../x",
    [], [[]], [None] * 1001, ["x"] * 3000, ["../secret.txt"], [float("nan")], [10**300, -1], [[["d0", 1e400]]], deep(400),
    {}, {"__proto__": {"polluted": 1}}, {"constructor": {"prototype": {"polluted": 1}}}, {"\ud800": 1}, {"seed": {"seed": 0}},
    {str(i): i for i in range(5000)}, {"kind": "folder", "name": "../secret.txt"}, {"name": ["d0"], "title": {}},
)  # fmt: skip


def signature(function: Callable) -> dict[str, tuple[Any, bool]]:
    """{argument: (annotation, whether it must be there)} of a server function."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: (hints.get(name, Any), parameter.default is inspect.Parameter.empty)
        for name, parameter in inspect.signature(function).parameters.items()
    }


def good(name: str, kind: Any, known: dict[str, Any]) -> Any:
    """A value that would do: what `known` says of an argument of this name, else the plainest of its type."""
    if name in known and not (isinstance(known[name], str) and _plain(kind) is not str):
        return deepcopy(known[name])
    if get_origin(kind) is Annotated:
        inner, *marks = get_args(kind)
        low = next((mark.low for mark in marks if isinstance(mark, Between)), 0)
        if inner is str:
            return "a" * max(1, int(low))
        if _plain(inner) is list:
            of = get_args(inner)
            return [good("", of[0], known) if of else [] for _ in range(max(1, int(low)))]
        return inner(low) if inner in (int, float) else good("", inner, known)
    if get_origin(kind) in (Union, types.UnionType):
        return good("", next(k for k in get_args(kind) if k is not type(None)), known)
    if get_origin(kind) is Literal:
        return get_args(kind)[0]
    if get_origin(kind) is list:
        return [good("", get_args(kind)[0], known)] if get_args(kind) else []
    if kind is LatentPoint:
        return {"seed": 1, "model": "a-plain", "moves": [["d0", 1.0]], "truncation": 0.9}
    if kind is Journey:
        point = {"seed": 2, "model": "a-plain"}
        return {KEY: 1, "keyframes": [{"point": point, "seconds": 0.2}, {"point": {**point, "seed": 3}}], "fps": 8}
    return {int: 1, float: 1.0, bool: False, str: "a", dict: {}, list: []}.get(kind, "a")


def _plain(kind: Any) -> Any:
    """The type that a value on the wire has."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return get_origin(kind) or kind


def requests(function: Callable, known: dict[str, Any], seed: int, inside: int = 3) -> Iterator[Any]:
    """Every evil value in place of every argument, some of them at every place inside a structured one, and wrong shapes."""
    chance, told = random.Random(f"{seed} {function.__qualname__}"), signature(function)
    whole = {name: good(name, kind, known) for name, (kind, needed) in told.items() if needed or name in known}
    yield from (
        None,
        [],
        "x",
        3,
        deep(400),
        {"__proto__": {}},
        {**whole, "__proto__": {"a": 1}},
        {**whole, "self": 1},
        {**whole, "\ud800": 1},
    )
    for name in told:
        yield {key: value for key, value in whole.items() if key != name}
        for evil in EVIL:
            yield {**whole, name: deepcopy(evil)}
        for path in list(_places(whole.get(name)))[:40]:
            for evil in chance.sample(EVIL, inside):
                changed = deepcopy(whole)
                holder = changed[name]
                for step in path[:-1]:
                    holder = holder[step]
                holder[path[-1]] = deepcopy(evil)
                yield changed


def _places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Where something lies inside dicts and lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))
