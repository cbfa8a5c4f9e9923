"""How closely the picture follows a slider: `python -m benchmarks.drag [--model faces-gan]`.

A real Chromium drags a slider of the real app at 60 Hz. The floor is the least a web page can do with the same model: a bare
FastAPI route in a process of its own renders and encodes the same picture, plain JavaScript fetches and paints it.
Printed: pictures painted a second, median and 95th percentile of input → painted, and their ratio to the floor.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.common import ROOT, free_port
from benchmarks.live import chromium, start_app, wait_for

SECONDS, HERTZ = 4, 60
SLIDER = ".slider-row input:visible, #explore-d0"  # the app's first in sight, or the floor's only one

FLOOR_SERVER = """
import base64, io, json, sys
import torch, uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from gan_core.checkpoint import load_model
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import render
from gan_core.ui.pictures import encode
torch.set_num_threads(1)
model, app = load_model(sys.argv[1]), FastAPI()

@app.get("/")
def page():
    return HTMLResponse(open(sys.argv[3]).read())

@app.post("/picture")
async def picture(request: Request):
    (pixels,) = render(model, [LatentPoint.from_json(await request.json())])
    kind, data = encode(pixels)
    return Response(data, media_type=kind)

uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
"""

FLOOR_PAGE = """<!doctype html><canvas id=c width=648 height=648 style="width:648px;height:648px"></canvas><br>
<input id="explore-d0" type=range min=-3 max=3 step=0.05 value=0 style="width:300px"><script>
const context = c.getContext("2d"), slider = document.getElementById("explore-d0"); context.imageSmoothingQuality = "high";
let next = null, busy = false;
const pump = async () => { if (busy) return; busy = true; while (next) { const point = next; next = null;
  const answer = await fetch("/picture", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(point)});
  const image = await createImageBitmap(await answer.blob()); context.drawImage(image, 0, 0, 648, 648); c.dataset.point = JSON.stringify(point); } busy = false; };
slider.addEventListener("input", () => { next = {seed: 1, moves: [["d0", Number(slider.value)]], truncation: 1}; pump(); });
</script>"""

# Notes when a slider value was entered and when a picture of that value (or of a later one) was painted.
PROBE = """(canvas, name) => {
  const slider = document.getElementById(`explore-${name}`), waiting = [];
  window.probe = {delays: [], painted: 0};
  slider.addEventListener("input", () => waiting.push([Number(slider.value), performance.now()]), true);
  new MutationObserver(() => requestAnimationFrame(() => {
    const move = (JSON.parse(canvas.dataset.point).moves || []).find(move => move[0] === name), value = move ? move[1] : 0;
    const found = waiting.map(entry => entry[0]).lastIndexOf(value);
    if (found < 0) return;
    probe.delays.push(performance.now() - waiting[found][1]);
    probe.painted += 1;
    waiting.splice(0, found + 1);
  })).observe(canvas, {attributes: true, attributeFilter: ["data-point"]});
}"""


def drag(page: Page) -> dict:
    """Drag the first slider to and fro for SECONDS at HERTZ; return figures."""
    slider = page.locator(SLIDER).first
    name = slider.get_attribute("id").removeprefix("explore-")
    page.locator("canvas").first.evaluate(PROBE, name)
    box = slider.bounding_box()
    y, left, width = box["y"] + box["height"] / 2, box["x"] + 12, box["width"] - 24
    page.mouse.move(left + width / 2, y)
    page.mouse.down()
    start, steps = time.perf_counter(), SECONDS * HERTZ
    for i in range(steps):
        share = abs((i * 2.3 / HERTZ + 0.5) % 2 - 1)
        page.mouse.move(left + width * share, y)
        time.sleep(max(0, start + (i + 1) / HERTZ - time.perf_counter()))
    elapsed = time.perf_counter() - start
    painted = page.evaluate("probe.painted")
    page.mouse.up()
    page.wait_for_timeout(500)
    point = json.loads(page.locator("canvas").first.get_attribute("data-point"))
    value = dict(map(tuple, point.get("moves", []))).get(name, 0)
    delays = sorted(page.evaluate("probe.delays"))
    return {
        "per_second": painted / elapsed,
        "median": delays[len(delays) // 2],
        "p95": delays[int(len(delays) * 0.95)],
        "last_is_last": abs(value - float(slider.input_value())) < 1e-6,
    }


def measure(browser, url: str) -> dict:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(url)
    page.wait_for_selector(SLIDER, timeout=60_000)
    for more in page.locator(".directions .more:visible").all():
        more.click()  # all sliders, up to 24, and the pictures at their ends
    page.wait_for_timeout(1500)
    drag(page)  # warm
    figures = drag(page)
    page.close()
    return figures


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--weights", type=Path, default=ROOT / "weights")
    flags.add_argument("--model", default="faces-gan")
    flags.add_argument(
        "--rounds", type=int, default=3, help="app and floor are measured in turn this often; the medians count"
    )
    options = flags.parse_args()
    scratch = Path(os.environ.get("TMPDIR", "/tmp")) / f"latent-studio-drag-{os.getpid()}"
    scratch.mkdir()
    (scratch / "floor.html").write_text(FLOOR_PAGE)
    port, env = free_port(), os.environ | {"PYTHONPATH": str(ROOT)}
    floor = [
        sys.executable,
        "-c",
        FLOOR_SERVER,
        options.weights.resolve() / options.model,
        str(port),
        scratch / "floor.html",
    ]
    app, url = start_app(options.weights.resolve(), scratch / "runs")
    processes = [app, subprocess.Popen([*map(str, floor)], cwd=ROOT, env=env)]
    point = json.dumps({"seed": 1, "model": options.model}, separators=(",", ":"))
    urls = f"{url}?point={point}", f"http://127.0.0.1:{port}/"
    results: dict[str, list[dict]] = {"app": [], "floor": []}
    try:
        for url, process in zip(urls, processes, strict=True):
            wait_for(url.split("?")[0], process)
        with chromium() as browser:
            for _ in range(options.rounds):
                for name, url in zip(results, urls, strict=True):
                    results[name].append(measure(browser, url))
    finally:
        for process in processes:
            process.terminate()
    report(results)


def report(results: dict[str, list[dict]]) -> None:
    def middle(name: str, key: str) -> float:
        return sorted(figures[key] for figures in results[name])[len(results[name]) // 2]

    for name in results:
        row = "  ".join(f"{key} {middle(name, key):6.1f}" for key in ("per_second", "median", "p95"))
        print(f"{name:6} {row}  last picture = last position: {all(f['last_is_last'] for f in results[name])}")
    print(
        f"ratio of medians: {middle('app', 'median') / middle('floor', 'median'):.2f}   load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
