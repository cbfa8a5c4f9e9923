"""Pictures a second of our stylegan2 and stylegan3 beside the authors' own code on its reference path, with the same weights.

    python -m benchmarks.sampling_speed --stylegan DIR [--weights FOLDER]

DIR is a checkout of github.com/NVlabs/stylegan3 or, for stylegan2 alone, NVlabs/stylegan2-ada-pytorch; its generator class runs
unchanged, in eval mode and fp32, with the pure PyTorch operators it takes on a CPU. Both get the same random weights, ours through the
importer of such networks; `--weights` is a folder with `init.json` (constructor arguments) and `tensors.safetensors` to take those of
the 64 px stylegan2 from. Calls alternate in one process, medians count, and the pictures must agree to 1e-3 of their range or the
case is refused. Beside the authors' default stylegan2 (modulation fused into grouped convolutions) stands their own unfused variant.
Writes benchmarks/results/sampling_speed.{json,png}.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from torch import Tensor

from benchmarks import common
from benchmarks.peers.nvidia import open_repository
from gan_core.checkpoint import assemble
from gan_core.importers.contents import Contents
from gan_core.importers.official import read

LAYOUTS = {"training/networks_stylegan2.py": "NVlabs/stylegan3", "training/networks.py": "NVlabs/stylegan2-ada-pytorch"}
TOLERANCE = 1e-3  # of the pictures' range
CLAMP = 256  # the official default for convolutions
SMALL = dict(z_dim=64, w_dim=64, mapping_layers=8, channel_base=1024, channel_max=64, resolution=64)
LARGE = dict(z_dim=512, w_dim=512, mapping_layers=8, channel_base=4096, channel_max=256, resolution=256)
ALIAS_FREE = dict(z_dim=64, w_dim=64, mapping_layers=2, channel_base=1024, channel_max=64, resolution=64)
CASES = {
    "64": SMALL,
    "256": LARGE,
    "t64": ALIAS_FREE | dict(network="stylegan3-t"),
    "r64": ALIAS_FREE | dict(network="stylegan3-r", channel_base=2048, channel_max=128),
    "t256": ALIAS_FREE | dict(network="stylegan3-t", channel_base=4096, resolution=256),
}


@dataclass(frozen=True)
class Sizes:
    """What both generators are built with, under the official names."""

    z_dim: int
    w_dim: int
    mapping_layers: int
    channel_base: int
    channel_max: int
    resolution: int
    channels: int = 3
    network: str = "stylegan2"

    @classmethod
    def read(cls, folder: Path) -> "Sizes":
        """From the constructor arguments in `folder`/init.json."""
        made = json.loads((folder / "init.json").read_text())["init_kwargs"]
        return cls(
            made["z_dim"], made["w_dim"], made["mapping_kwargs"].get("num_layers", 8), made["channel_base"], made["channel_max"],
            made["img_resolution"], made["img_channels"],
        )  # fmt: skip

    def words(self) -> str:
        """Kind and widths in words, for a plot."""
        widest, narrowest = self.channel_max, self.channel_base // self.resolution
        kind = "" if self.network == "stylegan2" else f"{self.network}, "
        return f"{kind}{self.resolution} px, {narrowest}–{widest} channels"

    def arguments(self) -> tuple[dict, dict]:
        """Constructor arguments of the official generator: those of the whole, those of its synthesis."""
        layers = dict(channel_base=self.channel_base, channel_max=self.channel_max, num_fp16_res=0, conv_clamp=CLAMP)
        if self.network == "stylegan3-r":
            layers |= dict(conv_kernel=1, use_radial_filters=True)
        return dict(
            z_dim=self.z_dim, c_dim=0, w_dim=self.w_dim, img_resolution=self.resolution, img_channels=self.channels,
            mapping_kwargs={"num_layers": self.mapping_layers},
        ), layers  # fmt: skip


def official(folder: Path, sizes: Sizes):
    """The authors' generator of these sizes, from whichever of the two repositories `folder` is."""
    whole, layers = sizes.arguments()
    if layout_of(folder) == "NVlabs/stylegan3":
        from training import networks_stylegan2, networks_stylegan3

        networks = networks_stylegan2 if sizes.network == "stylegan2" else networks_stylegan3
        return networks.Generator(**whole, **layers)
    from training.networks import Generator

    return Generator(**whole, synthesis_kwargs=layers)


