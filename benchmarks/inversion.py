"""How near inversion gets: `python -m benchmarks.inversion [--models faces-style,…] [--resume]`.

Every model is given samples of its own (whose point is known to exist), pictures that training has not seen, and pictures of
other kinds (another set, a soft gradient, noise). `distance` is the loss over the median loss between two random samples of the
model, so 0 is the same picture and 1 as strange as any other; `rmse` is in grey levels. The limits of "very close" and
"recognisable" in gan_core/latent/invert.py were set with these figures: the first above what own samples reach, the
second above what unseen pictures of the model's own kind reach.
Variants, on the first few: `draws` has no encoder and begins with random draws only, `lite0` adds EfficientNet-Lite0's
features to the loss (the package of requirements-dev.txt), and `seen` is the distance of those features for it and without it
(`judged`).
The search has all the time it wants here; `cpu` are processor seconds of one search, of which two cores do two in a second
at best. Writes results/inversion.json and .png (wanted above, found below). One thread.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks.common import RESULTS, ROOT, Results, command, machine, one_of, usable_cores
from gan_core import data
from gan_core.checkpoint import load_model
from gan_core.latent.distill import draw_codes
from gan_core.latent.invert import Effort, Found, search
from gan_core.latent.sample import to_uint8

MODELS = {  # model -> its own kind of pictures (those kept from training), another kind
    "pixel-faces-gan": ("pixel-faces", "fashion"), "fashion-gan": ("fashion", "faces"), "digits-gan": ("digits", "fashion"),
    "faces-vae": ("faces", "fashion"), "faces-gan": ("faces", "fashion"), "faces-style": ("faces", "fashion"),
    "emoji-people": (None, "faces"),
}  # fmt: skip
OTHERS = ("foreign", "gradient", "noise")
SHOWN = 4  # pairs of each kind in the picture
CELL = 64
FOREVER = 1e9


def targets(model, name: str, own: int, unseen: int, foreign: int) -> list[tuple[str, np.ndarray]]:
    """[(kind, uint8 [R, R, C])]: own samples, unseen pictures of its own kind, foreign ones."""
    size, channels = model.config.resolution, model.config.channels
    codes, weights = draw_codes(model, own, torch.Generator().manual_seed(1000))
    with torch.no_grad():
        chosen = [("own", picture) for picture in to_uint8(model.synthesis(codes, weights))]
    kind, other = MODELS[name]
    for label, spec, count in (("unseen", kind, unseen), ("foreign", other, foreign)):
        if spec and count:
            images = data.load(spec, size, channels, split="test", limit=count).images
            chosen += [(label, picture) for picture in images.permute(0, 2, 3, 1).numpy()]
    down, across = np.mgrid[0:size, 0:size] / size
    sky = np.stack([200 - 90 * down, 150 + 60 * np.sin(3 * across), 120 + 100 * down], 2)[..., :channels]
    noise = np.random.default_rng(0).integers(0, 256, (size, size, channels))
    return [*chosen, ("gradient", sky.clip(0, 255).astype(np.uint8)), ("noise", noise.astype(np.uint8))]


def lite0():
    """(perceptual loss term, features of uint8 [R, R, C]) of EfficientNet-Lite0, or None where the package is not there."""
    from gan_core.errors import StudioError
    from gan_core.metrics.features import load_extractor

    try:
        extractor = load_extractor("lite0-masked")
    except StudioError:
        return None

    def features(images):
        return extractor((images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]) * 127.5 + 127.5)

    return lambda a, b: 0.1 * (features(a) - features(b)).square().mean(1), features


def one(model, folder: Path | None, picture: np.ndarray, perceptual=None) -> tuple[Found, dict]:
    """Invert one picture: what was found, and {start, distance, rmse, cpu, wall}."""
    cpu, wall = time.process_time(), time.perf_counter()
    places = list(search(model, picture, Effort(seconds=FOREVER, perceptual=perceptual), folder))
    row = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    found = places[-1]
    rmse = float(np.sqrt(((found.picture.astype(float) - picture) ** 2).mean()))
    row |= {"start": places[0].distance, "distance": found.distance, "rmse": rmse, "strange": found.strange}
    return found, {name: round(value, 4) for name, value in row.items()}


@torch.no_grad()
def feature_distance(features, a: np.ndarray, b: np.ndarray) -> float:
    """Root mean square difference of two pictures' features."""
    rows = features(torch.from_numpy(np.stack([a, b])).permute(0, 3, 1, 2).float() / 127.5 - 1)
    return (rows[0] - rows[1]).square().mean().sqrt().item()


