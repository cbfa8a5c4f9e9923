"""An encoder learned from the generator itself: draw codes, make their pictures, learn the way back."""

import contextlib
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_core.checkpoint import ENCODER, read_tensors, write_tensors
from gan_core.errors import StudioError
from gan_core.latent.likeness import likeness, seen
from gan_core.layers import StridedEncoder, initialise
from gan_core.models.base import Generator

WIDTH, SIDE = (
    32,
    32,
)  # channels of the first layer; pixels a side that the network sees (16 where the model draws no more)
BATCH, FRESH, POOL = 64, 16, 2048  # pictures a step, how many of them are new, and from how many the others are taken
LEARNING_RATE = 2e-3
PICTURE_SHARE = 0.4  # the last part of the training looks at pictures besides codes: dearer, so not from the start


@dataclass(frozen=True)
class Budget:
    """How long to distil: at most so many steps and seconds, whichever ends first."""

    steps: int = 1500
    seconds: float = 25.0


class CodeEncoder(nn.Module):
    """Picture [N, C, R, R] in [−1, 1] → (place [N, d] along the model's axes, in σ from its average code, class logits [N, K]).

    It looks at a copy of 16 or 32 px: a start is wanted, and the search that follows sees the details.
    """

    def __init__(self, resolution: int, channels: int, places: int, classes: int, width: int = WIDTH):
        super().__init__()
        self.places, self.side = places, SIDE if resolution > SIDE // 2 else SIDE // 2
        self.features = StridedEncoder(self.side, channels, width, norm=True)
        self.head = nn.Linear(self.features.outputs, places + classes)
        initialise(self)
        nn.init.normal_(self.head.weight, std=self.features.outputs**-0.5)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        small = F.interpolate(seen(images), self.side, mode="bilinear", align_corners=False, antialias=True)
        return self.head(self.features(small)).tensor_split([self.places], dim=1)


class Frame:
    """A model's codes as places: code = average + place · axes, with places about N(0, 1) for codes that are drawn.

    For a style-based model the axes are the principal components of W, alike in all layers (see `Generator.axes`), so that
    a place is whitened W, where typical codes are near the origin (Zhu et al. 2020, "Improved StyleGAN Embedding", sec. 3.2).
    """

    def __init__(self, model: Generator):
        device = next(model.parameters()).device
        self.axes = model.axes()
        self.average = model.truncate(torch.zeros(1, model.code_dim, device=device), torch.zeros(1, device=device))
        self._back = torch.linalg.pinv(self.axes.cpu().double()).float().to(device)

    def code(self, places: Tensor) -> Tensor:
        """Places [N, d], or one for each layer [N, num_ws, d], → codes [N, code_dim]."""
        if places.ndim == 2:
            return self.average + places @ self.axes
        each = self.axes.unflatten(1, (places.shape[1], -1))  # [d, num_ws, numbers of a layer]
        return self.average + torch.einsum("nld,dlw->nlw", places, each).flatten(1)

    def place(self, codes: Tensor) -> Tensor:
        """Codes [N, code_dim] → the nearest places [N, d]."""
        return (codes - self.average) @ self._back


