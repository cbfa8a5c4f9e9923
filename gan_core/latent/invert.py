"""Inversion: the point of a model whose picture is nearest to a given one."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate, one_hot

from gan_core.errors import StudioError
from gan_core.latent.distill import CodeEncoder, Frame, draw_codes, encoder_of
from gan_core.latent.likeness import likeness, seen
from gan_core.latent.point import LatentPoint
from gan_core.latent.sample import to_uint8
from gan_core.models.base import Generator

DRAWS = 96  # random pictures: the likeness of any two is the scale of distances, and the nearest ones are starts
STARTS = 4  # searched from at first; half of them are dropped at each of HALVINGS
HALVINGS = (0.15, 0.3)
LAYERS_FROM = 0.5  # share of the search after which the layers of a style-based model part
RATE = 0.08  # of Adam, in σ; falls along a cosine
SPREAD = 0.02  # weight of the pull back to typical codes
PARTING = 0.01  # weight of the pull that keeps layers together
CLASSES = 3  # most likely classes tried
VERY_CLOSE, RECOGNISABLE = 0.08, 0.24  # largest distances that are called so; see benchmarks/inversion.py
STRANGE = 1.17  # how much farther than its draws are from each other a picture is that the model does not know; measured likewise
SHOW_EVERY = 0.25  # seconds between two intermediate pictures


@dataclass(frozen=True)
class Effort:
    """How long to search and from where: `label` None means that the class is searched for too."""

    steps: int = 100
    seconds: float = 18.0
    label: int | None = None
    seed: int = 0
    perceptual: Callable[[Tensor, Tensor], Tensor] | None = None  # a term [N] to add, of two batches of pictures


@dataclass(frozen=True)
class Found:
    """The best so far: its code [code_dim] and class, its picture uint8 [R, R, C], how far it is and how far the search is.

    `distance` is the likeness to the wanted picture over the median likeness of two random pictures of the model: 0 the
    same, 1 as far as any other. `strange` says that the wanted picture is unlike all that the model draws.
    """

    code: Tensor
    label: int | None
    picture: np.ndarray
    distance: float
    done: float
    strange: bool

    def point(self, model: str) -> LatentPoint:
        """The place as a point of the model that is called so in the studio."""
        return LatentPoint(vector=tuple(self.code.tolist()), label=self.label, model=model)


def verdict(distance: float) -> str:
    """A distance in a word: "close", "alike" (recognisable) or "mood" (only colours and rough shapes)."""
    return "close" if distance <= VERY_CLOSE else "alike" if distance <= RECOGNISABLE else "mood"


def is_strange(picture: Tensor, draws: Tensor) -> bool:
    """Whether a picture [1, C, R, R] is farther from the nearest of a model's draws [N, C, R, R] than they are from each other.

    Compared at 16 px by squared difference; the scale is the 98th percentile of the draws' own nearest distances.
    """
    few, own = (interpolate(seen(images), 16, mode="area").flatten(1) for images in (picture, draws))
    between = torch.cdist(own, own).fill_diagonal_(float("inf")).min(1).values
    return bool(torch.cdist(few, own).min() > STRANGE * between.quantile(0.98))


def invert(model: Generator, picture: np.ndarray, effort: Effort | None = None, folder: Path | None = None) -> Found:
    """The nearest place to a picture, uint8 [R, R, C] as the model draws them; see `search`."""
    return list(search(model, picture, effort, folder))[-1]


def search(
    model: Generator, picture: np.ndarray, effort: Effort | None = None, folder: Path | None = None
) -> Iterator[Found]:
    """Yield ever better places for a picture, uint8 [R, R, C]; stop whenever the last one will do.

    Starts are the answer of the model's own encoder, or of one distilled from it where there is one (`distill`), and the
    nearest of random draws. Adam then moves them in z, or in W along its principal axes, down the likeness of the pictures
    (Abdal et al. 2019 (Image2StyleGAN); Karras et al. 2020 (StyleGAN2), app. D), with a pull back where codes get longer than
    draws are; the layers of a style-based model part late and little, so that sliders still work there (Tov et al. 2021, sec. 4).
    Raises StudioError where the picture's size is not the model's.
    """
    effort = effort or Effort()
    config = model.config
    if picture.shape != (config.resolution, config.resolution, config.channels) or picture.dtype != np.uint8:
        raise StudioError("invert.size", "The picture must be {size} × {size} with {channels} channels, as the model draws.",
                          size=config.resolution, channels=config.channels)  # fmt: skip
    device = next(model.parameters()).device
    target = torch.from_numpy(picture.copy()).to(device).permute(2, 0, 1)[None].float() / 127.5 - 1
    return _Search(model, target, effort, encoder_of(model, folder)).run()


class _Search:
    """One search: S places side by side, [S, d] or parted by layers [S, num_ws, d], and the best that was seen."""

    def __init__(self, model: Generator, target: Tensor, effort: Effort, encoder: CodeEncoder | None):
        self.model, self.target, self.effort, self.encoder = model, target, effort, encoder
        self.frame, self.scale = Frame(model), 1.0
        self.lowest, self.best = float("inf"), None  # likeness; (code, class weights, picture)

    def run(self) -> Iterator[Found]:
        """The search itself, as `search` says."""
        started, step, shown, share = time.monotonic(), 0, 0.0, 0.0
        places, self.weights = self._starts()
        yield self._found(0.0)
        self._descend_from(places)
        halvings = list(HALVINGS)
        while share < 1:
            if halvings and share >= halvings[0]:
                halvings.pop(0)
                self._halve()
            if share >= LAYERS_FROM and self.places.ndim == 2 and self.model.num_ws > 1:
                self._descend_from(self.places.detach()[:, None].repeat(1, self.model.num_ws, 1))
            self._step(share)
            step += 1
            share = max(step / self.effort.steps, (time.monotonic() - started) / self.effort.seconds)
            if time.monotonic() - shown > SHOW_EVERY:
                shown = time.monotonic()
                yield self._found(min(share, 1.0))
        yield self._found(1.0)

    @torch.no_grad()
    def _starts(self) -> tuple[Tensor, Tensor | None]:
        """Where to begin: places [S, d] and class weights [S, K]; sets the scale of distances."""
        codes, weights = draw_codes(self.model, DRAWS, torch.Generator().manual_seed(self.effort.seed))
        if self.effort.label is not None:
            weights = one_hot(torch.full([DRAWS], self.effort.label, device=codes.device), self._classes).float()
        pictures = self.model.synthesis(codes, weights)
        self.scale = max(
            likeness(pictures, pictures.roll(1, 0)).median().item(), 1e-4
        )  # a collapsed model draws one picture
        self.strange = is_strange(self.target, pictures)
        places = self.frame.place(codes)
        nearest = self._likeness(pictures).argsort()
        guesses, classes = self._guesses()
        nearest = nearest[: max(1, STARTS - len(guesses))]
        places = torch.cat([guesses, places[nearest]])
        weights = None if weights is None else torch.cat([classes, weights[nearest]])
        codes = self.frame.code(places)
        pictures = self.model.synthesis(codes, weights)
        self._note(self._likeness(pictures), codes, weights, pictures)
        return places, weights

    def _guesses(self) -> tuple[Tensor, Tensor | None]:
        """Places [G, d] that the encoder names for the picture, with the likeliest classes; none without an encoder."""
        if self.model.can_encode:
            return self.frame.place(self.model.encode(self.target)), None
        if self.encoder is None:
            empty = self.target.new_zeros(0, max(self._classes, 1))
            return self.target.new_zeros(0, len(self.frame.axes)), empty
        places, logits = self.encoder(self.target)
        if not self._classes:
            return places, None
        likely = logits[0].argsort(descending=True)[:CLASSES]
        if self.effort.label is not None:
            likely = likely.new_tensor([self.effort.label])
        return places.repeat(len(likely), 1), one_hot(likely, self._classes).float()

    @property
    def _classes(self) -> int:
        return self.model.config.num_classes

    def _likeness(self, pictures: Tensor) -> Tensor:
        target = self.target.expand_as(pictures)
        loss = likeness(pictures, target)
        return loss if self.effort.perceptual is None else loss + self.effort.perceptual(pictures, target)

    def _descend_from(self, places: Tensor) -> None:
        self.places = places.detach().clone().requires_grad_()
        self.optimizer = torch.optim.Adam([self.places], RATE, betas=(0.9, 0.99))

    def _halve(self) -> None:
        """Keep the better half of the places."""
        kept = self.losses.argsort()[: max(1, len(self.losses) // 2)]
        self.weights = None if self.weights is None else self.weights[kept]
        self._descend_from(self.places[kept])

    def _step(self, share: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = RATE * (0.05 + 0.95 * (1 + math.cos(math.pi * share)) / 2)
        codes = self.frame.code(self.places)
        pictures = self.model.synthesis(codes, self.weights)
        loss = self._likeness(pictures)
        self.losses = loss.detach()
        self._note(self.losses, codes, self.weights, pictures)
        self.optimizer.zero_grad(set_to_none=True)
        (loss + self._pull()).sum().backward()
        self.optimizer.step()

    def _pull(self) -> Tensor:
        """What keeps each place [S] near where codes are drawn, and its layers together."""
        layers = self.places if self.places.ndim == 3 else self.places[:, None]
        far = (layers.square().mean(2) - 1).clamp(min=0).square().mean(1)
        apart = (layers - layers.mean(1, keepdim=True)).square().mean((1, 2))
        return SPREAD * far + PARTING * apart

    def _note(self, losses: Tensor, codes: Tensor, weights: Tensor | None, pictures: Tensor) -> None:
        """Remember the nearest of these pictures where it is nearer than any before."""
        at = int(losses.argmin())
        if losses[at] < self.lowest:
            self.lowest = losses[at].item()
            self.best = codes[at].detach(), None if weights is None else weights[at], pictures[at : at + 1].detach()

    def _found(self, done: float) -> Found:
        code, weights, picture = self.best
        distance = (likeness(picture, self.target) / self.scale).item()
        label = None if weights is None else int(weights.argmax())
        return Found(code.cpu(), label, to_uint8(picture)[0], distance, done, self.strange)
