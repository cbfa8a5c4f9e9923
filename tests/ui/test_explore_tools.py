"""What the server knows for Children, Mix styles and Compare: moments of a training, layers, directions that two models share."""

import asyncio
import base64
import io
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gan_core.checkpoint import load_model
from gan_core.errors import StudioError
from gan_core.export import read_point
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.training.moments import Moments
from gan_core.ui.engine import Engine
from gan_core.ui.models_desk import ModelsDesk
from gan_core.ui.tools.compare import Compare
from gan_core.ui.tools.mix import Mix
from gan_core.ui.waiting import Request, Waiting
from tests.tiny_models import save_tiny_model


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """(weights, runs): a plain and a style-based model, a grey one, and a finished run with three moments."""
    root = tmp_path_factory.mktemp("tools")
    save_tiny_model(root / "weights" / "plain", data="Small pictures")
    save_tiny_model(
        root / "weights" / "style", family="stylegan2", options={"width": 4, "w_dim": 8, "num_layers": 1}, z_dim=8
    )
    save_tiny_model(root / "runs" / "mine" / "model", training={"images": 6400}, data="/home/me/Pictures/cats")
    model = load_model(root / "runs" / "mine" / "model")
    for images in (64, 640, 3200):
        for weights in model.parameters():
            weights.mul_(0.8)
        Moments(root / "runs" / "mine" / "moments").keep(model, images)
    Moments(root / "runs" / "mine" / "moments").keep(model, 9000)  # later than the model: the run was taken back
    return root / "weights", root / "runs"


@pytest.fixture
def engine(folders):
    return Engine(*folders, "cpu")


@pytest.fixture
def compare(engine):
    return Compare(SimpleNamespace(engine=engine))


MOMENTS = ["runs/mine@64", "runs/mine@640", "runs/mine@3200"]


def test_moments_are_listed_for_comparing_but_not_among_the_models(engine, compare):
    assert [model["id"] for model in engine.models()] == ["plain", "style", "runs/mine"]
    answer = compare.moments("runs/mine")
    assert answer["images"] == 6400 and [moment["id"] for moment in answer["moments"]] == MOMENTS
    assert [moment["images"] for moment in answer["moments"]] == [64, 640, 3200]
    assert compare.moments("plain")["moments"] == []


def test_a_moment_draws_its_own_picture(folders, engine):
    point = LatentPoint(seed=3)
    drawn = {model: asyncio.run(engine.render(model, [point])) for model in ("runs/mine", *MOMENTS)}
    assert len({pictures.tobytes() for pictures in drawn.values()}) == 4
    alone = render(load_model(folders[1] / "mine" / "moments" / "640"), [point])
    assert np.abs(drawn["runs/mine@640"].astype(int) - alone).max() <= 1


@pytest.mark.parametrize(
    "model",
    ["runs/mine@65", "runs/mine@9000", "runs/mine@../model", "runs/mine@", "plain@64", "@64", "runs/mine@64@64"],
)
def test_moments_that_are_not_there_are_refused(engine, model):
    with pytest.raises(StudioError) as caught:
        asyncio.run(engine.render(model, [LatentPoint(seed=1)]))
    assert caught.value.code == "model.unknown"


def test_one_slider_means_the_same_in_all_moments(engine, compare):
    final, early = (asyncio.run(engine.borrow(model)) for model in ("runs/mine", MOMENTS[0]))
    assert np.array_equal(final.directions.numpy(), early.directions.numpy())
    assert asyncio.run(compare.common("runs/mine", MOMENTS[0])) == [f"d{i}" for i in range(8)]
    assert asyncio.run(compare.common(MOMENTS[0], MOMENTS[2])) == [f"d{i}" for i in range(8)]
    assert asyncio.run(compare.common("runs/mine", "plain")) == []


def test_directions_of_the_same_name_are_shared_between_models(folders, engine, compare):
    from gan_core.checkpoint import save_directions
    from gan_core.models.directions import Direction

    for model in ("plain", "runs/mine"):
        entry = engine.library.entry(model)
        network = load_model(entry.path)
        named = [
            Direction(name, origin="labels", vector=network.directions[0]) for name in ("smile", f"only-{entry.origin}")
        ]
        save_directions(entry.path, network.found, named)
    assert asyncio.run(compare.common("runs/mine", "plain")) == ["smile"]
    assert asyncio.run(compare.common("runs/mine", "style")) == []
    assert "only-run" in asyncio.run(compare.common("runs/mine", MOMENTS[1]))


def test_side_by_side_is_one_picture_that_leads_back(engine, compare):
    a, b = LatentPoint(seed=4, model="plain"), LatentPoint(seed=4, model="style")
    file = asyncio.run(compare.save(a, b))
    data = base64.b64decode(file["data"])
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (2 * 512 + 16, 512) and file["name"].endswith(".png")
    assert read_point(data) == (a, "plain")
    pixels = np.asarray(picture)
    assert (pixels[:, :512, 3] == 255).all() and (pixels[:, 512:528, 3] == 0).all()
    left, right = (asyncio.run(engine.render(point.model, [point]))[0] for point in (a, b))
    for half, own in ((pixels[:, :512], left), (pixels[:, 528:], right)):
        small = np.asarray(Image.fromarray(half[:, :, :3]).resize((16, 16), Image.Resampling.BOX)).astype(int)
        assert np.abs(small - own).mean() < 12


def test_layers_are_known_without_loading(folders, engine):
    facts = {model["id"]: model for model in engine.models()}
    assert facts["style"]["layers"] == load_model(folders[0] / "style").num_ws == 6
    assert facts["plain"]["layers"] == 1 and facts["runs/mine"]["data"] == "cats"
    mix = Mix(SimpleNamespace(engine=engine))
    groups = mix.groups("style")
    assert groups[0][1] == 0 and groups[-1][2] == 6
    assert all(one[2] == other[1] for one, other in zip(groups, groups[1:], strict=False))
    assert mix.groups("plain") == []


def test_a_patient_picture_waits_for_others_but_not_for_long():
    waiting = Waiting()
    patient, quick = Request("a", [1], patient=True), Request("b", [2])
    for request in (patient, quick):
        waiting.put(request)
    assert [part.request for part in waiting.take({})] == [quick]
    assert [part.request for part in waiting.take({})] == [patient]


def test_a_moment_cannot_be_deleted_alone(folders, engine, tmp_path):
    desk = ModelsDesk(engine, folders[1], tmp_path)
    engine.library.moments("runs/mine")
    with pytest.raises(StudioError) as caught:
        desk.remove(MOMENTS[0], "somebody")
    assert caught.value.code == "model.moment"


def test_moments_go_when_their_run_goes(folders, tmp_path):
    shutil.copytree(folders[1], tmp_path / "runs")
    engine = Engine(folders[0], tmp_path / "runs", "cpu")
    assert asyncio.run(engine.render(MOMENTS[0], [LatentPoint(seed=1)])).shape == (1, 16, 16, 3)
    (tmp_path / "runs" / "mine" / "config.json").write_text('{"data": "faces", "family": "dcgan"}')
    ModelsDesk(engine, tmp_path / "runs", tmp_path).remove("runs/mine", "somebody")
    with pytest.raises(StudioError):
        asyncio.run(engine.render(MOMENTS[0], [LatentPoint(seed=1)]))
