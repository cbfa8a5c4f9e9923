"""The guard before the app: other sites and names, closed addresses, large and slow bodies, floods, and the headers of answers."""

import asyncio
import base64
import hashlib
import json
import re

import pytest

from gan_core.ui import guard, guard_flood
from gan_core.ui.guard import ASKS, HOSTS_VARIABLE, Guard
from gan_core.ui.guard_flood import AT_ONCE, KNOWN, Flood, address
from gan_core.ui.guard_headers import page_policy

PAGE = b"<html><script>one()</script><script type='module' src='./a.js'></script><SCRIPT id=x>\r\ntwo()</script></html>"


@pytest.fixture(autouse=True)
def at_home(monkeypatch):
    for name in ("SPACE_ID", "SYSTEM", "SPACE_HOST", HOSTS_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def space(monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    monkeypatch.setenv("SPACE_HOST", "ann-studio.hf.space")


class App:
    """What the guard protects: takes the whole body, notes what it saw, answers as it is told."""

    def __init__(self, kind=b"application/json", body=b"{}", fault=None, more=()):
        self.kind, self.body, self.fault, self.more = kind, body, fault, more
        self.scopes, self.got = [], b""

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        while True:
            message = await receive()
            self.got += message.get("body", b"")
            if not message.get("more_body"):
                break
        if self.fault:
            raise self.fault
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", self.kind), *self.more]}
        )
        await send({"type": "http.response.body", "body": self.body})


def ask(
    app,
    path="/",
    method="GET",
    headers=None,
    body=(b"",),
    server="127.0.0.1",
    client="127.0.0.1",
    wait=0.0,
    through=None,
):
    """(status, headers, body) of one request through a guard."""
    names = {"host": "127.0.0.1:7860", **(headers or {})}
    scope = {
        "type": "http", "method": method, "path": path, "server": (server, 7860), "client": (client, 5000),
        "headers": [(key.encode(), value.encode()) for key, value in names.items()],
    }  # fmt: skip
    parts, sent = [*body], []

    async def receive():
        await asyncio.sleep(wait)
        return (
            {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
            if parts
            else {"type": "http.disconnect"}
        )

    async def send(message):
        sent.append(message)

    asyncio.run((through or Guard(app))(scope, receive, send))
    told = {key.decode().lower(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])


def refusal(*args, **kwargs) -> tuple[int, str]:
    status, _, body = ask(*args, **kwargs)
    return status, json.loads(body)["error"]["code"]


# ---- who asks


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:7860", "127.0.0.1", "127.0.0.2:80", "[::1]:7860", "studio.localhost", "x1.gradio.live"],
)
def test_own_names_lead_here(host):
    assert ask(App(), headers={"host": host})[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "",
        "gradio.live.evil.example",
        "169.254.169.254",
    ],
)
def test_dns_rebinding_another_name_gets_nothing(host):
    app = App()
    assert refusal(app, headers={"host": host}) == (403, "guard.host") and not app.scopes
    status, headers, body = ask(app, headers={"host": host, "accept": "text/html,*/*"})
    assert status == 403 and headers["content-type"].startswith("text/plain") and b"LATENT_STUDIO_HOSTS" in body


def test_a_proxy_s_name_is_known_when_the_owner_says_so(monkeypatch):
    monkeypatch.setenv(HOSTS_VARIABLE, "studio.example.org, other.example")
    for host in ("studio.example.org", "STUDIO.example.org:443", "other.example"):
        assert ask(App(), headers={"host": host})[0] == 200
    assert refusal(App(), headers={"host": "evil.example"}) == (403, "guard.host")
    assert ask(App(), path=ASKS, method="POST", headers={"origin": "https://studio.example.org"})[0] == 200


def test_a_name_that_reaches_another_address_of_this_computer_is_its_owner_s_doing():
    assert ask(App(), headers={"host": "mybox.lan:7860"}, server="192.168.1.5")[0] == 200


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:3000"},
    {"origin": "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},  # a form that sends itself
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"},  # another port of this computer
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_csrf_another_site_cannot_ask_at_home(headers):
    app = App()
    assert refusal(app, path=ASKS, method="POST", headers=headers) == (403, "guard.foreign") and not app.scopes


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://127.0.0.1:7860"},
        {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:7860"},
        {"sec-fetch-site": "none"},
    ],
)
def test_our_own_page_and_programs_can_ask(headers):
    assert ask(App(), path=ASKS, method="POST", headers=headers)[0] == 200


def test_a_link_from_another_site_may_be_followed_but_nothing_embedded():
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert ask(App(), headers=followed)[0] == 200
    embedded = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert refusal(App(), path="/gradio_api/file=/tmp/x.png", headers=embedded) == (403, "guard.foreign")


def cookies(app) -> bool:
    return any(key == b"cookie" for key, _ in app.scopes[-1]["headers"])


