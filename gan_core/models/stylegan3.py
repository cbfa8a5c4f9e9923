"""stylegan3: alias-free style-based GANs (Karras et al. 2021), T and R, computing what the official code does."""

import math

import numpy as np
import torch
from torch import Tensor, nn

from gan_core import parallel
from gan_core.config import ModelConfig, TrainConfig
from gan_core.models.alias_free import AliasFreeLayer, Signal, SynthesisInput
from gan_core.models.base import Batch
from gan_core.models.style_generator import MOST_LAYERS, StyleGenerator, unusable
from gan_core.models.stylegan2 import CHANNEL_MAX, W_AVG_BETA, StyleGAN2, mixed

MAGNITUDE_PICTURES = 20_000  # half-life of the layers' average input magnitude, in pictures (official default)
# Pixels drawn outside the picture where we train: 10 in the official code, which costs 2.2 × as much at 16 px. Shifted by 3 px, an
# untrained network at 32 px agrees with itself to 56 dB in the middle and 43 dB up to 3 px from the border (10: 103 and 90).
MARGIN = 4
LAYER_OPTIONS = ("conv_kernel", "filter_size", "lrelu_upsampling", "use_radial_filters", "conv_clamp")


def default_layers(resolution: int) -> int:
    """Layers of synthesis where a config does not say: 6 at 16 px, 10 at 64 px, the official 14 from 256 px on."""
    return min(14, 2 * round(math.log2(resolution)) - 2)


def signals(
    resolution: int, channels: int, channel_base: float, channel_max: int, layers: int, num_critical: int = 2,
    first_cutoff: float = 2, first_stopband: float = 2**2.1, last_stopband_rel: float = 2**0.3, margin_size: int = 10,
) -> list[Signal]:  # fmt: skip
    """What each layer puts out, the first also what it takes in: cutoffs and stopbands grow geometrically (sec. 3.2, fig. 4a).

    The arguments have the official names. Raises StudioError when they give no network.
    """
    try:
        if num_critical >= layers:
            raise ValueError
        last_cutoff = resolution / 2
        share = np.minimum(np.arange(layers + 1) / (layers - num_critical), 1)
        cutoffs = first_cutoff * (last_cutoff / first_cutoff) ** share
        stopbands = first_stopband * (last_cutoff * last_stopband_rel / first_stopband) ** share
        rates = np.exp2(np.ceil(np.log2(np.minimum(stopbands * 2, resolution))))
        half_widths = np.maximum(stopbands, rates / 2) - cutoffs
        sizes = rates + margin_size * 2
        sizes[-2:] = resolution
        widths = np.rint(np.minimum(channel_base / 2 / cutoffs, channel_max))
        widths[-1] = channels
        rows = zip(widths, sizes, rates, cutoffs, half_widths, strict=True)
        found = [Signal(int(w), int(s), int(r), float(c), float(h)) for w, s, r, c, h in rows]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError, IndexError):
        found = []
    if not found or min(min(s.channels, s.size, s.rate, s.cutoff, s.half_width) for s in found) <= 0:
        raise unusable()
    return found


class SynthesisNetwork(nn.Module):
    """Codes for each layer → picture: Fourier features, alias-free layers, colours."""

    def __init__(self, w_dim: int, plan: list[Signal], num_critical: int, output_scale: float, **layer_options):
        super().__init__()
        self.output_scale = output_scale
        self.input = SynthesisInput(w_dim, plan[0])
        self.names = []
        for index, after in enumerate(plan):
            last = len(plan) - 1
            layer = AliasFreeLayer(
                w_dim, plan[max(index - 1, 0)], after, index == last, index >= last - num_critical, **layer_options
            )
            self.names.append(f"L{index}_{after.size}_{after.channels}")
            self.add_module(self.names[-1], layer)

    def forward(self, ws: Tensor, transform: Tensor | None = None, keep: float | None = None) -> Tensor:
        """ws [N, num_ws, w_dim], transform [3, 3] or [N, 3, 3] or None for the network's own → [N, C, R, R]."""
        first, *ws = ws.unbind(1)
        x = self.input(first, transform)
        for name, w in zip(self.names, ws, strict=True):
            x = getattr(self, name)(x, w, keep)
        return (x * self.output_scale).float()


