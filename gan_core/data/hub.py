"""Data sets on the Hugging Face Hub, by name: picture files or parquet, no more of them than needed, and never a program run for it."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from filelock import Timeout

from gan_core.data import hub_parts
from gan_core.data.collect import MAX_FILES, guess_resolution, judge, load_listing
from gan_core.data.hub_parts import HELD_OUT, Wish, is_wish, read_wish
from gan_core.data.pictures import LoadOptions, Note, PictureInfo, PictureSet, Source
from gan_core.errors import StudioError

MOST, MOST_BYTES = 20_000, 2 << 30  # pictures, unless more are asked for, and bytes of one data set
SPACE_MOST, SPACE_BYTES = 2000, 200 << 20  # where strangers share one machine
CONVERTED = "refs/convert/parquet"  # where the Hub keeps its own copy of most data sets, whatever they are stored in
PROGRAM, PEEK = ".py", 24
LATELY = 8  # data sets whose files are not looked through anew
_lately: dict[tuple, "Found"] = {}


@dataclass(frozen=True)
class Found:
    """A data set on the Hub: `wish` at its commit, how its pictures are stored (hub.loose.Loose or hub.shelves.Shelves)."""

    wish: Wish
    licence: str
    page: str
    store: object
    held_out: bool = False
    more: bool = False

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.wish.name.partition("@")[0]

    @property
    def spec(self) -> str:
        """What names exactly these pictures, also tomorrow."""
        return str(self.wish)


def find(spec: str, split: str | None = None) -> Found:
    """Ask the Hub, or its cache, what there is. Raises StudioError for a name that is none, no pictures, and whatever goes wrong."""
    from gan_core.hub import datasets

    wish = read_wish(spec)
    repository = datasets.find(wish.name)
    key = (wish, repository.commit, repository.own, split)
    if key not in _lately:
        while len(_lately) >= LATELY:
            _lately.pop(next(iter(_lately)), None)
        _lately[key] = _find(wish, repository, split or "train")
    return _lately[key]


def _find(wish: Wish, repository, split: str) -> Found:
    from gan_core.hub import datasets

    try:
        return _found(wish, repository, split)
    except StudioError as error:
        if error.code not in ("data.hub_nothing", "data.hub_script") or "@" in wish.name:
            raise
        try:
            converted = datasets.find(f"{wish.name}@{CONVERTED}")
        except StudioError:
            raise error from None
        return _found(wish, converted, split)


def _found(wish: Wish, repository, split: str) -> Found:
    from gan_core.hub.loose import Loose
    from gan_core.hub.shelves import Shelves

    names, name = [name for name, _ in repository.files], repository.source.repo_id
    tables = [one for one in names if one.endswith(".parquet")]
    pictures = [one for one in names if judge(one) is True]
    pictures = pictures or [one for one in names if one.casefold().endswith(".zip")]
    wanted = tables if tables and len(pictures) < 50 * len(tables) else pictures or tables
    if not wanted:
        raise _nothing(names, name)
    parts = hub_parts.choose(known := hub_parts.parts(wanted, repository.card), wish.part, split, name)
    files = [file for part in parts for file in part.files]
    if wanted is tables:
        try:
            store = Shelves(repository, files, wish.image, wish.label)
        except StudioError as error:
            if error.code != "data.hub_no_pictures" or not pictures:
                raise
            parts = hub_parts.choose(known := hub_parts.parts(pictures, repository.card), wish.part, split, name)
            store = Loose(repository, [file for part in parts for file in part.files])
    else:
        store = Loose(repository, files)
    held_out = any(part.split in HELD_OUT for part in known)
    wish = wish.at(repository.commit)
    return Found(wish, repository.licence, repository.source.page, store, held_out, repository.more)


def check_open(spec: str) -> None:
    """Raise StudioError unless anybody may read a data set: whoever this computer belongs to may be allowed more than its visitors."""
    from gan_core.hub import datasets

    if not datasets.find(read_wish(spec).name).open:
        raise StudioError("data.hub_closed", "Here only data sets that anybody may read can be used.")


def bounds(limit: int | None = None):
    """Return the hub.datasets.Bounds of what is fetched of one data set: more pictures than usual only where they are asked for."""
    from gan_core.hub.datasets import Bounds

    if os.environ.get("SPACE_ID") or os.environ.get("SYSTEM") == "spaces":
        return Bounds(SPACE_MOST, SPACE_BYTES)
    return Bounds(min(max(limit or 0, MOST), MAX_FILES), MOST_BYTES)


def describe(spec: str) -> PictureInfo:
    """Ask for names and sizes only; how large pictures are is told where some were fetched before."""
    found, most = find(spec), bounds()
    near = found.store.near(most, PEEK)
    return PictureInfo(
        name=found.spec, title=found.title, title_zh=found.title, count=found.store.count(most), label_names=found.store.classes,
        resolution=guess_resolution(near) if near else None, licence=found.licence, source=found.page,
    )  # fmt: skip


def bring(spec: str, limit: int | None = None) -> Iterator[tuple[int, int]]:
    """Fetch what a `load` with this limit needs, yielding (done, total). Whoever stops asking stops it."""
    yield from _brought(find(spec), limit)


def _brought(found: Found, limit: int | None) -> Iterator[tuple[int, int]]:
    """Fetch as one of several processes: who comes second finds everything there."""
    lock = found.store.repository.lock()
    try:
        while True:
            try:
                lock.acquire(timeout=0)
                break
            except Timeout:
                yield 0, 1
                time.sleep(0.2)
            except OSError:  # a cache that cannot be written may still hold everything
                break
        yield from found.store.bring(bounds(limit), limit)
    finally:
        lock.release(force=True)


def exact(spec: str) -> str:
    """Return the spec that names these very pictures also when the data set changes."""
    return find(spec).spec


def load(spec: str, options: LoadOptions) -> PictureSet:
    """Fetch what is not here yet, and decode it. Raises StudioError for whatever goes wrong."""
    found, most = find(spec, options.split), bounds(options.limit)
    for _, total in _brought(found, options.limit):
        if options.progress:
            options.progress(0, total)
    listing, notes = found.store.listing(most, options.limit, found.spec, found.title)
    known = replace(options, split=None) if found.held_out else options
    pictures = load_listing(listing, known)
    notes += _capped(found, most, len(listing.entries)) if options.limit is None else []
    return replace(pictures, licence=found.licence, source=found.page, notes=(*notes, *pictures.notes))


def _capped(found: Found, most, count: int) -> list[Note]:
    """A note where there are more pictures than are used."""
    total = found.store.total
    if count >= total and not found.more:
        return []
    facts = {"count": count, "total": total, "most": most.pictures, "size": most.bytes >> 20}
    message = (
        "{count} of {total} pictures are used, evenly taken: at most {most}, or {size} MB, are fetched from the Hub."
    )
    return [Note("hub_capped", message.format(**facts), facts)]


def _nothing(names: list[str], name: str) -> StudioError:
    """The sentence for a repository without pictures that can be read as they are."""
    if any(one.endswith(PROGRAM) and PurePosixPath(one).stem == name.split("/")[1] for one in names):
        return StudioError(
            "data.hub_script",
            "{name} can only be read by a program of its own, and such programs are never run.",
            name=name,
        )
    kinds = sorted({PurePosixPath(one).suffix for one in names if not one.startswith(".")} - {"", ".md"})[:8]
    return StudioError(
        "data.hub_nothing", "There are no pictures in {name} (it has: {kinds}). What works: picture files, zips of pictures and parquet files.",
        name=name, kinds=", ".join(kinds) or "-",
    )  # fmt: skip


SOURCE = Source(lambda: "a data set on the Hub (hub:user/name)", is_wish, describe, load, bring=bring, exact=exact)
