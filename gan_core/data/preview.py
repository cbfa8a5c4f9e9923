"""A sheet of pictures to look at before training."""

import numpy as np
from PIL import Image

from gan_core.data.decode import MODES
from gan_core.data.pictures import PictureSet

ASPECT = 1.5  # columns / rows


def sheet_of(pictures: PictureSet) -> Image.Image:
    """Return the pictures, pixel for pixel, row-major on a grid somewhat wider than high; cells left over are white."""
    count, side = len(pictures), pictures.resolution
    columns = min(count, max(1, round((count * ASPECT) ** 0.5)))
    rows = -(-count // columns)
    cells = np.full((rows * columns, pictures.channels, side, side), 255, dtype=np.uint8)
    cells[:count] = pictures.images.numpy()
    grid = cells.reshape(rows, columns, -1, side, side).transpose(0, 3, 1, 4, 2)
    grid = grid.reshape(rows * side, columns * side, -1)
    return Image.fromarray(grid.squeeze(-1) if pictures.channels == 1 else grid, MODES[pictures.channels])
