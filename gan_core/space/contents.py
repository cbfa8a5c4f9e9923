"""Which files a Space gets: what running needs, as git knows it, and nothing of this computer; and what is wrong with them."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import metadata_load
from packaging.requirements import InvalidRequirement, Requirement

from gan_core.hub.facts import safe
from gan_core.space import front_matter

PARTS = ("README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", "app.py", "train_local.py", "requirements.txt", "gan_core", "weights", "docs")  # fmt: skip
NEEDED = ("README.md", "LICENSE", "app.py", "train_local.py", "requirements.txt", "gan_core/__init__.py")
LIST = "space-files.txt"  # in the Space: what was put there, so that a later push deletes nothing else
MOST = 10_000_000  # bytes of a file; the Hub wants larger ones stored otherwise
CPU_WHEELS = "--extra-index-url https://download.pytorch.org/whl/cpu"
SECRET_NAME = re.compile(
    r"\.env(\..*)?|.*\.(pem|key|p12|pfx)|id_[a-z0-9]+|.*(credentials|secrets?)(\.\w+)?|token", re.IGNORECASE
)
SECRET = re.compile(
    rb"\bhf_[A-Za-z0-9]{30,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAKIA[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
SHOWN = re.compile(r"\]\(([^)#:\s]+)\)")  # what a README links to or shows


@dataclass(frozen=True)
class Contents:
    """files: name there -> path here. faults keep it from being pushed; notes are worth a look. A sentence each."""

    files: dict[str, Path]
    faults: tuple[str, ...]
    notes: tuple[str, ...]


@contextmanager
def gathered(root: Path, cpu: bool = False) -> Iterator[Contents]:
    """What a Space gets of the project in `root`, while the block lasts. cpu: its torch is the one for machines without a GPU."""
    files, behind = listed(root)
    found, notes = faults(root, files), []
    if behind:
        found.append(
            f"Not in git yet, so the Space would lack it: {', '.join(behind[:5])}{' and more' if len(behind) > 5 else ''}. First: git add"
        )
    with TemporaryDirectory(prefix="latent-studio-") as staging:
        if cpu and "requirements.txt" in files:
            written = f"{CPU_WHEELS}\n{files['requirements.txt'].read_text(encoding='utf-8')}"
            files["requirements.txt"] = Path(staging) / "requirements.txt"
            files["requirements.txt"].write_text(written, encoding="utf-8")
            notes.append("requirements.txt there asks for PyTorch without CUDA, a much smaller download.")
        listing = Path(staging) / LIST
        listing.write_text("".join(f"{name}\n" for name in sorted({*files, LIST})), encoding="utf-8")
        yield Contents(dict(sorted({**files, LIST: listing}.items())), tuple(found), tuple(notes))


def listed(root: Path) -> tuple[dict[str, Path], list[str]]:
    """(name -> path of every file to send, names that git does not know yet): tracked files in a checkout, else what lies there."""
    linked = set()
    if (root / "README.md").is_file():
        linked = set(SHOWN.findall((root / "README.md").read_text(encoding="utf-8", errors="replace")))
        linked = {name for name in linked if safe(name)}
    tracked = _git(root)
    names, untracked = tracked if tracked is not None else ({*_walked(root), *linked}, [])
    files = {name: root / name for name in names if _wanted(name) or name in linked}
    return {name: path for name, path in files.items() if path.is_file()}, [name for name in untracked if _wanted(name)]


def faults(root: Path, files: dict[str, Path]) -> list[str]:
    """What keeps these files from being a Space that anybody may see and run."""
    found = [f"{name} is missing." for name in NEEDED if name not in files]
    if not any(re.fullmatch(r"weights/[^/]+/model\.safetensors", name) for name in files):
        found.append("There is no model in weights/, so the Space would open with nothing to show.")
    for name, path in files.items():
        size = path.stat().st_size
        if path.is_symlink():
            found.append(f"{name} is a link; put the file itself there.")
        if size >= MOST:
            found.append(f"{name} has {size / 1e6:.1f} MB; a file of a Space must stay under {MOST // 1_000_000} MB.")
        if SECRET_NAME.fullmatch(path.name) or (size < 1_000_000 and SECRET.search(path.read_bytes())):
            found.append(
                f"{name} looks like a secret (an access token or a private key). Take it out, and have it replaced."
            )
    if "README.md" in files:
        found += front_matter.faults(files["README.md"], files)
    return found + _licences(files) + _requirements(files)


def _licences(files: dict[str, Path]) -> list[str]:
    """Models and pictures whose licence is not said."""
    found = []
    for name in files:
        if re.fullmatch(r"weights/[^/]+/config\.json", name):
            card = files.get(name.replace("config.json", "README.md"))
            try:
                said = (metadata_load(card) or {}).get("license") if card else None
            except Exception:
                said = None
            if not said:
                found.append(f"{name.removesuffix('/config.json')} has no README.md that says its licence.")
    sheets = files.get("gan_core/data/builtin/sheets.json")
    if sheets:
        found += [
            f"The bundled pictures “{name}” have no licence in sheets.json."
            for name, facts in json.loads(sheets.read_text(encoding="utf-8")).items()
            if not facts.get("licence")
        ]
    return found


def _requirements(files: dict[str, Path]) -> list[str]:
    """Lines that pip would not take, and a gradio other than the one that is installed and tested here."""
    found, here = [], metadata.version("gradio")
    lines = files["requirements.txt"].read_text(encoding="utf-8").splitlines() if "requirements.txt" in files else []
    for line in (line.partition("#")[0].strip() for line in lines):
        try:
            asked = Requirement(line) if line and not line.startswith("-") else None
        except InvalidRequirement:
            found.append(f"requirements.txt: pip does not understand “{line}”.")
            continue
        if asked and asked.name == "gradio" and here not in asked.specifier:
            found.append(f"requirements.txt wants {line}, but {here} is installed here and tested.")
    return found


def _git(root: Path) -> tuple[list[str], list[str]] | None:
    """(tracked files, new ones that are not ignored) where `root` is a checkout, else None."""
    if not (root / ".git").exists():
        return None
    try:
        asked = [["git", "-C", str(root), "ls-files", "-z", *more] for more in ([], ["--others", "--exclude-standard"])]
        told = [subprocess.run(command, capture_output=True, check=True, timeout=60).stdout for command in asked]
    except (OSError, subprocess.SubprocessError):
        return None
    tracked, new = ([name for name in one.decode(errors="replace").split("\0") if name] for one in told)
    return tracked, new


def _walked(root: Path) -> list[str]:
    found = []
    for part in PARTS:
        under = root / part
        found += [under, *(under.rglob("*") if under.is_dir() else [])]
    return [path.relative_to(root).as_posix() for path in found]


def _wanted(name: str) -> bool:
    parts = name.split("/")
    hidden = any(part.startswith(".") or part == "__pycache__" for part in parts)
    return parts[0] in PARTS and not hidden and not name.endswith((".pyc", ".pyi"))
