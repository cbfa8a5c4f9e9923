"""Who asks for something, and whose access token may be used for it: this computer's own login at home, each visitor's own on a Space."""

import contextlib
import importlib.util
import os
from typing import Any

from gan_core.ui import limits
from gan_core.ui.caller import Caller, address_of, word_of


def token(share: bool | None = None) -> str | bool | None:
    """Return the token of the request that is being answered: a visitor's who signed in, None for this computer's own, False for none.

    Never this computer's own where strangers come: on a Space, or through a public link (see `limits.folders_allowed`).
    Call it in the server function itself; long work in other threads belongs to no request.
    """
    if limits.folders_allowed(share):
        return None
    return _signed_in() or False


def asking(sent: Any) -> Caller:
    """Return who sent the request that is being answered: the word in it, and where it came from."""
    from gradio.context import LocalContext

    request = LocalContext.request.get(None)
    request = getattr(request, "request", request)  # gr.Request wraps Starlette's
    client = getattr(request, "client", None)
    return Caller(word_of(sent), address_of(client.host, request.headers) if client else "")


def sign_in_possible() -> bool:
    """Whether visitors of this Space can sign in with their own account: `hf_oauth: true` in its front matter, gradio[oauth] there."""
    needed = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
    return (
        os.environ.get("SYSTEM") == "spaces"  # elsewhere Gradio only plays a login
        and bool(os.environ.get("SPACE_ID"))
        and all(os.environ.get(name) for name in needed)
        and all(importlib.util.find_spec(module) for module in ("authlib", "itsdangerous"))
    )


def offer_sign_in() -> None:
    """Where visitors can sign in, put a hidden gr.LoginButton on the page: it makes Gradio serve the addresses that the page links to."""
    if sign_in_possible():
        from gradio import LoginButton

        LoginButton(visible=False)


def _signed_in() -> str:
    """The access token in the session of the request (gradio.oauth keeps it in a signed cookie), "" where there is none."""
    from gradio.context import LocalContext
    from gradio.oauth import require_oauth_token

    request = LocalContext.request.get(None)
    with contextlib.suppress(Exception):  # no request, no session middleware, nobody signed in, or no longer
        return require_oauth_token(getattr(request, "request", request))
    return ""
