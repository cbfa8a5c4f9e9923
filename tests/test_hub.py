"""Pulling models, with the real client, from a stand-in on the loopback; no test reaches another host."""

import errno
import json
import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from huggingface_hub import constants, file_download, set_client_factory
from huggingface_hub.utils._http import default_client_factory
from huggingface_hub.utils._xet_progress_reporting import XetDownloadProgressReporter

import gan_core
from gan_core import hub as studio_hub
from gan_core.checkpoint import load_model, save_model
from gan_core.config import ModelConfig
from gan_core.errors import StudioError
from gan_core.hub import ask, names, receive
from gan_core.hub.names import resolve_source
from gan_core.models import build
from tests.hub_standin import Fault, Hub, alone

CONFIG = json.dumps({"family": "dcgan", "resolution": 16}).encode()
MODEL = {
    "config.json": CONFIG,
    "README.md": b"# Faces",
    "preview.webp": b"RIFF",
    "directions.safetensors": b"directions",
    "encoder.safetensors": b"encoder",
    "model.safetensors": bytes(range(256)) * 8,
}


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    """Nothing of this computer's."""
    with alone(monkeypatch, tmp_path):
        yield


@pytest.fixture
def hub():
    with Hub() as hub:
        yield hub


@pytest.fixture
def pull(hub, tmp_path):
    def pull(spec="ann/faces", **options):
        return studio_hub.pull(
            spec, **{"endpoint": hub.endpoint, "cache_dir": tmp_path / "cache", "timeout": 20, **options}
        )

    return pull


def failure(call, *args, **options) -> StudioError:
    with pytest.raises(StudioError) as caught:
        call(*args, **options)
    assert caught.value.code.startswith("hub.") and str(caught.value)[-1] in ".?"
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ann/faces", ("ann/faces", None)),
        ("  ann/my_faces-2.1 ", ("ann/my_faces-2.1", None)),
        ("ann/faces@v1.0", ("ann/faces", "v1.0")),
        ("ann/faces@refs/pr/3", ("ann/faces", "refs/pr/3")),
        ("https://huggingface.co/ann/faces", ("ann/faces", None)),
        ("https://huggingface.co/ann/faces/", ("ann/faces", None)),
        ("https://huggingface.co/ann/faces?library=x#y", ("ann/faces", None)),
        ("https://huggingface.co/ann/faces/tree/main", ("ann/faces", "main")),
        ("https://hf.co/ann/faces/tree/feature%2Fhats", ("ann/faces", "feature/hats")),
        ("huggingface.co/ann/faces", ("ann/faces", None)),
    ],
)
def test_parse(text, expected):
    assert studio_hub.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "faces", "a/b/c", "../../etc", "ann/..", "ann/faces@", "ann/faces@../../x", "ann/faces@a//b", "ann/faces@-x", "ann/fa ces",
        "/ann/faces", "ann/faces\n", "ann\\faces", "C:/models", "https://example.com/ann/faces", "https://huggingface.co/datasets/mnist",
        "https://huggingface.co/spaces/ann/faces", "https://huggingface.co/ann/faces/blob/main/model.pkl", "file:///ann/faces",
        "https://huggingface.co/ann", "https://[", "ann/faces.git", "a" * 200 + "/b", None, 7,
    ],
)  # fmt: skip
def test_parse_refuses(text):
    if text == "ann/faces\n":
        assert studio_hub.parse(text) == ("ann/faces", None)  # what a paste brings along
    else:
        assert failure(studio_hub.parse, text).code == "hub.bad_name"


