"""A whole page in a sandbox: tiny models, one finished run, no Hub, no trainer, and a secret beside the folders it may use."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.run import Run
from gan_core.ui import Settings, build, limits
from gan_core.ui.engine import Engine
from tests.tiny_models import make_weights

SECRET = "canary-7f3a"


@dataclass(frozen=True)
class Box:
    """The sandbox: `page` is the app as gr.Blocks, `root` holds its folders and the secret."""

    root: Path
    settings: Settings
    page: object

    def restore(self) -> None:
        """Put back the run that attacks may delete."""
        run = Run(self.settings.runs / "old")
        if not run.model_folder.is_dir():
            shutil.rmtree(run.path, ignore_errors=True)
            run.save_config(TrainConfig(data="pixel-faces", out=str(run.path), name="My run"))
            os.utime(run.path / "config.json", (1e9, 1e9))
            run.samples_folder.mkdir()
            Image.new("RGB", (12, 8)).save(run.samples_folder / "00000000.webp")
            shutil.copytree(self.settings.weights / "a-plain", run.model_folder)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    """The app of one person at home, as a page that nobody serves."""
    from huggingface_hub import constants

    root = tmp_path_factory.mktemp("box")
    settings = Settings(make_weights(root / "weights"), root / "runs", root / "imported", device="cpu")
    settings.runs.mkdir()
    (root / "secret.txt").write_text(SECRET)
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SPACE_ID", "SYSTEM", "GRADIO_SHARE", "HF_TOKEN", limits.MINUTES_VARIABLE):
            patch.delenv(name, raising=False)
        patch.setenv("GRADIO_TEMP_DIR", str(root / "temp"))
        patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
        patch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
        for name in ("HF_HOME", "HF_HUB_CACHE", "HF_TOKEN_PATH", "HF_STORED_TOKENS_PATH"):
            patch.setattr(constants, name, str(root / "hub" / name.lower()))
        _nothing_long(patch)
        os.chdir(root)
        engine = Engine(settings.weights, settings.runs, settings.device, settings.imported)
        yield Box(root, settings, build(settings, engine))
        os.chdir(before)


def _nothing_long(patch: pytest.MonkeyPatch) -> None:
    """What takes seconds or starts a process is refused at its door; everything before the door is attacked."""
    from gan_core.latent import distill
    from gan_core.ui import expect_desk, exports, share_desk, train_desk
    from gan_core.ui.tools import map as map_tool

    def closed(*args, **kwargs):
        raise StudioError("test.closed", "Not in this test.")

    def launch(config, resume=False):
        assert Path(config.out).resolve().parent.name == "runs", config.out
        closed()

    patch.setattr(train_desk, "launch", launch)
    patch.setattr(train_desk, "enqueue", launch)
    for module, name in (
        (expect_desk, "measure"),
        (exports, "written"),
        (share_desk, "compare"),
        (map_tool, "make"),
        (distill, "distil"),
    ):
        patch.setattr(module, name, closed)
