"""Who is asking: the random word that a visitor's browser keeps, and the address it comes from. No gradio here.

`widgets.answering` says it once for each request; whoever needs it asks `caller()`. It goes along into jobs (`jobs.Jobs`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from gan_core.ui import limits
from gan_core.ui.guard_flood import address

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


_caller: ContextVar[Caller] = ContextVar("caller", default=Caller())  # noqa: B039


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


def address_of(host: str, headers: Mapping[str, str]) -> str:
    """Return where a visitor comes from: who connected or, on a Space, whom its proxy names."""
    return address(host, headers.get("x-forwarded-for", "")) if limits.on_space() else host
