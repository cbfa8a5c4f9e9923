"""lucidrains' stylegan2-pytorch and lightweight-gan: `{GAN, version}` with the averaged halves under SE. and GE."""

import re

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.importers.chains import described
from gan_core.importers.contents import Candidate, Contents

AVERAGE_OF = 2000  # draws of w, as in the author's code
RATE = 0.1  # of the mapping network unless a config.json beside the file says otherwise


def read(contents: Contents) -> list[Candidate]:
    """Candidates for a file of one of the two; [] for another."""
    tensors = contents.tensors
    half = "E" if "GE.initial_conv.weight" in tensors or "GE.initial_conv.0.weight" in tensors else ""
    generator = {name.split(".", 1)[1]: t for name, t in tensors.items() if name.startswith(f"G{half}.")}
    if "initial_conv.weight" in generator:
        style = {name.split(".", 1)[1]: t for name, t in tensors.items() if name.startswith(f"S{half}.")}
        return [_style(contents, style, generator, half)] if style else []
    if "initial_conv.0.weight" in tensors:
        generator = tensors
    return [_lightweight(contents, generator)] if "initial_conv.0.weight" in generator else []


def _style(contents: Contents, style: dict[str, Tensor], generator: dict[str, Tensor], half: str) -> Candidate:
    """stylegan2-pytorch. Only the rate of the mapping is not in the shapes; its default is 0.1."""
    levels = count(generator, r"blocks\.(\d+)\.conv1\.weight")
    filters = [
        generator["initial_conv.weight"].shape[0],
        *[generator[f"blocks.{i}.conv1.weight"].shape[0] for i in range(levels)],
    ]
    attention = sorted({int(match[1]) for name in generator if (match := re.match(r"attns\.(\d+)\.", name))})
    said = contents.settings.get("lr_mlp")
    rate = float(said) if type(said) in (int, float) and 0 < said <= 10 else RATE
    depth, width = count(style, r"net\.(\d+)\.weight"), style["net.0.weight"].shape[0]
    channels = generator["blocks.0.to_rgb.conv.weight"].shape[0]
    options = {
        "depth": depth,
        "rate": rate,
        "filters": filters,
        "attention": attention,
        "constant": "initial_block" in generator,
    }
    config = ModelConfig("lucid_style", 2 << levels, channels, width, options=options)
    ours = {f"mapping_network.{name}": t for name, t in style.items()}
    ours |= {f"synthesis_network.{name}": t for name, t in generator.items() if not name.endswith(".f")}
    ours["mapping_network.w_avg"] = _average(style, rate, width)
    noise = np.random.RandomState(0).uniform(size=(1, 2 << levels, 2 << levels, 1))
    ours["synthesis_network.noise"] = torch.from_numpy(noise.astype(np.float32))
    return described(contents, config, ours, (("layout", "lucidrains' stylegan2-pytorch"), _which(half)), True)


def _average(style: dict[str, Tensor], rate: float, width: int) -> Tensor:
    """The mean of w over draws of z, where truncation leads."""
    x = F.normalize(torch.from_numpy(np.random.RandomState(0).randn(AVERAGE_OF, width).astype(np.float32)))
    for index in range(0, 2 * count(style, r"net\.(\d+)\.weight"), 2):
        x = F.leaky_relu(
            F.linear(x, style[f"net.{index}.weight"].float() * rate, style[f"net.{index}.bias"].float() * rate), 0.2
        )
    return x.mean(0)


def _lightweight(contents: Contents, generator: dict[str, Tensor]) -> Candidate:
    levels = count(generator, r"layers\.(\d+)\.0\.2\.1\.weight")
    latent = generator["initial_conv.0.weight"].shape[0]
    features = [latent, *[generator[f"layers.{i}.0.2.1.weight"].shape[0] // 2 for i in range(levels)]]
    has = {kind: [i for i in range(levels) if f"layers.{i}.{name}" in generator] for kind, name in PARTS.items()}
    options = {
        "features": features,
        "excited": has["context"] + has["frequency"],
        "attention": has["attention"],
        "frequency": bool(has["frequency"]),
    }
    config = ModelConfig("lightweight_gan", 4 << levels, generator["out_conv.weight"].shape[0], latent, options=options)
    ours = {name: t for name, t in generator.items() if not name.endswith(".f")}
    for level in range(levels):
        side = 8 << level
        ours[f"layers.{level}.0.3.noise"] = fixed_noise(level, side)
    return described(contents, config, ours, (("layout", "lucidrains' lightweight-gan"), ("noise", "fixed")), True)


PARTS = {"context": "1.to_k.weight", "frequency": "1.dct_weights", "attention": "2.norm.g"}


def fixed_noise(seed: int, side: int) -> Tensor:
    """A picture of standard normal noise [1, 1, side, side], the same each time, where the author's code draws anew."""
    return torch.from_numpy(np.random.RandomState(seed).randn(1, 1, side, side).astype(np.float32))


def count(tensors: dict[str, Tensor], pattern: str) -> int:
    """How many names match, one for each number in them, where the numbers are few."""
    found = {int(match[1]) for name in tensors if (match := re.fullmatch(pattern, name))}
    if not found or len(found) > 32:
        raise StudioError("import.damaged", "{file} is incomplete or damaged. Copy or download it again.", file="?")
    return len(found)


def _which(half: str) -> tuple[str, str]:
    return ("weights", "averaged" if half else "of the last step")
