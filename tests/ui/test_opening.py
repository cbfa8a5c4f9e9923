"""The first picture, ready before PyTorch is: it must be the one that the sliders then move."""

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import gan_core
from benchmarks.common import ROOT
from gan_core.ui import opening
from gan_core.ui.engine import Engine
from gan_core.ui.library import OPENING
from gan_core.ui.page import STATIC


def asked(weights: Path, runs: Path):
    with TestClient(Starlette(routes=opening.routes(None, Engine(weights, runs)))) as client:
        return client.get("/opening.webp")


def test_the_bundled_picture_is_what_the_app_draws_first(tmp_path):
    point = gan_core.LatentPoint(seed=opening.FIRST_SEED, model=OPENING)
    (drawn,) = asyncio.run(Engine(ROOT / "weights", tmp_path, "cpu").render(OPENING, [point]))
    bundled = np.asarray(Image.open(ROOT / "weights" / OPENING / opening.FILE).convert("RGB"))
    assert np.abs(drawn.astype(int) - bundled).max() <= 2
    assert f"FIRST_SEED = {opening.FIRST_SEED};" in (STATIC / "explore.js").read_text()


def test_it_is_the_first_models_or_nothing(weights, tmp_path):
    answer = asked(ROOT / "weights", tmp_path)
    assert answer.content == (ROOT / "weights" / OPENING / opening.FILE).read_bytes()
    assert answer.headers["content-type"] == "image/webp" and answer.headers["cache-control"] == "no-cache"
    assert asked(weights, tmp_path).status_code == 204 and asked(tmp_path, tmp_path).status_code == 204


def test_the_page_is_built_without_pytorch_and_without_gradios_stubs(tmp_path):
    program = (
        "import sys; from gan_core.ui import Settings, build, launch; import gan_core.ui.theme, gan_core.ui.page;"
        "build(Settings(sys.argv[1])); from gradio import component_meta as meta; "
        "print('torch' in sys.modules, 'matplotlib' in sys.modules, meta.create_or_modify_pyi.__module__)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert ran.stdout.split() == ["False", "False", "gan_core.ui.lean_gradio"], ran.stderr[-500:]
