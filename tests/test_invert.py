"""Inversion: a model's own pictures are found again, whatever its kind; encoders are distilled, kept and never outlive their model."""

import shutil

import numpy as np
import pytest
import torch

from gan_core.checkpoint import ENCODER, load_model, save_model
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.latent import distill, invert
from gan_core.latent.distill import Budget, Frame, distil, draw_codes, encoder_of, keep_encoder, load_encoder
from gan_core.latent.invert import Effort, search, verdict
from gan_core.latent.likeness import likeness
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.models import build

KINDS = {
    "dcgan": {},
    "classes": {"num_classes": 3, "labels": ("a", "b", "c")},
    "grey": {"channels": 1},
    "clear": {"channels": 4},
    "style": {"family": "stylegan2", "options": {"w_dim": 8, "width": 4}},
    "vae": {"family": "vae"},
    "autoencoder": {"family": "autoencoder"},
    "mlp": {"family": "mlp_gan"},
}
PATIENT = Effort(steps=100, seconds=600)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder with an untrained model for each of KINDS."""
    root = tmp_path_factory.mktemp("models")
    for name, fields in KINDS.items():
        torch.manual_seed(0)
        config = {"family": "dcgan", "resolution": 16, "z_dim": 8, "options": {"width": 8}, **fields}
        model = build(ModelConfig(**config)).eval()
        if config["family"] != "stylegan2":  # its weights are large enough, and scaled when used
            with torch.no_grad():
                for weights in model.parameters():
                    if weights.ndim > 1:
                        weights.normal_(0, 1.5 * weights[0].numel() ** -0.5)
        save_model(root / name, model)
    return root


@pytest.mark.parametrize("name", KINDS)
def test_own_samples_are_found_again_and_the_point_draws_them(folders, name):
    model = load_model(folders / name)
    wanted = render(model, [LatentPoint(seed=5)])[0]
    first, *_, last = search(model, wanted, PATIENT)
    assert first.distance > 3 * last.distance and last.distance < 0.15 and last.done == 1
    assert verdict(last.distance) in ("close", "alike")
    drawn = render(model, [LatentPoint.from_json(last.point("m").to_json())])[0]
    assert np.abs(drawn.astype(int) - last.picture).max() <= 1
    if model.config.num_classes:
        assert last.label == 5 % 3


def test_a_chosen_class_is_kept(folders):
    model = load_model(folders / "classes")
    wanted = render(model, [LatentPoint(seed=1, label=1)])[0]
    keep_encoder(model, distil(model, Budget(3, 60)))
    for label in (0, 2):
        assert all(found.label == label for found in search(model, wanted, Effort(steps=3, label=label)))


def test_the_search_never_loses_ground_and_may_be_left_at_any_time(folders, monkeypatch):
    monkeypatch.setattr(invert, "SHOW_EVERY", 0.0)
    model = load_model(folders / "style")
    distances = [found.distance for found in search(model, render(model, [LatentPoint(seed=2)])[0], Effort(steps=40))]
    assert len(distances) == 42 and distances == sorted(distances, reverse=True)
    searching = search(model, render(model, [LatentPoint(seed=3)])[0], Effort(steps=40))
    assert next(searching).picture.shape == (16, 16, 3)
    searching.close()


def test_the_time_bounds_the_search(folders):
    model = load_model(folders / "dcgan")
    found = list(search(model, np.zeros((16, 16, 3), np.uint8), Effort(steps=10**9, seconds=0.3)))
    assert found[-1].done == 1


def test_foreign_pictures_stay_near_the_typical(folders):
    model = load_model(folders / "dcgan")
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    found = invert.invert(model, noise, Effort(steps=60, seconds=600))
    assert torch.isfinite(found.code).all() and found.code.square().mean() < 4
    assert verdict(found.distance) == "mood"


def test_a_picture_unlike_all_draws_is_called_strange():
    rng = torch.Generator().manual_seed(0)
    draws = 0.3 * torch.rand(40, 3, 32, 32, generator=rng)
    assert not invert.is_strange(0.3 * torch.rand(1, 3, 32, 32, generator=rng), draws)
    assert invert.is_strange(-draws[:1], draws)


def test_the_search_leaves_the_shared_model_as_it_was(folders):
    model = load_model(folders / "style")
    before = {name: t.clone() for name, t in model.state_dict().items()}
    invert.invert(model, render(model, [LatentPoint(seed=4)])[0], Effort(steps=5))
    assert all(torch.equal(t, before[name]) for name, t in model.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in model.parameters()) and not model.training


def test_a_picture_of_another_size_is_refused(folders):
    with pytest.raises(StudioError, match="16 × 16"):
        invert.invert(load_model(folders / "dcgan"), np.zeros((8, 16, 3), np.uint8))


@pytest.mark.parametrize("name", ["dcgan", "style", "classes"])
def test_places_and_codes_are_the_same_thing(folders, name):
    model = load_model(folders / name)
    frame = Frame(model)
    codes, _ = draw_codes(model, 64, torch.Generator().manual_seed(0))
    places = frame.place(codes)
    assert torch.allclose(frame.code(places), codes, atol=1e-3)
    layered = places[:, None].repeat(1, model.num_ws, 1)
    assert torch.allclose(frame.code(layered), codes, atol=1e-3)
    assert 0.3 < places.square().mean() < 4  # an untrained mapping does not know its average yet


def test_a_distilled_encoder_begins_nearer_and_is_repeatable(folders):
    model = load_model(folders / "classes")
    encoder, again = distil(model, Budget(150, 600)), distil(model, Budget(150, 600))
    assert all(
        torch.equal(a, b) for a, b in zip(encoder.state_dict().values(), again.state_dict().values(), strict=True)
    )
    frame, rng = Frame(model), torch.Generator().manual_seed(7)
    codes, weights = draw_codes(model, 64, rng)
    with torch.no_grad():
        pictures = model.synthesis(codes, weights)
        places, logits = encoder(pictures)
        nearness = likeness(pictures, model.synthesis(frame.code(places), weights)).mean()
    assert nearness < 0.7 * likeness(pictures, pictures.roll(3, 0)).mean()
    assert (logits.argmax(1) == weights.argmax(1)).float().mean() > 0.6


def test_an_encoder_is_kept_beside_its_model_and_not_used_for_another(folders, tmp_path):
    folder = tmp_path / "style"
    shutil.copytree(folders / "style", folder)
    model = load_model(folder)
    assert encoder_of(model, folder) is None
    keep_encoder(model, distil(model, Budget(2, 60)), folder)
    assert [p.name for p in folder.iterdir() if "encoder" in p.name] == [ENCODER]
    assert load_encoder(load_model(folder), folder) is not None
    other = load_model(folder)
    with torch.no_grad():
        next(other.parameters()).add_(0.01)  # the run went on
    assert load_encoder(other, folder) is None
    (folder / ENCODER).write_bytes(b"not tensors")
    assert load_encoder(load_model(folder), folder) is None and encoder_of(model, folder) is not None


def test_a_folder_that_cannot_be_written_costs_nothing(folders, tmp_path):
    model = load_model(folders / "dcgan")
    keep_encoder(model, distil(model, Budget(2, 60)), tmp_path / "gone")
    assert encoder_of(model) is not None


def test_stopping_the_distillation(folders):
    class Stop(Exception):
        pass

    def tell(share):
        raise Stop

    with pytest.raises(Stop):
        distil(load_model(folders / "dcgan"), Budget(10, 60), tell=tell)


def test_likeness_is_zero_only_for_equal_pictures_and_ignores_colours_nobody_sees():
    rng = torch.Generator().manual_seed(0)
    a, b = torch.rand(2, 4, 16, 16, generator=rng) * 2 - 1, torch.rand(2, 4, 16, 16, generator=rng) * 2 - 1
    assert likeness(a, a).abs().max() == 0 and likeness(a, b).min() > 0.1
    a[:, 3] = b[:, 3] = -1  # both wholly transparent
    assert likeness(a, b).max() < 1e-6
    assert distill.spoiled(a, rng).abs().max() <= 1
