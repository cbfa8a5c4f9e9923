"""Which models of the Hub a place has from the start: those that its owner lists, in the environment or in a Space's front matter."""

import logging
import os
import re
from pathlib import Path

from huggingface_hub import get_token, metadata_load

from gan_core import hub
from gan_core.errors import StudioError
from gan_core.ui import limits
from gan_core.ui.library import Library

VARIABLE = "LATENT_STUDIO_MODELS"
MOST = 24
README = Path(__file__).parents[2] / "README.md"

log = logging.getLogger(__name__)


def listed_models(readme: Path = README) -> list[str]:
    """Return `user/repo[@revision]` of each listed model: of LATENT_STUDIO_MODELS, else on a Space of `models:` in its README.md."""
    words = re.split(r"[\s,]+", os.environ.get(VARIABLE, ""))
    if not any(words) and limits.on_space():
        try:
            words = (metadata_load(readme) or {}).get("models") or []
        except Exception:  # no README, or no YAML in it
            words = []
    words = words if isinstance(words, list) else []
    return list(dict.fromkeys(word for word in words if isinstance(word, str) and word))[:MOST]


def bring(library: Library, specs: list[str]) -> None:
    """Pull the listed models into the library, with the owner's own token: to list a private model is to show it. Failures are logged."""
    for spec in specs:
        try:
            repo, revision = hub.parse(spec)
            library.add(hub.pulled_name(repo, revision), hub.pull(spec, get_token()))
        except StudioError as error:
            log.warning("%s: %s", spec[:200], error)
