"""The app as it is served, attacked over HTTP: calls, files, uploads, and Gradio's own addresses."""

import asyncio
import json
import re
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from gradio.utils import get_upload_folder
from starlette.testclient import TestClient

from benchmarks.common import free_port
from gan_core.ui import budget, guard
from gan_core.ui.guard_uploads import MOST_TEXT
from gan_core.ui.launch import launch
from tests.security.conftest import SECRET

ASKS = "/gradio_api/component_server"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(scope="module")
def web(box):
    """A client of the app as `launch` serves it, behind all of its middleware; one server for the whole file."""
    box.restore()
    app, _, _ = launch(replace(box.settings, port=free_port()), prevent_thread_lock=True)
    yield TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)
    app.get_blocks().close(verbose=False)


@pytest.fixture(scope="module")
def explore(web) -> int:
    """The number of the Explore tab's panel."""
    parts = web.get("/config").json()["components"]
    return next(part["id"] for part in parts if part["props"].get("elem_id") == "panel-explore")


def call(explore: int, **changes) -> dict:
    return {"data": {}, "component_id": explore, "fn_name": "picture", "session_hash": "s", **changes}


# ---- calls


@pytest.mark.parametrize(
    "changes",
    [
        *({"fn_name": name} for name in ("__init__", "__class__", "get_config", "picture.__globals__", "told", "server_fns", "", "x" * 90, None, [], 5)),
        *({"component_id": number} for number in (None, -1, 10**30, "1", [], {}, 1.5, True)),
        *({"session_hash": word} for word in (None, [], {}, "x" * 101)),
    ],
)  # fmt: skip
def test_only_server_functions_can_be_called(explore, web, changes):
    answer = web.post(ASKS, json=call(explore, **changes))
    assert answer.status_code in (400, 404, 422) and "Traceback" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"[" * 100_000, b'{"data":' + b"9" * 6000 + b"}", b"\xff\xfe", b'{"data": {}, "data": {}}', b"null"],
)  # fmt: skip
def test_what_is_no_call_is_refused(web, body):
    answer = web.post(ASKS, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and "Traceback" not in answer.text


def test_half_a_surrogate_pair_travels_nowhere(explore, web):
    for data in ('{"\\ud800": 1}', '{"point": {"model": "\\ud800"}}', '{"point": "\\udfff"}'):
        body = json.dumps(call(explore, data="DATA")).replace('"DATA"', data)
        answer = web.post(ASKS, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 200 and answer.json()["error"]["code"] == "request.shape"


def test_prototype_pollution_words_are_no_arguments(explore, web):
    for name in ("__proto__", "constructor", "prototype"):
        answer = web.post(ASKS, json=call(explore, data={name: {"polluted": 1}})).json()
        assert answer["error"]["code"] == "request.value"


# ---- files


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd", "../secret.txt", "../../secret.txt", "secret.txt", "{root}/secret.txt", "{root}/temp/../secret.txt", "{root}/runs/old/config.json",
        "{root}/weights/a-plain/config.json", "%2e%2e/secret.txt", "..%2fsecret.txt", "..%5csecret.txt", "{root}/temp/%2e%2e/secret.txt", "~/secret.txt",
        "/proc/self/environ", "/dev/zero", "{root}/secret.txt%00.png", "//127.0.0.1/secret.txt", "file:///{root}/secret.txt", "{root}", "",
    ],
)  # fmt: skip
def test_path_traversal_reads_no_other_file(box, web, path):
    answer = web.get("/gradio_api/file=" + path.replace("{root}", str(box.root)))
    assert answer.status_code in (403, 404) and SECRET not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../routes.py",
        "/static/%2e%2e/%2e%2e/routes.py",
        "/assets/..%2f..%2froutes.py",
        "/static//etc/passwd",
    ],
)
def test_path_traversal_of_static_files(web, path):
    answer = web.get(path)
    assert answer.status_code in (403, 404) and "import" not in answer.text and "root:" not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/",
        "https://huggingface.co/robots.txt",
        "HTTP://169.254.169.254/latest",
        "%68ttp://10.0.0.1/",
        "ftp://x/",
    ],
)
def test_ssrf_gradio_fetches_nothing_for_anybody(web, address, monkeypatch):
    import httpx

    monkeypatch.setattr(httpx.AsyncClient, "send", lambda *args, **kwargs: pytest.fail("it went out"))
    for way in ("/gradio_api/file=", "/gradio_api/proxy="):
        assert web.get(way + address).status_code == 404


