"""What is wrong with pictures before a network learns from them: copies, blurred, blank, tiny, long and strange ones.

Everything is told from the pixels that the network would see, and from the originals' sizes; nothing is a model, all is
cheap. What holds for most of a set is no fault of single pictures: it becomes one note. The limits were set so that the
bundled sets stay quiet (tests/data/test_check.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gan_core.data.pictures import Note, PictureSet
from gan_core.later import torch

if TYPE_CHECKING:
    from torch import Tensor

CHUNK = 512  # pictures measured between two calls of `tell`
HASH_DISTANCE = 12  # bits of 64 that may differ between copies
# And their small versions: root mean square and largest difference, in units of contrast.
NEAR, NEAR_ANYWHERE = 0.09, 0.3
BLANK = 2.0  # standard deviation of grey values, 0 to 255
BLUR_SPREADS, BLUR_SHARE = 4.0, 0.2  # sharpness so far below the usual, in robust standard deviations and as a share
LONG = 2.0  # long side / short side from which a square shows half the picture or less
FAR_SPREADS, FAR_SHARE = 7.0, 2.0  # distance to its like so far above the usual, in spreads and as a multiple
NEIGHBOURS, WITNESSES = 5, 2000
ENOUGH = 20  # pictures from which "unlike the rest" and "less sharp than the rest" mean something
MOST = 0.5  # share of a set from which a fault is the set's

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Finding:
    """Something about picture number `row`; `code` and `facts` are for translation ("check.<code>")."""

    row: int
    code: str  # copy, blank, blurred, tiny, long, odd
    message: str
    facts: dict = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Measures:
    """What is compared, a row a picture: `bits` ±1 [N, 64], `small` RGB [N, 432], `sharp` [N], `contrast` [N], `look` [N, 60]."""

    bits: Tensor
    small: Tensor
    sharp: Tensor
    contrast: Tensor
    look: Tensor


def examine(pictures: PictureSet, tell: Tell = lambda done, total: None) -> tuple[list[Finding], list[Note]]:
    """Return what is wrong with single pictures, by row, and what is to be said of the set as a whole.

    `tell(done, total)` is called between chunks of 512 pictures and may raise to stop. Memory is bounded by the chunks and by
    about 2 kB a picture.
    """
    parts = []
    for first in range(0, len(pictures), CHUNK):
        tell(first, len(pictures))
        parts.append(_measure(pictures.images[first : first + CHUNK]))
    measures = Measures(*(torch.cat([getattr(part, name) for part in parts]) for name in Measures.__dataclass_fields__))
    found, notes = _copies(pictures, measures, tell), []
    flat = measures.contrast < BLANK
    found += [Finding(row, "blank", "It is all one colour.") for row in _rows(flat)]
    for code, rows in (("tiny", _tiny(pictures)), ("long", _long(pictures))):
        if len(rows) > MOST * len(pictures):
            notes.append(_of_most(code, rows, pictures))
        else:
            found += [_sized(code, row, pictures) for row in rows]
    for code, message, suspected in (
        ("blurred", "It is much less sharp than the others.", _blurred(measures, ~flat)),
        ("odd", "It looks unlike all the others.", _odd(measures, ~flat, tell)),
    ):
        known = {finding.row for finding in found if finding.code != "copy"}  # one reason is enough
        found += [Finding(row, code, message) for row in suspected if row not in known]
    return sorted(found, key=lambda one: one.row), notes


# ---- what is measured


def _measure(images: Tensor) -> Measures:
    """Measure uint8 [n, C, R, R]; transparency counts as white."""
    colour = _on_white(images.float())
    grey = (colour * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    contrast = grey.std(dim=(1, 2, 3), unbiased=False)
    coarse = torch.nn.functional.adaptive_avg_pool2d(colour, 4) / 255
    histogram = torch.stack(
        [((colour >= low) & (colour < low + 64)).float().mean((2, 3)) for low in range(0, 256, 64)], 2
    )
    return Measures(
        bits=_dhash(grey),
        small=torch.nn.functional.adaptive_avg_pool2d(colour, 12).flatten(1),
        sharp=_sharpness(grey) / contrast.clamp(min=BLANK) ** 2,
        contrast=contrast,
        look=torch.cat([coarse.flatten(1), histogram.flatten(1)], 1),
    )


def _on_white(images: Tensor) -> Tensor:
    if images.shape[1] == 4:
        alpha = images[:, 3:] / 255
        images = images[:, :3] * alpha + 255 * (1 - alpha)
    return images.expand(-1, 3, -1, -1)


def _dhash(grey: Tensor) -> Tensor:
    """Return ±1 [n, 64] of grey [n, 1, R, R]: is each of 8 × 8 cells clearly brighter than its right neighbour?

    Source: N. Krawetz, "Kind of Like That", hackerfactor.com, 2013 (dHash).
    """
    cells = torch.nn.functional.interpolate(grey, (8, 9), mode="bilinear", antialias=True, align_corners=False)
    return (cells[..., :-1] > cells[..., 1:] + 2).flatten(1).float() * 2 - 1  # 2: flat areas are no coin tosses


def _sharpness(grey: Tensor) -> Tensor:
    """Return the variance of the Laplacian [n] of grey [n, 1, R, R].

    Source: J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000, section 2.
    """
    kernel = torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]).view(1, 1, 3, 3)
    return torch.nn.functional.conv2d(grey, kernel).var(dim=(1, 2, 3), unbiased=False)


# ---- what is found in it


def _copies(pictures: PictureSet, measures: Measures, tell: Tell) -> list[Finding]:
    """Find pictures that show the same as another one; of each such group the largest original stays unmarked."""
    group = list(range(len(pictures)))

    def head(row: int) -> int:
        while group[row] != row:
            group[row] = row = group[group[row]]
        return row

    for first in range(0, len(group), CHUNK):
        tell(len(group), len(group))
        for a, b in _pairs(measures, first):
            group[max(head(a), head(b))] = min(head(a), head(b))
    members: dict[int, list[int]] = {}
    for row in range(len(group)):
        members.setdefault(head(row), []).append(row)
    return [finding for rows in members.values() if len(rows) > 1 for finding in _marked(rows, pictures)]


def _pairs(measures: Measures, first: int) -> list[tuple[int, int]]:
    """Return the pairs (a, b), a < b, of one picture twice, for the chunk of `a` that begins at `first`."""
    rows, small = slice(first, first + CHUNK), measures.small
    hashes = measures.bits[rows] @ measures.bits[first:].T >= 64 - 2 * HASH_DISTANCE  # 64 - 2 × Hamming distance
    contrast = torch.maximum(measures.contrast[rows, None], measures.contrast[None, first:]).clamp(min=BLANK)
    close = torch.cdist(small[rows], small[first:]) <= NEAR * contrast * small.shape[1] ** 0.5
    a, b = torch.nonzero(torch.triu(hashes & close, diagonal=1)).T
    cells = torch.cat(
        [
            (small[first + i] - small[first + j]).abs().amax(1)
            for i, j in zip(a.split(CHUNK), b.split(CHUNK), strict=True)
        ]
    )
    a, b = ((first + index)[cells <= NEAR_ANYWHERE * contrast[a, b]] for index in (a, b))
    return list(zip(a.tolist(), b.tolist(), strict=True))


def _marked(rows: list[int], pictures: PictureSet) -> list[Finding]:
    areas = [w * h for w, h in (pictures.sizes[row] for row in rows)] if pictures.sizes else [1] * len(rows)
    kept = rows[areas.index(max(areas))]
    name = pictures.names[kept] if pictures.names else str(kept + 1)
    return [Finding(row, "copy", f"It is nearly the same as {name}.", {"name": name}) for row in rows if row != kept]


def _tiny(pictures: PictureSet) -> list[int]:
    return [row for row, size in enumerate(pictures.sizes) if min(size) < pictures.resolution]


def _long(pictures: PictureSet) -> list[int]:
    return [row for row, size in enumerate(pictures.sizes) if max(size) >= LONG * min(size)]


def _sized(code: str, row: int, pictures: PictureSet) -> Finding:
    facts = dict(zip(("width", "height"), pictures.sizes[row], strict=True), size=pictures.resolution)
    what = "It has only {width} × {height} pixels; the network sees {size}."
    what = what if code == "tiny" else "It is {width} × {height}, far from a square."
    return Finding(row, code, what.format(**facts), facts)


def _of_most(code: str, rows: Sequence[int], pictures: PictureSet) -> Note:
    facts = {"count": len(rows), "total": len(pictures), "size": pictures.resolution}
    if code == "tiny":
        message = "{count} of {total} pictures are smaller than the {size} pixels at which the network sees them. Choose a smaller size."
    else:
        message = (
            "{count} of {total} pictures are far from square: at least twice as long as wide, or the other way round."
        )
    return Note(f"most_{code}", message.format(**facts), facts)


def _blurred(measures: Measures, counted: Tensor) -> list[int]:
    sharp = measures.sharp.clamp(min=1e-9).log()
    centre, spread = _usual(sharp[counted])
    limit = centre - max(BLUR_SPREADS * spread, -torch.tensor(BLUR_SHARE).log().item())
    return _rows(counted & (sharp < limit)) if counted.sum() >= ENOUGH else []


def _odd(measures: Measures, counted: Tensor, tell: Tell) -> list[int]:
    """Find pictures far from their nearest neighbours (S. Ramaswamy et al., "Efficient Algorithms for Mining Outliers", 2000)."""
    rows = torch.nonzero(counted).flatten()
    if len(rows) < ENOUGH:
        return []
    looks = _compared(measures, rows)
    witnesses = looks[:: -(-len(rows) // WITNESSES)]
    far = []
    for part in looks.split(CHUNK):
        tell(len(counted), len(counted))
        nearest = torch.cdist(part, witnesses).topk(NEIGHBOURS + 1, largest=False).values
        far.append(nearest[:, NEIGHBOURS])
    far = torch.cat(far)
    centre, spread = _usual(far)
    return rows[far > max(centre + FAR_SPREADS * spread, FAR_SHARE * centre)].tolist()


def _compared(measures: Measures, rows: Tensor) -> Tensor:
    """Return [n, 62]: layout and colours in units of their spread, and, weighing most, sharpness and contrast in theirs."""
    look = measures.look[rows]
    look = (look - look.mean(0)) / look.std(0).clamp(min=0.05) / look.shape[1] ** 0.5
    extra = torch.stack([measures.sharp[rows].clamp(min=1e-3).log(), measures.contrast[rows].log()], 1)
    centre = extra.median(0).values
    spread = 1.4826 * (extra - centre).abs().median(0).values
    return torch.cat([look, (extra - centre) / spread.clamp(min=0.2) / 2], 1)


def _usual(values: Tensor) -> tuple[float, float]:
    """Median and robust standard deviation (1.4826 × the median distance from it)."""
    if not len(values):
        return 0.0, 0.0
    centre = values.median()
    return centre.item(), 1.4826 * (values - centre).abs().median().item()


def _rows(mask: Tensor) -> list[int]:
    return torch.nonzero(mask).flatten().tolist()
