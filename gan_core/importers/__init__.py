"""Other people's weights: one file per layout, one table. Nothing of a file is ever run."""

import hashlib
from pathlib import Path

from gan_core.errors import StudioError
from gan_core.importers.contents import Candidate, Contents
from gan_core.registry import resolve

# Asked in this order. Each entry is a function (Contents) -> list[Candidate], the likeliest first; empty: not this layout.
# Raises StudioError when it is this layout but cannot be had (a discriminator, a size that we cannot draw).
IMPORTERS: dict[str, str] = {
    "official": "gan_core.importers.official:read",
    "rosinality": "gan_core.importers.rosinality:read",
    "lucidrains": "gan_core.importers.lucidrains:read",
    "fastgan": "gan_core.importers.fastgan:read",
    "vae": "gan_core.importers.vae:read",
    "pytorch_gan": "gan_core.importers.pytorch_gan:read",
    "stacks": "gan_core.importers.stacks:read",
}
MOST_CANDIDATES = 6


def open_file(path: Path) -> list[Candidate]:
    """Return the ways to understand somebody else's weight file or folder, the likeliest first; at least one.

    Raises StudioError saying what it is and what would help.
    """
    from gan_core.importers.reading import read

    return candidates(read(Path(path)))


def candidates(contents: Contents) -> list[Candidate]:
    """Return what the importers make of a file's contents. Raises StudioError when none of them knows its layout."""
    for name in IMPORTERS:
        found = [candidate for candidate in resolve(IMPORTERS, name)(contents) if fits(candidate)]
        if found:
            return found[:MOST_CANDIDATES]
    raise unknown(contents)


def fits(candidate: Candidate) -> bool:
    """Whether the tensors fit the network that the candidate's config describes; weights that are not finite raise StudioError."""
    from gan_core.checkpoint import assemble

    try:
        assemble(candidate.config, candidate.tensors, candidate.config.name)
    except StudioError as error:
        if error.code == "model.not_finite":
            raise
        return False
    return True


def load_file(path: Path, choice: int = 0):
    """Return the network of somebody else's file as candidate number `choice` understands it, ready to draw. Raises StudioError."""
    from gan_core.checkpoint import assemble

    found = open_file(path)
    candidate = found[min(max(choice, 0), len(found) - 1)]
    return assemble(candidate.config, candidate.tensors, Path(path).name)


def is_foreign(path: Path) -> bool:
    """Whether a file or folder is somebody else's, and not one of our model folders or of their safetensors files."""
    import json

    from gan_core.checkpoint import CONFIG, WEIGHTS

    folder, weights = (path, path / WEIGHTS) if path.is_dir() else (path.parent, path)
    if weights.suffix.lower() != ".safetensors" or not weights.is_file():
        return True
    try:
        if (folder / CONFIG).stat().st_size < 1_000_000:
            return not {"family", "resolution"} <= set(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        pass
    with weights.open("rb") as file:
        return b'"config"' not in file.read(1 << 16)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, by which the same file is known again."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unknown(contents: Contents) -> StudioError:
    """Say what the tensors of a file of no known layout look like they are."""
    names = " ".join(list(contents.tensors)[:400]).lower()
    file = contents.path.name
    if any(
        word in names for word in ("word_embeddings", "lm_head", "wte.", "embed_tokens", "attention.self", "self_attn")
    ):
        return StudioError(
            "import.text_model",
            "{file} holds a language model. Only models that draw pictures from random numbers can be opened.",
            file=file,
        )
    if any(word in names for word in ("down_blocks.", "time_embed", "diffusion_model", "time_mlp", "lora_")):
        return StudioError(
            "import.diffusion", "{file} belongs to a diffusion model, which draws in many steps. Only GANs and VAEs can be opened.", file=file
        )  # fmt: skip
    return StudioError(
        "import.layout", "{file} was read, but its network ({count} tensors, first: {first}) is of no kind that is known here.",
        file=file, count=len(contents.tensors), first=next(iter(contents.tensors), "–")[:60],
    )  # fmt: skip
