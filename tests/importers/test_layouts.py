"""Each layout draws what its author's network draws, read from a file as its author's code writes it."""

import argparse

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import gan_core
from gan_core import LatentPoint, StudioError, importers, render
from gan_core.checkpoint import load_model
from gan_core.importers.keeping import import_model
from gan_core.importers.lucidrains import fixed_noise
from tests.importers import author_nets as nets
from tests.importers import style_nets as styles
from tests.importers.author_nets import trained

CLASSES = torch.tensor([1, 4, 0])


def save(network, path, wrap=lambda state: state):
    torch.save(wrap(network.state_dict()), path)
    return path


def check(network, path, nz, label=None, sure=None, of=None):
    """The likeliest candidate draws the author's picture; `of` says which one must where the file leaves it open."""
    z = torch.randn(3, nz, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = network(z) if label is None else network(z, label)
    model = importers.load_file(path, of or 0)
    got = model.from_latent(z.numpy(), label)
    assert got.shape == wanted.shape
    assert (got - wanted).abs().max() < 1e-4 * max(1, wanted.std())
    assert wanted.std() > 0.01  # and it is a picture in which an error would show
    if sure is not None:
        assert importers.open_file(path)[0].sure is sure
    return model


@pytest.mark.parametrize(("nc", "levels", "ngf"), [(3, 1, 4), (1, 2, 5), (4, 3, 2)])
def test_the_dcgan_of_pytorchs_examples(tmp_path, nc, levels, ngf):
    network = trained(nets.Dcgan(7, ngf, nc, levels))
    model = check(network, save(network, tmp_path / "netG_epoch_24.pth"), 7, sure=True)
    assert (model.config.resolution, model.config.channels) == (8 << levels, nc)


@pytest.mark.parametrize("network", [nets.Punks(), nets.Course(), nets.Faces()], ids=lambda n: type(n).__name__)
def test_known_stacks(tmp_path, network):
    check(trained(network), save(network, tmp_path / "model.pth"), 9, sure=True)


def test_a_uniform_latent_is_drawn_from_a_normal_one(tmp_path):
    network = trained(nets.Faces())
    model = importers.load_file(save(network, tmp_path / "g.pt"))
    code = torch.tensor([[-3.0, -1, 0, 1, 3, 0.5, 0, 0, 0]])
    raw = torch.erf(code / 2**0.5)
    assert raw.min() > -1 and raw.max() < 1
    with torch.no_grad():
        assert torch.allclose(model(code), network(raw), atol=1e-5)


@pytest.mark.parametrize(
    ("how", "of", "sure"),
    [
        (dict(), 0, True),
        (dict(classes=5, size=3, place="after", hidden=nn.ReLU()), 0, False),
        (dict(classes=5, size=3, place="after"), 1, False),
        (dict(classes=5, size=3, place="before", hidden=nn.ReLU()), 2, False),
        (dict(classes=5, size=7, place="times"), 0, False),
        (dict(side=2, nc=1), 0, True),
    ],
)  # fmt: skip
def test_pytorch_gans_convolutional_generators(tmp_path, how, of, sure):
    network = trained(nets.Conv(**how))
    label = CLASSES if how.get("classes") else None
    check(network, save(network, tmp_path / "generator.pth"), 7, label, sure, of)


def test_pytorch_gans_connected_generators(tmp_path):
    plain = trained(nets.Connected(shape=(3, 8, 8)))
    check(plain, save(plain, tmp_path / "gan.pth"), 7)
    conditional = trained(nets.Connected(classes=5))
    model = check(conditional, save(conditional, tmp_path / "cgan.pth"), 7, CLASSES)
    assert model.config.num_classes == 5 and model.config.z_dim == 7


def test_the_vae_of_pytorchs_examples_keeps_its_encoder(tmp_path):
    network = trained(nets.Vae())
    model = check(network, save(network, tmp_path / "vae.pth"), 5, sure=True)
    pictures = torch.rand(2, 1, 10, 10)
    assert model.can_encode
    assert torch.allclose(model.encode(pictures * 2 - 1), network.encode(pictures), atol=1e-5)


def test_a_plain_mlp_leaves_choices_open(tmp_path):
    network = trained(
        nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 64), nn.Tanh())
    )
    path = save(network, tmp_path / "G--300.ckpt")
    z = torch.randn(2, 6)
    assert torch.allclose(importers.load_file(path).from_latent(z).flatten(1), network(z).detach(), atol=1e-5)
    found = importers.open_file(path)
    assert len(found) >= 3 and not found[0].sure and len({candidate.why for candidate in found}) == len(found)
    leaky = nn.Sequential(*[nn.LeakyReLU(0.2) if isinstance(layer, nn.ReLU) else layer for layer in network])
    matches = [
        torch.allclose(importers.load_file(path, i).from_latent(z).flatten(1), leaky(z).detach(), atol=1e-5) for i in range(len(found))
    ]  # fmt: skip
    assert sum(matches) == 1