def test_parse_knows_the_mirror(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert studio_hub.parse("https://mirror.example/ann/faces") == ("ann/faces", None)


def test_a_pulled_model_loads(hub, pull, tmp_path, monkeypatch):
    config = ModelConfig(family="dcgan", resolution=16, channels=1, z_dim=4, name="faces", options={"width": 4})
    save_model(tmp_path / "made", build(config))
    hub.add("ann/faces", {path.name: path.read_bytes() for path in (tmp_path / "made").iterdir()})
    folder = pull()
    assert load_model(folder).config.name == "faces"
    assert studio_hub.cached_models(tmp_path / "cache") == [("ann/faces", "main", folder)]
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    assert gan_core.load("ann/faces@main", device="cpu").config.name == "faces"


def test_only_a_models_files_are_fetched_and_the_weights_last(hub, pull):
    extra = {
        "run.py": b"import os",
        "model.pkl": b"\x80",
        "sub/config.json": CONFIG,
        "../config.json": CONFIG,
        "..\\x": b"",
        "/etc/x": b"",
    }
    hub.add("ann/faces", {**extra, **MODEL})
    folder = pull()
    assert hub.downloads() == list(MODEL)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == MODEL


def test_progress_rises_to_the_whole(hub, pull):
    hub.add("ann/faces", {**MODEL, "model.safetensors": bytes(3_000_000)})
    hub.faults.append(Fault("slow", where="GET .*safetensors"))
    seen = []
    pull(progress=lambda done, total: seen.append((done, total)))
    done, totals = zip(*seen, strict=True)
    whole = 3_000_000 + sum(len(data) for name, data in MODEL.items() if name != "model.safetensors")
    assert set(totals) == {whole} and done[-1] == whole
    assert list(done) == sorted(done) and any(0 < count < whole for count in done)


def test_progress_is_called_in_the_callers_thread_and_may_stop_the_pull(hub, pull, tmp_path):
    hub.add("ann/faces", MODEL)
    hub.faults.append(Fault("slow"))
    threads = set()

    def stop(done, total):
        threads.add(threading.current_thread())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(progress=stop)
    assert threads == {threading.current_thread()}
    assert studio_hub.cached_models(tmp_path / "cache") == []


def test_a_second_pull_downloads_nothing(hub, pull):
    hub.add("ann/faces", MODEL)
    first = pull()
    seen = []
    hub.requests.clear()
    assert pull(progress=lambda *counts: seen.append(counts)) == first
    assert hub.downloads() == []
    assert seen[-1][0] == seen[-1][1] == sum(map(len, MODEL.values()))


def test_the_hubs_own_storage_counts_each_byte_once(tmp_path):
    """Xet, which large files on the real Hub come by, reports bytes twice: as they arrive and as the file grows."""
    meter = receive.Meter(resolve_source("ann/faces", None, None, tmp_path, 5), 100)
    bar = type("Bar", (receive.Bar,), {"meter": meter})
    with XetDownloadProgressReporter(reconstruction_desc="", total=100, log_level=0, tqdm_class=bar) as reporter:
        for arrived, written in ((60, 0), (80, 50), (80, 100)):
            reporter.update_progress(
                SimpleNamespace(
                    total_bytes=100,
                    total_bytes_completed=written,
                    total_transfer_bytes_completed=arrived,
                    total_bytes_completion_rate=1.0,
                    total_transfer_bytes_completion_rate=1.0,
                )
            )
            assert meter.done == written


def test_two_pulls_at_once_download_once(hub, pull):
    hub.add("ann/faces", MODEL)
    hub.faults.append(Fault("slow", where="GET .*safetensors"))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: pull(), range(2))
    assert first == second and hub.downloads() == list(MODEL)


def test_a_new_commit_is_fetched(hub, pull, tmp_path):
    hub.add("ann/faces", MODEL)
    old = pull()
    new = {**MODEL, "model.safetensors": b"new weights"}
    commit = hub.add("ann/faces", new)
    hub.requests.clear()
    folder = pull()
    assert folder.name == commit and (folder / "model.safetensors").read_bytes() == b"new weights"
    assert hub.downloads() == ["model.safetensors"]  # the other files are the same blobs
    assert sorted(studio_hub.cached_models(tmp_path / "cache")) == sorted(
        [("ann/faces", "main", folder), ("ann/faces", old.name, old)]
    )


def test_revisions(hub, pull, tmp_path):
    first = hub.add("ann/faces", MODEL, revision="v1")
    hub.add("ann/faces", {**MODEL, "model.safetensors": b"2"})
    assert pull("ann/faces@v1").name == first
    hub.requests.clear()
    assert pull(f"ann/faces@{first}").name == first and hub.requests == []  # a commit never changes: no question needed
    assert studio_hub.cached_models(tmp_path / "cache") == [("ann/faces", "v1", pull(f"ann/faces@{first}"))]
    assert (pull() / "model.safetensors").read_bytes() == b"2"
    error = failure(pull, "ann/faces@v9")
    assert error.code == "hub.revision_not_found" and "v9" in str(error)


def test_hf_endpoint_is_honoured(hub, tmp_path, monkeypatch):
    hub.add("ann/faces", MODEL)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint + "/")
    assert (studio_hub.pull("ann/faces", cache_dir=tmp_path / "cache") / "README.md").read_bytes() == b"# Faces"


def test_a_cached_model_needs_no_network(hub, pull, nobody):
    hub.add("ann/faces", MODEL)
    folder = pull()
    assert pull(endpoint=nobody) == folder
    hub.faults.append(Fault("status", status=503))
    assert pull() == folder


