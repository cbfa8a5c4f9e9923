"""Latent Studio in the browser: `python app.py` opens it and prints its address."""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

HERE = Path(__file__).parent


def main() -> int:
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument(
        "--host", help="address to listen on; 0.0.0.0 lets other machines in (default: GRADIO_SERVER_NAME or 127.0.0.1)"
    )
    flags.add_argument(
        "--port", type=int, help="port to listen on (default: GRADIO_SERVER_PORT or the first free one from 7860)"
    )
    flags.add_argument("--weights", type=Path, default=HERE / "weights", help="folder of models to explore")
    flags.add_argument("--runs", type=Path, default=HERE / "runs", help="folder where training runs are kept")
    flags.add_argument(
        "--imported", type=Path, default=HERE / "imported", help="folder where other people's models are kept"
    )
    flags.add_argument("--share", action="store_true", default=None, help="also open a public link through gradio.live")
    flags.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    flags.add_argument(
        "--app", dest="window", action="store_true", help="open a window of its own; closing it ends the app"
    )
    flags.add_argument("--mcp", action="store_true", help="also serve agents (MCP), beside the endpoints for programs")
    flags.add_argument(
        "--log", choices=("json", "plain"), help="write a line for each event (default: LATENT_STUDIO_LOG)"
    )
    flags.add_argument("--no-browser", dest="browser", action="store_false", help="only print the address")
    from gan_core.ui import Settings
    from gan_core.ui.launch import run

    return run(Settings(**vars(flags.parse_args())))


if __name__ == "__main__":
    sys.exit(main())
