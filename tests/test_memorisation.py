"""A model that returns its training pictures is caught, fresh real pictures are not, and the false-alarm rate is what it says."""

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core import data
from gan_core.errors import StudioError
from gan_core.metrics import memorisation
from gan_core.metrics.features import load_extractor
from gan_core.metrics.memorisation import chance_of, inspect, judge, measured_alarm, nearest, threshold

COUNT = 100


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", limit=600).images, data.load("digits", split="test").images


def jpeg(images, quality=60):
    out = []
    for picture in images:
        file = io.BytesIO()
        Image.fromarray(picture[0].numpy()).save(file, "jpeg", quality=quality)
        out.append(torch.from_numpy(np.array(Image.open(file)))[None])
    return torch.stack(out)


def noisy(images):
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(1)) * 10
    return (images + noise).clamp(0, 255).to(torch.uint8)


COPIES = {
    "exact": lambda images: images,
    "noisy": noisy,
    "mirrored": lambda images: images.flip(3),
    "jpeg": jpeg,
    "darker": lambda images: (images * 0.85).to(torch.uint8),
}


@pytest.mark.parametrize("held_out", [True, False])
@pytest.mark.parametrize("change", COPIES)
def test_a_copier_is_caught_and_its_sources_named(digits, change, held_out):
    train, test = digits
    taken = torch.randperm(len(train), generator=torch.Generator().manual_seed(2))[:COUNT]
    report = inspect(COPIES[change](train[taken]), train, test[:300] if held_out else None)
    assert report.verdict == "copies" and report.share > 0.9 and report.chance < 1e-6
    assert report.nearer > 0.95 and report.held_out == held_out
    right = sum(pair.picture == int(taken[pair.sample]) for pair in report.pairs)
    assert right >= 0.97 * COUNT
    if change == "mirrored":
        assert sum(pair.mirrored for pair in report.pairs) > 0.9 * COUNT


@pytest.mark.parametrize("held_out", [True, False])
def test_fresh_real_pictures_are_not_called_copies(digits, held_out):
    train, test = digits
    report = inspect(test[300 : 300 + COUNT], train, test[:300] if held_out else None)
    assert report.verdict == "fresh" and report.share < 0.15
    assert 0.3 < report.nearer < 0.7
    assert report.false_alarm == pytest.approx(report.alarm, abs=0.04)


def test_a_few_copies_among_fresh_pictures_come_first(digits):
    train, test = digits
    report = inspect(torch.cat([test[300:460], train[:40]]), train, test[:300])
    assert report.verdict == "some"
    assert {pair.sample for pair in report.pairs[:40]} == set(range(160, 200))
    assert all(pair.close for pair in report.pairs[:40])


def test_twins_in_the_training_set_do_not_blunt_the_warning(digits):
    train, _ = digits
    doubled = torch.cat([train[:200], train[:100]])
    report = inspect(noisy(train[:200]), doubled)
    assert report.twins == 200 and report.fresh == 300 - report.twins
    assert report.verdict == "copies"


def test_neighbours_do_not_depend_on_the_chunks(digits, monkeypatch):
    train, test = digits
    extractor, own = load_extractor("pixels"), torch.full((30,), -1)
    asked = memorisation.extract(test[:30], extractor)
    whole = nearest(asked, train, extractor, own)
    monkeypatch.setattr(memorisation, "CHUNK", 37)
    parts = nearest(asked, train, extractor, own)
    assert torch.equal(whole.index, parts.index) and torch.equal(whole.mirrored, parts.mirrored)
    assert torch.allclose(whole.distances, parts.distances, atol=0.02)  # cdist by matrix products
    assert (whole.distances[:, 1:] >= whole.distances[:, :-1]).all()


def test_a_picture_does_not_meet_itself(digits):
    train, _ = digits
    extractor = load_extractor("pixels")
    found = nearest(memorisation.extract(train[:50], extractor), train, extractor, torch.arange(50))
    assert not (found.index == torch.arange(50)).any()


def test_the_threshold_keeps_its_promise_whatever_the_distribution():
    generator = torch.Generator().manual_seed(0)
    wrong = [
        float((torch.randn(500, generator=generator).exp() < threshold(fresh)[0]).float().mean())
        for fresh in torch.randn(400, 99, generator=generator).exp()
    ]
    assert threshold(torch.rand(99))[1] == 0.05
    assert sum(wrong) / len(wrong) == pytest.approx(0.05, abs=0.005)
    assert measured_alarm(torch.rand(2000, generator=generator)) == pytest.approx(0.05, abs=0.02)


def test_the_chance_is_that_of_a_simulation():
    generator = torch.Generator().manual_seed(0)
    counts = [
        int((torch.rand(50, generator=generator) < threshold(torch.rand(99, generator=generator))[0]).sum())
        for _ in range(4000)
    ]
    for close in (0, 1, 3, 6):
        assert chance_of(close, 50, 99) == pytest.approx(sum(c >= close for c in counts) / 4000, abs=0.03)
    assert chance_of(50, 50, 99) < 1e-9


def test_flat_pictures_and_too_few_are_no_accident():
    flat = torch.full((30, 1, 8, 8), 7, dtype=torch.uint8)
    report = inspect(flat, flat)
    assert all(np.isfinite([p.closeness for p in report.pairs])) and json.dumps(report.to_dict())
    assert "pairs" not in report.to_dict()
    with pytest.raises(StudioError) as fault:
        inspect(flat[:3], flat)
    assert fault.value.code == "metrics.memorisation.few"


def test_the_verdict_needs_more_than_bad_luck():
    distances = torch.rand(400, 10, generator=torch.Generator().manual_seed(3)).sort(1).values
    found = memorisation.Neighbours(distances, torch.zeros(400, dtype=torch.long), torch.zeros(400, dtype=torch.bool))
    assert judge(found, 200, 100, True).verdict == "fresh"


def test_the_command(capsys, tmp_path):
    for number in range(25):
        Image.fromarray(np.random.RandomState(number).randint(0, 255, (28, 28), np.uint8)).save(tmp_path / f"{number}.png")  # fmt: skip
    assert memorisation.main(["weights/digits-gan", "--data", str(tmp_path), "--n", "20", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == 25
    assert memorisation.main(["weights/digits-gan", "--data", str(tmp_path), "--n", "20"]) == 0
    assert "by chance" in capsys.readouterr().out
    assert memorisation.main(["weights/digits-gan", "--data", str(tmp_path), "--n", "2"]) == 1
