"""One browser of the soak: drags, grids, morphs, uploads, searches for a photo, trains; every answer is held against its own request."""

import asyncio
import base64
import io
import json
import random
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.visitors import HERTZ, Connection, decoded

VALUES = [round(-3 + 0.15 * i, 2) for i in range(41)]  # positions of a slider
GRID, COLUMNS, FRAMES = 36, 6, 60  # pictures of a sheet, its columns, pictures of a morph
LEVELS = 2  # by which pictures drawn in different batches may differ
PICTURES = 12  # that are uploaded
AGAIN = {"engine.busy": 2.0, "job.busy": 5.0, "guard.flood": 3.0, "budget.seconds": 5.0}  # as static/line.js does
TRIES = 6
ACTS = ("grid", "morph", "upload", "grid", "morph", "grid", "morph", "invert")  # between two drags


class Truth:
    """What the app must answer, drawn here beforehand: by visitor, the pictures at every slider position, of a grid and of a morph."""

    def __init__(self, weights: Path, model: str, count: int):
        import torch

        from gan_core import LatentPoint, interpolate, render
        from gan_core.checkpoint import load_model

        torch.set_num_threads(1)
        network = load_model(weights / model)
        self.drag, self.grid, self.morph = [], [], []
        for n in range(count):
            moved = [LatentPoint(seed=n, moves=(("d0", value),), model=model) for value in VALUES]
            self.drag.append(dict(zip(VALUES, render(network, moved).astype(np.int16), strict=True)))
            self.grid.append(render(network, [LatentPoint(seed=1000 * (n + 1) + i, model=model) for i in range(GRID)]))
            a, b = (LatentPoint(seed=seed, model=model) for seed in (n, n + 500))
            self.morph.append(render(network, interpolate(a, b, FRAMES)))


@dataclass
class Report:
    """What all browsers saw: delays as (seconds since the beginning, milliseconds), answers by kind, errors, wrong pictures."""

    began: float = field(default_factory=time.perf_counter)
    clock: float = field(default_factory=time.time)  # the same moment, as another process may know it
    lasted: float = 0.0
    drags: list[tuple[float, float]] = field(default_factory=list)
    took: dict[str, list[float]] = field(default_factory=dict)
    errors: Counter = field(default_factory=Counter)
    wrong: Counter = field(default_factory=Counter)
    again: Counter = field(default_factory=Counter)

    def check(self, kind: str, right: bool) -> None:
        if not right:
            self.wrong[kind] += 1


class Refused(Exception):
    """The app answered with an error."""


