"""Makes the pickles in tests/foreign/official again: real ones, by the official code outside this repository, at tiny sizes.

    python -m tests.foreign.make_official stylegan2-ada-pytorch DIR; python -m tests.foreign.make_official stylegan3 DIR

DIR is a checkout of the NVlabs repository of that name. Each `<case>.pkl.gz` is what its training loop writes, with random numbers
for weights, but for the source code that it embeds: instead of NVIDIA's stands a tripwire that ends the process and leaves a mark in
the environment. Beside it `<case>.npz`: latents, labels, and what the official generator draws from them on the CPU in fp32.
"""

import gzip
import pickle  # what writes these files is the very thing that we never use
import sys
from pathlib import Path

import numpy as np
import torch

from benchmarks.peers.nvidia import open_repository
from gan_core.models.stylegan3 import moved

OUT = Path(__file__).parent / "official"
TRIPWIRE = "import os\nos.environ['PICKLE_RAN'] = 'yes'\nraise SystemExit('the source inside a pickle was run')\n"
TRANSFORM = moved(0.1, -0.07, 25)


def stir(network) -> None:
    """Fill what starts at 0 or 1 and would hide a mistake."""
    rng = torch.Generator().manual_seed(1)
    for name, parameter in network.named_parameters():
        if name.endswith(("noise_strength", "bias", "input.affine.weight")):
            parameter.data += 0.25 * torch.randn(parameter.shape, generator=rng)
    for name, buffer in network.named_buffers():
        if name.endswith("w_avg"):
            buffer += 0.5 * torch.randn(buffer.shape, generator=rng)
        if name.endswith("magnitude_ema"):
            buffer *= 0.5 + torch.rand([], generator=rng)


def write(case: str, generator, protocol: int = pickle.DEFAULT_PROTOCOL, **others) -> None:
    """Write one case: the pickle, then the pictures."""
    generator = generator.eval().requires_grad_(False)
    stir(generator)
    told = {
        "class_name": "training.dataset.ImageFolderDataset",
        "path": "pictures.zip",
        "resolution": generator.img_resolution,
    }
    whole = {"G": None, "D": None, "G_ema": generator, "augment_pipe": None, "training_set_kwargs": told} | others
    (OUT / f"{case}.pkl.gz").write_bytes(gzip.compress(pickle.dumps(whole, protocol), 9, mtime=0))
    rng, classes = np.random.RandomState(5), generator.c_dim
    z = torch.from_numpy(rng.randn(2, generator.z_dim)).float()
    labels = torch.tensor([1, classes - 1]) if classes else None
    weights = torch.nn.functional.one_hot(labels, classes).float() if classes else torch.zeros(2, 0)
    wplus = torch.from_numpy(rng.randn(1, generator.num_ws, generator.w_dim)).float()
    exact = (
        {} if hasattr(generator.synthesis, "input") else {"force_fp32": True}
    )  # its fp16 layers would run so on a CPU
    found = {
        "z": z,
        "out": generator(z, weights, noise_mode="const", **exact),
        "psi": generator(z[:1], weights[:1], truncation_psi=0.5, truncation_cutoff=3, noise_mode="const", **exact),
        "wplus": wplus,
        "out_wplus": generator.synthesis(wplus, noise_mode="const", **exact),
    }
    if classes:
        found["label"] = labels
    if exact:
        found["nonoise"] = generator(z[:1], weights[:1], noise_mode="none", **exact)
    else:
        generator.synthesis.input.transform.copy_(TRANSFORM)
        found["transform"] = generator(z[:1], weights[:1])
    np.savez_compressed(OUT / f"{case}.npz", **{name: value.numpy() for name, value in found.items()})


@torch.no_grad()
def stylegan2(networks, augment) -> None:
    """The three architectures, classes, another filter, and a whole snapshot with G, D and the augmentation."""

    def make(size=16, channels=3, classes=0, mapping=None, **synthesis):
        torch.manual_seed(size + channels)
        synthesis = {"channel_base": 96, "channel_max": 8, "num_fp16_res": 0} | synthesis
        return networks.Generator(6, classes, 8, size, channels, {"num_layers": 2} | (mapping or {}), synthesis)

    write("sg2_skip", make(conv_clamp=256))
    write("sg2_resnet", make(architecture="resnet", num_fp16_res=4, conv_clamp=1.5), protocol=2)
    write("sg2_orig", make(architecture="orig", use_noise=False, channels=1), protocol=3)
    mapping = {"embed_features": 5, "layer_features": 7, "lr_multiplier": 0.02, "num_layers": 3}
    write("sg2_class", make(8, 4, 3, mapping, resample_filter=[1, 2, 1]), protocol=5)
    critic = networks.Discriminator(c_dim=0, img_resolution=8, img_channels=3, channel_base=32, channel_max=4)
    pipe = augment.AugmentPipe(xflip=1)
    for name, buffer in pipe.named_buffers():
        setattr(pipe, name, buffer.flatten()[:4].clone())
    write("sg2_snapshot", make(8), G=make(4), D=critic, augment_pipe=pipe)


@torch.no_grad()
def stylegan3(networks2, networks3) -> None:
    """T, R, the full 14 layers, classes with other settings, and a StyleGAN2 by the same code."""

    def make(size=16, channels=3, classes=0, mapping=None, **synthesis):
        torch.manual_seed(size + channels)
        synthesis = {
            "channel_base": 64,
            "channel_max": 6,
            "num_layers": 4,
            "num_critical": 1,
            "margin_size": 3,
        } | synthesis
        return networks3.Generator(6, classes, 6, size, channels, mapping or {}, **synthesis)

    write("sg3_t", make())
    write("sg3_r", make(conv_kernel=1, use_radial_filters=True, channel_base=128))
    write("sg3_layers", make(channel_max=3, num_layers=14, num_critical=2, margin_size=10))
    other = dict(
        num_layers=5, num_critical=2, conv_clamp=2, filter_size=4, output_scale=0.5, channel_base=48, channel_max=4
    )
    write("sg3_class", make(32, 1, 4, {"num_layers": 3}, **other))
    torch.manual_seed(0)
    write("sg2_by_sg3", networks2.Generator(6, 0, 8, 8, 3, {"num_layers": 2}, channel_base=64, channel_max=8))


def main(which: str, folder: Path) -> None:
    """Write the cases of one repository."""
    open_repository(folder)
    from torch_utils import persistence

    OUT.mkdir(exist_ok=True)
    if which == "stylegan3":
        from training import networks_stylegan2, networks_stylegan3

        for decorated in persistence._decorators:
            decorated._orig_module_src = TRIPWIRE
        stylegan3(networks_stylegan2, networks_stylegan3)
    else:
        from training import augment, networks

        for decorated in persistence._decorators:
            decorated._orig_module_src = TRIPWIRE
        stylegan2(networks, augment)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
