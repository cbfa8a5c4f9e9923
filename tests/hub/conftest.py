"""What tests of the Hub share: no token, cache or network of this computer, and a stand-in on the loopback."""

import pytest
from huggingface_hub import constants, hf_api

from gan_core.hub import account, names
from tests.hub_standin import Hub, alone


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    """Nothing of this computer's."""
    monkeypatch.setattr(account, "FRESH", 0.0)
    monkeypatch.setattr(names, "TIMEOUT", 30.0)  # the machine may be busy
    with alone(monkeypatch, tmp_path):
        yield


@pytest.fixture
def hub(monkeypatch):
    """The stand-in, which is all that the app knows of the Hub."""
    with Hub() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.setattr(constants, "ENDPOINT", hub.endpoint)  # read once at import, as is the next
        template = hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(hf_api.api, "endpoint", hub.endpoint)
        yield hub
