"""Is a copier caught, and is nobody else? Planted copiers, fresh real pictures and the bundled models, by `gan_core.metrics.memorisation`.

    python -m benchmarks.memorisation [--emoji FOLDER] [--extractors pixels,lite0-masked] [--n 300] [--pictures 3000]

Copiers return training pictures: as they are, mirrored, with noise, as JPEG, tinted, blurred, darker, shifted. Fresh ones are held-out pictures
that had no say in the threshold. FOLDER holds the pictures of emoji-people (weights/make_emoji_people.py makes it).
Writes benchmarks/results/memorisation.json after every row.
"""

import argparse
import io
import time

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from benchmarks import common
from gan_core import data
from gan_core import load as load_model
from gan_core.metrics.evaluate import Samples
from gan_core.metrics.features import EXTRACTORS
from gan_core.metrics.memorisation import EXTRACTOR, inspect

MODELS = {
    "emoji-people": ("emoji-people",),
    "faces": ("faces-gan", "faces-style", "faces-vae"),
    "pixel-faces": ("pixel-faces-gan", "pixel-faces-vae"),
    "fashion": ("fashion-gan", "fashion-vae"),
    "digits": ("digits-gan",),
}


def noise(images):
    """With noise of 10 grey levels."""
    grain = torch.randn(images.shape, generator=torch.Generator().manual_seed(1)) * 10
    return (images + grain).clamp(0, 255).to(torch.uint8)


def jpeg(images):
    """Through JPEG of quality 60."""
    out = []
    for picture in images:
        file = io.BytesIO()
        Image.fromarray(picture.permute(1, 2, 0).numpy().squeeze()).save(file, "jpeg", quality=60)
        out.append(np.atleast_3d(np.asarray(Image.open(file))).transpose(2, 0, 1))
    return torch.from_numpy(np.stack(out))


def tint(images):
    """Warmer: 85 % of the green, 70 % of the blue; grey pictures a little darker."""
    gains = torch.tensor([1, 0.85, 0.7]) if images.shape[1] == 3 else torch.tensor([0.85])
    return (images * gains.view(-1, 1, 1)).to(torch.uint8)


def blur(images):
    """Halved in size and enlarged again."""
    small = F.avg_pool2d(images.float(), 2)
    return F.interpolate(small, scale_factor=2, mode="bilinear").clamp(0, 255).to(torch.uint8)


COPIERS = {
    "exact": lambda images: images,
    "mirrored": lambda images: images.flip(3),
    "noise 10": noise,
    "jpeg 60": jpeg,
    "blurred": blur,
    "tinted": tint,
    "85 % as bright": lambda images: (images * 0.85).to(torch.uint8),
    "shifted 2 px": lambda images: images.roll((2, 2), (2, 3)),
}


def main() -> None:
    """Measure all, or what the flags leave of it."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--emoji", default="", help="folder with the pictures of emoji-people")
    cli.add_argument("--data", type=common.one_of(*MODELS), default=list(MODELS), help="sets to measure")
    cli.add_argument("--extractors", type=common.one_of(*EXTRACTORS), default=[EXTRACTOR])
    cli.add_argument("--n", type=int, default=300, help="samples, copies and fresh pictures each")
    cli.add_argument(
        "--pictures",
        type=int,
        default=3000,
        help="training pictures copied from and compared with in the trials of copiers",
    )
    cli.add_argument("--resume", action="store_true", help="keep the rows of an earlier run with the same settings")
    options = cli.parse_args()
    settings = {"n": options.n, "pictures": options.pictures}
    report = common.Results(common.RESULTS / "memorisation.json", settings)
    if options.resume:
        report.keep_for_resume()
    else:
        report.rows = []
    report.facts = {"machine": common.machine(common.usable_cores()), "command": common.command("memorisation")}
    torch.set_num_threads(1)
    for name in options.data:
        if name == "emoji-people" and not options.emoji:
            continue
        spec = options.emoji if name == "emoji-people" else name
        for extractor in options.extractors:
            for case, samples, train, fresh in cases(name, spec, options):
                if not report.has(data=name, case=case, extractor=extractor):
                    started = time.monotonic()
                    found = inspect(samples, train, fresh, extractor).to_dict()
                    seconds = round(time.monotonic() - started, 1)
                    report.add([{"data": name, "case": case, **found, "seconds": seconds}])
                    print(name, extractor, case, found["verdict"], found["share"], found["nearer"], seconds, flush=True)


def cases(name: str, spec: str, options):
    """(what, samples, training pictures, held-out pictures or None) of a set: copiers and fresh pictures, then the models."""
    train, test = (data.load(spec, split=split) for split in ("train", "test"))
    held_out = test.fingerprint != train.fingerprint
    some = train.images[: options.pictures]
    fresh, other = (test.images[:1000], test.images[1000 : 1000 + options.n]) if held_out else (None, None)
    copied = some[torch.randperm(len(some), generator=torch.Generator().manual_seed(2))[: options.n]]
    for case, change in COPIERS.items():
        yield f"copier: {case}", change(copied), some, fresh
    if held_out:
        yield "fresh real pictures", other, some, fresh
        yield "fresh real pictures, none held out", other, some, None
    else:
        order = torch.randperm(len(some), generator=torch.Generator().manual_seed(3))
        yield "fresh real pictures, none held out", some[order[:150]], some[order[150:]], None
    for model in MODELS[name]:
        yield model, Samples(load_model(f"weights/{model}"), options.n, 0, train.labels), train.images, fresh


if __name__ == "__main__":
    main()
