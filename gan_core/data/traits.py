"""What the labels of pictures say about each of them, as numbers from 0 to 1: "smile", "long-hair", one trait a class.

TRAITS is a table: bundled set -> trait -> how to read it off a picture's attributes.
"""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_core.data.pictures import PictureSet

MAX_CLASSES = 20
COLOURS = {
    "black": "2c1b18", "brown": "724133", "auburn": "a55728", "blonde": "d6b370", "silver": "d8d8d8", "red": "c93305",
    "pink": "f59797", "purple": "6a4c93", "teal": "2a9d8f", "blue": "3a86ff",
    "sky": "b6e3f4", "lilac": "c0aede", "mint": "d1f0c2", "rose": "ffd5dc", "peach": "ffdfbf", "butter": "fff3b0",
}  # fmt: skip
SKIN = {"dark": 0.0, "brown": 0.25, "tan": 0.5, "light": 0.75, "pale": 1.0}
LONG = {f"variant{n}" for n in (10, 13, 15, 16, 18, 21, 23, 24, 29, 32, 35, 40, 41, 42, 45)}  # below the chin, by eye
DYED = {"red", "pink", "purple", "teal", "blue"}


@dataclass(frozen=True)
class Trait:
    """Something that a picture has or has not, or has more or less of: `values` float [N], 0 to 1.

    `title` is what people call it; empty where the interface has words for `name`.
    """

    name: str
    values: Tensor
    title: str = ""


def luminance(colour: str) -> float:
    """How light a colour "#rrggbb" is, 0 to 1 (Rec. 709 weights of the encoded values)."""
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def warmth(colour: str) -> float:
    """1 for a warm colour (red to yellow), 0 for a cool one (green to violet)."""
    hue = colorsys.rgb_to_hsv(*_channels(colour))[0]
    return float(hue < 0.2 or hue > 0.88)


def _channels(colour: str) -> list[float]:
    text = COLOURS.get(colour, colour).lstrip("#")
    return [int(text[i : i + 2], 16) / 255 for i in (0, 2, 4)]


def _has(key: str) -> Callable[[dict], float]:
    return lambda row: float(bool(row.get(key)))


TRAITS: dict[str, dict[str, Callable[[dict], float]]] = {
    "faces": {
        "smile": _has("smile"),
        "glasses": _has("glasses"),
        "beard": _has("beard"),
        "earrings": _has("earrings"),
        "freckles": _has("freckles"),
        "long-hair": lambda row: float(row["hair"] in LONG),
        "light-hair": lambda row: luminance(row["hairColor"]),
        "dyed-hair": lambda row: float(row["hairColor"] in DYED),
        "light-skin": lambda row: SKIN[row["skin"]],
        "warm-background": lambda row: warmth(row["bg"]),
    },
    "pixel-faces": {
        "smile": lambda row: float(row["mouth"].startswith("happy")),
        "glasses": _has("glasses"),
        "hat": _has("hat"),
        "beard": _has("beard"),
        "earrings": _has("accessories"),
        "long-hair": lambda row: float(row["hair"].startswith("long")),
        "light-hair": lambda row: luminance(row["hairColor"]),
        "light-skin": lambda row: luminance(row["skinColor"]),
        "warm-background": lambda row: warmth(row["primaryBackgroundColor"]),
        "warm-clothes": lambda row: warmth(row["clothingColor"]),
    },
}


def traits(pictures: PictureSet) -> list[Trait]:
    """What is known of each picture, each trait spread over 0 to 1; none where there are no labels, or too many classes."""
    rules = TRAITS.get(pictures.name, {}) if pictures.attributes else {}
    found = [Trait(name, _spread([rule(row) for row in pictures.attributes])) for name, rule in rules.items()]
    count = len(pictures.label_names)
    if pictures.labels is not None and 2 <= count <= MAX_CLASSES:
        found += [
            Trait(f"class-{k}", (pictures.labels == k).float(), title)
            for k, title in enumerate(pictures.label_names[: count if count > 2 else 1])
        ]
    return found


def _spread(values: list[float]) -> Tensor:
    row = torch.tensor(values)
    low, high = row.min(), row.max()
    return (row - low) / (high - low).clamp(min=1e-6)
