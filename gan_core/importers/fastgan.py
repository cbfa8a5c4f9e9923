"""FastGAN's checkpoints: init, feat_8 … feat_1024, se_64 …, to_big; spectral norm is worked into the weights by then."""

import re

from gan_core.config import ModelConfig
from gan_core.importers.chains import described
from gan_core.importers.contents import Candidate, Contents
from gan_core.importers.lucidrains import fixed_noise


def read(contents: Contents) -> list[Candidate]:
    """The candidate for a FastGAN generator; [] for another file."""
    tensors = contents.tensors
    sizes = sorted({int(match[1]) for name in tensors if (match := re.match(r"feat_(\d{1,4})\.", name))})
    if (
        not {"init.init.0.weight", "to_big.weight"} <= tensors.keys()
        or sizes != [8 << level for level in range(len(sizes))]
        or not sizes
    ):
        return []
    start = tensors["init.init.0.weight"]
    features = [start.shape[1] // 2]
    for size in sizes:
        if f"feat_{size}.1.weight" not in tensors:
            return []
        features.append(tensors[f"feat_{size}.1.weight"].shape[0] // 2)
    config = ModelConfig(
        "fastgan", sizes[-1], tensors["to_big.weight"].shape[0], start.shape[0], options={"features": features}
    )
    ours = {name: t for name, t in tensors.items() if not name.startswith("to_128.")}
    noisy = [
        name for name, t in ours.items() if re.fullmatch(r"feat_\d+\.[26]\.weight", name) and t.shape == (1,)
    ]  # no BatchNorm's
    for number, name in enumerate(noisy):
        ours[name.replace("weight", "noise")] = fixed_noise(number, int(name.split(".")[0][5:]))
    return [described(contents, config, ours, (("layout", "FastGAN"), ("noise", "fixed")), True)]
