"""Our models for programs that load models the Hub's way: `StudioModel.from_pretrained("user/repo")`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import Tensor, nn

from gan_core.card import model_card
from gan_core.checkpoint import load_model, save_model
from gan_core.hub.browse import TAG, TASK
from gan_core.hub.download import pull
from gan_core.latent.sample import draw
from gan_core.models.base import Generator


class StudioModel(nn.Module, PyTorchModelHubMixin, library_name=TAG, pipeline_tag=TASK, tags=[TAG]):
    """A generator with huggingface_hub's `from_pretrained`, `save_pretrained` and `push_to_hub`.

    `from_pretrained` takes a model folder or `user/repo`, checks what it reads and runs nothing of it. Raises StudioError.
    """

    def __init__(self, generator: Generator):
        super().__init__()
        self.generator = generator

    def draw(self, seeds: Sequence[int]) -> Tensor:
        """The latents [N, z_dim] that Latent Studio draws for these seeds, the same on every machine."""
        return torch.tensor(np.stack([draw(seed, self.generator.config.z_dim) for seed in seeds]))

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures [N, C, H, W], as `Generator.from_latent` has them, of latents [N, z_dim] and class numbers [N]."""
        return self.generator.from_latent(z, labels)

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options) -> "StudioModel":
        """Load a model folder, or `user/repo` with revision, token and cache_dir in `options`."""
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            name, revision = str(pretrained_model_name_or_path), options.get("revision")
            known = {key: options[key] for key in ("token", "cache_dir") if key in options}
            folder = pull(f"{name}@{revision}" if revision else name, **known)
        return cls(load_model(folder))

    def _save_pretrained(self, save_directory: Path) -> None:
        save_model(Path(save_directory), self.generator, card=model_card(self.generator.config))
