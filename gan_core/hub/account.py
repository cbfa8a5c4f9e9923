"""Whose token talks to the Hub. Tokens are kept by huggingface_hub, as `hf auth login` keeps them, and nowhere else."""

import hashlib
import os
import time
from dataclasses import dataclass
from typing import Any

import huggingface_hub
from huggingface_hub import constants, get_token
from huggingface_hub.utils import get_stored_tokens

from gan_core.errors import StudioError
from gan_core.hub import words
from gan_core.hub.ask import ask, start
from gan_core.hub.facts import text
from gan_core.hub.names import whole_hub

PATIENCE = 15.0  # seconds for the client's own login, which asks the Hub once more
FRESH = 300.0  # seconds for which an answer holds: the Hub lets this question be asked rarely
MOST_NAMES, MOST_KNOWN = 50, 200
WRITERS = ("admin", "write", "contributor")  # roles in an organisation that may publish


@dataclass(frozen=True)
class Account:
    """Who a token belongs to. names: under which of them they may publish; role: "write", "read" or "some" (it depends)."""

    name: str
    names: tuple[str, ...]
    role: str


_known: dict[str, tuple[float, Account]] = {}  # by a digest of the token: when that was asked, and the answer


def whoami(
    token: str | bool | None = None, endpoint: str | None = None, timeout: float | None = None
) -> Account | None:
    """Return whose token is used, None where there is none. Raises StudioError "hub.…", "hub.unauthorised" for a token that is no good."""
    source = whole_hub(token, endpoint, timeout)
    if source.token is False or (source.token is None and not get_token()):
        return None
    source = source if source.token else whole_hub(get_token(), endpoint, timeout)
    known = hashlib.sha256(f"{source.endpoint} {source.token}".encode()).hexdigest()
    asked, found = _known.get(known, (0.0, None))
    if found is None or time.monotonic() - asked >= FRESH:
        found = _account(ask(source, "/api/whoami-v2").json())
        _known[known] = (time.monotonic(), found)
        while len(_known) > MOST_KNOWN:
            _known.pop(next(iter(_known)), None)
    return found


def check_writer(repo_id: str, token: str | bool | None = None, **place) -> None:
    """Raise StudioError "hub.…" unless the token may make or change a repository of this name, as far as can be told before."""
    who = whoami(token, **place)
    if who is None:
        raise StudioError(
            "hub.not_logged_in", "Log in to the Hub first; publishing needs an access token that may write."
        )
    if who.role == "read":
        raise words.no_write(repo_id)
    if repo_id.split("/")[0] not in who.names:
        raise StudioError("hub.not_your_name", "You cannot publish as “{name}”. Choose among: {names}.",
                          name=repo_id.split("/")[0], names=", ".join(who.names))  # fmt: skip


def _account(answer: Any) -> Account:
    """The account that the Hub's answer describes. Raises StudioError when it describes none."""
    name = text(answer.get("name"), 96) if isinstance(answer, dict) else ""
    if not name:
        raise words.unavailable()
    orgs = answer.get("orgs") if isinstance(answer.get("orgs"), list) else []
    groups = [
        text(org.get("name"), 96) for org in orgs if isinstance(org, dict) and org.get("roleInOrg", "write") in WRITERS
    ]
    return Account(name, tuple([name, *filter(None, groups)][:MOST_NAMES]), _role(answer))


def from_environment() -> bool:
    """Whether the token comes from HF_TOKEN, so that neither login nor logout here would change it."""
    return bool(os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN"))


def login(token: str, endpoint: str | None = None, timeout: float | None = None) -> Account:
    """Log this computer in, as `hf auth login` does. Raises StudioError "hub.…"; the token is in no message."""
    account = whoami(token, endpoint, timeout)
    if account is None:
        raise StudioError("hub.no_token", "Paste an access token first. You find yours in your Hub settings.")
    source = whole_hub(token, endpoint, timeout)
    done = start(source, lambda source: huggingface_hub.login(token=source.token, add_to_git_credential=False))
    try:
        done.result(PATIENCE)
    except TimeoutError:
        raise words.offline(source) from None
    except OSError as error:
        raise StudioError(
            "hub.login_disk", "The login cannot be kept in {folder}: {why}.", folder=constants.HF_HOME, why=error.strerror or "?"
        ) from None  # fmt: skip
    return account


def logout() -> None:
    """Forget the token that is in use, as `hf auth logout` does. Raises StudioError where it comes from the environment."""
    if from_environment():
        raise StudioError(
            "hub.environment", "The access token comes from HF_TOKEN. Start the app without it to be logged out."
        )
    names = [name for name, token in get_stored_tokens().items() if token == get_token()]
    huggingface_hub.logout(names[0] if names else None)


def _role(answer: dict[str, Any]) -> str:
    """What the token may do, as far as the Hub tells."""
    auth = answer.get("auth") if isinstance(answer.get("auth"), dict) else {}
    token = auth.get("accessToken") if isinstance(auth.get("accessToken"), dict) else {}
    return token["role"] if token.get("role") in ("write", "read") else "some"
