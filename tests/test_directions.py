"""Directions: every finder against its closed form or a planted answer, names, files, and directions from labels."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from gan_core import LatentPoint, ModelConfig, StudioError, render
from gan_core.checkpoint import load_model, save_directions, save_model
from gan_core.data import bundled
from gan_core.data.pictures import PictureSet
from gan_core.data.traits import TRAITS, Trait, traits
from gan_core.latent import labelled, naming, share
from gan_core.latent.directions import direction, ensure_directions, entry
from gan_core.latent.finders import FINDERS, count, find, principal_axes, suits
from gan_core.latent.labelled import AMOUNTS, Effort, Finding, conditional, found_with, normals, shifts
from gan_core.latent.namer import Lesson, balanced_accuracy, learn
from gan_core.latent.sample import locate
from gan_core.models import FAMILIES, build
from gan_core.models.base import Generator
from gan_core.models.directions import MAX_NAMED, Direction
from gan_core.training.explore import explore
from gan_core.ui.words.sliders import WORDS

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"


def seeded(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def style():
    torch.manual_seed(0)
    return (
        build(ModelConfig("stylegan2", 16, 3, z_dim=8, options={"w_dim": 8, "width": 4})).eval().requires_grad_(False)
    )


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    return build(ModelConfig("vae", 16, 3, z_dim=6, options={"width": 8, "e_width": 8})).eval().requires_grad_(False)


class Planted(Generator):
    """Pictures of four squares, each as bright as the code is along one known axis."""

    can_encode = True

    def __init__(self, axes):
        super().__init__(ModelConfig("dcgan", 8, 1, z_dim=axes.shape[1]))
        self.axes_known = torch.nn.Parameter(axes, requires_grad=False)

    def synthesis(self, code, label_weights):
        four = torch.tanh(code @ self.axes_known.T).view(-1, 1, 2, 2)
        return four.repeat_interleave(4, 2).repeat_interleave(4, 3)

    def encode(self, images):
        corners = images[:, :, 1::4, 1::4].flatten(1).clamp(-0.999, 0.999)
        return corners.atanh() @ self.axes_known


@pytest.fixture(scope="module")
def planted():
    return Planted(torch.linalg.qr(seeded(10, 4, seed=1))[0].T.contiguous())


# ---- finders


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("classes", [0, 3])
def test_every_finder_fits_every_family_and_is_the_same_each_time(family, classes):
    options = {"width": 8, "e_width": 8, "w_dim": 8}
    torch.manual_seed(0)
    model = build(ModelConfig(family, 16, 3, z_dim=8, num_classes=classes, options=options)).eval()
    for name in suits(model):
        rows = find(model, name)
        assert rows.shape == (count(model, name), model.code_dim) and torch.isfinite(rows).all()
        assert rows is find(model, name) and not rows.requires_grad
        kept = model.found.pop(name)
        assert torch.equal(find(model, name), kept)
        assert len(render(model, [LatentPoint(seed=1, moves=((f"{name}0", 2.0),))])) == 1
    assert {"d", "pca"} <= set(suits(model)) and "axis" not in suits(model)
    assert ("sefa" in suits(model)) == (model.affine() is not None)


def test_ganspace_is_the_svd_of_w_in_float64(style):
    rows = find(style, "pca")
    z = torch.randn(4096, 8, generator=torch.Generator().manual_seed(0))
    w = style.mapping_network(z, None).double()
    _, spread, components = torch.linalg.svd(w - w.mean(0), full_matrices=False)
    first = rows[:, : style.w_dim].double()
    assert torch.allclose(first.norm(dim=1), spread / len(w) ** 0.5, rtol=1e-5)
    assert torch.allclose(
        (torch.nn.functional.normalize(first) * components).sum(1).abs(), torch.ones(8).double(), atol=1e-5
    )
    assert torch.equal(rows[:, : style.w_dim], rows[:, -style.w_dim :])


def test_sefa_is_the_eigenvectors_of_all_affine_weights_one_sigma_of_w_long(style):
    rows = find(style, "sefa")[:, : style.w_dim].double()
    weights = torch.cat([m.affine.weight for m in style.synthesis_network.modules() if hasattr(m, "affine")]).double()
    assert len(weights) > style.num_ws * 3
    values, vectors = np.linalg.eigh((weights.T @ weights).numpy())
    units = torch.nn.functional.normalize(rows)
    assert np.allclose(np.abs((units.numpy() * vectors.T[::-1]).sum(1)), 1, atol=1e-6) and (np.diff(values) >= 0).all()
    w = style.mapping_network(seeded(4096, 8), None).double()
    assert torch.allclose(rows.norm(dim=1), (w @ units.T).std(0), rtol=0.1)


def test_pictures_vary_most_along_the_axes_that_were_planted(planted):
    planted.found.clear()
    for name in ("d", "pca"):
        inside = find(planted, name)[:4] @ planted.axes_known.T
        assert torch.allclose(inside.norm(dim=1), torch.ones(4), atol=0.1), name
    assert torch.allclose(find(planted, "d").norm(dim=1), torch.ones(10), atol=1e-5)


def test_principal_axes_are_those_of_the_encoded_pictures(planted):
    codes = seeded(600, 4) * torch.tensor([0.9, 0.6, 0.3, 0.1]) @ planted.axes_known
    images = ((planted.synthesis(codes, None) + 1) * 127.5).round().to(torch.uint8)
    rows = principal_axes(planted, images)[:4]
    _, spread, right = torch.linalg.svd((codes - codes.mean(0)).double(), full_matrices=False)
    assert torch.allclose(rows.norm(dim=1).double(), spread[:4] / 599**0.5, rtol=0.05)
    assert (torch.nn.functional.normalize(rows).double() * right[:4]).sum(1).abs().min() > 0.98


@pytest.mark.parametrize(
    "name", ["d8", "d01", "pca64", "sefa-1", "smile", "axis0", "own-1", "d", "", "__class__", "d9999999999"]
)
def test_a_direction_that_is_not_there_is_refused_in_words(style, name):
    with pytest.raises(StudioError) as caught:
        entry(style, name)
    assert caught.value.code == "point.direction"


def test_an_unknown_finder_is_refused_in_words(style):
    with pytest.raises(StudioError):
        find(style, "os.system")
    assert all(":" in target for target in FINDERS.values())


# ---- names


def vector(model, seed=5):
    return naming.one_sigma(model, seeded(model.code_dim, seed=seed))


def test_a_named_direction_moves_its_own_layers_unless_told_otherwise(style):
    smile = Direction("smile", origin="labels", layers=(1, 3), vector=vector(style))
    style.named = (smile,)
    plain, own, asked = (
        locate(style, [LatentPoint(seed=1, moves=moves)])[0][0]
        for moves in ((), (("smile", 2.0),), (("smile", 2.0, 4, 5),))
    )
    changed = [(code != plain).view(style.num_ws, -1).any(1).nonzero().flatten().tolist() for code in (own, asked)]
    assert changed == [[1, 2], [4]]
    assert torch.allclose((own - plain)[8:24], 2 * smile.vector[8:24], atol=1e-5)
    style.named = ()


def test_one_sigma_is_one_sigma_of_the_codes(style, vae):
    assert naming.length(vae, naming.one_sigma(vae, seeded(6))) == pytest.approx(1)
    assert naming.one_sigma(vae, seeded(6)).norm() == pytest.approx(1)
    for name in ("pca3", "sefa2"):
        assert naming.length(style, direction(style, name)) == pytest.approx(1, rel=1e-3)
        assert naming.length(style, direction(style, name, (2, 4))) == pytest.approx(1, rel=1e-3)
    with pytest.raises(StudioError, match="Nothing changes"):
        naming.one_sigma(style, torch.zeros(style.code_dim))


def test_orthogonal_means_orthogonal():
    vector, against = seeded(12), [seeded(12, seed=1), seeded(12, seed=2), seeded(12, seed=1) * 3]
    kept = naming.orthogonalise(vector, against[:2])
    assert all(abs(float(kept @ other)) < 1e-5 for other in against)
    basis = torch.linalg.qr(torch.stack(against[:2]).double().T)[0]
    assert torch.allclose(kept.double(), vector.double() - basis @ basis.T @ vector.double(), atol=1e-6)
    assert torch.equal(naming.orthogonalise(vector, []), vector)


def test_a_kept_combination_does_what_the_moves_did(style):
    moves = (("d0", 1.5), ("pca2", -0.5, 1, 3))
    total = naming.combine(style, moves)
    made = naming.own("Dreamy \x00 \n 梦幻", naming.one_sigma(style, total))
    assert made.title == "Dreamy 梦幻" and made.name == naming.own("other", made.vector).name
    style.named = (made,)
    sigmas = naming.length(style, total)
    together, alone = locate(
        style, [LatentPoint(seed=3, moves=moves), LatentPoint(seed=3, moves=((made.name, sigmas),))]
    )[0]
    assert torch.allclose(together, alone, atol=5e-3)
    style.named = ()


def test_between_two_groups_leads_from_the_one_to_the_other(planted):
    groups = [
        [
            LatentPoint(vector=tuple((side * planted.axes_known[2] + 0.01 * seeded(10, seed=s)).tolist()))
            for s in range(8)
        ]
        for side in (-1, 1)
    ]
    step = naming.difference(planted, *groups)
    assert torch.nn.functional.cosine_similarity(step, planted.axes_known[2], dim=0) > 0.999


def test_the_list_is_arranged_and_nothing_is_lost(style):
    a, b = (naming.own(name, vector(style, seed)) for name, seed in (("a", 1), ("b", 2)))
    style.named = naming.added((a,), [b])
    arranged = naming.arranged(style, [("d3", "Hat", False), (b.name, "B!", True)])
    assert [(d.name, d.title, d.hidden) for d in arranged] == [
        ("d3", "Hat", False),
        (b.name, "B!", True),
        (a.name, "a", False),
    ]
    assert arranged[0].vector is None and torch.equal(arranged[1].vector, b.vector)
    style.named = arranged
    assert entry(style, "d3").title == "Hat" and torch.equal(entry(style, "d3").vector, find(style, "d")[3])
    assert [d.name for d in naming.without(arranged, b.name)] == ["d3", a.name]
    for name in ("d3", "nothing"):
        with pytest.raises(StudioError):
            naming.without(arranged, name)
    with pytest.raises(StudioError, match="at most"):
        naming.added((), [naming.own(str(i), vector(style, i)) for i in range(MAX_NAMED + 1)])
    style.named = ()


# ---- files


@pytest.fixture
def folder(style, tmp_path):
    ensure_directions(style)
    style.named = (
        Direction("smile", origin="labels", layers=(0, 4), vector=vector(style)),
        Direction("d2", "Hat", "found", hidden=True),
        naming.own("Mine 我的", vector(style, 9)),
    )
    save_model(tmp_path / "m", style)
    style.named = ()
    return tmp_path / "m"


def test_names_come_back_in_their_order(folder):
    model = load_model(folder)
    assert [(d.name, d.title, d.origin, d.layers, d.hidden) for d in model.named] == [
        ("smile", "", "labels", (0, 4), False), ("d2", "Hat", "found", None, True), (model.named[2].name, "Mine 我的", "own", None, False),
    ]  # fmt: skip
    assert model.named[1].vector is None and model.named[2].name == naming.own("", model.named[2].vector).name


def test_axes_of_pictures_come_back(vae, tmp_path):
    vae.found = {"d": seeded(4, 6), "axis": seeded(3, 6), "pca": seeded(2, 6)}
    save_model(tmp_path / "v", vae)
    model = load_model(tmp_path / "v")
    assert set(model.found) == {"d", "axis"} and suits(model)[-1] == "axis" and count(model, "axis") == 3
    assert torch.allclose(direction(model, "axis1"), vae.found["axis"][1], atol=2e-3)
    vae.found = {}


def test_a_person_s_own_survive_when_a_run_writes_its_model_again(folder, style):
    style.named = (Direction("smile", origin="labels", vector=vector(style, 3)),)
    save_model(folder, style)
    style.named = ()
    assert [d.origin for d in load_model(folder).named] == ["labels", "own"]


def test_a_failed_edit_leaves_the_file_that_was_there(folder, style, monkeypatch):
    before = (folder / "directions.safetensors").read_bytes()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(OSError):
        save_directions(folder, style.found, ())
    assert (folder / "directions.safetensors").read_bytes() == before and len(list(folder.iterdir())) == 3


ROW = {"name": "smile", "origin": "own", "row": 0}
HOSTILE = [
    "{", "7", "{}", "[7]", "[" * 100_000, json.dumps([ROW] * 2), json.dumps([ROW | {"name": n} for n in map(str, range(9))]),
    *(json.dumps([ROW | change]) for change in (
        {"name": "../etc"}, {"name": 5}, {"name": "x" * 41}, {"name": ""}, {"title": 5}, {"title": "t" * 61}, {"origin": "me"}, {"row": 1},
        {"row": -1}, {"row": True}, {"row": 0.0}, {"row": None}, {"layers": [0]}, {"layers": [2, 1]}, {"layers": [0, 99]}, {"layers": "01"},
        {"layers": [0, 1.0]}, {"layers": {}}, {"hidden": 1}, {"__class__": "os"}, {"vector": [1]},
    )),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_refused_in_words(folder, text):
    save_file({"named": torch.ones(1, 48)}, folder / "directions.safetensors", metadata={"named": text})
    with pytest.raises(StudioError) as caught:
        load_model(folder)
    assert caught.value.code == "model.directions"


@pytest.mark.parametrize(
    "tensors",
    [
        {"directions": torch.ones(3)}, {"directions": torch.ones(3, 47)}, {"axis": torch.ones(1, 48) * torch.nan}, {"named": torch.ones(1, 48) * 1e9},
        {"directions": torch.ones(600, 48)}, {"directions": torch.ones(2, 48, dtype=torch.int64)}, {"named": torch.full((1, 48), torch.inf)},
    ],
)  # fmt: skip
def test_numbers_that_do_not_fit_are_refused_in_words(folder, tensors):
    save_file(tensors, folder / "directions.safetensors")
    with pytest.raises(StudioError) as caught:
        load_model(folder)
    assert caught.value.code == "model.directions"


def test_old_files_without_names_load(folder):
    save_file({"directions": torch.ones(2, 48).half()}, folder / "directions.safetensors")
    model = load_model(folder)
    assert model.named == () and model.directions.shape == (2, 48)


# ---- sharing


def test_a_shared_file_gives_the_same_directions_elsewhere(folder, style):
    model = load_model(folder)
    content = share.to_bytes(model.named)
    brought = share.from_bytes(style, content)
    assert [(d.title, d.origin, d.layers) for d in brought] == [("smile", "own", (0, 4)), ("Mine 我的", "own", None)]
    assert brought[1].name == model.named[2].name and torch.equal(brought[1].vector, model.named[2].vector)
    assert share.from_bytes(model, content) == []
    with pytest.raises(StudioError, match="no named"):
        share.to_bytes(model.named[1:2])


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 100, b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_foreign_file_is_refused_in_words(style, content):
    with pytest.raises(StudioError) as caught:
        share.from_bytes(style, content)
    assert caught.value.code == "directions.unreadable"


def test_directions_of_another_model_are_refused_in_words(style, vae):
    with pytest.raises(StudioError) as caught:
        share.from_bytes(vae, share.to_bytes([naming.own("a", vector(style))]))
    assert caught.value.code == "directions.other_model"
    huge = Direction("own-1", vector=vector(style) * 1000)
    with pytest.raises(StudioError) as caught:
        share.from_bytes(style, share.to_bytes([huge]))
    assert caught.value.code == "directions.other_model"


# ---- from labels


def labelled_codes(n=3000):
    """Codes with unequal spread; two traits along known axes, the second one showing a little in the first."""
    spread = torch.tensor([2.0, 1.0, 0.5, 1.0, 1.0])
    codes = seeded(n, 5) * spread
    values = torch.stack(
        [codes[:, 0] / 2 + 0.3 * codes[:, 1], codes[:, 1], codes[:, 2] * 2 + 0.1 * seeded(n, seed=4)], 1
    ).sigmoid()
    return codes, values, spread


def test_normals_are_those_of_a_regression_in_float64():
    codes, values, _ = labelled_codes()
    rows = normals(codes, values)
    want = np.linalg.lstsq(np.c_[codes.double().numpy(), np.ones(len(codes))], values.double().numpy(), rcond=None)[0][
        :5
    ].T
    cosines = (rows.numpy() * want).sum(1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(want, axis=1)
    assert (cosines > 0.999).all()
    units = torch.nn.functional.normalize(rows)
    assert torch.allclose(rows.norm(dim=1), (codes @ units.T).std(0), rtol=1e-4)


def test_shifts_find_what_was_planted_and_share_nothing():
    axes, values = torch.linalg.qr(seeded(8, 8))[0][:3], (seeded(4000, 3) > torch.tensor([0.0, 1.0, -0.5])).float()
    values[:, 1] = torch.where(seeded(4000, seed=7) > 0, values[:, 0], values[:, 1])  # the two come together often
    codes = values @ axes + 0.2 * seeded(4000, 8, seed=3)
    assert ((torch.nn.functional.normalize(shifts(codes, values)) * axes).sum(1) > 0.98).all()
    mean = torch.nn.functional.normalize((codes[values[:, 0] > 0.5].mean(0) - codes[values[:, 0] < 0.5].mean(0))[None])
    assert float(mean @ axes[1]) > 0.2  # which the plain difference of means does not


def test_conditional_directions_leave_the_other_normals_alone():
    codes, values, _ = labelled_codes()
    plain, rows = normals(codes, values), conditional(codes, values)
    products = rows @ plain.T
    assert (products - products.diagonal().diag()).abs().max() < 1e-4 and (products.diagonal() > 0).all()


def test_the_namer_names_what_it_has_not_seen_and_is_the_same_each_time():
    values = (torch.rand(600, 2, generator=torch.Generator().manual_seed(0)) > torch.tensor([0.5, 0.8])).float()
    images = torch.zeros(600, 3, 8, 8, dtype=torch.uint8)
    images[:, 0, :4] = (200 * values[:, 0, None, None]).to(torch.uint8)
    images[:, 1, 4:] = (200 * values[:, 1, None, None]).to(torch.uint8)
    state = torch.get_rng_state()
    (network, accuracy), (again, _) = (learn(images, values, Lesson(steps=40)) for _ in range(2))
    assert (accuracy > 0.95).all() and torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    assert learn(images, values, Lesson(steps=10**6, seconds=0.05)) is not None


def test_balanced_accuracy_of_a_guess_is_one_half():
    values = torch.tensor([[1.0], [0.0], [0.0], [0.0]])
    assert balanced_accuracy(torch.zeros(4, 1), values).item() == 0.5 and balanced_accuracy(values, values).item() == 1


class Reader(torch.nn.Module):
    """Names the four squares of Planted: bright or not."""

    def forward(self, images):
        return (2 * images[:, 0, 1::4, 1::4].flatten(1)).sigmoid()


def test_labels_give_back_the_planted_axes_and_doubt_what_is_not_there(planted):
    images = ((planted.synthesis(seeded(800, 10), None) + 1) * 127.5).round().to(torch.uint8)
    known = (Reader()(images.float() / 127.5 - 1) > 0.5).float()
    names = [Trait(f"square-{k}", known[:, k]) for k in range(4)]
    accuracy = torch.tensor([1.0, 1.0, 0.7, 1.0])
    findings = found_with(planted, Reader(), accuracy, images, names, Effort(draws=2000, trial=16, proof=32))
    rows = torch.stack([finding.direction.vector for finding in findings])
    assert (torch.nn.functional.normalize(rows) @ planted.axes_known.T - torch.eye(4)).abs().max() < 0.15
    assert [finding.why for finding in findings] == ["", "", "cannot be named", ""]
    assert findings[0].curve.shape == (len(AMOUNTS), 4) and (findings[0].curve[:, 0].diff() > 0).all()
    flipped = labelled._doubt(findings[0].curve.flip(0), 0, 1.0)
    assert flipped == "hardly changes" and labelled._doubt(findings[0].curve, 1, 1.0) == "hardly changes"


def test_no_direction_is_begun_after_the_deadline(planted):
    images = torch.zeros(64, 1, 8, 8, dtype=torch.uint8)
    names = [Trait("square-0", torch.zeros(64))]
    assert found_with(planted, Reader(), torch.ones(1), images, names, Effort(draws=64, deadline=0.0)) == []


# ---- at the end of a run


def test_a_finished_run_gets_its_directions(planted, monkeypatch):
    images = torch.randint(256, (32, 1, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    pictures = PictureSet(images, torch.arange(32) % 3, ("a", "b", "c"))
    asked = []

    def stand_in(network, images, known, effort):
        asked.append([(trait.name, trait.title) for trait in known])
        made = [Direction(t.name, t.title, "labels", vector=torch.ones(10)) for t in known]
        return [
            Finding(t, k, 1.0, made[k], torch.zeros(7, 3), "hardly changes" if k == 1 else "")
            for k, t in enumerate(known)
        ]

    monkeypatch.setattr("gan_core.training.explore.named_directions", stand_in)
    planted.found, planted.named = {}, ()
    explore(planted, pictures, elapsed=5.0)
    assert (
        set(planted.found) == {"d", "axis"} and planted.named == () and asked == []
    )  # too short a run to spend more on
    explore(planted, pictures, elapsed=600.0)
    assert asked == [[("class-0", "a"), ("class-1", "b"), ("class-2", "c")]]
    assert [(d.name, d.title) for d in planted.named] == [("class-0", "a"), ("class-2", "c")]
    planted.found, planted.named = {}, ()


@pytest.mark.parametrize("name", TRAITS)
def test_traits_of_bundled_pictures_are_numbers_from_0_to_1(name):
    rows = bundled._attributes(bundled.sheets()[name])[:400]
    found = traits(PictureSet(torch.zeros(400, 3, 4, 4, dtype=torch.uint8), name=name, attributes=rows))
    assert [trait.name for trait in found] == list(TRAITS[name])
    for trait in found:
        assert trait.values.shape == (400,) and trait.values.min() == 0 and trait.values.max() == 1
        assert f"direction.{trait.name}" in WORDS
    assert traits(PictureSet(torch.zeros(400, 3, 4, 4, dtype=torch.uint8))) == []


def test_two_classes_are_one_trait():
    pictures = PictureSet(torch.zeros(4, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, 1, 1, 0]), ("cat", "dog"))
    (trait,) = traits(pictures)
    assert trait.title == "cat" and trait.values.tolist() == [1, 0, 0, 1]


@pytest.mark.parametrize("name", [p.parent.name for p in sorted(WEIGHTS.glob("*/directions.safetensors"))])
def test_bundled_directions_fit_their_models(name):
    model = load_model(WEIGHTS / name)
    assert len(find(model, "d")) and ("axis" in suits(model)) <= model.can_encode
    for named in model.named:
        assert named.origin == "labels" and not named.hidden and (named.title or f"direction.{named.name}" in WORDS)
        assert 0.3 < naming.length(model, direction(model, named.name)) < 4
