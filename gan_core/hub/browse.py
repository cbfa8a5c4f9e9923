"""Looking for models on the Hub: a page of them at a time, and what one of them is before it is pulled.

Whatever the Hub says is taken as a stranger's words: texts are cut, numbers are checked, names that lead elsewhere are left out.
"""

import io
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from gan_core.checkpoint import CONFIG, PREVIEW, WEIGHTS
from gan_core.errors import StudioError
from gan_core.hub import words
from gan_core.hub.ask import Answer, ask
from gan_core.hub.download import LIMITS
from gan_core.hub.facts import COMMIT, count, files, siblings, text
from gan_core.hub.names import Source, parse, resolve_source, whole_hub

TAG = "latent-studio"  # our models' tag and `library_name`
TASK = "unconditional-image-generation"
PAGE = 12  # models
MAX_PICTURE = 4_000_000  # bytes of a preview
MAX_PIXELS = 16_000_000
SHOWN = 320  # pixels a side at most of a preview
FOREIGN = {
    ".pkl",
    ".pickle",
    ".pt",
    ".pth",
    ".ckpt",
    ".bin",
    ".safetensors",
}  # of others' weights, as our importers read them
EXPAND = [
    "cardData",
    "downloads",
    "gated",
    "lastModified",
    "library_name",
    "likes",
    "private",
    "sha",
    "siblings",
    "tags",
]
_CURSOR = re.compile(r"[\w\-=+/.~:%]{1,2000}", re.ASCII)

Kind = Literal["ours", "foreign", "none"]
Sort = Literal["downloads", "likes", "lastModified"]


@dataclass(frozen=True)
class Query:
    """What to look for: `scope` "ours" (our tag), "task" (pictures from nothing) or "all", words of the name, an author."""

    scope: Literal["ours", "task", "all"] = "ours"
    words: str = ""
    author: str = ""
    sort: Sort = "downloads"
    cursor: str = ""  # of an earlier Page


@dataclass(frozen=True)
class Found:
    """A model as a list shows it. kind: "ours" opens at once, "foreign" has weights that an importer may know, "none" has none."""

    repo_id: str
    kind: Kind
    commit: str
    licence: str
    downloads: int | None
    likes: int | None
    updated: str  # YYYY-MM-DD
    private: bool
    gated: bool


@dataclass(frozen=True)
class Page:
    """Some models, and the cursor to the next ones ("" at the end)."""

    found: tuple[Found, ...]
    cursor: str


@dataclass(frozen=True)
class Details:
    """What one model is: its commit, the bytes that a pull would fetch (None unknown) and its foreign weight files by name."""

    commit: str
    size: int | None
    weights: tuple[str, ...]
    preview: bytes  # a small webp, made anew here; empty where there is none


def search(
    query: Query, token: str | bool | None = None, endpoint: str | None = None, timeout: float | None = None
) -> Page:
    """Return a page of models on the Hub. Raises StudioError "hub.…"."""
    params: dict[str, Any] = {"limit": PAGE, "sort": query.sort, "expand": EXPAND}
    asked = {"filter": TAG if query.scope == "ours" else "", "pipeline_tag": TASK if query.scope == "task" else ""}
    asked |= {"search": query.words.strip(), "author": query.author.strip()}
    asked["cursor"] = query.cursor if _CURSOR.fullmatch(query.cursor) else ""
    answer = ask(
        whole_hub(token, endpoint, timeout), "/api/models", params=params | {k: v for k, v in asked.items() if v}
    )
    models = answer.json()
    if not isinstance(models, list):
        raise words.unavailable()
    found = [model for model in map(_found, models[: 2 * PAGE]) if model]
    return Page(tuple(found), _next(answer) if models else "")


def look(
    repo: str, token: str | bool | None = None, endpoint: str | None = None, timeout: float | None = None
) -> Details:
    """Return what the model `user/repo[@revision]` is, with its preview picture. Raises StudioError "hub.…"."""
    source = resolve_source(repo, token, endpoint, None, timeout)
    commit, sizes = files(source)
    weights = tuple(sorted(name for name in sizes if PurePosixPath(name).suffix.lower() in FOREIGN))[:40]
    ours = CONFIG in sizes and WEIGHTS in sizes
    counted = [sizes[name] for name in (LIMITS if ours else weights) if name in sizes]
    preview = b""
    if 0 < (sizes.get(PREVIEW) or 0) <= MAX_PICTURE:
        preview = _preview(source, commit)
    return Details(commit, None if None in counted else sum(counted), weights, preview)


def _found(model: Any) -> Found | None:
    """A model of the Hub's list, None where it has no usable name."""
    model = model if isinstance(model, dict) else {}
    try:
        repo_id, _ = parse(model.get("id") or model.get("modelId"))
    except StudioError:
        return None
    card = model.get("cardData") if isinstance(model.get("cardData"), dict) else {}
    commit = model.get("sha")
    updated = re.match(r"\d{4}-\d\d-\d\d", text(model.get("lastModified"), 30))
    return Found(
        repo_id=repo_id,
        kind=_kind(model),
        commit=commit if isinstance(commit, str) and COMMIT.fullmatch(commit) else "",
        licence=_licence(card, model),
        downloads=count(model.get("downloads")),
        likes=count(model.get("likes")),
        updated=updated[0] if updated else "",
        private=model.get("private") is True,
        gated=model.get("gated") not in (False, None),
    )


def _kind(model: dict) -> Kind:
    names = {sibling["rfilename"] for sibling in siblings(model)}
    tags = model.get("tags") if isinstance(model.get("tags"), list) else []
    if {CONFIG, WEIGHTS} <= names and (TAG in tags or model.get("library_name") == TAG):
        return "ours"
    return "foreign" if any(PurePosixPath(name).suffix.lower() in FOREIGN for name in names) else "none"


def _licence(card: dict, model: dict) -> str:
    named = text(card.get("license"), 40)
    tags = model.get("tags") if isinstance(model.get("tags"), list) else []
    tagged = [tag.removeprefix("license:") for tag in tags if isinstance(tag, str) and tag.startswith("license:")]
    return (
        named
        if named and named != "other"
        else text(card.get("license_name"), 40) or named or text((tagged or [""])[0], 40)
    )


def _next(answer: Answer) -> str:
    """The cursor in the header that names the next page; its address itself is not followed."""
    link = re.search(r'<([^<>]+)>;\s*rel="next"', answer.headers.get("link") or "")
    try:
        cursor = parse_qs(urlsplit(link[1]).query).get("cursor", [""])[0] if link else ""
    except ValueError:
        cursor = ""
    return cursor if _CURSOR.fullmatch(cursor) else ""


def _preview(source: Source, commit: str) -> bytes:
    try:
        return small_picture(ask(source, f"/{source.repo_id}/resolve/{commit}/{PREVIEW}", MAX_PICTURE).body)
    except StudioError:
        return b""


def small_picture(data: bytes) -> bytes:
    """A picture from elsewhere as a small webp of our own making; empty where it cannot be read or is too large."""
    try:
        with Image.open(io.BytesIO(data), formats=["WEBP", "PNG", "JPEG"]) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                return b""
            pixels = picture.convert("RGBA" if "A" in picture.getbands() else "RGB")
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError):
        return b""
    if max(pixels.size) > SHOWN:
        pixels.thumbnail((SHOWN, SHOWN))
    file = io.BytesIO()
    pixels.save(file, "webp", quality=84, method=2)
    return file.getvalue()
