"""What the Journey tab answers, and the films that Journey and Morph write."""

import asyncio
import base64
import io
import json

import av
import numpy as np
import pytest
from PIL import Image

from gan_core import checkpoint
from gan_core.errors import StudioError
from gan_core.latent.journey import KEY, Journey, Keyframe, frames, noise_loop
from gan_core.latent.point import Blend, LatentPoint, Mix
from gan_core.latent.sample import render
from gan_core.ui import Settings, Studio, films
from gan_core.ui.engine import Engine
from gan_core.ui.requests import arguments
from gan_core.ui.tabs.journey import JourneyTab
from gan_core.ui.tabs.morph import Morph


@pytest.fixture
def studio(weights, tmp_path):
    return Studio(Settings(), Engine(weights, tmp_path / "runs", "cpu"))


@pytest.fixture
def tab(studio):
    return JourneyTab(studio)


def journey(model="a-plain", seeds=(1, 2, 3), fps=8, **fields) -> Journey:
    return Journey(tuple(Keyframe(LatentPoint(seed=s, model=model), 1.0) for s in seeds), fps=fps, **fields)


def sheet_of(answer) -> np.ndarray:
    """The cells of a sheet, uint8 [N, H, W, 3]."""
    board = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["url"].split(",")[1]))).convert("RGB"))
    wide, high = answer["width"], answer["height"]
    places = [divmod(i, answer["columns"]) for i in range(answer["count"])]
    return np.stack([board[y * high : (y + 1) * high, x * wide : (x + 1) * wide] for y, x in places])


def near(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.abs(a.astype(int) - b).max() <= 1


def test_pictures_of_a_part_of_the_way(tab, weights):
    wanted = render(checkpoint.load_model(weights / "a-plain"), frames(journey()))
    assert len(wanted) == 17
    assert near(sheet_of(asyncio.run(tab.frames(journey(), 0, 60))), wanted)
    assert near(sheet_of(asyncio.run(tab.frames(journey(), 5, 4))), wanted[5:9])
    with pytest.raises(StudioError):
        asyncio.run(tab.frames(journey(), 17, 5))
    assert near(sheet_of(asyncio.run(tab.pictures([k.point for k in journey().keyframes]))), wanted[[0, 8, 16]])


def test_the_point_of_a_picture_is_that_picture(tab, weights):
    points = frames(journey())
    for at, number in ((0, 0), (3, 3), (16, 16), (99, 16)):
        assert LatentPoint.from_json(asyncio.run(tab.point(journey(), at))) == points[number]


@pytest.mark.parametrize("model", ["a-plain", "b-classes"])
def test_deep_keyframes_are_written_as_vectors(tab, weights, model):
    deep = LatentPoint(seed=1, label=1, model=model)
    for i in range(8):
        deep = LatentPoint(blend=Blend(deep, LatentPoint(seed=i, label=2), 0.1), model=model)
    way = Journey((Keyframe(deep, 0.5), Keyframe(LatentPoint(seed=5, model=model))), fps=8)
    pictures = sheet_of(asyncio.run(tab.frames(way, 0, 10)))
    assert len(pictures) == 5 and near(pictures[:1], render(checkpoint.load_model(weights / model), [deep]))


def test_large_pictures_come_smaller(tab, monkeypatch):
    monkeypatch.setattr("gan_core.ui.tabs.journey.SIDE", 8)
    assert asyncio.run(tab.frames(journey(), 0, 3))["width"] == 8


def test_ready_made_journeys_can_be_read(tab):
    point = LatentPoint(seed=4, model="b-classes")
    loop = Journey.from_json(tab.ready_made("noise_loop", point, seed=9, difference=0.3))
    assert loop == noise_loop(point, 9, 0.3, classes=3)
    assert len(Journey.from_json(tab.ready_made("truncation_sweep", point)).keyframes) == 5
    assert [k.point.label for k in Journey.from_json(tab.ready_made("class_sweep", point)).keyframes] == [0, 1, 2]
    with pytest.raises(StudioError) as caught:
        tab.ready_made("class_sweep", LatentPoint(seed=4, model="a-plain"))
    assert caught.value.code == "journey.no_classes"


def test_a_saved_journey_is_read_back(tab):
    way = journey(closed=True, path="slerp")
    saved = asyncio.run(tab.write(way))
    text = base64.b64decode(saved["data"]).decode()
    assert saved["name"] == "a-plain-1-3-journey.json"
    assert (
        Journey.from_json(tab.read(text))
        == way
        == Journey.from_json(tab.read("\ufeff \n" + text + "\x00 rest of a film"))
    )
    assert Journey.from_json(tab.read(json.dumps(json.loads(text), indent=2))) == way


@pytest.mark.parametrize(
    "text", ["{}", "no journey", "[" * 9000, '{"a":1}', "null", f'{{"{KEY}":9,"keyframes":[]}}', f'{{"{KEY}":1,"keyframes":[7]}}', "9" * 5000]
)  # fmt: skip
def test_other_files_are_refused_in_words(tab, text):
    with pytest.raises(StudioError) as caught:
        tab.read(text)
    assert caught.value.code.startswith("journey.")


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"journey": 7},
        {"journey": {KEY: 1, "keyframes": []}},
        {"journey": {KEY: 1, "keyframes": [{"point": {"seed": "x"}}]}},
    ],
)
def test_what_the_page_sends_is_checked(tab, sent):
    with pytest.raises(StudioError):
        arguments(tab.write, sent)


