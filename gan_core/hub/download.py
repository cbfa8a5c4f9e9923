"""Pulling a model folder from the Hub with its own client, within bounds of time and size.

Only the files of a model folder are fetched, the small ones first and the weights last: so a folder in the cache that has
its weights is whole, and somebody else's large model is refused before it is downloaded.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from gan_core.checkpoint import CARD, CONFIG, DIRECTIONS, ENCODER, PREVIEW, WEIGHTS, read_config
from gan_core.errors import StudioError
from gan_core.hub import cache, facts, names, words
from gan_core.hub.names import Source, resolve_source
from gan_core.hub.receive import receive

LIMITS = {  # file -> most bytes; in the order they are fetched
    CONFIG: cache.MAX_CONFIG,
    CARD: 1_000_000,
    PREVIEW: 20_000_000,
    DIRECTIONS: 200_000_000,
    ENCODER: 200_000_000,
    WEIGHTS: 2_000_000_000,
}
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PULLING = defaultdict(Lock)  # by cache and repository


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
        commit, sizes = _look_up(
            replace(source, timeout=min(source.timeout, names.PATIENCE) if have else source.timeout)
        )
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
    """Fetch the files, look into the config before the rest comes, and return the cache's folder of this commit."""

    def check(name: str, path: Path) -> None:
        if name == CONFIG:
            _check_config(source, path.parent)

    paths = receive(source, commit, sizes, progress, check)
    cache.remember(source, commit)
    total = sum(sizes.values())
    progress(total, total)
    return paths[CONFIG].parent


def _check_config(source: Source, folder: Path) -> None:
    try:
        read_config(folder)
    except StudioError as error:
        raise words.not_ours(source) from error
