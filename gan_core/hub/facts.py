"""What the Hub says of a repository, taken as a stranger's words: texts are cut, numbers checked, unsafe names left out."""

import re
from typing import Any
from urllib.parse import quote

from gan_core.hub import words
from gan_core.hub.ask import ask
from gan_core.hub.names import Source

COMMIT = re.compile(r"[0-9a-f]{40}")


def files(source: Source) -> tuple[str, dict[str, int | None]]:
    """(commit, {name: bytes, None where unknown}) of the source's revision. Names that lead out of a folder are left out."""
    commit, there = _described(source)
    return commit, {file["rfilename"]: count(file.get("size")) for file in there}


def marks(source: Source) -> tuple[str, dict[str, set[str]]]:
    """(commit, {name: what marks its content: git's id of it and, of a large file, its SHA-256}) of the source's revision."""
    commit, there = _described(source)
    large = {file["rfilename"]: file["lfs"].get("sha256") for file in there if isinstance(file.get("lfs"), dict)}
    return commit, {file["rfilename"]: {str(file.get("blobId")), str(large.get(file["rfilename"]))} for file in there}


def _described(source: Source) -> tuple[str, list[dict]]:
    revision = f"/revision/{quote(source.revision, safe='')}" if source.revision else ""
    info = ask(source, f"/api/{source.kind}s/{source.repo_id}{revision}", params={"blobs": True}).json()
    commit = info.get("sha") if isinstance(info, dict) else None
    if not isinstance(commit, str) or not COMMIT.fullmatch(commit):
        raise words.unavailable()
    return commit, [file for file in siblings(info) if safe(file["rfilename"])]


def count(value: Any) -> int | None:
    """A number of things as the Hub says it, None where it is no such number."""
    return value if type(value) is int and 0 <= value < 10**13 else None


def text(value: Any, most: int) -> str:
    """A stranger's text in one line of at most `most` letters; "" where it is none."""
    value = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in value[: 4 * most]).split())[:most]


def siblings(model: dict) -> list[dict]:
    """The files that a model names, each with an `rfilename`; not yet known to be safe."""
    found = model.get("siblings")
    found = found[:10_000] if isinstance(found, list) else []
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("rfilename"), str)]


def safe(name: str) -> bool:
    """Whether a file's name stays below its repository on every system."""
    parts = name.split("/")
    return len(name) <= 300 and name.isprintable() and not set("\\:") & set(name) and not {"", ".", ".."} & set(parts)
