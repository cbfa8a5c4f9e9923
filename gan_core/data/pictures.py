"""What a data source hands over: pictures decoded once into one uint8 tensor, and the facts about them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.later import torch

FITS = ("crop", "smart", "pad", "stretch")
SPLITS = ("train", "test", "all")
CHANNELS = (1, 3, 4)
MIN_RESOLUTION, MAX_RESOLUTION = 4, 1024
MAX_TENSOR_BYTES = 4 << 30

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, in words; `code` names the reason for translation ("skipped.<code>")."""

    name: str
    reason: str
    code: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True)
class Note:
    """Something a person should know before training; `code` and `facts` are for translation ("note.<code>")."""

    code: str
    message: str
    facts: dict = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class PictureInfo:
    """What can be said about pictures without decoding them; `count` may include some that cannot be read."""

    name: str  # the spec that load() takes
    title: str
    title_zh: str
    count: int
    resolution: int | None = None  # pixels; None: not known before decoding
    channels: int | None = None
    label_names: tuple[str, ...] = ()
    pixel_art: bool = False
    licence: str = ""
    author: str = ""
    source: str = ""  # where the pictures come from, in words
    preview: Path | None = None  # a small sheet to look at
    bundled: bool = False
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class LoadOptions:
    """How pictures are to be read; see `gan_core.data.load`. Raises StudioError for values that make no sense."""

    resolution: int | None = None
    channels: int | None = None
    fit: str = "crop"
    limit: int | None = None
    split: str | None = None
    progress: Progress | None = None
    exclude: frozenset[str] = frozenset()  # names of pictures to leave out

    def __post_init__(self):
        if self.resolution is not None and not MIN_RESOLUTION <= self.resolution <= MAX_RESOLUTION:
            raise StudioError(
                "data.resolution", "{value} pixels is not a size to train at. Choose between {low} and {high}.",
                value=self.resolution, low=MIN_RESOLUTION, high=MAX_RESOLUTION,
            )  # fmt: skip
        for value, known, what in ((self.fit, FITS, "fit"), (self.split, (None, *SPLITS), "split"),
                                   (self.channels, (None, *CHANNELS), "channels")):  # fmt: skip
            if value not in known:
                choices = ", ".join(str(choice) for choice in known if choice is not None)
                raise StudioError("data.option", "{what} cannot be “{value}”. Choose one of: {choices}.",
                                  what=what, value=value, choices=choices)  # fmt: skip
        if self.limit is not None and self.limit < 1:
            raise StudioError("data.limit", "The number of pictures must be 1 or more, not {value}.", value=self.limit)


@dataclass
class PictureSet:
    """Pictures: `images` uint8 [N, C, R, R] (C = 1 grey, 3 RGB, 4 RGB + straight alpha), `labels` int64 [N] or None."""

    images: torch.Tensor
    labels: torch.Tensor | None = None
    label_names: tuple[str, ...] = ()
    name: str = ""
    title: str = ""
    licence: str = ""
    source: str = ""
    pixel_art: bool = False
    skipped: tuple[Skipped, ...] = ()
    attributes: list[dict] | None = None  # one dict a picture, where the source knows more than a class
    notes: tuple[Note, ...] = ()
    names: tuple[str, ...] = ()  # of the files, where there are files
    sizes: tuple[tuple[int, int], ...] = ()  # (width, height) of the originals, as names

    def __len__(self) -> int:
        return len(self.images)

    @property
    def channels(self) -> int:
        return self.images.shape[1]

    @property
    def resolution(self) -> int:
        return self.images.shape[-1]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over shape, pixels and labels, 32 hex digits: tells a resumed run that the pictures are the same."""
        digest = hashlib.sha256(repr(tuple(self.images.shape)).encode())
        digest.update(self.images.contiguous().numpy().data)
        if self.labels is not None:
            digest.update(self.labels.contiguous().numpy().data)
        return digest.hexdigest()[:32]


@dataclass(frozen=True)
class Source:
    """One way to get pictures; `accepts` says in words what spec it takes, the rest is as in `gan_core.data`."""

    accepts: Callable[[], str]
    matches: Callable[[str], bool]  # cheap: looks at the name and a few bytes
    describe: Callable[[str], PictureInfo]
    load: Callable[[str, LoadOptions], PictureSet]
    named: bool = True  # its pictures are files with names
    bring: Callable[[str, int | None], Iterator[tuple[int, int]]] | None = (
        None  # fetches them from elsewhere (spec, limit)
    )
    exact: Callable[[str], str] = str  # the spec that also tomorrow names the same pictures


def as_path(spec: str) -> Path | None:
    """Return the existing path that a person meant, or None; quotes, blanks and ~ are understood."""
    text = str(spec).strip().strip("\"'")
    try:
        path = Path(text).expanduser()
        return path if text and path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, a NUL inside, no such home
        return None


def check_memory(count: int, channels: int, resolution: int) -> None:
    """Raise StudioError, with the number that would fit, when uint8 [count, channels, R, R] is beyond the limit."""
    each = channels * resolution * resolution
    if count * each > MAX_TENSOR_BYTES:
        raise StudioError(
            "data.memory",
            "{count} pictures at {resolution} px need {need} GB of memory; {fits} would fit. "
            "Use a smaller size, or at most {fits} pictures.",
            count=count, resolution=resolution, need=round(count * each / 1e9, 1), fits=MAX_TENSOR_BYTES // each,
        )  # fmt: skip
