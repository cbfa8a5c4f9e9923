"""What the Models tab may ask about publishing: what is known of a model, exactly what would go up, and to send that."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from gan_core import sharing
from gan_core.errors import StudioError
from gan_core.hub import account, hub_card, publish
from gan_core.hub.names import whole_hub
from gan_core.training.run import Run
from gan_core.ui import limits, run_view, visitor
from gan_core.ui.engine import Engine
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.library import Entry
from gan_core.ui.requests import Between, Name, Visitor

RepoName = Annotated[str, Between(0, 200)]
Licence = Annotated[str, Between(0, 30)]
Words = Annotated[str, Between(0, 300)]
OFFERED = tuple(
    code for code in hub_card.LICENCES if code != "cc-by-sa-3.0"
)  # that one only where a model has it already


@dataclass(frozen=True)
class PublishDesk:
    """Answers the page that publishes a model. Nothing is sent but what its digest says the visitor has seen."""

    engine: Engine
    share: bool | None = None
    jobs: Jobs = field(default_factory=Jobs, repr=False)

    def publish_facts(self, model: Name, visitor_word: Visitor) -> dict:
        """Return what the page begins with: {account, title, name, licence, licences, fixed, concerns}. Raises StudioError without a Hub."""
        entry = self._entry(model, visitor_word)
        found = account.whoami(visitor.token(self.share))
        known = hub_card.known_licence(entry.config)
        fixed = entry.origin == "bundled"
        return {
            "account": found and {"name": found.name, "names": list(found.names), "role": found.role},
            "title": entry.config.title or entry.config.name,
            "name": _repo_name(entry.config.name or entry.config.title or entry.path.name),
            "licence": known,
            "licences": [known] if fixed else list(OFFERED),
            "concerns": _concerns(entry),
        }

    def publish_preview(
        self,
        model: Name,
        visitor_word: Visitor,
        repo: RepoName,
        licence: Licence,
        licence_words: Words = "",
        private: bool = True,
        language: Literal["en", "zh"] = "en",
    ) -> dict:
        """Return exactly what would go up: {repo, files, kept, card, preview, new, complaints, concerns, digest, address}."""
        entry = self._entry(model, visitor_word)
        choice = self._choice(entry, repo, licence, licence_words, private, language)
        with publish.drafted(entry.path, choice, visitor.token(self.share), entry.directions) as draft:
            preview = entry.path / "preview.webp"
            return {
                "files": [{"name": file.name, "size": file.size, "state": file.state} for file in draft.files],
                "kept": list(draft.kept),
                "card": draft.card,
                "preview": run_view.thumbnail(preview, 512) if preview.is_file() else "",
                "new": not draft.parent,
                "complaints": list(draft.complaints),
                "concerns": _concerns(entry),
                "digest": draft.digest,
                "address": f"{whole_hub().endpoint}/{choice.repo_id}",
            }

    async def publish_send(
        self,
        model: Name,
        visitor_word: Visitor,
        repo: RepoName,
        licence: Licence,
        digest: Annotated[str, Between(64, 64)],
        name: JobName,
        licence_words: Words = "",
        private: bool = True,
        language: Literal["en", "zh"] = "en",
        aware: bool = False,
    ) -> dict:
        """Send the draft that was seen (its `digest`) as the job `name`; return {commit, address}.

        aware: whether the visitor has confirmed the concerns, where there are any. Raises StudioError.
        """
        entry = self._entry(model, visitor_word)
        choice = self._choice(entry, repo, licence, licence_words, private, language)
        if _concerns(entry) and not aware:
            raise StudioError(
                "hub.unaware", "Read what speaks against publishing this model first, and say that you have."
            )
        token = visitor.token(self.share)

        def work(job: Job) -> dict:
            commit = publish.publish(entry.path, choice, digest, token, job.tell, entry.directions)
            return {"commit": commit, "address": f"{whole_hub().endpoint}/{choice.repo_id}"}

        return await self.jobs.run(name, work)

    def publish_progress(self, name: JobName) -> dict:
        """Return how far an upload is (see Jobs.progress)."""
        return self.jobs.progress(name)

    def publish_stop(self, name: JobName) -> bool:
        """Stop an upload; nothing is published then, unless all of it had gone out already."""
        return self.jobs.stop(name)

    def _entry(self, model: str, visitor_word: str) -> Entry:
        """The model, if it is this visitor's to publish. Raises StudioError."""
        entry = self.engine.library.entry(model)
        if entry.origin in ("run", "imported"):
            limits.check_owner(entry.path.parent, visitor_word)
        elif entry.origin != "bundled" and not limits.folders_allowed(self.share):
            raise StudioError("publish.not_yours", "This model is not yours, so it cannot be published from here.")
        if entry.origin == "moment":
            raise StudioError("publish.moment", "This is a moment of a training. Publish the training's model instead.")
        if entry.origin == "run" and Run(entry.path.parent).status().active:
            raise StudioError("share.running", "This training still goes on. Wait until it ends, or stop it first.")
        return entry

    def _choice(
        self, entry: Entry, repo: str, licence: str, words: str, private: bool, language: Any
    ) -> publish.Choice:
        if entry.origin == "bundled":
            licence = hub_card.known_licence(entry.config)
        return publish.Choice(repo.strip(), licence, " ".join(words.split()), private, language)


def _concerns(entry: Entry) -> list[str]:
    """What speaks against publishing (see sharing.concerns), but for the licence, which is chosen here. Bundled models were looked at."""
    if entry.origin == "bundled":
        return []
    return [code for code in sharing.concerns(entry.config.sharing) if code != "licence"]


def _repo_name(title: str) -> str:
    """A repository's name made of a title: what is no plain letter or digit becomes a hyphen."""
    name = re.sub(r"[^A-Za-z0-9._]+", "-", Path(title).name).strip("-._")
    return re.sub(r"[-.]{2,}", "-", name)[:80] or "my-model"
