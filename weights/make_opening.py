"""Draw opening.webp, the picture with which the app opens, of the model it opens with: `python -m weights.make_opening`."""

from pathlib import Path

from PIL import Image

import gan_core
from gan_core.ui.library import OPENING
from gan_core.ui.opening import FILE, FIRST_SEED

HERE = Path(__file__).parent


def main() -> None:
    """Write it without loss: the app's own drawing replaces it, and nobody should see that."""
    (picture,) = gan_core.render(gan_core.load(HERE / OPENING, "cpu"), [gan_core.LatentPoint(seed=FIRST_SEED)])
    Image.fromarray(picture).save(HERE / OPENING / FILE, lossless=True, quality=100, method=6)


if __name__ == "__main__":
    main()
