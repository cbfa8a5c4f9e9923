"""The whole way from a model and pictures to a report, a table and a model folder with its numbers."""

import json

import pytest
import torch

from gan_core import checkpoint
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.metrics import evaluate
from gan_core.metrics.__main__ import main, table, write_quality
from gan_core.metrics.evaluate import Reference, Samples, reference
from gan_core.models.base import Generator


class Copyist(Generator):
    """Draws real pictures, or one of them over and over: models whose quality is known beforehand."""

    def __init__(self, pictures, kinds, num_classes=0):
        channels, resolution = pictures.shape[1], pictures.shape[2]
        super().__init__(ModelConfig("copyist", resolution, channels, z_dim=8, num_classes=num_classes))
        self.register_buffer("pictures", pictures.float() / 127.5 - 1)
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.kinds = kinds

    def synthesis(self, code, label_weights):
        return self.pictures[(code[:, 0] * 1e4).long() % self.kinds] * self.scale


def pictures(count, seed):
    """Smooth random pictures, uint8 [count, 3, 16, 16]."""
    coarse = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(seed))
    return (torch.nn.functional.interpolate(coarse, 16, mode="bicubic").clamp(0, 1) * 255).to(torch.uint8)


@pytest.fixture
def real():
    return Reference("random", pictures(120, 0), pictures(120, 1), None, held_out=True)


def test_a_perfect_model_reaches_the_floor_and_a_collapsed_one_is_told(real, tmp_path):
    perfect, collapsed = (
        evaluate(Copyist(pictures(400, 2), kinds), real, 120, "pixels", cache=tmp_path) for kinds in (400, 2)
    )  # fmt: skip
    assert perfect.n == collapsed.n == 120
    assert perfect.kid < perfect.kid_floor + 0.1 * collapsed.kid
    assert perfect.frechet < 1.5 * perfect.frechet_floor < collapsed.frechet
    assert perfect.recall > 0.8 * perfect.recall_floor > collapsed.recall
    assert perfect.diversity == pytest.approx(1, abs=0.1)
    assert collapsed.diversity < 0.7
    assert collapsed.coverage < 0.2 < perfect.coverage
    assert perfect.kid_raw is None and "kid_raw" not in perfect.to_dict()


def test_the_same_seed_gives_the_same_report(real, tmp_path):
    model = Copyist(pictures(50, 2), 50)
    first, again, other = (evaluate(model, real, 40, "pixels", seed, tmp_path) for seed in (5, 5, 6))
    assert first.kid == again.kid != other.kid
    assert first.kid_floor == again.kid_floor == other.kid_floor


def test_default_extractor_reports_the_raw_number_beside(real, tmp_path):
    told = []
    report = evaluate(Copyist(pictures(40, 2), 40), real, 30, cache=tmp_path, progress=lambda *step: told.append(step))
    assert report.extractor == "lite0-masked"
    assert report.kid_raw > report.kid_raw_floor - 100
    assert json.loads(json.dumps(report.to_dict()))["kid_raw_floor"] == round(report.kid_raw_floor, 4)
    assert ("samples", 30, 30) in told
    assert "raw extractor" in table(report) and "30 samples against 30 held-out pictures of random" in table(report)


def test_n_is_what_was_used(real):
    assert evaluate(Copyist(pictures(20, 2), 20), real, 5000, "pixels").n == 120
    with pytest.raises(StudioError, match="at least 10"):
        evaluate(Copyist(pictures(20, 2), 20), real, 9, "pixels")


def test_pictures_without_a_held_out_part_are_halved(picture_folder):
    halves = reference(str(picture_folder), 2000, 16, 3)
    assert not halves.held_out
    assert len(halves.unseen) == len(halves.seen) == 12
    rows = {picture.numpy().tobytes() for picture in torch.cat([halves.unseen, halves.seen])}
    assert len(rows) == 24  # no picture in both halves


