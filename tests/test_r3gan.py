"""r3gan: shapes, the identity at first, what resampling does, initial sizes of numbers, gradients through the penalty."""

from dataclasses import replace

import pytest
import torch

from gan_core import ModelConfig, StudioError
from gan_core.device import pick
from gan_core.draws import Share
from gan_core.losses import relativistic_discriminator, zero_centred_penalty
from gan_core.models import r3gan
from gan_core.models.base import Batch
from gan_core.training.setup import prepare


def config(resolution=16, channels=3, classes=0, width=8, **options) -> ModelConfig:
    options = {"width": width, **options}
    return ModelConfig("r3gan", resolution, channels, z_dim=8, num_classes=classes, options=options)


def blocks_of(network) -> list[r3gan.Block]:
    return [m for m in network.modules() if isinstance(m, r3gan.Block)]


def learned(network):
    """Give the layers that begin at zero numbers, as training does, so that nothing hides behind the zeros."""
    for block in blocks_of(network):
        torch.nn.init.normal_(block.reduce.weight, std=0.1)
    return network


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("resolution", [16, 20, 24, 28, 32, 64])
def test_pictures_in_and_out(resolution, channels, classes):
    model = config(resolution, channels, classes, width=4)
    labels = torch.eye(3)[[0, 2]] if classes else None
    images = r3gan.R3GANGenerator(model)(torch.randn(2, 8), labels)
    assert images.shape == (2, channels, resolution, resolution)
    assert r3gan.R3GANDiscriminator(model, 6)(images, labels).shape == (2,)


@pytest.mark.parametrize("resolution", [128, 192, 256])
def test_large_pictures(resolution):
    model = config(resolution, width=4, blocks=1)
    images = r3gan.R3GANGenerator(model)(torch.randn(1, 8))
    assert images.shape == (1, 3, resolution, resolution)
    assert r3gan.R3GANDiscriminator(model, 4)(images).shape == (1,)


def test_sizes_that_cannot_be_done_are_refused_in_words():
    with pytest.raises(StudioError, match="Near sizes that work"):
        r3gan.R3GANGenerator(config(50))
    for blocks in (0, 10**9, -1, 1.5, "2", None):
        with pytest.raises(StudioError, match="options"):
            r3gan.R3GANGenerator(config(blocks=blocks))


@pytest.mark.parametrize("channels", [4, 8, 12, 48])
def test_a_block_begins_as_the_identity_and_groups_its_channels(channels):
    block = r3gan.Block(channels, blocks_in_all=8)
    x = torch.randn(2, channels, 6, 6)
    assert torch.equal(block(x), x)
    inner = block.grouped.in_channels
    assert inner == 2 * channels and inner // block.grouped.groups == {4: 8, 8: 16, 12: 8, 48: 16}[channels]
    assert not torch.allclose(learned(block)(x), x)


def test_weights_shrink_with_the_number_of_blocks():
    torch.manual_seed(0)
    for blocks in (1, 16):
        block = r3gan.Block(64, blocks)
        gain = (2 / 1.04) ** 0.5 * blocks**-0.25
        assert block.expand.weight.std().item() == pytest.approx(gain / 64**0.5, rel=0.05)
        assert block.grouped.weight.std().item() == pytest.approx(gain / (16 * 9) ** 0.5, rel=0.05)
        assert not block.expand.bias.any() and not block.grouped.bias.any()


def test_upsampling_is_bilinear_with_zeros_beyond_the_edge():
    x = torch.randn(2, 3, 5, 7)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1))
    bilinear = torch.nn.functional.interpolate(padded, scale_factor=2, mode="bilinear")[..., 2:-2, 2:-2]
    assert torch.allclose(r3gan.upsample(x), bilinear, atol=1e-6)


def test_downsampling_is_the_transpose_of_upsampling_and_differentiates_twice():
    x, y = torch.randn(2, 3, 8, 6).double(), torch.randn(2, 3, 4, 3).double()
    down = r3gan.Downsample.apply
    assert torch.allclose((down(x) * y).sum(), (x * r3gan.upsample(y)).sum() / 4)
    flat = down(torch.ones(1, 1, 8, 8))
    assert torch.allclose(flat[..., 1:-1, 1:-1], torch.ones(2, 2))
    small = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(down, small)
    assert torch.autograd.gradgradcheck(lambda v: down(v).square(), small)


@pytest.mark.parametrize("resolution", [16, 64])
def test_numbers_have_a_sane_size_at_first(resolution):
    torch.manual_seed(0)
    model = config(resolution, classes=3, width=16)
    labels = torch.eye(3)[torch.arange(64) % 3]
    with torch.no_grad():
        images = r3gan.R3GANGenerator(model)(torch.randn(64, 8), labels)
        logits = r3gan.R3GANDiscriminator(model, 16)(torch.rand(64, 3, resolution, resolution) * 2 - 1, labels)
    assert 0.1 < images.std() < 2
    assert 1e-4 < logits.std() < 2


@pytest.mark.parametrize("classes", [0, 3])
def test_the_penalty_reaches_every_weight(classes):
    torch.manual_seed(0)
    network = learned(r3gan.R3GANDiscriminator(config(classes=classes), 8))
    images = torch.randn(4, 3, 16, 16, requires_grad=True)
    logits = network(images, torch.eye(3)[[0, 1, 2, 0]] if classes else None)
    penalty = 2 * zero_centred_penalty(logits, images)
    penalty.backward(retain_graph=True)
    for name, weight in network.named_parameters():
        if name.endswith("bias"):  # a bias bends the penalty only by moving a kink of the ReLU
            continue
        assert weight.grad is not None and torch.isfinite(weight.grad).all() and weight.grad.any(), name
    real, fake = logits.chunk(2)
    (relativistic_discriminator(real, fake) + penalty).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("conditional", ["no", "yes"])
def test_twenty_steps_stay_finite_and_move_every_weight(conditional, tiny):
    train, model, _ = prepare(tiny(family="r3gan", conditional=conditional, lr=2e-3))
    torch.manual_seed(0)
    trained = r3gan.R3GAN(model, train, pick("cpu"))
    before = {k: {n: p.detach().clone() for n, p in m.named_parameters()} for k, m in trained.networks().items()}
    labels = torch.eye(2)[torch.arange(8) % 2] if conditional == "yes" else None
    images = torch.rand(8, 3, 16, 16) * 2 - 1
    for step in range(20):
        losses = trained.train_step(Batch(images, labels, 0, step, Share(0, 8, 8)))
        assert all(torch.isfinite(v) for v in losses.values()) and losses["penalty"] > 0
    for key, network in trained.networks().items():
        for name, weight in network.named_parameters():
            assert torch.isfinite(weight).all() and not torch.equal(weight, before[key][name]), (key, name)


def test_defaults_are_the_recipe(tiny):
    train, model, _ = prepare(tiny(family="r3gan", width=None, d_width=None, resolution=16))
    assert (train.loss, train.penalty, train.penalty_every) == ("relativistic", "r1r2", 1)
    assert (train.beta2, train.beta2_final, train.lr_schedule) == (0.9, 0.99, "cosine")
    assert train.gamma > 0 and train.gamma_final < 1
    wider, _, _ = prepare(replace(tiny(family="r3gan"), gamma=3.0))
    assert wider.gamma == 3.0
    assert model.options["width"] == train.width
