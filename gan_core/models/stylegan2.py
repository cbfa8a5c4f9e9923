"""stylegan2: a style-based GAN (Karras et al. 2020), small enough for any machine, computing what the official code does."""

import torch
from torch import Tensor, nn

from gan_core import parallel
from gan_core.config import ModelConfig, TrainConfig
from gan_core.layers import pyramid
from gan_core.models.adversarial import AdversarialFamily
from gan_core.models.base import Batch
from gan_core.models.style_generator import StyleGenerator
from gan_core.models.style_layers import (
    TAPS,
    Conv2dLayer,
    FullyConnectedLayer,
    MappingNetwork,
    MinibatchStd,
    SynthesisLayer,
    ToRGBLayer,
    doubled,
    randn,
)  # fmt: skip

W_AVG_BETA = 0.998  # how slowly the average of w follows (official default)
CHANNEL_MAX = 8  # widest layer, in multiples of the narrowest, unless told otherwise


def layer_sizes(resolution: int) -> list[int]:
    """Sizes of the pyramid's levels, smallest first: 64 → 4, 8, 16, 32, 64; 28 → 7, 14, 28."""
    if resolution == 4:  # the official code has it; the smallest that we train is 8
        return [4]
    base, doublings = pyramid(resolution)
    return [base << level for level in range(doublings + 1)]


