"""Grid: a sheet of samples from consecutive seeds; every picture is a door to the other tabs."""

from typing import Annotated

from gan_core.export import contact_sheet, to_png, to_zip, upscale
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.datasets import Datasets, most
from gan_core.ui.pictures import attachment, file_name, portable, sheet
from gan_core.ui.requests import Between
from gan_core.ui.tools.sliders import Sliders
from gan_core.ui.widgets import Panel

MOST = 144  # pictures on a sheet
SHEET_SIDE = 2048  # pixels of a saved sheet's longer side, at most

Points = Annotated[list[LatentPoint], Between(1, MOST)]
Columns = Annotated[int, Between(1, 12)]


class Grid:
    """Answers what static/grid.js asks."""

    def __init__(self, studio: Studio):
        self.engine = studio.engine

    async def pictures(self, points: Points, columns: Columns) -> dict:
        """Return the pictures of points of one model as a sheet (see `pictures.sheet`)."""
        return sheet(await self.engine.render(points[0].model, points), columns)

    async def save_sheet(self, points: Points, columns: Columns) -> dict:
        """Return the pictures side by side as one PNG file."""
        pictures = await self.engine.render(points[0].model, points)
        config = self.engine.library.entry(points[0].model).config
        rows = -(-len(points) // columns)
        cell = max(config.resolution, min(256, SHEET_SIDE // max(rows, columns)))
        board = contact_sheet(
            [upscale(picture, cell, config.pixel_art) for picture in pictures], columns, gap=max(2, cell // 32)
        )
        return attachment(file_name(points, "-sheet.png"), "image/png", to_png(board, None, config))

    async def save_zip(self, points: Points) -> dict:
        """Return the pictures as a zip of PNG files at the model's own size, each with its point inside."""
        pictures = await self.engine.render(points[0].model, points)
        config = self.engine.library.entry(points[0].model).config
        files = [
            (f"{i:03d}-{file_name([point], '.png')}", to_png(picture, saved, config))
            for i, (picture, point, saved) in enumerate(
                zip(pictures, points, await portable(self.engine, points), strict=True), 1
            )
        ]
        return attachment(file_name(points, ".zip"), "application/zip", to_zip(files))


def build(studio: Studio) -> None:
    """Put the tab on the page."""
    grid, datasets, jobs = Grid(studio), Datasets(studio), studio.jobs
    functions = [grid.pictures, grid.save_sheet, grid.save_zip, Sliders(studio).list]
    functions += [datasets.make, datasets.piece, datasets.forget, jobs.progress, jobs.stop]
    Panel("grid", functions, most=most())
