"""Publishing a model folder: first a draft that says exactly what would go up, then one commit with exactly that."""

import hashlib
import json
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from gan_core.checkpoint import CARD, CONFIG, DIRECTIONS, ENCODER, PREVIEW, WEIGHTS, read_config
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.hub import account, upload
from gan_core.hub.ask import ask
from gan_core.hub.facts import marks, text
from gan_core.hub.hub_card import LICENCES, hub_card
from gan_core.hub.names import Source, parse, resolve_source

COPIED = (ENCODER, PREVIEW)
CHOSEN = {
    "cc0-1.0": "cc0",
    "cc-by-4.0": "by",
    "cc-by-nc-4.0": "by-nc",
}  # licences that sharing.LICENCES knows by a code
MAX_HEADER = 100_000_000  # bytes of a safetensors header
PATH = re.compile(r"""(?<![^\s'"=(,;:])(?:~|[A-Za-z]:)?(?!//)[/\\](?:[^\s'"]*[/\\])?([^\s/\\'"]+)[/\\]?""")
State = Literal["new", "changed", "same"]


@dataclass(frozen=True)
class Choice:
    """What a person decides about a publication. A repository that is there keeps its visibility."""

    repo_id: str
    licence: str  # of hub_card.LICENCES
    licence_words: str = ""
    private: bool = True
    language: Literal["en", "zh"] = "en"


@dataclass(frozen=True)
class File:
    """One file of a draft: where it lies until it is sent, and how it compares with what is on the Hub."""

    name: str
    path: Path
    size: int
    sha256: str
    state: State = "new"


@dataclass(frozen=True)
class Draft:
    """What would go up. parent: the commit it builds on, "" for a new repository; `digest` changes when anything of it does."""

    choice: Choice
    files: tuple[File, ...]
    parent: str
    kept: tuple[str, ...]  # files on the Hub that stay as they are
    card: str
    complaints: tuple[str, ...]  # of the Hub's own check of the card

    @property
    def digest(self) -> str:
        """What tells this draft from any other."""
        facts = [repr(self.choice), self.parent, *(f"{file.name} {file.sha256}" for file in self.files)]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()


@contextmanager
def drafted(
    folder: Path, choice: Choice, token: str | bool | None = None, directions: Path | None = None, **place
) -> Iterator[Draft]:
    """A draft of a model folder as `choice` wants it, while the block lasts: its files lie in a folder of their own.

    directions: another folder to take them from. place: endpoint, timeout. Raises StudioError "hub.…": nobody logged in, a name that is not theirs, no licence, no Hub.
    """
    check(choice)
    account.check_writer(choice.repo_id, token, **place)
    source = resolve_source(choice.repo_id, token, place.get("endpoint"), None, place.get("timeout"))
    parent, there = there_already(source)
    with tempfile.TemporaryDirectory(prefix="latent-studio-work-") as staging:
        card = _stage(Path(folder), choice, Path(staging), Path(directions or folder))
        files = tuple(compared(path.name, path, there) for path in sorted(Path(staging).iterdir()))
        kept = tuple(sorted(set(there) - {file.name for file in files}))
        yield Draft(choice, files, parent, kept, card, _complaints(source, card))


def publish(
    folder: Path,
    choice: Choice,
    digest: str,
    token: str | bool | None = None,
    progress: Callable[[int, int], None] | None = None,
    directions: Path | None = None,
    **place,
) -> str:
    """Send the draft whose digest a person has agreed to, in one commit; return the commit.

    progress(done, total) is called with bytes; what it raises stops the upload, and then nothing is published. Raises StudioError
    "hub.changed_meanwhile" when the draft would be another one now, and "hub.…" for each other thing that can go wrong.
    """
    with drafted(folder, choice, token, directions, **place) as draft:
        if draft.digest != digest:
            raise StudioError(
                "hub.changed_meanwhile",
                "The model or its repository has changed since you looked. Look at it again before it goes up.",
            )
        source = resolve_source(choice.repo_id, token, place.get("endpoint"), None, place.get("timeout"))
        sent = [(file.name, file.path) for file in draft.files if file.state != "same"]
        if not sent:
            return draft.parent
        return upload.send(source, sent, draft.parent, choice.private, progress or (lambda done, total: None))


