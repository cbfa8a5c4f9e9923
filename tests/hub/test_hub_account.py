"""Logging in and out by huggingface_hub's own way, against the stand-in; a token is never told to anybody."""

import logging
from pathlib import Path

import pytest
from huggingface_hub import constants, get_token

from gan_core.hub import account
from tests.hub.refusal import failure
from tests.hub_standin import Fault

ANN = "hf_ann"


@pytest.fixture
def ann(hub):
    """The Hub, with a person who has a token that may write, and two organisations."""
    hub.tokens.add(ANN)
    orgs = [{"name": "zoo", "roleInOrg": "write"}, {"name": "museum", "roleInOrg": "read"}, {"name": 7}, None]
    token = {"type": "access_token", "accessToken": {"displayName": "laptop", "role": "write"}}
    hub.people[ANN] = {"orgs": orgs, "auth": token}
    return hub


def test_nobody(hub):
    assert account.whoami() is None and hub.requests == []


def test_in_and_out(ann, caplog):
    caplog.set_level(logging.DEBUG)
    assert account.login(f" {ANN}\n") == account.Account("ann", ("ann", "zoo"), "write")
    assert get_token() == ANN and Path(constants.HF_TOKEN_PATH).read_text() == ANN
    assert account.whoami().name == "ann"
    account.logout()
    assert get_token() is None and account.whoami() is None
    stored = Path(constants.HF_STORED_TOKENS_PATH)
    assert not stored.exists() or ANN not in stored.read_text()
    assert ANN not in caplog.text


def test_a_token_of_the_environment(ann, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", ANN)
    assert account.from_environment() and account.whoami().name == "ann"
    assert failure(account.logout).code == "hub.environment"
    assert account.whoami(token=False) is None


@pytest.mark.parametrize("token", ["hf_wrong", "hf wrong", "hf_中"])
def test_a_token_that_is_no_good_is_not_kept(ann, token, caplog):
    error = failure(account.login, token)
    assert error.code == "hub.unauthorised" and token not in str(error) + str(error.facts) + caplog.text
    assert get_token() is None


def test_no_token(hub):
    assert failure(account.login, "  ").code == "hub.no_token"


@pytest.mark.parametrize("told", [{"name": 3}, {"name": ""}, {"orgs": "x", "auth": [], "name": "ann"}])
def test_strange_answers(ann, told):
    ann.people[ANN] = told
    if told["name"] == "ann":
        assert account.whoami(ANN) == account.Account("ann", ("ann",), "some")
    else:
        assert failure(account.whoami, ANN).code == "hub.unavailable"


def test_no_network(ann):
    ann.faults.append(Fault("hang"))
    assert failure(account.login, ANN, timeout=0.3).code == "hub.offline"
    assert get_token() is None


def test_a_space_has_no_account_of_its_owners(ann, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", ANN)
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    assert account.whoami() is None
    assert account.whoami(ANN).name == "ann"


def test_the_hub_is_not_asked_each_time(ann, monkeypatch):
    monkeypatch.setattr(account, "FRESH", 60.0)
    monkeypatch.setattr(account, "_known", {})
    assert account.whoami(ANN) == account.whoami(ANN) and len(ann.requests) == 1
    assert failure(account.whoami, "hf_eve").code == "hub.unauthorised" and not any(
        ANN in key for key in account._known
    )
