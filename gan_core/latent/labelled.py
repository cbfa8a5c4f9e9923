"""Directions from labels: which way a picture gets a smile, glasses, long hair; and whether it really does.

The latent codes of many pictures and how much of a trait each has give a linear direction (Shen et al. 2020, "Interpreting the
latent space of GANs for semantic face editing" (InterFaceGAN), sec. 2). Where the model cannot take pictures in, the pictures
are its own and a small classifier (`latent.namer`) names what they show.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.data.traits import Trait
from gan_core.latent.directions import within
from gan_core.latent.finders import classes_in_turn
from gan_core.latent.groups import layer_groups
from gan_core.latent.namer import Lesson, learn, seen
from gan_core.latent.naming import length, orthogonalise
from gan_core.latent.sample import to_uint8
from gan_core.models.base import Generator
from gan_core.models.directions import Direction

AMOUNTS = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)  # σ
TRIED = (-3.0, -1.5, 0.0, 1.5, 3.0)  # the same, to choose among candidates
RIDGE = 1e-2  # times the codes' mean variance
CHUNK = 64
FEWEST = 500  # draws from which a direction may be read
ENOUGH = 0.75  # share of the largest change that a direction must bring to be compared by what else it changes
SURE = 0.8  # balanced accuracy below which a trait's name is not believed
STEP = 1.5  # σ to either side, to see what a trait answers
RISE = 0.2  # how much more of the trait +3 σ must show than −3 σ, of 1
DIP = 0.03, 0.1  # a fall between two steps that is still called rising: of 1, and of the whole rise


@dataclass(frozen=True)
class Effort:
    """How much work to put into it: how long to learn, pictures that are drawn and named, pictures a trial and a proof take.

    After `deadline` (of time.monotonic) no other trait is begun.
    """

    lesson: Lesson = field(default_factory=Lesson)
    draws: int = 2000
    trial: int = 24
    proof: int = 96
    deadline: float = math.inf
    tell: Callable[[str], None] = lambda line: None


@dataclass(frozen=True)
class Finding:
    """What became of a trait, the `column`-th: `curve` [len(AMOUNTS), K] is the mean of all traits along its direction.

    `accuracy` is the balanced accuracy with which the trait is named, `why` says why it was left out ("": it was kept).
    """

    trait: Trait
    column: int
    accuracy: float
    direction: Direction
    curve: Tensor
    why: str = ""


def normals(codes: Tensor, values: Tensor) -> Tensor:
    """Normals [K, d] of the planes that best tell values [N, K] from codes [N, d] (ridge regression, float64), one σ long.

    InterFaceGAN's n (sec. 2.2); "one σ" is the standard deviation of the codes along it, the sign that of more.
    """
    x, y = _centred(codes), _centred(values)
    return _scaled(x, _regression(x, y))


def shifts(codes: Tensor, values: Tensor) -> Tensor:
    """How the mean code moves with each of values [N, K] while the others stay: least squares of codes on values, [K, d], one σ long.

    Unlike the normals these stay where the codes are, and what two traits share belongs to neither.
    """
    x, y = _centred(codes), _centred(values)
    ridge = 1e-3 * torch.eye(y.shape[1], dtype=torch.float64) * len(y)
    return _scaled(x, torch.linalg.solve(y.T @ y + ridge * y.var(0).mean().clamp(min=1e-9), y.T @ x))


def conditional(codes: Tensor, values: Tensor) -> Tensor:
    """Directions [K, d] along which each of values [N, K] grows most per σ while a linear model of the others stands still.

    InterFaceGAN's conditional manipulation (sec. 2.3) in coordinates in which the codes are white, as W is not. One σ long.
    """
    x, y = _centred(codes), _centred(values)
    variances, vectors = torch.linalg.eigh(x.T @ x / len(x))
    root = vectors * variances.clamp(min=0).sqrt()
    rows = _regression(x, y) @ root
    others = [[other for j, other in enumerate(rows) if j != k] for k in range(len(rows))]
    kept = torch.stack([orthogonalise(row, against).double() for row, against in zip(rows, others, strict=True)])
    return _scaled(x, kept @ root.T)


@torch.no_grad()
def responses(trial: "Trial") -> tuple[Tensor, Tensor]:
    """What a step along each of the model's axes does to the traits of its pictures, as directions: (plain, conditional), [K, code_dim].

    Central differences, so it is the picture's own answer and no correlation of codes; most per σ. The conditional ones let a
    linear model of the other traits stand still.
    """
    axes = trial.model.axes().to(trial.codes)
    change = [trial.means(trial.codes + STEP * axis) - trial.means(trial.codes - STEP * axis) for axis in axes]
    rows, axes = torch.stack(change, 1).double().cpu(), axes.double().cpu()
    others = [[other for j, other in enumerate(rows) if j != k] for k in range(len(rows))]
    kept = torch.stack([orthogonalise(row, against).double() for row, against in zip(rows, others, strict=True)])
    return tuple(torch.stack([_one_sigma(trial.model, row) for row in (one @ axes).float()]) for one in (rows, kept))


def _one_sigma(model: Generator, row: Tensor) -> Tensor:
    sigmas = length(model, row)
    return row / sigmas if sigmas > 0 else row


def _regression(x: Tensor, y: Tensor) -> Tensor:
    """Coefficients [K, d] of a ridge regression of y [N, K] on x [N, d], both centred."""
    covariance = x.T @ x
    ridge = RIDGE * covariance.diagonal().mean().clamp(min=1e-9) * torch.eye(len(covariance), dtype=torch.float64)
    return torch.linalg.solve(covariance + ridge, x.T @ y).T


def _centred(rows: Tensor) -> Tensor:
    rows = rows.double().cpu()
    return rows - rows.mean(0)


def _scaled(x: Tensor, rows: Tensor) -> Tensor:
    units = F.normalize(rows)
    return (units * (x @ units.T).std(0)[:, None]).float()


def named_directions(
    model: Generator, images: Tensor, traits: Sequence[Trait], effort: Effort = Effort()  # noqa: B008
) -> list[Finding]:  # fmt: skip
    """Learn a direction for each trait of the pictures (uint8 [N, C, R, R]), and keep those that do what they say.

    Kept is what the classifier can name (balanced accuracy on held-out pictures), and what rises from −3 σ to +3 σ.
    """
    values = torch.stack([trait.values for trait in traits], 1)
    namer, accuracy = learn(images, values, effort.lesson)
    effort.tell("named rightly: " + ", ".join(f"{t.name} {a:.2f}" for t, a in zip(traits, accuracy, strict=True)))
    return found_with(model, namer, accuracy, images, traits, effort)


def found_with(
    model: Generator, namer: nn.Module, accuracy: Tensor, images: Tensor, traits: Sequence[Trait], effort: Effort
) -> list[Finding]:  # fmt: skip
    """`named_directions` with a namer that is there already."""
    values, each = torch.stack([trait.values for trait in traits], 1), model.code_dim // model.num_ws
    ways = []
    for codes, named_values in _labelled_codes(model, namer, images, values, effort):
        w = codes[:, :each]  # alike in all layers
        ways += [way(w, named_values).repeat(1, model.num_ws) for way in (normals, shifts, conditional)]
        if (
            not model.gaussian
        ):  # a normal points where W hardly spreads, so that one σ is a small step: try longer ones too
            ways += [longer * ways[-3] for longer in (2, 3)]
    trial = Trial(model, namer, effort.trial, seed=1)
    if ways and time.monotonic() < effort.deadline:
        ways += responses(trial)
    proof = Trial(model, namer, effort.proof, seed=2)
    findings = []
    for k, trait in enumerate(traits):
        if time.monotonic() > effort.deadline or not ways:
            break
        direction = _best(trial, trait, k, [rows[k] for rows in ways])
        curve = proof.curve(direction)
        why = _doubt(curve, k, float(accuracy[k]))
        findings.append(Finding(trait, k, float(accuracy[k]), direction, curve, why))
        effort.tell(f"{trait.name}: layers {direction.layers}, {[round(float(v), 2) for v in curve[:, k]]} {why}")
    return findings


def spans(layers: int) -> list[tuple[int, int] | None]:
    """Which layers to try: all of them, and in a style-based model its coarse, middle and fine ones and their neighbours."""
    if layers < 4:
        return [None]
    first, second = (stop for _, _, stop in layer_groups(layers)[:2])
    cuts = {(0, first), (first, second), (second, layers), (0, second), (first, layers)}
    return [None, *sorted(span for span in cuts if span[0] < span[1])]


class Trial:
    """Some of a model's pictures, moved along a direction and named again."""

    def __init__(self, model: Generator, namer: nn.Module, pictures: int, seed: int):
        self.model, self.namer = model, namer
        self.codes, self.labels = draws(model, pictures, seed)

    def means(self, codes: Tensor) -> Tensor:
        """The mean of all traits [K] in the pictures of so many codes."""
        return named(self.model, self.namer, codes, self.labels).mean(0)

    def curve(self, direction: Direction, amounts: Sequence[float] = AMOUNTS) -> Tensor:
        """The mean of all traits at so many σ along a direction: [len(amounts), K]."""
        step = within(self.model, direction.vector, direction.layers).to(self.codes)
        return torch.stack([self.means(self.codes + amount * step) for amount in amounts])


