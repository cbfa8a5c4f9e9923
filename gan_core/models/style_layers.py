"""Layers of style-based generators, after the official code of StyleGAN2-ADA and StyleGAN3 (Karras et al. 2020, 2021).

They compute the same numbers as that code and keep its parameter names; none needs a compiled operator.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.layers import is_meta, upsample

SLOPE = 0.2  # of every leaky ReLU
TAPS = (1, 3, 3, 1)  # the low-pass filter at each change of size, unless told otherwise
GAIN = math.sqrt(2)  # of every leaky ReLU, to keep the variance; put into what comes before, as lrelu(a·x) = a·lrelu(x)


def blur(x: Tensor, pad: int, gain: float, stride: int = 1) -> Tensor:
    """Filter each channel of x [N, C, H, W] with [1, 3, 3, 1]ᵀ[1, 3, 3, 1]/64 · gain after zero padding (upfirdn2d)."""
    taps = x.new_ones(4)  # made where x is: a GPU would have to wait for numbers that come from elsewhere
    taps[1:3] = 3
    kernel = (gain / 64 * torch.outer(taps, taps)).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(x, kernel, stride=stride, padding=pad, groups=x.shape[1])


def resample(x: Tensor, taps: tuple[float, ...], before: int, after: int, gain: float, up: int = 1) -> Tensor:
    """Put up − 1 zeros after each number of x [N, C, H, W], pad (or crop), and filter with tapsᵀtaps/Σ · gain (upfirdn2d).

    For filters of any length; `blur` and `upsample` do the usual one faster.
    """
    n, channels, height, width = x.shape
    line = torch.tensor(taps, dtype=torch.float32, device=x.device)
    kernel = torch.outer(line, line).flip(0, 1)
    kernel = (kernel * (gain / kernel.sum())).to(x.dtype).expand(channels, 1, -1, -1)
    x = F.pad(x[:, :, :, None, :, None], (0, up - 1, 0, 0, 0, up - 1)).reshape(n, channels, height * up, width * up)
    return F.conv2d(F.pad(x, (before, after, before, after)), kernel, groups=channels)


def doubled(x: Tensor, taps: tuple[float, ...]) -> Tensor:
    """Pictures [N, C, H, W] → [N, C, 2H, 2W], filtered with `taps` (upsample2d)."""
    if taps == TAPS:
        return upsample(x)
    return resample(x, taps, (len(taps) + 1) // 2, (len(taps) - 2) // 2, gain=4, up=2)


class FullyConnectedLayer(nn.Module):
    """Linear layer with equalized learning rate: weights N(0, 1)/lr_multiplier, scaled by lr_multiplier/√inputs when used.

    Karras et al. 2018 (ProGAN), sec. 4.1. `active` adds the leaky ReLU.
    """

    def __init__(self, inputs: int, outputs: int, active: bool = False, lr_multiplier: float = 1.0, bias: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(randn(outputs, inputs, divisor=lr_multiplier))
        self.bias = nn.Parameter(torch.full([outputs], float(bias)))
        self.active, self.lr_multiplier = active, lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        gain = self.lr_multiplier * (GAIN if self.active else 1.0)
        x = F.linear(
            x, (self.weight * (gain / self.weight.shape[1] ** 0.5)).to(x.dtype), (self.bias * gain).to(x.dtype)
        )
        return F.leaky_relu(x, SLOPE) if self.active else x


class MappingNetwork(nn.Module):
    """Latent z (and class weights) → intermediate latent w [N, w_dim]; keeps the running average of w for truncation.

    z is normalised to unit mean square; the class goes in through an embedding (of w's size unless told otherwise), normalised
    alike.
    """

    def __init__(
        self, z_dim: int, c_dim: int, w_dim: int, num_layers: int, lr_multiplier: float = 0.01,
        embed_features: int | None = None, layer_features: int | None = None,
    ):  # fmt: skip
        super().__init__()
        embedded = (embed_features or w_dim) if c_dim else 0
        self.embed = FullyConnectedLayer(c_dim, embedded) if c_dim else None
        sizes = [z_dim + embedded, *[layer_features or w_dim] * (num_layers - 1), w_dim]
        self.num_layers = num_layers
        for index, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
            self.add_module(f"fc{index}", FullyConnectedLayer(inputs, outputs, True, lr_multiplier))
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor | None, label_weights: Tensor | None) -> Tensor:
        parts = [] if z is None else [normalise_second_moment(z.float())]
        if self.embed is not None:
            parts.append(normalise_second_moment(self.embed(label_weights.float())))
        x = torch.cat(parts, 1)
        for index in range(self.num_layers):
            x = getattr(self, f"fc{index}")(x)
        return x


class SynthesisLayer(nn.Module):
    """3×3 convolution modulated by a style, demodulated, with noise, bias and leaky ReLU; `up` doubles the size first.

    Karras et al. 2020 (StyleGAN2), sec. 2.2, eq. 1–3. The style scales the activations and the demodulation the result, which
    is the same as scaling the weights of each picture, and needs no grouped convolution.
    """

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, resolution: int, up: bool, clamp: float | None, use_noise: bool,
        gain: float = 1.0, taps: tuple[float, ...] = TAPS,
    ):  # fmt: skip
        super().__init__()
        self.up, self.use_noise, self.taps, self.gain = up, use_noise, taps, GAIN * gain
        self.clamp = None if clamp is None else clamp * gain
        self.affine = FullyConnectedLayer(w_dim, inputs, bias=1)
        self.weight = nn.Parameter(randn(outputs, inputs, 3, 3))
        if use_noise:
            self.register_buffer("noise_const", randn(resolution, resolution))
            self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """x [N, inputs, H, W], w [N, w_dim], noise [N or 1, 1, R, R] or None → [N, outputs, R, R]."""
        styles = self.affine(w)
        power = self.weight.square().sum((2, 3))
        demodulation = self.gain * (styles.square().float() @ power.T.float() + 1e-8).rsqrt()
        x = self.convolve(x * styles.to(x.dtype)[:, :, None, None])
        x = torch.addcmul(
            (self.bias * self.gain).to(x.dtype)[:, None, None], x, demodulation.to(x.dtype)[:, :, None, None]
        )
        drawing = not torch.is_grad_enabled()  # then in place: at a large size, memory is what takes the time
        if noise is not None:
            noise = (noise * (self.noise_strength * self.gain)).to(x.dtype)
            x = x.add_(noise) if drawing else x + noise
        x = F.leaky_relu(x, SLOPE, inplace=drawing)
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def convolve(self, x: Tensor) -> Tensor:
        """The convolution itself: transposed with stride 2 and blurred where it doubles the size."""
        if not self.up:
            return F.conv2d(x, self.weight.to(x.dtype), padding=1)
        x = F.conv_transpose2d(x, self.weight.transpose(0, 1).to(x.dtype), stride=2)
        if self.taps == TAPS:
            return blur(x, 1, gain=4)
        return resample(x, self.taps, (len(self.taps) - 1) // 2, (len(self.taps) - 2) // 2, gain=4)


class ToRGBLayer(nn.Module):
    """Features → picture channels by a modulated 1×1 convolution without demodulation."""

    def __init__(self, inputs: int, channels: int, w_dim: int, clamp: float | None):
        super().__init__()
        self.clamp = clamp
        self.affine = FullyConnectedLayer(w_dim, inputs, bias=1)
        self.weight = nn.Parameter(randn(channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        styles = self.affine(w) * self.weight.shape[1] ** -0.5
        x = F.conv2d(x * styles.to(x.dtype)[:, :, None, None], self.weight.to(x.dtype), self.bias.to(x.dtype)).float()
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)


class Conv2dLayer(nn.Module):
    """Convolution with equalized learning rate for discriminators; `down` blurs and halves the size."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, active: bool = True, bias: bool = True, down: bool = False
    ):
        super().__init__()
        self.weight = nn.Parameter(randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.active, self.down, self.kernel = active, down, kernel

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        gain = gain * (GAIN if self.active else 1.0)
        weight = (self.weight * (gain * self.weight[0].numel() ** -0.5)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * gain).to(x.dtype)
        if self.down and self.kernel == 1:
            x = F.conv2d(blur(x, 1, 1.0, stride=2), weight, bias)
        elif self.down:
            x = F.conv2d(blur(x, 2, 1.0), weight, bias, stride=2)
        else:
            x = F.conv2d(x, weight, bias, padding=self.kernel // 2)
        return F.leaky_relu(x, SLOPE) if self.active else x


class MinibatchStd(nn.Module):
    """Append one channel: the standard deviation over groups of pictures, averaged over everything else.

    Karras et al. 2018 (ProGAN), sec. 3. Groups are neighbours, so that real and generated pictures judged in one pass, or
    the shares of several processes, do not mix.
    """

    def __init__(self, group: int = 4):
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        n, _, height, width = x.shape
        group = math.gcd(self.group, max(n // 2, 1))  # at least two groups: one of real, one of generated pictures
        y = x.unflatten(0, (-1, group)).float()
        y = (y - y.mean(1, keepdim=True)).square().mean(1)
        y = (y + 1e-8).sqrt().mean((1, 2, 3))
        y = y.repeat_interleave(group).to(x.dtype)[:, None, None, None].expand(n, 1, height, width)
        return torch.cat([x, y], 1)


def normalise_second_moment(x: Tensor) -> Tensor:
    """x [N, D] / √(mean of x² over D)."""
    return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def randn(*shape: int, divisor: float = 1.0) -> Tensor:
    """Standard normal numbers / divisor; on the meta device, where only sizes are wanted, nothing is computed (see is_meta)."""
    return torch.empty(shape) if is_meta() else torch.randn(shape) / divisor
