"""`python -m gan_core.space`: exactly what a Space needs goes up in one commit, and what is wrong is said before."""

import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from gan_core.hub import upload
from gan_core.space import contents, front_matter
from gan_core.space.__main__ import main
from gan_core.space.contents import LIST, MOST, gathered, listed
from tests.hub_standin import Fault

ANN = "hf_ann"
ROOT = Path(__file__).parents[2]
FRONT = f"""---
title: A studio
emoji: 🎭
sdk: gradio
sdk_version: {metadata.version("gradio")}
app_file: app.py
license: mit
---
[one](docs/one.png) [two](benchmarks/two.png) [three](https://example.org/three)
"""
FILES = {
    "README.md": FRONT, "LICENSE": "MIT", "app.py": "1", "train_local.py": "1", "gan_core/__init__.py": "", "docs/one.png": "1",
    "requirements.txt": f"# what is needed\ngradio=={metadata.version('gradio')}\nnumpy>=1  # numbers\n", "benchmarks/two.png": "2",
    "weights/a/config.json": "{}", "weights/a/model.safetensors": "tensors", "weights/a/README.md": "---\nlicense: cc0-1.0\n---\n",
}  # fmt: skip
OURS = {
    "runs/x/config.json": "1", "imported/y/model.pt": "1", "tests/test_x.py": "1", "benchmarks/three.png": "3", "secret.txt": "1",
    "gan_core/__pycache__/x.pyc": "1", "gan_core/.env": "1", "gan_core/ui/x.pyi": "1", ".git-credentials": "1",
}  # fmt: skip
WHOLE = sorted([*FILES, LIST])


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    write(root, {**FILES, **OURS})
    return root


@pytest.fixture
def ann(hub, monkeypatch):
    """Somebody who may write, logged in."""
    hub.tokens.add(ANN)
    hub.people[ANN] = {"auth": {"accessToken": {"role": "write"}}}
    monkeypatch.setenv("HF_TOKEN", ANN)


def faults(root: Path) -> tuple[str, ...]:
    with gathered(root) as found:
        return found.faults


def test_this_very_project_could_be_pushed_now(capsys, monkeypatch):
    told = contents._git(ROOT)
    monkeypatch.setattr(
        contents, "_git", lambda root: told and (told[0], [])
    )  # whoever runs this may be writing a new file
    assert main(["ann/studio", "--dry-run"]) == 0
    rows = re.findall(r"^ *([\d,]+)  (\S+/\S+)$", capsys.readouterr().out, re.MULTILINE)
    names = {name: int(size.replace(",", "")) for size, name in rows}
    assert max(names.values()) < MOST
    assert {"gan_core/ui/engine.py", "weights/faces-style/model.safetensors"} <= names.keys()
    assert {name.split("/")[0] for name in names} <= {"gan_core", "weights", "docs", "benchmarks"}


def test_only_what_running_needs_and_what_the_readme_shows(project):
    with gathered(project) as found:
        assert list(found.files) == WHOLE and found.faults == ()
        assert found.files[LIST].read_text().splitlines() == WHOLE
    with gathered(project, cpu=True) as found:
        written = found.files["requirements.txt"].read_text()
        assert written.startswith("--extra-index-url") and written.endswith(FILES["requirements.txt"])


def test_in_a_checkout_what_git_knows(project):
    for words in (["init", "-q"], ["add", *(name for name in FILES if name != "docs/one.png")]):
        subprocess.run(["git", "-C", project, *words], check=True)
    files, behind = listed(project)
    assert sorted(files) == sorted(FILES.keys() - {"docs/one.png"})
    assert behind == ["docs/one.png"]
    assert faults(project) == ("Not in git yet, so the Space would lack it: docs/one.png. First: git add",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("LICENSE", None, "LICENSE is missing."),
        ("weights/a/README.md", None, "weights/a has no README.md that says its licence."),
        ("weights/a/model.safetensors", None, "There is no model in weights/"),
        ("weights/a/model.safetensors", "0" * MOST, "has 10.0 MB; a file of a Space must stay under 10 MB."),
        ("gan_core/x.py", "TOKEN = 'hf_" + "a1B2" * 9 + "'", "gan_core/x.py looks like a secret"),
        ("gan_core/my.pem", "x", "gan_core/my.pem looks like a secret"),
        ("requirements.txt", "gradio==1.0\n", "requirements.txt wants gradio==1.0, but"),
        ("requirements.txt", "what is this\n", "pip does not understand “what is this”"),
        ("README.md", "# no front matter", "has no front matter"),
        ("README.md", FRONT.replace("emoji: 🎭", "emoji: [}"), "is no YAML"),
        ("README.md", FRONT.replace("app.py", "main.py"), "app_file: there is no main.py among the files."),
        ("README.md", FRONT.replace("title: A studio\n", ""), "does not say title"),
    ],
)
def test_what_is_wrong_is_said(project, name, text, said):
    if text is None:
        (project / name).unlink()
    else:
        write(project, {name: text})
    assert said in "\n".join(faults(project))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sdk_version: 4.0.0", f"write sdk_version: {metadata.version('gradio')}."), ("sdk: docker", "is none of gradio"),
        ("colorFrom: orange", "is none of red"), ("emoji: ab", "one emoji"), ("python_version: 3.11", "in quotes"),
        ('python_version: "3.9"', "3.11 or later"), (f"short_description: {'a' * 61}", "it has 61 letters; the Hub takes 60."),
        ("models: [a b]", "“a b” is not the name"), ("models: user/x", "a list"), ("preload_from_hub: ['../x y']", "“../x y” is not"),
        (f"preload_from_hub: {['u/x'] * 11}", "it has 11 names; 10 are read."), ("color: red", "“color” is nothing that a Space knows."),
        ("hf_oauth: maybe", "true or false"), ("hf_oauth_scopes: [everything]", "“everything” is none of"),
        ("custom_headers: {x-a: b}", "“x-a” is none of"), ("suggested_hardware: h1", "is none of cpu-basic"), ("tags: gan", "list of words"),
        ("hf_oauth_expiration_minutes: 0", "minutes"),
    ],
)  # fmt: skip
def test_front_matter_that_the_hub_would_refuse(tmp_path, line, said):
    key = line.split(":")[0]
    lines = [old for old in FRONT.splitlines() if not old.startswith(f"{key}:")]
    (tmp_path / "README.md").write_text("\n".join([lines[0], line, *lines[1:]]), encoding="utf-8")
    (found,) = front_matter.faults(tmp_path / "README.md", FILES)
    assert found.startswith(key) or key in found
    assert said in found


