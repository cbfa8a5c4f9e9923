"""WCAG 2.2 AA: axe over every tab in both languages and appearances, on the wide page and the phone, and over what opens; the keyboard."""

from importlib.resources import files

import pytest

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
    "#panel-explore button.help": ".popup.bubble",
}
NAMES = """() => [...document.querySelectorAll("[aria-label], [title], [placeholder], img[alt]")].filter(e => e.checkVisibility())
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


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_every_tab_is_accessible(visit, locale):
    page = visit(locale=locale, color_scheme="light", reduced_motion="reduce")
    page.wait_for_selector(AWAKE)
    page.evaluate(AXE)
    assert page.evaluate("document.documentElement.lang") == ("zh-CN" if locale == "zh-CN" else "en")
    wrong = []
    for tab in TABS:
        open_tab(page, tab)
        for theme in looks(page):
            wrong += [(tab, theme, found) for found in page.evaluate(JUDGE)]
        if locale == "zh-CN":
            names = [name for name in page.evaluate(NAMES) if name.isascii() and name.replace(" ", "").isalpha()]
            wrong += [(tab, "in English", name) for name in names if len(name) > 3]
    assert not wrong


def test_what_opens_is_accessible_and_the_keyboard_reaches_everything(visit):
    page = visit(reduced_motion="reduce")
    page.wait_for_selector(AWAKE)
    page.evaluate(AXE)
    wrong = []
    for tool in TOOLS:
        page.evaluate(f"studio.tools.choose('{tool}')")
        page.wait_for_timeout(250)
        wrong += [(tool, found) for found in page.evaluate(JUDGE)]
    for click, there in OPENED.items():
        page.click(click)
        page.wait_for_selector(there)
        wrong += [(click, theme, found) for theme in looks(page) for found in page.evaluate(JUDGE)]
        page.keyboard.press("Escape")
        page.wait_for_selector(there, state="hidden")
    for tab in TABS:
        wrong += [(tab, found) for found in walk(page, tab)]
    assert not wrong


def walk(page, tab: str) -> list[str]:
    """Tab from the top to the end of the page; return the stops that cannot be seen, and a word where it does not end or passes something over."""
    open_tab(page, tab)
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
