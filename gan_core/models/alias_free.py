"""Layers of alias-free generators (Karras et al. 2021, StyleGAN3): signals with a bandwidth, and filters that keep to it.

They compute the same numbers as the official code and keep its parameter names; none needs a compiled operator.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core import parallel
from gan_core.errors import StudioError
from gan_core.layers import is_meta
from gan_core.models.style_layers import GAIN, SLOPE, FullyConnectedLayer, randn

MOST_TAPS = 512  # of a filter; the official ones have at most 24


@dataclass(frozen=True)
class Signal:
    """A feature map as a sampled signal: pixels a side, sampling rate s, cutoff f_c and transition half-width f_h, in 1/picture."""

    channels: int
    size: int
    rate: int
    cutoff: float
    half_width: float


def lowpass(taps: int, cutoff: float, width: float, rate: float, radial: bool = False) -> Tensor | None:
    """Kaiser-windowed low-pass filter of `taps` numbers that sum to 1 (app. C.1); None for the identity.

    `cutoff` and the transition `width` are frequencies at sampling `rate`. `radial` gives [taps, taps] that is alike in all
    directions, from a jinc, instead of one line for both axes. The numbers are there on the meta device, too.
    """
    if taps == 1:
        return None
    attenuation = 2.285 * (taps - 1) * math.pi * width / (rate / 2) + 7.95  # Kaiser's formulas
    window = np.kaiser(taps, kaiser_beta(attenuation))
    x = np.arange(taps) - (taps - 1) / 2
    if not radial:
        line = np.sinc(2 * cutoff / rate * x) * window
        return torch.from_numpy((line / line.sum()).astype(np.float32))
    r = np.hypot(*np.meshgrid(x, x)) / rate
    jinc = torch.special.bessel_j1(torch.from_numpy(2 * cutoff * np.pi * r)).numpy() / (np.pi * r)
    plane = jinc * np.outer(window, window)
    return torch.from_numpy((plane / plane.sum()).astype(np.float32))


def kaiser_beta(attenuation: float) -> float:
    """Shape of the Kaiser window for an attenuation in dB (Kaiser 1974)."""
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 21:
        return 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21)
    return 0.0


class SynthesisInput(nn.Module):
    """Fourier features, turned and shifted by a learned function of w and by `transform`, then mixed (sec. 3.2, app. F).

    `transform` [3, 3] maps places in the picture that is wanted to places in the one there would be: the inverse of how
    things move. It is in units of the picture's width.
    """

    def __init__(self, w_dim: int, signal: Signal):
        super().__init__()
        self.signal = signal
        freqs, phases = self._drawn(signal)
        self.weight = nn.Parameter(randn(signal.channels, signal.channels))
        self.affine = FullyConnectedLayer(w_dim, 4)
        if not is_meta():
            self.affine.weight.data.zero_()
            self.affine.bias.data[0] = 1  # no turn, no shift
        self.register_buffer("transform", torch.from_numpy(np.eye(3, dtype=np.float32)))
        self.register_buffer("freqs", freqs)
        self.register_buffer("phases", phases)

    @staticmethod
    def _drawn(signal: Signal) -> tuple[Tensor, Tensor]:
        """Frequencies [channels, 2], evenly over a disc of radius f_c, and phases [channels] in turns."""
        freqs, phases = randn(signal.channels, 2), torch.empty(signal.channels)
        if is_meta():
            return freqs, phases
        radii = freqs.square().sum(1, keepdim=True).sqrt()
        return freqs / (radii * radii.square().exp().pow(0.25)) * signal.cutoff, phases.uniform_(-0.5, 0.5)

    def forward(self, w: Tensor, transform: Tensor | None = None) -> Tensor:
        """w [N, w_dim], transform [3, 3] or [N, 3, 3] → [N, channels, size, size]."""
        matrix = self._learned(self.affine(w).float()) @ (self.transform if transform is None else transform)
        signal, axis = self.signal, self._axis()
        phases = self.phases + (self.freqs @ matrix[:, :2, 2:]).squeeze(2)
        freqs = self.freqs @ matrix[:, :2, :2]
        # what a transform pushed beyond the band fades out
        faded = (1 - (freqs.norm(dim=2) - signal.cutoff) / (signal.rate / 2 - signal.cutoff)).clamp(0, 1)
        turns = (
            axis[None, None, :, None] * freqs[:, None, None, :, 0]
            + axis[None, :, None, None] * freqs[:, None, None, :, 1]
        )
        waves = torch.sin((turns + phases[:, None, None]) * (2 * math.pi)) * faded[:, None, None]
        return F.linear(waves, self.weight * signal.channels**-0.5).permute(0, 3, 1, 2)  # lies as channels_last

    def _axis(self) -> Tensor:
        """Where the middles of the pixels lie [size], the picture being 1 wide and 0 its middle."""
        signal = self.signal
        return (torch.arange(signal.size, device=self.freqs.device) + 0.5 - signal.size / 2) / signal.rate

    @staticmethod
    def _learned(t: Tensor) -> Tensor:
        """(cos, sin, x, y) [N, 4], the first two up to length → turn, then shift, inverted [N, 3, 3]."""
        cos, sin, x, y = (t / t[:, :2].norm(dim=1, keepdim=True)).unbind(1)
        zero = 0 * cos  # a traced graph would forget how many pictures torch.zeros_like is for
        one = zero + 1
        turn = torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], 1).unflatten(1, (3, 3))
        shift = torch.stack([one, zero, -x, zero, one, -y, zero, zero, one], 1).unflatten(1, (3, 3))
        return turn @ shift


class AliasFreeLayer(nn.Module):
    """Modulated convolution, then a leaky ReLU between a higher sampling rate and the next layer's (sec. 3.2, fig. 4b).

    The style scales the activations and the demodulation the result, which needs no grouped convolution. The last layer, to
    colours, is neither demodulated nor bent.
    """

    def __init__(
        self, w_dim: int, before: Signal, after: Signal, to_rgb: bool, critical: bool, conv_kernel: int = 3,
        filter_size: int = 6, lrelu_upsampling: int = 2, use_radial_filters: bool = False, conv_clamp: float | None = 256,
    ):  # fmt: skip
        super().__init__()
        self.after, self.to_rgb, self.clamp = after, to_rgb, None if conv_clamp is None else float(conv_clamp)
        self.kernel = 1 if to_rgb else conv_kernel
        self.affine = FullyConnectedLayer(w_dim, before.channels, bias=1)
        self.weight = nn.Parameter(randn(after.channels, before.channels, self.kernel, self.kernel))
        self.bias = nn.Parameter(torch.zeros(after.channels))
        self.register_buffer("magnitude_ema", torch.ones([]))
        rate = max(before.rate, after.rate) * (1 if to_rgb else lrelu_upsampling)
        self.up, self.down = rate // before.rate, rate // after.rate
        up_taps = filter_size * self.up if self.up > 1 and not to_rgb else 1
        down_taps = filter_size * self.down if self.down > 1 and not to_rgb else 1
        if (up_taps == 1 and self.up > 1) or not 1 <= max(
            up_taps, down_taps
        ) <= MOST_TAPS:  # nothing to fill in with, or no end
            raise StudioError("model.config_field", "The model's config.json has no usable “{field}”.", field="options")
        radial = use_radial_filters and not critical
        self.register_buffer("up_filter", lowpass(up_taps, before.cutoff, 2 * before.half_width, rate))
        self.register_buffer("down_filter", lowpass(down_taps, after.cutoff, 2 * after.half_width, rate, radial))
        self.size = before.size + self.kernel - 1  # a side, after the convolution
        self.needed = (after.size - 1) * self.down + down_taps  # and what the downsampling filter takes in
        zeros = self.needed + up_taps - 1 - self.size * self.up
        # of the samples that interpolation gives, the first that is wanted (app. C.3: they stand for the middles of their cells)
        self.first = up_taps - 1 - (zeros + self.up) // 2

    def forward(self, x: Tensor, w: Tensor, keep: float | None = None) -> Tensor:
        """x [N, inputs, S, S], w [N, w_dim] → [N, outputs, S', S']; `keep` is how slowly the input's magnitude is followed."""
        if keep is not None:
            power = parallel.mean(x.detach().float().square().mean())
            self.magnitude_ema.copy_(torch.lerp(power, self.magnitude_ema, keep))
        styles, weight, gain = self.affine(w).float(), self.weight, self.magnitude_ema.rsqrt()
        if self.to_rgb:
            gain = gain * weight[0].numel() ** -0.5
        else:
            weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
            styles = styles * styles.square().mean(1, keepdim=True).rsqrt()
            demodulation = (styles.square() @ weight.square().sum((2, 3)).T + 1e-8).rsqrt()
        x = F.conv2d(x * styles.to(x.dtype)[:, :, None, None], (weight * gain).to(x.dtype), padding=self.kernel - 1)
        bias = self.bias.to(x.dtype)[:, None, None]
        x = x + bias if self.to_rgb else torch.addcmul(bias, x, demodulation.to(x.dtype)[:, :, None, None])
        # then in place: at a large size, memory is what takes the time
        drawing = not torch.is_grad_enabled() and not torch.jit.is_tracing()
        x = self.raise_rate(x, 1.0 if self.to_rgb else GAIN)
        if not self.to_rgb:
            x = F.leaky_relu(x, SLOPE, inplace=drawing)
        if self.clamp is not None:
            x = x.clamp_(-self.clamp, self.clamp) if drawing else x.clamp(-self.clamp, self.clamp)
        return self.lower_rate(x)

    def raise_rate(self, x: Tensor, gain: float) -> Tensor:
        """Interpolate to `up` times the rate and scale by `gain`: one line of the filter for each axis, no zeros multiplied."""
        if self.up_filter is None:
            return cut(x if gain == 1 else x * gain, self.size, self.first, self.needed)
        channels, taps = self.after.channels, self.up_filter.shape[0]
        line = (self.up_filter * (self.up * gain**0.5)).to(x.dtype).expand(channels, 1, 1, taps)
        size = (self.size - 1) * self.up + taps
        spare = max(0, min(self.first, size - self.needed - self.first))  # on either side, not computed at all
        x = F.conv_transpose2d(x, line, stride=(1, self.up), padding=(0, spare), groups=channels)
        x = F.conv_transpose2d(x, line.transpose(2, 3), stride=(self.up, 1), padding=(spare, 0), groups=channels)
        return cut(x, size - 2 * spare, self.first - spare, self.needed)

    def lower_rate(self, x: Tensor) -> Tensor:
        """Filter what the next layer could not represent, and keep every `down`-th sample."""
        if self.down_filter is None:
            return x[:, :, :: self.down, :: self.down] if self.down > 1 else x
        channels, kernel = self.after.channels, self.down_filter.to(x.dtype)
        if kernel.ndim == 2:
            return F.conv2d(x, kernel.flip(0, 1).expand(channels, 1, -1, -1), stride=self.down, groups=channels)
        line = kernel.flip(0).expand(channels, 1, 1, -1)
        x = F.conv2d(x, line, stride=(1, self.down), groups=channels)
        return F.conv2d(x, line.transpose(2, 3), stride=(self.down, 1), groups=channels)


def cut(x: Tensor, side: int, first: int, size: int) -> Tensor:
    """`size` samples along both axes of x [N, C, side, side] from `first` on, zeros where x has none."""
    if first >= 0 and first + size <= side:
        return x[:, :, first : first + size, first : first + size]
    after = first + size - side
    return F.pad(x, (-first, after, -first, after))
