"""Pictures in, rows of numbers out, between which distances mean something to the eye."""

import contextlib
import hashlib
import os
import sys
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gan_core.registry import resolve

EXTRACTORS = {
    "lite0-masked": "gan_core.metrics.efficientnet:masked",
    "lite0": "gan_core.metrics.efficientnet:plain",
    "pixels": "gan_core.metrics.pixels:Pixels",
    "pixels-even": "gan_core.metrics.pixels:EvenPixels",
}
DEFAULT = "lite0-masked"
RAW = "lite0"  # reported beside the default: the extractor as papers would use it


def load_extractor(name=DEFAULT, device="cpu"):
    """Return the module called `name` in EXTRACTORS: float RGB [N, 3, H, W] in grey levels -> features [N, D].

    Raises StudioError for an unknown name, or when the packages it needs are not installed (with the command that does).
    """
    return resolve(EXTRACTORS, name)().to(device)


@torch.inference_mode()
def extract(images, extractor, seed=0, batch=32, progress=None):
    """Features [N, D], float32 on the CPU, of uint8 pictures [N, C, H, W], C = 1 (grey), 3 (RGB) or 4 (RGBA, laid on white).

    `images` may be anything with a length whose slices are such tensors, so that samples need not all exist at once.
    `seed` draws the noise of extractors that mask their input; take another one for each set that is compared.
    `progress(done, total)` is called after every batch. Memory: the features and one batch.
    """
    device = next((p.device for p in extractor.parameters()), torch.device("cpu"))
    generator, rows = torch.Generator().manual_seed(seed), []
    for start in range(0, len(images), batch):
        part = rgb(images[start : start + batch].cpu()).float()
        if extractor.mask:
            part = part + torch.randn(part.shape, generator=generator) * extractor.mask
        rows.append(extractor(part.to(device)).float().cpu())
        if progress:
            progress(min(start + batch, len(images)), len(images))
    return torch.cat(rows)


def rgb(images):
    """uint8 [N, 1 | 3 | 4, H, W] -> uint8 [N, 3, H, W]; what is transparent shows white."""
    if images.shape[1] == 1:
        return images.expand(-1, 3, -1, -1)
    if images.shape[1] == 4:
        colour, alpha = images[:, :3].float(), images[:, 3:].float() / 255
        return (colour * alpha + 255 * (1 - alpha)).round().to(torch.uint8)
    return images


def extract_cached(images, extractor, seed=0, folder=None, progress=None):
    """`extract`, remembered on disk under a name made of the pictures' bytes, the extractor and the seed.

    `folder` None means the platform's cache folder. A folder that cannot be written only costs time.
    """
    folder = cache_folder() if folder is None else Path(folder)
    key = hashlib.sha256(f"{extractor.name}|{seed}|{tuple(images.shape)}".encode())
    key.update(images.contiguous().cpu().numpy().data)
    path = folder / f"{key.hexdigest()[:32]}.safetensors"
    try:
        return load_file(path)["features"]
    except (OSError, SafetensorError, KeyError):
        features = extract(images, extractor, seed, progress=progress)
    with contextlib.suppress(OSError, SafetensorError):
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(features, path)
    return features


def _write_whole(features, path):
    """A cache file appears complete or not at all."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        save_file({"features": features}, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def cache_folder():
    """Where features of real pictures are kept: `latent-studio/features` in the platform's folder for caches."""
    home = Path.home()
    platforms = {
        "win32": Path(os.environ.get("LOCALAPPDATA", home / "AppData/Local")),
        "darwin": home / "Library/Caches",
    }
    base = platforms.get(sys.platform, Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache"))
    return base / "latent-studio" / "features"
