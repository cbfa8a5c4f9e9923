"""Small networks written after the layouts that people's weight files have: the same names, the same maths, random weights."""

import torch
from torch import nn
from torch.nn import functional as F


def trained(network: nn.Module, seed: int = 0) -> nn.Module:
    """The network with weights and running statistics that no symmetry hides, in eval mode."""
    rng = torch.Generator().manual_seed(seed)
    for name, value in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith("num_batches_tracked") or not value.is_floating_point():
            continue
        new = torch.randn(value.shape, generator=rng)
        if name.endswith("running_var"):
            new = new.abs() + 0.3
        elif value.ndim > 1:
            new = new * 2.0 / (value.numel() / max(value.shape[:2])) ** 0.5
        else:
            new = new * 0.5 + (0.3 if name.endswith("weight") else 0)
        value.data.copy_(new)
    return network.eval()


class Dcgan(nn.Module):
    """The PyTorch examples' DCGAN of any size."""

    def __init__(self, nz=7, ngf=4, nc=3, levels=2):
        super().__init__()
        wide = [ngf << level for level in reversed(range(levels + 1))]
        layers = [nn.ConvTranspose2d(nz, wide[0], 4, 1, 0, bias=False), nn.BatchNorm2d(wide[0]), nn.ReLU()]
        for inputs, outputs in zip(wide, wide[1:], strict=False):
            layers += [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(wide[-1], nc, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, z):
        return self.main(z[:, :, None, None])


class Punks(nn.Module):
    """The CryptoPunks GAN of Gradio's guide: RGBA, 24 px."""

    def __init__(self, nz=9, ngf=4):
        super().__init__()
        self.network = nn.Sequential(
            nn.ConvTranspose2d(nz, ngf * 4, 3, 1, 0, bias=False), nn.BatchNorm2d(ngf * 4), nn.ReLU(),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 3, 2, 1, bias=False), nn.BatchNorm2d(ngf * 2), nn.ReLU(),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 0, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(),
            nn.ConvTranspose2d(ngf, 4, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z):
        return self.network(z[:, :, None, None])


class Course(nn.Module):
    """deeplearning.ai's DCGAN: kernels 3, 4, 3, 4, strides 2, 1, 2, 2, no padding."""

    def __init__(self, nz=9, wide=4):
        super().__init__()

        def block(inputs, outputs, kernel, stride):
            return nn.Sequential(
                nn.ConvTranspose2d(inputs, outputs, kernel, stride), nn.BatchNorm2d(outputs), nn.ReLU()
            )

        last = nn.Sequential(nn.ConvTranspose2d(wide, 1, 4, 2), nn.Tanh())
        self.gen = nn.Sequential(
            block(nz, wide * 4, 3, 2), block(wide * 4, wide * 2, 4, 1), block(wide * 2, wide, 3, 2), last
        )

    def forward(self, z):
        return self.gen(z[:, :, None, None])


class Faces(nn.Module):
    """A generator with a convolution among its deconvolutions, leaky ReLUs but not after the first, and a uniform latent."""

    def __init__(self, nz=9):
        super().__init__()

        def block(layer, channels):
            return nn.Sequential(layer, nn.BatchNorm2d(channels))

        self.generator_deconv = nn.ModuleList([
            block(nn.ConvTranspose2d(nz, 16, 4, 1, 0, bias=False), 16), block(nn.Conv2d(16, 8, 3, 1, 1, bias=False), 8),
            block(nn.ConvTranspose2d(8, 6, 4, 2, 1, bias=False), 6), block(nn.ConvTranspose2d(6, 5, 4, 2, 1, bias=False), 5),
            nn.Sequential(nn.ConvTranspose2d(5, 3, 4, 2, 1)),
        ])  # fmt: skip

    def forward(self, z):
        x = self.generator_deconv[0](z[:, :, None, None])
        for layer in self.generator_deconv[1:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        return self.generator_deconv[-1](x).tanh()


class Conv(nn.Module):
    """PyTorch-GAN's convolutional generators. `place` says where a class goes in, `hidden` which activation follows the norms."""

    def __init__(self, nz=7, classes=0, size=0, place="", hidden=None, side=4, nc=3):
        super().__init__()
        self.place, self.side = place, side
        hidden = hidden or nn.LeakyReLU(0.2)
        if classes:
            self.label_emb = nn.Embedding(classes, size)
        inputs = nz if place in ("", "times") else nz + size
        self.l1 = nn.Sequential(nn.Linear(inputs, 128 * side**2))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(128), nn.Upsample(scale_factor=2), nn.Conv2d(128, 128, 3, 1, 1), nn.BatchNorm2d(128, 0.8), hidden,
            nn.Upsample(scale_factor=2), nn.Conv2d(128, 64, 3, 1, 1), nn.BatchNorm2d(64, 0.8), hidden, nn.Conv2d(64, nc, 3, 1, 1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z, label=None):
        if self.place == "times":
            z = z * self.label_emb(label)
        elif self.place:
            parts = [z, self.label_emb(label)]
            z = torch.cat(parts if self.place == "after" else parts[::-1], 1)
        return self.conv_blocks(self.l1(z).view(len(z), 128, self.side, self.side))


class Connected(nn.Module):
    """PyTorch-GAN's fully connected GAN; with classes, its conditional GAN, which puts the class first."""

    def __init__(self, nz=7, classes=0, shape=(1, 8, 8)):
        super().__init__()
        self.shape = shape
        if classes:
            self.label_emb = nn.Embedding(classes, classes)
        self.model = nn.Sequential(
            nn.Linear(nz + classes, 12), nn.LeakyReLU(0.2), nn.Linear(12, 16), nn.BatchNorm1d(16, 0.8), nn.LeakyReLU(0.2), nn.Linear(16, 20),
            nn.BatchNorm1d(20, 0.8), nn.LeakyReLU(0.2), nn.Linear(20, shape[0] * shape[1] * shape[2]), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z, label=None):
        if hasattr(self, "label_emb"):
            z = torch.cat([self.label_emb(label), z], 1)
        return self.model(z).view(len(z), *self.shape)


class Vae(nn.Module):
    """The PyTorch examples' VAE, smaller."""

    def __init__(self, side=10):
        super().__init__()
        self.side = side
        self.fc1, self.fc21, self.fc22 = nn.Linear(side**2, 14), nn.Linear(14, 5), nn.Linear(14, 5)
        self.fc3, self.fc4 = nn.Linear(5, 14), nn.Linear(14, side**2)

    def encode(self, x):
        return self.fc21(self.fc1(x.flatten(1)).relu())

    def forward(self, z):
        return self.fc4(self.fc3(z).relu()).sigmoid().view(-1, 1, self.side, self.side)


class FastGan(nn.Module):
    """FastGAN at 256 px, with spectral norm as its author has it; noise is drawn by `noise(side, number)`."""

    def __init__(self, nz=6, noise=None):
        super().__init__()
        spectral = nn.utils.spectral_norm
        wide = {4: 8, 8: 6, 16: 4, 32: 4, 64: 4, 128: 2, 256: 2}
        self.noise = noise

        def conv(inputs, outputs, kernel=3, padding=1):
            return spectral(nn.Conv2d(inputs, outputs, kernel, 1, padding, bias=False))

        self.init = nn.ModuleDict({"init": nn.Sequential(
            spectral(nn.ConvTranspose2d(nz, 16, 4, 1, 0, bias=False)), nn.BatchNorm2d(16), nn.GLU(1),
        )})  # fmt: skip
        for side in (8, 16, 32, 64, 128, 256):
            layers = [nn.Upsample(scale_factor=2, mode="nearest"), conv(wide[side // 2], 2 * wide[side])]
            if side in (8, 32, 128):
                layers += [
                    Noise(),
                    nn.BatchNorm2d(2 * wide[side]),
                    nn.GLU(1),
                    conv(wide[side], 2 * wide[side]),
                    Noise(),
                ]
            setattr(self, f"feat_{side}", nn.Sequential(*layers, nn.BatchNorm2d(2 * wide[side]), nn.GLU(1)))
        for big, small in ((64, 4), (128, 8), (256, 16)):
            gate = nn.ModuleDict({"main": nn.Sequential(
                nn.AdaptiveAvgPool2d(4), conv(wide[small], wide[big], 4, 0), nn.SiLU(), conv(wide[big], wide[big], 1, 0), nn.Sigmoid(),
            )})  # fmt: skip
            setattr(self, f"se_{big}", gate)
        self.to_128, self.to_big = conv(2, 3, 1, 0), conv(2, 3)

    def forward(self, z):
        x = self.init["init"](z[:, :, None, None])
        features = {4: x}
        for side in (8, 16, 32, 64, 128, 256):
            x = getattr(self, f"feat_{side}")(x)
            if hasattr(self, f"se_{side}"):
                x = x * getattr(self, f"se_{side}")["main"](features[side // 16])
            features[side] = x
        return self.to_big(x)


class Noise(nn.Module):
    """Adds noise by a learned weight; `given` stands for what the author's code draws."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.given = None

    def forward(self, x):
        return x + self.weight * self.given