def test_a_cached_model_is_not_kept_waiting(hub, pull, monkeypatch):
    hub.add("ann/faces", MODEL)
    folder = pull()
    monkeypatch.setattr(names, "PATIENCE", 0.1)
    hub.faults.append(Fault("hang"))
    assert pull(timeout=60) == folder


def test_offline_switch(hub, pull, monkeypatch):
    hub.add("ann/faces", MODEL)
    folder = pull()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.requests.clear()
    assert pull() == folder
    assert failure(pull, "ann/other").code == "hub.offline" and hub.requests == []


@pytest.fixture
def nobody():
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_no_network_and_no_cache(pull, nobody):
    error = failure(pull, endpoint=nobody)
    assert error.code == "hub.offline" and nobody.removeprefix("http://") in str(error)


def test_a_silent_hub_is_given_up_after_the_timeout(hub, pull):
    hub.faults.append(Fault("hang"))
    assert failure(pull, timeout=0.1).code == "hub.offline"


def test_a_silent_name_service_is_given_up_after_the_timeout(pull, monkeypatch):
    never = threading.Event()
    monkeypatch.setattr(ask, "_ask", lambda *args: never.wait())
    assert failure(pull, timeout=0.1).code == "hub.offline"
    never.set()


@pytest.mark.parametrize(
    "fault", [Fault("status", status=503), Fault("status", status=429), Fault("html"), Fault("status", status=418)]
)
def test_a_hub_that_makes_no_sense(hub, pull, fault):
    hub.add("ann/faces", MODEL)
    hub.faults.append(fault)
    assert failure(pull).code == "hub.unavailable"


def test_missing(hub, pull):
    hub.tokens.add("hf_eve")
    error = failure(pull, "ann/nothing")
    assert error.code == "hub.not_found" and "ann/nothing" in str(error)
    assert failure(pull, "ann/nothing", token="hf_eve").code == "hub.private"


def test_private(hub, pull):
    hub.add("ann/faces", MODEL, private=True, readers=frozenset({"hf_ann"}))
    hub.tokens.add("hf_eve")
    assert failure(pull).code == "hub.not_found"
    assert failure(pull, token="hf_eve").code == "hub.private"
    assert (pull(token=" hf_ann\n") / "model.safetensors").is_file()


def test_gated(hub, pull):
    hub.add("ann/faces", MODEL, gated=True, readers=frozenset({"hf_ann"}))
    hub.tokens.add("hf_eve")
    for token in (None, "hf_eve"):
        error = failure(pull, token=token)
        assert error.code == "hub.gated" and f"{hub.endpoint}/ann/faces" in str(error)
    assert pull(token="hf_ann").is_dir()


@pytest.mark.parametrize("token", ["hf_wrong", "hf wrong", "hf_\u4e2d"])
def test_a_wrong_token(hub, pull, token):
    hub.add("ann/faces", MODEL)
    error = failure(pull, token=token)
    assert error.code == "hub.unauthorised" and token not in str(error)


def test_a_space_does_not_lend_its_owners_token(hub, pull, monkeypatch):
    hub.add("ann/faces", MODEL, private=True, readers=frozenset({"hf_ann"}))
    monkeypatch.setenv("HF_TOKEN", "hf_ann")
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    assert failure(pull).code == "hub.not_found"
    monkeypatch.delenv("SPACE_ID")
    assert pull().is_dir()


@pytest.mark.parametrize(
    "files",
    [
        {"model.pkl": b"\x80\x04"},
        {"config.json": CONFIG, "pytorch_model.bin": b"\x80\x04"},
        {"model.safetensors": b"weights"},
        {"config.json": b'{"architectures": ["Bert"]}', "model.safetensors": b"weights"},
        {"config.json": b"not json", "model.safetensors": b"weights"},
        {"config.json": b"[" * 100_000, "model.safetensors": b"weights"},
        {},
    ],
)
def test_not_ours(hub, pull, tmp_path, files):
    hub.add("ann/faces", files)
    error = failure(pull)
    assert error.code == "hub.not_ours" and ".pkl" in str(error)
    assert set(hub.downloads()) <= {"config.json"}
    assert studio_hub.cached_models(tmp_path / "cache") == []


@pytest.mark.parametrize(("name", "size"), [("model.safetensors", 3 * 10**9), ("config.json", 2_000_000)])
def test_too_large(hub, pull, name, size):
    hub.add("ann/faces", MODEL, announced={name: size})
    error = failure(pull)
    assert error.code == "hub.too_large" and name in str(error)
    assert hub.downloads() == []


