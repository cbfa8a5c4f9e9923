"""Directions of a latent space in which the picture changes most, found without labels."""

import torch
from torch import Tensor

from gan_core.errors import StudioError
from gan_core.models.base import Generator

PROBES = 24  # places where the change is measured
STEP = 0.5  # σ to either side: the visible change, not the infinitesimal one
QUICK_PROBES = 6  # the same, while somebody waits
KEEP = 64  # directions kept at most


@torch.no_grad()
def strongest_directions(model: Generator, probes: int = PROBES, keep: int = KEEP, seed: int = 0) -> Tensor:
    """Directions [k, code_dim], one σ long, by the mean squared change of the picture along them, strongest first.

    They are the eigenvectors of M = E_z[JᵀJ], J the picture's Jacobian by central differences (Wang & Ponce 2021, "A
    geometric analysis of deep generative image models", sec. 2, with mean squared error as the distance), taken along the
    model's own axes (`Generator.axes`: z, or the principal components of W after GANSpace). Signs are made definite (the
    largest component is positive), so that the result is the same each time.
    """
    device = next(model.parameters()).device
    rng = torch.Generator().manual_seed(seed)
    config, axes = model.config, model.axes()
    d = len(axes)
    z = torch.randn(probes, config.z_dim, generator=rng).to(device)
    labels = None
    if config.num_classes:
        labels = torch.eye(config.num_classes, device=device)[torch.arange(probes) % config.num_classes]
    codes = model.mapping(z, labels)
    steps = STEP * axes
    gram = torch.zeros(d, d, dtype=torch.float64, device="cpu")
    for i in range(probes):
        label = None if labels is None else labels[i : i + 1].expand(d, -1)
        change = (model.synthesis(codes[i] + steps, label) - model.synthesis(codes[i] - steps, label)) / (2 * STEP)
        change = (
            torch.nn.functional.interpolate(change, min(32, config.resolution), mode="area").flatten(1).double().cpu()
        )
        gram += change @ change.T
    vectors = torch.linalg.eigh(gram).eigenvectors.flip(1).T[:keep]
    signs = vectors.gather(1, vectors.abs().argmax(1, keepdim=True)).sign()
    return (vectors * signs).float() @ axes.cpu()


def ensure_directions(model: Generator) -> Tensor:
    """The model's directions, computed (quickly) on first use where its folder brought none."""
    if model.directions is None:
        model.directions = strongest_directions(model, QUICK_PROBES)
    return model.directions


def direction(model: Generator, name: str) -> Tensor:
    """The direction [code_dim] that points call `name`: "d3" is the fourth strongest. Raises StudioError where there is none."""
    directions = ensure_directions(model)
    names = {f"d{k}": k for k in range(len(directions))}
    if name not in names:
        raise StudioError("point.direction", "This model has no direction called “{name}”.", name=name)
    return directions[names[name]]
