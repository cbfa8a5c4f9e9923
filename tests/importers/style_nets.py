"""Style-based generators written after other people's layouts, as plainly as their maths: every picture's weights are made one by one."""

import torch
from torch import nn
from torch.nn import functional as F


def modulated(x, weight, style, demodulate, **how):
    """A convolution with weights of its own for each picture: weight [O, I, k, k] times style [N, I]."""
    pictures = []
    for picture, scale in zip(x, style, strict=True):
        w = weight * scale[None, :, None, None]
        if demodulate:
            w = w / (w.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        pictures.append(how["by"](picture[None], w))
    return torch.cat(pictures)


def same(x, w):
    return F.conv2d(x, w, padding=w.shape[2] // 2)


def mirrored_blur(x):
    taps = torch.tensor([1.0, 2.0, 1.0])
    kernel = (taps[:, None] * taps / 16).expand(x.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, groups=x.shape[1])


def bilinear(x):
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class LucidStyle(nn.Module):
    """lucidrains' stylegan2-pytorch: the halves S (mapping) and G (synthesis) of its GAN."""

    def __init__(self, size=16, latent=12, capacity=3, channels=3, attention=(), constant=True):
        super().__init__()
        levels = size.bit_length() - 2
        filters = [capacity << (i + 1) for i in reversed(range(levels))]
        filters = [filters[0], *filters]
        self.S = nn.Module()
        self.S.net = nn.Sequential(
            *[layer for _ in range(3) for layer in (nn.Linear(latent, latent), nn.LeakyReLU(0.2))]
        )
        self.G = G = nn.Module()
        if constant:
            G.initial_block = nn.Parameter(torch.zeros(1, filters[0], 4, 4))
        else:
            G.to_initial_block = nn.ConvTranspose2d(latent, filters[0], 4, bias=False)
        G.initial_conv = nn.Conv2d(filters[0], filters[0], 3, padding=1)
        G.blocks, G.attns = nn.ModuleList(), nn.ModuleList()
        for level in range(levels):
            G.attns.append(attention_and_more(filters[level]) if level in attention else None)
            G.blocks.append(lucid_block(latent, filters[level], filters[level + 1], channels))

    def mapping(self, z):
        x = F.normalize(z)
        for layer in self.S.net[::2]:
            x = F.leaky_relu(F.linear(x, layer.weight * 0.1, layer.bias * 0.1), 0.2)
        return x

    def forward(self, z, noise):
        w, G, picture = self.mapping(z), self.G, None
        x = (
            G.initial_block.expand(len(z), -1, -1, -1)
            if hasattr(G, "initial_block")
            else G.to_initial_block(w[:, :, None, None])
        )
        x = G.initial_conv(x)
        for level, block in enumerate(G.blocks):
            if G.attns[level] is not None:
                x = attended(G.attns[level], x)
            if level:
                x = bilinear(x)
            grain = noise[:, : x.shape[2], : x.shape[3]]
            for number in ("1", "2"):
                style = getattr(block, f"to_style{number}")(w) + 1
                x = modulated(x, getattr(block, f"conv{number}").weight, style, True, by=same)
                x = F.leaky_relu(x + getattr(block, f"to_noise{number}")(grain).permute(0, 3, 2, 1), 0.2)
            rgb = modulated(x, block.to_rgb.conv.weight, block.to_rgb.to_style(w) + 1, False, by=same)
            picture = rgb if picture is None else rgb + picture
            if level < len(G.blocks) - 1:
                picture = mirrored_blur(bilinear(picture))
        return picture


def lucid_block(latent, inputs, outputs, channels):
    block = nn.Module()
    block.to_style1, block.to_style2 = nn.Linear(latent, inputs), nn.Linear(latent, outputs)
    block.to_noise1, block.to_noise2 = nn.Linear(1, outputs), nn.Linear(1, outputs)
    block.conv1, block.conv2, block.to_rgb = kernel(inputs, outputs, 3), kernel(outputs, outputs, 3), nn.Module()
    block.to_rgb.to_style, block.to_rgb.conv = nn.Linear(latent, outputs), kernel(outputs, channels, 1)
    return block


def kernel(inputs, outputs, size):
    part = nn.Module()
    part.weight = nn.Parameter(torch.zeros(outputs, inputs, size, size))
    return part


def beside(channels, part):
    outer, inner = nn.Module(), nn.Module()
    outer.fn, inner.fn, inner.norm = inner, part, nn.Module()
    inner.norm.g, inner.norm.b = (
        nn.Parameter(torch.ones(1, channels, 1, 1)),
        nn.Parameter(torch.zeros(1, channels, 1, 1)),
    )
    return outer


def attention_and_more(channels):
    attention = nn.Module()
    attention.to_q, attention.to_kv = nn.Conv2d(channels, 512, 1, bias=False), nn.Module()
    attention.to_kv.net = nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.Conv2d(channels, 1024, 1, bias=False),
    )
    attention.to_out = nn.Conv2d(512, channels, 1)
    more = nn.Sequential(nn.Conv2d(channels, 2 * channels, 1), nn.LeakyReLU(0.2), nn.Conv2d(2 * channels, channels, 1))
    return nn.ModuleList([beside(channels, attention), beside(channels, more)])


def normed(norm, x):
    centred = x - x.mean(1, keepdim=True)
    return centred / (centred.square().mean(1, keepdim=True) + 1e-5).sqrt() * norm.g + norm.b


def attended(parts, x):
    """Linear attention of 8 heads, head by head, then the two 1×1 convolutions; each beside what came in."""
    part, y = parts[0].fn, normed(parts[0].fn.norm, x)
    q, kv = part.fn.to_q(y), part.fn.to_kv.net(y)
    k, v = kv[:, :512], kv[:, 512:]
    heads = []
    for head in range(8):
        cut = slice(64 * head, 64 * head + 64)
        a, b, c = (t[:, cut].flatten(2).transpose(1, 2) for t in (q, k, v))
        heads.append((a.softmax(2) / 8 @ (b.softmax(1).transpose(1, 2) @ c)).transpose(1, 2).unflatten(2, x.shape[2:]))
    x = x + part.fn.to_out(F.gelu(torch.cat(heads, 1)))
    return x + parts[1].fn.fn(normed(parts[1].fn.norm, x))


class Rosinality(nn.Module):
    """rosinality's StyleGAN2, `depth` mapping layers, channels halving from `wide`."""

    def __init__(self, size=16, latent=10, depth=2, wide=8):
        super().__init__()
        self.levels = size.bit_length() - 3
        channels = [wide, *[wide >> max(level - 1, 0) for level in range(1, self.levels + 1)]]
        self.style = nn.ModuleDict({str(i + 1): nn.Linear(latent, latent) for i in range(depth)})
        self.input = nn.Module()
        self.input.input = nn.Parameter(torch.zeros(1, wide, 4, 4))
        self.conv1, self.to_rgb1 = styled(wide, wide, latent), rgb(wide, latent)
        self.convs, self.to_rgbs, self.noises = nn.ModuleList(), nn.ModuleList(), nn.Module()
        self.noises.register_buffer("noise_0", torch.zeros(1, 1, 4, 4))
        for level in range(1, self.levels + 1):
            self.convs.extend(
                [styled(channels[level - 1], channels[level], latent), styled(channels[level], channels[level], latent)]
            )
            self.to_rgbs.append(rgb(channels[level], latent))
            for half in (1, 2):
                self.noises.register_buffer(f"noise_{2 * level - 2 + half}", torch.zeros(1, 1, 4 << level, 4 << level))

    def mapping(self, z):
        w = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
        for layer in self.style.values():
            w = (
                F.leaky_relu(w @ layer.weight.T * (0.01 / layer.weight.shape[1] ** 0.5) + layer.bias * 0.01, 0.2)
                * 2**0.5
            )
        return w

    def forward(self, z):
        w = self.mapping(z)
        x = self.layer(self.conv1, self.input.input.expand(len(z), -1, -1, -1), w, 0, same)
        picture = self.picture(self.to_rgb1, x, w)
        for level in range(self.levels):
            x = self.layer(self.convs[2 * level], x, w, 2 * level + 1, enlarged)
            x = self.layer(self.convs[2 * level + 1], x, w, 2 * level + 2, same)
            picture = self.picture(self.to_rgbs[level], x, w) + upfirdn(picture)
        return picture

    def layer(self, part, x, w, number, by):
        weight = part.conv.weight[0] / part.conv.weight[0, 0].numel() ** 0.5
        x = modulated(x, weight, equal(part.conv.modulation, w), True, by=by)
        x = x + part.noise.weight * getattr(self.noises, f"noise_{number}")
        return F.leaky_relu(x + part.activate.bias[:, None, None], 0.2) * 2**0.5

    @staticmethod
    def picture(part, x, w):
        weight = part.conv.weight[0] / part.conv.weight.shape[2] ** 0.5
        return modulated(x, weight, equal(part.conv.modulation, w), False, by=same) + part.bias


def equal(layer, w):
    return w @ layer.weight.T / layer.weight.shape[1] ** 0.5 + layer.bias


def enlarged(x, w):
    return blurred(F.conv_transpose2d(x, w.transpose(0, 1), stride=2), 1)


def blurred(x, pad):
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    kernel_ = (taps[:, None] * taps / 16).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, (pad, pad, pad, pad)), kernel_, groups=x.shape[1])


def upfirdn(x):
    """Zeros between the pixels, then the filter: twice the size."""
    n, c, height, width = x.shape
    spread = x.new_zeros(n, c, 2 * height, 2 * width)
    spread[:, :, ::2, ::2] = x
    return blurred(F.pad(spread, (1, 0, 1, 0)), 1)


def styled(inputs, outputs, latent):
    part = nn.Module()
    part.conv, part.noise, part.activate = nn.Module(), nn.Module(), nn.Module()
    part.conv.weight = nn.Parameter(torch.zeros(1, outputs, inputs, 3, 3))
    part.conv.modulation = nn.Linear(latent, inputs)
    part.noise.weight, part.activate.bias = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(outputs))
    return part


def rgb(inputs, latent):
    part = nn.Module()
    part.conv = nn.Module()
    part.conv.weight, part.conv.modulation = nn.Parameter(torch.zeros(1, 3, inputs, 1, 1)), nn.Linear(latent, inputs)
    part.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
    return part