class SynthesisNetwork(nn.Module):
    """Codes for each layer → picture: a constant, then styled convolutions at each size.

    `architecture` (Karras et al. 2020, fig. 7): "skip" adds up an RGB picture from each size, "resnet" adds a straight path
    round the convolutions of each size, "orig" does neither.
    """

    def __init__(
        self, w_dim: int, resolution: int, channels: int, channel_base: int, channel_max: int, clamp: float | None,
        use_noise: bool, architecture: str = "skip", taps: tuple[float, ...] = TAPS,
    ):  # fmt: skip
        super().__init__()
        self.sizes, self.use_noise, self.taps = layer_sizes(resolution), use_noise, taps
        wide = [min(channel_base // size, channel_max) for size in self.sizes]
        for level, size in enumerate(self.sizes):
            block = nn.Module()
            gain = 0.5**0.5 if architecture == "resnet" and level else 1.0
            if level == 0:
                block.const = nn.Parameter(randn(wide[0], size, size))
            else:
                block.conv0 = SynthesisLayer(
                    wide[level - 1], wide[level], w_dim, size, True, clamp, use_noise, taps=taps
                )
            block.conv1 = SynthesisLayer(wide[level], wide[level], w_dim, size, False, clamp, use_noise, gain)
            if architecture == "skip" or size == resolution:
                block.torgb = ToRGBLayer(wide[level], channels, w_dim, clamp)
            if architecture == "resnet" and level:
                block.skip = Conv2dLayer(wide[level - 1], wide[level], 1, active=False, bias=False)
            self.add_module(f"b{size}", block)
        self.num_ws = 2 * len(self.sizes)

    def forward(self, ws: Tensor, noise: str | list[Tensor] = "const") -> Tensor:
        """ws [N, num_ws, w_dim], noise "const", "none" or one map per layer (see `noise_shapes`) → [N, C, R, R]."""
        ws, image, x = ws.unbind(1), None, None
        for level, size in enumerate(self.sizes):
            block, first, straight = getattr(self, f"b{size}"), 2 * level, None
            if level == 0:
                x = block.const.expand(ws[0].shape[0], -1, -1, -1)
            else:
                if hasattr(block, "skip"):
                    straight = doubled(block.skip(x, 0.5**0.5), self.taps)
                x = block.conv0(x, ws[first - 1], self._noise(noise, block.conv0, first - 1))
            x = block.conv1(x, ws[first], self._noise(noise, block.conv1, first))
            if straight is not None:
                x = straight + x
            if hasattr(block, "torgb"):
                rgb = block.torgb(x, ws[first + 1])
                image = rgb if image is None else doubled(image, self.taps) + rgb
        return image

    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """[1, R, R] of each layer that takes noise, in order."""
        return [(1, size, size) for level, size in enumerate(self.sizes) for _ in range(1 if level == 0 else 2)]

    @staticmethod
    def _noise(noise, layer: SynthesisLayer, index: int) -> Tensor | None:
        if not layer.use_noise:
            return None
        if isinstance(noise, str):
            return layer.noise_const if noise == "const" else None
        return noise[index]


class StyleGAN2Generator(StyleGenerator):
    """Mapping to W and synthesis. A code is one w per layer, end to end: [num_ws · w_dim] numbers.

    `config.options` holds the official constructors' arguments: w_dim; num_layers, lr_multiplier, embed_features and
    layer_features of the mapping; channel_base, channel_max, architecture, conv_clamp, use_noise and resample_filter of the synthesis.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        options, resolution = config.options, config.resolution
        width = options.get("width", 16)  # ours, where channel_base is not given: channels at full size
        base, clamp = options.get("channel_base", width * resolution), options.get("conv_clamp")
        self.synthesis_network = SynthesisNetwork(
            self.w_dim, resolution, config.channels, base, options.get("channel_max", width * CHANNEL_MAX),
            None if clamp is None else float(clamp), options.get("use_noise", True), options.get("architecture", "skip"),
            tuple(map(float, options.get("resample_filter", TAPS)[:32])),
        )  # fmt: skip

    @classmethod
    def count_ws(cls, config):
        return 2 * len(layer_sizes(config.resolution))

    def synthesis(self, code, label_weights, noise: str | list[Tensor] = "const"):
        return self.synthesis_network(code.unflatten(1, (self.num_ws, self.w_dim)), noise)


def from_official(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The official generator's state (StyleGAN2-ADA or StyleGAN3 code) under our names; its filters are constants here."""
    ours = {"mapping": "mapping_network", "synthesis": "synthesis_network"}
    split = {name: name.split(".", 1) for name in tensors if not name.endswith("resample_filter")}
    return {f"{ours[network]}.{rest}": tensors[name] for name, (network, rest) in split.items()}


class StyleGAN2Discriminator(nn.Module):
    """Picture → one logit: residual blocks, minibatch standard deviation; with classes, a projection of their embedding."""

    def __init__(self, config: ModelConfig, width: int):
        super().__init__()
        self.sizes = layer_sizes(config.resolution)[::-1]
        wide = [min(width << level, width * 2 * CHANNEL_MAX) for level in range(len(self.sizes))]
        for level, size in enumerate(self.sizes[:-1]):
            block = nn.Module()
            if level == 0:
                block.fromrgb = Conv2dLayer(config.channels, wide[0], 1)
            block.conv0 = Conv2dLayer(wide[level], wide[level], 3)
            block.conv1 = Conv2dLayer(wide[level], wide[level + 1], 3, down=True)
            block.skip = Conv2dLayer(wide[level], wide[level + 1], 1, active=False, bias=False, down=True)
            self.add_module(f"b{size}", block)
        last, size, classes = wide[-1], self.sizes[-1], config.num_classes
        self.mapping = MappingNetwork(0, classes, last, 2) if classes else None
        self.mbstd, self.conv = MinibatchStd(), Conv2dLayer(last + 1, last, 3)
        self.fc = FullyConnectedLayer(last * size**2, last, active=True)
        self.out = FullyConnectedLayer(last, last if classes else 1)

    def forward(self, images: Tensor, label_weights: Tensor | None = None) -> Tensor:
        """images [N, C, R, R], class weights [N, K] or None → logits [N]."""
        x = images
        for level, size in enumerate(self.sizes[:-1]):
            block = getattr(self, f"b{size}")
            if level == 0:
                x = block.fromrgb(x)
            x = block.skip(x, 0.5**0.5) + block.conv1(block.conv0(x), 0.5**0.5)
        x = self.out(self.fc(self.conv(self.mbstd(x)).flatten(1)))
        if self.mapping is None:
            return x.squeeze(1)
        return (x * self.mapping(None, label_weights)).sum(1) * x.shape[1] ** -0.5


class StyleGAN2(AdversarialFamily):
    """Crisp, with a latent space that comes apart into its factors; needs more time than dcgan."""

    Generator = StyleGAN2Generator
    Discriminator = StyleGAN2Discriminator
    conditional = True
    SIZES = {"w_dim": "w_dim", "num_layers": "mapping_layers", "width": "width"}
    # Against the strided discriminator, which learns from far fewer pictures than the residual one (--discriminator
    # stylegan2); the generator's rate is high because its weights are scaled when used (equalized learning rate).
    DEFAULTS = dict(
        batch=32, lr=8e-3, d_lr=6e-4, lr_final=0.05, width=16, d_width=24, z_dim=64, w_dim=64, mapping_layers=4, mixing=0.1,
        discriminator="dcgan", penalty="r1r2", gamma_final=0.2, penalty_every=8, augmentation="diffaugment",
    )  # fmt: skip

    @classmethod
    def options(cls, train: TrainConfig) -> dict:
        return {**super().options(train), "use_noise": not train.no_noise}

    def generate(self, batch: Batch) -> Tensor:
        """Pictures with random noise, some of them with the styles of two draws; w's average follows along."""
        draws, n, network = batch.draws("latent"), len(batch), self.generator
        with self.device.autocast():
            w = network.mapping_network(draws.normal(n, self.config.z_dim), batch.labels)
            if torch.is_grad_enabled():
                kept = W_AVG_BETA ** (n * parallel.size() / batch.share.total)  # a part of a batch counts as a part
                network.w_avg.copy_(torch.lerp(parallel.mean(w.float().mean(0)), network.w_avg, kept))
            ws = w[:, None].expand(-1, network.num_ws, -1)
            if self.train.mixing > 0:
                other = network.mapping_network(draws.normal(n, self.config.z_dim), batch.labels)
                ws = mixed(ws, other, draws.uniform(n), draws.uniform(n), self.train.mixing)
            shapes = network.synthesis_network.noise_shapes() if network.synthesis_network.use_noise else ()
            return network.synthesis_network(ws, [draws.normal(n, *shape) for shape in shapes])


def mixed(ws: Tensor, other: Tensor, chosen: Tensor, crossing: Tensor, share: float) -> Tensor:
    """Style mixing (Karras et al. 2019, sec. 3.1): in a `share` of pictures, `other` takes over from a random layer on.

    ws [N, L, D], other [N, D]; `chosen` and `crossing` [N] are uniform in [0, 1).
    """
    layers = ws.shape[1]
    first = 1 + (crossing * (layers - 1)).floor()
    first = torch.where(chosen < share, first, layers)
    after = torch.arange(layers, device=ws.device)[None] >= first[:, None]
    return torch.where(after[:, :, None], other[:, None], ws)
