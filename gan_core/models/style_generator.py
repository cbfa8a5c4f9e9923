"""What generators with an intermediate latent W have in common: mapping, truncation, directions of W."""

import torch
from torch import Tensor

from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.models.base import Generator
from gan_core.models.style_layers import MappingNetwork

AXES_SAMPLES = 4096  # draws of w that its principal components are measured on
MOST_LAYERS = 64


def unusable() -> StudioError:
    """What to say of options that give no network."""
    return StudioError("model.config_field", "The model's config.json has no usable “{field}”.", field="options")


class StyleGenerator(Generator):
    """A mapping to W and a synthesis network, which a subclass builds as `synthesis_network`.

    A code is one w per layer, end to end: [num_ws · w_dim] numbers. Layers take in theirs by a part called `affine`.
    """

    gaussian = False

    def __init__(self, config: ModelConfig):
        super().__init__(config)
        options = config.options
        self.w_dim = options.get("w_dim", 64)
        layers = options.get("num_layers", 2)
        if type(layers) is not int or not 1 <= layers <= MOST_LAYERS:
            raise unusable()
        self.mapping_network = MappingNetwork(
            config.z_dim, config.num_classes, self.w_dim, layers, float(options.get("lr_multiplier", 0.01)),
            options.get("embed_features"), options.get("layer_features"),
        )  # fmt: skip

    @property
    def code_dim(self):
        return self.num_ws * self.w_dim

    @property
    def w_avg(self) -> Tensor:
        """The average w [w_dim], where truncation leads."""
        return self.mapping_network.w_avg

    def mapping(self, z, label_weights):
        return self.mapping_network(z, label_weights).repeat(1, self.num_ws)

    def truncate(self, code, truncation, cutoff: int | None = None):
        """Towards the average w (Karras et al. 2019, app. B); only the first `cutoff` layers where that is given."""
        average = self.w_avg.repeat(self.num_ws)
        truncated = torch.lerp(average, code, truncation[:, None])
        if cutoff is None:
            return truncated
        return torch.cat([truncated[:, : cutoff * self.w_dim], code[:, cutoff * self.w_dim :]], 1)

    def affine(self) -> Tensor:
        layers = [module.affine for module in self.synthesis_network.modules() if hasattr(module, "affine")]
        return torch.cat([affine.weight for affine in layers])

    @torch.no_grad()
    def axes(self) -> Tensor:
        """Principal components of W, one σ long each, alike in all layers (Härkönen et al. 2020 (GANSpace), sec. 2.1)."""
        device = self.w_avg.device
        z = torch.randn(AXES_SAMPLES, self.config.z_dim, generator=torch.Generator().manual_seed(0)).to(device)
        classes = self.config.num_classes
        labels = torch.eye(classes, device=device)[torch.arange(len(z)) % classes] if classes else None
        w = self.mapping_network(z, labels).cpu().double()  # in this order: MPS has no fp64
        _, spread, components = torch.linalg.svd(w - w.mean(0), full_matrices=False)
        rows = components * (spread / len(w) ** 0.5)[:, None]
        return rows.float().repeat(1, self.num_ws).to(device)
