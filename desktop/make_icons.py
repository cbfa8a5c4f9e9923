"""Draw the app's icons from gan_core/ui/static/icon.svg with a Chromium: `python -m desktop.make_icons`."""

import io

from PIL import Image

from benchmarks.live import chromium
from gan_core.ui.page import STATIC

PAPER = "#f7f6f3"
# file name: (pixels a side, share of the side that the drawing fills, colour behind it). A maskable icon may be cut to a circle of 80 %.
ICONS = {
    "icon-192.png": (192, 1.0, "transparent"),
    "icon-512.png": (512, 1.0, "transparent"),
    "icon-maskable-512.png": (512, 0.92, PAPER),
    "icon-apple-180.png": (180, 0.96, PAPER),
}


def main() -> None:
    """Write every icon of ICONS."""
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8")
    with chromium() as browser:
        for name, (side, share, behind) in ICONS.items():
            page = browser.new_page(viewport={"width": side, "height": side})
            page.set_content(
                f"<style>body {{ margin: 0; display: grid; place-items: center; height: 100vh; background: {behind} }}"
                f"svg {{ width: {100 * share}vw; height: {100 * share}vw }}</style>{drawing}"
            )
            picture = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
            picture.save(STATIC.parent / "icons" / name, optimize=True)
            page.close()


if __name__ == "__main__":
    main()
