"""The augmentation pipeline of StyleGAN2-ADA (Karras et al. 2020, "Training GANs with Limited Data", appendix B)."""

import math

import torch
from torch import Tensor

from gan_core.draws import Draws

SHIFT = 0.125  # reach of whole-pixel shifts and standard deviation of fractional ones, as a share of the side
SCALE = 0.2  # standard deviation of log2 of the isotropic scale, and of the anisotropic one
BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0  # standard deviations; of log2 for the last two


def ada(images: Tensor, strength: float, draws: Draws) -> Tensor:
    """Apply each transformation of the paper's set "bgc" to a random share `strength` of images [N, C, H, W] in [−1, 1].

    In this order: x-flip, quarter turns, whole-pixel shift; scale, rotation, anisotropic scale, rotation, fractional shift;
    brightness, contrast, luma flip, hue, saturation. Colour leaves a fourth channel (alpha) alone. As in the paper, the
    result may leave [−1, 1]. Strength 0 returns the pictures themselves.

    Differentiable as often as one likes, on any device, so that penalties can be taken through it. Distributions,
    probabilities and formulas are those of the official code (NVlabs/stylegan2-ada-pytorch, training/augment.py), except
    that it samples at twice the size, between two 12-tap low-pass filters (sym6), where this samples once, bilinearly: a
    little softer, and unfiltered where a picture shrinks; but flips, quarter turns and whole-pixel shifts are exact. And
    it reflects a picture once at each border, with zeros beyond, where here reflections go on without end.
    """
    if strength <= 0:
        return images
    with torch.autocast(images.device.type, enabled=False):  # places and colours need more than bf16
        x = images.to(torch.promote_types(images.dtype, torch.float32))
        chance = Chance(len(images), strength, draws)
        matrix, offset = geometry(chance, *images.shape[-2:])
        x = warp(x, matrix.to(x), offset.to(x))
        colours, shift = colour(chance)
        x = recolour(x, colours.to(x), shift.to(x))
    return x.to(images.dtype)


class Chance:
    """Random values for n pictures, each of which takes part in a transformation with probability `strength`."""

    def __init__(self, n: int, strength: float, draws: Draws):
        self.n, self.strength, self.draws = n, min(strength, 1.0), draws

    def number(self, choices: int, **some) -> Tensor:
        """One of 0 … choices − 1 for each picture; 0 for those that take no part."""
        return self.some((self.draws.uniform(self.n) * choices).floor(), **some)

    def angle(self, **some) -> Tensor:
        """Radians from −π to π."""
        return self.some((self.draws.uniform(self.n) * 2 - 1) * math.pi, **some)

    def factor(self, deviation: float) -> Tensor:
        """A power of two whose exponent is normal with this standard deviation."""
        return self.some((self.draws.normal(self.n) * deviation).exp2(), neutral=1.0)

    def some(self, values: Tensor, neutral: float = 0.0, probability: float | None = None) -> Tensor:
        """Values [n, ...] of the pictures that take part, and the neutral one for the others."""
        rolled = self.draws.uniform(self.n, *(1,) * (values.ndim - 1))
        return torch.where(rolled < (self.strength if probability is None else probability), values, neutral)


# ---- geometry: (x, y) in pixels from the picture's centre, y down