class Client:
    """A browser: its word, an address of its own as the Space's proxy would name it, a connection for each thing that goes on at once."""

    def __init__(self, url: str, panels: dict[str, int], model: str, number: int, truth: Truth, report: Report):
        headers = f"X-Forwarded-For: 20.0.{number // 250}.{number % 250 + 1}\r\n"
        self.quick, self.slow, self.poll, self.watch = (Connection(url, headers) for _ in range(4))
        self.panels, self.model, self.number, self.truth, self.report = panels, model, number, truth, report
        self.word, self.session = secrets.token_hex(12), secrets.token_hex(5)
        self.random = random.Random(number)
        self.run = ""

    async def ask(self, connection: Connection, panel: str, function: str, /, **values):
        """The app's answer to a panel's question; what a busy app refuses is asked again, as the page does. Raises Refused."""
        body = {"data": {**values, "visitor": self.word}, "fn_name": function, "session_hash": self.session}
        for left in range(TRIES, 0, -1):
            answer = json.loads(
                await _sent(
                    connection,
                    "/gradio_api/component_server",
                    json.dumps({**body, "component_id": self.panels[panel]}).encode(),
                )
            )
            if "ok" in answer:
                return answer["ok"]
            error = answer.get("error") or {"code": str(answer)[:80]}
            if error["code"] not in AGAIN or left == 1:
                raise Refused(f"{panel}.{function}: {error['code']}")
            self.report.again[error["code"]] += 1
            await asyncio.sleep(float(error.get("facts", {}).get("seconds", AGAIN[error["code"]])))
        raise AssertionError

    async def live(self, until: float) -> None:
        """Do one thing after the other, as a person does, until the time is up."""
        turn = self.number
        await asyncio.sleep(self.random.uniform(0, 3))
        while time.perf_counter() < until:
            await self._timed("drag", self.random.uniform(4, 9))
            await asyncio.sleep(self.random.uniform(1, 4))
            await self._timed(ACTS[turn % len(ACTS)])
            await asyncio.sleep(self.random.uniform(2, 5))  # to look at it
            turn += 1

    async def _timed(self, act: str, *values) -> None:
        start = time.perf_counter()
        try:
            await getattr(self, act)(*values)
            self.report.took.setdefault(act, []).append(time.perf_counter() - start)
        except Refused as error:
            self.report.errors[str(error)] += 1
        except Exception as error:
            self.report.errors[f"{act}: {type(error).__name__} {error}"[:120]] += 1

    def point(self, **fields) -> dict:
        return {"truncation": 1, "model": self.model, "seed": self.number, **fields}

    async def drag(self, seconds: float) -> None:
        """Positions at 60 Hz, one request in flight, the newest position next."""
        start, pace = time.perf_counter(), self.random.uniform(0.3, 1.2)
        while (now := time.perf_counter()) - start < seconds:
            value = VALUES[round((len(VALUES) - 1) * abs((now - start) * pace % 2 - 1))]
            url = await self.ask(self.quick, "explore", "picture", point=self.point(moves=[["d0", value]]))
            shown = pixels(url)
            done = time.perf_counter()
            self.report.drags.append((done - self.report.began, 1e3 * (done - now)))
            self.report.check("drag", near(shown, self.truth.drag[self.number][value]))
            await asyncio.sleep(max(0, 1 / HERTZ - (time.perf_counter() - now)))

    async def grid(self) -> None:
        """A sheet of samples."""
        points = [self.point(seed=1000 * (self.number + 1) + i) for i in range(GRID)]
        sheet = await self.ask(self.slow, "grid", "pictures", points=points, columns=COLUMNS)
        self.report.check("grid", near(cells(sheet), self.truth.grid[self.number]))

    async def morph(self) -> None:
        """The way from one seed to another."""
        ends = {"a": self.point(), "b": self.point(seed=self.number + 500)}
        sheet = await self.ask(self.slow, "morph", "frames", **ends, count=FRAMES, mode="slerp", start=0)
        self.report.check("morph", near(cells(sheet), self.truth.morph[self.number]))

    async def upload(self) -> None:
        """Own pictures, all of this browser's colour, sent and looked at."""
        colour = np.array([30 + 9 * self.number, 220 - 9 * self.number, 128], np.uint8)
        files = [png(np.tile(colour, (32, 32, 1)), self.number, i) for i in range(PICTURES)]
        paths = json.loads(await _sent(self.slow, "/gradio_api/upload", *multipart(files)))
        token = (await self.ask(self.slow, "train", "send", files=paths, names=[f"{i}.png" for i in range(PICTURES)]))[
            "token"
        ]
        form = {"source": {"kind": "upload", "name": token}, "family": "dcgan", "fit": "crop"}
        seen = await self.ask(self.slow, "train", "look", form=form)
        shown = pixels(seen["sheet"])[:16, :16].reshape(-1, 3)
        self.report.check("upload", seen["count"] == PICTURES and bool(np.abs(shown.mean(0) - colour).max() < 12))

    async def invert(self) -> None:
        """A photo that is one of the model's own pictures: what is found must be near to it."""
        photo = self.truth.drag[self.number][self.random.choice(VALUES)].astype(np.uint8)
        name = f"photo-{secrets.token_hex(8)}"
        sent = base64.b64encode(png(photo)).decode()
        following = asyncio.ensure_future(self._follow(name))
        try:
            found = await self.ask(self.slow, "photo", "find", model=self.model, image=sent, name=name)
        finally:
            following.cancel()
            self.poll.streams = None  # an answer may be under way
        self.report.check(
            "invert", found["whole"] and bool(np.abs(pixels(found["url"]) - photo.astype(int)).mean() < 20)
        )

    async def _follow(self, name: str) -> None:
        while True:
            await asyncio.sleep(0.5)
            await self.ask(self.poll, "photo", "progress", name=name)

    async def train(self, minutes: float, other: "Client") -> None:
        """One training from start to end; another browser must not see it, its model draws, and then it is deleted."""
        form = {
            "source": {"kind": "bundled", "name": "pixel-faces"},
            "family": "dcgan",
            "fit": "crop",
            "minutes": minutes,
        }
        self.run = (await self.ask(self.watch, "train", "start", form=form, wait=True))["run"]
        state, until = "queued", time.perf_counter() + 60 * minutes + 120
        while state not in ("done", "failed", "stopped", "interrupted") and time.perf_counter() < until:
            await asyncio.sleep(1)
            news = await self.ask(self.watch, "train", "snapshot", run=self.run)
            state = news["status"]["state"]
            hidden = await other.ask(self.watch, "train", "trainings")
            self.report.check("isolation", not hidden["runs"])
        self.report.check("train", state == "done")
        point = {"seed": 1, "truncation": 1, "model": f"runs/{self.run}"}
        self.report.check("train", pixels(await self.ask(self.watch, "explore", "picture", point=point)).std() > 1)
        await self.ask(self.watch, "train", "remove", run=self.run)


async def _sent(connection: Connection, path: str, data: bytes, kind: str = "application/json") -> bytes:
    """`Connection.send`, once more where the server has closed an idle connection meanwhile."""
    try:
        return await connection.send(path, data, kind)
    except (OSError, asyncio.IncompleteReadError):
        connection.streams = None
        return await connection.send(path, data, kind)


def pixels(url: str) -> np.ndarray:
    """The pixels of a data URL."""
    return decoded(base64.b64decode(url.split(",", 1)[1]))


def cells(sheet: dict) -> np.ndarray:
    """[N, H, W, 3] of a sheet."""
    board, width, height = pixels(sheet["url"]), sheet["width"], sheet["height"]
    rows = board.reshape(-1, height, sheet["columns"], width, 3).swapaxes(1, 2)
    return rows.reshape(-1, height, width, 3)[: sheet["count"]]


def near(shown: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether pictures are the same up to the rounding of LEVELS."""
    return shown.shape == wanted.shape and bool(np.abs(shown - wanted.astype(int)).max() <= LEVELS)


def png(picture: np.ndarray, *mark: int) -> bytes:
    """A picture as PNG; `mark` makes its corner pixel its own."""
    if mark:
        picture = picture.copy()
        picture[-1, -1] = [number % 256 for number in (*mark, 0)][:3]
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return file.getvalue()


def multipart(files: list[bytes]) -> tuple[bytes, str]:
    """(body, content type) of a form with these files."""
    mark, body = secrets.token_hex(12), b""
    for i, data in enumerate(files):
        head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{i}.png"\r\nContent-Type: image/png\r\n\r\n'
        body += head.encode() + data + b"\r\n"
    return body + f"--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"
