"""Files of data sets on the Hub: whole ones into the Hub's own cache, a few side by side, and parts of a file where it lies."""

import contextlib
import io
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue

from huggingface_hub import hf_hub_url
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from gan_core.hub import receive, words
from gan_core.hub.ask import start
from gan_core.hub.datasets import DATASET, Repository, here
from gan_core.hub.names import Source
from gan_core.hub.receive import Meter, check_room, receive_one

AT_ONCE = 4  # files fetched side by side
AHEAD = 256 * 1024  # bytes asked for at least, of a part of a file
MOST_AT_ONCE = 1 << 30  # bytes of one part


def fetch(repository: Repository, names: Sequence[str]) -> Iterator[int]:
    """Bring files into the cache, a few side by side, yielding how many of them are there, from 0 to all.

    Whoever stops asking stops the downloads. Raises StudioError "hub.…".
    """
    missing = [name for name in names if here(repository, name) is None]
    before = len(names) - len(missing)
    yield before
    if missing:
        sizes = dict(repository.files)
        check_room(repository.source, sum(sizes[name] for name in missing))
        errand = _Errand(repository, missing)
        for _ in watched(errand, [errand.work] * min(AT_ONCE, len(missing))):
            yield before + errand.files
        yield len(names)


def fetch_one(repository: Repository, name: str) -> Path:
    """Return the path of one file in the cache, fetching it if need be. Raises StudioError "hub.…"."""
    for _ in fetch(repository, [name]):
        pass
    path = here(repository, name)
    if path is None:
        raise words.broken_off(repository.source)
    return path


class Errand:
    """Work on the Hub in threads: `beat` when something came last, `stopped` once nobody wants it any more."""

    def __init__(self, source: Source):
        self.source, self.beat, self.stopped = source, time.monotonic(), False

    def tick(self) -> None:
        """Something came. Raises StudioError once nobody wants it."""
        self.beat = time.monotonic()
        if self.stopped:
            raise words.broken_off(self.source)


def watched(errand: Errand, work: Sequence[Callable[[Source], None]]) -> Iterator[None]:
    """Do all of `work` in threads; yield again and again until it is done. Raises its errors, and when nothing comes any more."""
    answers = [start(errand.source, one) for one in work]
    try:
        while not all(answer.done() for answer in answers):
            for answer in answers:
                if answer.done():
                    answer.result()
            if time.monotonic() - errand.beat > receive.STALL:
                raise words.offline(errand.source)
            yield
            time.sleep(0.05)
        for answer in answers:
            answer.result()
    finally:
        errand.stopped = True


class _Errand(Errand):
    """Files to be fetched, taken one by one by several threads."""

    def __init__(self, repository: Repository, names: Sequence[str]):
        super().__init__(repository.source)
        self._repository, self._sizes, self._names = repository, dict(repository.files), SimpleQueue()
        self.files = 0
        for name in names:
            self._names.put(name)

    def work(self, source: Source) -> None:
        with contextlib.suppress(Empty):
            while True:
                name = self._names.get_nowait()
                self.tick()
                meter = _FileMeter(self, self._sizes[name])
                receive_one(source, self._repository.commit, name, meter.total, meter, DATASET)
                self.files += 1


class _FileMeter(Meter):
    """The bytes of one file of an errand."""

    def __init__(self, errand: Errand, total: int):
        super().__init__(errand.source, total)
        self._errand = errand

    def add(self, count: int) -> None:
        self._errand.tick()
        super().add(count)


class RemoteFile(io.RawIOBase):
    """A file of a repository that is read where it lies, in parts; of what an `errand` wants. Raises StudioError "hub.…"."""

    def __init__(self, repository: Repository, name: str, errand: Errand):
        self._size, self._errand, self._at = dict(repository.files)[name], errand, 0
        self._kept, self._from = b"", 0
        self.fetched = 0  # bytes
        source = repository.source
        self._url = hf_hub_url(
            source.repo_id, name, repo_type=DATASET, revision=repository.commit, endpoint=source.endpoint
        )
        self._headers = build_hf_headers(token=source.token) | {"Accept-Encoding": "identity"}

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def size(self) -> int:
        return self._size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, count: int = -1) -> bytes:
        rest = max(0, self._size - self._at)
        count = rest if count is None or count < 0 else min(count, rest)
        first = self._at - self._from
        if not 0 <= first <= first + count <= len(self._kept):
            try:
                self._kept, self._from = self._ask(self._at, min(max(count, AHEAD), rest)), self._at
            except Exception as error:
                raise words.translate(error, self._errand.source) from None
            first = 0
        self._at += count
        return self._kept[first : first + count]

    def _ask(self, first: int, count: int) -> bytes:
        """Bytes from `first` on, `count` of them."""
        source = self._errand.source
        if count > MOST_AT_ONCE:
            raise words.too_large(source, "part", count, MOST_AT_ONCE)
        headers, parts, come = self._headers | {"Range": f"bytes={first}-{first + count - 1}"}, [], 0
        with get_session().stream(
            "GET", self._url, headers=headers, timeout=source.timeout * 2, follow_redirects=True
        ) as answer:
            if answer.status_code >= 400:
                answer.read()
            hf_raise_for_status(answer)
            if answer.status_code != 206:
                raise words.unavailable()
            for part in answer.iter_bytes(64 * 1024):
                self._errand.tick()
                come += len(part)
                if come > count:
                    raise words.broken_off(source)
                parts.append(part)
        if come < count:
            raise words.broken_off(source)
        self.fetched += come
        return b"".join(parts)