def test_bundled_pictures_are_held_out():
    faces = reference("pixel-faces", 20, 16, 3)
    assert faces.held_out and faces.name == "pixel-faces"
    assert len(faces.unseen) == len(faces.seen) == 20
    assert not {p.numpy().tobytes() for p in faces.unseen} & {p.numpy().tobytes() for p in faces.seen}


def test_too_few_pictures_are_refused(tmp_path, picture_folder):
    for number, file in enumerate(sorted(picture_folder.rglob("*.png"))[:6]):
        (tmp_path / f"{number}.png").write_bytes(file.read_bytes())
    with pytest.raises(StudioError, match="only 3 pictures"):
        reference(str(tmp_path), 100, 16, 3)


def test_classes_are_drawn_in_the_data_s_proportions():
    labels = torch.tensor([0, 2, 2, 2])
    conditional = Samples(Copyist(pictures(4, 0), 4, num_classes=3), 4, 0, labels)
    assert [point.label for point in conditional.points] == [0, 2, 2, 2]
    assert [point.label for point in Samples(Copyist(pictures(4, 0), 4), 4, 0, labels).points] == [None] * 4
    assert conditional[1:3].shape == (2, 3, 16, 16) and conditional[1:3].dtype == torch.uint8


@pytest.fixture
def model_folder(tmp_path):
    """A model folder of an untrained 16 px network."""
    from gan_core.models import build

    torch.manual_seed(0)
    config = ModelConfig("dcgan", 16, 3, z_dim=8, options={"width": 8}, title="Untrained")
    checkpoint.save_model(tmp_path / "model", build(config).eval())
    return tmp_path / "model"


def arguments(model, data, tmp_path, *more):
    return [
        str(model),
        "--data",
        str(data),
        "--extractor",
        "pixels",
        "--device",
        "cpu",
        "--cache",
        str(tmp_path / "cache"),
        *more,
    ]


def test_command_prints_and_writes(model_folder, picture_folder, tmp_path, capsys):
    before = checkpoint.read_config(model_folder)
    assert main(arguments(model_folder, picture_folder, tmp_path, "--json", "--write")) == 0
    printed = json.loads(capsys.readouterr().out)
    after = checkpoint.read_config(model_folder)
    assert printed["n"] == 12 and not printed["held_out"]
    assert after.quality == printed | {"command": after.quality["command"]}
    assert after.quality["command"].endswith("--n 2000 --extractor pixels")
    assert (after.title, after.options, before.quality) == (before.title, before.options, {})
    assert sorted(p.name for p in model_folder.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert "kid floor" in (model_folder / "README.md").read_text()
    checkpoint.load_model(model_folder)
    assert main(arguments(model_folder, picture_folder, tmp_path)) == 0
    shown = capsys.readouterr().out
    assert f"{printed['kid']:.3f}" in shown and f"{printed['kid_floor']:.3f}" in shown


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"model": "nowhere/at/all"}, "nowhere"),
        ({"data": "no-such-pictures"}, "no-such-pictures"),
        ({"extractor": "inception"}, "lite0-masked"),
        ({"device": "abacus"}, "abacus"),
    ],
)
def test_command_says_what_is_wrong(wrong, said, model_folder, picture_folder, capsys):
    options = {"model": str(model_folder), "data": str(picture_folder), "extractor": "pixels", "device": "cpu"} | wrong
    model = options.pop("model")
    assert main([model, *(word for name, value in options.items() for word in (f"--{name}", value))]) == 1
    shown = capsys.readouterr()
    assert said in shown.err and "Traceback" not in shown.err and not shown.out


def test_numbers_go_only_into_a_folder_here(capsys):
    assert main(["somebody/model", "--data", "faces", "--write"]) == 1
    assert "--write" in capsys.readouterr().err


def test_a_failed_write_leaves_the_config_as_it_was(model_folder, monkeypatch):
    before = (model_folder / "config.json").read_bytes()
    with pytest.raises(TypeError):
        write_quality(model_folder, {"kid": object()})
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_quality(model_folder, {"kid": 1.0})
    assert (model_folder / "config.json").read_bytes() == before
    assert sorted(p.name for p in model_folder.iterdir()) == ["config.json", "model.safetensors"]