def test_an_unknown_stack_is_among_the_candidates(tmp_path):
    """Kernels 4, 3, 4, 4 make 28 px of one channel: 4 → 7 → 14 → 28; a deconvolution of 3 has no output padding."""
    body = nn.Sequential(
        nn.ConvTranspose2d(6, 12, 4), nn.BatchNorm2d(12), nn.ReLU(), nn.ConvTranspose2d(12, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(),
        nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip
    network = trained(nn.Sequential(body))
    path = save(network, tmp_path / "some.pt", lambda state: {"state_dict": state, "epoch": 3})
    z = torch.randn(2, 6)
    wanted = network(z[:, :, None, None]).detach()
    drawn = [importers.load_file(path, i).from_latent(z) for i in range(len(importers.open_file(path)))]
    assert any(picture.shape == wanted.shape and torch.allclose(picture, wanted, atol=1e-5) for picture in drawn)


def test_fastgan_with_a_list_of_averaged_weights(tmp_path):
    network = trained(nets.FastGan(), seed=3)
    layers = [module for module in network.modules() if isinstance(module, nets.Noise)]
    for number, layer in enumerate(layers):
        layer.given = fixed_noise(number, (8, 8, 32, 32, 128, 128)[number])
    network.train()
    for _ in range(4):  # spectral norm finds its singular vectors
        network(torch.randn(4, 6))
    network.eval()
    averaged = [p.detach().clone() for p in network.parameters()]
    last = {name: t.clone() for name, t in network.state_dict().items()}
    for name, parameter in network.named_parameters():  # what the file has under g is the last step's
        last[name] = parameter.detach() + 1
    path = tmp_path / "all_50000.pth"
    torch.save({"g": {f"module.{k}": t for k, t in last.items()}, "d": {}, "g_ema": averaged, "opt_g": {}}, path)
    model = check(network, path, 6, sure=True)
    assert model.config.family == "fastgan" and model.config.resolution == 256


@pytest.mark.parametrize("how", [dict(), dict(attention=(1, 2), constant=False), dict(channels=4)])
def test_lucidrains_stylegan2(tmp_path, how):
    network = trained(styles.LucidStyle(**how))
    with torch.no_grad():
        for layer in network.S.net[::2]:
            layer.weight.mul_(8)
    state = {
        **{f"{k[0]}E{k[1:]}": t for k, t in network.state_dict().items()},
        **{k: t * 0 for k, t in network.state_dict().items()},
    }
    torch.save({"GAN": state, "version": "1.9.0"}, tmp_path / "model_12.pt")
    model = importers.load_file(tmp_path / "model_12.pt")
    z = torch.randn(3, 12)
    with torch.no_grad():
        wanted = network(z, model.synthesis_network.noise)
    assert (model.from_latent(z) - wanted).abs().max() < 1e-4 * max(1, wanted.std()) and wanted.std() > 0.02
    assert model.code_dim == 3 * 12
    assert torch.allclose(model.w_avg, network.mapping(torch.randn(4000, 12)).mean(0), atol=0.05)


def test_rosinalitys_stylegan2(tmp_path):
    network = trained(styles.Rosinality())
    with torch.no_grad():
        for layer in network.style.values():
            layer.weight.mul_(100)
    average = torch.randn(1, 10)
    torch.save({"g": {}, "g_ema": network.state_dict(), "latent_avg": average}, tmp_path / "550000.pt")
    model = check(network, tmp_path / "550000.pt", 10, sure=True)
    assert model.config.family == "stylegan2" and torch.equal(model.w_avg, average[0])


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {"state_dict": s},
        lambda s: {"model_state_dict": {f"module.{k}": t for k, t in s.items()}},
        lambda s: {"params": {k: t + 1 for k, t in s.items()}, "params_ema": s},
        lambda s: {f"_orig_mod.generator.{k}": t for k, t in s.items()},
        lambda s: {"state_dict": {**{f"generator.{k}": t for k, t in s.items()}, "discriminator.main.0.weight": torch.zeros(3, 3)}},
        lambda s: {"netG": s, "netD": {"main.0.weight": torch.zeros(4, 3, 4, 4)}, "epoch": 7},
        lambda s: {"params_ema": s, "args": argparse.Namespace(lr=1e-4), "best": np.float64(3.5), "losses": [np.float32(1)]},
        lambda s: {k: t.half().float().double() for k, t in s.items()},
    ],
)  # fmt: skip
def test_wrappers_and_prefixes(tmp_path, wrap):
    network = trained(nets.Dcgan(5, 3, 3, 1))
    network.load_state_dict(
        {k: t.half().float() if t.is_floating_point() else t for k, t in network.state_dict().items()}
    )
    check(network, save(network, tmp_path / "checkpoint.ckpt", wrap), 5, sure=True)


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors", "folder"])
def test_file_formats(tmp_path, kind):
    network = trained(nets.Conv(classes=5, size=3, place="after", hidden=nn.ReLU()))
    path = tmp_path / "weights.bin"  # the suffix says nothing
    if kind in ("zip", "legacy"):
        torch.save(network.state_dict(), path, _use_new_zipfile_serialization=kind == "zip")
    elif kind == "safetensors":  # which sorts names: conv_blocks before l1, as no network has them
        save_file(network.state_dict(), path)
    else:
        path = tmp_path / "repo"
        path.mkdir()
        torch.save(network.state_dict(), path / "pytorch_model.bin")
        (path / "config.json").write_text('{"architectures": ["G"], "z_dim": 7}')
    check(network, path, 7, CLASSES)


