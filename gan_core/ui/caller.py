"""Who is asking: the random word that a visitor's browser keeps, and the address it comes from. No gradio here.

`widgets.answering` says it once for each request; whoever needs it asks `caller()`. It goes along into jobs (`jobs.Jobs`).
"""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from gan_core.ui import limits

MAX_WORD = 100


@dataclass(frozen=True)
class Caller:
    """A visitor: `word` is kept by the browser (empty without one), `address` is where the request came from ("": this process)."""

    word: str = ""
    address: str = ""

    @property
    def key(self) -> str:
        """What tells visitors apart where they share something; "" for this process's own work."""
        return self.word or self.address


_caller: ContextVar[Caller] = ContextVar("caller", default=Caller())


def caller() -> Caller:
    """Return who asked for what is being done."""
    return _caller.get()


@contextmanager
def calling(who: Caller) -> Iterator[None]:
    """Within this block, `who` is the caller."""
    token = _caller.set(who)
    try:
        yield
    finally:
        _caller.reset(token)


def word_of(sent: Any) -> str:
    """Return the visitor's word in what a page sent, "" where there is no usable one."""
    word = sent.get("visitor", sent.get("visitor_word")) if isinstance(sent, dict) else None
    return word if isinstance(word, str) and len(word) <= MAX_WORD else ""


def address_of(host: str | None, headers: Mapping[str, str]) -> str:
    """Return the address of a visitor: who connected or, on a Space, whom its proxy names.

    The proxy appends to X-Forwarded-For, and what stands before may be the visitor's own invention: the last public address counts.
    IPv6 networks count as one visitor's by their first 64 bits.
    """
    if not limits.on_space():
        return host or ""
    for part in reversed(headers.get("x-forwarded-for", "").split(",")[-8:]):
        try:
            found = ipaddress.ip_address(part.strip())
        except ValueError:
            continue
        if found.is_global:
            return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
    return host or ""
