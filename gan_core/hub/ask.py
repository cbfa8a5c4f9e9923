"""One question to the Hub, within bounds of time and size, whatever it is that answers."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import BoundedSemaphore, Thread
from typing import Any

import httpx2
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from gan_core.hub import words
from gan_core.hub.names import Source

MOST = 2_000_000  # bytes of an answer that is text
AT_ONCE = 16  # questions under way; one that hangs counts until the client itself gives up
_turns = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Answer:
    """What came back: its bytes, its headers and its status."""

    body: bytes
    headers: Mapping[str, str]
    status: int = 200

    def json(self) -> Any:
        """The answer as JSON. Raises StudioError "hub.unavailable" for anything else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise words.unavailable() from None


def ask(
    source: Source,
    path: str,
    most: int = MOST,
    params: dict | None = None,
    body: Any = None,
    also: tuple[int, ...] = (),
) -> Answer:
    """GET `path` of the Hub, or POST `body` to it as JSON; at most `most` bytes, within `source.timeout` seconds in all.

    also: statuses that are an answer here and no error. Raises StudioError "hub.…" with a sentence for each thing that can go wrong.
    """
    end = time.monotonic() + source.timeout
    if not _turns.acquire(timeout=source.timeout):
        raise words.offline(source)
    answer = start(source, _ask, path, most, params, body, also)
    answer.add_done_callback(lambda _: _turns.release())
    try:
        # The client's own timeouts leave out the name service, and begin anew with each read.
        return answer.result(max(0, end - time.monotonic()))
    except TimeoutError:
        raise words.offline(source) from None


def _ask(source: Source, path: str, most: int, params: dict | None, body: Any, also: tuple[int, ...]) -> Answer:
    end = time.monotonic() + source.timeout
    headers = {
        **build_hf_headers(token=source.token),
        "Accept-Encoding": "identity",
    }  # nothing swells when it is unpacked
    how = {"params": params, "headers": headers, "timeout": source.timeout, "follow_redirects": True}
    if body is not None:
        how["json"] = body
    with get_session().stream("GET" if body is None else "POST", source.endpoint + path, **how) as response:
        received = bytearray()
        for piece in response.iter_raw():
            received += piece
            if len(received) > most:
                raise words.unavailable()
            if time.monotonic() > end:
                raise words.offline(source)
    if response.status_code >= 400 and response.status_code not in also:
        told = httpx2.Response(
            response.status_code, headers=response.headers, content=bytes(received), request=response.request
        )
        hf_raise_for_status(told)
    return Answer(bytes(received), response.headers, response.status_code)


def start(source: Source, work: Callable, *args) -> Future:
    """Run work(source, *args) in a daemon thread; errors of the client arrive in words."""
    answer = Future()

    def run():
        try:
            answer.set_result(work(source, *args))
        except BaseException as error:
            answer.set_exception(words.translate(error, source))

    Thread(target=run, name="hub", daemon=True).start()
    return answer