def test_spectral_and_weight_norm_are_worked_in(tmp_path):
    plain = nets.Dcgan(5, 3, 3, 1)
    network = nets.Dcgan(5, 3, 3, 1)
    for layer in [m for m in network.main if isinstance(m, nn.ConvTranspose2d)]:
        nn.utils.spectral_norm(layer)
    network(torch.randn(4, 5))
    check(network.eval(), save(network, tmp_path / "sn.pt"), 5)
    for layer in [m for m in plain.main if isinstance(m, nn.ConvTranspose2d)]:
        nn.utils.parametrizations.weight_norm(layer)
        layer.parametrizations.weight.original0.data.mul_(1.7)
    check(plain.eval(), save(plain, tmp_path / "wn.pt"), 5)


def test_an_imported_folder_is_exact_and_remembers(tmp_path):
    network = trained(nets.Conv(classes=5, size=3, place="before", hidden=nn.ReLU()))
    path = save(network, tmp_path / "generator.pth")
    config = import_model(path, tmp_path / "kept", choice=2, title="Mine")
    model = load_model(tmp_path / "kept")
    z = torch.randn(3, 7)
    with torch.no_grad():
        assert (model.from_latent(z, CLASSES) - network(z, CLASSES)).abs().max() < 1e-4
    assert config == model.config and config.title == "Mine" and config.licence == ""
    facts = config.training
    assert facts["file"] == "generator.pth" and facts["choice"] == 2 and len(facts["sha256"]) == 64
    assert ["label", "comes before the latent numbers"] in facts["assumed"]
    assert "licence" in (tmp_path / "kept" / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "kept" / "preview.webp").is_file()
    assert isinstance(gan_core.load(tmp_path / "kept"), type(model))


def test_codes_move_like_those_of_any_model(tmp_path):
    network = trained(nets.Dcgan(6, 3, 3, 1))
    model = importers.load_file(save(network, tmp_path / "g.pt"))
    points = [
        LatentPoint(seed=3),
        LatentPoint(seed=3, moves=(("d0", 2.0),)),
        LatentPoint(seed=3, moves=(("sefa1", 2.0),)),
    ]
    pictures = render(model, points)
    assert len({picture.tobytes() for picture in pictures}) == 3
    z = np.random.RandomState(3).randn(6).astype(np.float32)
    wanted = ((network(torch.from_numpy(z)[None]).detach()[0] + 1) * 127.5).round().permute(1, 2, 0)
    assert np.abs(pictures[0].astype(int) - wanted.numpy().astype(int)).max() <= 1


def test_what_cannot_be_opened_says_why(tmp_path):
    judge = nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 1, 4)
    )
    critic = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))
    words = {
        "embeddings.word_embeddings.weight": torch.zeros(9, 4),
        "encoder.layer.0.attention.self.query.weight": torch.zeros(4, 4),
    }
    cases = {
        "discriminator": judge.state_dict(), "critic": critic.state_dict(), "bert": words,
        "unet": {"down_blocks.0.resnets.0.conv1.weight": torch.zeros(4, 4, 3, 3)}, "odd": {"a.b": torch.zeros(3), "c.d": torch.zeros(2, 2, 2)},
        "nothing": {"epoch": 3},
    }  # fmt: skip
    codes = {}
    for name, state in cases.items():
        torch.save(state, tmp_path / f"{name}.pt")
        with pytest.raises(StudioError) as error:
            importers.open_file(tmp_path / f"{name}.pt")
        codes[name] = error.value.code.removeprefix("import.")
    assert codes == {
        "discriminator": "discriminator", "critic": "discriminator", "bert": "text_model", "unet": "diffusion", "odd": "layout", "nothing": "no_tensors",
    }  # fmt: skip
