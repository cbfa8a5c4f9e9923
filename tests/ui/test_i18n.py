"""The words: complete in both languages, and none used that is not there."""

import ast
import re
from pathlib import Path

import pytest

import gan_core
from gan_core.ui import TABS, guard
from gan_core.ui.i18n import WORDS, for_browser
from gan_core.ui.words.errors import ERRORS

ROOT = Path(gan_core.__file__).parent
STATIC = ROOT / "ui" / "static"
FIELD = re.compile(r"\{(\w+)\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def raised_errors() -> list[tuple[str, str, object]]:
    """(file, code, English template or None when it is in a variable) of every StudioError raised with a literal code anywhere in gan_core."""
    found = []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "StudioError"
                and len(node.args) >= 2
            ):
                code, template = node.args[:2]
                if isinstance(code, ast.Constant):
                    found.append((str(path.relative_to(ROOT)), code.value, getattr(template, "value", None)))
    return found


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_it(key):
    english, chinese = WORDS[key]
    assert english.strip() and chinese.strip()
    assert set(FIELD.findall(english)) == set(FIELD.findall(chinese))


def test_keys_used_in_pages_and_scripts_exist():
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir() if path.suffix in (".js", ".html")
    }
    missing = []
    for name, text in texts.items():
        used = re.findall(r'data-t(?:-label|-title|-placeholder)?="([^"]+)"', text) + re.findall(
            r'data-help="([^"$]+)"', text
        )
        used += re.findall(r'\bt\(\s*"([^"]+)"', text)
        missing += [(name, key) for key in used if key not in WORDS]
        for first, second in re.findall(r'\bt\(\s*[^"`()]+\?\s*"([^"]+)"\s*:\s*"([^"]+)"', text):
            missing += [(name, key) for key in (first, second) if key not in WORDS]
    assert not missing


def test_every_tab_has_a_name():
    assert not [name for name in TABS if f"tab.{name}" not in WORDS]


def test_every_error_has_a_chinese_sentence():
    missing = sorted(
        {(file, code) for file, code, _ in raised_errors() if code not in ERRORS and f"error.{code}" not in WORDS}
    )
    assert not missing, f"add these to gan_core/ui/words/errors.py: {missing}"


def test_what_the_guard_refuses_has_a_chinese_sentence():
    refusals = [value for value in vars(guard).values() if isinstance(value, guard.Refusal)]
    assert len(refusals) > 5 and all(refusal.code in ERRORS for refusal in refusals)


def test_chinese_errors_use_the_same_facts():
    facts = {}
    for _, code, template in raised_errors():
        if isinstance(template, str):
            facts.setdefault(code, set()).update(FIELD.findall(template))
    for code, sentence in ERRORS.items():
        assert CHINESE.search(sentence), code
        if code in facts:
            assert set(FIELD.findall(sentence)) <= facts[code], code


def test_the_browser_gets_both_tables():
    tables = for_browser()
    assert set(tables) == {"en", "zh-CN"} and tables["zh-CN"]["tab.explore"] == "探索"
    assert tables["zh-CN"]["error.offline"] and set(tables["en"]) <= set(tables["zh-CN"])
