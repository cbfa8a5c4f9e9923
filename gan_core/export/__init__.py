"""What leaves the app: pictures with their point inside, animations, sheets and zips. Pure functions of pixels.

Every picture and animation carries the standard marks of generated content (`marks.py`).
"""

from gan_core.export.animation import Reel, there_and_back, to_gif, to_mp4, to_webp
from gan_core.export.archive import to_zip
from gan_core.export.picture import contact_sheet, upscale
from gan_core.export.png import read_point, to_png

__all__ = [
    "Reel",
    "contact_sheet",
    "read_point",
    "there_and_back",
    "to_gif",
    "to_mp4",
    "to_png",
    "to_webp",
    "to_zip",
    "upscale",
]
