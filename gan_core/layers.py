"""Layers and helpers that several families use identically."""

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from gan_core.errors import StudioError

FULL_SIZE_WIDTH = 16  # channels of a decoder at the picture's own size


def pyramid(resolution: int) -> tuple[int, int]:
    """Split a resolution into (base, doublings) with resolution = base · 2^doublings and base 4–7: 64 → (4, 4), 28 → (7, 2).

    Raises StudioError, naming the nearest sizes that work, when there is no such split.
    """
    base, doublings = resolution, 0
    while base % 2 == 0 and base >= 8:
        base, doublings = base // 2, doublings + 1
    if not 4 <= base <= 7 or doublings < 1:
        sizes = sorted(
            {b << k for b in (4, 5, 6, 7) for k in range(1, 7) if b << k <= 256}, key=lambda s: (abs(s - resolution), s)
        )
        raise StudioError(
            "model.resolution", "This kind of model cannot do {size} px. Near sizes that work: {near}.",
            size=resolution, near=", ".join(map(str, sorted(sizes[:3]))),
        )  # fmt: skip
    return base, doublings


def widths(width: int, doublings: int, cap: int = 512) -> list[int]:
    """Channels from the smallest layer to the largest: doubling towards small layers, at most `cap`."""
    return [min(width << level, cap) for level in reversed(range(doublings))]


def tent(x: Tensor, gain: float) -> Tensor:
    """The filter [1, 3, 3, 1] ⊗ [1, 3, 3, 1] for every channel of x: bilinear resampling by two. Its sum is `gain`."""
    taps = x.new_ones(4)  # made where x is: a GPU would have to wait for numbers that come from elsewhere
    taps[1:3] = 3
    channels = int(x.shape[1])  # a fixed number, as torch.onnx.export wants it
    return (gain / 64 * torch.outer(taps, taps)).expand(channels, 1, 4, 4).contiguous()


def upsample(x: Tensor) -> Tensor:
    """Pictures [N, C, H, W] → [N, C, 2H, 2W], bilinear, with zeros around them (StyleGAN2's upsample2d)."""
    return F.conv_transpose2d(x, tent(x, 4), stride=2, padding=1, groups=x.shape[1])


class Residual(nn.Module):
    """x + conv3×3(lrelu(x))·gain with a learned gain that starts at zero, so that it begins as the identity."""

    def __init__(self, channels: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.gain * self.conv(F.leaky_relu(x, 0.2))


class StridedDecoder(nn.Module):
    """Vector [N, inputs] → picture [N, C, R, R] in [−1, 1] by strided 4×4 transposed convolutions (Radford et al. 2016).

    BatchNorm and LeakyReLU between them; one residual 3×3 at the smallest size, where capacity costs least. The full size
    gets a few channels and a 3×3 of its own: that removes the checkerboard of a transposed convolution at little cost.
    """

    def __init__(self, inputs: int, resolution: int, channels: int, width: int):
        super().__init__()
        self.base, doublings = pyramid(resolution)
        sizes = widths(width, doublings)
        self.start = nn.Linear(inputs, sizes[0] * self.base**2, bias=False)
        blocks = []
        for level, (wide, narrow) in enumerate(zip(sizes, [*sizes[1:], FULL_SIZE_WIDTH], strict=True)):
            blocks += [nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
            if level == 0:
                blocks.append(Residual(wide))
            blocks.append(nn.ConvTranspose2d(wide, narrow, 4, 2, 1))
        self.blocks = nn.Sequential(*blocks, nn.LeakyReLU(0.2), nn.Conv2d(FULL_SIZE_WIDTH, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(x)
        return self.blocks(x.unflatten(1, (-1, self.base, self.base))).tanh()


class StridedEncoder(nn.Module):
    """Picture [N, C, R, R] → features [N, outputs] by strided 4×4 convolutions; `norm` adds BatchNorm (encoders, not critics)."""

    def __init__(self, resolution: int, channels: int, width: int, norm: bool):
        super().__init__()
        base, doublings = pyramid(resolution)
        sizes = [channels, *reversed(widths(width, doublings))]
        blocks = []
        for level, (narrow, wide) in enumerate(zip(sizes, sizes[1:], strict=False)):
            blocks.append(nn.Conv2d(narrow, wide, 4, 2, 1))
            if norm and level:
                blocks.append(nn.BatchNorm2d(wide))
            blocks.append(nn.LeakyReLU(0.2))
        self.blocks = nn.Sequential(*blocks, Residual(sizes[-1]))
        self.outputs = sizes[-1] * base**2

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x).flatten(1)


def fold_norms(network: nn.Module) -> nn.Module:
    """Return a copy of a trained network, for drawing only, in which every BatchNorm is worked into the layer before it.

    It computes the same up to rounding, with a pass over every feature map less. A network without norms is returned itself.
    """
    if not any(isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) for module in network.modules()):
        return network
    network = copy.deepcopy(network)
    for chain in [module for module in network.modules() if isinstance(module, nn.Sequential)]:
        layers: list[nn.Module] = []
        for layer in chain:
            before = layers[-1] if layers else None
            if isinstance(layer, nn.BatchNorm2d) and isinstance(before, nn.Conv2d | nn.ConvTranspose2d):
                layers[-1] = fuse_conv_bn_eval(before, layer, transpose=isinstance(before, nn.ConvTranspose2d))
            elif isinstance(layer, nn.BatchNorm1d) and isinstance(before, nn.Linear):
                layers[-1] = fuse_linear_bn_eval(before, layer)
            elif isinstance(layer, nn.LeakyReLU) and before is not None:
                layers.append(nn.LeakyReLU(layer.negative_slope, inplace=True))
            else:
                layers.append(layer)
        chain._modules = {str(i): layer for i, layer in enumerate(layers)}
    return network


def is_meta() -> bool:
    """Whether networks are being built on the meta device, for their sizes only (drawing there imports torch's compiler, 2 s)."""
    return torch.empty(0).is_meta


def initialise(module: nn.Module, slope: float = 0.2) -> None:
    """He initialisation (He et al. 2015, eq. 14) of every convolution and linear layer, seeded by torch's global generator."""
    for layer in module.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            if layer.weight.is_meta:  # only sizes are wanted, and drawing on "meta" imports torch's compiler (2 s)
                continue
            fan_mode = "fan_out" if isinstance(layer, nn.ConvTranspose2d) else "fan_in"
            nn.init.kaiming_normal_(layer.weight, slope, fan_mode)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