@pytest.mark.parametrize("headers", FOREIGN)
def test_csrf_on_a_space_another_site_asks_without_the_visitor_s_cookies(space, headers):
    app = App()
    assert (
        ask(app, path=ASKS, method="POST", headers={"cookie": "session=ann", "host": "ann-studio.hf.space", **headers})[
            0
        ]
        == 200
    )
    assert not cookies(app)


def test_on_a_space_our_own_page_keeps_its_cookies(space):
    app, own = App(), {"cookie": "session=ann", "host": "10.0.0.3:7860"}
    for headers in ({"origin": "https://ann-studio.hf.space"}, {"sec-fetch-site": "same-origin"}, {}):
        ask(app, path=ASKS, method="POST", headers={**own, **headers})
        assert cookies(app)
    ask(app, headers={**own, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})  # back from signing in
    assert cookies(app)


# ---- what is asked


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=http://169.254.169.254/x", "/gradio_api/file=http://127.0.0.1:9/x", "/gradio_api/file=HTTPS://evil.example/x",
        "/gradio_api/file=ftp://x/y", "/gradio_api/file=file:///etc/passwd", "/gradio_api/file/etc/passwd", "/gradio_api/vibe-edit/",
        "/gradio_api/process_recording", "/gradio_api/custom_component/x/server/y/z", "/gradio_api/dev/reload", "/gradio_api/deep_link",
        "/gradio_api/heartbeat/" + "x" * 5000, "/pwa_icon/99999", "/pwa_icon/-1", "/monitoring", "/monitoring/summary", "/gradio_api/runs", "/gradio_api/run-history/records", "/svelte/x", "/a\0b",
    ],
)  # fmt: skip
def test_ssrf_closed_addresses_of_gradio_lead_nowhere(path):
    app = App()
    assert refusal(app, path=path) == (404, "guard.closed") and not app.scopes


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/gradio_api/file=/tmp/gradio/a/b:c/x.zip",
        "/gradio_api/run/draw",
        "/gradio_api/queue/join",
        "/assets/index.js",
        "/health",
    ],
)
def test_other_addresses_stay_open(path):
    assert ask(App(), path=path)[0] == 200


def test_large_bodies_are_refused_before_and_while_they_come(monkeypatch):
    monkeypatch.setattr(guard, "MOST_ASKED", 1000)
    app = App()
    assert (
        refusal(app, path=ASKS, method="POST", headers={"content-length": "1001"}) == (413, "guard.large")
        and not app.scopes
    )
    for length in ("-1", "x", "9" * 400):
        assert refusal(App(), path=ASKS, method="POST", headers={"content-length": length}) == (413, "guard.large")
    assert (
        refusal(app, path=ASKS, method="POST", body=[b"x" * 400] * 1000) == (413, "guard.large")
        and len(app.got) <= 1000
    )
    assert ask(App(), path=ASKS, method="POST", body=[b"x" * 500] * 2)[0] == 200


def test_an_upload_may_be_larger_than_a_question_but_not_endless(space):
    assert guard.most("/gradio_api/upload") == guard.SPACE_SENT < guard.MOST_SENT
    assert guard.most(ASKS) == guard.most("/gradio_api/queue/join") == guard.MOST_ASKED


def test_slow_bodies_are_given_up(monkeypatch):
    monkeypatch.setattr(guard, "PATIENCE", 0.05)
    app = App()
    assert refusal(app, path=ASKS, method="POST", body=[b"x"] * 100, wait=0.02) == (408, "guard.slow")
    assert len(app.got) < 20


def test_slow_bodies_are_told_from_long_answers(monkeypatch):
    """A stream that waits for the page to close is no slow body."""

    async def app(scope, receive, send):
        await receive()
        monkeypatch.setattr(guard, "PATIENCE", -100)
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert ask(app, path="/gradio_api/heartbeat/x")[0] == 200


def test_files_do_not_come_as_questions():
    assert refusal(App(), path=ASKS, method="POST", headers={"content-type": "Multipart/form-data; boundary=x"}) == (
        400,
        "guard.shape",
    )


@pytest.mark.parametrize("name", ["session_hash", "fn_name", "event_id"])
@pytest.mark.parametrize("path", [ASKS, "/gradio_api/queue/join", "/gradio_api/run/x"])
def test_flood_of_memory_names_that_gradio_keeps_are_short(path, name):
    """Gradio keeps 10,000 sessions by their names: each could weigh 30 MB."""
    app = App()
    assert refusal(
        app, path=path, method="POST", body=[b'{"x": [1], "', name.encode(), b'": "', b"y" * 101 + b'"}']
    ) == (400, "guard.shape")
    assert not app.scopes
    good = [b'{"', name.encode(), b'": "', b"y" * 100 + b'"}']
    assert ask(app, path=path, method="POST", body=good)[0] == 200 and app.got == b"".join(good)


