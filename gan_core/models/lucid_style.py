"""lucid_style: lucidrains' stylegan2-pytorch, whose maths are not StyleGAN2's: no equalized rates but one, bilinear steps, a noise picture."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.config import ModelConfig
from gan_core.models.base import Generator
from gan_core.models.drawn import DrawnFamily, unusable, whole, wholes
from gan_core.models.glu_layers import Blur, Depthwise, Normed, linear_attention
from gan_core.models.style_generator import StyleGenerator

HEADS = 8
HEAD = 64  # numbers of each attention head


class Vectorizer(nn.Module):
    """z on the unit sphere → w [N, D] through linear layers whose weights are scaled by `rate`, leaky ReLU after each."""

    def __init__(self, width: int, depth: int, rate: float):
        super().__init__()
        self.rate = rate
        self.net = nn.ModuleDict({str(2 * i): nn.Linear(width, width) for i in range(depth)})
        self.register_buffer("w_avg", torch.zeros(width))

    def forward(self, z: Tensor, label_weights: Tensor | None = None) -> Tensor:
        x = F.normalize(z)
        for layer in self.net.values():
            x = F.leaky_relu(F.linear(x, layer.weight * self.rate, layer.bias * self.rate), 0.2)
        return x


class Modulated(nn.Module):
    """Convolution whose input channels are scaled by style + 1; `demodulated` unless it makes the picture."""

    def __init__(self, inputs: int, outputs: int, kernel: int, demodulated: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs, kernel, kernel))
        self.demodulated = demodulated

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        style = style + 1
        out = F.conv2d(x * style[:, :, None, None], self.weight, padding=self.weight.shape[2] // 2)
        if not self.demodulated:
            return out
        power = style.square() @ self.weight.square().sum((2, 3)).T
        return out * (power + 1e-8).rsqrt()[:, :, None, None]


class ToPicture(nn.Module):
    """Features → picture, added to the one so far and doubled for the next size."""

    def __init__(self, latent: int, inputs: int, channels: int, doubled: bool):
        super().__init__()
        self.to_style, self.conv = nn.Linear(latent, inputs), Modulated(inputs, channels, 1, demodulated=False)
        self.blur = Blur() if doubled else None

    def forward(self, x: Tensor, picture: Tensor | None, w: Tensor) -> Tensor:
        x = self.conv(x, self.to_style(w))
        x = x if picture is None else x + picture
        return x if self.blur is None else self.blur(_bilinear(x))


class Block(nn.Module):
    """Two modulated convolutions with noise, and the picture of this size; all but the first double their input."""

    def __init__(self, latent: int, inputs: int, outputs: int, channels: int, doubled: bool, last: bool):
        super().__init__()
        self.doubled = doubled
        self.to_style1, self.to_style2 = nn.Linear(latent, inputs), nn.Linear(latent, outputs)
        self.to_noise1, self.to_noise2 = nn.Linear(1, outputs), nn.Linear(1, outputs)
        self.conv1, self.conv2 = Modulated(inputs, outputs, 3), Modulated(outputs, outputs, 3)
        self.to_rgb = ToPicture(latent, outputs, channels, not last)

    def forward(self, x: Tensor, picture: Tensor | None, w: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        x = _bilinear(x) if self.doubled else x
        noise = noise[:, : x.shape[2], : x.shape[3], :]
        for style, grain, conv in (
            (self.to_style1, self.to_noise1, self.conv1), (self.to_style2, self.to_noise2, self.conv2),
        ):  # fmt: skip
            x = F.leaky_relu(conv(x, style(w)) + grain(noise).permute(0, 3, 2, 1), 0.2)
        return x, self.to_rgb(x, picture, w)


class Attention(nn.Module):
    """Linear attention over the pixels."""

    def __init__(self, channels: int):
        super().__init__()
        self.to_q = nn.Conv2d(channels, HEADS * HEAD, 1, bias=False)
        self.to_kv, self.to_out = Depthwise(channels, 2 * HEADS * HEAD), nn.Conv2d(HEADS * HEAD, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.to_out(F.gelu(linear_attention(self.to_q(x), *self.to_kv(x).chunk(2, 1), HEADS)))


class Beside(nn.Module):
    """x plus what a part makes of it."""

    def __init__(self, part: nn.Module):
        super().__init__()
        self.fn = part

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fn(x)


class SynthesisNetwork(nn.Module):
    """Styles of each size and a noise picture → picture [N, C, R, R] in [0, 1] and a little beyond."""

    def __init__(self, latent: int, filters: list[int], channels: int, attention: list[int], constant: bool):
        super().__init__()
        if constant:
            self.initial_block = nn.Parameter(torch.zeros(1, filters[0], 4, 4))
        else:
            self.to_initial_block = nn.ConvTranspose2d(latent, filters[0], 4, bias=False)
        self.initial_conv = nn.Conv2d(filters[0], filters[0], 3, padding=1)
        self.blocks, count = nn.ModuleList(), len(filters) - 1
        self.attns = nn.ModuleDict({str(level): _attending(filters[level]) for level in attention})
        for level in range(count):
            self.blocks.append(
                Block(latent, filters[level], filters[level + 1], channels, level > 0, level == count - 1)
            )
        self.register_buffer("noise", torch.zeros(1, 2 << count, 2 << count, 1))

    def forward(self, ws: Tensor) -> Tensor:
        if hasattr(self, "initial_block"):
            x = self.initial_block.expand(ws.shape[0], -1, -1, -1)
        else:
            x = self.to_initial_block(ws.mean(1)[:, :, None, None])
        x, picture = self.initial_conv(x), None
        for level, (block, w) in enumerate(zip(self.blocks, ws.unbind(1), strict=True)):
            if str(level) in self.attns:
                x = self.attns[str(level)](x)
            x, picture = block(x, picture, w, self.noise)
        return picture


def _attending(channels: int) -> nn.Sequential:
    wide = nn.Sequential(nn.Conv2d(channels, 2 * channels, 1), nn.LeakyReLU(0.2), nn.Conv2d(2 * channels, channels, 1))
    return nn.Sequential(Beside(Normed(channels, Attention(channels))), Beside(Normed(channels, wide)))


def _bilinear(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class LucidStyleGenerator(StyleGenerator):
    """Mapping to W and synthesis; one w per size.

    `config.options`: depth and rate of the mapping, filters [first, then after each size], attention (sizes that have it), constant.
    """

    def __init__(self, config: ModelConfig):
        Generator.__init__(self, config)
        options, self.w_dim = config.options, config.z_dim
        filters, levels = wholes(options, "filters"), self.count_ws(config)
        rate = options.get("rate", 0.1)
        if len(filters) != levels + 1 or type(rate) not in (int, float) or not 0 < rate <= 10:
            raise unusable("filters")
        self.mapping_network = Vectorizer(self.w_dim, whole(options, "depth", 8, 64), rate)
        self.synthesis_network = SynthesisNetwork(
            self.w_dim, filters, config.channels, wholes(options, "attention", 0, levels - 1), bool(options.get("constant", True))
        )  # fmt: skip

    @classmethod
    def count_ws(cls, config):
        return config.resolution.bit_length() - 2

    def picture(self, code: Tensor) -> Tensor:
        """Code [N, code_dim] → picture in the author's range, [0, 1]."""
        return self.synthesis_network(code.unflatten(1, (self.num_ws, self.w_dim)))

    def synthesis(self, code, label_weights):
        return self.picture(code) * 2 - 1

    def affine(self) -> Tensor:
        styles = [m for m in self.synthesis_network.modules() if isinstance(m, (Block, ToPicture))]
        rows = [layer.weight for m in styles for name, layer in m.named_children() if name.startswith("to_style")]
        return torch.cat(rows)

    @torch.inference_mode()
    def from_latent(self, z, label=None) -> Tensor:
        return self.picture(self.mapping(*self.as_given(z, label)))


class LucidStyle(DrawnFamily):
    """lucidrains' own StyleGAN2."""

    Generator = LucidStyleGenerator
