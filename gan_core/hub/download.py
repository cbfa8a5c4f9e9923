"""Pulling a model folder from the Hub with its own client, within bounds of time and size.

Only the files of a model folder are fetched, the small ones first and the weights last: so a folder in the cache that has
its weights is whole, and somebody else's large model is refused before it is downloaded.
"""

import re
import shutil
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from huggingface_hub import constants, hf_hub_download

from gan_core.checkpoint import CARD, CONFIG, DIRECTIONS, ENCODER, PREVIEW, WEIGHTS, read_config
from gan_core.errors import StudioError
from gan_core.hub import cache, facts, words
from gan_core.hub.ask import start
from gan_core.hub.names import Source, resolve_source

LIMITS = {  # file -> most bytes; in the order they are fetched
    CONFIG: cache.MAX_CONFIG,
    CARD: 1_000_000,
    PREVIEW: 20_000_000,
    DIRECTIONS: 200_000_000,
    ENCODER: 200_000_000,
    WEIGHTS: 2_000_000_000,
}
STALL = 30.0  # seconds without a byte after which a download is given up
PATIENCE = 1.5  # seconds to ask for news of a model that is already here
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PULLING = defaultdict(Lock)  # by cache and repository

constants.HF_HUB_DISABLE_TELEMETRY = True  # requests tell nothing about this computer, and no list of agents is fetched
constants.DOWNLOAD_CHUNK_SIZE = 256 * 1024  # the client's 10 MB would show no progress in most of our models


def pull(
    spec: str,
    token: str | bool | None = None,
    progress: Callable[[int, int], None] | None = None,
    endpoint: str | None = None,
    cache_dir: str | Path | None = None,
    timeout: float | None = None,
    most: int | None = None,
) -> Path:
    """Return the folder of a model from the Hub, fetching what is not in the cache yet.

    spec: as for `parse`. progress(done, total) is called in this thread with bytes, rising to done = total. timeout:
    seconds until an unreachable Hub is called so (None: names.TIMEOUT). most: bytes in all, where a place allows less than LIMITS. What `progress` raises
    stops the pull; what has come is kept for the next time. A model in the cache is returned even without a Hub, and at once when
    its revision is a commit. Raises StudioError "hub.…" with a sentence for each thing that can go wrong.
    """
    source = resolve_source(spec, token, endpoint, cache_dir, timeout)
    have = cache.find(source)
    if have is not None and _COMMIT.fullmatch(source.revision or ""):
        return have
    try:
        commit, sizes = _look_up(replace(source, timeout=min(source.timeout, PATIENCE) if have else source.timeout))
    except StudioError as error:
        if have is not None and error.code in ("hub.offline", "hub.unavailable"):
            return have
        raise
    if most is not None and sum(sizes.values()) > most:
        raise words.too_large(source, WEIGHTS, sum(sizes.values()), most)
    report, turn = progress or (lambda done, total: None), _PULLING[source.cache_dir, source.repo_id]
    while not turn.acquire(timeout=0.1):  # who comes second finds everything in the cache
        report(0, sum(sizes.values()))
    try:
        return _fetch(source, commit, sizes, report)
    finally:
        turn.release()


def _look_up(source: Source) -> tuple[str, dict[str, int]]:
    """Return the commit that the revision stands for and the sizes of a model folder's files there, within the limits."""
    commit, there = facts.files(source)
    sizes = {name: there[name] for name in LIMITS if name in there}
    if CONFIG not in sizes or WEIGHTS not in sizes:
        raise words.not_ours(source)
    if None in sizes.values():
        raise words.unavailable()
    for name, size in sizes.items():
        if size > LIMITS[name]:
            raise words.too_large(source, name, size, LIMITS[name])
    return commit, sizes


def _fetch(source: Source, commit: str, sizes: dict[str, int], progress: Callable[[int, int], None]) -> Path:
    """Download in a thread of its own and report from this one; give up when nothing comes any more."""
    meter = Meter(source, sum(sizes.values()))
    place = next(folder for folder in (source.cache_dir, *source.cache_dir.parents) if folder.exists())
    if shutil.disk_usage(place).free < meter.total:
        raise words.disk_full(source)
    answer = start(source, _download, commit, sizes, meter)
    try:
        while not answer.done():
            progress(meter.done, meter.total)  # often, so that it may stop the pull also while nothing comes
            if time.monotonic() - meter.beat > STALL:
                raise words.offline(source)
            time.sleep(0.05)
        folder = answer.result()
    finally:
        meter.abandoned = True  # also when `progress` raised: the thread stops at its next bytes
    progress(meter.total, meter.total)
    return folder


def _download(source: Source, commit: str, sizes: dict[str, int], meter: "Meter") -> Path:
    """Fetch the files one by one into the cache's folder of this commit, and return it."""
    bar, whole = type("_PullBar", (Bar,), {"meter": meter}), 0
    for name, size in sizes.items():
        path = Path(hf_hub_download(
            source.repo_id, name, revision=commit, cache_dir=source.cache_dir, endpoint=source.endpoint, token=source.token,
            etag_timeout=source.timeout, tqdm_class=bar,
        ))  # fmt: skip
        if path.stat().st_size != size:
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            raise words.broken_off(source)
        if name == CONFIG:
            _check_config(source, path.parent)
        whole += size
        meter.done = whole  # what was in the cache already counts too
    cache.remember(source, commit)
    return path.parent


def _check_config(source: Source, folder: Path) -> None:
    try:
        read_config(folder)
    except StudioError as error:
        raise words.not_ours(source) from error


class Meter:
    """The bytes of one pull: counted by the thread that downloads, read by the one that waits."""

    def __init__(self, source: Source, total: int):
        self.source, self.total = source, total
        self.done, self.beat, self.abandoned = 0, time.monotonic(), False

    def add(self, count: int) -> None:
        self.beat = time.monotonic()
        self.done += count
        if self.abandoned or self.done > self.total:
            raise words.broken_off(self.source)


class Bar:
    """What the client's downloads ask of a tqdm class; each pull makes a subclass with its `meter`."""

    meter: Meter

    def __init__(self, *args, **kwargs):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def update(self, count: int = 1) -> None:
        self.meter.add(int(count))

    def update_transfer(self, count: int = 1) -> None:  # Xet: bytes that have come but are not yet put together
        self.meter.add(0)

    def set_postfix_str(self, *args, **kwargs) -> None:
        pass

    set_transfer_postfix_str = close = refresh = set_postfix_str
