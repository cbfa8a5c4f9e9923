"""Weights for people who program with PyTorch: a plain state dict, and a few lines of source where the layers are our own.

    python -m gan_core.export.state_dict MODEL

A network that is the one of the PyTorch examples' DCGAN (github.com/pytorch/examples, dcgan/main.py) becomes the .pt file that
this program reads: tensors `main.0.weight`, `main.1.running_mean`, … Our own `dcgan` is another network (a linear layer, leaky
ReLUs, a residual, a 3×3 at the end), so no renaming would make it that one. It becomes a zip of the same kind of file and of
`generator.py`, which needs nothing but PyTorch; so does every other chain of layers.
"""

import io

import torch
from torch import nn

from gan_core.errors import StudioError
from gan_core.export.archive import to_zip
from gan_core.layers import Residual, StridedDecoder
from gan_core.models.base import Generator

SOURCE = '''"""{title}: a generator by itself. Needs PyTorch only. Its pictures are invented by a machine; say so where you show them.

    python generator.py      # writes picture.pt: [4, {channels}, {side}, {side}], values from {low:g} to {high:g}

Licence: {licence}
"""

import torch
from torch import nn
from torch.nn import functional as F

{classes}
def load(path="weights.pt"):
    """The generator: latents [N, {z_shape}] ({latent}) -> pictures [N, {channels}, {side}, {side}]."""
    network = nn.Module()
    network.main = nn.Sequential(
{layers}
    )
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.main.eval().requires_grad_(False)


if __name__ == "__main__":
    torch.save(load()(torch.randn(4, {z_shape})), "picture.pt")
'''
CLASSES = {
    "Residual": '''
class Residual(nn.Module):
    """x + conv(lrelu(x)) * gain."""

    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x + self.gain * self.conv(F.leaky_relu(x, 0.2))

''',
    "PixelNorm": '''
class PixelNorm(nn.Module):
    """x divided by the root of its mean square over channels."""

    def forward(self, x):
        return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()

''',
}


def to_state_dict(model: Generator) -> tuple[str, bytes]:
    """(suffix, content): ".pt" where the network is the PyTorch examples' DCGAN, else ".zip" with weights.pt and generator.py.

    Raises StudioError for a model that is no single chain of layers.
    """
    chain = layers_of(model)
    holder = nn.Module()
    holder.main = nn.Sequential(*chain)
    weights = saved(holder)
    if is_example_dcgan(chain):
        return ".pt", weights
    return ".zip", to_zip([("weights.pt", weights), ("generator.py", source(model, chain).encode())])


def layers_of(model: Generator) -> list[nn.Module]:
    """The layers from the latent to the picture, one after the other. Raises StudioError where there is no such chain."""
    layers: list[nn.Module] = []
    if not model.config.num_classes:
        decoder, chain = getattr(model, "decoder", None), getattr(model, "layers", None)
        if isinstance(decoder, StridedDecoder):
            start = decoder.start
            square = nn.Unflatten(1, (start.out_features // decoder.base**2, decoder.base, decoder.base))
            layers = [*_whitening(model), start, square, *decoder.blocks, nn.Tanh()]
        elif isinstance(chain, nn.Sequential) and model.config.family in ("mlp_gan", "sequential"):
            layers = [_plain(layer) for layer in chain]
            if isinstance(layers[-1], nn.Tanh) and hasattr(model, "shape"):
                layers.append(nn.Unflatten(1, tuple(model.shape)))
    if not layers or any(type(layer).__module__.split(".")[0] != "torch" and type(layer).__name__ not in CLASSES for layer in layers):  # fmt: skip
        raise StudioError("export.no_chain", "This kind of model is more than a chain of layers, so PyTorch weights alone would be of no use. Export it as ONNX, or as our folder.")  # fmt: skip
    return layers


def _whitening(model: Generator) -> list[nn.Module]:
    """An autoencoder's way from standard normal numbers to its codes, as a linear layer."""
    if not hasattr(model, "latent_factor"):
        return []
    layer = nn.Linear(*model.latent_factor.shape)
    layer.weight, layer.bias = nn.Parameter(model.latent_factor), nn.Parameter(model.latent_mean)
    return [layer]


def _plain(layer: nn.Module) -> nn.Module:
    return nn.Unflatten(1, tuple(layer.shape)) if type(layer).__name__ == "Reshape" else layer


def is_example_dcgan(chain: list[nn.Module]) -> bool:
    """Whether the layers are those of the examples' DCGAN, whatever its nz, ngf, nc and size: the file then fits that program."""
    if len(chain) < 5 or len(chain) % 3 != 2 or not isinstance(chain[-1], nn.Tanh):
        return False
    kinds = (nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU)
    fine = all(isinstance(layer, kinds[i % 3]) for i, layer in enumerate(chain[:-1]))
    convolutions = chain[:-1:3]
    return fine and all(
        (layer.kernel_size[0], layer.stride[0], layer.padding[0], layer.bias is None) == (4, *((1, 0) if i == 0 else (2, 1)), True)
        for i, layer in enumerate(convolutions)
    )  # fmt: skip


def saved(network: nn.Module) -> bytes:
    """The state dict as torch.save writes it: tensors only, contiguous, on the CPU; `torch.load(…, weights_only=True)` reads it."""
    tensors = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in network.state_dict().items()
    }
    buffer = io.BytesIO()
    torch.save(tensors, buffer)
    return buffer.getvalue()


def source(model: Generator, chain: list[nn.Module]) -> str:
    """generator.py: torch's own way of writing a layer down is how one is made."""
    config, options = model.config, model.config.options
    names = {type(layer).__name__ for layer in chain} & set(CLASSES)
    low, high = options.get("range", (-1, 1)) if config.family == "sequential" else (-1, 1)
    convolved = isinstance(chain[0], nn.ConvTranspose2d)
    plain = lambda text: " ".join(text.split()).replace("\\", "/").replace('"', "'")  # noqa: E731 (inside a docstring)
    return SOURCE.format(
        title=plain(config.title or config.name or config.family), licence=plain(config.licence or "not said; ask whoever made the model"),
        channels=config.channels, side=config.resolution, low=low, high=high, latent=options.get("latent", "normal"),
        z_shape=f"{config.z_dim}, 1, 1" if convolved else f"{config.z_dim}",
        classes="".join(CLASSES[name] for name in sorted(names)), layers="\n".join(f"        {written(layer)}," for layer in chain),
    )  # fmt: skip


def written(layer: nn.Module) -> str:
    """A layer as an expression that makes it."""
    if isinstance(layer, Residual):
        return f"Residual({layer.conv.in_channels})"
    return repr(layer) if type(layer).__name__ in CLASSES else f"nn.{layer!r}"


def main(argv=None) -> int:
    """Write the file from a terminal; return the exit status."""
    from gan_core.export.terminal import parser, write

    options = parser("gan_core.export.state_dict", "A model's weights for PyTorch.").parse_args(argv)
    return write(options, "", lambda model, tell: to_state_dict(model))


if __name__ == "__main__":
    raise SystemExit(main())
