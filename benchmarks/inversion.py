"""How near inversion gets: `python -m benchmarks.inversion [--models faces-style,…] [--resume]`.

Every model is given samples of its own (whose point is known to exist), pictures that training has not seen, and pictures of
other kinds (another set, a soft gradient, noise). `distance` is the loss over the median loss between two random samples of the
model, so 0 is the same picture and 1 as strange as any other; `rmse` is in grey levels. The limits of "very close" and
"recognisable" in gan_core/latent/invert.py were set with these figures: the first above what own samples reach, the
second above what unseen pictures of the model's own kind reach.
Variants, on the first few: `draws` has no encoder and begins with random draws only, `lite0` adds EfficientNet-Lite0's
features to the loss (the package of requirements-dev.txt), `seen` is the distance of those features for either.
The search has all the time it wants here; `cpu` are processor seconds of one search, of which two cores do two in a second
at best. Writes results/inversion.json and .png (wanted above, found below). One thread.
"""

import argparse
import sys
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
        if spec:
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
    rmse = np.sqrt(((found.picture.astype(float) - picture) ** 2).mean())
    return found, {"start": places[0].distance, "distance": found.distance, "rmse": rmse, **row}


@torch.no_grad()
def feature_distance(features, a: np.ndarray, b: np.ndarray) -> float:
    """Root mean square difference of two pictures' features."""
    rows = features(torch.from_numpy(np.stack([a, b])).permute(0, 3, 1, 2).float() / 127.5 - 1)
    return (rows[0] - rows[1]).square().mean().sqrt().item()


def measure(name: str, options, results: Results) -> None:
    """Measure one model; rows and the row of pairs are written when it is done."""
    folder = ROOT / "weights" / name
    model, judge, rows, pairs = load_model(folder), lite0(), [], {}
    for number, (kind, picture) in enumerate(targets(model, name, options.own, options.unseen, options.foreign)):
        found, row = one(model, folder, picture)
        rows.append({"model": name, "kind": kind, "variant": "", **row})
        pairs.setdefault(kind, []).append((picture, found.picture))
        if number % 10 == 0:
            print(f"{name} {kind} {number}: {row['distance']:.3f}, {row['cpu']:.1f} s", flush=True)
    for kind in ("own", "unseen"):
        for picture, plain in pairs.get(kind, [])[: options.variants]:
            rows += variants(model, picture, plain, judge, {"model": name, "kind": kind})
    results.add([{k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()} for row in rows])
    draw_pairs(pairs).save(options.pictures / f"{name}.png")


def variants(model, picture: np.ndarray, plain: np.ndarray, judge, facts: dict) -> list[dict]:
    """The same picture without an encoder, and with EfficientNet's features in the loss."""
    fresh = load_model(ROOT / "weights" / facts["model"])  # a model object that no encoder is remembered for
    found, row = one(fresh, None, picture)
    rows = [{**facts, "variant": "draws", **row}]
    if judge:
        term, features = judge
        rows.append({**facts, "variant": "judged", "seen": feature_distance(features, picture, plain)})
        found, row = one(model, ROOT / "weights" / facts["model"], picture, term)
        rows.append({**facts, "variant": "lite0", **row, "seen": feature_distance(features, picture, found.picture)})
    return rows


def draw_pairs(pairs: dict[str, list]) -> Image.Image:
    """Wanted above, found below; SHOWN of each kind, kinds in order."""
    columns = [pair for kind in ("own", "unseen", *OTHERS) for pair in pairs.get(kind, [])[:SHOWN]]
    sheet = Image.new("RGB", (CELL * len(columns), 2 * CELL), "white")
    for x, pair in enumerate(columns):
        for y, picture in enumerate(pair):
            picture = picture[..., 0] if picture.shape[2] == 1 else picture[..., :3]
            sheet.paste(Image.fromarray(picture).resize((CELL, CELL), Image.Resampling.NEAREST), (CELL * x, CELL * y))
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


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--models", type=one_of(*MODELS), default=list(MODELS))
    flags.add_argument("--own", type=int, default=30, help="samples of the model's own")
    flags.add_argument("--unseen", type=int, default=10)
    flags.add_argument("--foreign", type=int, default=4)
    flags.add_argument("--variants", type=int, default=2, help="pictures of each kind that the variants are tried on")
    flags.add_argument("--resume", action="store_true", help="keep what is in the result and do the other models")
    options = flags.parse_args()
    torch.set_num_threads(1)
    options.pictures = RESULTS / "inversion"
    options.pictures.mkdir(parents=True, exist_ok=True)
    counts = {name: getattr(options, name) for name in ("own", "unseen", "foreign", "variants")}
    results = Results(RESULTS / "inversion.json", {**counts, "steps": Effort().steps})
    results.facts |= {"machine": machine(usable_cores()), "command": command("inversion")}
    if options.resume:
        results.keep_for_resume()
    else:
        results.rows = []
    for name in options.models:
        if not results.has(model=name):
            measure(name, options, results)
    sheets = [Image.open(options.pictures / f"{name}.png") for name in MODELS if results.has(model=name)]
    stack = Image.new("RGB", (max(s.width for s in sheets), sum(s.height + 8 for s in sheets)), "white")
    for number, sheet in enumerate(sheets):
        stack.paste(sheet, (0, number * (2 * CELL + 8)))
    stack.save(RESULTS / "inversion.png")
    print(summary(results.rows))


if __name__ == "__main__":
    sys.exit(main())
