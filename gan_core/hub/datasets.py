"""Data sets on the Hub: what a repository holds, its files one by one into the Hub's own cache, parts of a file, all within bounds.

What was learned of a repository is kept beside its files, so that they can be used again without a network.
"""

import contextlib
import io
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from queue import Empty, SimpleQueue
from urllib.parse import quote

from filelock import FileLock
from huggingface_hub import HfApi, constants, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from gan_core.errors import StudioError
from gan_core.files import replace_text
from gan_core.hub import download as models
from gan_core.hub import words
from gan_core.hub.ask import ask, start
from gan_core.hub.download import Bar, Meter
from gan_core.hub.names import Source, cache_folder, resolve_source

DATASET = "dataset"
LISTED = 50_000  # files of a repository that are looked at
LISTING = 60.0  # seconds that the list of its files may take, once the Hub has answered
FRESH = 300.0  # seconds for which a repository is not asked for again
AT_ONCE = 4  # files fetched side by side
AHEAD = 256 * 1024  # bytes asked for at least, of a part of a file
MOST_AT_ONCE = 1 << 30  # bytes of one part
MAX_CARD, MAX_MANIFEST = 5_000_000, 20_000_000  # bytes
OWN = ".latent-studio"  # beside a repository's files in the cache
_COMMIT = re.compile(r"[0-9a-f]{40}")
_known: dict[tuple, tuple[float, "Repository"]] = {}


@dataclass(frozen=True)
class Bounds:
    """How much of a data set is fetched at most."""

    pictures: int
    bytes: int


@dataclass(frozen=True)
class Repository:
    """A data set at one commit: `files` as (name, bytes), what its card says of itself, `more` where there are yet other files.

    `open`: whether anybody may read it.
    """

    source: Source
    commit: str
    files: tuple[tuple[str, int], ...]
    card: dict
    more: bool = False
    open: bool = False

    @property
    def folder(self) -> Path:
        """Where the cache keeps it."""
        return _folder(self.source)

    @property
    def own(self) -> Path:
        """Where what we make of its files is kept."""
        return self.folder / OWN / self.commit

    def lock(self) -> FileLock:
        """Held while something is fetched of it."""
        with contextlib.suppress(OSError):
            self.own.mkdir(parents=True, exist_ok=True)
        return FileLock(self.own / ".lock", thread_local=False)

    @property
    def licence(self) -> str:
        """The licence that its card names, or ""."""
        named = self.card.get("license")
        named = named[0] if isinstance(named, list) and named else named
        return named[:100] if isinstance(named, str) else ""


def find(
    name: str, token: str | None = None, endpoint: str | None = None, cache_dir: str | Path | None = None, timeout: float = 5.0
) -> Repository:  # fmt: skip
    """Return what is known of the data set `user/name[@revision]`, asking the Hub unless it was asked a moment ago.

    One at a commit that was looked at before needs no Hub; neither does any other when the Hub cannot be reached.
    timeout: seconds until an unreachable Hub is called so. Raises StudioError "hub.…".
    """
    source = replace(resolve_source(name, token, endpoint, cache_dir, timeout), kind=DATASET)
    asked, found = _known.get(key := (source.endpoint, source.cache_dir, source.repo_id, source.revision), (0.0, None))
    if found is not None and time.monotonic() - asked < FRESH:
        return found
    have = _remembered(source)
    if have is not None and _COMMIT.fullmatch(source.revision or ""):
        _known[key] = time.monotonic(), have
        return have
    try:
        commit, card, free = _look_up(replace(source, timeout=min(timeout, models.PATIENCE)) if have else source)
        found = replace(have, open=free) if have and have.commit == commit else _listed(source, commit, card, free)
    except (StudioError, TimeoutError) as error:
        error = words.offline(source) if isinstance(error, TimeoutError) else error
        if have is not None and error.code in ("hub.data_offline", "hub.unavailable"):
            return have
        raise error from None
    _known[key] = time.monotonic(), found
    _remember(found)
    return found


def forget() -> None:
    """Ask the Hub anew for every repository."""
    _known.clear()


def make_room(most: int, cache_dir: str | Path | None = None) -> None:
    """Remove the data sets that were looked at longest ago until all together take at most so many bytes. Links are not followed."""
    folders, weights = [], {}
    for folder in cache_folder(cache_dir).glob(f"{DATASET}s--*--*"):
        with contextlib.suppress(OSError):
            weights[folder] = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
            folders.append((max((path.stat().st_mtime for path in (folder / OWN).rglob("*")), default=0.0), folder))
    for _, folder in sorted(folders):
        if sum(weights.values()) <= most:
            break
        shutil.rmtree(folder, ignore_errors=True)
        del weights[folder]
        forget()


def here(repository: Repository, name: str) -> Path | None:
    """Return the path of a file that is in the cache, else None."""
    source = repository.source
    path = try_to_load_from_cache(source.repo_id, name, source.cache_dir, repository.commit, DATASET)
    return Path(path) if isinstance(path, str) else None