def send(web, name: str, content: bytes = SVG, **options):
    return web.post("/gradio_api/upload", files={"files": (name, content)}, **options)


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.svg",
        "..\\..\\evil.svg",
        "/etc/evil.svg",
        "C:\\evil.svg",
        "evil.svg",
        "a" * 300 + ".svg",
        "​‮gvs.svg",
        ".svg",
        "..",
        "a;b`c$(d).html",
        "x.png.html",
    ],
)
def test_uploads_stay_in_their_folder_and_come_back_as_dead_files(box, web, name):
    answer = send(web, name)
    if answer.status_code != 200:
        assert answer.status_code in (400, 422) and "Traceback" not in answer.text
        return
    path = Path(answer.json()[0])
    assert path.resolve().is_relative_to(Path(get_upload_folder()).resolve()) and path.read_bytes() == SVG
    back = web.get("/gradio_api/file=" + quote(str(path)))
    assert back.status_code == 200 and back.content == SVG
    assert (
        back.headers["content-disposition"].startswith("attachment")
        and back.headers["content-type"] == "application/octet-stream"
    )
    assert "sandbox" in back.headers["content-security-policy"] and back.headers["x-content-type-options"] == "nosniff"
    assert not list(box.root.glob("*evil*"))


def test_pictures_come_back_to_be_shown_and_nothing_in_them_runs(web):
    path = send(web, "a.png", b"\x89PNG<script>alert(1)</script>").json()[0]
    for headers in ({}, {"range": "bytes=0-5", "x-evil": "1", "content-security-policy": "script-src *"}):
        back = web.get("/gradio_api/file=" + quote(path), headers=headers)
        assert back.headers["content-type"] == "image/png" and back.headers["content-security-policy"].endswith(
            "sandbox"
        )


