"""Single pictures: every mode, orientation and fit, down to the pixels."""

import numpy as np
import pytest
from data_samples import colour_picture, encode, huge_png, write_zip
from PIL import Image

from gan_core.data import load
from gan_core.data.decode import Unreadable, decode, fit_square, to_channels
from gan_core.data.pictures import FITS

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
COLOUR = colour_picture(5, 8)


def decoded(image, kind="PNG", **options) -> np.ndarray:
    return decode(encode(image, kind, **options), 8, "crop")


@pytest.mark.parametrize("kind, options", [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_lossless_formats_are_exact(kind, options):
    assert (decoded(COLOUR, kind, **options) == COLOUR).all()


def test_grey_colour_and_alpha_get_the_bands_they_need():
    alpha = np.dstack([COLOUR, np.full((8, 8), 255, np.uint8)])
    assert decoded(GREY).shape == (8, 8, 1)
    assert decoded(np.dstack([GREY] * 3)).shape == (8, 8, 1)
    assert decoded(alpha).shape == (8, 8, 3)
    alpha[0, 0, 3] = 0
    assert decoded(alpha).shape == (8, 8, 4)


def test_palette_pictures_with_and_without_transparency():
    image = Image.fromarray(COLOUR).quantize(64)
    assert (decoded(image) == np.asarray(image.convert("RGB"))).all()
    assert decoded(image, transparency=0).shape == (8, 8, 4)


def test_one_bit_la_cmyk_and_ycbcr():
    assert set(np.unique(decoded(Image.fromarray(GREY).convert("1")))) <= {0, 255}
    assert decoded(Image.fromarray(np.dstack([GREY, GREY]), "LA")).shape == (8, 8, 4)
    red = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert np.abs(decoded(red, "TIFF").astype(int) - [255, 0, 0]).max() <= 2
    assert np.abs(decoded(red, "JPEG", quality=100).astype(int) - [255, 0, 0]).max() <= 8


def test_sixteen_bits_floats_and_nan():
    deep = (GREY.astype(np.uint16) * 257).astype(np.uint16)
    assert (decoded(deep)[..., 0] == GREY).all()
    assert (decoded(GREY.astype(np.float32) / 255, "TIFF")[..., 0] == GREY).all()
    assert (decoded(GREY.astype(np.int32), "TIFF")[..., 0] == GREY).all()
    with pytest.raises(Unreadable, match="not numbers"):
        decoded(np.full((8, 8), np.nan, np.float32), "TIFF")


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        picture = decoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert (picture == [255, 0, 0]).all()


@pytest.mark.parametrize("orientation, turn", [(3, lambda a: a[::-1, ::-1]), (6, lambda a: np.rot90(a, -1)),
                                               (8, lambda a: np.rot90(a, 1)), (2, lambda a: a[:, ::-1])])  # fmt: skip
def test_exif_rotation(orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert (decoded(COLOUR, "PNG", exif=exif) == turn(COLOUR)).all()


def test_broken_exif_does_not_cost_the_picture():
    data = encode(COLOUR, "WEBP", lossless=True, exif=b"Exif\0\0II*\0\xff\xff\xff\xff garbage")
    assert (decode(data, 8, "crop") == COLOUR).all()


def test_crop_pad_and_stretch_to_the_pixel():
    wide = Image.fromarray(np.repeat(np.array([[10, 20, 30, 40]], np.uint8), 2, axis=0))  # 4 × 2
    fitted = {fit: np.asarray(fit_square(wide, 2, fit)).tolist() for fit in ("crop", "stretch")}
    assert fitted == {"crop": [[20, 30], [20, 30]], "stretch": [[15, 35], [15, 35]]}
    assert np.asarray(fit_square(wide, 4, "pad")).tolist() == [[25] * 4, [10, 20, 30, 40], [10, 20, 30, 40], [25] * 4]
    tall = Image.new("RGBA", (1, 2), (9, 9, 9, 128))
    padded = np.asarray(fit_square(tall, 2, "pad"))
    assert (padded[:, 0] == [9, 9, 9, 128]).all() and (padded[:, 1] == [255, 255, 255, 0]).all()


def test_shrinking_by_a_whole_factor_averages():
    blocks = np.kron(np.array([[0, 100], [200, 250]], np.uint8), np.array([[0, 2], [2, 4]], np.uint8) * 0 + 1)
    assert np.asarray(fit_square(Image.fromarray(blocks), 2)).tolist() == [[0, 100], [200, 250]]
    assert np.asarray(fit_square(Image.fromarray(blocks), 1)).tolist() == [[138]]  # 137.5


def test_pixel_art_grows_with_hard_edges():
    art = Image.fromarray(np.array([[0, 255], [255, 0]], np.uint8))
    assert set(np.unique(np.asarray(fit_square(art, 5, pixel_art=True)))) == {0, 255}


@pytest.mark.parametrize("tall", [False, True])
@pytest.mark.parametrize("at", [0, 150, 400, 500])
def test_smart_crop_goes_where_the_detail_is(at, tall):
    pixels = np.full((100, 600, 3), 120, np.uint8)
    pixels[:, at : at + 100] = np.random.RandomState(0).randint(0, 256, (100, 100, 3))
    pixels = pixels.swapaxes(0, 1) if tall else pixels
    seen = np.asarray(fit_square(Image.fromarray(np.ascontiguousarray(pixels)), 100, "smart"))
    assert (seen != 120).any(2).mean() > 0.95


def test_smart_crop_of_a_plain_picture_is_the_middle():
    ramp = np.repeat(np.linspace(0, 250, 251, dtype=np.uint8)[None], 51, axis=0)
    assert np.array_equal(*(np.asarray(fit_square(Image.fromarray(ramp), 51, fit)) for fit in ("smart", "crop")))


def test_extreme_shapes_cost_nothing():
    line = encode(Image.new("L", (30_000, 1), 77))
    for fit in FITS:
        assert (decode(line, 8, fit) == 77).all()


def test_channels_flatten_on_white_and_weigh_grey():
    clear = np.array([[[255, 0, 0, 0], [255, 0, 0, 128], [255, 0, 0, 255]]], np.uint8)
    assert to_channels(clear, 3)[:, 0].T.tolist() == [[255, 255, 255], [255, 127, 127], [255, 0, 0]]
    assert to_channels(clear, 1)[0, 0].tolist() == [255, 165, 76]
    assert to_channels(np.array([[[7]]], np.uint8), 4).ravel().tolist() == [7, 7, 7, 255]


def test_large_jpeg_is_drafted_yet_right(tmp_path):
    half = np.zeros((1600, 1600, 3), np.uint8)
    half[:, 800:] = (200, 100, 50)
    picture = decode(encode(half, "JPEG", quality=95), 16, "crop").astype(int)
    assert np.abs(picture[:, :7]).max() <= 6 and np.abs(picture[:, 9:] - [200, 100, 50]).max() <= 6


@pytest.mark.parametrize("side", [8_000, 20_000])
def test_a_huge_picture_is_refused_by_its_header(side, monkeypatch):
    data = huge_png(side)
    assert len(data) < 100_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("pixels were decoded"))
    with pytest.raises(Unreadable, match="more than 50 million pixels"):
        decode(data, 64, "crop")


@pytest.mark.parametrize("pictures, channels", [
    ([GREY, GREY], 1), ([GREY, COLOUR], 3), ([np.dstack([COLOUR, GREY])] * 2 + [GREY], 4),
    ([np.dstack([COLOUR, GREY]), GREY, COLOUR], 3),
])  # fmt: skip
def test_channels_are_chosen_for_the_set(tmp_path, pictures, channels):
    write_zip(tmp_path / "z.zip", {f"{n}.png": encode(picture) for n, picture in enumerate(pictures)})
    assert load(tmp_path / "z.zip").channels == channels
