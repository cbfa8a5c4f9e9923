"""The official StyleGAN2, StyleGAN2-ADA and StyleGAN3 generators as models of ours."""

import re
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gan_core.config import ModelConfig, read_json
from gan_core.errors import StudioError
from gan_core.importers.contents import Candidate, Contents
from gan_core.models import build
from gan_core.models.style_layers import TAPS
from gan_core.models.stylegan2 import from_official

INIT = "init.json"  # constructor arguments that somebody put beside the bare tensors
CLAMPS = (256, None)  # what the official training and the converted TensorFlow networks have
SAME = 1e-4  # how far a filter may be from the one that we would design
SYNTHESIS3 = (
    "channel_base", "channel_max", "num_critical", "first_cutoff", "first_stopband", "last_stopband_rel", "margin_size", "output_scale",
    "conv_kernel", "filter_size", "lrelu_upsampling", "use_radial_filters", "conv_clamp",
)  # fmt: skip
DEFAULTS3 = {"channel_base": 32768, "channel_max": 512, "conv_clamp": 256}


@dataclass(frozen=True)
class Facts:
    """A generator as its file describes it: tensors, constructor arguments, and plain attributes of its modules."""

    tensors: dict[str, Tensor]
    made: dict
    attributes: dict

    def argument(self, name: str, module: str = ""):
        """What a module says it was made with, else what the constructor was told; KeyError when neither says."""
        inside = self.attributes.get(module)
        if isinstance(inside, dict) and name in inside:
            return inside[name]
        nested = self.made.get("synthesis_kwargs")
        for where in (self.made, nested if isinstance(nested, dict) else {}):
            if name in where:
                return where[name]
        raise KeyError(name)

    def size(self, name: str, axis: int) -> int:
        """One side of a tensor; KeyError when it is not there."""
        shape = self.tensors[name].shape
        if len(shape) <= axis:
            raise KeyError(name)
        return shape[axis]

    def mapping(self) -> dict:
        """z_dim, num_classes and the options of the mapping network, from the shapes; only the rate's multiplier has to be said."""
        layers = sum(1 for name in self.tensors if re.fullmatch(r"mapping\.fc\d+\.weight", name))
        classes = self.size("mapping.embed.weight", 1) if "mapping.embed.weight" in self.tensors else 0
        embedded = self.size("mapping.embed.weight", 0) if classes else 0
        w_dim = self.size(f"mapping.fc{layers - 1}.weight", 0)
        options = {"w_dim": w_dim, "num_layers": layers, "lr_multiplier": self._multiplier()}
        if classes and embedded != w_dim:
            options["embed_features"] = embedded
        if layers > 1 and self.size("mapping.fc0.weight", 0) != w_dim:
            options["layer_features"] = self.size("mapping.fc0.weight", 0)
        return {"z_dim": self.size("mapping.fc0.weight", 1) - embedded, "num_classes": classes, "options": options}

    def _multiplier(self) -> float:
        told = self.made.get("mapping_kwargs")
        usual = told.get("lr_multiplier", 0.01) if isinstance(told, dict) else 0.01
        value = (self.attributes.get("mapping.fc0") or {}).get("bias_gain", usual)
        return float(value) if isinstance(value, int | float) and 0 < value <= 100 else 0.01


def read(contents: Contents) -> list[Candidate]:
    """A generator of the official code, from its `.pkl`, or its bare state dict with or without constructor arguments.

    Raises StudioError for a network with the official layout that we cannot rebuild.
    """
    tensors = contents.tensors
    if "synthesis.input.freqs" in tensors:
        understand = _stylegan3
    elif "synthesis.b4.const" in tensors:
        understand = _stylegan2
    elif contents.layout == "official":
        raise _strange(contents, str(contents.settings.get("class_name"))[:60])
    else:
        return []
    try:
        found = understand(_facts(contents))
        for candidate in found:
            _check(candidate)
    except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        raise _strange(contents, re.sub(r"[^\w .]", "", str(error))[:60] or "?") from None
    return found


def _strange(contents: Contents, what: str) -> StudioError:
    return StudioError(
        "import.official_variant", "{file} holds a variant of StyleGAN that is not known here ({what}). Networks of NVIDIA's stylegan2-ada-pytorch "
        "and stylegan3 code open.", file=contents.path.name, what=what,
    )  # fmt: skip


def _facts(contents: Contents) -> Facts:
    made = contents.settings.get("init_kwargs")
    if made is None and (contents.path.parent / INIT).is_file():
        told = read_json(contents.path.parent / INIT)
        made = told.get("init_kwargs") if isinstance(told, dict) else None
    attributes = contents.settings.get("attributes")
    return Facts(
        contents.tensors, made if isinstance(made, dict) else {}, attributes if isinstance(attributes, dict) else {}
    )


def _check(candidate: Candidate) -> None:
    """Compare names and shapes with the model that the config describes, and filters with those that we would design.

    Raises KeyError naming the first that differs: a wrong cutoff or stopband would show in the filters.
    """
    with torch.device("meta"):
        expected = build(candidate.config).state_dict()
    for name in sorted(expected.keys() | candidate.tensors.keys()):
        if (
            name not in expected
            or name not in candidate.tensors
            or expected[name].shape != candidate.tensors[name].shape
        ):
            raise KeyError(name)
        if name.endswith("_filter") and (expected[name] - candidate.tensors[name]).abs().max() > SAME:
            raise KeyError(name)


