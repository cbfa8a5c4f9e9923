"""Model families: one file and one table line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gan_core.registry import resolve

if TYPE_CHECKING:
    from gan_core.config import ModelConfig
    from gan_core.models.base import Family, Generator

FAMILIES = {
    "dcgan": "gan_core.models.dcgan:DCGAN",
    "stylegan2": "gan_core.models.stylegan2:StyleGAN2",
    "stylegan3": "gan_core.models.stylegan3:StyleGAN3",
    "r3gan": "gan_core.models.r3gan:R3GAN",
    "vae": "gan_core.models.vae:VAE",
    "mlp_gan": "gan_core.models.mlp_gan:MLPGAN",
    "autoencoder": "gan_core.models.autoencoder:Autoencoder",
}

IMPORTED = {  # drawn with, never trained: what other people's files hold
    "sequential": "gan_core.models.sequential:Sequential",
    "fastgan": "gan_core.models.fastgan:FastGAN",
    "lucid_style": "gan_core.models.lucid_style:LucidStyle",
    "lightweight_gan": "gan_core.models.lightweight_gan:LightweightGAN",
}


def family(name: str) -> type[Family]:
    """Return the family class called `name`, also one that only draws; StudioError names the known ones."""
    return resolve(FAMILIES if name in FAMILIES else {**FAMILIES, **IMPORTED}, name)


def build(config: ModelConfig) -> Generator:
    """Return an untrained generator for a config; StudioError when its family cannot do the size."""
    return family(config.family).Generator(config)
