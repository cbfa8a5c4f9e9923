"""lightweight_gan: lucidrains' lightweight-gan, a descendant of FastGAN (Liu et al. 2021) with pixel-shuffle steps and attention."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.config import ModelConfig
from gan_core.models.base import Generator
from gan_core.models.drawn import DrawnFamily, unusable, wholes
from gan_core.models.glu_layers import AddNoise, Blur, Depthwise, Normed, linear_attention

HEADS, HEAD = 8, 64
AHEAD = 4  # doublings between the size that an excitation looks at and the one that it acts on


class Context(nn.Module):
    """Global context (Cao et al. 2019) → a gate for each channel."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.to_k = nn.Conv2d(inputs, 1, 1)
        self.net = _gate(inputs, max(3, outputs // 2), outputs)

    def forward(self, x: Tensor) -> Tensor:
        weights = self.to_k(x).flatten(2).softmax(-1)
        return self.net((x.flatten(2) @ weights.transpose(1, 2))[..., None])


class Frequencies(nn.Module):
    """Each channel's weight of one frequency of the cosine transform (Qin et al. 2021) → a gate for each channel."""

    def __init__(self, inputs: int, outputs: int, side: int):
        super().__init__()
        self.register_buffer("dct_weights", torch.zeros(1, inputs, side, side))
        self.net = _gate(inputs, max(3, outputs // 4), outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.net((x * self.dct_weights).sum((2, 3), keepdim=True))


def _gate(inputs: int, inner: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, inner, 1), nn.LeakyReLU(0.1), nn.Conv2d(inner, outputs, 1), nn.Sigmoid())


class Attention(nn.Module):
    """Linear attention over the picture beside full attention over each pixel's 3 × 3 neighbours."""

    def __init__(self, channels: int):
        super().__init__()
        wide = HEADS * HEAD
        self.to_lin_q, self.to_lin_kv = nn.Conv2d(channels, wide, 1, bias=False), Depthwise(channels, 2 * wide)
        self.to_q, self.to_kv = nn.Conv2d(channels, wide, 1, bias=False), nn.Conv2d(channels, 2 * wide, 1, bias=False)
        self.to_out = nn.Conv2d(2 * wide, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        far = F.gelu(linear_attention(self.to_lin_q(x), *self.to_lin_kv(x).chunk(2, 1), HEADS))
        return self.to_out(torch.cat([far, self.near(self.to_q(x), *self.to_kv(x).chunk(2, 1))], 1))

    @staticmethod
    def near(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """[N, H·D, R, R] each → the same, every pixel looking at its neighbours (zeros beyond the edge)."""
        n, wide, height, width = q.shape
        k, v = (F.unfold(t, 3, padding=1).view(n, HEADS, HEAD, 9, height * width) for t in (k, v))
        q = q.view(n, HEADS, HEAD, 1, height * width) * HEAD**-0.5
        share = (q * k).sum(2, keepdim=True).softmax(3)
        return (share * v).sum(3).reshape(n, wide, height, width)


class Enlarge(nn.Module):
    """Pixel shuffle with a 1×1 convolution and SiLU before it."""

    def __init__(self, channels: int):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(channels, 4 * channels, 1), nn.SiLU(), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class LightweightGenerator(Generator):
    """z → picture, each size made of the one before, large sizes gated by small ones.

    `config.options`: features (channels of each size from 4 on), excited and attention (levels that have it), frequency.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        latent, options = config.z_dim, config.options
        features = wholes(options, "features")
        levels = len(features) - 1
        excited, attention = (wholes(options, name, 0, levels - 1) for name in ("excited", "attention"))
        if (
            config.resolution != 4 << max(levels, 1)
            or features[0] != latent
            or any(level + AHEAD > levels for level in excited)
        ):
            raise unusable("features")
        self.initial_conv = nn.Sequential(
            nn.ConvTranspose2d(latent, 2 * latent, 4), nn.BatchNorm2d(2 * latent), nn.GLU(1)
        )
        self.layers = nn.ModuleList()
        for level, (inputs, outputs) in enumerate(zip(features, features[1:], strict=False)):
            parts = nn.ModuleDict({"0": _step(inputs, outputs, 8 << level)})
            if level in excited:
                target = features[level + AHEAD]
                frequency = options.get("frequency", False)
                parts["1"] = Frequencies(outputs, target, 8 << level) if frequency else Context(outputs, target)
            if level in attention:
                parts["2"] = Normed(inputs, Attention(inputs))
            self.layers.append(parts)
        self.out_conv = nn.Conv2d(features[-1], config.channels, 3, padding=1)

    def picture(self, z: Tensor) -> Tensor:
        """z [N, z_dim] → picture in the author's range, [0, 1] and a little beyond."""
        x = F.normalize(self.initial_conv(z[:, :, None, None]))
        gates: dict[int, Tensor] = {}
        for level, parts in enumerate(self.layers):
            if "2" in parts:
                x = x + parts["2"](x)
            x = parts["0"](x)
            if "1" in parts:
                gates[level + AHEAD - 1] = parts["1"](x)
            if level in gates:
                x = x * gates[level]
        return self.out_conv(x)

    def synthesis(self, code, label_weights):
        return self.picture(code) * 2 - 1

    def affine(self) -> Tensor:
        return self.initial_conv[0].weight.flatten(1).T

    @torch.inference_mode()
    def from_latent(self, z, label=None) -> Tensor:
        return self.picture(self.as_given(z, label)[0])


def _step(inputs: int, outputs: int, side: int) -> nn.Sequential:
    same = nn.Sequential(nn.ZeroPad2d((2, 1, 2, 1)), nn.Conv2d(inputs, 2 * outputs, 4))
    return nn.Sequential(Enlarge(inputs), Blur(), same, AddNoise(side), nn.BatchNorm2d(2 * outputs), nn.GLU(1))


class LightweightGAN(DrawnFamily):
    """lucidrains' lightweight GAN."""

    Generator = LightweightGenerator
