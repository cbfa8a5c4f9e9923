"""Graded ways to spoil real pictures, and how bad each looks: the yardstick that a quality measure is held against.

Every distortion takes uint8 pictures [N, 3, H, W], a strength and a NumPy generator, and returns uint8 pictures of the same shape.
`TABLE` lists the strengths from weak to strong with the verdict of an eye that looks at 64 px pictures side by side
(`metric_calibration.png` shows them, so that the verdicts can be doubted): "hidden" cannot be seen without zooming,
"slight" is seen when looked for, "plain" is seen at once.
"""

import io
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F


def noise(images, sigma, rng):
    """Gaussian noise of `sigma` grey levels on every value: what a young GAN leaves on flat colours."""
    return _to_uint8(images.float() + torch.from_numpy(rng.normal(0, sigma, images.shape).astype(np.float32)))


def blur(images, sigma, rng):
    """Gaussian blur of `sigma` pixels."""
    return _to_uint8(_gaussian(images.float(), sigma))


def jpeg(images, quality, rng):
    """JPEG at the given quality, 4:2:0."""
    return torch.stack([_through_jpeg(image, quality) for image in images])


def tint(images, levels, rng):
    """The same warm tint on every picture: red up and blue down by `levels` grey levels."""
    return _to_uint8(images.float() + torch.tensor([levels, 0.0, -levels]).view(1, 3, 1, 1))


def patches(images, share, rng):
    """A `share` of the 4 × 4 patches of each picture comes from other pictures, at the same place: parts that do not fit."""
    size = images.shape[-1] // 4
    donors = images[torch.from_numpy(rng.integers(len(images), size=(len(images), 16)))]  # [N, 16, 3, H, W]
    mixed = images.clone()
    for patch in range(16):
        rows, columns = (slice(size * k, size * (k + 1)) for k in divmod(patch, 4))
        swapped = torch.from_numpy(rng.random(len(images)) < share)
        mixed[swapped, :, rows, columns] = donors[swapped, patch, :, rows, columns]
    return mixed


def few(images, kinds, rng):
    """Mode dropping: only `kinds` different pictures, each repeated."""
    return images[torch.from_numpy(rng.integers(min(kinds, len(images)), size=len(images)))]


def means(images, alike, rng):
    """The mean of each picture and its nearest neighbours, `alike` pictures in all: how a VAE hedges."""
    small = F.adaptive_avg_pool2d(images.float(), 16).flatten(1)
    nearest = torch.cdist(small, small).topk(alike, largest=False).indices  # [N, alike], itself first
    return _to_uint8(torch.stack([images[row].float().mean(0) for row in nearest]))


def warp(images, pixels, rng):
    """A smooth random displacement of `pixels` root mean square: features that swim."""
    count, _, height, width = images.shape
    field = F.interpolate(torch.from_numpy(rng.normal(size=(count, 2, 6, 6))).float(), (height, width), mode="bicubic")
    field = field / field.square().mean().sqrt() * (2 * pixels / width)
    identity = F.affine_grid(torch.eye(2, 3).expand(count, 2, 3), images.shape, align_corners=False)
    grid = identity + field.permute(0, 2, 3, 1)
    return _to_uint8(F.grid_sample(images.float(), grid, padding_mode="border", align_corners=False))


def holes(images, size, rng):
    """A square of `size` pixels near the middle painted with the colour of the top left corner: a part is missing."""
    holed = images.clone()
    middle, spread = images.shape[-1] // 2 - size // 2, images.shape[-1] // 6
    for image in holed:
        top, left = middle + rng.integers(-spread, spread + 1, size=2)
        image[:, top : top + size, left : left + size] = image[:, :1, :1]
    return holed


@dataclass(frozen=True)
class Distortion:
    function: object
    unit: str
    strengths: tuple  # weak to strong
    verdicts: tuple  # of the eye, one per strength


H, S, P = "hidden", "slight", "plain"

TABLE = {
    "noise": Distortion(noise, "grey levels", (2, 4, 8, 16, 32), (H, H, S, P, P)),
    "blur": Distortion(blur, "px", (0.3, 0.5, 0.8, 1.2, 2.0), (H, S, P, P, P)),
    "jpeg": Distortion(jpeg, "quality", (95, 85, 60, 30, 10), (H, H, S, P, P)),
    "tint": Distortion(tint, "grey levels", (2, 6, 16, 40), (H, H, S, P)),
    "patches": Distortion(patches, "share", (0.06, 0.12, 0.25, 0.5), (S, P, P, P)),
    "few": Distortion(few, "pictures", (300, 100, 30, 10), (S, S, P, P)),
    "means": Distortion(means, "pictures", (2, 3, 5, 10), (P, P, P, P)),
    "warp": Distortion(warp, "px", (0.25, 0.7, 1.5, 3.0), (H, S, P, P)),
    "holes": Distortion(holes, "px", (6, 10, 16, 24), (S, P, P, P)),
}


def _to_uint8(images):
    return images.round().clamp(0, 255).to(torch.uint8)


def _gaussian(images, sigma):
    radius = max(1, round(3 * sigma))
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2)
    taps = (taps / taps.sum()).expand(images.shape[1], 1, -1)
    images = F.pad(images, (radius,) * 4, mode="replicate")
    images = F.conv2d(images, taps[:, :, None, :], groups=images.shape[1])
    return F.conv2d(images, taps[:, :, :, None], groups=images.shape[1])


def _through_jpeg(image, quality):
    buffer = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1)