def layout_of(folder: Path) -> str:
    """Which repository it is. Ends the program in words when it is neither."""
    for file, repository in LAYOUTS.items():
        if (folder / file).is_file():
            return repository
    sys.exit(f"{folder} holds neither {' nor '.join(LAYOUTS)}: give a checkout of {' or '.join(LAYOUTS.values())}")


def pair(folder: Path, sizes: Sizes, weights: Path | None):
    """(theirs, ours) with the same weights, ready to draw: those in `weights`, or random ones."""
    torch.manual_seed(0)
    theirs = official(folder, sizes)
    if weights:
        from safetensors.torch import load_file

        theirs.load_state_dict(load_file(weights / "tensors.safetensors"))
    else:
        for name, parameter in theirs.named_parameters():  # these start at 0 and would hide a mistake
            if name.endswith(("noise_strength", "bias")):
                torch.nn.init.normal_(parameter, parameter.mean().item(), 0.1)
    theirs.eval().requires_grad_(False)
    whole, layers = sizes.arguments()
    contents = Contents(folder, theirs.state_dict(), {"init_kwargs": whole | layers}, "official")
    (found,) = read(contents)  # placed as gan_core.load places every model
    return theirs, assemble(found.config, found.tensors, folder.name)


def contenders(theirs, ours) -> dict[str, Callable[[Tensor], Tensor]]:
    """name → latents [N, z_dim] to pictures [N, C, R, R]; an unfused variant only stylegan2 has."""
    draw = {
        "ours": lambda z: ours.synthesis(ours.mapping(z, None), None),
        "official": lambda z: theirs(z, z.new_zeros(len(z), 0), noise_mode="const"),
    }
    if ours.config.family == "stylegan2":
        draw["official_unfused"] = lambda z: theirs(z, z.new_zeros(len(z), 0), noise_mode="const", fused_modconv=False)
    return draw


@torch.inference_mode()
def timed(draw: dict[str, Callable], z: Tensor, seconds: float, fewest: int = 5) -> dict[str, float]:
    """Median seconds a call of each, called in turn, forth and back, for about `seconds` in all."""
    times: dict[str, list[float]] = {name: [] for name in draw}
    end, order = time.monotonic() + seconds, list(draw)
    while len(times["ours"]) < fewest or time.monotonic() < end:
        for name in order:
            began = time.perf_counter()
            draw[name](z)
            times[name].append(time.perf_counter() - began)
        order.reverse()
    return {name: median(values) for name, values in times.items()}


@torch.inference_mode()
def difference(draw: dict[str, Callable], z: Tensor) -> float:
    """Largest difference between our pictures and the official ones, as a share of the range of those."""
    expected = draw["official"](z)
    return float((draw["ours"](z) - expected).abs().max() / (expected.max() - expected.min()))


def case(folder: Path, sizes: Sizes, weights: Path | None, options) -> list[dict]:
    """One row a batch size; a row is refused, without figures, when the pictures differ."""
    draw, rows = contenders(*pair(folder, sizes, weights)), []
    for batch in options.batches:
        z = torch.randn(batch, sizes.z_dim, generator=torch.Generator().manual_seed(1))
        row = {"sizes": sizes.words(), "weights": "given" if weights else "random", "batch": batch}
        row["difference"] = difference(draw, z)
        if row["difference"] < TOLERANCE:
            found = timed(draw, z, options.seconds)
            row["per_second"] = {name: round(batch / value, 2) for name, value in found.items()}
            row["ratio"] = round(found["official"] / found["ours"], 2)
            if "official_unfused" in found:
                row["ratio_to_unfused"] = round(found["official_unfused"] / found["ours"], 2)
        else:
            row["refused"] = f"the pictures differ by more than {TOLERANCE:g} of their range"
        rows.append(row)
        print(
            row.get("refused") or f"{row['sizes']}, batch {batch}: {row['per_second']}, ratio {row['ratio']}",
            flush=True,
        )
    return rows


