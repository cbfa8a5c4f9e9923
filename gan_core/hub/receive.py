"""Files of a repository into the Hub's own cache: counted as they come, whole at the end, given up when nothing comes any more."""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from huggingface_hub import constants, hf_hub_download

from gan_core.hub import words
from gan_core.hub.ask import start
from gan_core.hub.names import Source

STALL = 30.0  # seconds without a byte after which a download is given up

constants.HF_HUB_DISABLE_TELEMETRY = True  # requests tell nothing about this computer, and no list of agents is fetched
constants.DOWNLOAD_CHUNK_SIZE = 256 * 1024  # the client's 10 MB would show no progress in most of our models


def receive(
    source: Source,
    commit: str,
    sizes: Mapping[str, int],
    progress: Callable[[int, int], None],
    check: Callable[[str, Path], None] = lambda name, path: None,
) -> dict[str, Path]:
    """Return where the files lie in the cache, fetched in the order of `sizes` (file -> bytes) in a thread of its own.

    progress(done, total) is called in this thread, with bytes; what it raises stops the download, and so does what check(name, path)
    raises for a file that has come. Raises StudioError "hub.…".
    """
    meter = Meter(source, sum(sizes.values()))
    check_room(source, meter.total)
    answer = start(source, _receive, commit, sizes, meter, check)
    try:
        while not answer.done():
            progress(meter.done, meter.total)  # often, so that it may stop the download also while nothing comes
            if time.monotonic() - meter.beat > STALL:
                raise words.offline(source)
            time.sleep(0.05)
        return answer.result()
    finally:
        meter.abandoned = True  # also when `progress` raised: the thread stops at its next bytes


def receive_one(
    source: Source, commit: str, name: str, size: int, meter: "Meter", repo_type: str | None = None
) -> Path:
    """Fetch one file into the cache in this thread, unless it is there, and return its path. Raises StudioError for another size."""
    path = Path(hf_hub_download(
        source.repo_id, name, repo_type=repo_type, revision=commit, cache_dir=source.cache_dir, endpoint=source.endpoint,
        token=source.token, etag_timeout=source.timeout, tqdm_class=type("_CountingBar", (Bar,), {"meter": meter}),
    ))  # fmt: skip
    if path.stat().st_size != size:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise words.broken_off(source)
    return path


def check_room(source: Source, size: int) -> None:
    """Raise StudioError when the disk of the cache has not as many bytes left."""
    place = next(folder for folder in (source.cache_dir, *source.cache_dir.parents) if folder.exists())
    if shutil.disk_usage(place).free < size:
        raise words.disk_full(source)


def _receive(
    source: Source, commit: str, sizes: Mapping[str, int], meter: "Meter", check: Callable[[str, Path], None]
) -> dict[str, Path]:
    paths, whole = {}, 0
    for name, size in sizes.items():
        paths[name] = receive_one(source, commit, name, size, meter)
        check(name, paths[name])
        whole += size
        meter.done = whole  # what was in the cache already counts too
    return paths


class Meter:
    """The bytes of one download: counted by the thread that downloads, read by the one that waits."""

    def __init__(self, source: Source, total: int):
        self.source, self.total = source, total
        self.done, self.beat, self.abandoned = 0, time.monotonic(), False

    def add(self, count: int) -> None:
        self.beat = time.monotonic()
        self.done += count
        if self.abandoned or self.done > self.total:
            raise words.broken_off(self.source)


class Bar:
    """What the client's downloads ask of a tqdm class; each download makes a subclass with its `meter`."""

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
