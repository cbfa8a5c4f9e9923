"""What a person may write to name a data set on the Hub, and which of its files are meant: configurations, splits, kinds."""

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from urllib.parse import parse_qs, quote, unquote, urlsplit

from gan_core.errors import StudioError

PREFIX = "hub:"
HOSTS = ("huggingface.co", "www.huggingface.co", "hf.co")
SPLITS = {
    "train": ("train", "training"),
    "test": ("test", "testing", "eval", "evaluation"),
    "validation": ("validation", "valid", "val", "dev"),
}
HELD_OUT = ("test", "validation")
_SPEC = re.compile(r"(?P<name>[^:?]*)(?::(?P<part>[^?]*))?(?:\?(?P<query>.*))?", re.DOTALL)


@dataclass(frozen=True)
class Wish:
    """What was asked for: `name` is user/name or user/name@revision; `part` config/split, config, split or ""; columns or ""."""

    name: str
    part: str = ""
    image: str = ""
    label: str = ""

    def __str__(self) -> str:
        asked = "&".join(f"{k}={quote(v, safe='')}" for k, v in (("image", self.image), ("label", self.label)) if v)
        return PREFIX + self.name + (f":{self.part}" if self.part else "") + (f"?{asked}" if asked else "")

    def at(self, revision: str) -> "Wish":
        """The same at a revision."""
        return replace(self, name=f"{self.name.partition('@')[0]}@{revision}")


@dataclass(frozen=True)
class Part:
    """Files of one configuration and split."""

    config: str
    split: str
    files: tuple[str, ...]


def is_wish(text: str) -> bool:
    """Whether a text names a data set on the Hub, well or badly."""
    text = text.strip()
    return text.startswith(PREFIX) or _address(text) is not None


def read_wish(text: str) -> Wish:
    """Read `hub:user/name[@revision][:config/split][?image=column&label=column]` or the web address of a data set's page.

    Raises StudioError for anything else.
    """
    text = text.strip()
    spec = _address(text) or text.removeprefix(PREFIX)
    match = _SPEC.fullmatch(spec)
    columns = parse_qs(match["query"] or "") if match else {}
    unknown = columns.keys() - {"image", "label"}
    name = (match["name"] or "").strip() if match else ""
    if (
        ".." in name
        or not re.fullmatch(r"[\w.\-]+/[\w.\-]+(@[\w.\-/]+)?", name, re.ASCII)
        or unknown
        or len(text) > 1000
    ):
        raise StudioError(
            "data.hub_name",
            "“{text}” is not the name of a data set on the Hub. Write hub:user/name, hub:user/name@revision or "
            "hub:user/name:config/split, with ?image=column&label=column to choose columns.",
            text=text[:100],
        )
    part = unquote(match["part"] or "").strip("/ ")
    return Wish(name, part, *(columns.get(key, [""])[-1] for key in ("image", "label")))


def _address(text: str) -> str | None:
    """Return what a data set's web address says, without the prefix; None for any other text."""
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return None
    parts = [unquote(part) for part in url.path.strip("/").split("/")]
    if url.netloc not in HOSTS or parts[0] != "datasets" or len(parts) < 3:
        return None
    name, rest = "/".join(parts[1:3]), parts[3:]
    if len(rest) >= 2 and rest[0] == "tree":
        return f"{name}@{rest[1]}"
    if len(rest) >= 2 and rest[0] == "viewer":
        return f"{name}:{'/'.join(rest[1:3])}"
    return name


# ---- which files


def parts(names: Sequence[str], card: dict) -> list[Part]:
    """Sort files into configurations and splits: as the card says, else by their names and folders."""
    declared = _declared(names, card)
    if declared:
        return declared
    found: dict[tuple[str, str], list[str]] = {}
    for name in names:
        found.setdefault(_guessed(name), []).append(name)
    return [Part(config, split, tuple(files)) for (config, split), files in found.items()]


def choose(known: Sequence[Part], wanted: str, split: str, name: str) -> tuple[Part, ...]:
    """Return the parts that `wanted` (config/split, either, or "") means; of several splits `split` ("train", "test", "all").

    Raises StudioError naming those that there are.
    """
    config, _, own = wanted.rpartition("/") if "/" in wanted else ("", "", wanted)
    fitting = [p for p in known if (p.config, p.split) == (config, own)] if config else []
    fitting = fitting or [p for p in known if wanted and p.split == wanted and p.config == _first_config(known)]
    fitting = fitting or [p for p in known if wanted and p.split == wanted]
    if fitting:
        return (fitting[0],)
    inside = [p for p in known if p.config == (wanted or _first_config(known))]
    if not inside:
        there = ", ".join(f"{p.config}/{p.split}" for p in known[:12])
        raise StudioError(
            "data.hub_part", "{name} has no part “{part}”. It has: {there}.", name=name, part=wanted[:80], there=there
        )
    if split == "all":
        return tuple(inside)
    order = HELD_OUT if split == "test" else ("train",)
    return (next((p for one in order for p in inside if p.split == one), inside[0]),)


def _first_config(known: Sequence[Part]) -> str:
    names = [part.config for part in known]
    return "default" if "default" in names else names[0] if names else ""


def _declared(names: Sequence[str], card: dict) -> list[Part]:
    """What `configs` in the card's front matter says; [] where it says nothing that fits these files."""
    found, configs = [], card.get("configs")
    usable = [one for one in configs if isinstance(one, dict)] if isinstance(configs, list) else []
    for config in sorted(usable[:200], key=lambda one: one.get("default") is not True):
        files = config.get("data_files")
        entries = files if isinstance(files, list) else [files]
        for entry in entries[:50]:
            split, paths = (entry.get("split"), entry.get("path")) if isinstance(entry, dict) else ("train", entry)
            patterns = [p for p in (paths if isinstance(paths, list) else [paths]) if isinstance(p, str)][:50]
            fitting = tuple(name for name in names if any(_fits(name, pattern) for pattern in patterns))
            if fitting:
                found.append(Part(str(config.get("config_name") or "default"), str(split or "train"), fitting))
    return found


def _fits(name: str, pattern: str) -> bool:
    pattern = pattern.removeprefix("./").replace("**/", "*")
    return fnmatch.fnmatchcase(name, pattern)


def _guessed(name: str) -> tuple[str, str]:
    """(configuration, split) by a file's path: the top folder, unless it is but the split or “data”; a word for the split."""
    path = PurePosixPath(name)
    found = next((split for word in _words(path) for split, say in SPLITS.items() if word in say), "train")
    top = path.parts[0] if len(path.parts) > 1 else ""
    plain = not top or top.casefold() == "data" or any(top.casefold() in say for say in SPLITS.values())
    return "default" if plain or path.suffix != ".parquet" else top, found


def _words(path: PurePosixPath) -> list[str]:
    """What may name the split: of a picture the folders from the top (below may be classes), of other files the name first."""
    if path.suffix not in (".parquet", ".zip"):
        return [part.casefold() for part in path.parts[:-1]]
    return [word for part in (path.stem, *path.parts[-2::-1]) for word in re.split(r"[-_.]", part.casefold())]
