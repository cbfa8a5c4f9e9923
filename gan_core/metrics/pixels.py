"""An extractor that needs no package: the colours of a small copy of the picture."""

from torch import nn
from torch.nn import functional as F

GRID = 16
FLAT = 0.1  # a spread of about 6 grey levels: flatter pictures are not stretched into noise


class Pixels(nn.Module):
    """RGB pictures in grey levels, float [N, 3, H, W], to features [N, 768]: 16 × 16 pixels in about [−2, 2].

    Sees pose, colours and collapse; blind to sharpness and small parts.
    """

    name, mask = f"pixels-{GRID}", 0.0

    def forward(self, images):
        small = F.interpolate(images, (GRID, GRID), mode="bilinear", align_corners=False, antialias=True)
        return ((small - 127.5) / 64).flatten(1)


class EvenPixels(Pixels):
    """The same, each colour of each picture with mean 0 and standard deviation 1 (at least FLAT): blind to light, contrast and tint.

    What finds copies of pictures: a copy that is darker or tinted is still the same to it.
    """

    name = f"pixels-even-{GRID}"

    def forward(self, images):
        colours = super().forward(images).unflatten(1, (3, -1))
        colours = colours - colours.mean(2, keepdim=True)
        return (colours / colours.square().mean(2, keepdim=True).sqrt().clamp(min=FLAT)).flatten(1)
