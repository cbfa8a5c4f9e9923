"""How long until many pictures are there: `python -m benchmarks.sheets [--model faces-gan]`.

In the real app and a real Chromium: from the click until a grid of 64 is painted, and until a morph of 60 frames can be scrubbed.
The floor is the same number of pictures drawn with `render` alone, in a process that does nothing else, on as many threads.
Writes benchmarks/results/sheets.json.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks import common
from benchmarks.live import chromium, running_app

GRID, FRAMES = 64, 60
# Clicks the dice and answers the milliseconds until an element's data-ready is set anew.
CLICK = """async ([panel, button, frames]) => {
  const element = [...document.querySelectorAll(`${panel}, ${panel} *`)].find(node => node.dataset.ready !== undefined);
  const before = element.dataset.ready, start = performance.now();
  delete element.dataset.ready;
  document.querySelector(`${panel} ${button}`).click();
  while (element.dataset.ready === undefined || (frames ? element.dataset.ready !== frames : element.dataset.ready === before)) {
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - start;
}"""


def in_browser(page, url: str, model: str, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, by what was waited for."""
    point = json.dumps({"seed": 1, "model": model}, separators=(",", ":"))
    page.add_init_script(
        f"""localStorage.setItem("studio.grid", '{{"rows": 8, "columns": 8}}');
        localStorage.setItem("studio.morph", '{{"count": {FRAMES}}}');"""
    )
    page.goto(f"{url}?point={point}&tab=grid")
    page.wait_for_selector("#panel-grid [data-ready], #panel-grid[data-ready]")
    grid = [page.evaluate(CLICK, ["#panel-grid", "[data-act=surprise]", ""]) / 1e3 for _ in range(rounds + 1)]
    page.click("#to-morph")
    page.wait_for_selector(f'#panel-morph [data-ready="{FRAMES}"], #panel-morph[data-ready="{FRAMES}"]')
    morph = [
        page.evaluate(CLICK, ["#panel-morph", "[data-end=b] [data-do=surprise]", str(FRAMES)]) / 1e3
        for _ in range(rounds + 1)
    ]
    return {"grid of 64": grid[1:], "morph of 60 frames": morph[1:]}


def bare(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Seconds that `render` alone takes for the same pictures."""
    import torch

    from gan_core import LatentPoint, interpolate, render
    from gan_core.checkpoint import load_model

    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    model, seconds = load_model(folder), {"grid of 64": [], "morph of 60 frames": []}
    for turn in range(rounds + 1):
        grid = [LatentPoint(seed=1000 * turn + i) for i in range(GRID)]
        morph = interpolate(LatentPoint(seed=turn), LatentPoint(seed=turn + 1), FRAMES)
        for name, points in zip(seconds, (grid, morph), strict=True):
            start = time.perf_counter()
            render(model, points)
            seconds[name].append(time.perf_counter() - start)
    return {name: found[1:] for name, found in seconds.items()}


def main() -> None:
    """Measure, write and print."""
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--model", default="faces-gan")
    flags.add_argument("--rounds", type=int, default=5)
    flags.add_argument("--weights", type=Path, default=common.ROOT / "weights")
    flags.add_argument("--out", type=Path, default=common.RESULTS)
    options = flags.parse_args()
    weights = options.weights.resolve()
    floor = bare(weights / options.model, options.rounds)
    with tempfile.TemporaryDirectory() as runs, running_app(weights, Path(runs)) as (_, url), chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        app = in_browser(page, url, options.model, options.rounds)
    rows = []
    for name in app:
        seconds, least = statistics.median(app[name]), statistics.median(floor[name])
        row = {"what": name, "seconds": round(seconds, 3), "floor": round(least, 3), "ratio": round(seconds / least, 2)}
        rows.append(row)
        print(json.dumps(row))
    facts = {"machine": common.machine(common.usable_cores()), "command": common.command("sheets")}
    common.write_json(options.out / "sheets.json", {**facts, "model": options.model, "rows": rows})


if __name__ == "__main__":
    main()
