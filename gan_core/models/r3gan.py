"""r3gan: residual networks without normalization, a relativistic loss, R1 + R2 at every step.

Huang et al. 2024, "The GAN is dead; long live the GAN! A modern baseline GAN", sec. 3 and the official code's Networks.py,
whose numbers these networks reproduce when given the same weights.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.layers import pyramid, tent, upsample, widths
from gan_core.models.adversarial import AdversarialFamily
from gan_core.models.base import Generator

SLOPE = 0.2  # of the leaky ReLU for negative numbers
EXPANSION = 2  # a block is so many times wider inside than its stage
GROUP = 16  # channels of one group in a block's 3×3 convolution
BLOCKS = 2  # blocks of a stage
MAX_BLOCKS = 16


def scaled(layer: nn.Module, gain: float = 1.0) -> nn.Module:
    """Draw a layer's weights from N(0, gain² / fan-in) and clear its bias (He et al. 2015, eq. 10 and 14)."""
    if not layer.weight.is_meta:  # only sizes are wanted
        nn.init.normal_(layer.weight, std=gain * layer.weight[0].numel() ** -0.5)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return layer


class Block(nn.Module):
    """x + 1×1(lrelu(grouped 3×3(lrelu(1×1(x))))): begins as the identity, since its last layer begins at zero.

    The other two are drawn smaller by L^(−1/(2m − 2)) for L blocks in the network of m = 3 layers each (Zhang et al. 2019
    (Fixup), sec. 3), which stands in for normalization.
    """

    def __init__(self, channels: int, blocks_in_all: int):
        super().__init__()
        inner = EXPANSION * channels
        gain = math.sqrt(2 / (1 + SLOPE**2)) * blocks_in_all**-0.25
        self.expand = scaled(nn.Conv2d(channels, inner, 1), gain)
        groups = inner // math.gcd(inner, GROUP)
        self.grouped = scaled(nn.Conv2d(inner, inner, 3, padding=1, groups=groups), gain)
        self.reduce = scaled(nn.Conv2d(inner, channels, 1, bias=False), 0.0)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.expand(x), SLOPE)
        return x + self.reduce(F.leaky_relu(self.grouped(y), SLOPE))


class Downsample(torch.autograd.Function):
    """[N, C, 2H, 2W] → [N, C, H, W]: the transpose of `upsample`, up to a factor of 4.

    Its gradient is written out because autograd differentiates a convolution by channels a second time (as R1 and R2 ask)
    one channel after the other.
    """

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return F.conv2d(x, tent(x, 1), stride=2, padding=1, groups=x.shape[1])

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return upsample(gradient) / 4


class Up(nn.Module):
    """To the next stage of the generator: its channels first, then twice the size."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.project = between(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return upsample(self.project(x))


class Down(nn.Module):
    """To the next stage of the discriminator: half the size first, then its channels."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.project = between(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.project(Downsample.apply(x))


def between(inputs: int, outputs: int) -> nn.Module:
    """A linear map of channels, where their number changes."""
    return nn.Identity() if inputs == outputs else scaled(nn.Conv2d(inputs, outputs, 1, bias=False))


class GenerativeBasis(nn.Module):
    """Vector [N, inputs] → [N, channels, side, side]: one learned picture per channel, each weighted by the vector."""

    def __init__(self, inputs: int, channels: int, side: int):
        super().__init__()
        self.weigh = scaled(nn.Linear(inputs, channels, bias=False))
        self.basis = nn.Parameter(torch.empty(channels, side, side))
        if not self.basis.is_meta:
            nn.init.normal_(self.basis)

    def forward(self, x: Tensor) -> Tensor:
        return self.basis * self.weigh(x)[:, :, None, None]


