"""WCAG 2.2 AA: axe over every tab in both languages and appearances, on the wide page and the phone, and over what opens; the keyboard."""

from importlib.resources import files

import pytest

from gan_core.data import builtin_names
from gan_core.ui import TABS
from gan_core.ui.tools import TOOLS

AWAKE = "#panel-explore .hero.awake"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8") + "; 1"
# axe looks at hidden parts too, which takes most of its time: the pages of other tabs are away meanwhile.
JUDGE = """async () => {
    const away = [...document.querySelectorAll(".tab-page")].filter(page => page.id !== `tab-${studio.current()}`).map(page => {
        const hole = document.createComment("");
        page.replaceWith(hole);
        return [hole, page];
    });
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] });
    for (const [hole, page] of away) hole.replaceWith(page);
    return violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 150)}`));
}"""
LOOKS = {"light": (1280, 900), "dark": (390, 844)}
# What a click opens in Explore, and what must be there before it is judged.
OPENED = {
    "#panel-explore [data-act=model]": ".popup .model-card",
    "#panel-explore [data-act=save]": ".popup.menu button",
    "#panel-explore [data-help='common.typical_help']": ".popup.bubble",
    "[data-act=frame-menu]": ".popup.menu button",
}
NAMES = """() => [...document.querySelectorAll("[aria-label], [title], [placeholder], img[alt]")].filter(e => e.checkVisibility() && !e.matches("[lang]"))
    .flatMap(e => ["aria-label", "title", "placeholder", "alt"].map(name => e.getAttribute(name)).filter(Boolean))"""
WHERE = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
    const rings = [e, ...[".stepper", ".choice", ".hero", "label"].map(part => e.closest(part)).filter(Boolean)].map(part => getComputedStyle(part));
    const ring = rings.some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0);
    return { what: e.outerHTML.slice(0, 120), seen: e.checkVisibility({ visibilityProperty: true }) && (ring || e.type === "range") }; }"""


def looks(page):
    """Show the page light and wide, then dark on a phone."""
    for theme, (width, height) in LOOKS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(f"studio.setTheme('{theme}')")
        yield theme


def open_tab(page, tab: str) -> None:
    page.evaluate(f"studio.open('{tab}')")
    page.wait_for_function(f"!document.querySelector('#tab-{tab} .looking')?.checkVisibility()")


def judged(page, what: str, themes=("",)) -> list[tuple]:
    return [(what, theme, found) for theme in themes for found in page.evaluate(JUDGE)]


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_everything_is_accessible(visit, locale):
    page = visit(locale=locale, color_scheme="light", reduced_motion="reduce")
    page.wait_for_selector(AWAKE)
    page.evaluate(AXE)
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if locale == "zh-CN" else "en")
    wrong = []
    for tab in TABS:
        open_tab(page, tab)
        wrong += judged(page, tab, looks(page))
        if locale == "zh-CN":
            names = [name for name in page.evaluate(NAMES) if name.isascii() and name.replace(" ", "").isalpha()]
            wrong += [(tab, "in English", name) for name in names if len(name) > 3 and name not in builtin_names()]
        else:
            wrong += [(tab, "keyboard", found) for found in walk(page, tab)]
    assert not wrong
    wrong += what_opens(page, with_tools=locale == "en-US")
    assert not wrong


def what_opens(page, with_tools: bool) -> list[tuple]:
    """Judge the frame's dialogs in both appearances and, `with_tools`, the tools and menus of Explore."""
    wrong = []
    open_tab(page, "explore")
    for dialog in ("settings", "keys", "about"):
        page.evaluate(f"studio.papers.open('{dialog}')")
        page.wait_for_selector(f"dialog.{dialog}[open]")
        wrong += judged(page, dialog, looks(page))
        page.keyboard.press("Escape")
        page.wait_for_selector(f"dialog.{dialog}", state="hidden")
    page.set_viewport_size({"width": 1280, "height": 900})
    for tool in TOOLS if with_tools else ():
        page.evaluate(f"studio.tools.choose('{tool}')")
        wrong += judged(page, tool)
    for click, there in OPENED.items() if with_tools else ():
        page.click(click)
        page.wait_for_selector(there)
        wrong += judged(page, click)
        page.keyboard.press("Escape")
        page.wait_for_selector(there, state="hidden")
    return wrong


def walk(page, tab: str) -> list[str]:
    """Tab from the top to the end of the page; return the stops that cannot be seen, and a word where it does not end or passes something over."""
    page.evaluate("(top => { top.tabIndex = -1; top.focus(); })(document.querySelector('.bar'))")
    stops = []
    for _ in range(200):
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE)
        if stop is None:
            break
        stops.append(stop)
    there = page.evaluate(f"""[...document.querySelectorAll('#tab-{tab} :is(button, select, textarea, input:not([type=radio]))')]
        .filter(e => e.checkVisibility({{visibilityProperty: true}}) && !e.disabled && e.tabIndex >= 0 && e.getClientRects().length).length""")
    wrong = [stop["what"] for stop in stops if not stop["seen"]]
    return wrong + ["never ends"] * (len(stops) == 200) + ["passes over some"] * (len(stops) < there)
