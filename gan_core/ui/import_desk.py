"""What the page may ask to open somebody else's weights: bring files, look at how they may be understood, choose, rename."""

import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

from gan_core.card import describe_anew
from gan_core.errors import StudioError
from gan_core.ui import limits
from gan_core.ui.engine import Engine
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.requests import Between, Name, Visitor
from gan_core.ui.run_view import webp_url

WAITING = ".brought"  # where files lie until somebody has chosen
TOKEN = re.compile(r"[0-9a-f]{16}")
MAX_FILES = 24
MAX_BYTES, SPACE_BYTES = 2_000_000_000, 200_000_000  # of one model's files, at home and on a Space
SPACE_STORE = 2_000_000_000  # of all imported models there
MAX_AGE = 24 * 3600  # seconds: files that wait, and on a Space models
SAMPLES = (2, 4)  # rows and columns of a candidate's picture
SIDE = 128  # pixels of a sample shown at most
WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".t7", ".tar", ".model", ".onnx", ".zip")


@dataclass(frozen=True)
class ImportDesk:
    """Other people's models under `folder`; `inbox` is where Gradio's upload route puts files."""

    engine: Engine
    folder: Path
    inbox: Path
    jobs: Jobs
    share: bool | None = None

    async def bring(self, files: list[str], names: list[str], visitor: Visitor, name: JobName) -> dict:
        """Open uploaded files as the job `name`. Returns {model} where nothing is open, else what `look` returns."""
        return await self.jobs.run(name, partial(self._bring, files, names, visitor))

    async def bring_hub(self, source: Annotated[str, Between(1, 300)], visitor: Visitor, name: JobName) -> dict:
        """The same for the weight file of a repository on the Hub."""
        from gan_core.ui import visitor as accounts

        return await self.jobs.run(name, partial(self._bring_hub, source, accounts.token(self.share), visitor))

    async def choose(
        self, bundle: Name, choice: Annotated[int, Between(0, 20)], visitor: Visitor, name: JobName
    ) -> dict:
        """Keep brought files (or an imported model's own) as candidate `choice`; return {model}."""
        return await self.jobs.run(name, partial(self._choose, bundle, choice, visitor))

    async def look_again(self, model: Name, visitor: Visitor, name: JobName) -> dict:
        """Return the candidates of an imported model whose file was kept: {bundle, file, chosen, candidates}."""
        return await self.jobs.run(name, partial(self._look_again, model, visitor))

    def rename(self, model: Name, title: Annotated[str, Between(1, 120)], visitor: Visitor) -> dict:
        """Give an imported model another title."""
        entry = self._own(model, visitor)
        title = " ".join(title.split())
        if not title:
            raise StudioError("import.no_name", "Give the model a name.")
        describe_anew(entry.path, replace(entry.config, title=title))
        self.engine.library.entries(visitor)
        return {"model": model, "title": title}

    def here(self, visitor: Visitor) -> dict:
        """Return the imported models that a visitor may see: {models: [{id, title, again: whether its file was kept to choose anew}]}."""
        entries = [entry for entry in self.engine.library.entries(visitor) if entry.origin == "imported"]
        shown = [
            {"id": e.id, "title": e.config.title or e.config.name, "again": (e.path.parent / "source").is_dir()} for e in entries
        ]  # fmt: skip
        return {"models": shown}

    def progress(self, name: JobName) -> dict:
        """Return how far the work is (see Jobs.progress)."""
        return self.jobs.progress(name)

    def stop(self, name: JobName) -> bool:
        """Stop the work."""
        return self.jobs.stop(name)

    def limits(self) -> dict:
        """Return {bytes, space}: how much may be brought here at once, and whether others use this machine too."""
        return {"bytes": self._most(), "space": limits.on_space()}

    # ---- the work itself, in a thread

    def _bring(self, files: list[str], names: list[str], visitor: str, job: Job) -> dict:
        self.sweep()
        paths = [self._inside(Path(file)) for file in files[: MAX_FILES + 1]]
        if not paths or len(paths) > MAX_FILES:
            raise StudioError(
                "import.count", "Choose one weight file and what lies beside it, at most {most} files.", most=MAX_FILES
            )
        self._check_room(sum(path.stat().st_size for path in paths))
        token = secrets.token_hex(8)
        bundle = self.folder / WAITING / token
        bundle.mkdir(parents=True)
        names = names if len(names) == len(paths) else [path.name for path in paths]
        for path, name in zip(paths, names, strict=True):
            _link(path, bundle / plain_name(name))
        return self._open(token, bundle, visitor, job)

    def _bring_hub(self, source: str, access, visitor: str, job: Job) -> dict:
        from gan_core import hub
        from gan_core.hub.foreign import pull_foreign

        self.sweep()
        found = pull_foreign(source, access, job.tell, most=self._most())
        self._check_room(sum(path.stat().st_size for path in found))
        token = secrets.token_hex(8)
        bundle = self.folder / WAITING / token
        bundle.mkdir(parents=True)
        title = hub.parse(source)[0].split("/")[-1]
        for path in found:
            _link(path.resolve(), bundle / plain_name(path.name))
        return self._open(token, bundle, visitor, job, title)

    def _open(self, token: str, bundle: Path, visitor: str, job: Job, title: str = "") -> dict:
        """Import what is in a bundle at once where it is sure, else show how it may be understood."""
        from gan_core.importers import open_file

        job.tell(0, 1, "reading")
        try:
            found = open_file(main_file(bundle))
        except StudioError:
            shutil.rmtree(bundle, ignore_errors=True)
            raise
        if title:
            (bundle / ".title").write_text(title[:120], encoding="utf-8")
        if found[0].sure or len(found) == 1:
            return self._keep(found[0], bundle, 0, visitor, None, job)
        return self._shown(token, bundle, found, None, job)

    def _shown(self, bundle_name: str, bundle: Path, found: list, chosen: int | None, job: Job) -> dict:
        """{bundle, file, chosen, candidates: [{assumed, picture, resolution, channels}]}."""
        from gan_core.checkpoint import assemble
        from gan_core.importers.keeping import sheet

        shown = []
        for number, candidate in enumerate(found):
            job.tell(number, len(found), "drawing")
            picture = sheet(assemble(candidate.config, candidate.tensors, bundle.name), *SAMPLES)
            side = candidate.config.resolution
            if side > SIDE:
                picture = picture.resize((SIDE * SAMPLES[1], SIDE * SAMPLES[0]))
            shown.append({
                "assumed": candidate.config.training.get("assumed", []), "picture": webp_url(picture), "resolution": side,
                "classes": candidate.config.num_classes,
            })  # fmt: skip
        return {"bundle": bundle_name, "file": main_file(bundle).name, "chosen": chosen, "candidates": shown}

    def _choose(self, bundle_name: str, choice: int, visitor: str, job: Job) -> dict:
        from gan_core.importers import open_file

        entry = self._own(bundle_name, visitor) if bundle_name.startswith("imported/") else None
        bundle = self._waiting(bundle_name) if entry is None else entry.path.parent / "source"
        if not bundle.is_dir():
            raise _gone()
        job.tell(0, 1, "reading")
        found = open_file(main_file(bundle))
        return self._keep(found[min(choice, len(found) - 1)], bundle, choice, visitor, entry, job)

    def _keep(self, candidate, bundle: Path, choice: int, visitor: str, entry, job: Job) -> dict:
        from gan_core.importers.keeping import keep

        job.tell(0.5, 1, "keeping")
        source = main_file(bundle)
        title = (bundle / ".title").read_text(encoding="utf-8") if (bundle / ".title").is_file() else ""
        home = entry.path.parent if entry else self._new_home(title or source.stem)
        try:
            home.mkdir(parents=True, exist_ok=True)
            if entry is None:
                limits.sign(home, visitor)
            keep(candidate, source, home / "model", choice, entry.config.title if entry else title)
            if entry is None and not candidate.sure and not limits.on_space():
                bundle.rename(home / "source")  # so that one can come back and choose another
        except OSError as error:
            if entry is None:
                shutil.rmtree(home, ignore_errors=True)
            raise StudioError(
                "import.disk", "The model cannot be kept: {why}.", why=error.strerror or str(error)
            ) from None
        if entry is None:
            shutil.rmtree(bundle, ignore_errors=True)
        self.engine.library.entries(visitor)
        return {"model": f"imported/{home.name}"}

    def _look_again(self, model: str, visitor: str, job: Job) -> dict:
        from gan_core.importers import open_file

        entry = self._own(model, visitor)
        bundle = entry.path.parent / "source"
        if not bundle.is_dir():
            raise StudioError(
                "import.no_source", "The file this model came from was not kept. Bring it again to choose anew."
            )
        chosen = entry.config.training.get("choice")
        return self._shown(model, bundle, open_file(main_file(bundle)), chosen if type(chosen) is int else None, job)

    # ---- places

    def _own(self, model: str, visitor: str):
        entry = self.engine.library.entry(model)
        if entry.origin != "imported":
            raise StudioError("import.not_imported", "Only models of other people's files can be changed in this way.")
        limits.check_owner(entry.path.parent, visitor)
        return entry

    def _waiting(self, token: str) -> Path:
        if not TOKEN.fullmatch(token):
            raise _gone()
        return self.folder / WAITING / token

    def _new_home(self, title: str) -> Path:
        """A folder of its own; on a Space its name holds a word that nobody guesses."""
        slug = re.sub(r"[^0-9a-z]+", "-", title.lower()).strip("-")[:40] or "model"
        if limits.on_space():
            return self.folder / f"{slug}-{secrets.token_hex(8)}"
        number, home = 1, self.folder / slug
        while home.exists():
            number += 1
            home = self.folder / f"{slug}-{number}"
        return home

    def _inside(self, path: Path) -> Path:
        """A plain file in Gradio's upload folder: a browser must not name other files of this machine."""
        resolved = path.resolve()
        if not resolved.is_relative_to(self.inbox.resolve()) or not resolved.is_file():
            raise StudioError("import.lost", "The upload did not arrive. Please send the file again.")
        return resolved

    def _most(self) -> int:
        return SPACE_BYTES if limits.on_space() else MAX_BYTES

    def _check_room(self, size: int) -> None:
        if size > self._most():
            raise StudioError(
                "import.upload_large", "These files have {size} MB; here at most {most} MB can be opened.",
                size=-(-size // 1_000_000), most=self._most() // 1_000_000,
            )  # fmt: skip
        if limits.on_space() and size + weight(self.folder) > SPACE_STORE:
            raise StudioError(
                "import.full",
                "There is no room for more models here just now. Try again later, or run Latent Studio on your own computer.",
            )

    def sweep(self, now: float | None = None) -> None:
        """Delete files of yesterday that nobody chose from; on a Space, models of yesterday too."""
        now = time.time() if now is None else now
        old = list((self.folder / WAITING).glob("*"))
        old += [home for home in self.folder.glob("*") if limits.on_space() and home.name != WAITING]
        for path in old:
            if path.is_dir() and now - path.stat().st_mtime > MAX_AGE:
                shutil.rmtree(path, ignore_errors=True)


def main_file(bundle: Path) -> Path:
    """The weight file of a bundle, or the bundle itself where only its folder tells which it is."""
    weights = [path for path in bundle.iterdir() if path.suffix.lower() in WEIGHTS]
    others = [path for path in bundle.iterdir() if path.suffix.lower() != ".json" and path.name != ".title"]
    return weights[0] if len(weights) == 1 else others[0] if len(others) == 1 else bundle


def plain_name(name: str) -> str:
    """The last part of a path that a browser or a stranger named, so that it leads nowhere."""
    last = re.split(r"[/\\]", name)[-1]
    clean = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(" ")[-120:]
    return clean if clean.strip(".") and clean != ".title" else "weights"


def weight(folder: Path) -> int:
    """Bytes of all files under a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)  # no second copy on the disk
    except OSError:
        shutil.copyfile(source, target)


def _gone() -> StudioError:
    return StudioError(
        "import.gone",
        "These files are not here: they were put away after a while, or are on another machine of this address. Bring them again.",
    )
