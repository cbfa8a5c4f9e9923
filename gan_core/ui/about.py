"""About: what this app is made of, where it computes and why, where its files are, whose work is in it, and what it keeps of whom."""

import contextlib
import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import gan_core
from gan_core.data import builtin_names, describe
from gan_core.ui import Studio, expiry, limits
from gan_core.ui.programs import PROGRAMS
from gan_core.ui.widgets import Panel

PACKAGES = {"PyTorch": "torch", "Gradio": "gradio", "NumPy": "numpy", "Pillow": "pillow", "huggingface_hub": "huggingface_hub"}  # fmt: skip


class About:
    """Answers what static/about.js asks."""

    def __init__(self, studio: Studio):
        self.settings, self.library = studio.settings, studio.engine.library

    def about(self) -> dict:
        """Return {versions, device, memory, folders, models, pictures, space, kept_minutes}; sizes in bytes, no names of files or visitors."""
        return {
            "versions": versions(),
            "device": device(self.settings.device),
            "memory": memory(),
            "folders": self.folders(),
            "models": [
                {
                    "name": entry.config.name or entry.path.name,
                    "title": entry.config.title,
                    "licence": entry.config.licence,
                }
                for entry in self.library.entries("")
                if entry.origin == "bundled"
            ],
            "pictures": [pictures(name) for name in builtin_names()],
            "space": limits.on_space(),
            "kept_minutes": round(expiry.keep_seconds() / 60),
        }

    def folders(self) -> list[dict]:
        """Return [{what, path}] of this machine's folders; none where strangers come."""
        if not limits.folders_allowed(self.settings.share):
            return []
        from huggingface_hub.constants import HF_HUB_CACHE

        own = {name: getattr(self.settings, name) for name in ("weights", "runs", "imported")}
        return [
            {"what": what, "path": str(Path(path).resolve())} for what, path in (own | {"hub": HF_HUB_CACHE}).items()
        ]


def versions() -> list[list[str]]:
    """Return [name, version] of the app, Python, the system and the packages that matter in a bug report."""
    found = [["Latent Studio", gan_core.__version__], ["Python", platform.python_version()]]
    for title, package in PACKAGES.items():
        with contextlib.suppress(PackageNotFoundError):
            found.append([title, version(package)])
    return [*found, [platform.system(), f"{platform.release()} {platform.machine()}"]]


def device(asked: str) -> dict:
    """Return {type, name, threads, dtype, why}: "asked" for, the "gpu" that was found, or "no_gpu"."""
    from gan_core import device as devices

    chosen = devices.pick(asked)
    kind = chosen.device.type
    return {
        "type": kind,
        "reason": chosen.reason,
        "threads": devices.usual_threads(),
        "dtype": str(chosen.dtype).removeprefix("torch."),
        "why": "asked" if asked != "auto" else "no_gpu" if kind == "cpu" else "gpu",
    }


def memory() -> dict:
    """Return {used, most}: bytes of this process now (0 where the system does not say), and of the machine."""
    used = most = 0
    with contextlib.suppress(OSError, ValueError, AttributeError):
        page = os.sysconf("SC_PAGE_SIZE")
        most = page * os.sysconf("SC_PHYS_PAGES")
        if sys.platform == "linux":
            used = page * int(Path("/proc/self/statm").read_text().split()[1])
    return {"used": used, "most": most}


def pictures(name: str) -> dict:
    """Return {title, title_zh, licence, source} of a bundled set of pictures."""
    info = describe(name)
    return {"title": info.title, "title_zh": info.title_zh, "licence": info.licence, "source": info.source}


def build(studio: Studio) -> None:
    """Put the frame's dialogs on the page: settings and keys, which the browser does alone, and About."""
    Panel("settings")
    Panel("keys_sheet")
    Panel("about", [About(studio).about], programs=PROGRAMS)
