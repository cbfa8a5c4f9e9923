"""What a person may write to say which model on the Hub they mean."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from huggingface_hub import constants
from huggingface_hub.utils import HFValidationError, validate_repo_id

from gan_core.errors import StudioError

TIMEOUT = 4.0  # seconds until an unreachable Hub is called so
PATIENCE = 1.5  # seconds to ask for news of what is already here
_REVISION = re.compile(r"[A-Za-z0-9_][\w.\-]*(/[A-Za-z0-9_][\w.\-]*)*", re.ASCII)


@dataclass(frozen=True)
class Source:
    """Which model (or `kind` "dataset" or "space"), where, and as whom. `revision` None is the default branch; `token` False sends none."""

    repo_id: str
    revision: str | None
    token: str | bool | None
    endpoint: str
    cache_dir: Path
    timeout: float
    kind: str = "model"

    @property
    def page(self) -> str:
        """Its address for a person."""
        return f"{self.endpoint}/{'' if self.kind == 'model' else f'{self.kind}s/'}{self.repo_id}"


def parse(text: str) -> tuple[str, str | None]:
    """Return (repo_id, revision or None) of `user/repo`, `user/repo@revision` or the web address of a model's page.

    Raises StudioError "hub.bad_name" for anything else.
    """
    name, revision = text.strip() if isinstance(text, str) else "", None
    if "://" in name or name.split("/")[0] in _hosts():
        name, revision = _from_address(name)
    elif "@" in name:
        name, _, revision = name.partition("@")
    try:
        validate_repo_id(name)
        good = name.count("/") == 1 and (revision is None or _is_revision(revision))
    except HFValidationError:
        good = False
    if not good:
        raise StudioError(
            "hub.bad_name",
            "“{text}” is not the name of a model on the Hugging Face Hub. Write user/model or user/model@revision, or paste the "
            "address of the model's page.",
            text=str(text).strip()[:100],
        )
    return name, revision


def pulled_name(repo: str, revision: str | None) -> str:
    """The name under which the library lists a pulled model: its branch or commit only where it is not the usual one."""
    return repo if revision in (None, "", "main") else f"{repo}@{revision}"


def whole_hub(token: str | bool | None = None, endpoint: str | None = None, timeout: float | None = None) -> Source:
    """Return the Source for questions that are about no single repository."""
    return Source("", None, _token(token), _endpoint(endpoint), cache_folder(None), timeout or TIMEOUT)


def resolve_source(
    text: str, token: str | bool | None, endpoint: str | None, cache_dir: str | Path | None, timeout: float | None
) -> Source:
    """Return the Source that a person's words, the arguments and the environment (HF_ENDPOINT, HF_HOME, …) describe."""
    return Source(*parse(text), _token(token), _endpoint(endpoint), cache_folder(cache_dir), timeout or TIMEOUT)


def cache_folder(cache_dir: str | Path | None) -> Path:
    """Return the folder of the Hub's cache: the one given, else the one all Hub tools on this computer share."""
    return Path(cache_dir or constants.HF_HUB_CACHE).expanduser().resolve()


def _is_revision(text: str) -> bool:
    return len(text) <= 200 and ".." not in text and bool(_REVISION.fullmatch(text))


def _hosts() -> set[str]:
    return {"huggingface.co", "www.huggingface.co", "hf.co", urlsplit(_endpoint(None)).netloc}


def _from_address(text: str) -> tuple[str, str | None]:
    """Return (repo_id, revision) of https://huggingface.co/user/repo[/tree/revision]; ("", None) for another address."""
    try:
        url = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return "", None
    parts = [unquote(part) for part in url.path.strip("/").split("/")]
    known = url.scheme in ("http", "https") and url.netloc in _hosts()
    if known and len(parts) == 2 and parts[0] not in ("datasets", "spaces"):
        return "/".join(parts), None
    if known and len(parts) == 4 and parts[2] == "tree":
        return "/".join(parts[:2]), parts[3]
    return "", None


def _token(token: str | bool | None) -> str | bool | None:
    """Return what the client shall send: False for nothing at all. A Space never lends its owner's own token to visitors."""
    if token is False:
        return False
    token = token.strip() if isinstance(token, str) and token else None
    if token and not re.fullmatch("[!-~]+", token):
        raise StudioError(
            "hub.unauthorised", "The Hub does not accept this access token. Copy it again from your Hub settings."
        )
    return token or (False if os.environ.get("SPACE_ID") else None)


def _endpoint(endpoint: str | None) -> str:
    return (endpoint or os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
