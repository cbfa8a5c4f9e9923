"""Distil encoder.safetensors of the bundled GANs from the models themselves: `python -m weights.make_encoders [NAME …]`."""

import sys
import time
from pathlib import Path

from gan_core.checkpoint import list_models, load_model
from gan_core.latent.distill import Budget, distil, save_encoder

HERE = Path(__file__).parent
STEPS = {64: 300, 28: 600, 16: 800}  # by resolution: large pictures are dear, and the search that follows does the rest
FOREVER = 1e9  # seconds: bounded by steps alone, so that the result does not depend on the machine's speed


def main(names: list[str]) -> None:
    """Write one file for each model without an encoder of its own."""
    for entry in list_models(HERE):
        if names and entry.path.name not in names:
            continue
        model, started = load_model(entry.path), time.monotonic()
        if model.can_encode:
            continue
        encoder = distil(model, Budget(STEPS[entry.config.resolution], FOREVER), seed=0)
        save_encoder(model, encoder, entry.path)
        print(f"{entry.path.name}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
