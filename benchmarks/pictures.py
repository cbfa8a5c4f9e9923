"""The pictures of README.md and its film, made by the app itself: `python -m benchmarks.pictures [--only film]`."""

import argparse
import asyncio
import base64
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.common import ROOT
from benchmarks.live import chromium, running_app

DOCS = ROOT / "docs"
MODEL, SEED = "faces-style", 20
MOST = 60_000  # bytes of a picture
SETTLE = 15_000  # milliseconds until all small pictures are there, on a busy machine, too
FILM_SIDE = 160  # pixels
TRAINING = [
    "--data",
    "pixel-faces",
    "--minutes",
    "1.5",
    "--family",
    "dcgan",
]  # what is watched, where no --run is given
POINT = f"?point=%7B%22seed%22:{SEED},%22model%22:%22{MODEL}%22%7D"
AWAKE = "#panel-explore .hero.awake"


def explore(page, url: str) -> None:
    """A face, its sliders, and pictures that were visited."""
    page.goto(url + POINT)
    page.wait_for_selector(AWAKE)
    page.wait_for_selector(".directions input[type=range]")
    for seed in (7, 31, 58, 3, SEED):
        page.evaluate(f"studio.store.set({{ seed: {seed}, model: '{MODEL}' }})")
        page.wait_for_timeout(400)
    page.locator(".directions input[type=range]").first.fill("1.5")
    page.wait_for_timeout(SETTLE)


def look_at_map(page, url: str) -> None:
    """Hundreds of pictures, like beside like."""
    page.goto(url + POINT)
    page.wait_for_selector(AWAKE)
    page.evaluate("studio.tools.choose('map')")
    page.wait_for_selector(".map-board [data-act=stop]")
    page.wait_for_selector(".map-board [data-act=stop]", state="hidden")
    page.wait_for_timeout(SETTLE)


def watch(page, url: str) -> None:
    """A training that is over: its pictures, its curves and the sentence that reads them."""
    page.add_init_script("localStorage.setItem('studio.run', 'pixel-faces')")
    page.goto(url + "?tab=train")
    page.wait_for_selector("#tab-train .watch-sheet img:not([hidden])")
    page.wait_for_timeout(SETTLE)


def phone(page, url: str) -> None:
    """Explore on a phone, in Chinese and dark."""
    page.goto(url + POINT)
    page.wait_for_selector(AWAKE)
    page.wait_for_timeout(2500)


def journey(page, url: str) -> None:
    """The film's own keyframes on the line of time."""
    page.add_init_script(f"localStorage.setItem('studio.journey', {(DOCS / 'film.json').read_text()!r})")
    page.goto(url + "?tab=journey")
    page.wait_for_selector("#panel-journey .keyframe canvas")
    page.wait_for_function("studio.store.model || studio.store.models.length")
    page.wait_for_timeout(SETTLE)


WIDE = {"viewport": {"width": 1180, "height": 800}, "color_scheme": "light", "locale": "en-US"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "locale": "zh-CN", "is_mobile": True, "has_touch": True}  # fmt: skip
SHOTS: dict[str, tuple[Callable, dict]] = {
    "explore": (explore, WIDE),
    "map": (look_at_map, WIDE),
    "train": (watch, WIDE),
    "journey": (journey, WIDE),
    "phone": (phone, PHONE),
}


def shoot(names: list[str], runs: Path) -> None:
    """Write docs/<name>.webp of each name in SHOTS, at the best quality that fits into MOST bytes."""
    with running_app(ROOT / "weights", runs, {"OMP_NUM_THREADS": "1"}) as (_, url), chromium() as browser:
        for name in names:
            act, look = SHOTS[name]
            context = browser.new_context(reduced_motion="reduce", **look)
            page = context.new_page()
            page.set_default_timeout(120_000)
            act(page, url)
            data = fitting(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            context.close()
            (DOCS / f"{name}.webp").write_bytes(data)
            print(f"docs/{name}.webp  {len(data):,} bytes", flush=True)


def fitting(picture: Image.Image) -> bytes:
    """Return a picture as WebP of at most MOST bytes: at a lower quality, then smaller."""
    while True:
        for quality in range(90, 45, -6):
            file = io.BytesIO()
            picture.save(file, "webp", quality=quality, method=6)
            if file.tell() <= MOST:
                return file.getvalue()
        picture = picture.resize([side * 7 // 8 for side in picture.size], Image.Resampling.LANCZOS)


def film() -> None:
    """Write docs/film.webp: the journey docs/film.json, saved as the Journey tab saves it."""
    from gan_core.latent.journey import Journey, frames
    from gan_core.ui import Settings, Studio
    from gan_core.ui.engine import Engine
    from gan_core.ui.tabs.journey import JourneyTab

    journey = Journey.from_json((DOCS / "film.json").read_text(encoding="utf-8"))
    settings = Settings(weights=ROOT / "weights", runs=Path(tempfile.gettempdir()))
    tab = JourneyTab(Studio(settings, Engine(settings.weights, settings.runs, "cpu")))
    data = base64.b64decode(asyncio.run(tab.save(journey, "webp", FILM_SIDE, "film-of-readme"))["data"])
    (DOCS / "film.webp").write_bytes(data)
    print(f"docs/film.webp  {len(data):,} bytes, {len(frames(journey)) / journey.fps:.1f} s")


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--only", default=",".join([*SHOTS, "film"]), help="names, with commas between them")
    flags.add_argument("--run", type=Path, help="folder of a finished run to be watched (default: train one now)")
    asked = flags.parse_args()
    names = asked.only.split(",")
    if "film" in names:
        film()
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        runs.mkdir()
        if "train" in names and asked.run:
            shutil.copytree(asked.run, runs / "pixel-faces")
        elif "train" in names:
            argv = [sys.executable, "train_local.py", *TRAINING, "--out", str(runs / "pixel-faces")]
            subprocess.run(argv, cwd=ROOT, check=True)
        shots = [name for name in names if name in SHOTS]
        if shots:
            shoot(shots, runs)


if __name__ == "__main__":
    main()
