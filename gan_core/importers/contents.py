"""What passes between the readers of foreign files and the importers that know their layouts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import ModelConfig

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Contents:
    """What a weight file holds, read without running anything of it.

    `tensors` by name, as the file has them but for wrappers and prefixes; `settings` is what the file or the files beside it say
    (constructor arguments, a config.json), JSON-like and never trusted; `layout` names a format that says itself what it is.
    """

    path: Path
    tensors: dict[str, Tensor]
    settings: dict = field(default_factory=dict)
    layout: str = ""


@dataclass(frozen=True)
class Candidate:
    """One way to understand a file: a model of ours and its tensors under our names, and in words what was assumed.

    `sure` is whether nothing was assumed: the file, or a layout that only its author's code writes, decides everything.
    """

    config: ModelConfig
    tensors: dict[str, Tensor]
    why: str = ""
    sure: bool = True
