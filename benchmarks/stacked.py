"""Stacked MNIST: three handwritten digits as the three colours of a picture, 1000 modes, and how many of them samples catch.

Protocol: Metz et al. 2017 (Unrolled GANs, sec. 3.3.1) and Lin et al. 2018 (PacGAN, sec. 4.1): a digit classifier names each
colour of each sample; modes caught are the triples that occur, and the reverse KL is taken from samples to data.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core import data

MODES = 1000


def stacked(count: int, seed: int = 0) -> tuple[Tensor, np.ndarray]:
    """`count` random triples of the bundled digits: pictures uint8 [count, 3, 28, 28] and their true modes [count]."""
    digits = data.load("digits")
    index = torch.randint(len(digits), (count, 3), generator=torch.Generator().manual_seed(seed))
    return digits.images[index, 0], mode_numbers(digits.labels[index])


def write_zip(images: Tensor, path: Path) -> None:
    """Write pictures uint8 [N, 3, H, W] as PNGs in a zip: what `gan_core.data.load` and `train_local.py --data` take."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, pixels in enumerate(images.permute(0, 2, 3, 1).numpy()):
            buffer = io.BytesIO()
            Image.fromarray(pixels).save(buffer, "png", compress_level=1)
            archive.writestr(f"{number:06d}.png", buffer.getvalue())


class DigitClassifier(nn.Sequential):
    """Grey digits, float [N, 1, 28, 28] in [0, 1] → logits [N, 10]."""

    def __init__(self):
        layers: list[nn.Module] = []
        for inputs, outputs, size in ((1, 24, 5), (24, 48, 3), (48, 96, 3)):
            layers += [nn.Conv2d(inputs, outputs, size, padding=size // 2), nn.BatchNorm2d(outputs), nn.ReLU()]
            layers += [nn.MaxPool2d(2)]
        super().__init__(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(96 * 3 * 3, 10))


def train_classifier(epochs: int = 6, batch: int = 64, seed: int = 0) -> tuple[DigitClassifier, float]:
    """Learn the bundled digits, shifted at random by up to 2 pixels; return it with its accuracy on the held-out ones."""
    torch.manual_seed(seed)
    train, held_out = data.load("digits", split="train"), data.load("digits", split="test")
    network, pixels = DigitClassifier().train(), F.pad(train.images.float() / 255, (2, 2, 2, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    steps = epochs * (len(train) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
    for step in range(steps):
        if step % (len(train) // batch) == 0:
            order = torch.randperm(len(train)).split(batch)
        rows, (y, x) = order[step % (len(train) // batch)], torch.randint(5, (2,)).tolist()
        loss = F.cross_entropy(network(pixels[rows, :, y : y + 28, x : x + 28]), train.labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    network.eval()
    return network, float((classify(network, held_out.images) == held_out.labels).float().mean())


@torch.inference_mode()
def classify(network: nn.Module, images: Tensor) -> Tensor:
    """Digits [N] of grey pictures uint8 [N, 1, 28, 28]."""
    return torch.cat([network(part.float() / 255).argmax(1) for part in images.split(500)])


def modes_of(network: nn.Module, images: Tensor) -> np.ndarray:
    """The mode of each picture uint8 [N, 3, 28, 28], 0–999: its three digits read as one number."""
    return mode_numbers(classify(network, images.reshape(-1, 1, *images.shape[2:])).reshape(-1, 3))


def mode_numbers(digits: Tensor) -> np.ndarray:
    """Three digits a row [N, 3] read as one number [N], 0–999."""
    return (digits * torch.tensor([100, 10, 1])).sum(1).numpy()


def modes_caught(modes: np.ndarray) -> int:
    """How many of the 1000 modes occur."""
    return len(np.unique(modes))


def reverse_kl(modes: np.ndarray, real: np.ndarray) -> float:
    """KL(samples ‖ data) over the modes, in nats, from the modes of samples and of real pictures. Every mode must be in `real`."""
    p, q = (np.bincount(values, minlength=MODES) / len(values) for values in (modes, real))
    seen = p > 0
    return float((p[seen] * np.log(p[seen] / q[seen])).sum())
