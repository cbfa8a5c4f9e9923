"""How code in the layout of NVIDIA's StyleGAN repositories is imported from its folder; on a CPU it takes its own reference path."""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from packaging.version import parse


def open_repository(folder: Path) -> None:
    """Put the repository on the import path, one per process.

    It imports two packages that a current environment may lack, for downloads (requests) and to compare version numbers
    (pkg_resources, gone from setuptools); neither is used otherwise, so small stand-ins do.
    """
    sys.path.insert(0, str(folder))
    for name, contents in (("requests", {}), ("pkg_resources", {"parse_version": parse})):
        if name not in sys.modules and find_spec(name) is None:
            sys.modules[name] = ModuleType(name)
            vars(sys.modules[name]).update(contents)