@pytest.mark.parametrize("size", [-1, None, "many", 1.5, True])
def test_sizes_that_are_none(hub, pull, size):
    hub.add("ann/faces", MODEL, announced={"model.safetensors": size})
    assert failure(pull).code == "hub.unavailable"


@pytest.mark.parametrize("size", [100, 5000])
def test_a_lying_size_leaves_no_model_behind(hub, pull, tmp_path, size):
    hub.add("ann/faces", MODEL, announced={"model.safetensors": size})
    assert failure(pull).code == "hub.broken_off"
    assert studio_hub.cached_models(tmp_path / "cache") == []
    hub.repos["ann/faces"].announced = {}
    assert (pull() / "model.safetensors").read_bytes() == MODEL["model.safetensors"]


def test_more_than_announced_is_cut_off(hub, pull, tmp_path):
    hub.add("ann/faces", MODEL)
    hub.faults.append(Fault("endless", where="GET .*safetensors"))
    assert failure(pull).code == "hub.broken_off"
    assert studio_hub.cached_models(tmp_path / "cache") == []


def test_a_broken_download_is_resumed(hub, pull):
    hub.add("ann/faces", {**MODEL, "model.safetensors": bytes(1_000_000)})
    hub.faults.append(Fault("truncate", where="GET .*model.safetensors", times=2))
    seen = []
    folder = pull(progress=lambda done, total: seen.append(done))
    assert (folder / "model.safetensors").stat().st_size == 1_000_000
    assert hub.downloads().count("model.safetensors") == 3 and seen == sorted(seen)


def test_a_download_that_never_ends_well(hub, pull, tmp_path):
    hub.add("ann/faces", MODEL)
    hub.faults.append(Fault("truncate", where="GET .*safetensors"))
    assert failure(pull).code == "hub.broken_off"
    assert studio_hub.cached_models(tmp_path / "cache") == []
    assert list((tmp_path / "cache").rglob("*.incomplete")) == []
    hub.faults.clear()
    assert pull().is_dir()


def test_a_download_that_stalls(hub, pull, tmp_path, monkeypatch):
    monkeypatch.setattr(receive, "STALL", 0.3)
    hub.add("ann/faces", MODEL)
    hub.faults.append(Fault("stall", where="GET .*safetensors"))
    assert failure(pull).code == "hub.offline"
    assert studio_hub.cached_models(tmp_path / "cache") == []


def test_disk_full(hub, pull, monkeypatch, tmp_path):
    hub.add("ann/faces", MODEL)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
        assert failure(pull).code == "hub.disk_full" and hub.downloads() == []

    def refuse(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(file_download, "http_get", refuse)
        assert failure(pull).code == "hub.disk_full"
    assert studio_hub.cached_models(tmp_path / "cache") == []


def test_a_cache_that_cannot_be_written(hub, pull, monkeypatch):
    def refuse(*args, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    hub.add("ann/faces", MODEL)
    monkeypatch.setattr(file_download, "http_get", refuse)
    error = failure(pull)
    assert error.code == "hub.cache" and "HF_HOME" in str(error)


def test_cached_models_passes_over_what_is_not_ours(tmp_path):
    cache = tmp_path / "cache"
    assert studio_hub.cached_models(cache) == []
    for repo, files in {
        "models--ann--bert": {"config.json": b"{}", "model.safetensors": b""},
        "models--ann--half": {"config.json": CONFIG},
        "models--ann--large": {"config.json": b" " * 1_000_001, "model.safetensors": b""},
        "models--ann--ours": {"config.json": CONFIG, "model.safetensors": b""},
        "datasets--ann--ours": {"config.json": CONFIG, "model.safetensors": b""},
    }.items():
        folder = cache / repo / "snapshots" / ("a" * 40)
        folder.mkdir(parents=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    ours = cache / "models--ann--ours" / "snapshots" / ("a" * 40)
    assert studio_hub.cached_models(cache) == [("ann/ours", "a" * 40, ours)]


def test_requests_tell_nothing_about_the_computer(hub, pull, monkeypatch):
    sent = []
    client = default_client_factory()
    client.event_hooks["request"].append(lambda request: sent.append(request.headers))
    set_client_factory(lambda: client)
    hub.add("ann/faces", MODEL)
    pull()
    assert sent and all("torch" not in headers["user-agent"] for headers in sent)
    assert not any("agent-harnesses" in path or "telemetry" in path for _, path in hub.requests)
    set_client_factory(default_client_factory)