def _best(trial: Trial, trait: Trait, k: int, rows: Sequence[Tensor]) -> Direction:
    """Of all ways and then of all layers, the one that changes most else the least, among those that change the trait enough."""
    ways = [Direction(trait.name, trait.title, "labels", vector=row) for row in rows]
    best = _least_aside(trial, k, ways)
    return _least_aside(trial, k, [replace(best, layers=layers) for layers in spans(trial.model.num_ws)])


def _least_aside(trial: Trial, k: int, options: Sequence[Direction]) -> Direction:
    if len(options) == 1:
        return options[0]
    curves = torch.stack([trial.curve(option, TRIED) for option in options])
    changes = curves[:, -1] - curves[:, 0]
    gains = changes[:, k] + 2 * curves[:, :, k].diff(dim=1).clamp(max=0).sum(1)  # a fall on the way counts against it
    asides = changes.abs().sum(1) - changes[:, k].abs()
    score = torch.where(gains >= ENOUGH * gains.max(), asides / gains.clamp(min=1e-6), torch.inf)
    return options[int(score.argmin())]


@torch.no_grad()
def draws(model: Generator, count: int, seed: int) -> tuple[Tensor, Tensor | None]:
    """Codes [count, code_dim] of so many draws, and their classes (one after the other) where the model has some."""
    device = next(model.parameters()).device
    z = torch.randn(count, model.config.z_dim, generator=torch.Generator().manual_seed(seed)).to(device)
    labels = classes_in_turn(model, count)
    return model.mapping(z, labels), labels


