"""The README's tree names every file of the project, and nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tree_is_true():
    tree = README.split("## What is where")[1].split("```")[1]
    named, stack = set(), []
    for line in filter(None, tree.splitlines()):
        depth, name = (len(line) - len(line.lstrip())) // 2, line.split()[0]
        stack[depth:] = [name]
        named.add("".join(stack))
    files = {
        str(p.relative_to(ROOT)).replace("\\", "/")
        for pattern in ("gan_core/**/*.py", "gan_core/ui/static/*", "benchmarks/*.py", "*.py")
        for p in ROOT.glob(pattern)
        if "__pycache__" not in p.parts
    }
    assert files - named == set(), "not in the README's tree"
    assert {n for n in named if not n.endswith("/") and not (ROOT / n).exists()} == set(), (
        "in the README's tree but not there"
    )


def test_front_matter_fits_the_pins():
    front = README.split("---")[1]
    pinned = re.search(r"gradio==(\S+)", (ROOT / "requirements.txt").read_text())[1]
    assert f"sdk_version: {pinned}" in front and "app_file: app.py" in front


def test_the_two_commands_are_there():
    assert "pip install -r requirements.txt" in README and "python app.py" in README and "python -m pytest" in README