def test_front_matter_with_everything_right(tmp_path):
    more = "models: [user/a, user/b@v1]\npreload_from_hub: ['user/a config.json,x.bin v1']\ncolorTo: pink\nfullWidth: true\n"
    (tmp_path / "README.md").write_text(FRONT.replace("title:", more + "title:"), encoding="utf-8")
    assert front_matter.faults(tmp_path / "README.md", FILES) == []


@pytest.mark.parametrize("lfs", [False, True])
def test_a_new_space_a_second_push_and_what_is_gone(hub, ann, project, capsys, lfs):
    hub.lfs = lfs
    assert main(["ann/studio", "--private"], project) == 0
    space = hub.repos["spaces/ann/studio"]
    there = space.commits[space.refs["main"]]
    assert space.private and hub.commits == [("spaces/ann/studio", WHOLE)] and bool(hub.objects) == lfs
    assert {name: there[name].decode() for name in FILES} == FILES
    assert f"{hub.endpoint}/spaces/ann/studio is at commit {space.refs['main'][:10]}" in capsys.readouterr().out

    assert main(["ann/studio"], project) == 0
    assert len(hub.commits) == 1
    assert f"0 new files, 0 changed (0.0 MB), {len(WHOLE)} as they are there, 0 to delete." in capsys.readouterr().out

    hub.add("spaces/ann/studio", {**there, "weights/mine/model.safetensors": b"by hand"}, readers=frozenset({ANN}))
    (project / "docs/one.png").unlink()
    write(project, {"app.py": "2"})
    assert main(["https://huggingface.co/spaces/ann/studio"], project) == 0
    assert hub.commits[-1] == ("spaces/ann/studio", ["app.py", LIST])
    after = space.commits[space.refs["main"]]
    assert "docs/one.png" not in after and after["weights/mine/model.safetensors"] == b"by hand"
    told = capsys.readouterr().out
    assert "1 to delete" in told and "Not ours, so they stay: weights/mine/model.safetensors." in told


def test_hardware_is_asked_for_by_name(hub, ann, project, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "huggingface_hub.HfApi.request_space_hardware", lambda api, repo, name: asked.append((api.endpoint, repo, name))
    )
    assert main(["ann/studio", "--hardware", "cpu-basic"], project) == 0
    space = hub.repos["spaces/ann/studio"]
    assert b"whl/cpu" in space.commits[space.refs["main"]]["requirements.txt"]
    assert asked == [(hub.endpoint, "ann/studio", "cpu-basic")]


def test_a_dry_run_needs_nobody_and_sends_nothing(hub, project, capsys):
    write(project, {"gan_core/x.pem": "x"})
    assert main(["ann/studio", "--dry-run"], project) == 1
    told = capsys.readouterr()
    assert "           7  weights/a/model.safetensors" in told.out and f"bytes in {len(WHOLE) + 1} files" in told.out
    assert told.err.startswith("! gan_core/x.pem looks like a secret")
    assert hub.requests == []


def test_each_failure_is_a_sentence(hub, ann, project, capsys, monkeypatch):
    def said(*words) -> str:
        assert main(list(words) or ["ann/studio"], project) == 1
        return capsys.readouterr().err

    assert "is not the name of a Space" in said("studio") and "is not the name of a Space" in said("ann/studio@v1")
    assert "You cannot publish as “zoo”" in said("zoo/studio")
    hub.faults[:] = [Fault("status", where="POST /api/repos/create", status=403)]
    assert "may not write to ann/studio" in said()
    hub.faults[:] = [Fault("status", where="POST .*commit", status=413)]
    assert "larger than the Hub takes" in said() and hub.repos == {}
    hub.faults[:] = []
    monkeypatch.setenv("HF_TOKEN", "hf_nobody")
    assert "does not accept this access token" in said()
    monkeypatch.delenv("HF_TOKEN")
    assert "hf auth login" in said()
    monkeypatch.setenv("HF_TOKEN", ANN)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "127.0.0.1:9 cannot be reached" in said() and "--dry-run needs none" not in said("--dry-run", "x")
    assert hub.commits == []


def test_many_files_are_not_open_at_once(tmp_path):
    meter = upload.Meter(20)
    (tmp_path / "x").write_bytes(b"0123456789")
    file = upload.MeteredFile(tmp_path / "x", meter)
    assert file.read(4) == b"0123" and file.tell() == 4 and file.seek(-2, 2) == 8
    assert file.read() == b"89" and file._file is None and file.read() == b""
    assert file.seek(0) == 0 and file.read(3) == b"012" and file._file is not None
    file.close()
    assert file.closed and file._file is None
