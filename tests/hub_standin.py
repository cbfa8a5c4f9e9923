"""A small Hugging Face Hub on the loopback, for the real client to talk to.

    with Hub() as hub:
        commit = hub.add("ann/faces", {"config.json": b"{}", "model.safetensors": weights})
        pull("ann/faces", endpoint=hub.endpoint, cache_dir=tmp_path)
        assert ("GET", "/ann/faces/resolve/<commit>/config.json") in hub.requests

It answers searches, model info, file trees, whoami, file downloads (HEAD, GET, ranges) and what publishing asks, with the Hub's headers and error codes.
`hub.faults` makes answers slow, hang, break off or fail. Another route is one line in ROUTES and one method.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import huggingface_hub
from huggingface_hub import constants, file_download

from tests.hub_publishing import Publishing, git_id


@contextmanager
def alone(monkeypatch, folder: Path) -> Iterator[None]:
    """At home, with no token, proxy, cache or network of this computer, and a client that does not rest between its tries."""
    nobody = "http://127.0.0.1:9"  # so that nothing that forgets `endpoint` gets out
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_ENDPOINT", "SPACE_ID", "SYSTEM", "GRADIO_SHARE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    for name in ("HF_TOKEN_PATH", "HF_STORED_TOKENS_PATH"):
        monkeypatch.setattr(constants, name, str(folder / name))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", nobody)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", nobody + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(file_download, "time", SimpleNamespace(sleep=lambda seconds: None, time=time.time))
    huggingface_hub.close_session()
    yield
    huggingface_hub.close_session()


@dataclass
class Repo:
    """One model repository: files by commit, commits by branch or tag, and who may read it (None: everybody)."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool = False
    readers: frozenset[str] = frozenset()
    announced: dict[str, int] = field(default_factory=dict)  # sizes that model info gives instead of the true ones
    card: dict = field(default_factory=dict)  # what the front matter of README.md says
    facts: dict = field(
        default_factory=dict
    )  # what lists and model info say besides: tags, likes, downloads, cardData, …
    writers: frozenset[str] = frozenset()

    def commit_of(self, revision: str) -> str | None:
        return self.refs.get(revision, revision if revision in self.commits else None)


@dataclass
class Fault:
    """Something that goes wrong with requests whose "METHOD path" matches `where`, `times` times (None: always).

    kind: "hang" (no answer), "status" (answer `status`), "html" (a captive portal's page), and for bodies "slow"
    (in 20 pieces), "stall" (half, then nothing), "truncate" (half of what is left, then the connection closes), "endless" (zeros
    without an end).
    """

    kind: str
    where: str = ".*"
    times: int | None = None
    status: int = 503


class Hub:
    """The stand-in: a server in threads of its own, with its repositories and a record of the requests it got."""

    def __init__(self):
        self.repos: dict[str, Repo] = {}
        self.tokens: set[str] = set()
        self.people: dict[str, dict] = {}  # token -> what whoami says besides
        self.complaints: list[str] = []  # of the check of model cards
        self.lfs = False  # whether tensors go the way of large files
        self.objects: dict[str, bytes] = {}  # large files by their SHA-256
        self.commits: list[tuple[str, list[str]]] = []  # (repository, files) that were published
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Hub":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exc) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def add(self, repo_id: str, files: dict[str, bytes], revision: str = "main", **rights) -> str:
        """Commit `files` to a branch of a repository, made when it is not there; return the commit. rights: see Repo."""
        repo = self.repos.setdefault(repo_id, Repo())
        for name, value in rights.items():
            setattr(repo, name, value)
        commit = hashlib.sha1(repr((repo_id, len(repo.commits), sorted(files.items()))).encode()).hexdigest()
        repo.commits[commit], repo.refs[revision] = dict(files), commit
        self.tokens |= repo.readers | repo.writers
        return commit

    def downloads(self) -> list[str]:
        """Return the names of the files that were fetched, in order (HEAD requests do not count)."""
        return [path.rsplit("/", 1)[1] for method, path in self.requests if method == "GET" and "/resolve/" in path]

    def fault(self, request: str) -> Fault | None:
        """Return the fault that strikes this request and count it."""
        with self._lock:
            for fault in self.faults:
                if fault.times != 0 and re.search(fault.where, request):
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault
        return None


