"""Gives the bundled models their named directions: python weights/make_directions.py [MODEL…] (all, one after the other, without names)

Learns to name the traits of each labelled picture set, finds directions for them in every model of that set, keeps those that
do what they say, and writes weights/MODEL/directions.safetensors (16 bits) and weights/directions.json with the evidence.
"""

import argparse
import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from gan_core import data  # noqa: E402
from gan_core.checkpoint import load_model, save_directions  # noqa: E402
from gan_core.data.traits import traits  # noqa: E402
from gan_core.latent.finders import find, principal_axes  # noqa: E402
from gan_core.latent.labelled import AMOUNTS, Effort, Finding, found_with  # noqa: E402
from gan_core.latent.namer import Lesson, Namer, balanced_accuracy, learn, seen  # noqa: E402

MODELS = {
    "faces-style": "faces", "faces-gan": "faces", "faces-vae": "faces", "pixel-faces-gan": "pixel-faces",
    "pixel-faces-vae": "pixel-faces", "fashion-vae": "fashion", "digits-gan": "digits",
}  # fmt: skip
BY_EYE = {
    ("faces-style", "earrings"),
    ("faces-vae", "earrings"),
    ("faces-vae", "smile"),
    ("faces-gan", "earrings"),
    ("pixel-faces-vae", "smile"),
}  # smears that fool the classifier
ENCODED = 4000  # pictures whose main variations are measured
EVIDENCE = ROOT / "weights" / "directions.json"


@cache
def pictures(name: str):
    """The pictures that a bundled set trains on."""
    return data.load(name)


@cache
def namer(name: str, folder: Path, lesson: Lesson):
    """A classifier of the set's traits, and its balanced accuracy on the 2,000 pictures that nothing was trained on."""
    loaded, test = pictures(name), data.load(name, split="test")
    kept = folder / f"{name}.safetensors"
    if kept.exists():
        network = Namer(loaded.resolution, loaded.channels, len(traits(loaded)))
        network.load_state_dict(load_file(kept))
        network.eval()
    else:
        network, _ = learn(loaded.images, _values(loaded), lesson)
        kept.parent.mkdir(parents=True, exist_ok=True)
        save_file({key: tensor.contiguous() for key, tensor in network.state_dict().items()}, kept)
    return network, balanced_accuracy(seen(network, test.images), _values(test))


def _values(loaded) -> torch.Tensor:
    return torch.stack([trait.values for trait in traits(loaded)], 1)


def give(name: str, options: argparse.Namespace) -> dict:
    """Find, write, and return the evidence for one model."""
    model, loaded = load_model(ROOT / "weights" / name), pictures(MODELS[name])
    network, accuracy = namer(MODELS[name], options.namers, Lesson(options.steps, float("inf"), options.seed))
    effort = Effort(
        draws=options.draws,
        trial=options.trial,
        proof=options.proof,
        tell=lambda line: print(f"{name}: {line}", flush=True),
    )
    findings = [
        replace(finding, why=finding.why or "nothing to see") if (name, finding.trait.name) in BY_EYE else finding
        for finding in found_with(model, network, accuracy, loaded.images, traits(loaded), effort)
    ]
    found = {"d": find(model, "d")}
    if model.can_encode:
        found["axis"] = principal_axes(model, loaded.images[:ENCODED])
    kept = [finding.direction for finding in findings if not finding.why]
    own = [direction for direction in model.named if direction.origin == "own"]
    save_directions(ROOT / "weights" / name, found, [replace(d, hidden=False) for d in (*kept, *own)])
    return {"kept": [_facts(f) for f in findings if not f.why], "left out": [_facts(f) for f in findings if f.why]}


def _facts(finding: Finding) -> dict:
    index = {"name": finding.trait.name, "title": finding.trait.title, "layers": finding.direction.layers}
    share = [round(float(value), 3) for value in finding.curve[:, finding.column]]
    return index | {"named rightly": round(finding.accuracy, 3), "share": share, "why": finding.why}


def main() -> None:
    """Every model asked for; the evidence of the others stays."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("models", nargs="*", metavar="MODEL", help=f"out of {', '.join(MODELS)}; default: all")
    cli.add_argument("--steps", type=int, default=1000, help="that each classifier learns, 64 pictures each")
    cli.add_argument("--draws", type=int, default=1500, help="pictures that are drawn and named")
    cli.add_argument("--trial", type=int, default=16, help="pictures that each candidate is tried on")
    cli.add_argument("--proof", type=int, default=48, help="pictures that the chosen one is shown on")
    cli.add_argument(
        "--namers", type=Path, default=ROOT / "runs" / "namers", help="where classifiers are kept for another time"
    )
    cli.add_argument("--seed", type=int, default=0)
    options = cli.parse_args()
    for name in options.models or MODELS:
        made = give(name, options)
        evidence = {**(json.loads(EVIDENCE.read_text()) if EVIDENCE.exists() else {}), name: made}
        ordered = {known: evidence[known] for known in MODELS if known in evidence}
        EVIDENCE.write_text(json.dumps({"amounts": AMOUNTS, **ordered}, indent=1) + "\n")


if __name__ == "__main__":
    main()
