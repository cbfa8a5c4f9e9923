"""Models that were pulled before, found without a network."""

import contextlib
import time
from pathlib import Path

from huggingface_hub import constants, try_to_load_from_cache

from gan_core.checkpoint import CONFIG, WEIGHTS, read_config
from gan_core.errors import StudioError
from gan_core.hub.names import Source, cache_folder

MAX_CONFIG = 1_000_000  # bytes


def cached_models(cache_dir: str | Path | None = None) -> list[tuple[str, str, Path]]:
    """Return (repo_id, revision, folder) of every model of ours in the cache, without a network; newest first.

    revision is the branch or tag it was pulled by, else the commit. Other people's models and broken ones are left out.
    """
    found = []
    for weights in cache_folder(cache_dir).glob(f"models--*--*/snapshots/*/{WEIGHTS}"):
        folder, repo = weights.parent, weights.parents[2]
        try:
            if not weights.is_file() or (folder / CONFIG).stat().st_size > MAX_CONFIG:
                continue
            read_config(folder)
            pulled = folder.stat().st_mtime
        except (OSError, StudioError):
            continue
        repo_id = repo.name.removeprefix("models--").replace(constants.REPO_ID_SEPARATOR, "/")
        found.append((-pulled, repo_id, _revision(repo, folder.name), folder))
    return [tuple(model[1:]) for model in sorted(found)]


def find(source: Source) -> Path | None:
    """Return the folder of a model that is in the cache whole (the weights come last), else None."""
    weights = try_to_load_from_cache(source.repo_id, WEIGHTS, source.cache_dir, source.revision)
    folder = Path(weights).parent if isinstance(weights, str) else None
    return folder if folder and (folder / CONFIG).is_file() else None


def remember(source: Source, commit: str) -> None:
    """Note in the cache which commit the source's revision stands for; a cache that cannot be written stays as it is."""
    if source.revision == commit:
        return
    repo = source.cache_dir / f"models--{source.repo_id.replace('/', constants.REPO_ID_SEPARATOR)}"
    ref = repo / "refs" / (source.revision or constants.DEFAULT_REVISION)
    temporary = ref.with_name(f"{ref.name}.{time.time_ns():x}.tmp")
    with contextlib.suppress(OSError):
        ref.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(commit)
        temporary.replace(ref)


def _revision(repo: Path, commit: str) -> str:
    """Return the branch or tag that the cache knows for a commit, "main" before others; else the commit itself."""
    refs = repo / "refs"
    names = [
        ref.relative_to(refs).as_posix()
        for ref in refs.rglob("*")
        if ref.is_file() and ref.read_text().strip() == commit
    ]
    return "main" if "main" in names else min(names, default=commit)
