"""Labelled pictures by the thousand, as a zip to train on: `python -m gan_core.export.dataset MODEL --count 1000 --out set.zip`.

One folder per class where the model has classes, so that the Train tab, `gan_core.data.load` and torchvision's ImageFolder read
it as it is; `points.csv` says what every picture is, and every PNG carries its point and the marks of generated content.
"""

import argparse
import csv
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.export.archive import EPOCH
from gan_core.export.picture import checked_size
from gan_core.export.png import to_png
from gan_core.files import FULL
from gan_core.latent.point import MAX_MOVE, LatentPoint
from gan_core.terminal import count, exit_status

MOST = 10_000  # pictures
SLICE = 32  # pictures drawn, and held in memory, at a time
COLUMNS = ("file", "class", "seed", "truncation", "moves", "point")

Draw = Callable[[Sequence[LatentPoint]], np.ndarray]  # points -> uint8 [N, H, W, C]
Tell = Callable[[int, int], None]  # (pictures done, of how many); it may raise to stop the work


@dataclass(frozen=True)
class Order:
    """What a data set is to hold. Raises StudioError for what cannot be.

    `count` consecutive seeds from `seed` on, all with `truncation`. `classes`: these, in turn, so that each gets its even
    share; None: the class that each seed picks. `moves` are made in every picture; each direction of `vary` by an amount of
    its own between −`reach` and `reach` σ, which the seed decides. `size` pixels a side (None: the model's own).
    """

    count: int
    seed: int = 0
    truncation: float = 1.0
    classes: tuple[int, ...] | None = None
    moves: tuple[tuple, ...] = ()
    vary: tuple[str, ...] = ()
    reach: float = 1.0
    size: int | None = None

    def __post_init__(self):
        if type(self.count) is not int or not 1 <= self.count <= MOST:
            raise StudioError("dataset.count", "A data set has from 1 to {most} pictures.", most=MOST)
        if not isinstance(self.reach, (int, float)) or not 0 < self.reach <= MAX_MOVE:
            raise StudioError("dataset.reach", "Random changes go from 0 up to {most} σ.", most=int(MAX_MOVE))
        if self.classes is not None and (not self.classes or len(set(self.classes)) < len(self.classes)):
            raise StudioError("dataset.classes", "Choose at least one kind of picture, and each only once.")
        if self.size is not None:
            checked_size(self.size)
        for seed in (self.seed, self.seed + self.count - 1):
            LatentPoint(seed=seed, truncation=self.truncation, moves=self.moves)
        LatentPoint(moves=tuple((name, 0.0) for name in self.vary))

    def points(self, config: ModelConfig, model: str = "") -> Iterator[LatentPoint]:
        """Yield the point of each picture, with its class where the model has classes."""
        for i in range(self.count):
            seed, label = self.seed + i, None
            if config.num_classes:
                label = self.classes[i % len(self.classes)] if self.classes else seed % config.num_classes
            amounts = (
                np.random.RandomState([seed, 1]).uniform(-self.reach, self.reach, len(self.vary)).round(3).tolist()
            )
            kept = [move for move in self.moves if move[0] not in self.vary]
            moves = (*kept, *zip(self.vary, amounts, strict=True))
            yield LatentPoint(seed=seed, label=label, moves=moves, truncation=self.truncation, model=model)


def write_dataset(
    path: Path, network, order: Order, draw: Draw, model: str = "", tell: Tell = lambda *_: None,
    most_bytes: int | None = None,
) -> None:  # fmt: skip
    """Write the zip to `path`, a slice of pictures at a time; nothing is left there when it fails or is stopped.

    `draw(points)` gives pictures; `network` tells what the points mean elsewhere. Raises StudioError for an order that does not
    fit the model, a full disk, and a file that grows over `most_bytes`.
    """
    config, path = network.config, Path(path)
    folders, points = class_folders(config), list(order.points(config, model))
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for start in range(0, len(points), SLICE):
                tell(start, len(points))
                part = points[start : start + SLICE]
                for i, (point, picture) in enumerate(zip(part, draw(part), strict=True), start + 1):
                    name, kept = _file_name(i, point, folders, order), _portable(network, point)
                    archive.writestr(zipfile.ZipInfo(name, EPOCH), to_png(picture, kept, config, order.size))
                    rows.writerow([plain(cell) for cell in _row(name, point, kept, config)])
                _check_room(archive.fp.tell(), most_bytes)
            archive.writestr(zipfile.ZipInfo("points.csv", EPOCH), table.getvalue().encode("utf-8-sig"))
            archive.writestr(zipfile.ZipInfo("README.txt", EPOCH), readme(config, order))
        tell(len(points), len(points))
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in FULL:
            raise StudioError("dataset.disk", "The disk is full. Make room on it, or ask for fewer or smaller pictures.") from None  # fmt: skip
        raise


def class_folders(config: ModelConfig) -> list[str]:
    """A folder name for each class, unlike all others; empty without classes."""
    names: list[str] = []
    for number in range(config.num_classes):
        title = config.labels[number] if config.labels else str(number)
        name = re.sub(r"[^\w-]+", "-", title).strip("-")[:60] or f"class-{number}"
        taken = {other.casefold() for other in names}
        names.append(f"{name}-{number}" if name.casefold() in taken else name)
    return names