def decoded(answer, kind: str) -> tuple[int, float, tuple[int, int]]:
    """(pictures, seconds, size) of a film."""
    data = base64.b64decode(answer["data"])
    if kind == "mp4":
        with av.open(io.BytesIO(data)) as film:
            stream = film.streams.video[0]
            shown = [frame.to_image().size for frame in film.decode(video=0)]
            return len(shown), float(stream.duration * stream.time_base), shown[0]
    picture, seconds = Image.open(io.BytesIO(data)), 0.0
    for i in range(picture.n_frames):
        picture.seek(i)
        picture.load()
        seconds += picture.info["duration"] / 1000
    return picture.n_frames, seconds, picture.size


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
@pytest.mark.parametrize("model", ["a-plain", "c-pixels"])
def test_a_film_has_all_pictures_its_marks_and_the_journey(tab, studio, kind, model):
    way = journey(model, closed=True)
    answer = asyncio.run(tab.save(way, kind, 32, "film-name"))
    pictures, seconds, size = decoded(answer, kind)
    assert (pictures, size) == (24, (32, 32)) and seconds == pytest.approx(3, abs=0.02)
    data = base64.b64decode(answer["data"])
    assert b"AIGC" in data and (kind == "mp4" or b"trainedAlgorithmicMedia" in data)
    text = data.decode("latin1")
    start = text.index(f'{{"{KEY}"')
    assert Journey.from_json(tab.read(text[start : start + 5000])) == way
    assert answer == asyncio.run(tab.save(way, kind, 32, "film-name")), "the same journey gives the same bytes"
    assert studio.jobs.progress("film-name") == {"state": "none"}


def test_a_film_shows_the_pictures_in_order(tab, weights):
    way = Journey(
        (Keyframe(LatentPoint(seed=1, model="c-pixels"), 0.5, "hold"), *journey("c-pixels").keyframes[1:]), fps=8
    )
    answer = asyncio.run(tab.save(way, "webp", 16, "film-name"))
    film, shown = Image.open(io.BytesIO(base64.b64decode(answer["data"]))), []
    for i in range(film.n_frames):
        film.seek(i)
        shown += [np.asarray(film.convert("RGB"))] * round(film.info["duration"] / 125)
    assert near(np.stack(shown), render(checkpoint.load_model(weights / "c-pixels"), frames(way)))