class _Handler(Publishing, BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    ROUTES = (  # (method, path, name of the method that answers), first match wins
        *Publishing.ROUTES,
        ("GET", r"/api/models/(?P<repo>[^/]+/[^/]+)", "info"),
        ("GET", r"/api/models/(?P<repo>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)", "info"),
        ("GET", r"/api/models/(?P<repo>[^/]+/[^/]+)/tree/(?P<revision>[^/]+)", "tree"),
        ("GET", r"/api/models", "models"),
        (
            "GET",
            r"/api/(?P<repo>(?:datasets|spaces)/[^/]+/[^/]+)",
            "info",
        ),  # a data set is kept as “datasets/user/name”
        ("GET", r"/api/(?P<repo>(?:datasets|spaces)/[^/]+/[^/]+)/revision/(?P<revision>[^/]+)", "info"),
        ("GET", r"/api/(?P<repo>datasets/[^/]+/[^/]+)/tree/(?P<revision>[^/]+)", "tree"),
        ("GET", r"/(?P<repo>(?:datasets|spaces)/[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)", "file"),
        ("GET", r"/api/whoami-v2", "whoami"),
        ("GET", r"/.well-known/openid-configuration", "openid"),
        ("GET", r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)", "file"),
    )

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.hub.requests.append((self.command, path))
        self.trouble = self.hub.fault(f"{self.command} {path}")
        if self.trouble and self.trouble.kind == "hang":
            self.hub.closing.wait()
            self.close_connection = True
        elif self.trouble and self.trouble.kind == "status":
            self.answer_json({"error": "on purpose"}, self.trouble.status)
        elif self.trouble and self.trouble.kind == "html":
            self.answer(b"<html>Please log in to this network</html>", 200, {"Content-Type": "text/html"})
        else:
            self.route(path)

    do_HEAD = do_GET
    do_POST = do_PUT = do_DELETE = Publishing.take

    def route(self, path: str) -> None:
        for method, pattern, name in self.ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in (method, "HEAD" if method == "GET" else method):
                return getattr(self, name)(**{key: unquote(value) for key, value in match.groupdict().items()})
        return self.refuse(404, "", "no such route")

    def token(self) -> str:
        """Who asks: an access token, or "" for nobody in particular."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def repo(self, repo_id: str, revision: str, content: bool = False) -> tuple[Repo, str] | None:
        """Return the repository and commit asked for, or refuse as the Hub does and return None."""
        token = self.token()
        repo = self.hub.repos.get(repo_id)
        if token and token not in self.hub.tokens:
            self.refuse(401, "", "Invalid credentials in Authorization header")
        elif repo is None or (repo.private and token not in repo.readers):
            self.refuse(404 if token else 401, "RepoNotFound", "Repository not found")
        elif content and repo.gated and token not in repo.readers:
            self.refuse(403 if token else 401, "GatedRepo", "Access to this model is restricted")
        elif repo.commit_of(revision) is None:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        else:
            return repo, repo.commit_of(revision)
        return None

    def info(self, repo: str, revision: str = "main") -> None:
        found = self.repo(repo, revision)
        if found:
            self.answer_json(_describe(repo, *found))

    def tree(self, repo: str, revision: str) -> None:
        found = self.repo(repo, revision)
        if found:
            files = found[0].commits[found[1]]
            self.answer_json(
                [{"type": "file", "path": name, "size": len(data), "oid": git_id(data)} for name, data in files.items()]
            )

    def models(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        token = self.token()
        told = [
            _describe(name, repo, repo.refs["main"])
            for name, repo in self.hub.repos.items()
            if repo.refs.get("main") and (not repo.private or token in repo.readers)
        ]
        found = [model for model in told if _wanted(model, {name: values[0] for name, values in asked.items()})]
        found.sort(key=lambda model: str(model.get(asked.get("sort", ["id"])[0], "")).zfill(20), reverse=True)
        start, limit = int(asked.get("cursor", ["0"])[0]), int(asked.get("limit", ["1000"])[0])
        more = f"{self.hub.endpoint}/api/models?limit={limit}&cursor={start + limit}"
        link = {"Link": f'<{more}>; rel="next"'} if start + limit < len(found) else {}
        self.answer_json(found[start : start + limit], headers=link)

    def whoami(self) -> None:
        token = self.token()
        if token in self.hub.tokens:
            self.answer_json(
                {"type": "user", "name": token.removeprefix("hf_"), "orgs": [], **self.hub.people.get(token, {})}
            )
        else:
            self.refuse(401, "", "Invalid credentials in Authorization header")

    def openid(self) -> None:
        here = self.hub.endpoint
        self.answer_json(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/oauth/authorize",
                "token_endpoint": f"{here}/oauth/token",
            }
        )

    def file(self, repo: str, revision: str, name: str) -> None:
        found = self.repo(repo, revision, content=True)
        if not found:
            return None
        data = found[0].commits[found[1]].get(name)
        headers = {"X-Repo-Commit": found[1], "Accept-Ranges": "bytes"}
        if data is None:
            return self.refuse(404, "EntryNotFound", "Entry not found", headers)
        headers["ETag"] = f'"{git_id(data)}"'
        start = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if start:
            first, last = int(start[1]), min(int(start[2] or len(data)), len(data) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            return self.answer(data[first : last + 1], 206, headers)
        return self.answer(data, 200, headers)

    def refuse(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        codes = {"X-Error-Code": code} if code else {}
        self.answer_json({"error": message}, status, {**(headers or {}), **codes, "X-Error-Message": message})

    def answer_json(self, value, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.answer(json.dumps(value).encode(), status, {"Content-Type": "application/json", **(headers or {})})

    def answer(self, body: bytes, status: int, headers: dict[str, str]) -> None:
        kind = self.trouble.kind if self.trouble else ""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        length = {"Transfer-Encoding": "chunked"} if kind == "endless" else {"Content-Length": str(len(body))}
        for name, value in length.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            getattr(self, f"send_{kind}", self.wfile.write)(body)

    def send_slow(self, body: bytes) -> None:
        piece = -(-len(body) // 20)
        for start in range(0, len(body), piece):
            self.wfile.write(body[start : start + piece])
            self.hub.closing.wait(0.02)

    def send_stall(self, body: bytes) -> None:
        self.wfile.write(body[: len(body) // 2])
        self.hub.closing.wait()
        self.close_connection = True

    def send_truncate(self, body: bytes) -> None:
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True

    def send_endless(self, body: bytes) -> None:
        piece = body + bytes(100_000)
        while not self.hub.closing.is_set():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:  # the client hung up
            self.close_connection = True

    def log_message(self, *args) -> None:
        pass


def _describe(repo_id: str, repo: Repo, commit: str) -> dict:
    files = [
        {"rfilename": name, "size": repo.announced.get(name, len(data)), "blobId": git_id(data)}
        for name, data in repo.commits[commit].items()
    ]
    return {
        "id": repo_id,
        "modelId": repo_id,
        "sha": commit,
        "private": repo.private,
        "gated": repo.gated,
        "cardData": repo.card,
        "tags": [],
        "siblings": files,
        **repo.facts,
    }


def _wanted(model: dict, asked: dict[str, str]) -> bool:
    """Whether a model is among those that the query of a list names."""
    tests = {
        "author": lambda value: model["id"].startswith(f"{value}/"),
        "search": lambda value: value.lower() in model["id"].lower(),
        "filter": lambda value: value in model["tags"],
        "pipeline_tag": lambda value: model.get("pipeline_tag") == value,
    }
    return all(test(asked[name]) for name, test in tests.items() if name in asked)