class StyleGAN3Generator(StyleGenerator):
    """Mapping to W and alias-free synthesis.

    `config.options` holds the official constructors' arguments: w_dim, num_layers and lr_multiplier of the mapping; channel_base,
    channel_max, num_critical, first_cutoff, first_stopband, last_stopband_rel, margin_size, output_scale, conv_kernel, filter_size,
    lrelu_upsampling, use_radial_filters and conv_clamp of the synthesis, whose num_layers is called synthesis_layers here.
    T is what they are by default; R has conv_kernel 1, use_radial_filters and twice the channels.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        options, resolution = config.options, config.resolution
        width = options.get("width", 16)  # ours, where channel_base is not given: channels at full size
        plan_options = ("first_cutoff", "first_stopband", "last_stopband_rel", "margin_size")
        critical = options.get("num_critical", 2)
        plan = signals(
            resolution, config.channels, options.get("channel_base", width * resolution),
            options.get("channel_max", width * CHANNEL_MAX), self.count_ws(config) - 2, critical,
            **{name: options[name] for name in plan_options if name in options},
        )  # fmt: skip
        self.synthesis_network = SynthesisNetwork(
            self.w_dim, plan, critical, float(options.get("output_scale", 0.25)),
            **{name: options[name] for name in LAYER_OPTIONS if name in options},
        )  # fmt: skip

    @classmethod
    def count_ws(cls, config):
        layers = config.options.get("synthesis_layers", default_layers(config.resolution))
        if type(layers) is not int or not 1 <= layers <= MOST_LAYERS:
            raise unusable()
        return layers + 2

    def synthesis(self, code, label_weights, transform: Tensor | None = None):
        """`transform` [3, 3] moves the picture's contents: see `moved`."""
        return self.synthesis_network(code.unflatten(1, (self.num_ws, self.w_dim)), transform)


def moved(right: float = 0.0, down: float = 0.0, degrees: float = 0.0) -> Tensor:
    """The transform [3, 3] that shifts a picture's contents, in shares of its width, and turns them, as the official tools do."""
    angle = math.radians(degrees)
    place = torch.tensor([
        [math.cos(angle), math.sin(angle), right], [-math.sin(angle), math.cos(angle), down], [0.0, 0.0, 1.0]
    ], dtype=torch.float64)  # fmt: skip
    return torch.linalg.inv(place).float()


class StyleGAN3(StyleGAN2):
    """Detail that moves along with what it belongs to, instead of sticking to the screen; slower than stylegan2."""

    Generator = StyleGAN3Generator
    DEFAULTS = StyleGAN2.DEFAULTS | dict(mapping_layers=2, mixing=0.0)

    @classmethod
    def options(cls, train: TrainConfig) -> dict:
        return {option: getattr(train, name) for option, name in cls.SIZES.items()} | {"margin_size": MARGIN}

    def generate(self, batch: Batch) -> Tensor:
        """Pictures; w's average and the layers' magnitudes follow along."""
        draws, n, network = batch.draws("latent"), len(batch), self.generator
        with self.device.autocast():
            w, keep = network.mapping_network(draws.normal(n, self.config.z_dim), batch.labels), None
            if torch.is_grad_enabled():
                network.w_avg.copy_(
                    torch.lerp(
                        parallel.mean(w.float().mean(0)),
                        network.w_avg,
                        W_AVG_BETA ** (n / batch.share.total * parallel.size()),
                    )
                )
                keep = 0.5 ** (n * parallel.size() / MAGNITUDE_PICTURES)
            ws = w[:, None].expand(-1, network.num_ws, -1)
            if self.train.mixing > 0:
                other = network.mapping_network(draws.normal(n, self.config.z_dim), batch.labels)
                ws = mixed(ws, other, draws.uniform(n), draws.uniform(n), self.train.mixing)
            return network.synthesis_network(ws, keep=keep)
