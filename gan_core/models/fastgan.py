"""fastgan: FastGAN's generator (Liu et al. 2021, "Towards faster and stabilized GAN training for high-fidelity few-shot image synthesis")."""

import torch
from torch import Tensor, nn

from gan_core.config import ModelConfig
from gan_core.models.base import Generator
from gan_core.models.drawn import DrawnFamily, unusable, wholes
from gan_core.models.glu_layers import AddNoise

TWICE = (8, 32, 128, 512)  # sizes that are made by two convolutions with noise; the others by one
EXCITED = {64: 4, 128: 8, 256: 16, 512: 32}  # size -> the small one that gates its channels (sec. 3.1, eq. 1)
SQUASHED = 1024  # the size at which the author's code ends with tanh; the smaller ones end bare


class Gate(nn.Module):
    """Features of a small size → a gate for each channel of a large one."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.main = nn.Sequential(
            nn.AdaptiveAvgPool2d(4), nn.Conv2d(inputs, outputs, 4, bias=False), nn.SiLU(), nn.Conv2d(outputs, outputs, 1, bias=False), nn.Sigmoid()
        )  # fmt: skip

    def forward(self, small: Tensor) -> Tensor:
        return self.main(small)


class Start(nn.Module):
    """z → features of 4 × 4."""

    def __init__(self, latent: int, channels: int):
        super().__init__()
        self.init = nn.Sequential(
            nn.ConvTranspose2d(latent, 2 * channels, 4, bias=False), nn.BatchNorm2d(2 * channels), nn.GLU(1)
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.init(z[:, :, None, None])


def _enlarge(inputs: int, outputs: int, side: int) -> nn.Sequential:
    def convolve(channels: int) -> nn.Module:
        return nn.Conv2d(channels, 2 * outputs, 3, padding=1, bias=False)

    layers = [nn.Upsample(scale_factor=2), convolve(inputs)]
    if side not in TWICE:
        return nn.Sequential(*layers, nn.BatchNorm2d(2 * outputs), nn.GLU(1))
    layers += [AddNoise(side), nn.BatchNorm2d(2 * outputs), nn.GLU(1), convolve(outputs)]
    return nn.Sequential(*layers, AddNoise(side), nn.BatchNorm2d(2 * outputs), nn.GLU(1))


class FastGANGenerator(Generator):
    """z → picture. `config.options`: features, the channels of each size from 4 to the picture's own."""

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        features = wholes(config.options, "features")
        if len(features) < 2 or config.resolution != 4 << (len(features) - 1):
            raise unusable("features")
        self.sizes = [4 << level for level in range(len(features))]
        wide = dict(zip(self.sizes, features, strict=True))
        self.init = Start(config.z_dim, wide[4])
        for side in self.sizes[1:]:
            self.add_module(f"feat_{side}", _enlarge(wide[side // 2], wide[side], side))
            if side in EXCITED:
                self.add_module(f"se_{side}", Gate(wide[EXCITED[side]], wide[side]))
        self.to_big = nn.Conv2d(features[-1], config.channels, 3, padding=1, bias=False)

    def picture(self, z: Tensor) -> Tensor:
        """z [N, z_dim] → picture as the author's network gives it."""
        x = self.init(z)
        small = {4: x}
        for side in self.sizes[1:]:
            x = getattr(self, f"feat_{side}")(x)
            if side in EXCITED:
                x = x * getattr(self, f"se_{side}")(small[EXCITED[side]])
            if side <= max(EXCITED.values()):
                small[side] = x
        picture = self.to_big(x)
        return picture.tanh() if self.sizes[-1] == SQUASHED else picture

    def synthesis(self, code, label_weights):
        return self.picture(code)

    def affine(self) -> Tensor:
        return self.init.init[0].weight.flatten(1).T

    @torch.inference_mode()
    def from_latent(self, z, label=None) -> Tensor:
        return self.picture(self.as_given(z, label)[0])


class FastGAN(DrawnFamily):
    """FastGAN, trained from few pictures."""

    Generator = FastGANGenerator
