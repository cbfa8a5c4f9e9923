"""Twenty visitors drag a slider at once: `python -m benchmarks.visitors [--visitors 20] [--model faces-gan]`.

The real app in a process of its own; the visitors are HTTP clients of it in another, each doing what the page does: positions come
at 60 Hz, one request is in flight, the newest position is asked for next, the answer is decoded. Reported: pictures a second in
total, median and 95th percentile from request to decoded picture, the slowest visitor's share of the fastest one's pictures, and
how many visitors' last picture is not that of their last position (beyond rounding: pictures drawn in one batch may differ by one level). The floor is one visitor alone. Writes
benchmarks/results/visitors.json.
"""

import argparse
import asyncio
import base64
import io
import json
import multiprocessing
import random
import re
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import common
from benchmarks.live import running_app

HERTZ = 60


class Connection:
    """A connection that stays open, as a browser's does; little more than the socket, for the clients share the app's cores."""

    def __init__(self, url: str, headers: str = ""):
        self.headers = headers  # lines, each with its end
        self.host, port = url.removeprefix("http://").strip("/").split(":")
        self.port = int(port)
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, body: dict | None = None) -> dict:
        """The JSON answer to a GET, or to a POST of `body`."""
        return json.loads(await self.send(path, json.dumps(body).encode() if body else b""))

    async def send(self, path: str, data: bytes, kind: str = "application/json") -> bytes:
        """The body of the answer to a GET, or to a POST of `data`."""
        if self.streams is None:
            self.streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.streams
        head = f"{'POST' if data else 'GET'} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Type: {kind}\r\n{self.headers}"
        writer.write(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        return await reader.readexactly(length)


class Visitor:
    """One page: a session of its own, one slider, at most one request in flight."""

    def __init__(self, url: str, panel: int, model: str, number: int):
        self.connection, self.panel, self.model, self.seed = Connection(url), panel, model, number
        self.session = f"visitor{number:04d}"
        self.delays: list[float] = []
        self.last: tuple[float, bytes] | None = None

    async def ask(self, value: float) -> bytes:
        """The picture at a slider's position, as the page would get it."""
        point = {"seed": self.seed, "moves": [["d0", value]], "truncation": 1, "model": self.model}
        body = {
            "data": {"point": point},
            "fn_name": "picture",
            "session_hash": self.session,
            "component_id": self.panel,
        }
        answer = await self.connection.ask("/gradio_api/component_server", body)
        if "ok" not in answer:
            raise SystemExit(f"the app answered {answer}")
        return base64.b64decode(answer["ok"].split(",", 1)[1])

    async def drag(self, seconds: float) -> None:
        """Drag to and fro, each visitor at a pace of its own; note every delay."""
        start, pace = time.perf_counter(), random.Random(self.seed).uniform(0.3, 1.2)
        while (now := time.perf_counter()) - start < seconds:
            value = round(6 * abs((now - start) * pace % 2 - 1) - 3, 2)
            picture = await self.ask(value)
            decoded(picture)
            self.delays.append(time.perf_counter() - now)
            self.last = value, picture
            await asyncio.sleep(max(0, 1 / HERTZ - (time.perf_counter() - now)))


def decoded(picture: bytes) -> np.ndarray:
    """The pixels of an encoded picture."""
    return np.asarray(Image.open(io.BytesIO(picture))).astype(int)


def same(a: bytes, b: bytes) -> bool:
    """Whether two encoded pictures show the same, up to the rounding of one level."""
    return bool(np.abs(decoded(a) - decoded(b)).max() <= 1)


async def visit(url: str, model: str, count: int, seconds: float) -> dict:
    """Figures of `count` visitors who drag for `seconds`."""
    config = await Connection(url).ask("/config")
    panel = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "panel-explore")
    visitors = [Visitor(url, panel, model, number) for number in range(count)]
    for visitor in visitors:
        await visitor.ask(0.0)  # the page is open
    await visitors[0].drag(1.0)  # warm
    visitors[0].delays.clear()
    start = time.perf_counter()
    await asyncio.gather(*(visitor.drag(seconds) for visitor in visitors))
    elapsed = time.perf_counter() - start
    right = [same(await visitor.ask(visitor.last[0]), visitor.last[1]) for visitor in visitors]
    delays = sorted(delay for visitor in visitors for delay in visitor.delays)
    served = sorted(len(visitor.delays) for visitor in visitors)
    return {
        "visitors": count,
        "per_second": round(len(delays) / elapsed, 1),
        "median_ms": round(1e3 * delays[len(delays) // 2], 1),
        "p95_ms": round(1e3 * delays[int(len(delays) * 0.95)], 1),
        "least_share": round(served[0] / served[-1], 2),
        "wrong_pictures": right.count(False),
    }


def _visit(answer, *arguments) -> None:
    answer.put(asyncio.run(visit(*arguments)))


def from_another_process(*arguments) -> dict:
    """`visit` in a process of its own, as visitors would not share the app's."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_visit, args=(answer, *arguments))
    process.start()
    figures = answer.get(timeout=300)
    process.join()
    return figures


def main() -> None:
    """Measure one visitor and many, `--rounds` times in turn; write and print the medians."""
    flags = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    flags.add_argument("--visitors", type=int, default=20)
    flags.add_argument("--model", default="faces-gan")
    flags.add_argument("--seconds", type=float, default=6.0)
    flags.add_argument("--rounds", type=int, default=3, help="one and many are measured in turn this often")
    flags.add_argument("--weights", type=Path, default=common.ROOT / "weights")
    flags.add_argument("--out", type=Path, default=common.RESULTS)
    options = flags.parse_args()
    rounds: dict[int, list[dict]] = {1: [], options.visitors: []}
    with tempfile.TemporaryDirectory() as runs, running_app(options.weights.resolve(), Path(runs)) as (_, url):
        for _ in range(options.rounds):
            for count, figures in rounds.items():
                figures.append(from_another_process(url, options.model, count, options.seconds))
    rows = [
        {key: sorted(f[key] for f in figures)[len(figures) // 2] for key in figures[0]} for figures in rounds.values()
    ]
    facts = {"machine": common.machine(common.usable_cores()), "command": common.command("visitors")}
    common.write_json(options.out / "visitors.json", {**facts, "model": options.model, "rows": rows})
    for row in rows:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
