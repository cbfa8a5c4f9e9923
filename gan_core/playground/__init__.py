"""The playground: generative models of two numbers, small enough to learn in seconds and to be drawn whole. Needs no gradio."""

from gan_core.playground.clouds import CLOUDS, MAX_POINTS, Cloud, cloud
from gan_core.playground.frames import Frame, modes_caught
from gan_core.playground.play import METHODS, Play, PlaySettings, frames

__all__ = [
    "CLOUDS", "MAX_POINTS", "METHODS", "Cloud", "Frame", "Play", "PlaySettings", "cloud", "frames", "modes_caught",
]  # fmt: skip
