"""rosinality's stylegan2-pytorch, `{g_ema, latent_avg}`: the same network as the official one under other names."""

import re

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_core.config import ModelConfig
from gan_core.importers.chains import described
from gan_core.importers.contents import Candidate, Contents
from gan_core.importers.lucidrains import count

RATE = 0.01  # of the mapping network
AVERAGE_OF = 4096


def read(contents: Contents) -> list[Candidate]:
    """The candidate for a generator of this layout; [] for another file."""
    theirs = contents.tensors
    if not {"input.input", "conv1.conv.weight", "to_rgb1.bias", "style.1.weight"} <= theirs.keys():
        return []
    levels, depth = count(theirs, r"to_rgbs\.(\d+)\.bias"), count(theirs, r"style\.(\d+)\.weight")
    side, start = theirs["input.input"].shape[2], theirs["input.input"].shape[1]
    resolution, w_dim = side << levels, theirs["style.1.weight"].shape[0]
    wide = [start, *[theirs[f"convs.{2 * level + 1}.conv.weight"].shape[1] for level in range(levels)]]
    options = {
        "w_dim": w_dim, "num_layers": depth, "lr_multiplier": RATE, "channel_base": wide[-1] * resolution, "channel_max": max(wide),
        "conv_clamp": None, "use_noise": True,
    }  # fmt: skip
    config = ModelConfig(
        "stylegan2", resolution, theirs["to_rgb1.bias"].shape[1], theirs["style.1.weight"].shape[1], options=options
    )
    ours = {
        f"mapping_network.fc{i}.{part}": theirs[f"style.{i + 1}.{part}"]
        for i in range(depth)
        for part in ("weight", "bias")
    }
    average = theirs.get("latent_avg")
    ours["mapping_network.w_avg"] = _average(theirs, depth) if average is None else average.flatten()
    ours["synthesis_network.b4.const"] = theirs["input.input"][0]
    for index, (ours_name, theirs_name) in enumerate(_layers(levels, side)):
        noise = theirs.get(f"noises.noise_{index}")
        ours |= _layer(theirs, f"synthesis_network.{ours_name}", theirs_name, side << (index + 1) // 2, noise)
    for level in range(levels + 1):
        name = "to_rgb1" if level == 0 else f"to_rgbs.{level - 1}"
        ours |= _to_rgb(theirs, f"synthesis_network.b{side << level}.torgb", name)
    which = "averaged" if re.search("ema", str(contents.path.name)) or average is not None else ""
    assumed = (("layout", "rosinality's stylegan2-pytorch"), *([("weights", which)] if which else []))
    return [described(contents, config, ours, assumed, True)]


def _layers(levels: int, side: int) -> list[tuple[str, str]]:
    """(our name, their name) of the styled convolutions in order."""
    pairs = [(f"b{side}.conv1", "conv1")]
    for level in range(1, levels + 1):
        pairs += [(f"b{side << level}.conv{half}", f"convs.{2 * (level - 1) + half}") for half in (0, 1)]
    return pairs


def _layer(theirs: dict[str, Tensor], ours: str, name: str, side: int, noise: Tensor | None) -> dict[str, Tensor]:
    """One styled convolution. Their weights are scaled when used, which demodulation takes out but for its ε."""
    weight = theirs[f"{name}.conv.weight"][0].float()
    return {
        f"{ours}.weight": weight / weight[0].numel() ** 0.5,
        f"{ours}.affine.weight": theirs[f"{name}.conv.modulation.weight"],
        f"{ours}.affine.bias": theirs[f"{name}.conv.modulation.bias"],
        f"{ours}.bias": theirs[f"{name}.activate.bias"].flatten(),
        f"{ours}.noise_strength": theirs[f"{name}.noise.weight"].reshape(()),
        f"{ours}.noise_const": torch.zeros(side, side) if noise is None else noise.reshape(side, side),
    }


def _to_rgb(theirs: dict[str, Tensor], ours: str, name: str) -> dict[str, Tensor]:
    return {
        f"{ours}.weight": theirs[f"{name}.conv.weight"][0],
        f"{ours}.affine.weight": theirs[f"{name}.conv.modulation.weight"],
        f"{ours}.affine.bias": theirs[f"{name}.conv.modulation.bias"],
        f"{ours}.bias": theirs[f"{name}.bias"].flatten(),
    }


def _average(theirs: dict[str, Tensor], depth: int) -> Tensor:
    """The mean of w over draws of z, for files that do not bring it."""
    w = torch.randn(AVERAGE_OF, theirs["style.1.weight"].shape[1], generator=torch.Generator().manual_seed(0))
    w = w * (w.square().mean(1, keepdim=True) + 1e-8).rsqrt()
    for index in range(1, depth + 1):
        weight, bias = theirs[f"style.{index}.weight"].float(), theirs[f"style.{index}.bias"].float()
        w = F.leaky_relu(F.linear(w, weight * (RATE / weight.shape[1] ** 0.5), bias * RATE), 0.2) * 2**0.5
    return w.mean(0)
