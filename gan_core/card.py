"""The model card: what a model folder tells a person in words (README.md)."""

import json
from pathlib import Path

from gan_core import sharing
from gan_core.config import ModelConfig
from gan_core.files import replace_text

QUALITY = """## Quality

`n` samples against as many held-out pictures; every `…_floor` is what other real pictures reach at the same `n`. KID is × 10³; lower is
better for KID and Fréchet distance, higher for the rest. Not comparable with figures of papers, which use another network."""
LICENCE_IDS = {"CC0 1.0": "cc0-1.0", "MIT": "mit", "CC BY-SA 3.0": "cc-by-sa-3.0", "Apache-2.0": "apache-2.0"}
HUB_LICENCES = frozenset(  # ids that pictures from the Hub may bring with them
    [
        "afl-3.0",
        "apache-2.0",
        "bsd-3-clause",
        "cc",
        "cc-by-2.0",
        "cc-by-2.5",
        "cc-by-3.0",
        "cc-by-4.0",
        "cc-by-nc-2.0",
        "cc-by-nc-3.0",
        "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0",
        "cc-by-nc-nd-4.0",
        "cc-by-nc-sa-2.0",
        "cc-by-nc-sa-3.0",
        "cc-by-nc-sa-4.0",
        "cc-by-nd-4.0",
        "cc-by-sa-3.0",
        "cc-by-sa-4.0",
        "cc0-1.0",
        "cdla-permissive-2.0",
        "creativeml-openrail-m",
        "gpl-3.0",
        "mit",
        "odbl",
        "odc-by",
        "openrail",
        "pddl",
        "unlicense",
        "wtfpl",
    ]
)


def model_card(config: ModelConfig) -> str:
    """Return the card as Markdown with Hub front matter; every figure comes from the config."""
    own = config.licence if config.licence in HUB_LICENCES else ""
    licence = (
        sharing.licence(config.sharing)[1]
        or own
        or next((v for k, v in LICENCE_IDS.items() if k.lower() in config.licence.lower()), "other")
    )
    front = {
        "library_name": "latent-studio", "license": licence, "pipeline_tag": "unconditional-image-generation",
        "tags": ["latent-studio", config.family, "gan" if "gan" in config.family else "autoencoder"],
    }  # fmt: skip
    lines = [
        "---",
        *(f"{k}: {json.dumps(v)}" for k, v in front.items()),
        "---",
        "",
        f"# {config.title or config.name}",
        "",
    ]
    lines += [
        f"A `{config.family}` model for Latent Studio: {config.resolution} × {config.resolution} px, {config.channels} channels, "
        f"{config.z_dim} latent numbers" + (f", {config.num_classes} classes ({', '.join(config.labels)})." if config.labels else "."),
        "", "Pictures it draws are invented by a machine; say so where you show them.", "",
    ]  # fmt: skip
    lines += [
        "## Training",
        "",
        *table({"data": config.data, "licence of the data": config.licence, **config.training}),
        "",
    ]
    if config.quality:
        lines += [QUALITY, "", *table(config.quality), ""]
    if config.sharing:
        lines += ["## Sharing", "", *table(sharing.facts(config.sharing)), ""]
        lines += [str(config.sharing["words"]), ""] if config.sharing.get("words") else []
    if config.notes:
        lines += ["## Notes", "", config.notes, ""]
    return "\n".join(lines)


def describe_anew(folder: Path, config: ModelConfig) -> None:
    """Write a model folder's config.json and card for `config`; each file is replaced whole. Raises OSError when the disk refuses."""
    files = {
        "config.json": json.dumps(config.to_dict(), indent=2, ensure_ascii=False) + "\n",
        "README.md": model_card(config),
    }
    for name, text in files.items():
        replace_text(Path(folder) / name, text)


def table(facts: dict) -> list[str]:
    """Facts as the lines of a Markdown table; what is empty is left out."""
    rows = [
        f"| {key.replace('_', ' ')} | {_cell(value)} |" for key, value in facts.items() if value not in ("", None, {})
    ]
    return ["| | |", "|---|---|", *rows]


def _cell(value) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{k} {_cell(v)}" for k, v in value.items())
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if type(value) is int else str(value).replace("|", "\\|").replace("\n", " ")
