"""A model as one HTML page: its size, how soon the first picture is there, and pictures a second in a real browser without a network.

    python -m benchmarks.html_export                    # faces-style faces-gan faces-vae emoji-people
    python -m benchmarks.html_export digits-gan --pictures 200

The floor is the same model in PyTorch on one thread, one picture at a time. Rates are pictures per second of processor time
(of the page's process, from the browser; of this one), which other programs on the machine change little; by the clock beside it.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.common import ROOT
from benchmarks.live import chromium
from gan_core.checkpoint import load_model
from gan_core.export.html import to_html
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import locate
from gan_core.layers import fold_norms

MODELS = ("faces-style", "faces-gan", "faces-vae", "emoji-people")
DRAW = """async count => {
  const places = Array.from({length: count}, (_, i) => ({seed: i % 8, x: i / count, typical: 0.9}));
  const began = performance.now();
  for (const place of places) await latentStudio.pixels(place);
  return count / (performance.now() - began) * 1000;
}"""


def in_browser(browser, page: Path, pictures: int) -> dict:
    """First picture (s), pictures a second by the clock and by processor time, of a page opened from the disk."""
    context = browser.new_context(offline=True)
    tab, session = context.new_page(), browser.new_browser_cdp_session()
    began = time.perf_counter()
    tab.goto(page.as_uri())
    tab.evaluate("latentStudio.ready")
    first = time.perf_counter() - began
    tab.evaluate(DRAW, pictures)  # compiled by then
    before = processor_seconds(session)
    rate = tab.evaluate(DRAW, pictures)
    used = processor_seconds(session) - before
    context.close()
    return {"first": first, "clock": rate, "processor": pictures / used}


def processor_seconds(session) -> float:
    """Processor time that the browser's pages have used so far."""
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    return sum(process["cpuTime"] for process in processes if process["type"] == "renderer")


@torch.inference_mode()
def in_torch(model, pictures: int) -> float:
    """Pictures per second of processor time in PyTorch, one thread, one at a time, as the app draws them."""
    network = fold_norms(model)
    codes = [locate(network, [LatentPoint(seed=seed)]) for seed in range(8)]
    for code, labels in codes:
        network.synthesis(code, labels)
    began = time.process_time()
    for i in range(pictures):
        network.synthesis(*codes[i % 8])
    return pictures / (time.process_time() - began)


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("models", nargs="*", default=MODELS)
    cli.add_argument("--pictures", type=int, default=100)
    options = cli.parse_args()
    torch.set_num_threads(1)
    print("model            MB   first picture s   pictures/s (clock)   per processor second   PyTorch   ratio")
    with TemporaryDirectory() as folder, chromium() as browser:
        for name in options.models:
            model, page = load_model(ROOT / "weights" / name), Path(folder) / f"{name}.html"
            page.write_bytes(to_html(model))
            seen, floor = in_browser(browser, page, options.pictures), in_torch(model, options.pictures)
            size = page.stat().st_size / 1e6
            print(
                f"{name:14} {size:5.2f} {seen['first']:13.1f} {seen['clock']:18.1f} {seen['processor']:20.1f} {floor:13.1f} {seen['processor'] / floor:9.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
