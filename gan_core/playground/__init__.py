"""The playground: generative models of two numbers, small enough to learn in seconds and to be drawn whole. Needs no gradio."""

from gan_core.playground.clouds import CLOUDS, MAX_POINTS, Cloud, cloud
from gan_core.playground.settings import PlaySettings
from gan_core.registry import resolve

HOMES = {  # imported when first used, as they need PyTorch
    "Frame": "gan_core.playground.frames:Frame",
    "METHODS": "gan_core.playground.play:METHODS",
    "Play": "gan_core.playground.play:Play",
    "modes_caught": "gan_core.playground.frames:modes_caught",
}
__all__ = ["CLOUDS", "MAX_POINTS", "Cloud", "PlaySettings", "cloud", *HOMES]


def __getattr__(name: str):
    if name not in HOMES:
        raise AttributeError(f"module 'gan_core.playground' has no attribute {name!r}")
    return resolve(HOMES, name)
