"""Small model folders for the interface's tests."""

import pytest

from tests.tiny_models import make_weights


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """A weights folder with three small models."""
    return make_weights(tmp_path_factory.mktemp("weights"))