def test_ssrf_files_on_other_hosts_are_not_fetched():
    file = {"path": "https://example.com/100GB.bin", "meta": {"_type": "gradio.FileData"}}
    for data in ([file], [{"a": [{"b": file}]}], {"x": file}, [{**file, "path": "FTP://x"}]):
        body = [json.dumps({"data": data}).encode()]
        assert refusal(App(), path="/gradio_api/call/invert", method="POST", body=body) == (400, "guard.shape")
    body = [json.dumps({"data": [file]}).replace("meta", "\\u006deta").encode()]
    assert refusal(App(), path="/gradio_api/call/invert", method="POST", body=body) == (400, "guard.shape")
    body = [json.dumps({"data": [{**file, "path": "/tmp/gradio/a.png", "url": "http://127.0.0.1/x"}]}).encode()]
    assert ask(App(), path="/gradio_api/call/invert", method="POST", body=body)[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"[1]", b"NaN", b'{"session_hash": 5}'])
def test_what_is_no_json_is_left_to_gradio(body):
    app = App()
    assert ask(app, path=ASKS, method="POST", body=[body])[0] == 200 and app.got == body


def test_what_breaks_gradio_is_a_sentence_not_a_trace(caplog):
    for fault in (KeyError("component"), RecursionError()):
        assert refusal(App(fault=fault), path=ASKS, method="POST") == (400, "guard.shape")
    assert len(caplog.records) == 2 and not any(record.exc_info for record in caplog.records)
    assert refusal(App(fault=RecursionError()), path="/x", method="POST") == (500, "guard.fault")
    assert caplog.records[2].exc_info


def test_websockets_are_closed():
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(App())({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


# ---- how often


def test_flood_from_one_address_waits_and_others_do_not(space, monkeypatch):
    monkeypatch.setattr(guard_flood, "RESERVE", 20.0)
    guarded, clock = Guard(App()), [0.0]
    guarded.flood._now = lambda: clock[0]
    answered = [ask(None, through=guarded, headers={"x-forwarded-for": "8.8.8.8"})[0] for _ in range(23)]
    assert answered == [200] * 20 + [429] * 3
    assert ask(None, through=guarded, headers={"x-forwarded-for": "9.9.9.9"})[0] == 200
    clock[0] = 1.0
    assert ask(None, through=guarded, headers={"x-forwarded-for": "8.8.8.8"})[0] == 200
    assert guarded.flood._guests["8.8.8.8"].left == 19 and not guarded.flood._guests["8.8.8.8"].open


def test_flood_of_unanswered_requests_and_of_addresses_is_bounded():
    flood = Flood(lambda: 0.0)
    assert [flood.enter("a") for _ in range(AT_ONCE + 1)] == [True] * AT_ONCE + [False]
    flood.leave("a")
    assert flood.enter("a")
    for number in range(2 * KNOWN):
        assert flood.enter(str(number))
        flood.leave(str(number))
    assert len(flood._guests) <= KNOWN + 1 and "a" in flood._guests


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ("", "peer"), ("8.8.8.8", "8.8.8.8"), ("1.1.1.1, 8.8.8.8", "8.8.8.8"), ("8.8.8.8, 10.0.0.7", "8.8.8.8"), ("junk, 127.0.0.1", "peer"),
        ("2001:4860:4860::8888", "2001:4860:4860::/64"), ("2001:4860:4860::1:2:3:4", "2001:4860:4860::/64"), ("x" * 9000, "peer"),
    ],
)  # fmt: skip
def test_flood_addresses_cannot_be_invented(forwarded, expected):
    assert address("peer", forwarded) == expected


# ---- the headers of answers


def test_script_in_the_page_runs_only_where_it_is_ours():
    _, headers, body = ask(App(b"text/html; charset=utf-8", PAGE))
    policy = headers["content-security-policy"]
    assert body == PAGE
    for script in (b"one()", b"\ntwo()"):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" in policy
    assert policy.count("sha256-") == 2 and "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
    assert "frame-ancestors 'self';" not in policy and policy.endswith("frame-ancestors 'self'")
    assert not re.search(r"https?:", policy) and "object-src 'none'" in policy


def test_a_space_may_be_framed_by_the_hub_and_by_nobody_else(space):
    policy = page_policy(PAGE)
    assert policy.endswith("frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space")


def test_files_are_never_run():
    more = [(b"content-security-policy", b"script-src *"), (b"X-Content-Type-Options", b"no")]
    _, headers, _ = ask(App(b"image/svg+xml", b"<svg/>", more=more), path="/gradio_api/file=/tmp/x.svg")
    assert headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert headers["x-content-type-options"] == "nosniff" and headers["cross-origin-resource-policy"] == "same-origin"


def test_every_answer_has_the_headers_also_a_refusal():
    for _, headers, _ in (ask(App()), ask(App(), headers={"host": "evil.example"}), ask(App(), path="/monitoring")):
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"] and headers["cross-origin-opener-policy"]