# ---- StyleGAN2


def _stylegan2(facts: Facts) -> list[Candidate]:
    sizes = sorted(
        int(found[1]) for name in facts.tensors if (found := re.fullmatch(r"synthesis\.b(\d+)\.conv1\.weight", name))
    )
    last = sizes[-1]
    if sizes != [4 << level for level in range(len(sizes))] or last > 1024:
        raise KeyError("sizes")
    wide = {size: facts.size(f"synthesis.b{size}.conv1.weight", 0) for size in sizes}
    here = f"synthesis.b{last}.conv1"
    if facts.attributes.get(here, {}).get("activation", facts.made.get("activation", "lrelu")) != "lrelu":
        raise KeyError("activation")
    mapping = facts.mapping()
    options = mapping["options"] | {
        "channel_base": max(width * size for size, width in wide.items()),
        "channel_max": max(wide.values()),
        "use_noise": f"{here}.noise_const" in facts.tensors,
        "architecture": _architecture(facts, sizes),
        **_taps(facts, sizes),
    }
    tensors = from_official(facts.tensors)
    tensors.setdefault("mapping_network.w_avg", torch.zeros(options["w_dim"]))
    try:
        clamps = (facts.argument("conv_clamp", here),)
    except KeyError:
        clamps = CLAMPS[:1] if facts.made else CLAMPS
    found = []
    for clamp in clamps:
        config = ModelConfig(
            "stylegan2", last, facts.size(f"synthesis.b{last}.torgb.weight", 0), mapping["z_dim"], mapping["num_classes"],
            options=options | {"conv_clamp": clamp},
        )  # fmt: skip
        why = "" if len(clamps) == 1 else f"activations clamped at {clamp}" if clamp else "activations not clamped"
        found.append(Candidate(config, tensors, why, sure=len(clamps) == 1))
    return found


def _architecture(facts: Facts, sizes: list[int]) -> str:
    if all(f"synthesis.b{size}.torgb.weight" in facts.tensors for size in sizes):
        return "skip"
    return "resnet" if f"synthesis.b{sizes[-1]}.skip.weight" in facts.tensors else "orig"


def _taps(facts: Facts, sizes: list[int]) -> dict:
    """The low-pass filter as an option, where it is not the usual one; ValueError when it is not one line for both axes."""
    kernel = facts.tensors.get(f"synthesis.b{sizes[-1]}.resample_filter")
    if kernel is None:
        return {}
    kernel = kernel.double().numpy()
    line = kernel.sum(1) if kernel.ndim == 2 else kernel
    if not (kernel.ndim in (1, 2) and len(line) <= 32 and np.isclose(line.sum(), 1, atol=1e-3)):
        raise ValueError("filter")
    if kernel.ndim == 2 and not np.allclose(kernel, np.outer(line, line), atol=1e-6):
        raise ValueError("filter")
    usual = np.array(TAPS) / sum(TAPS)
    return {} if len(line) == len(usual) and np.allclose(line, usual, atol=1e-6) else {"resample_filter": line.tolist()}


# ---- StyleGAN3


def _stylegan3(facts: Facts) -> list[Candidate]:
    names = sorted(
        tuple(map(int, found.groups()))
        for name in facts.tensors
        if (found := re.fullmatch(r"synthesis\.L(\d+)_(\d+)_(\d+)\.weight", name))
    )
    index, resolution, channels = names[-1]
    told = {}
    for name in (*SYNTHESIS3, "num_layers"):
        module = "synthesis.L0_{1}_{2}".format(*names[0]) if name in ("conv_kernel", "conv_clamp") else "synthesis"
        try:
            told[name] = facts.argument(name, module)
        except KeyError:
            continue
    sure = "num_critical" in told or bool(facts.made)
    told.setdefault("conv_kernel", facts.size("synthesis.L{}_{}_{}.weight".format(*names[0]), 2))
    told.setdefault(
        "use_radial_filters", any(n.endswith("down_filter") and t.ndim == 2 for n, t in facts.tensors.items())
    )
    if "channel_base" not in told and not facts.made:
        told |= {"channel_base": 2 * names[-2][2] * resolution / 2, "channel_max": max(row[2] for row in names)}
    options = DEFAULTS3 | told
    if options.pop("num_layers", index) != index:
        raise KeyError("num_layers")
    mapping = facts.mapping()
    config = ModelConfig(
        "stylegan3", resolution, channels, mapping["z_dim"], mapping["num_classes"],
        options=mapping["options"] | options | {"synthesis_layers": index},
    )  # fmt: skip
    ours = {"mapping": "mapping_network", "synthesis": "synthesis_network"}
    split = {name: name.split(".", 1) for name in facts.tensors}
    tensors = {f"{ours[network]}.{rest}": facts.tensors[name] for name, (network, rest) in split.items()}
    why = "" if sure else "sizes of the layers as the official code has them by default"
    return [Candidate(config, tensors, why, sure)]
