"""Picture files in a repository of the Hub, one by one or in zips, with one sub-folder a class or a table of labels beside them."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import PurePosixPath

from gan_core.data.archive import list_archive, open_archive
from gan_core.data.collect import Entry, Listing, find_classes, judge, label, natural_key, spread
from gan_core.data.folder import read_file
from gan_core.data.labels import is_table
from gan_core.data.pictures import Note, Skipped
from gan_core.errors import StudioError
from gan_core.hub.datasets import Bounds, Repository, here
from gan_core.hub.fetch import fetch, fetch_one

MAX_TABLE = 20 << 20  # bytes


class Loose:
    """The pictures in some files of a repository."""

    def __init__(self, repository: Repository, files: Sequence[str]):
        self.repository, sizes = repository, dict(repository.files)
        self.sizes = sizes
        self.pictures = sorted((name for name in files if judge(name) is True), key=natural_key)
        self.zips = [] if self.pictures else sorted(name for name in files if PurePosixPath(name).suffix == ".zip")
        self.skipped = tuple(verdict for name in files if isinstance(verdict := judge(name), Skipped) and not self.zips)
        self.tables = [name for name, size in repository.files if is_table(name) and size <= MAX_TABLE]

    @property
    def total(self) -> int:
        """How many pictures there are, bounds or not; of zips, 0."""
        return len(self.pictures)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, as far as folders tell them."""
        return find_classes(self.pictures)[1]

    def count(self, bounds: Bounds) -> int:
        """How many pictures there are within the bounds; 0 while that cannot be told, as what is in a zip tells only the zip."""
        if not all(here(self.repository, name) for name in self.zips):
            return 0
        return len(self._listing(bounds, "", "").entries)

    def bring(self, bounds: Bounds, limit: int | None) -> Iterator[tuple[int, int]]:
        """Fetch what is not here yet, yielding (done, total): pictures, or for zips files. Whoever stops asking stops it."""
        if self.zips:
            names = self._zips(bounds)
        else:
            listing = self._listing(bounds, "", "")
            names = [entry.name for entry in spread(label(listing.entries, listing.tables).entries, limit)]
        for done in fetch(self.repository, names):
            yield done, len(names)

    def near(self, bounds: Bounds, limit: int) -> Sequence[Entry]:
        """Return those of so many pictures that are here already."""
        if self.zips and not self.count(bounds):
            return ()
        some = spread(self._listing(bounds, "", "").entries, limit)
        return some if self.zips else [entry for entry in some if here(self.repository, entry.name)]

    def listing(self, bounds: Bounds, limit: int | None, name: str, title: str) -> tuple[Listing, list[Note]]:
        """Return the pictures within the bounds, and what is to be known of them; one that is not here is fetched when it is read."""
        return self._listing(bounds, name, title), []

    def _listing(self, bounds: Bounds, name: str, title: str) -> Listing:
        if self.zips:
            entries, tables, skipped = self._inside(bounds)
            return Listing(name, title, tuple(spread(entries, bounds.pictures)), tuple(skipped), tuple(tables))
        each = max(1, sum(self.sizes[name] for name in self.pictures) / max(1, len(self.pictures)))
        wanted = spread(self.pictures, min(bounds.pictures, max(1, int(bounds.bytes / each))))
        entries, tables = (
            tuple(Entry(one, partial(self._read, one)) for one in names) for names in (wanted, self.tables)
        )
        return Listing(name, title, entries, self.skipped, tables)

    def _read(self, name: str) -> bytes:
        return read_file(here(self.repository, name) or fetch_one(self.repository, name))

    def _zips(self, bounds: Bounds) -> list[str]:
        """The zips, from the first on, that are not too large together. Raises StudioError when the first is."""
        taken, total = [], 0
        for name in self.zips:
            total += self.sizes[name]
            if total > bounds.bytes:
                break
            taken.append(name)
        if not taken:
            raise StudioError(
                "data.hub_large", "{name} has {size} MB; at most {most} MB are fetched from the Hub.",
                name=self.zips[0][-100:], size=self.sizes[self.zips[0]] // 1_000_000, most=bounds.bytes // 1_000_000,
            )  # fmt: skip
        return taken

    def _inside(self, bounds: Bounds) -> tuple[list[Entry], list[Entry], list[Skipped]]:
        """(pictures, tables, what is left out) of the zips, in a folder called like its zip each."""
        entries, tables, skipped = [], [], []
        for name in self._zips(bounds):
            path = here(self.repository, name) or fetch_one(self.repository, name)
            found, stem = list_archive(open_archive(path), path), PurePosixPath(name).stem
            entries += [Entry(f"{stem}/{entry.name}", entry.read) for entry in found.entries]
            tables += [Entry(f"{stem}/{entry.name}", entry.read) for entry in found.tables]
            skipped += found.skipped
        return entries, tables, skipped
