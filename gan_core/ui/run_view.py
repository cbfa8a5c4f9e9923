"""What the Train tab shows of a run: plain dicts read from the run folder, nothing remembered between two calls."""

import base64
import contextlib
import io
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from PIL import Image

from gan_core.config import TrainConfig
from gan_core.errors import StudioError
from gan_core.training.run import Run, list_runs
from gan_core.training.state import begun, has_state
from gan_core.ui import limits
from gan_core.ui.caller import caller

RESUMABLE = ("stopped", "interrupted", "failed")
MAX_POINTS = 600  # of a curve on its first delivery; later ones bring only what is new
FORMATS, MAX_PIXELS = ("WEBP", "PNG", "JPEG"), 50_000_000  # of a preview, which may come from elsewhere
MIME = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg"}


def find(runs: Path, name, visitor: str | None = None) -> Run:
    """Return the run called `name`. Raises StudioError unless it is one of `list_runs` that `visitor` (the caller) may see.

    A name is never used as a path.
    """
    visitor = caller().word if visitor is None else visitor
    for run in list_runs(runs):
        if run.name == name and limits.may_change(run.path, visitor):
            return run
    raise StudioError(
        "run.gone",
        "This training is not here: it was deleted, or is on another machine of this address. Choose another from the list.",
    )


def active(runs: Path) -> Run | None:
    """Return the run that is going on just now, if any."""
    return next((run for run in list_runs(runs) if run.status().active), None)


def snapshot(run: Run, since=0) -> dict:
    """Return the run's status and what its events brought after byte `since` of events.jsonl.

    `points` are the curve (`t` seconds, `images`, one number per loss, `diversity`), `samples` the new sheets, `start`
    the facts of the start event and `warning`, `end` the latest ones, when they lie in that part; `offset` is the next `since`.
    """
    since = run.line_at(since if type(since) is int else 0)
    events, offset = run.read_events(since)
    kinds = {
        kind: [e for e in events if e.get("type") == kind]
        for kind in ("start", "fetching", "progress", "sample", "warning", "changed", "end")
    }
    return {
        "run": run.name,
        "from": since,
        "offset": offset,
        "status": asdict(run.status()),
        "points": [_point(event) for event in _thin(kinds["progress"], MAX_POINTS)],
        "samples": [
            {key: e.get(key) for key in ("step", "images", "elapsed", "columns", "rows")} for e in kinds["sample"]
        ],
        "start": kinds["start"][-1] if kinds["start"] else None,
        "warning": kinds["warning"][-1] if kinds["warning"] else None,
        "end": kinds["end"][-1] if kinds["end"] else None,
        "changes": [{key: e.get(key) for key in ("step", "elapsed")} for e in kinds["changed"]],
        "fetching": kinds["fetching"][-1] if kinds["fetching"] and not kinds["start"] else None,
    }


def resumable(run: Run) -> bool:
    """Whether a run that is not going on has a checkpoint to go on from, or was killed before there was anything to lose."""
    state = run.status().state
    return state in RESUMABLE and (has_state(run.checkpoint_folder) or state == "interrupted" and not begun(run))


def sheet(run: Run, step) -> str:
    """Return the sample sheet of `step` as a data URL. Raises StudioError when the run has no such sheet."""
    for known, path in run.samples():
        if known == step:
            return data_url(path)
    raise StudioError("run.no_sheet", "This sheet of samples is no longer here.")


def summaries(runs: Path, visitor: str) -> list[dict]:
    """Return a line for every run that a visitor may see, newest first; folders whose config.json cannot be read are passed over."""
    found = []
    for run in list_runs(runs):
        if not limits.may_change(run.path, visitor):
            continue
        with contextlib.suppress(StudioError, OSError):
            found.append(summary(run))
    return sorted(found, key=lambda line: line["time"], reverse=True)


def data_in_use(runs: Path) -> set[Path]:
    """Return what every run reads its pictures from."""
    found = set()
    for run in list_runs(runs):
        with contextlib.suppress(StudioError, OSError):
            found.add(Path(run.config.data))
    return found


def summary(run: Run) -> dict:
    """Return one line of the list of earlier runs: name, title, state, how long, a thumbnail, what can be done with it."""
    status, samples, config = run.status(), run.samples(), run.config
    return {
        "run": run.name,
        "title": config.name or run.name,
        "state": status.state,
        "active": status.active,
        "code": status.code,
        "message": status.message,
        "family": family_of(run, config),
        "data": Path(config.data).name,
        "minutes": config.minutes,
        "steps": config.steps,
        "elapsed": status.elapsed,
        "images": status.images,
        "thumbnail": thumbnail(samples[-1][1], 160) if samples else "",
        "model": (run.model_folder / "config.json").is_file(),
        "resumable": resumable(run),
        "time": run.path.stat().st_mtime,
    }


def family_of(run: Run, config: TrainConfig) -> str:
    """Return the family that a run trains, which may have been chosen for it."""
    with contextlib.suppress(StudioError, TypeError, KeyError):
        return str((run.choice or {})["fields"]["family"])
    return config.family


def thumbnail(path: Path, side: int) -> str:
    """Return a picture, at most `side` pixels large, as a data URL; "" when it cannot be read (just being replaced, damaged)."""
    try:
        return _thumbnail(path, side, path.stat().st_mtime_ns)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""


@lru_cache(maxsize=256)
def _thumbnail(path: Path, side: int, _version: int) -> str:
    with Image.open(path, formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("more pixels than a preview has")
        image.draft("RGB", (2 * side, 2 * side))
        image.thumbnail((side, side))
        lossless = max(image.size) <= 128
        return webp_url(
            image.convert("RGBA" if "A" in image.getbands() else "RGB"),
            lossless=lossless,
            quality=0 if lossless else 84,
        )


def data_url(path: Path) -> str:
    """Return an image file as a data URL."""
    return f"data:{MIME.get(path.suffix, 'image/png')};base64,{base64.b64encode(path.read_bytes()).decode()}"


def webp_url(image: Image.Image, **options) -> str:
    """Return a Pillow image as a WebP data URL (`options` go to Pillow; fast by default)."""
    out = io.BytesIO()
    image.save(out, "webp", **{"method": 0, "quality": 84, **options})
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()


def _point(event: dict) -> dict:
    losses = event.get("losses")
    facts = {key: event.get(key) for key in ("images", "step", "progress", "diversity", "augment")}
    return {"t": event.get("elapsed"), **facts, **(losses if isinstance(losses, dict) else {})}


def _thin(events: list, limit: int) -> list:
    """At most about `limit` events, evenly taken, always with the last."""
    stride = max(1, len(events) // limit)
    return events[::-1][::stride][::-1]
