"""Weight files of other people's repositories, fetched within bounds of number and size; what they hold is for gan_core.importers."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from gan_core.errors import StudioError
from gan_core.hub import words
from gan_core.hub.facts import files
from gan_core.hub.names import resolve_source
from gan_core.hub.receive import receive

MOST = 2_000_000_000  # bytes of one weight file
MAX_SETTINGS = 1_000_000
SUFFIXES = (".safetensors", ".pth", ".pt", ".ckpt", ".bin", ".pkl")
SETTINGS = ("config.json", "model_config.json", ".config.json")
GENERATOR = ("g_ema", "ema", "generator", "netg", "gen", "g.", "g_", "model", "decoder", "vae")  # likelier, the earlier
OTHERS = ("disc", "netd", "d.", "d_", "optim", "critic", "encoder", "training_args", "scheduler", "lpips", "vgg")


def pull_foreign(
    spec: str, token: str | None = None, progress: Callable[[int, int], None] | None = None, most: int = MOST, **place
) -> list[Path]:
    """Return the weight file of a Hub repository that is likeliest its generator's, then the settings files beside it.

    spec: as for `hub.parse`. progress(done, total) is called in this thread; what it raises stops the download. place: endpoint,
    cache_dir, timeout. Raises StudioError "hub.…".
    """
    source = resolve_source(spec, token, place.get("endpoint"), place.get("cache_dir"), place.get("timeout"))
    commit, there = files(source)
    name = likeliest(list(there))
    if name is None:
        raise StudioError("hub.no_weights", "{repo} has no weight file that can be opened here.", repo=source.repo_id)
    folder = PurePosixPath(name).parent
    beside = [str(folder / one) for one in (*SETTINGS, f"{PurePosixPath(name).stem}.json")]
    wanted = {one: there[one] for one in (*beside, name) if there.get(one) is not None and one in there}
    wanted = {one: size for one, size in wanted.items() if one == name or size <= MAX_SETTINGS}
    if name not in wanted:
        raise words.unavailable()
    if wanted[name] > min(most, MOST):
        raise words.too_large(source, name, wanted[name], min(most, MOST))
    paths = receive(source, commit, wanted, progress or (lambda done, total: None))
    return [paths.pop(name), *paths.values()]


def likeliest(names: list[str]) -> str | None:
    """The weight file that a generator is likeliest in; None where there is none."""

    def rank(name: str) -> tuple:
        path = PurePosixPath(name.lower())
        wanted = next((place for place, word in enumerate(GENERATOR) if word in path.name), len(GENERATOR))
        return (any(word in path.name for word in OTHERS), wanted, name.count("/"), SUFFIXES.index(path.suffix), name)

    return min((name for name in names if PurePosixPath(name.lower()).suffix in SUFFIXES), key=rank, default=None)