def check(choice: Choice) -> None:
    """Raise StudioError for a name, licence or language that cannot be."""
    if parse(choice.repo_id) != (choice.repo_id, None):
        raise StudioError(
            "hub.bad_repo", "Write the name of the repository as user/model: letters, digits, “-”, “_” and “.”."
        )
    if choice.licence not in LICENCES:
        raise StudioError("hub.bad_licence", "Choose a licence first.")
    if choice.licence == "other" and not choice.licence_words.strip():
        raise StudioError("hub.bad_licence_words", "Say in a sentence what others may do with this model.")


def published_config(config: ModelConfig, choice: Choice) -> ModelConfig:
    """The config as it goes up: with the licence that was chosen, and without folders of this computer."""
    own = choice.licence_words.strip() if choice.licence == "other" else LICENCES[choice.licence]
    code = CHOSEN.get(choice.licence, "own")
    told = {**config.sharing, "licence": code, "licence_words": own if code == "own" else ""}
    return replace(
        config,
        data=re.split(r"[/\\]", config.data.rstrip("/\\"))[-1],
        training=_homeless(config.training),
        sharing=told,
    )


def _homeless(value: Any) -> Any:
    """The same facts, with each path that begins at a root, a drive or a home shortened to its last part."""
    if isinstance(value, dict):
        return {name: _homeless(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_homeless(one) for one in value]
    return PATH.sub(r"\1", value) if isinstance(value, str) else value


def _stage(folder: Path, choice: Choice, staging: Path, directions: Path) -> str:
    """Lay the files that would go up into `staging`; return the card."""
    config = published_config(read_config(folder), choice)
    written = json.dumps(config.to_dict(), indent=2, ensure_ascii=False)
    card = hub_card(
        config, choice.repo_id, choice.licence, choice.licence_words, choice.language, bool(config.sharing.get("check"))
    )
    try:
        (staging / CONFIG).write_text(written + "\n", encoding="utf-8")
        (staging / CARD).write_text(card, encoding="utf-8")
        _with_config(folder / WEIGHTS, staging / WEIGHTS, written)
        for source in (*(folder / name for name in COPIED), directions / DIRECTIONS):
            if source.is_file():
                shutil.copyfile(source, staging / source.name)
    except OSError as error:
        raise StudioError(
            "hub.staging", "The files cannot be laid out: {why}.", why=error.strerror or str(error)
        ) from None
    return card


def _with_config(weights: Path, target: Path, config: str) -> None:
    """Copy a safetensors file with `config` as the config that its header brings along; the tensors stay as they are."""
    with weights.open("rb") as file, target.open("wb") as new:
        size = struct.unpack("<Q", file.read(8))[0]
        try:
            header = json.loads(file.read(size)) if size <= MAX_HEADER else None
        except (ValueError, RecursionError):
            header = None
        if not isinstance(header, dict):
            raise StudioError(
                "model.damaged", "{file} is damaged or not a safetensors file. Download it again.", file=weights.name
            )
        if isinstance(header.get("__metadata__"), dict) and "config" in header["__metadata__"]:
            header["__metadata__"]["config"] = config
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)  # tensors begin at a multiple of eight
        new.write(struct.pack("<Q", len(text)) + text)
        shutil.copyfileobj(file, new, 1 << 20)


def there_already(source: Source) -> tuple[str, dict[str, set[str]]]:
    """(commit, files by what marks them) of the repository; ("", {}) when there is none."""
    try:
        return marks(source)
    except StudioError as error:
        if error.code in ("hub.private", "hub.not_found"):
            return "", {}
        raise


def compared(name: str, path: Path, there: dict[str, set[str]]) -> File:
    """A file that shall be called `name`, as it stands to what is `there_already`."""
    size, sha256 = path.stat().st_size, hashlib.sha256()
    git = hashlib.sha1(b"blob %d\0" % size)
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            sha256.update(piece)
            git.update(piece)
    known = there.get(name)
    same = known is not None and bool(known & {sha256.hexdigest(), git.hexdigest()})
    return File(name, path, size, sha256.hexdigest(), "new" if known is None else "same" if same else "changed")


def _complaints(source: Source, card: str) -> tuple[str, ...]:
    """What the Hub's own check says against the card's front matter; it may also say nothing of use."""
    answer = ask(source, "/api/validate-yaml", body={"content": card, "repoType": "model"}, also=(400, 422)).json()
    told = [*(answer.get("errors") or []), *(answer.get("warnings") or [])] if isinstance(answer, dict) else []
    found = [text(one.get("message"), 300) for one in told[:10] if isinstance(one, dict)]
    return tuple(filter(None, found))
