"""What the Models tab may ask about the Hub: whose account this is, what models there are, and to bring one here."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from threading import Thread
from typing import Annotated, Any, Literal

from gan_core import hub
from gan_core.errors import StudioError
from gan_core.hub import account, browse, facts
from gan_core.hub.names import resolve_source
from gan_core.ui import limits, listed, visitor
from gan_core.ui.engine import Engine
from gan_core.ui.jobs import Job, JobName, Jobs
from gan_core.ui.requests import Between

SPACE_MODELS = 24  # pulled ones that a Space keeps at most
SPACE_BYTES = 300_000_000  # of one model there
FRESH = 600  # seconds for which what a public model is need not be asked again
NEWS = 24  # models asked about at most
RepoName = Annotated[str, Between(0, 300)]


@dataclass(frozen=True)
class HubDesk:
    """Answers the Hub's part of the Models tab; pulls wait for one another, not for films (`jobs` is its own)."""

    engine: Engine
    share: bool | None = None
    jobs: Jobs = field(default_factory=Jobs, repr=False)

    # ---- whose account

    def hub_account(self) -> dict:
        """Return {account: {name, names, role} or null, through, may_login, sign_in, space}. Raises StudioError without a Hub."""
        own = limits.folders_allowed(self.share)
        place = {
            "may_login": own and not account.from_environment(),
            "sign_in": visitor.sign_in_possible(),
            "space": not own,
        }
        found = account.whoami(visitor.token(self.share))
        through = (
            "" if found is None else "visitor" if not own else "environment" if account.from_environment() else "login"
        )
        return place | {"account": found and asdict(found), "through": through}

    def hub_login(self, token: Annotated[str, Between(0, 500)]) -> dict:
        """Log this computer in with a token, as `hf auth login` does, and return what `hub_account` does. Refused where strangers come."""
        self._own_machine()
        account.login(token)
        return self.hub_account()

    def hub_logout(self) -> dict:
        """Log this computer out, and return what `hub_account` does."""
        self._own_machine()
        account.logout()
        return self.hub_account()

    # ---- what there is

    def hub_search(
        self,
        scope: Literal["ours", "task", "all"] = "ours",
        words: Annotated[str, Between(0, 100)] = "",
        author: Annotated[str, Between(0, 100)] = "",
        sort: Literal["downloads", "likes", "lastModified"] = "downloads",
        cursor: Annotated[str, Between(0, 2000)] = "",
    ) -> dict:
        """Return a page of models on the Hub: {models, cursor}."""
        page = browse.search(browse.Query(scope, words, author, sort, cursor), visitor.token(self.share))
        return {"models": [asdict(found) for found in page.found], "cursor": page.cursor}

    def hub_look(self, repo: RepoName) -> dict:
        """Return what one model is: {commit, size, weights, preview: data URL or ""}; the picture was fetched and made anew here."""
        token = visitor.token(self.share)
        details = browse.look(repo, token) if token is not False else _looked_at(repo, int(time.monotonic() // FRESH))
        preview = base64.b64encode(details.preview).decode()
        return asdict(details) | {"preview": f"data:image/webp;base64,{preview}" if preview else ""}

    # ---- bringing one here

    async def hub_pull(self, source: RepoName, name: JobName) -> dict:
        """Fetch `user/repo[@revision]` as the job `name`; return {model, commit}. Where strangers come, public ones only: all see them."""
        repo, revision = hub.parse(source)
        own, most = limits.folders_allowed(self.share), self._room(hub.pulled_name(repo, revision))

        def work(job: Job) -> dict:
            try:
                path = hub.pull(source, None if own else False, job.tell, most=most)
            except StudioError as error:
                raise error if own or error.code not in ("hub.not_found", "hub.gated") else _public_only(repo) from None
            return {"model": self.engine.library.add(hub.pulled_name(repo, revision), path), "commit": path.name}

        return await self.jobs.run(name, work)

    def hub_progress(self, name: JobName) -> dict:
        """Return how far a pull is (see Jobs.progress)."""
        return self.jobs.progress(name)

    def hub_stop(self, name: JobName) -> bool:
        """Stop a pull."""
        return self.jobs.stop(name)

    # ---- what is here

    def hub_here(self) -> dict:
        """Return the pulled models, which need no network: {models: [{id, repo, revision, commit, title}]}."""
        return {"models": [self._pulled(entry) for entry in self._entries()]}

    def hub_news(self) -> dict:
        """Ask the Hub which pulled models it has a newer version of; return {id: its commit}. Raises StudioError without a Hub."""
        token = visitor.token(self.share)
        followed = [self._pulled(entry) for entry in self._entries()]
        followed = [model for model in followed if not facts.COMMIT.fullmatch(model["revision"])][:NEWS]

        def newest(model: dict[str, Any]) -> str | StudioError:
            try:
                return facts.files(resolve_source(_spec(model["repo"], model["revision"]), token, None, None, None))[0]
            except StudioError as error:
                return error

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(newest, followed))
        if answers and all(isinstance(answer, StudioError) and answer.code == "hub.offline" for answer in answers):
            raise answers[0]
        pairs = zip(followed, answers, strict=True)
        return {model["id"]: commit for model, commit in pairs if isinstance(commit, str) and commit != model["commit"]}

    def find_pulled(self) -> None:
        """Tell the library, in the background, of every model that earlier visits pulled and of those that the owner lists."""
        Thread(target=self._find_pulled, name="find-pulled", daemon=True).start()

    def _find_pulled(self) -> None:
        self.read_cache()
        listed.bring(self.engine.library, listed.listed_models())

    def read_cache(self) -> None:
        """Tell the library of every model in the Hub's cache."""
        for repo, revision, path in reversed(hub.cached_models()):
            self.engine.library.add(hub.pulled_name(repo, revision), path)

    def _entries(self) -> list:
        return [entry for entry in self.engine.library.entries() if entry.origin == "hub"]

    def _pulled(self, entry) -> dict[str, Any]:
        repo, _, revision = entry.id.removeprefix("hub/").partition("@")
        title = entry.config.title or entry.config.name
        return {"id": entry.id, "repo": repo, "revision": revision, "commit": entry.path.name, "title": title}

    def _room(self, name: str) -> int | None:
        """How many bytes a pull may have here (None: as many as any). Raises StudioError when a Space is full of models."""
        if limits.folders_allowed(self.share):
            return None
        known = {entry.id for entry in self._entries()}
        if len(known) >= SPACE_MODELS and f"hub/{name}" not in known:
            raise StudioError(
                "hub.space_full", "{count} models from the Hub are here already, and this machine keeps no more. Run Latent Studio on your "
                "own computer for others.", count=SPACE_MODELS,
            )  # fmt: skip
        return SPACE_BYTES

    def _own_machine(self) -> None:
        if not limits.folders_allowed(self.share):
            raise StudioError(
                "hub.not_here",
                "Others use this machine too, so no access token is taken here. Run Latent Studio on your own computer.",
            )


@lru_cache(maxsize=256)
def _looked_at(repo: str, period: int) -> browse.Details:
    """What a public model is, asked once for all visitors of some minutes."""
    return browse.look(repo, False)


def _public_only(repo: str) -> StudioError:
    return StudioError(
        "hub.public_only", "Everybody here sees the models that are loaded, so only public ones are: {repo} is private, asks for terms, or is "
        "not there.", repo=repo,
    )  # fmt: skip


def _spec(repo: str, revision: str) -> str:
    return f"{repo}@{revision}" if revision else repo