def left() -> set[str]:
    folder = Path(get_upload_folder())
    return {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()


def test_bombs_of_text_fields_are_refused_and_leave_nothing(web):
    answer = web.post("/gradio_api/upload", files={"files": ("a.png", b"x")}, data={"note": "y" * (MOST_TEXT + 1)})
    assert answer.status_code == 400 and not left()
    assert web.post("/gradio_api/upload", files={"files": ("a.png", b"x")}, data={"note": "y"}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=", "text/plain", "multipart/form-data; boundary=x", ""],
)
def test_uploads_that_are_none_are_refused(web, kind):
    answer = web.post(
        "/gradio_api/upload", content=b"--x\r\nContent-Disposition: junk\r\n\r\n", headers={"content-type": kind}
    )
    assert answer.status_code in (400, 413, 422) and not left()


HEAD = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n'


@pytest.mark.parametrize(
    "body",
    [
        HEAD % (b"files", b"a.png") + b"y" * 5000,
        HEAD % (b"other", b"a.png") + b"y\r\n--x--\r\n",
        HEAD % (b"files", b"..") + b"y\r\n--x--\r\n",
    ],
)
def test_uploads_that_nobody_will_have_leave_nothing(web, body):
    answer = web.post("/gradio_api/upload", content=body, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (200, 400) and not left()


def test_slow_uploads_that_break_off_leave_nothing(web):
    """The visitor is cut off in the middle of a file."""
    parts, sent = [HEAD % (b"files", b"a.png") + b"y" * 5000, b"z" * 5000], []

    async def receive():
        if not parts:
            await asyncio.Event().wait()
        if len(parts) == 1:
            assert left()
        return {"type": "http.request", "body": parts.pop(0), "more_body": True}

    async def send_on(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"multipart/form-data; boundary=x")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/gradio_api/upload",
        "query_string": b"",
        "headers": headers,
        "server": ("127.0.0.1", 80),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "PATIENCE", 0.3)
        asyncio.run(
            web.app(
                {**scope, "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "root_path": ""},
                receive,
                send_on,
            )
        )
    assert sent[0]["status"] == 408 and not left()


def test_flood_of_uploads_on_a_space_is_bounded(web, monkeypatch):
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    monkeypatch.setenv(budget.VARIABLE, "uploads=0.001")  # a kilobyte
    monkeypatch.setattr(budget._budgets, "_buckets", OrderedDict())
    assert send(web, "a.png", b"x" * 100).status_code == 200
    refused = [send(web, "a.png", b"x" * 400) for _ in range(4)][-1]
    assert refused.status_code == 429 and refused.json()["error"]["code"].startswith("budget.")
    endless = web.post(
        "/gradio_api/upload", content=iter([b"x"]), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert endless.status_code == 411


# ---- the page


def test_script_in_an_address_is_not_written_into_the_page(web):
    evil = "</script><script>alert(1)</script>"
    for query in (f"__theme={evil}", f"view={evil}", f"tab={evil}", f"deep_link={evil}", f"{evil}=1", f"__lang={evil}"):
        answer = web.get(f"/?{quote(query, safe='=')}", headers={"accept-language": evil})
        assert answer.status_code == 200 and evil not in answer.text
    for header in (
        {"x-forwarded-host": f'x"{evil}'},
        {"x-forwarded-proto": evil},
        {"host": "127.0.0.1", "x-forwarded-prefix": evil},
    ):
        assert evil not in web.get("/", headers=header).text


def test_script_of_the_page_is_ours_down_to_the_last_letter(web):
    page = web.get("/")
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page.text)
    hashes = set(re.findall(r"'sha256-[^']+'", page.headers["content-security-policy"]))
    assert 5 < len(hashes) <= len(inline)
    assert len(page.headers["content-security-policy"]) < 8000  # what proxies let through


@pytest.mark.parametrize(
    "path",
    [
        "/config",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/queue/status",
        "/theme.css",
        "/manifest.json",
        "/robots.txt",
        "/gradio_api/token",
    ],
)
def test_gradio_s_own_addresses_tell_no_secret(box, web, path):
    answer = web.get(path)
    assert answer.status_code == 200 and SECRET not in answer.text
    assert str(box.root) not in answer.text and "hf_" not in answer.text.replace("hf_oauth", "")


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/queue/join",
        "/gradio_api/run/x",
        "/gradio_api/call/x",
        "/gradio_api/cancel",
        "/gradio_api/reset",
        "/gradio_api/stream/x",
        "/login",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {
            "data": [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}],
            "fn_index": 10**6,
            "session_hash": "x",
        },
    ],
)
def test_gradio_s_own_calls_refuse_nonsense(web, path, body):
    answer = web.post(path, json=body)
    assert answer.status_code in (400, 404, 422) and "Traceback" not in answer.text and "root:" not in answer.text


@pytest.mark.parametrize(
    "file",
    [
        {"path": "/etc/passwd"},
        {"path": "../secret.txt"},
        {"path": "secret.txt", "url": "http://127.0.0.1:9/"},
        {"path": ["x"]},
        {"url": "file:///etc/passwd"},
    ],
)
@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_path_traversal_by_files_that_programs_name(box, web, file, meta):
    answer = web.post("/gradio_api/run/invert", json={"data": ["a-plain", {**file, **meta}, None]})
    assert answer.status_code in (400, 404, 500) and SECRET not in answer.text and "root:" not in answer.text
    assert (box.root / "secret.txt").is_file()
