"""StyleGAN2-ADA (Karras et al. 2020, github.com/NVlabs/stylegan2-ada-pytorch): its networks and its loss, narrow, on its reference path."""

import copy
from pathlib import Path

import torch

from benchmarks.peers import Peer
from benchmarks.peers.nvidia import open_repository

CHANNELS, MOST, LATENT = (
    2048,
    128,
    128,
)  # channel_base, channel_max, z_dim and w_dim; its auto preset has 16384, 512, 512
RATE, RAMP, AVERAGE = 2.5e-3, 0.05, 10_000  # learning rate, EMA ramp-up, EMA half-life in pictures (auto preset)
EVERY = {"G": 4, "D": 16}  # steps between two regularizations


class StyleGAN2ADA(Peer):
    """Its auto preset but for the widths: style mixing, path length every 4 steps, R1 every 16, minibatch standard deviation."""

    label, flag, needs, batch = "StyleGAN2-ADA’s code", "--stylegan2-ada", "training/networks.py", 32

    def build(self, folder: Path) -> None:
        open_repository(folder)
        from training.loss import StyleGAN2Loss
        from training.networks import Discriminator, Generator

        size, widths = self.images.shape[-1], dict(channel_base=CHANNELS, channel_max=MOST, conv_clamp=256)
        common = dict(c_dim=0, img_resolution=size, img_channels=self.channels)
        self.generator = Generator(
            LATENT, w_dim=LATENT, mapping_kwargs={"num_layers": 2}, synthesis_kwargs=widths, **common
        ).to(self.device)
        self.critic = Discriminator(**common, **widths, epilogue_kwargs={"mbstd_group_size": 4}).to(self.device)
        for network in (self.generator, self.critic):
            network.train().requires_grad_(False)
        self.ema = copy.deepcopy(self.generator).eval()
        self.gamma = 0.0002 * size**2 / self.batch
        self.loss = StyleGAN2Loss(
            self.device, self.generator.mapping, self.generator.synthesis, self.critic, r1_gamma=self.gamma
        )
        self.optimizers = {n: self.adam(net, EVERY[n]) for n, net in (("G", self.generator), ("D", self.critic))}
        self.steps = 0

    @staticmethod
    def adam(network, every: int):
        """Adam as its loop makes it: rate and betas corrected for the additional regularization steps."""
        share = every / (every + 1)
        return torch.optim.Adam(network.parameters(), lr=RATE * share, betas=(0.0, 0.99**share), eps=1e-8)

    def settings(self) -> str:
        return (
            f"its auto preset at batch {self.batch} (γ {self.gamma:.3g}), narrow: channel_base {CHANNELS}, channel_max {MOST}, latent {LATENT}; fp32; "
            "no augmentation, which would still be near 0 after the few thousand pictures of such a session"
        )

    def learn(self, progress: float) -> int:
        real = self.real()
        for name, network in (("G", self.generator), ("D", self.critic)):
            for phase, interval in ((f"{name}main", 1), (f"{name}reg", EVERY[name])):
                if self.steps % interval:
                    continue
                self.optimizers[name].zero_grad(set_to_none=True)
                network.requires_grad_(True)
                z, none = torch.randn(self.batch, LATENT, device=self.device), real.new_zeros(self.batch, 0)
                self.loss.accumulate_gradients(phase, real, none, z, none, sync=True, gain=interval)
                network.requires_grad_(False)
                for parameter in network.parameters():
                    if parameter.grad is not None:
                        torch.nan_to_num_(parameter.grad, nan=0, posinf=1e5, neginf=-1e5)
                self.optimizers[name].step()
        self.steps += 1
        self.average()
        return self.batch

    @torch.no_grad()
    def average(self) -> None:
        """Its exponential moving average, with its ramp."""
        keep = 0.5 ** (self.batch / min(AVERAGE, RAMP * self.steps * self.batch))
        for mean, now in zip(self.ema.parameters(), self.generator.parameters(), strict=True):
            mean.copy_(now.lerp(mean, keep))
        for mean, now in zip(self.ema.buffers(), self.generator.buffers(), strict=True):
            mean.copy_(now)

    def draw(self, n: int):
        z = torch.randn(n, LATENT, device=self.device)
        return self.ema(z, z.new_zeros(n, 0), noise_mode="const")