def draw_codes(model: Generator, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """Random codes [N, code_dim] as sampling draws them, and class weights [N, K] (None without classes)."""
    device, classes = next(model.parameters()).device, model.config.num_classes
    z = torch.randn(count, model.config.z_dim, generator=rng).to(device)
    weights = None
    if classes:
        weights = F.one_hot(torch.randint(classes, (count,), generator=rng), classes).float().to(device)
    with torch.no_grad():
        return model.mapping(z, weights), weights


class Pool:
    """Samples of a model to learn from: a few new ones for each batch, the others again out of the latest POOL."""

    def __init__(self, model: Generator, seed: int):
        self.model, self.rng = model, torch.Generator().manual_seed(seed)
        self.kept: tuple[Tensor, ...] = ()

    @torch.no_grad()
    def batch(self) -> tuple[Tensor, ...]:
        """(codes, pictures) of a batch, and class weights where there are classes."""
        codes, weights = draw_codes(self.model, FRESH if self.kept else BATCH, self.rng)
        fresh = (codes, self.model.synthesis(codes, weights)) + (() if weights is None else (weights,))
        if self.kept:
            again = torch.randint(len(self.kept[0]), [BATCH - FRESH], generator=self.rng).to(codes.device)
            batch = tuple(torch.cat([new, old[again]]) for new, old in zip(fresh, self.kept, strict=True))
            self.kept = tuple(torch.cat([new, old[:POOL]]) for new, old in zip(fresh, self.kept, strict=True))
            return batch
        self.kept = fresh
        return fresh


def distil(model: Generator, budget: Budget | None = None, seed: int = 0, tell: Callable | None = None) -> CodeEncoder:
    """Train a CodeEncoder on the model's own samples (after Zhu et al. 2020, "In-Domain GAN Inversion", sec. 3.1).

    The loss is squared error of places, cross-entropy of classes and, towards the end, the likeness of the pictures that the
    answer gives. Inputs are spoiled a little, so that pictures that the model did not make do not lead far astray.
    `tell(share)` is called after each step, share in 0–1; what it raises ends the training.
    """
    budget = budget or Budget()
    config, device = model.config, next(model.parameters()).device
    frame, pool = Frame(model), Pool(model, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = CodeEncoder(config.resolution, config.channels, len(frame.axes), config.num_classes)
    encoder = encoder.to(device, memory_format=torch.channels_last).train()
    optimizer = torch.optim.Adam(encoder.parameters(), LEARNING_RATE, betas=(0.9, 0.99))
    started = time.monotonic()
    for step in range(budget.steps):
        share = max(step / budget.steps, (time.monotonic() - started) / budget.seconds)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min(1, (step + 1) / 20) * (1 - share) + 1e-5
        loss = _loss(model, frame, encoder, pool, with_pictures=share > 1 - PICTURE_SHARE)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if tell:
            tell(share)
    return encoder.eval().requires_grad_(False)


def _loss(model: Generator, frame: Frame, encoder: CodeEncoder, pool: Pool, with_pictures: bool) -> Tensor:
    codes, images, *weights = pool.batch()
    places, logits = encoder(spoiled(images, pool.rng))
    loss = F.mse_loss(places, frame.place(codes))
    if weights:
        loss = loss + F.cross_entropy(logits, weights[0])
    if with_pictures:
        again = model.synthesis(frame.code(places[:FRESH]), weights[0][:FRESH] if weights else None)
        loss = loss + likeness(images[:FRESH], again).mean()
    return loss


def spoiled(images: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures as others might bring them: brighter or darker, flatter, a little noisy; a half of them soft."""
    device, count = images.device, len(images)

    def uniform(low: float, high: float) -> Tensor:
        return (low + (high - low) * torch.rand(count, 1, 1, 1, generator=rng)).to(device)

    size = images.shape[-1]
    soft = F.interpolate(F.interpolate(images, size // 2, mode="area"), size, mode="bilinear", align_corners=False)
    images = torch.lerp(images, soft, uniform(-1, 1).clamp(min=0))
    noise = torch.randn(images.shape, generator=rng).to(device) * uniform(0, 0.1)
    return (images * uniform(0.85, 1.1) + uniform(-0.1, 0.1) + noise).clamp(-1, 1)


_kept: WeakKeyDictionary[Generator, CodeEncoder] = WeakKeyDictionary()


def encoder_of(model: Generator, folder: Path | None = None) -> CodeEncoder | None:
    """The encoder distilled from this model before, from memory or from its `folder`; None where there is none that fits."""
    if model not in _kept and folder is not None:
        found = load_encoder(model, folder)
        if found is not None:
            _kept[model] = found
    return _kept.get(model)


def keep_encoder(model: Generator, encoder: CodeEncoder, folder: Path | None = None) -> None:
    """Remember an encoder, beside the model too where its `folder` can be written."""
    _kept[model] = encoder
    if folder is not None:
        with contextlib.suppress(OSError):
            save_encoder(model, encoder, folder)


def save_encoder(model: Generator, encoder: CodeEncoder, folder: Path) -> None:
    """Write encoder.safetensors (fp16) with the fingerprint of the weights that it was learned from. Raises OSError."""
    tensors = {
        name: (t.half() if t.is_floating_point() and "running" not in name else t).cpu().contiguous()
        for name, t in encoder.state_dict().items()
    }
    whole = Path(folder) / f".{ENCODER}.tmp"
    try:
        write_tensors(tensors, whole, {"of": fingerprint(model)})
        whole.replace(Path(folder) / ENCODER)
    finally:
        whole.unlink(missing_ok=True)


def load_encoder(model: Generator, folder: Path) -> CodeEncoder | None:
    """Read encoder.safetensors; None where there is none, or it is damaged or was learned from other weights."""
    config, path = model.config, Path(folder) / ENCODER
    if not path.is_file():
        return None
    try:
        tensors, about = read_tensors(path)
    except StudioError:
        return None
    encoder = CodeEncoder(config.resolution, config.channels, len(model.axes()), config.num_classes)
    expected = encoder.state_dict()
    fits = about.get("of") == fingerprint(model) and expected.keys() == tensors.keys()
    if not fits or any(expected[name].shape != t.shape or not torch.isfinite(t).all() for name, t in tensors.items()):
        return None
    encoder.load_state_dict({name: t.to(expected[name].dtype) for name, t in tensors.items()})
    device = next(model.parameters()).device
    return encoder.to(device, memory_format=torch.channels_last).eval().requires_grad_(False)


def fingerprint(model: Generator) -> str:
    """A digest of the generator's parameters: a run that went on has other weights, and an old encoder must not serve them."""
    digest = hashlib.sha256()
    for _, parameter in sorted(model.named_parameters()):
        digest.update(parameter.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]
