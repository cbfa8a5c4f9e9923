"""Layers that FastGAN and lightweight-gan share: gated units, learned noise, resampling with a small blur."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class AddNoise(nn.Module):
    """x plus a fixed picture of noise [1, 1, R, R] times a learned weight; the authors' code draws it anew for each picture."""

    def __init__(self, side: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.register_buffer("noise", torch.zeros(1, 1, side, side))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight * self.noise


class Blur(nn.Module):
    """[1, 2, 1]ᵀ[1, 2, 1] / 16 over each channel, mirrored at the edges."""

    def forward(self, x: Tensor) -> Tensor:
        taps, channels = x.new_ones(3), int(x.shape[1])  # a fixed number, as torch.onnx.export wants it
        taps[1] = 2
        kernel = (torch.outer(taps, taps) / 16).expand(channels, 1, 3, 3)
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, groups=channels)


class ChannelNorm(nn.Module):
    """Normalises the channels of each pixel; scale `g` and shift `b` [1, C, 1, 1]."""

    def __init__(self, channels: int):
        super().__init__()
        self.g, self.b = nn.Parameter(torch.ones(1, channels, 1, 1)), nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = x.mean(1, keepdim=True), x.var(1, unbiased=False, keepdim=True)
        return (x - mean) / (variance + 1e-5).sqrt() * self.g + self.b


class Normed(nn.Module):
    """A part that sees its input normalised."""

    def __init__(self, channels: int, part: nn.Module):
        super().__init__()
        self.fn, self.norm = part, ChannelNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.fn(self.norm(x))


class Depthwise(nn.Module):
    """A 3×3 convolution of each channel, then a 1×1 across them."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False), nn.Conv2d(inputs, outputs, 1, bias=False)
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def linear_attention(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """Attention whose cost grows with the pixels (Shen et al. 2021, "Efficient attention", eq. 3): [N, H·D, R, R] each → the same."""
    side = int(q.shape[-1])
    q, k, v = (t.unflatten(1, (heads, -1)).flatten(3).transpose(2, 3) for t in (q, k, v))  # [N, heads, pixels, D]
    q = q.softmax(-1) * q.shape[-1] ** -0.5
    out = q @ (k.softmax(-2).transpose(2, 3) @ v)
    return out.transpose(2, 3).flatten(1, 2).unflatten(2, (-1, side))
