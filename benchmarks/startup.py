"""How long until the first picture: `python -m benchmarks.startup`.

Starts app.py with the bundled models as a process of its own, opens it in a real Chromium as soon as it answers, and prints the
seconds from the process's start to the page served, to the first picture painted (drawn beforehand, see gan_core/ui/opening.py) and
to the same one drawn by the app, from when on sliders move it; the idle app's memory (RSS); and, with the page open and nobody doing
anything, the share of a core that app and browser take.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from benchmarks.common import ROOT, processor_seconds
from benchmarks.live import chromium, running_app

REST = 10  # seconds of rest that are measured


def memory(process: int) -> float:
    """Resident memory of a process in MB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def one_start(browser, weights: Path) -> dict[str, float]:
    """Start the app anew and open it at once; return figures."""
    with tempfile.TemporaryDirectory() as runs:
        start = time.perf_counter()
        with running_app(weights, Path(runs)) as (app, url):
            served = time.perf_counter() - start
            page = browser.new_page()
            page.goto(url, wait_until="commit")
            page.wait_for_selector("#opening canvas, .hero.opened, .hero.awake", timeout=120_000)
            painted = time.perf_counter() - start
            page.wait_for_selector("#panel-explore .hero.awake", timeout=120_000)
            live = time.perf_counter() - start
            page.wait_for_timeout(2000)
            processor = processor_seconds(app.pid)
            page.wait_for_timeout(8000)
            before = processor_seconds(app.pid), processor_seconds(os.getpid(), without=app.pid)
            page.wait_for_timeout(1000 * REST)
            after = processor_seconds(app.pid), processor_seconds(os.getpid(), without=app.pid)
            figures = {
                "served s": served,
                "painted s": painted,
                "live s": live,
                "processor s": processor,
                "memory MB": memory(app.pid),
                "idle app %": 100 * (after[0] - before[0]) / REST,
                "idle page %": 100 * (after[1] - before[1]) / REST,
            }
            page.close()
            return figures


def main() -> None:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--weights", type=Path, default=ROOT / "weights")
    flags.add_argument("--rounds", type=int, default=3)
    options = flags.parse_args()
    with chromium() as browser:
        rounds = [one_start(browser, options.weights.resolve()) for _ in range(options.rounds)]
    for key in rounds[0]:
        print(f"{key:12} {sorted(figures[key] for figures in rounds)[len(rounds) // 2]:8.1f}")
    print(
        f"load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores (targets: painted 5 s on a quiet machine, memory 900 MB)"
    )


if __name__ == "__main__":
    main()
