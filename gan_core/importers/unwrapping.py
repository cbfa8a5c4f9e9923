"""From what a checkpoint file holds to the generator's tensors: wrappers, prefixes, averaged weights, normalised weights."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_core.errors import StudioError

# Where checkpoints keep the generator, the likeliest first; averaged weights before those of the last step.
AVERAGED = (
    "g_ema",
    "params_ema",
    "ema_state_dict",
    "generator_ema",
    "netg_ema",
    "gen_ema",
    "model_ema",
    "ema_model",
    "state_dict_ema",
    "ema",
    "shadow_params",
)
INSIDE = (
    *AVERAGED, "g", "netg", "gen", "generator", "g_state_dict", "g_model_state_dict", "generator_state_dict", "gen_state_dict",
    "netg_state_dict", "generator_model", "model_g", "g_model", "g_net", "net_g", "state_dict_g", "params", "state_dict", "model_state_dict",
    "model_state", "model", "net", "network", "weights", "gan", "vae", "decoder",
)  # fmt: skip
PREFIXES = ("module.", "_orig_mod.", "_forward_module.")
PARTS = re.compile(r"^(g_ema|generator_ema|netg_ema|ema_model|generator|netg|gen|g|decoder)$", re.IGNORECASE)
OTHERS = re.compile(
    r"^(d|netd|disc|discriminator|critic|encoder|criterion|loss|lpips|vgg|perceptual\w*|d_\w+)$", re.IGNORECASE
)
BUFFERS = re.compile(r"(running_mean|running_var|num_batches_tracked|weight_u|weight_v)$")
DEEPEST = 6
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)


def unwrap(held: Any, path: Path) -> tuple[dict[str, Tensor], dict]:
    """Return (tensors by their layout's own names, scalar facts that lay beside them). Raises StudioError where there are none."""
    said: dict = {}
    tensors = _find(held, said, DEEPEST)
    if not tensors:
        raise StudioError("import.no_tensors", "{file} holds no weights.", file=path.name)
    tensors = without_prefixes(tensors)
    if isinstance(held, Mapping) and isinstance(
        held.get("latent_avg"), Tensor
    ):  # rosinality keeps it beside the network
        tensors = {**tensors, "latent_avg": held["latent_avg"]}
    if not any(name.startswith(("SE.", "GE.")) for name in tensors):  # lucidrains' halves belong together
        tensors = the_generator(tensors)
    tensors = {
        name: t.detach()
        for name, t in tensors.items()
        if isinstance(t, Tensor) and t.layout == torch.strided and not t.is_quantized
    }
    return plain_weights(tensors), said


def _find(held: Any, said: dict, deep: int) -> dict[str, Tensor]:
    """The state dict inside of nested wrappers; {} where there is none."""
    if (
        isinstance(held, torch.nn.Parameter | Tensor)
        or not isinstance(held, Mapping)
        or deep == 0
        or len(held) > 100_000
    ):
        return {}
    tensors = {name: value for name, value in held.items() if isinstance(name, str) and isinstance(value, Tensor)}
    inside = {str(name).lower(): value for name, value in held.items() if isinstance(value, Mapping | list | tuple)}
    said.update(
        {
            str(k)[:80]: v
            for k, v in list(held.items())[:200]
            if type(v) in (int, float, bool) or (type(v) is str and len(v) < 200)
        }
    )
    if len(tensors) >= 2 and len(tensors) >= len(inside):
        return tensors
    for name in INSIDE:
        if name in inside:
            found = (
                _listed(inside, name) if isinstance(inside[name], list | tuple) else _find(inside[name], said, deep - 1)
            )
            if found:
                return found
    for value in list(inside.values())[:50]:
        found = _find(value, said, deep - 1) if isinstance(value, Mapping) else {}
        if found:
            return found
    return tensors


def _listed(inside: dict, name: str) -> dict[str, Tensor]:
    """Averaged weights that are a bare list (FastGAN): the generator's own state dict says which is which, if all sizes agree."""
    averaged = [t for t in inside[name] if isinstance(t, Tensor)]
    own = next((inside[key] for key in ("g", "netg", "generator") if isinstance(inside.get(key), Mapping)), None)
    if own is None or not averaged:
        return {}
    own = {key: value for key, value in own.items() if isinstance(key, str) and isinstance(value, Tensor)}
    names = [key for key in own if not BUFFERS.search(key)]
    if len(names) != len(averaged) or any(own[key].shape != t.shape for key, t in zip(names, averaged, strict=True)):
        return {}
    return {**own, **dict(zip(names, averaged, strict=True))}


def without_prefixes(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Names without what DataParallel and torch.compile put before them, wherever it stands."""

    def clean(name: str) -> str:
        for prefix in PREFIXES:
            name = name.removeprefix(prefix).replace(f".{prefix}", ".")
        return name

    while any(clean(name) != name for name in tensors):
        tensors = {clean(name): t for name, t in tensors.items()}
    return tensors


def the_generator(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The part of a whole system (Lightning's modules) that draws: averaged before plain; names without that part's own."""
    parts = dict.fromkeys(name.split(".")[0] for name in tensors if "." in name)
    mine = sorted((part for part in parts if PARTS.match(part)), key=lambda part: "ema" not in part.lower())
    others = [part for part in parts if OTHERS.match(part)]
    keeps = "encoder" in [part.lower() for part in others]  # an autoencoder is wanted whole
    if mine and (others or len(mine) > 1) and not keeps:
        tensors = {name: t for name, t in tensors.items() if name.startswith(mine[0] + ".")}
    for _ in range(3):
        parts = {name.split(".")[0] for name in tensors}
        rest = [name.split(".", 1)[-1] for name in tensors]
        wrapper = len(parts) == 1 and re.match(
            r"^(g_ema|generator\w*|netg|g|model|net|vae|gan)$", next(iter(parts)), re.IGNORECASE
        )
        if not wrapper or any(name[:1].isdigit() for name in rest) or not all("." in name for name in rest):
            break
        tensors = dict(zip(rest, tensors.values(), strict=True))
    return tensors


def plain_weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Spectral and weight normalisation worked into the weights, as they are when the network only draws."""
    out = {}
    for name, t in tensors.items():
        stem = name.removesuffix("_orig").removesuffix("_g").removesuffix(".original0").removesuffix(".original")
        if name.endswith("weight_orig") and f"{stem}_u" in tensors and f"{stem}_v" in tensors:
            out[stem] = _spectral(t, tensors[f"{stem}_u"], tensors[f"{stem}_v"])
        elif (
            name.endswith("parametrizations.weight.original")
            and f"{stem}.0._u" in tensors
            and f"{stem}.0._v" in tensors
        ):
            out[_own(stem)] = _spectral(t, tensors[f"{stem}.0._u"], tensors[f"{stem}.0._v"])
        elif name.endswith("weight_g") and f"{stem}_v" in tensors:
            out[stem] = _weight_norm(t, tensors[f"{stem}_v"])
        elif name.endswith("parametrizations.weight.original0") and f"{stem}.original1" in tensors:
            out[_own(stem)] = _weight_norm(t, tensors[f"{stem}.original1"])
        elif not re.search(r"weight_[uv]$|parametrizations\.weight\.(0\._[uv]|original1)$", name):
            out[name] = t
    return out


def _own(stem: str) -> str:
    return stem.replace("parametrizations.weight", "weight")


def _spectral(weight: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """W / σ with σ = uᵀWv (Miyato et al. 2018, sec. 2.1).

    Transposed convolutions are normalised over their second side; where both sides are as long as u, the one along which u and v
    are singular vectors gives the larger σ.
    """
    sides = [weight.float(), weight.float().transpose(0, 1)]
    sides = [side.flatten(1) for side in sides if side.shape[0] == len(u) and side[0].numel() == len(v)]
    sigmas = [torch.dot(u.float(), side @ v.float()) for side in sides]
    return weight.float() / max(sigmas) if sigmas else weight


def _weight_norm(g: Tensor, v: Tensor) -> Tensor:
    """g · v / ‖v‖ (Salimans & Kingma 2016, eq. 2) along the dimension in which g is long."""
    along = [side for side, size in enumerate(g.shape) if size == 1]
    if g.ndim != v.ndim or not along:
        return v
    return g.float() * v.float() / v.float().square().sum(along, keepdim=True).sqrt()
