"""What a Space is told at the top of README.md, checked before the Hub would refuse it or the Space would not build."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from huggingface_hub import SpaceHardware, metadata_load
from huggingface_hub.utils import HFValidationError, validate_repo_id

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
SCOPES = ("email", "read-billing", "read-repos", "gated-repos", "contribute-repos", "write-repos", "manage-repos", "read-collections",
          "write-collections", "inference-api", "jobs", "webhooks", "write-discussions")  # fmt: skip
HEADERS = ("cross-origin-embedder-policy", "cross-origin-opener-policy", "cross-origin-resource-policy")
NEEDED = ("title", "sdk", "sdk_version", "app_file", "license")
DESCRIPTION = 60  # letters of short_description
MODELS, PRELOADED = 24, 10  # ids that the app reads, and that the Hub fetches into a Space
OLDEST = (3, 11)  # the Python that our code is written for
FREE = ("fullWidth", "pinned", "disable_embedding", "hf_oauth")  # true or false


def faults(readme: Path, names: Iterable[str]) -> list[str]:
    """What is wrong with the front matter, a sentence each. names: the files that the Space will have.

    After the Hub's "Spaces Configuration Reference".
    """
    try:
        told = metadata_load(readme)
    except Exception as error:  # YAML's own errors are many
        return [f"The front matter of README.md is no YAML: {' '.join(str(error).split())[:200]}."]
    if not isinstance(told, dict):
        return [
            "README.md has no front matter (the lines between two --- at its top), so the Hub would not know what to run."
        ]
    found = [f"The front matter of README.md does not say {key}." for key in NEEDED if not told.get(key)]
    for key, value in told.items():
        if key not in CHECKS:
            found.append(f"“{key}” is nothing that a Space knows.")
        elif why := CHECKS[key](value):
            found.append(f"{key}: {why}")
    if told.get("app_file") and told["app_file"] not in names:
        found.append(f"app_file: there is no {told['app_file']} among the files.")
    return found


def _text(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else "it must be words."


def _yes_or_no(value: Any) -> str:
    return "" if isinstance(value, bool) else "it must be true or false."


def _one_of(*known: str) -> Callable[[Any], str]:
    return lambda value: "" if value in known else f"“{value}” is none of {', '.join(known)}."


def _description(value: Any) -> str:
    if _text(value) or len(value) <= DESCRIPTION:
        return _text(value)
    return f"it has {len(value)} letters; the Hub takes {DESCRIPTION}."


def _emoji(value: Any) -> str:
    kinds = {unicodedata.category(letter) for letter in value} if isinstance(value, str) and value else {"Lu"}
    return "" if len(value) <= 12 and kinds <= {"So", "Sk", "Mn", "Me", "Cf"} else "it must be one emoji."


def _gradio(value: Any) -> str:
    here = metadata.version("gradio")
    return (
        "" if value == here else f"it says {value}, but {here} is installed here and tested; write sdk_version: {here}."
    )


def _python(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"3\.\d+(\.\d+)?", value):
        return 'write it in quotes, such as "3.11".'
    return "" if tuple(map(int, value.split(".")[:2])) >= OLDEST else "Latent Studio needs 3.11 or later."


def _ids(most: int, part: str) -> Callable[[Any], str]:
    """A check of a list of Hub ids: for each entry the name is what `part` matches."""

    def check(value: Any) -> str:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            return "it must be a list of names."
        wrong = [one for one in value if not _is_id(re.match(part, one)[0])]
        if wrong:
            return f"“{wrong[0]}” is not the name of a repository (user/name)."
        return "" if len(value) <= most else f"it has {len(value)} names; {most} are read."

    return check


def _is_id(name: str) -> bool:
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return bool(name)


def _tags(value: Any) -> str:
    return (
        "" if isinstance(value, list) and all(isinstance(one, str) for one in value) else "it must be a list of words."
    )


def _scopes(value: Any) -> str:
    unknown = [str(one) for one in value if one not in SCOPES] if isinstance(value, list) else [str(value)]
    return f"“{unknown[0]}” is none of {', '.join(SCOPES)}." if unknown else ""


def _headers(value: Any) -> str:
    unknown = (
        [str(one) for one in value if str(one).lower() not in HEADERS] if isinstance(value, dict) else [str(value)]
    )
    return f"“{unknown[0]}” is none of {', '.join(HEADERS)}." if unknown else ""


def _minutes(value: Any) -> str:
    return "" if type(value) is int and 0 < value <= 43_200 else "it must be a number of minutes, at most 43200."


CHECKS: dict[str, Callable[[Any], str]] = {
    "title": _text, "emoji": _emoji, "colorFrom": _one_of(*COLOURS), "colorTo": _one_of(*COLOURS), "sdk": _one_of("gradio"),
    "sdk_version": _gradio, "python_version": _python, "app_file": _text, "short_description": _description, "license": _text,
    "tags": _tags, "thumbnail": _text, "header": _one_of("mini", "default"), "startup_duration_timeout": _text,
    "models": _ids(MODELS, r"[^@]*"), "datasets": _ids(100, r".*"), "preload_from_hub": _ids(PRELOADED, r"\S*"),
    "suggested_hardware": _one_of(*(one.value for one in SpaceHardware)), "suggested_storage": _one_of("small", "medium", "large"),
    "hf_oauth_scopes": _scopes, "hf_oauth_expiration_minutes": _minutes, "hf_oauth_authorized_org": lambda value: "",
    "custom_headers": _headers, **dict.fromkeys(FREE, _yes_or_no),
}  # fmt: skip
