"""Gradio's own widgets in our colours: the few theme variables that differ from its neutral base (style.css holds the rest)."""

import gradio as gr
from gradio.themes.utils.fonts import Font

WORDS_FONT = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Roboto",
    "PingFang SC",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "sans-serif",
]
NUMBERS_FONT = ["ui-monospace", "SF Mono", "Menlo", "Consolas", "monospace"]


def theme() -> gr.themes.Base:
    """Return the theme: system fonts only (nothing is fetched), our accent, paper and lines in light and dark."""
    colours = {
        "body_background_fill": ("#f7f6f3", "#131416"),
        "body_text_color": ("#1d1d1b", "#ecebe7"),
        "body_text_color_subdued": ("#6c6963", "#9b9a96"),
        "background_fill_primary": ("#ffffff", "#1c1d20"),
        "background_fill_secondary": ("#f7f6f3", "#131416"),
        "border_color_primary": ("#e2dfd8", "#303236"),
        "border_color_accent": ("#0b7160", "#4cc9af"),
        "color_accent_soft": ("#dcefea", "#1c3a34"),
        "block_background_fill": ("#ffffff", "#1c1d20"),
        "block_label_background_fill": ("#ffffff", "#1c1d20"),
        "block_label_text_color": ("#6c6963", "#9b9a96"),
        "block_title_text_color": ("#1d1d1b", "#ecebe7"),
        "input_background_fill": ("#ffffff", "#1c1d20"),
        "input_border_color": ("#e2dfd8", "#303236"),
        "input_border_color_focus": ("#0b7160", "#4cc9af"),
        "button_primary_background_fill": ("#0b7160", "#4cc9af"),
        "button_primary_background_fill_hover": ("#095f51", "#62d3bb"),
        "button_primary_text_color": ("#ffffff", "#07221c"),
        "button_secondary_background_fill": ("#ffffff", "#1c1d20"),
        "button_secondary_border_color": ("#e2dfd8", "#303236"),
        "link_text_color": ("#0b7160", "#4cc9af"),
    }
    pairs = {key: light for key, (light, _) in colours.items()} | {
        f"{key}_dark": dark for key, (_, dark) in colours.items()
    }
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=[Font(name) for name in WORDS_FONT],
        font_mono=[Font(name) for name in NUMBERS_FONT],
    )
    return base.set(
        color_accent="#0b7160",
        block_shadow="none",
        block_border_width="1px",
        block_radius="12px",
        input_radius="12px",
        **pairs,
    )