def fetch(repository: Repository, names: Sequence[str]) -> Iterator[int]:
    """Bring files into the cache, a few side by side, yielding how many of them are there, from 0 to all.

    Whoever stops asking stops the downloads. Raises StudioError "hub.…".
    """
    missing = [name for name in names if here(repository, name) is None]
    before = len(names) - len(missing)
    yield before
    if missing:
        sizes = dict(repository.files)
        _check_room(repository.source, sum(sizes[name] for name in missing))
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
            if time.monotonic() - errand.beat > models.STALL:
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
                self._fetch(source, self._names.get_nowait())
                self.files += 1

    def _fetch(self, source: Source, name: str) -> None:
        self.tick()
        size = self._sizes[name]
        path = Path(hf_hub_download(
            source.repo_id, name, repo_type=DATASET, revision=self._repository.commit, cache_dir=source.cache_dir,
            endpoint=source.endpoint, token=source.token, etag_timeout=source.timeout,
            tqdm_class=type("_FileBar", (Bar,), {"meter": _FileMeter(self, size)}),
        ))  # fmt: skip
        if path.stat().st_size != size:
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            raise words.broken_off(source)


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


# ---- what a repository holds


def _look_up(source: Source) -> tuple[str, dict, bool]:
    """Return the commit that the revision stands for, what the card says of itself, and whether anybody may read it."""
    revision = f"/revision/{quote(source.revision, safe='')}" if source.revision else ""
    told = ask(
        source,
        f"/api/datasets/{source.repo_id}{revision}",
        MAX_CARD,
        {"expand": ["sha", "cardData", "private", "gated"]},
    ).json()
    commit, card = (told.get("sha"), told.get("cardData")) if isinstance(told, dict) else (None, None)
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise words.unavailable()
    return commit, card if isinstance(card, dict) else {}, told.get("private") is False and told.get("gated") is False


def _listed(source: Source, commit: str, card: dict, free: bool) -> Repository:
    """The repository with the list of its files. Raises TimeoutError."""
    files, more = start(source, _list, commit).result(LISTING)
    return Repository(source, commit, tuple(files), card, more, free)


def _list(source: Source, commit: str) -> tuple[list[tuple[str, int]], bool]:
    api, files, began = HfApi(endpoint=source.endpoint, token=source.token), [], time.monotonic()
    for entry in api.list_repo_tree(source.repo_id, recursive=True, revision=commit, repo_type=DATASET):
        if isinstance(entry, RepoFile) and _is_plain(entry.path) and type(entry.size) is int and entry.size >= 0:
            files.append((entry.path, entry.size))
        if len(files) >= LISTED or time.monotonic() - began > LISTING:
            return files, True
    return files, False


def _is_plain(name) -> bool:
    """Whether a file's name leads nowhere but downwards."""
    if not isinstance(name, str) or not 0 < len(name) <= 500 or not name.isprintable() or "\\" in name:
        return False
    return not name.startswith("/") and not {"..", "."} & set(PurePosixPath(name).parts)


# ---- what is kept of it


def _folder(source: Source) -> Path:
    return source.cache_dir / repo_folder_name(repo_id=source.repo_id, repo_type=DATASET)


def _remember(repository: Repository) -> None:
    """Keep what is known beside the files; a cache that cannot be written stays as it is."""
    facts = {"files": repository.files, "card": repository.card, "more": repository.more, "open": repository.open}
    ref = repository.folder / "refs" / (repository.source.revision or constants.DEFAULT_REVISION)
    with contextlib.suppress(OSError, TypeError, ValueError):
        repository.own.mkdir(parents=True, exist_ok=True)
        replace_text(repository.own / "repository.json", json.dumps(facts, default=str))
        if repository.source.revision != repository.commit:
            ref.parent.mkdir(parents=True, exist_ok=True)
            replace_text(ref, repository.commit)


def _remembered(source: Source) -> Repository | None:
    """What was kept of a repository at the revision that is asked for; None where nothing usable was."""
    revision = source.revision or constants.DEFAULT_REVISION
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        ref = _folder(source) / "refs" / revision
        commit = revision if _COMMIT.fullmatch(revision) else ref.read_text().strip()
        path = _folder(source) / OWN / commit / "repository.json"
        if not _COMMIT.fullmatch(commit) or path.stat().st_size > MAX_MANIFEST:
            return None
        facts = json.loads(path.read_text())
        files = tuple((name, size) for name, size in facts["files"] if _is_plain(name) and type(size) is int)
        return Repository(source, commit, files, dict(facts["card"]), bool(facts["more"]), facts.get("open") is True)
    return None


def _check_room(source: Source, size: int) -> None:
    place = next(folder for folder in (source.cache_dir, *source.cache_dir.parents) if folder.exists())
    if shutil.disk_usage(place).free < size:
        raise words.disk_full(source)
