"""Every word of the interface in English and 简体中文: WORDS joins the tables in `words/`, one a tab.

A new tab adds `words/<tab>.py` with `WORDS = {"<tab>.<key>": (English, 简体中文)}` and a name in TABLES. `{fact}` is filled in.
Sentences of StudioError are written in English where they are raised; `words/errors.py` has their Chinese under the same code.
"""

from importlib import import_module

import gradio as gr

from gan_core.ui.words.errors import ERRORS

TABLES = (
    "errors",
    "shell",
    "desktop",
    "dialogs",
    "explore",
    "history",
    "sliders",
    "children",
    "mix",
    "photo",
    "compare",
    "morph",
    "journey",
    "films",
    "line",
    "grid",
    "map",
    "train",
    "pictures",
    "watch",
    "retune",
    "learn",
    "share",
    "expect",
    "choices",
    "models",
    "export",
    "hub",
    "publish",
    "models_import",
)
LANGUAGES = ("en", "zh-CN")

WORDS: dict[str, tuple[str, str]] = {
    key: pair for table in TABLES for key, pair in import_module(f"gan_core.ui.words.{table}").WORDS.items()
}


def for_browser() -> dict[str, dict[str, str]]:
    """Return {language: {key: words}}, with the Chinese sentences of errors under "error.<code>"."""
    tables = {language: {key: pair[i] for key, pair in WORDS.items()} for i, language in enumerate(LANGUAGES)}
    tables["zh-CN"] |= {f"error.{code}": sentence for code, sentence in ERRORS.items()}
    return tables


def gradio_words() -> gr.I18n:
    """Return the same table for Gradio's own labels (`launch(i18n=…)`)."""
    return gr.I18n(**{language: {key: pair[i] for key, pair in WORDS.items()} for i, language in enumerate(LANGUAGES)})


def label(key: str) -> gr.i18n.I18nData:
    """Return a label for a Gradio component that the browser shows in the visitor's language."""
    return gr.i18n.I18nData(key)
