"""Sliders: the directions of a model, with pictures of where they lead; named, arranged, kept and shared."""

import asyncio
import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from gan_core.errors import StudioError
from gan_core.latent.groups import layer_groups
from gan_core.latent.point import LatentPoint
from gan_core.ui import Studio
from gan_core.ui.limits import on_space
from gan_core.ui.pictures import attachment, sheet
from gan_core.ui.requests import Between
from gan_core.ui.widgets import Panel

MOST = 24  # sliders of one finder
MAX_FILE = 4_000_000  # bytes of a file of directions that is brought in
TYPE = "application/octet-stream"

Layers = Annotated[list[int], Between(2, 2)]
Names = Annotated[list[str], Between(1, MOST)]
Against = Annotated[list[str], Between(0, MOST)]
Moves = list[list]
Order = Annotated[list[dict], Between(0, 256)]
Title = Annotated[str, Between(0, 200)]
Group = Annotated[list[LatentPoint], Between(1, 256)]


def build(studio: Studio) -> None:
    """Put the tool on the page."""
    tool = Sliders(studio)
    functions = [tool.list, tool.method, tool.ends, tool.arrange, tool.keep, tool.between, tool.remove, tool.export]
    Panel("sliders", [*functions, tool.bring])


class Sliders:
    """Answers what static/sliders.js asks. A slider is {name, title ("": nobody gave one), origin, hidden, layers}."""

    def __init__(self, studio: Studio):
        self.engine = studio.engine
        self._writing = asyncio.Lock()

    async def list(self, model: str) -> dict:
        """Return {layers, groups: [[word, first, stop]…], sliders (named ones first), methods: [{id, count}…], editable}."""
        return await asyncio.to_thread(self._listed, model, await self.engine.borrow(model))

    async def method(self, model: str, id: str) -> dict:
        """Return {sliders} as another finder has them."""
        network = await self.engine.borrow(model)
        return {"sliders": await asyncio.to_thread(_found, network, id)}

    async def ends(
        self,
        point: LatentPoint,
        names: Names,
        reach: Annotated[float, Between(0.05, 5)],
        layers: Layers | None = None,
    ) -> dict:
        """Return a sheet of two pictures a name: the point with that slider (in those layers) at −reach and at +reach."""
        points = [_moved(point, name, side * reach, layers) for name in names for side in (-1, 1)]
        return sheet(await self.engine.render(point.model, points), 2)

    async def arrange(self, model: str, order: Order) -> dict:
        """Rename, reorder and hide: `order` is a list of {name, title, hidden}. Return the new list."""
        from gan_core.latent.naming import arranged

        wanted = [_arrangement(entry) for entry in order]
        return await self._edit(model, lambda network: arranged(network, wanted))

    async def keep(
        self, model: str, title: Title, point_moves: Moves, layers: Layers | None = None, against: Against = (),
        file: bool = False,
    ) -> dict:  # fmt: skip
        """Keep a combination of moves as a direction of one's own, without what lies along `against`.

        Return {slider, list}; with `file`, which changes nothing here, {attachment}.
        """
        from gan_core.latent.naming import combine

        moves = LatentPoint(moves=tuple(tuple(move) for move in point_moves)).moves
        span = _checked(layers)
        return await self._keep(model, title, lambda network: combine(network, moves, span), span, against, file)

    async def between(self, model: str, title: Title, a: Group, b: Group, file: bool = False) -> dict:
        """Keep the way from the middle of the points `a` to that of the points `b`; returns what `keep` does."""
        from gan_core.latent.naming import difference

        return await self._keep(model, title, lambda network: difference(network, a, b), None, (), file)

    async def remove(self, model: str, name: str) -> dict:
        """Remove a direction of one's own. Return the new list."""
        from gan_core.latent.naming import without

        return await self._edit(model, lambda network: without(network.named, name))

    async def export(self, model: str) -> dict:
        """Return all named directions as one safetensors file."""
        network = await self.engine.borrow(model)
        return await asyncio.to_thread(_file, model, network.named)

    async def bring(self, model: str, data: Annotated[str, Between(1, MAX_FILE * 4 // 3 + 4)]) -> dict:
        """Add the directions of an exported file (base64). Return {added: [sliders], list}."""
        from gan_core.latent.naming import added
        from gan_core.latent.share import from_bytes

        self._editable(model)
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            content = b""
        brought = await asyncio.to_thread(from_bytes, await self.engine.borrow(model), content)
        new_list = await self._edit(model, lambda network: added(network.named, brought))
        return {"added": [d.facts() for d in brought], "list": new_list}

    async def _keep(self, model: str, title: str, make, layers, against: Sequence[str], file: bool) -> dict:
        from gan_core.latent.directions import direction
        from gan_core.latent.naming import added, one_sigma, orthogonalise, own

        if not file:
            self._editable(model)

        def work(network):
            vector = orthogonalise(make(network), [direction(network, name) for name in against])
            return own(title, one_sigma(network, vector), layers)

        made = await asyncio.to_thread(work, await self.engine.borrow(model))
        if file:
            return {"attachment": await asyncio.to_thread(_file, model, [made])}
        new_list = await self._edit(model, lambda network: added(network.named, [made]))
        return {"slider": made.facts(), "list": new_list}

    async def _edit(self, model: str, change) -> dict:
        """Write the named directions that `change(network)` gives; the engine then loads the model anew."""
        folder = self._editable(model)
        async with self._writing:
            await asyncio.to_thread(_write, folder, await self.engine.borrow(model), change)
        return await self.list(model)

    def _editable(self, model: str) -> Path:
        """The model's folder. Raises StudioError where strangers share it or it cannot be written."""
        if on_space():
            raise StudioError("directions.shared", "Everybody shares this model, so it is not changed here. Save the sliders as a file instead.")  # fmt: skip
        return self.engine.library.entry(model).path

    def _listed(self, model: str, network) -> dict:
        from gan_core.latent.finders import count, suits

        methods = [{"id": name, "count": min(MOST, count(network, name))} for name in suits(network)]
        sliders = [direction.facts() for direction in network.named]
        known = {slider["name"] for slider in sliders}
        more = [slider for slider in _found(network, "d") if slider["name"] not in known]
        sliders += more[: max(0, MOST - len(sliders))]
        return {
            "layers": network.num_ws, "groups": layer_groups(network.num_ws), "sliders": sliders, "methods": methods,
            "editable": not on_space(),
        }  # fmt: skip


def _found(network, finder: str) -> list[dict]:
    """The sliders of a finder; those that were renamed or hidden say so."""
    from gan_core.latent.directions import entry
    from gan_core.latent.finders import find

    count = min(MOST, len(find(network, finder)))
    return [entry(network, f"{finder}{i}").facts() for i in range(count)]


def _moved(point: LatentPoint, name: str, amount: float, layers) -> LatentPoint:
    """The point with one slider put elsewhere; its other moves, and the same slider's in other layers, stay."""
    where = _checked(layers) or ()
    kept = tuple(move for move in point.moves if (move[0], move[2:]) != (name, where))
    return replace(point, moves=(*kept, (name, amount, *where)))


def _checked(layers) -> tuple[int, int] | None:
    if layers is None:
        return None
    LatentPoint(moves=(("d0", 0.0, *layers),))
    return tuple(layers)


def _arrangement(entry: dict) -> tuple[str, str, bool]:
    name, title, hidden = entry.get("name"), entry.get("title", ""), entry.get("hidden", False)
    if not isinstance(name, str) or not isinstance(title, str) or type(hidden) is not bool or len(title) > 200:
        raise StudioError("request.value", "“{name}” has no usable value. Check what you entered, or reload the page.", name="order")  # fmt: skip
    return name, title, hidden


def _write(folder: Path, network, change) -> None:
    from gan_core.checkpoint import save_directions
    from gan_core.latent.finders import find

    find(network, "d")  # what the names "d0", "d1"… stand for is kept with them
    named = change(network)
    try:
        save_directions(folder, network.found, named)
    except OSError as error:
        raise StudioError(
            "directions.not_written", "The model's folder cannot be changed ({reason}). Save the sliders as a file instead.",
            reason=error.strerror or "no permission",
        ) from None  # fmt: skip


def _file(model: str, directions: Sequence) -> dict:
    from gan_core.latent.share import to_bytes

    name = re.sub(r"[^A-Za-z0-9._-]+", "-", model.split("/")[-1])[:60] or "model"
    return attachment(f"{name}-sliders.safetensors", TYPE, to_bytes(directions))