@torch.no_grad()
def named(model: Generator, namer: nn.Module, codes: Tensor, labels: Tensor | None = None) -> Tensor:
    """What the namer sees in the pictures of codes [N, code_dim], as people see them (in 8 bits): [N, K]."""
    result = []
    for start in range(0, len(codes), CHUNK):
        part = slice(start, start + CHUNK)
        pictures = to_uint8(model.synthesis(codes[part], None if labels is None else labels[part]))
        result.append(seen(namer, torch.from_numpy(pictures).permute(0, 3, 1, 2)))
    return torch.cat(result)


@torch.no_grad()
def _labelled_codes(
    model: Generator, namer: nn.Module, images: Tensor, values: Tensor, effort: Effort
) -> Iterator[tuple[Tensor, Tensor]]:
    """Codes [N, code_dim] with their traits [N, K]: draws with what the namer says; encoded pictures with the labels they have."""
    half = (time.monotonic() + effort.deadline) / 2
    codes, labels = draws(model, effort.draws, seed=0)
    seen_values = []
    for start in range(0, len(codes), CHUNK):
        if time.monotonic() > half:
            break
        part = slice(start, start + CHUNK)
        seen_values.append(named(model, namer, codes[part], None if labels is None else labels[part]))
    if len(seen_values) * CHUNK > FEWEST:
        seen_values = torch.cat(seen_values)
        yield codes[: len(seen_values)], seen_values
    if model.can_encode:
        chosen = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))[: effort.draws]
        device = next(model.parameters()).device
        encoded = [model.encode(part.to(device).float() / 127.5 - 1).cpu() for part in images[chosen].split(CHUNK)]
        yield torch.cat(encoded), values[chosen]


def _doubt(curve: Tensor, k: int, accuracy: float) -> str:
    changes = curve[-1] - curve[0]
    if accuracy < SURE:
        return "cannot be named"
    if float(changes[k]) < RISE:
        return "hardly changes"
    if float(curve[:, k].diff().min()) < -max(DIP[0], DIP[1] * float(changes[k])):
        return "rises and falls"
    return "changes others as much" if float(changes.abs().max()) > float(changes[k]) else ""
