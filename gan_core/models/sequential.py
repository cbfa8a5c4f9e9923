"""sequential: other people's plain networks, a chain of layers that the model's config lists, each from a fixed table."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.config import ModelConfig
from gan_core.models.base import Generator
from gan_core.models.drawn import DrawnFamily, unusable

MAX_LAYERS = 256
WIDEST = 1 << 20  # numbers between two layers, without their pixels
LARGEST = 1 << 24  # numbers of a picture on its way, pixels included: bounds the memory that a draw takes


class Reshape(nn.Module):
    """[N, C·H·W] → [N, C, H, W]."""

    def __init__(self, shape: tuple[int, int, int]):
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)


class Table(nn.Module):
    """The embedding of each class, [K, size]. (nn.Embedding draws its weights, which costs seconds where only sizes are wanted.)"""

    def __init__(self, classes: int, size: int):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(classes, size))


class PixelNorm(nn.Module):
    """x / √(mean of x² over channels) (Karras et al. 2018 (ProGAN), sec. 4.2)."""

    def forward(self, x: Tensor) -> Tensor:
        return x * (x.square().mean(1, keepdim=True) + 1e-8).rsqrt()


def _norm(ndim_2d, ndim_1d):
    def make(f):
        kind = ndim_1d if f.get("flat") else ndim_2d
        return kind(f["channels"], eps=f.get("eps", 1e-5), affine=f.get("affine", True))

    return make


def _conv(kind):
    def make(f):
        more = {"output_padding": f.get("output_padding", 0)} if kind is nn.ConvTranspose2d else {}
        return kind(
            f["inputs"], f["outputs"], f["kernel"], f.get("stride", 1), f.get("padding", 0), bias=f.get("bias", True), **more
        )  # fmt: skip

    return make


OPS = {  # op -> a layer from its checked fields
    "linear": lambda f: nn.Linear(f["inputs"], f["outputs"], bias=f.get("bias", True)),
    "conv": _conv(nn.Conv2d),
    "conv_transpose": _conv(nn.ConvTranspose2d),
    "batch_norm": _norm(nn.BatchNorm2d, nn.BatchNorm1d),
    "instance_norm": _norm(nn.InstanceNorm2d, nn.InstanceNorm1d),
    "layer_norm": lambda f: nn.LayerNorm(f["channels"], f.get("eps", 1e-5)),
    "pixel_norm": lambda f: PixelNorm(),
    "relu": lambda f: nn.ReLU(),
    "leaky_relu": lambda f: nn.LeakyReLU(f.get("slope", 0.01)),
    "prelu": lambda f: nn.PReLU(f.get("channels", 1)),
    "elu": lambda f: nn.ELU(),
    "selu": lambda f: nn.SELU(),
    "gelu": lambda f: nn.GELU(),
    "silu": lambda f: nn.SiLU(),
    "tanh": lambda f: nn.Tanh(),
    "sigmoid": lambda f: nn.Sigmoid(),
    "upsample": lambda f: nn.Upsample(scale_factor=f.get("factor", 2), mode=f.get("mode", "nearest")),
    "pixel_shuffle": lambda f: nn.PixelShuffle(f.get("factor", 2)),
    "reshape": lambda f: Reshape(tuple(f["shape"])),
    "flatten": lambda f: nn.Flatten(),
}
RANGES = {  # field -> (lowest, highest) of a whole number
    "inputs": (1, WIDEST), "outputs": (1, WIDEST), "channels": (1, WIDEST), "kernel": (1, 64), "stride": (1, 16), "padding": (0, 64),
    "output_padding": (0, 15), "factor": (1, 16),
}  # fmt: skip
LATENTS = ("normal", "uniform", "sphere")
LABELS = ("after", "before", "times")  # where the class's embedding goes: [z, e], [e, z], z · e


def checked(layers) -> list[dict]:
    """Return a list of layers read from JSON when each has a known op and fields in range. Raises StudioError."""
    if not isinstance(layers, list) or len(layers) > MAX_LAYERS or not all(isinstance(layer, dict) for layer in layers):
        raise unusable("layers")
    for layer in layers:
        if not isinstance(layer.get("op"), str) or layer["op"] not in OPS:
            raise unusable("op")
        for field, value in layer.items():
            if field != "op" and not _fits(field, value):
                raise unusable(field)
    return layers


def _fits(field: str, value) -> bool:
    if field in RANGES:
        return type(value) is int and RANGES[field][0] <= value <= RANGES[field][1]
    if field in ("eps", "slope"):
        return type(value) in (int, float) and 0 <= value <= 10
    if field in ("bias", "affine", "flat"):
        return type(value) is bool
    if field == "mode":
        return value in ("nearest", "bilinear")
    if field == "shape":
        return (
            isinstance(value, (list, tuple))
            and len(value) == 3
            and all(type(n) is int and 0 < n <= WIDEST for n in value)
        )
    return False


def chain(layers) -> nn.Sequential:
    """Build the layers of a list as `checked` takes it. Raises StudioError."""
    try:
        return nn.Sequential(*[OPS[layer["op"]](layer) for layer in checked(layers)])
    except (KeyError, ValueError, TypeError):
        raise unusable("layers") from None


class SequentialGenerator(Generator):
    """Latent (and class embedding) → picture by a chain of layers. A code is what a standard normal draw gives, whatever the author drew.

    `config.options`: `layers` (see OPS), `latent` (LATENTS: what the author's z is drawn from), `range` [low, high] of the picture's
    values, `label` {how: LABELS, size} where the class goes, and `encoder` (layers) where the file has one.
    """

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        options = config.options
        self.latent, self.label = options.get("latent", "normal"), options.get("label") or {}
        self.low, self.high = _range(options.get("range", [-1, 1]))
        if self.latent not in LATENTS or not isinstance(self.label, dict):
            raise unusable("latent" if self.latent not in LATENTS else "label")
        self.layers = chain(options.get("layers"))
        self.encoder = chain(options["encoder"]) if options.get("encoder") else None
        self.can_encode = self.encoder is not None
        self.embed = self._embedding() if config.num_classes else None
        _check_shapes(self)

    def _embedding(self) -> Table:
        how, size = self.label.get("how"), self.label.get("size")
        if how not in LABELS:
            raise unusable("label")
        if type(size) is not int or not 0 < size <= WIDEST or (how == "times" and size != self.config.z_dim):
            raise unusable("label")
        return Table(self.config.num_classes, size)

    @property
    def inputs(self) -> int:
        """How many numbers the first layer takes in."""
        if not self.config.num_classes or self.label["how"] == "times":
            return self.config.z_dim
        return self.config.z_dim + self.label["size"]

    def author_latent(self, code: Tensor) -> Tensor:
        """Standard normal numbers as the author drew theirs: uniform in (−1, 1) by the Gaussian's distribution function, or on the unit sphere."""
        if self.latent == "uniform":
            return torch.erf(code * 0.5**0.5)
        return F.normalize(code) if self.latent == "sphere" else code

    def draw(self, z: Tensor, label_weights: Tensor | None) -> Tensor:
        """The author's latents [N, z_dim] → pictures [N, C, R, R] in the author's range."""
        if self.config.num_classes:
            label = label_weights @ self.embed.weight
            how = self.label["how"]
            z = z * label if how == "times" else torch.cat([z, label] if how == "after" else [label, z], 1)
        if not isinstance(self.layers[0], nn.Linear):
            z = z[:, :, None, None]
        return self.layers(z)

    def synthesis(self, code: Tensor, label_weights: Tensor | None) -> Tensor:
        pictures = self.draw(self.author_latent(code), label_weights)
        if (self.low, self.high) == (-1, 1):
            return pictures
        return (pictures - self.low) * (2 / (self.high - self.low)) - 1

    def encode(self, images: Tensor) -> Tensor:
        return self.encoder((images + 1) * ((self.high - self.low) / 2) + self.low)

    def affine(self) -> Tensor | None:
        first, start = self.layers[0], 0
        if self.config.num_classes:
            if self.label["how"] == "times":
                return None
            start = 0 if self.label["how"] == "after" else self.inputs - self.config.z_dim
        columns = slice(start, start + self.config.z_dim)
        if isinstance(first, nn.Linear):
            return first.weight[:, columns]
        if isinstance(first, nn.ConvTranspose2d):
            return first.weight[columns].flatten(1).T
        return None

    @torch.inference_mode()
    def from_latent(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.draw(*self.as_given(z, label))


def _range(given) -> tuple[float, float]:
    if not isinstance(given, (list, tuple)) or len(given) != 2 or not all(type(n) in (int, float) for n in given):
        raise unusable("range")
    low, high = given
    if not -1000 <= low < high <= 1000:
        raise unusable("range")
    return low, high


def _check_shapes(model: SequentialGenerator) -> None:
    """Send nothing but sizes through the layers: each must fit the one before, and the picture be as the config says."""
    config = model.config
    shape = _through(model.layers, (model.inputs,))
    if shape != (config.channels, config.resolution, config.resolution):
        raise unusable("layers")
    if model.encoder is not None and _through(model.encoder, shape) != (config.z_dim,):
        raise unusable("encoder")


def _through(layers: nn.Sequential, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of one picture after the layers, by arithmetic alone. Raises StudioError where a layer does not fit."""
    for index, layer in enumerate(layers):
        if index == 0 and len(shape) == 1 and isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            shape = (*shape, 1, 1)
        shape = _after(layer, shape)
        size = 1
        for n in shape:
            size *= n
        if size > LARGEST or min(shape) < 1:
            raise unusable("layers")
    return shape


def _after(layer: nn.Module, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape after one layer; StudioError when it cannot take this one."""
    flat = len(shape) == 1
    takes = _takes(layer)
    if takes is not None and takes != shape[0]:
        raise unusable("layers")
    if isinstance(layer, nn.Linear) and flat:
        return (layer.out_features,)
    if isinstance(layer, nn.Flatten):
        return (shape[0] if flat else shape[0] * shape[1] * shape[2],)
    if isinstance(layer, Reshape) and flat and layer.shape[0] * layer.shape[1] * layer.shape[2] == shape[0]:
        return layer.shape
    if isinstance(layer, nn.LayerNorm | nn.BatchNorm1d | nn.InstanceNorm1d) and flat:
        return shape
    if isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) and not flat:
        return shape
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and not flat:
        return (layer.out_channels, *[_side(layer, side) for side in shape[1:]])
    if isinstance(layer, nn.Upsample) and not flat:
        return (shape[0], *[int(side * layer.scale_factor) for side in shape[1:]])
    if isinstance(layer, nn.PixelShuffle) and not flat and shape[0] % layer.upscale_factor**2 == 0:
        factor = layer.upscale_factor
        return shape[0] // factor**2, shape[1] * factor, shape[2] * factor
    if isinstance(layer, tuple(ACTIVATIONS)):
        return shape
    raise unusable("layers")


ACTIVATIONS = (
    nn.ReLU, nn.LeakyReLU, nn.PReLU, nn.ELU, nn.SELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, PixelNorm,
)  # fmt: skip


def _takes(layer: nn.Module) -> int | None:
    """How many channels a layer must be given; None: any number."""
    for name in ("in_features", "in_channels", "num_features"):
        if hasattr(layer, name):
            return getattr(layer, name)
    return layer.normalized_shape[0] if isinstance(layer, nn.LayerNorm) else None


def _side(layer: nn.Conv2d | nn.ConvTranspose2d, side: int) -> int:
    kernel, stride, padding = layer.kernel_size[0], layer.stride[0], layer.padding[0]
    if isinstance(layer, nn.ConvTranspose2d):
        return (side - 1) * stride - 2 * padding + kernel + layer.output_padding[0]
    return (side + 2 * padding - kernel) // stride + 1


class Sequential(DrawnFamily):
    """Somebody else's plain network: fully connected, convolutional, or both, one layer after the other."""

    Generator = SequentialGenerator
    conditional = True
