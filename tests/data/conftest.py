"""A tiny spec for every source, and a Hub that is not the real one."""

import numpy as np
import pytest
from data_samples import class_files, write_idx, write_zip

from gan_core.data import bring
from gan_core.data import hub as source
from gan_core.hub import datasets
from tests.hub_standin import Hub, alone


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """The only Hub that there is, with an empty cache and nobody logged in."""
    datasets.forget()
    source._lately.clear()
    with alone(monkeypatch, tmp_path), Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub
    datasets.forget()


@pytest.fixture
def spec_of(tmp_path, request):
    """Return a function: name of a source -> a tiny spec for it, with classes."""

    def make(name: str) -> str:
        if name == "bundled":
            return "digits"
        if name == "idx":
            shape = (12, 16, 16)
            write_idx(
                tmp_path / "train-images-idx3-ubyte.gz", np.random.RandomState(0).randint(0, 256, shape, dtype=np.uint8)
            )
            write_idx(tmp_path / "train-labels-idx1-ubyte", (np.arange(12) % 2).astype(np.uint8))
            return str(tmp_path)
        if name == "zip":
            write_zip(tmp_path / "pets.zip", {f"pets/{file}": data for file, data in class_files().items()})
            return str(tmp_path / "pets.zip")
        if name == "folder":
            for file, data in class_files().items():
                (tmp_path / "pets" / file).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / "pets" / file).write_bytes(data)
            return str(tmp_path / "pets")
        if name == "hub":
            request.getfixturevalue("hub").add("datasets/ann/pets", class_files())
            assert list(bring("hub:ann/pets"))[-1] == (12, 12)
            return "hub:ann/pets"
        raise AssertionError(f"give the new source “{name}” a tiny spec here")

    return make