class DiscriminativeBasis(nn.Module):
    """[N, channels, side, side] → features [N, outputs]: every channel against one learned picture, then a linear map."""

    def __init__(self, channels: int, outputs: int, side: int):
        super().__init__()
        self.basis = scaled(nn.Conv2d(channels, channels, side, groups=channels, bias=False))
        self.score = scaled(nn.Linear(channels, outputs, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.score(self.basis(x).flatten(1))


def stages(config: ModelConfig, width: int) -> tuple[int, list[list[Block]], list[int]]:
    """(side of the smallest stage, each stage's blocks, each stage's channels), from the smallest to the full size.

    Raises StudioError when the family cannot do the resolution or the number of blocks.
    """
    side, doublings = pyramid(config.resolution)
    sizes = widths(width, doublings + 1)
    blocks = config.options.get("blocks", BLOCKS)
    if blocks not in range(1, MAX_BLOCKS + 1):
        raise StudioError("model.config_field", "The model's config.json has no usable “{field}”.", field="options")
    return side, [[Block(size, blocks * len(sizes)) for _ in range(blocks)] for size in sizes], sizes


def in_fp32(layers: nn.Module, x: Tensor) -> Tensor:
    """Run layers in fp32 under any autocast, as the official code does with the smallest stage."""
    with torch.autocast(x.device.type, enabled=False):
        return layers(x.float())


class R3GANGenerator(Generator):
    """Latent (and class embedding) → picture. Nothing bounds its numbers; they learn to stay in [−1, 1]."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        classes, z_dim = config.num_classes, config.z_dim
        self.embed = scaled(nn.Linear(classes, z_dim, bias=False)) if classes else None
        side, blocks, sizes = stages(config, config.options.get("width", 16))
        self.start = nn.Sequential(GenerativeBasis(2 * z_dim if classes else z_dim, sizes[0], side), *blocks[0])
        layers = []
        for level in range(1, len(sizes)):
            layers += [Up(sizes[level - 1], sizes[level]), *blocks[level]]
        self.layers = nn.Sequential(*layers)
        self.to_image = scaled(nn.Conv2d(sizes[-1], config.channels, 1, bias=False))

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        if self.embed is not None:
            code = torch.cat([code, self.embed(label_weights)], 1)
        return self.to_image(self.layers(in_fp32(self.start, code)))


class R3GANDiscriminator(nn.Module):
    """Picture → one logit; with classes, the features' product with the class's embedding (Miyato & Koyama 2018)."""

    def __init__(self, config: ModelConfig, width: int):
        super().__init__()
        side, blocks, sizes = stages(config, width)
        self.from_image = scaled(nn.Conv2d(config.channels, sizes[-1], 1, bias=False))
        layers = []
        for level in range(len(sizes) - 1, 0, -1):
            layers += [*blocks[level], Down(sizes[level], sizes[level - 1])]
        self.layers = nn.Sequential(*layers)
        classes, features = config.num_classes, sizes[0] if config.num_classes else 1
        self.end = nn.Sequential(*blocks[0], DiscriminativeBasis(sizes[0], features, side))
        self.embed = scaled(nn.Linear(classes, features, bias=False), features**-0.5) if classes else None

    def forward(self, images: Tensor, label_weights: Tensor | None = None) -> Tensor:
        """images [N, C, R, R] → logits [N]."""
        features = in_fp32(self.end, self.layers(self.from_image(images)))
        if self.embed is not None:
            features = features * self.embed(label_weights)
        return features.sum(1)


class R3GAN(AdversarialFamily):
    """The paper's recipe, its schedules stretched over the run. A step takes longer than dcgan's."""

    Generator = R3GANGenerator
    Discriminator = R3GANDiscriminator
    conditional = True
    DEFAULTS = dict(
        batch=32, lr=2e-4, lr_schedule="cosine", lr_final=0.25, beta2=0.9, beta2_final=0.99, width=16, d_width=16, z_dim=64,
        penalty="r1r2", gamma=None, gamma_final=0.1, penalty_every=1, augmentation="diffaugment",
    )  # fmt: skip

    @classmethod
    def options(cls, train):
        return {**super().options(train), "blocks": BLOCKS}
