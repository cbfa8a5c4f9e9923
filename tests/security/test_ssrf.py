"""Names of models and data sets never lead to another host than the Hub: every connection that a request makes is watched."""

import asyncio
import socket

import httpx2
import pytest

from tests.security.test_fuzz import FORM, asked

HUB = ("127.0.0.1", 9)  # nothing listens there (see conftest.box)
NAMES = (
    "ann/faces", "http://127.0.0.1:8/ann/faces", "https://169.254.169.254/latest/meta-data", "https://huggingface.co@127.0.0.1:8/ann/faces",
    "https://huggingface.co.evil.example/ann/faces", "https://huggingface.co:8/ann/faces", "//127.0.0.1:8/ann/faces", "127.0.0.1:8/faces",
    "file:///etc/passwd", "ftp://127.0.0.1/ann/faces", "ann/faces@http://127.0.0.1:8", "ann/faces@../../../api/whoami-v2", "../../api/whoami-v2",
    "ann/..", "ann/faces?x=http://127.0.0.1:8", "ann/faces#@127.0.0.1:8", "ann\\faces", "ann/faces\r\nHost: evil.example", "localhost:8/ann/faces",
    "datasets/ann/faces/../../..", "https://hf.co/ann/faces/resolve/main/../../../../x", "gopher://127.0.0.1:8/x", "http://[::1]:8/a/b", "a/b@%2e%2e%2f",
)  # fmt: skip


@pytest.fixture
def reached(monkeypatch):
    """[where a connection went] of everything in this process."""
    went, connect = [], socket.socket.connect

    def watched(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6):
            went.append(tuple(address[:2]))
            if tuple(address[:2]) != HUB:
                raise ConnectionRefusedError("not in this test")
        return connect(self, address)

    def looked_up(host, *args, **kwargs):
        if host not in ("127.0.0.1", b"127.0.0.1"):
            went.append((host, "name"))
            raise socket.gaierror("not in this test")
        return ask(host, *args, **kwargs)

    ask = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", watched)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return went


def questions(name: str, number: int) -> list[tuple[str, dict]]:
    job = {"name": f"ssrf-{number}-{abs(hash(name))}"[:40]}
    sources = [{"kind": "hub", "name": f"hub:{name}"}, {"kind": "hub", "name": name}]
    return [
        ("HubDesk.hub_pull", {"source": name, **job}),
        ("HubDesk.hub_look", {"repo": name}),
        ("HubDesk.hub_search", {"cursor": name, "words": name[:100], "author": name[:100]}),
        ("ImportDesk.bring_hub", {"source": name, "visitor": "v", **job}),
        ("HubPictures.bring", {"spec": name, **job}),
        ("PublishDesk.publish_preview", {"model": "a-plain", "visitor_word": "v", "repo": name, "licence": "mit"}),
        *(("TrainDesk.look", {"form": {**FORM, "source": source}}) for source in sources),
    ]


@pytest.mark.parametrize("space", [False, True])
def test_ssrf_no_name_leads_anywhere_but_to_the_hub(box, reached, monkeypatch, space):
    if space:
        monkeypatch.setenv("SPACE_ID", "ann/studio")
        monkeypatch.setenv("LATENT_STUDIO_BUDGETS", "off")
    functions = asked(box.page)

    async def ask():
        return [
            (name, function, await asyncio.wait_for(functions[function][0](values), 20))
            for number, name in enumerate(NAMES)
            for function, values in questions(name, number)
        ]

    for name, function, answer in asyncio.run(ask()):
        assert "error" in answer or function == "HubDesk.hub_search", (name, function)
        assert answer.get("error", {}).get("code") != "unexpected", (name, function)
    assert set(reached) <= {HUB}
    assert reached or space


@pytest.mark.parametrize("space", [False, True])
def test_ssrf_the_owner_s_token_is_used_for_no_stranger(box, monkeypatch, space):
    """At home it goes along to the Hub; on a Space it does not, whatever is named."""
    if space:
        monkeypatch.setenv("SPACE_ID", "ann/studio")
        monkeypatch.setenv("LATENT_STUDIO_BUDGETS", "off")
    monkeypatch.setenv("HF_TOKEN", "hf_owner")
    told = []

    def handle(self, request):
        told.append(request.headers.get("authorization", ""))
        raise httpx2.ConnectError("not in this test")

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", handle)
    functions = asked(box.page)
    for number, name in enumerate(("ann/faces", "ann/other")):
        for function, values in questions(name, number):
            asyncio.run(asyncio.wait_for(functions[function][0](values), 20))
    assert told and any("hf_owner" in header for header in told) is not space
