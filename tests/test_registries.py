"""Walks every family in the table, so that a new line in it is tested unasked."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_core import FAMILIES, LatentPoint, ModelConfig, StudioError, render
from gan_core.checkpoint import load_model, save_model
from gan_core.device import Device, pick
from gan_core.draws import Share
from gan_core.losses import ADVERSARIAL
from gan_core.models import build, family
from gan_core.models.adversarial import AdversarialFamily
from gan_core.models.base import Batch
from gan_core.registry import resolve
from gan_core.training.setup import prepare

SHAPES = [(16, 3), (28, 1), (32, 4)]


def tiny_model(name, resolution=16, channels=3, classes=0) -> ModelConfig:
    options = {"width": 8, "e_width": 8}
    return ModelConfig(name, resolution, channels, z_dim=8, num_classes=classes, options=options)


def in_training(name, tiny, **changes):
    config, model, pictures = prepare(tiny(family=name, **changes))
    torch.manual_seed(0)
    return family(name)(model, config, pick("cpu")), pictures


def batch_for(trained, step=0) -> Batch:
    config = trained.config
    rng = torch.Generator().manual_seed(step)
    images = torch.rand(8, config.channels, config.resolution, config.resolution, generator=rng) * 2 - 1
    labels = torch.eye(config.num_classes)[torch.arange(8) % config.num_classes] if config.num_classes else None
    return Batch(images, labels, 0, step, Share(0, 8, 8))


@pytest.mark.parametrize(("resolution", "channels"), SHAPES)
@pytest.mark.parametrize("name", FAMILIES)
def test_shape_range_and_dtype(name, resolution, channels):
    model = build(tiny_model(name, resolution, channels)).eval()
    output = model.from_latent(torch.randn(3, 8))
    assert output.shape == (3, channels, resolution, resolution) and output.dtype == torch.float32
    assert torch.isfinite(output).all()
    assert render(model, [LatentPoint(seed=1)]).shape == (1, resolution, resolution, channels)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_step_learns_and_is_the_same_each_time(name, tiny):
    results = []
    for _ in range(2):
        trained, _ = in_training(name, tiny)
        before = torch.cat([p.detach().flatten().clone() for p in trained.generator.parameters()])
        losses = trained.train_step(batch_for(trained))
        after = torch.cat([p.detach().flatten() for p in trained.generator.parameters()])
        assert losses and all(np.isfinite(float(v)) for v in losses.values())
        assert not torch.equal(before, after)
        results.append(after)
    assert torch.equal(*results)


@pytest.mark.parametrize("name", FAMILIES)
def test_bf16_training_stays_finite_and_keeps_weights_in_fp32(name, tiny):
    config, model, _ = prepare(tiny(family=name))
    bf16 = Device(torch.device("cpu"), torch.bfloat16, "as on a machine that has it")
    torch.manual_seed(0)
    trained = family(name)(model, config, bf16)
    for step in range(3):
        losses = trained.train_step(batch_for(trained, step))
        assert all(np.isfinite(float(v)) for v in losses.values())
    assert all(p.dtype == torch.float32 for network in trained.networks().values() for p in network.parameters())


@pytest.mark.parametrize("name", FAMILIES)
def test_every_network_and_optimizer_is_in_the_tables(name, tiny):
    trained, _ = in_training(name, tiny)
    assert trained.generator in trained.networks().values()
    assert set(trained.optimizers()) <= set(trained.networks())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_model_folder_gives_the_same_pictures_back(name, tiny, tmp_path):
    trained, pictures = in_training(name, tiny)
    trained.train_step(batch_for(trained))
    model = trained.generator.eval()
    trained.conclude(model, pictures.images)
    model.config = replace(model.config, title="A title", labels=model.config.labels)
    save_model(tmp_path / "model", model)
    again = load_model(tmp_path / "model")
    assert again.config == model.config
    points = [LatentPoint(seed=s) for s in range(4)]
    difference = np.abs(render(model, points).astype(int) - render(again, points).astype(int))
    assert difference.max() <= 2  # fp16 on disk
    save_model(tmp_path / "second", again)
    assert np.array_equal(render(load_model(tmp_path / "second"), points), render(again, points))


@pytest.mark.parametrize("name", [n for n in FAMILIES if family(n).Generator.can_encode])
def test_encoders_give_codes_that_render(name):
    model = build(tiny_model(name)).eval()
    codes = model.encode(torch.rand(3, 3, 16, 16) * 2 - 1)
    assert codes.shape == (3, model.code_dim)
    assert render(model, [LatentPoint(vector=tuple(codes[0].tolist()))]).shape == (1, 16, 16, 3)


@pytest.mark.parametrize("name", [n for n in FAMILIES if family(n).conditional])
def test_conditional_families_listen_to_the_class(name, tiny):
    trained, _ = in_training(name, tiny)
    assert trained.config.num_classes == 2
    model = trained.generator.eval()
    light, dark = (render(model, [LatentPoint(seed=1, label=k)]) for k in (0, 1))
    assert not np.array_equal(light, dark)


GANS = [n for n in FAMILIES if issubclass(family(n), AdversarialFamily)]


@pytest.mark.parametrize("penalty", ["r1r2", "r1", "gp"])
@pytest.mark.parametrize("loss", ADVERSARIAL)
@pytest.mark.parametrize("name", GANS)
def test_losses_and_penalties_combine_with_every_gan(name, loss, penalty, tiny):
    changes = dict(loss=loss, penalty=penalty, gamma=1.0, penalty_every=1, augmentation="diffaugment", augment=1.0)
    trained, _ = in_training(name, tiny, **changes)
    losses = trained.train_step(batch_for(trained))
    assert all(np.isfinite(float(v)) for v in losses.values()) and float(losses["penalty"]) > 0


@pytest.mark.parametrize("name", GANS)
def test_path_length_and_spectral_norm_combine_with_every_gan(name, tiny):
    trained, _ = in_training(name, tiny, path_length=1.0, spectral_norm=True)
    for step in range(5):
        losses = trained.train_step(batch_for(trained, step))
        assert all(np.isfinite(float(v)) for v in losses.values())
    assert trained.adaptive()["path_mean"] > 0
    weights = [m.weight for m in trained.discriminator.modules() if hasattr(m, "parametrizations")]
    assert weights
    for weight in weights:  # one step of power iteration a forward pass: close to 1, not exact
        assert torch.linalg.matrix_norm(weight.detach().flatten(1), 2) < 2


def test_r1_looks_at_real_pictures_only(tiny):
    trained, _ = in_training("dcgan", tiny, penalty="r1", conditional="no")
    batch = batch_for(trained)
    images = torch.cat([batch.images, torch.zeros_like(batch.images)]).requires_grad_()
    logits = trained.discriminator(images)
    got = trained.penalty(images, logits, None, None)
    real = batch.images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(trained.discriminator(real).sum(), real)
    assert got.item() == pytest.approx(float(gradient.square().flatten(1).sum(1).mean() / 2), rel=1e-4)


@pytest.mark.parametrize("name", ["dcgan", "vae", "autoencoder"])
@pytest.mark.parametrize("resolution", [16, 28, 32, 64, 96, 128])
def test_strided_families_do_these_sizes(name, resolution):
    model = build(tiny_model(name, resolution)).eval()
    assert model.from_latent(torch.zeros(1, 8)).shape[-1] == resolution


@pytest.mark.parametrize("resolution", [9, 17, 50, 66, 250])
def test_a_size_that_cannot_be_done_names_sizes_that_can(resolution):
    with pytest.raises(StudioError, match="Near sizes that work"):
        build(tiny_model("dcgan", resolution))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(StudioError, match="dcgan, stylegan2"):
        resolve(FAMILIES, "diffusion")


def test_gamma_falls_over_the_run_and_doubles_when_the_numbers_ran_away(tiny):
    trained, _ = in_training("dcgan", tiny, gamma=2.0, gamma_final=0.1)
    assert trained.gamma() == 2.0
    trained.progress, trained.caution = 1.0, 4.0
    assert trained.gamma() == pytest.approx(0.8)


def test_a_resumed_run_takes_the_augmentation_it_is_given_now(tiny):
    before, _ = in_training("dcgan", tiny, augmentation="diffaugment", augment=1.0)
    after, _ = in_training("dcgan", tiny, augmentation="diffaugment", augment=0.2)
    after.restore_adaptive(before.adaptive())
    assert after.strength == 0.2