def geometry(chance: Chance, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Draw where pixels come from: matrix [N, 2, 2] and offset [N, 2] with place_in = matrix · place_out + offset."""
    flip = 1 - 2 * chance.number(2)
    quarters = chance.number(4)
    whole = chance.some((chance.draws.uniform(chance.n, 2) * 2 - 1) * SHIFT)
    scale = chance.factor(SCALE)
    either = 1 - math.sqrt(1 - chance.strength)  # so that at least one of two rotations has the probability `strength`
    before = chance.angle(probability=either)
    aspect = chance.factor(SCALE)
    after = chance.angle(probability=either)
    fraction = chance.some(chance.draws.normal(chance.n, 2) * SHIFT)

    sides = flip.new_tensor([width, height])
    turn = _rotation(quarters * (math.pi / 2)).round()  # cosines of quarter turns, exactly
    blit = _times(_diagonal(flip, torch.ones_like(flip)), turn)
    matrix = _times(blit, _rotation(before), _diagonal(1 / (scale * aspect), aspect / scale), _rotation(after))
    return matrix, -_apply(matrix, fraction * sides) - _apply(blit, (whole * sides).round())


def warp(images: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Sample images [N, C, H, W] at matrix [N, 2, 2] · place + offset [N, 2], bilinearly; borders reflect, as torch's "reflect".

    Made of gather and arithmetic, because grid_sample has no second derivative.
    """
    height, width = images.shape[-2:]
    x = torch.arange(width, device=images.device, dtype=images.dtype) - (width - 1) / 2
    y = torch.arange(height, device=images.device, dtype=images.dtype)[:, None] - (height - 1) / 2
    xx, xy, yx, yy = matrix.flatten(1)[..., None, None].unbind(1)
    dx, dy = offset[..., None, None].unbind(1)
    left, right, across = _neighbours(xx * x + xy * y + (dx + (width - 1) / 2), width)
    above, below, down = _neighbours(yx * x + yy * y + (dy + (height - 1) / 2), height)
    pixels = images.flatten(2)

    def row(start: Tensor) -> Tensor:
        first, second = (pixels.gather(2, (start + column)[:, None].expand_as(pixels)) for column in (left, right))
        return torch.lerp(first, second, across[:, None])

    return torch.lerp(row(above * width), row(below * width), down[:, None]).view(images.shape)


def _neighbours(place: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """For places [N, H, W] on an axis that reflects at its ends: the pixels before and after, and how far between; [N, H · W]."""
    last = size - 1
    place = last - (place.flatten(1).remainder(2 * last) - last).abs()
    before = place.floor()
    return before.long(), (before + 1).clamp(max=last).long(), place - before


def _rotation(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([cos, -sin, sin, cos], -1).unflatten(-1, (2, 2))


def _diagonal(first: Tensor, second: Tensor) -> Tensor:
    return torch.diag_embed(torch.stack([first, second], -1))


def _times(first: Tensor, *others: Tensor) -> Tensor:
    """The product of matrices [N, 2, 2], in full precision also where matrix products are taken in TF32."""
    for other in others:
        first = (first[..., None] * other[:, None]).sum(2)
    return first


def _apply(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix * vector[:, None]).sum(2)


# ---- colour


def colour(chance: Chance) -> tuple[Tensor, Tensor]:
    """Draw what becomes of colours: matrix [N, 3, 3] and shift [N, 3, 1] with rgb_out = matrix · rgb_in + shift.

    Every transformation acts on the luma (the mean of the three) or on the chroma (the rest), so their product is
    luma_out = ± contrast · (luma + brightness) and chroma_out = saturation · contrast · chroma, turned by the hue.
    """
    brightness = chance.some(chance.draws.normal(chance.n) * BRIGHTNESS)
    contrast = chance.factor(CONTRAST)
    luma = contrast * (1 - 2 * chance.number(2))
    hue = chance.angle()
    chroma = contrast * chance.factor(SATURATION)

    mean = luma.new_full((3, 3), 1 / 3)
    turn = luma.new_tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)  # (1, 1, 1)/√3 × rgb
    luma, chroma, hue, brightness = (v[:, None, None] for v in (luma, chroma, hue, brightness))
    matrix = luma * mean + chroma * (hue.cos() * (torch.eye(3).to(mean) - mean) + hue.sin() * turn)
    return matrix, (luma * brightness).expand(-1, 3, 1)


def recolour(images: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
    """Apply a colour matrix [N, 3, 3] and shift [N, 3, 1] to images [N, C, H, W]; grey ones take what it does to greys."""
    if images.shape[1] == 1:
        matrix, shift = matrix.mean(1, keepdim=True).sum(2, keepdim=True), shift.mean(1, keepdim=True)
    channels = matrix.shape[1]
    coloured = (matrix @ images[:, :channels].flatten(2) + shift).unflatten(2, images.shape[-2:])
    return torch.cat([coloured, images[:, channels:]], 1) if images.shape[1] > channels else coloured
