"""stylegan3: alias-free as the paper means it. That it computes what the official code does is in importers/test_official_pickles.py."""

import math

import numpy as np
import pytest
import torch

from gan_core import ModelConfig, StudioError
from gan_core.device import pick
from gan_core.models import build, family
from gan_core.models.stylegan3 import default_layers, moved, signals
from gan_core.training.setup import prepare


def model_for(resolution=32, classes=0, **options):
    torch.manual_seed(0)
    sizes = {"width": 6, "w_dim": 12, "num_layers": 2, "output_scale": 8}
    model = build(ModelConfig("stylegan3", resolution, 3, z_dim=8, num_classes=classes, options=sizes | options)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter += 0.2 * torch.randn_like(parameter)
    return model.requires_grad_(False)


def likeness(a, b):
    """Peak signal-to-noise ratio in dB of the middle, where no border was in the way."""
    quarter = a.shape[-1] // 4
    a, b = a[..., quarter:-quarter, quarter:-quarter], b[..., quarter:-quarter, quarter:-quarter]
    return 20 * math.log10((b.max() - b.min()) / (a - b).square().mean().sqrt())


R = dict(conv_kernel=1, use_radial_filters=True)


@pytest.mark.parametrize("options", [{}, R])
def test_detail_moves_along_with_what_it_belongs_to(options):
    model = model_for(**options)
    code = model.mapping(torch.randn(2, 8), None)
    still = model.synthesis(code, None)
    shifted = model.synthesis(code, None, transform=moved(3 / 32, -2 / 32))
    assert likeness(shifted, still.roll((-2, 3), (2, 3))) > 40  # right 3, up 2 (sec. 3.1, eq. 4)
    assert likeness(shifted, still) < 30


def test_r_turns_and_t_does_not():
    found = {}
    for name, options in (("t", {}), ("r", R)):
        model = model_for(**options)
        code = model.mapping(torch.randn(2, 8, generator=torch.Generator().manual_seed(1)), None)
        turned = model.synthesis(code, None, transform=moved(degrees=90))
        found[name] = max(likeness(turned, model.synthesis(code, None).rot90(k, (2, 3))) for k in (1, -1))
    assert found["r"] > 40 > 30 > found["t"]


def test_the_transform_is_that_of_the_official_tools():
    assert torch.allclose(moved(0.25, -0.5), torch.tensor([[1, 0, -0.25], [0, 1, 0.5], [0, 0, 1.0]]))
    assert torch.allclose(moved(degrees=90) @ moved(degrees=-90), torch.eye(3), atol=1e-6)


def test_signals_are_the_papers():
    plan = signals(256, 3, 32768, 512, 14)
    assert [s.size for s in plan] == [36, 36, 36, 52, 52, 84, 84, 148, 148, 148, 276, 276, 276, 256, 256]
    assert plan[0].cutoff == 2 and plan[-1].cutoff == plan[-2].cutoff == 128  # the last two are critically sampled
    ratios = np.divide([s.cutoff for s in plan[1:13]], [s.cutoff for s in plan[:12]])
    assert np.allclose(ratios, ratios[0])  # geometric
    assert [default_layers(size) for size in (8, 16, 64, 256, 1024)] == [4, 6, 10, 14, 14]


@pytest.mark.parametrize(("resolution", "channels"), [(8, 1), (17, 4), (28, 3), (100, 3)])
def test_any_size(resolution, channels):
    options = {"width": 4, "w_dim": 8}
    model = build(ModelConfig("stylegan3", resolution, channels, z_dim=4, options=options)).eval()
    assert model.from_latent(torch.randn(2, 4)).shape == (2, channels, resolution, resolution)


@pytest.mark.parametrize(
    "options",
    [
        {"synthesis_layers": 0}, {"synthesis_layers": "14"}, {"synthesis_layers": 10**9}, {"num_critical": 14, "synthesis_layers": 14}, {"margin_size": -40},
        {"first_cutoff": 0}, {"channel_base": "many"}, {"channel_max": 0}, {"lrelu_upsampling": 1, "filter_size": 0}, {"conv_kernel": 0}, {"filter_size": 10**9},
        {"conv_clamp": "256"}, {"conv_clamp": [1]}, {"num_layers": 10**9}, {"output_scale": "x"}, {"lrelu_upsampling": 10**8},
    ],
)  # fmt: skip
def test_settings_that_give_no_network_are_refused(options, tmp_path):
    from gan_core.checkpoint import assemble

    with pytest.raises(StudioError):
        assemble(ModelConfig("stylegan3", 32, options={"width": 4} | options), {}, "file")


def test_a_picture_does_not_depend_on_the_others_drawn_with_it():
    model = model_for()
    code = model.mapping(torch.randn(3, 8) * torch.tensor([[1.0], [5.0], [0.2]]), None)
    together = model.synthesis(code, None)
    alone = torch.cat([model.synthesis(code[k : k + 1], None) for k in range(3)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_training_follows_the_magnitudes(tiny):
    config, model, _ = prepare(tiny(family="stylegan3", conditional="no", mixing=0.5))
    torch.manual_seed(0)
    trained = family("stylegan3")(model, config, pick("cpu"))
    from gan_core.draws import Share
    from gan_core.models.base import Batch

    batch = Batch(torch.rand(8, 3, 16, 16) * 2 - 1, None, 0, 0, Share(0, 8, 8))
    magnitudes = [b for name, b in trained.generator.named_buffers() if name.endswith("magnitude_ema")]
    before = torch.stack(magnitudes).clone()
    trained.train_step(batch)
    after = torch.stack([b for name, b in trained.generator.named_buffers() if name.endswith("magnitude_ema")])
    assert not torch.equal(before, after) and torch.isfinite(after).all() and trained.generator.w_avg.abs().sum() > 0