def test_a_long_film_is_drawn_in_slices_and_each_picture_once(tab, studio, monkeypatch):
    asked, real = [], studio.engine.draw

    def draw_counted(model, points):
        asked.append(list(points))
        return real(model, points)

    monkeypatch.setattr(studio.engine, "draw", draw_counted)
    way = Journey((Keyframe(LatentPoint(seed=1, model="a-plain"), 5.0, "hold"), *journey().keyframes), fps=10)
    assert decoded(asyncio.run(tab.save(way, "mp4", 16, "film-name")), "mp4")[0] == 71
    assert max(map(len, asked)) <= films.SLICE
    drawn = [point for part in asked for point in part]
    assert len(drawn) == len(set(drawn)) == len(set(frames(way)))
    monkeypatch.setattr(films, "KEPT_BYTES", 0)
    asked.clear()
    assert decoded(asyncio.run(tab.save(way, "mp4", 16, "film-name")), "mp4")[0] == 71


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_stop_stops_a_film(tab, studio, kind):
    async def stopped():
        saving = asyncio.create_task(tab.save(journey(seeds=range(40)), kind, 64, "film-name"))
        while studio.jobs.progress("film-name").get("done", 0) == 0:
            await asyncio.sleep(0.01)
        assert studio.jobs.progress("film-name")["stage"] == "drawing" and studio.jobs.stop("film-name")
        with pytest.raises(StudioError) as caught:
            await saving
        return caught.value.code

    assert asyncio.run(stopped()) == "job.stopped"
    assert studio.jobs.progress("film-name") == {"state": "none"}


def test_stop_stops_the_writing_of_a_gif(tab, studio):
    """A GIF is written when all its pictures are there, and even then it can be stopped."""
    stages, real = [], films.Job.tell

    def tell(job, done, total, stage="", view=None):
        stages.append((stage, done))
        if (stage, done) == ("writing", 3):
            job.stop()
        real(job, done, total, stage, view)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(StudioError) as caught:
        patch.setattr(films.Job, "tell", tell)
        asyncio.run(tab.save(journey(), "gif", 32, "film-name"))
    assert caught.value.code == "job.stopped" and stages[-1] == ("writing", 3)


def test_a_point_that_cannot_be_drawn_ends_the_film_in_words(tab):
    wrong = LatentPoint(seed=1, moves=(("nowhere", 1.0),), model="a-plain")
    with pytest.raises(StudioError) as caught:
        asyncio.run(tab.save(Journey((Keyframe(wrong),)), "gif", 32, "film-name"))
    assert caught.value.code == "point.direction"
    with pytest.raises(StudioError) as caught:
        asyncio.run(tab.save(journey("nobody"), "gif", 32, "film-name"))
    assert caught.value.code == "model.unknown"


def test_a_gif_too_large_for_memory_is_refused(tab):
    with pytest.raises(StudioError) as caught:
        asyncio.run(tab.save(journey(seeds=range(60)), "gif", 1024, "film-name"))
    assert caught.value.code == "export.too_large"


@pytest.mark.parametrize("kind", ["gif", "webp", "mp4"])
def test_morph_goes_there_and_back(studio, kind):
    a, b = LatentPoint(seed=1, model="a-plain"), LatentPoint(seed=2, model="a-plain")
    answer = asyncio.run(Morph(studio).save(a, b, 5, "slerp", True, kind, 32, 10, "film-name"))
    assert decoded(answer, kind) == (8, pytest.approx(0.8, abs=0.02), (32, 32))
    assert KEY.encode() not in base64.b64decode(answer["data"])


def test_mixes_of_many_points_travel(tab):
    wide = LatentPoint(mix=Mix(tuple(LatentPoint(seed=i) for i in range(16)), (1 / 16,) * 16), model="a-plain")
    way = Journey(tuple(Keyframe(wide, 0.5) for _ in range(4)), closed=True, fps=8)
    assert asyncio.run(tab.frames(way, 0, 60))["count"] == 16
