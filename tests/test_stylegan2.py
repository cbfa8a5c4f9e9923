"""stylegan2 trains as the papers say; that it computes what the official code does is in importers/test_official_pickles.py."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core import LatentPoint, ModelConfig, StudioError, render
from gan_core.device import pick
from gan_core.latent.point import Blend
from gan_core.layers import upsample
from gan_core.models import build, family
from gan_core.models.style_layers import MinibatchStd
from gan_core.models.stylegan2 import StyleGAN2Discriminator, mixed
from gan_core.training.setup import prepare


def model_for(resolution=32, channels=3, classes=0):
    torch.manual_seed(0)
    options = {"width": 4, "w_dim": 12, "num_layers": 2}
    return build(ModelConfig("stylegan2", resolution, channels, z_dim=8, num_classes=classes, options=options)).eval()


@pytest.mark.parametrize(
    ("resolution", "channels", "classes"), [(16, 1, 0), (28, 1, 3), (64, 3, 0), (96, 4, 2), (256, 3, 0)]
)
def test_sizes_channels_and_classes(resolution, channels, classes):
    model = model_for(resolution, channels, classes)
    critic = StyleGAN2Discriminator(model.config, 4)
    labels = torch.eye(classes)[torch.arange(2) % classes] if classes else None
    images = model(torch.randn(2, 8), labels)
    assert images.shape == (2, channels, resolution, resolution)
    assert critic(images, labels).shape == (2,)


def test_a_size_it_cannot_do_is_said():
    with pytest.raises(StudioError, match="Near sizes that work"):
        model_for(50)


def test_truncation_leads_to_the_average_and_draws_alike():
    model = model_for()
    average = [LatentPoint(seed=s, truncation=0.0) for s in range(3)]
    pictures = render(model, average)
    assert np.array_equal(pictures[0], pictures[1]) and np.array_equal(pictures[1], pictures[2])
    assert not np.array_equal(*render(model, [LatentPoint(seed=0), LatentPoint(seed=1)]))


def test_morphs_run_straight_through_w_and_end_at_the_seeds():
    model = model_for()
    a, b = LatentPoint(seed=1), LatentPoint(seed=2)
    ends = render(model, [a, b])
    for mode in ("slerp", "lerp"):  # an arc means nothing in W
        blends = [LatentPoint(blend=Blend(a, b, t, mode)) for t in (0.0, 0.5, 1.0)]
        pictures = render(model, blends)
        assert np.array_equal(pictures[0], ends[0]) and np.array_equal(pictures[2], ends[1])
    codes = model.mapping(torch.from_numpy(np.stack([np.random.RandomState(s).randn(8) for s in (1, 2)])).float(), None)
    middle = model.synthesis(codes.mean(0, keepdim=True), None).detach()
    assert (
        np.abs(
            pictures[1][None].astype(int) - np.round((middle.permute(0, 2, 3, 1).numpy() + 1) * 127.5).clip(0, 255)
        ).max()
        <= 1
    )


def test_axes_are_the_spread_of_w():
    model = model_for()
    axes = model.axes()
    w = model.mapping_network(torch.randn(20_000, 8, generator=torch.Generator().manual_seed(5)), None)
    assert axes.shape == (12, model.code_dim)
    assert torch.equal(axes[:, :12], axes[:, 12:24])  # alike in every layer
    covariance = torch.cov(w.detach().T)
    ours = axes[:, :12].T @ axes[:, :12]
    assert (ours - covariance).norm() < 0.1 * covariance.norm()


def test_doubling_is_the_official_filter():
    images = torch.randn(2, 3, 5, 5, dtype=torch.float64)
    spread = torch.zeros(2, 3, 10, 10, dtype=torch.float64)
    spread[:, :, ::2, ::2] = images
    taps = torch.tensor([1, 3, 3, 1], dtype=torch.float64) / 8
    kernel = (4 * torch.outer(taps, taps)).expand(3, 1, 4, 4)
    expected = torch.nn.functional.conv2d(torch.nn.functional.pad(spread, (2, 1, 2, 1)), kernel, groups=3)
    assert torch.allclose(upsample(images), expected, atol=1e-12)


def test_minibatch_std_does_not_mix_real_with_generated():
    layer = MinibatchStd()
    real, fake = torch.randn(8, 3, 4, 4), torch.zeros(8, 3, 4, 4)
    together = layer(torch.cat([real, fake]))[:, 3, 0, 0]
    assert together[8:].max() < 1e-3 < together[:8].min()
    expected = [group.var(0, unbiased=False).add(1e-8).sqrt().mean().item() for group in real.split(4)]
    assert together[:8].tolist() == pytest.approx(np.repeat(expected, 4).tolist(), rel=1e-5)


def test_mixing_takes_the_second_style_from_a_layer_on():
    ws, other = torch.zeros(4, 6, 2), torch.ones(4, 2)
    chosen, crossing = torch.tensor([0.1, 0.9, 0.1, 0.1]), torch.tensor([0.0, 0.0, 0.5, 0.999])
    taken = mixed(ws, other, chosen, crossing, share=0.5)[:, :, 0].sum(1).tolist()
    assert taken == [5, 0, 3, 1]


def test_training_moves_the_average_of_w_and_keeps_what_it_drew(tiny):
    config, model, _ = prepare(tiny(family="stylegan2", mixing=1.0, path_length=2.0, conditional="no"))
    torch.manual_seed(0)
    trained = family("stylegan2")(model, config, pick("cpu"))
    from gan_core.draws import Share
    from gan_core.models.base import Batch

    batch = Batch(torch.rand(8, 3, 16, 16) * 2 - 1, None, 0, 0, Share(0, 8, 8))
    first = trained.generate(batch)
    assert torch.equal(first, trained.generate(batch))  # the same step draws the same pictures
    assert not torch.equal(first, trained.generate(replace(batch, step=1)))
    trained.train_step(batch)
    assert trained.generator.w_avg.abs().sum() > 0
    assert trained.adaptive()["path_mean"] > 0


def test_without_noise_there_is_nothing_random_in_a_picture(tiny):
    config, model, _ = prepare(tiny(family="stylegan2", no_noise=True, mixing=0.0, conditional="no"))
    torch.manual_seed(0)
    trained = family("stylegan2")(model, config, pick("cpu"))
    assert not any("noise" in name for name in trained.generator.state_dict())
    code = trained.generator.mapping(torch.randn(2, 8), None)
    assert torch.equal(trained.generator.synthesis(code, None), trained.generator.synthesis(code, None, noise="none"))


def test_any_discriminator_at_its_own_rate(tiny):
    config, model, _ = prepare(tiny(family="stylegan2", discriminator="dcgan", lr=0.01, d_lr=0.001, conditional="no"))
    trained = family("stylegan2")(model, config, pick("cpu"))
    assert type(trained.discriminator).__name__ == "DCGANDiscriminator"
    assert [o.param_groups[0]["lr"] for o in trained.optimizers().values()] == [0.01, 0.001]