def plain(cell) -> str:
    """Text of a table's cell that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    text = str(cell)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def readme(config: ModelConfig, order: Order) -> str:
    """What a person should know who unpacks it."""
    changes = [f"{name} {amount:+g} σ" for name, amount, *_ in order.moves]
    changes += [f"{name} at random within ±{order.reach:g} σ" for name in order.vary]
    lines = [
        f"{order.count} pictures that a model invented",
        "",
        f"Model:       {config.title or config.name or config.family} ({config.name or config.family})",
        f"It learned:  {config.data or 'not said'}",
        f"Licence:     {config.licence or 'not said; ask whoever made the model'}",
        f"Seeds:       {order.seed} to {order.seed + order.count - 1}, truncation {order.truncation:g}",
        f"Changes:     {', '.join(changes) or 'none'}",
        "",
        "points.csv says what each picture is; each PNG carries the same point, so dropping it on Latent Studio leads back to it.",
        "",
        "These pictures were generated by a machine-learning model. Say so where you publish them or train on them; every file says",
        "it in its metadata (IPTC Digital Source Type trainedAlgorithmicMedia, and the AIGC field of GB 45438-2025).",
        "这些图片由机器学习模型生成。发布或用于训练时请注明；每个文件的元数据中已带有生成内容标识。",
        "",
    ]
    return "\n".join(lines)


def _file_name(number: int, point: LatentPoint, folders: list[str], order: Order) -> str:
    name = f"{number:0{len(str(order.count))}d}-seed{point.seed}.png"
    return f"{folders[point.label]}/{name}" if folders else name


def _row(name: str, point: LatentPoint, kept: LatentPoint, config: ModelConfig) -> list:
    title = ""
    if point.label is not None:
        title = config.labels[point.label] if config.labels else str(point.label)
    moves = "; ".join(f"{move[0]} {move[1]:+g}" for move in point.moves)
    return [name, title, point.seed, point.truncation, moves, kept.to_json()]


def _portable(network, point: LatentPoint) -> LatentPoint:
    from gan_core.latent.portable import portable

    return portable(network, point) if point.moves else point


def _check_room(size: int, most: int | None) -> None:
    if most is not None and size > most:
        raise StudioError(
            "dataset.large", "The zip would grow over {most} MB. Ask for fewer or smaller pictures, or make it in a terminal.",
            most=most >> 20,
        )  # fmt: skip


def main(argv=None) -> int:
    """Write a data set from a terminal; return the exit status."""
    options = parser().parse_args(argv)

    def work() -> None:
        from gan_core.device import pick
        from gan_core.latent.sample import render
        from gan_core.training.transfer import load_source

        network = load_source(options.model).to(pick(options.device).device)
        order = _ordered(options, network.config)
        out = Path(options.out or f"{network.config.name or 'pictures'}-{options.count}.zip")
        name = network.config.name
        write_dataset(out, network, order, lambda points: render(network, points), name, count)
        print(f"{order.count} pictures in {out}")

    return exit_status(work)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    cli = argparse.ArgumentParser(prog="python -m gan_core.export.dataset", description="Labelled pictures of a model, as a zip.")  # fmt: skip
    cli.add_argument("model", help="model folder, bundled name, run folder, or user/repo on the Hugging Face Hub")
    cli.add_argument("--count", type=int, default=1000, help=f"how many pictures, up to {MOST} (default 1000)")
    cli.add_argument("--out", help="zip to write (default <model>-<count>.zip)")
    cli.add_argument("--seed", type=int, default=0, help="the first seed; the others follow it (default 0)")
    cli.add_argument("--truncation", type=float, default=1.0, help="how typical, 0 to 2; 1 is as drawn (default 1)")
    cli.add_argument("--classes", default="all", help="all (evenly), drawn (as the seeds say), or names divided by commas (evenly)")  # fmt: skip
    cli.add_argument("--move", action="append", default=[], metavar="NAME=SIGMA", help="a direction all pictures move along")  # fmt: skip
    cli.add_argument("--vary", default="", help="directions that each picture moves along at random, divided by commas")
    cli.add_argument("--reach", type=float, default=1.0, help="how far, in σ, to either side (default 1)")
    cli.add_argument("--size", type=int, help="pixels a side (default: the model's own)")
    cli.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    return cli


def _ordered(options, config: ModelConfig) -> Order:
    names = list(config.labels) or [str(i) for i in range(config.num_classes)]
    classes = tuple(range(len(names))) or None if options.classes == "all" else None
    if options.classes not in ("all", "drawn"):
        asked = [name.strip() for name in options.classes.split(",")]
        missing = [name for name in asked if name not in names]
        if missing:
            raise StudioError("unknown_name", "There is no “{name}”. Known: {known}.", name=missing[0], known=", ".join(names) or "none")  # fmt: skip
        classes = tuple(names.index(name) for name in asked)
    order = Order(options.count, options.seed, options.truncation, classes, reach=options.reach, size=options.size)
    moves = [move.rpartition("=") for move in options.move]
    try:
        moves = tuple((name, float(amount)) for name, _, amount in moves)
    except ValueError:
        raise StudioError("dataset.move", "Write a move as NAME=SIGMA, for example d0=1.5.") from None
    return replace(order, moves=moves, vary=tuple(name for name in options.vary.split(",") if name))


if __name__ == "__main__":
    sys.exit(main())
