"""Data sets on the Hub: what a repository holds, asked within bounds of time and size.

What was learned of a repository is kept beside its files, so that they can be used again without a network.
"""

import contextlib
import json
import re
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from filelock import FileLock
from huggingface_hub import HfApi, constants, try_to_load_from_cache
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.hf_api import RepoFile

from gan_core.errors import StudioError
from gan_core.files import replace_text
from gan_core.hub import names, words
from gan_core.hub.ask import ask, start
from gan_core.hub.names import Source, cache_folder, resolve_source

DATASET = "dataset"
LISTED = 50_000  # files of a repository that are looked at
LISTING = 60.0  # seconds that the list of its files may take, once the Hub has answered
FRESH = 300.0  # seconds for which a repository is not asked for again
MAX_CARD, MAX_MANIFEST = 5_000_000, 20_000_000  # bytes
OWN = ".latent-studio"  # beside a repository's files in the cache
_COMMIT = re.compile(r"[0-9a-f]{40}")
_known: dict[tuple, tuple[float, "Repository"]] = {}
MOST_KNOWN = 64  # repositories; one may have a list of many files


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
        _keep(key, have)
        return have
    try:
        commit, card, free = _look_up(replace(source, timeout=min(timeout, names.PATIENCE)) if have else source)
        found = replace(have, open=free) if have and have.commit == commit else _listed(source, commit, card, free)
    except (StudioError, TimeoutError) as error:
        error = words.offline(source) if isinstance(error, TimeoutError) else error
        if have is not None and error.code in ("hub.data_offline", "hub.unavailable"):
            return have
        raise error from None
    _keep(key, found)
    _remember(found)
    return found


def _keep(key: tuple, found: "Repository") -> None:
    _known.pop(key, None)
    _known[key] = time.monotonic(), found
    while len(_known) > MOST_KNOWN:
        _known.pop(next(iter(_known)), None)


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