def plot(report: dict, path: Path) -> None:
    """Pictures a second as bars, one panel a size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    rows = [row for row in report["rows"] if "ratio" in row]
    sizes = list(dict.fromkeys(row["sizes"] for row in rows))
    looks = {"ours": ("Latent Studio", "#4338ca"), "official": ("official code", "#d97706"),
             "official_unfused": ("official code, unfused", "#fbbf24")}  # fmt: skip
    figure, axes = plt.subplots(
        1, max(1, len(sizes)), figsize=(1 + 4.2 * max(1, len(sizes)), 4.2), layout="constrained", squeeze=False
    )
    for panel, size in zip(axes[0], sizes, strict=False):
        here = [row for row in rows if row["sizes"] == size]
        for place, (name, (label, colour)) in enumerate(looks.items()):
            x = [i + 0.27 * (place - 1) for i in range(len(here))]
            bars = panel.bar(x, [row["per_second"].get(name, 0) for row in here], 0.25, color=colour, label=label)
            if name == "ours":
                panel.bar_label(bars, [f"× {row['ratio']:g}" for row in here], fontsize=8)
        panel.set_xticks(range(len(here)), [f"batch {row['batch']}" for row in here])
        panel.set(title=size, ylabel="pictures a second")
    axes[0][0].legend(frameon=False, fontsize=8)
    cores = len(report["machine"]["cores_used"])
    figure.suptitle(f"{report['machine']['cpu']}, {cores} core(s), torch {report['machine']['torch']}", fontsize=9)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def parsed(argv: list[str] | None = None) -> argparse.Namespace:
    """Options. Ends the program in words when a flag makes no sense."""
    cli = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cli.add_argument("--stylegan", type=Path, required=True, metavar="DIR", help="checkout of the official code")
    cli.add_argument("--weights", type=Path, metavar="DIR", help="init.json and tensors.safetensors for the 64 px case")
    cli.add_argument("--batches", type=common.counts_list, default=[1, 8, 32], help="default 1,8,32")
    cli.add_argument("--seconds", type=float, default=30, help="for each case and batch size, default 30")
    cli.add_argument(
        "--cores",
        type=common.cores_list,
        default=common.usable_cores()[:1],
        help="threads run on these; default: the first",
    )
    cli.add_argument(
        "--only",
        type=common.one_of(*CASES),
        default=list(CASES),
        help="cases: stylegan2 at 64 and 256 px, stylegan3-t and -r",
    )
    cli.add_argument("--out", type=Path, default=common.RESULTS, help="folder of the results")
    options = cli.parse_args(argv)
    if options.weights and not all((options.weights / n).is_file() for n in ("init.json", "tensors.safetensors")):
        cli.error(f"--weights {options.weights}: there is no init.json with a tensors.safetensors beside it")
    return options


def main() -> None:
    """Compare at every size, write the results, and fail when a case was refused."""
    options = parsed()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, options.cores)
    torch.set_num_threads(len(options.cores))
    repository = layout_of(options.stylegan)
    open_repository(options.stylegan)
    rows = []
    for name in options.only:
        weights = options.weights if name == "64" else None
        sizes = Sizes.read(weights) if weights else Sizes(**CASES[name])
        if sizes.network == "stylegan2" or repository == "NVlabs/stylegan3":
            rows += case(options.stylegan, sizes, weights, options)
    report = {
        "machine": common.machine(options.cores),
        "command": common.command("sampling_speed"),
        "official": repository,
        "rows": rows,
    }
    common.write_json(options.out / "sampling_speed.json", report)
    plot(report, options.out / "sampling_speed.png")
    if any("refused" in row for row in rows):
        sys.exit("a case was refused; see above")


if __name__ == "__main__":
    main()
