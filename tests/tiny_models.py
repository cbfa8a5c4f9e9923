"""Small untrained model folders, for tests that need pictures but not pretty ones."""

from pathlib import Path

import torch
from PIL import Image

from gan_core.checkpoint import save_model
from gan_core.config import ModelConfig
from gan_core.latent.directions import strongest_directions
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.models import build

CLASSES = ("T-shirt/top", "Trouser", "Bag")


def save_tiny_model(folder: Path, **fields) -> None:
    """Write an untrained model whose pictures differ clearly from seed to seed."""
    torch.manual_seed(len(folder.name))
    model = build(
        ModelConfig(
            **{
                "family": "dcgan",
                "resolution": 16,
                "z_dim": 8,
                "options": {"width": 8, "output_scale": 8},
                "name": folder.name,
                **fields,
            }
        )
    ).eval()
    with torch.no_grad():
        for weights in model.parameters():
            if weights.ndim > 1:
                weights.normal_(0, 1.5 * weights[0].numel() ** -0.5)
    model.directions = strongest_directions(model, probes=2, keep=8)
    pictures = render(model, [LatentPoint(seed=i) for i in range(4)])
    side = pictures.shape[1]
    sheet = pictures.reshape(2, 2, side, side, 3).swapaxes(1, 2).reshape(2 * side, 2 * side, 3)
    save_model(folder, model, Image.fromarray(sheet))


def make_weights(root: Path) -> Path:
    """Fill `root` with an unconditional model, a conditional one and a pixel-art one."""
    save_tiny_model(root / "a-plain", title="Plain")
    save_tiny_model(root / "b-classes", num_classes=len(CLASSES), labels=CLASSES, title="Classes")
    save_tiny_model(root / "c-pixels", pixel_art=True, title="Pixels")
    return root