def measure(name: str, options, results: Results, judge) -> None:
    """Measure one model, picture by picture; what is in the results already is not done again."""
    folder, seen = ROOT / "weights" / name, {}
    model = load_model(folder)
    for kind, picture in targets(model, name, options.own, options.unseen, options.foreign):
        number = seen[kind] = seen.get(kind, -1) + 1
        facts = {"model": name, "kind": kind, "number": number}
        if not results.has(**facts, variant=""):
            found, row = one(model, folder, picture)
            results.add([{**facts, "variant": "", **row}])
            pair = np.concatenate([picture, found.picture]).squeeze()
            Image.fromarray(pair).save(options.pictures / f"{name}-{kind}-{number}.png")
            print(f"{name} {kind} {number}: {row['distance']:.3f}, {row['cpu']:.1f} s", flush=True)
        if number < options.variants and kind in ("own", "unseen") and not results.has(**facts, variant="draws"):
            results.add(variants(model, folder, picture, judge, facts))


def variants(model, folder: Path, picture: np.ndarray, judge, facts: dict) -> list[dict]:
    """Rows of the same picture without an encoder, and with EfficientNet's features in the loss beside those found without."""
    found, row = one(load_model(folder), None, picture)  # a model object that no encoder is remembered for
    rows = [{**facts, "variant": "draws", **row}]
    if judge:
        term, features = judge
        for variant, perceptual in (("judged", None), ("lite0", term)):
            found, row = one(model, folder, picture, perceptual)
            rows.append(
                {**facts, "variant": variant, **row, "seen": feature_distance(features, picture, found.picture)}
            )
    return rows


def draw_pairs(folder: Path, name: str) -> Image.Image:
    """Wanted above, found below; SHOWN of each kind, kinds in order."""
    numbers = [(kind, i) for kind in ("own", "unseen", *OTHERS) for i in range(SHOWN)]
    paths = [folder / f"{name}-{kind}-{i}.png" for kind, i in numbers]
    pairs = [Image.open(path).convert("RGB") for path in paths if path.is_file()]
    sheet = Image.new("RGB", (CELL * len(pairs), 2 * CELL), "white")
    for x, pair in enumerate(pairs):
        sheet.paste(pair.resize((CELL, 2 * CELL), Image.Resampling.NEAREST), (CELL * x, 0))
    return sheet


def summary(rows: list[dict]) -> str:
    """A table: distances by model and kind, then the variants."""
    lines = [f"{'model':16} {'kind':9} {'variant':7} {'n':>3} start  median  worst   rmse  cpu s"]
    keys = list(dict.fromkeys((row["model"], row["kind"], row["variant"]) for row in rows if "distance" in row))
    for key in sorted(keys, key=lambda key: key[2]):
        own = [row for row in rows if (row["model"], row["kind"], row["variant"]) == key]
        start, middle, rmse, cpu = (
            np.median([row[field] for row in own]) for field in ("start", "distance", "rmse", "cpu")
        )
        worst = max(row["distance"] for row in own)
        lines.append(
            f"{key[0]:16} {key[1]:9} {key[2]:7} {len(own):3} {start:.3f}   {middle:.3f}  {worst:.3f}  {rmse:5.1f}  {cpu:5.1f}"
        )
    for variant in ("judged", "lite0"):
        seen = [row["seen"] for row in rows if row["variant"] == variant]
        if seen:
            lines.append(f"feature distance, {variant}: median {np.median(seen):.3f} of {len(seen)}")
    return "\n".join(lines)


def draw(folder: Path) -> None:
    """results/inversion.png: two rows for each model that was measured."""
    sheets = [draw_pairs(folder, name) for name in MODELS]
    sheets = [sheet for sheet in sheets if sheet.width]
    stack = Image.new("RGB", (max(s.width for s in sheets), len(sheets) * (2 * CELL + 8)), "white")
    for number, sheet in enumerate(sheets):
        stack.paste(sheet, (0, number * (2 * CELL + 8)))
    stack.save(RESULTS / "inversion.png")


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--models", type=one_of(*MODELS), default=list(MODELS))
    flags.add_argument("--own", type=int, default=30, help="samples of the model's own")
    flags.add_argument("--unseen", type=int, default=10)
    flags.add_argument("--foreign", type=int, default=4)
    flags.add_argument("--variants", type=int, default=2, help="pictures of each kind that the variants are tried on")
    flags.add_argument("--resume", action="store_true", help="go on where a measurement was stopped")
    options = flags.parse_args()
    torch.set_num_threads(1)
    options.pictures = Path(tempfile.gettempdir()) / "latent-studio-inversion"
    options.pictures.mkdir(exist_ok=True)
    results = Results(RESULTS / "inversion.json", {"steps": Effort().steps})
    if options.resume:
        results.keep_for_resume()
    else:
        results.rows = []
    results.facts |= {"machine": machine(usable_cores()), "command": command("inversion")}
    judge = lite0() if options.variants else None
    for name in options.models:
        measure(name, options, results, judge)
        draw(options.pictures)
    print(summary(results.rows))


if __name__ == "__main__":
    main()
