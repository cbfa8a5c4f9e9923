"""Directions found without labels: FINDERS names every way of finding them, one function each.

A finder takes a model and returns rows [k, code_dim], one σ long, strongest first, the same each time. "sefa3" in a point is
the fourth row of the finder "sefa".
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_core.models.base import Generator
from gan_core.registry import resolve

FINDERS = {
    "d": "gan_core.latent.finders:quickly_strongest",
    "pca": "gan_core.latent.finders:main_variations",
    "sefa": "gan_core.latent.finders:from_weights",
    "axis": "gan_core.latent.finders:encoded",
}
PROBES = 24  # places where the change is measured
STEP = 0.5  # σ to either side: the visible change, not the infinitesimal one
QUICK_PROBES = 6  # the same, while somebody waits
KEEP = 64  # directions kept at most
DRAWS = 4096  # of W, where it can be drawn quickly
PICTURES = 512  # whose main variations are sought
SMALL = 16  # pixels a side at which pictures are compared there


def suits(model: Generator) -> list[str]:
    """The finders that have something to say about a model, in the order of the table. Quick: nothing is sought yet."""
    missing = {"sefa": model.affine() is None, "axis": "axis" not in model.found}
    return [name for name in FINDERS if not missing.get(name)]


def count(model: Generator, name: str) -> int:
    """How many rows a finder that suits the model has, without seeking them."""
    return len(model.found[name]) if name in model.found else min(KEEP, model.code_dim // model.num_ws)


def find(model: Generator, name: str) -> Tensor:
    """The rows of a finder [k, code_dim] on the CPU: found once, then kept with the model. Raises StudioError for an unknown one."""
    finder = resolve(FINDERS, name)
    if name not in model.found:
        with torch.inference_mode(False):  # what is kept may be needed with gradients later
            model.found[name] = finder(model)
    return model.found[name]


def quickly_strongest(model: Generator) -> Tensor:
    """`strongest_directions`, for a model whose folder brought none."""
    return strongest_directions(model, QUICK_PROBES)


@torch.no_grad()
def strongest_directions(model: Generator, probes: int = PROBES, keep: int = KEEP, seed: int = 0) -> Tensor:
    """Directions [k, code_dim], one σ long, by the mean squared change of the picture along them, strongest first.

    They are the eigenvectors of M = E_z[JᵀJ], J the picture's Jacobian by central differences (Wang & Ponce 2021, "A
    geometric analysis of deep generative image models", sec. 2, with mean squared error as the distance), taken along the
    model's own axes (`Generator.axes`: z, or the principal components of W after GANSpace).
    """
    device = next(model.parameters()).device
    rng = torch.Generator().manual_seed(seed)
    config, axes = model.config, model.axes()
    d = len(axes)
    z = torch.randn(probes, config.z_dim, generator=rng).to(device)
    labels = classes_in_turn(model, probes)
    codes = model.mapping(z, labels)
    steps = STEP * axes
    gram = torch.zeros(d, d, dtype=torch.float64, device="cpu")
    for i in range(probes):
        label = None if labels is None else labels[i : i + 1].expand(d, -1)
        change = (model.synthesis(codes[i] + steps, label) - model.synthesis(codes[i] - steps, label)) / (2 * STEP)
        change = F.interpolate(change, min(32, config.resolution), mode="area").flatten(1).double().cpu()
        gram += change @ change.T
    vectors = torch.linalg.eigh(gram).eigenvectors.flip(1).T[:keep]
    return definite(vectors).float() @ axes.cpu()


@torch.no_grad()
def main_variations(model: Generator) -> Tensor:
    """GANSpace (Härkönen et al. 2020): principal components of W (sec. 2.1).

    A model without W takes sec. 2.2's way: principal components of what the network makes of the draws, here the small
    pictures themselves, carried back to z by linear regression. z is white, so the regression needs no inverse.
    """
    if model.num_ws > 1:
        return definite(model.axes().double().cpu())[:KEEP].float()
    z = torch.randn(PICTURES, model.config.z_dim, generator=torch.Generator().manual_seed(0))
    device, labels = next(model.parameters()).device, classes_in_turn(model, PICTURES)
    codes = model.mapping(z.to(device), labels)
    pictures = []
    for i in range(0, PICTURES, 64):
        part = model.synthesis(codes[i : i + 64], None if labels is None else labels[i : i + 64])
        pictures.append(F.interpolate(part, min(SMALL, model.config.resolution), mode="area").flatten(1).double().cpu())
    pictures = torch.cat(pictures)
    left, _, _ = torch.linalg.svd(pictures - pictures.mean(0), full_matrices=False)
    codes = codes.double().cpu()
    rows = left.T[:KEEP] @ (codes - codes.mean(0))
    return definite(F.normalize(rows)).float()


@torch.no_grad()
def from_weights(model: Generator) -> Tensor:
    """SeFa's closed form (Shen & Zhou 2021, eq. 6): eigenvectors of AᵀA, A the weights by which the code enters the network.

    In a style-based model A holds the affine layers of all styles, and each eigenvector is scaled to one σ of W along it.
    """
    weights = model.affine()
    if weights is None:
        return torch.zeros(0, model.code_dim)
    weights = weights.double().cpu()
    rows = definite(torch.linalg.eigh(weights.T @ weights).eigenvectors.flip(1).T)[:KEEP]
    if model.num_ws == 1:
        return rows.float()
    axes = model.axes().double().cpu()[:, : rows.shape[1]]
    spread = (rows @ axes.T).norm(dim=1, keepdim=True)  # axesᵀ·axes is the covariance of w
    return (rows * spread).float().repeat(1, model.num_ws)


def encoded(model: Generator) -> Tensor:
    """The main ways in which encoded pictures differ: they come with the model's folder (`principal_axes`), or not at all."""
    return torch.zeros(0, model.code_dim)


@torch.no_grad()
def principal_axes(model: Generator, images: Tensor) -> Tensor:
    """Main ways [k, code_dim] in which encoded pictures (uint8 [N, C, R, R]) differ, one σ of theirs long, widest first."""
    device = next(model.parameters()).device
    codes = torch.cat([model.encode(part.to(device).float() / 127.5 - 1).double().cpu() for part in images.split(256)])
    _, spread, rows = torch.linalg.svd(codes - codes.mean(0), full_matrices=False)
    return definite(rows * (spread / max(len(codes) - 1, 1) ** 0.5)[:, None])[:KEEP].float()


def classes_in_turn(model: Generator, count: int) -> Tensor | None:
    """Class weights [count, K], one class after the other; None without classes."""
    classes = model.config.num_classes
    if not classes:
        return None
    return torch.eye(classes, device=next(model.parameters()).device)[torch.arange(count) % classes]


def definite(rows: Tensor) -> Tensor:
    """Rows with their signs chosen so that the largest component is positive: the same each time."""
    return rows * rows.gather(1, rows.abs().argmax(1, keepdim=True)).sign()
