"""Script in every text that the app answers, in what the browser kept, and in the address: shown as text, never run."""

import json
import re

from playwright.sync_api import expect

from gan_core.ui.guard import FAST
from gan_core.ui.i18n import WORDS
from gan_core.ui.words.errors import ERRORS

EVIL = '<img src="/evil-x" onerror="window.pwned=1"><svg onload="window.pwned=2">{name}javascript:alert(1)'
TEXTS = {
    "title",
    "title_zh",
    "data",
    "licence",
    "text",
    "message",
    "labels",
    "author",
    "description",
    "preview_note",
    "words",
    "command",
    "family_title",
}
KEPT = """
    const evil = EVIL;
    const polluted = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    if (!sessionStorage.getItem("studio.armed")) {
        for (const name of ["grid", "morph", "journey", "journey.view", "compare", "travel", "opening", "sliders.a-plain", "tool", "strip", "run", "mix"]) {
            localStorage.setItem(`studio.${name}`, JSON.stringify({ ...polluted, title: evil, url: evil, model: evil, kind: evil, size: -1, state: [evil], keyframes: [{ point: evil }] })
                .replace("{", '{"__proto__": {"polluted": 2}, '));
        }
        localStorage.setItem("studio.point", '{"__proto__": {"polluted": 3}, "seed": "<b>", "model": 7}');
        localStorage.setItem("studio.language", evil);
        localStorage.setItem("studio.theme", evil);
        localStorage.setItem("studio.motion", evil);
        sessionStorage.setItem("studio.point", "[[[[");
        sessionStorage.setItem("studio.trail", evil);
        sessionStorage.setItem("studio.children", '{"line": [{"point": {"seed": -1}}], "at": 99}');
        sessionStorage.setItem("studio.armed", "1");
    }
""".replace("EVIL", json.dumps(EVIL), 1)


def poisoned(value, key=""):
    """An answer of the app with script in each text that is shown and is no name of anything."""
    if isinstance(value, dict):
        return {name: poisoned(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, key) for inner in value]
    return EVIL + value if key in TEXTS and isinstance(value, str) and not value.startswith("data:") else value


def poison(route):
    answer = route.fetch()
    route.fulfill(response=answer, json=poisoned(answer.json()))


def test_script_in_any_text_is_only_text(browser, app):
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-US", bypass_csp=True
    )  # the texts alone must do
    page, wrong = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if "evil-x" in request.url else None)
    page.add_init_script(KEPT)
    page.route(re.compile("component_server"), poison)
    page.goto(
        f"{app}?tab=%3Cimg%20src=x%20onerror=pwned=1%3E&point=%7B%22__proto__%22:%7B%22polluted%22:1%7D%7D#<img src=/evil-x>"
    )
    page.wait_for_selector("#panel-explore .hero.awake")
    for tab in ("morph", "journey", "grid", "train", "learn", "models", "explore"):
        page.locator(f"[data-tab={tab}]").first.click()
        page.wait_for_timeout(700)
        if tab == "models":
            assert "onerror" in page.locator("#tab-models").inner_text()  # it is there to be read
    found = page.evaluate(
        "[window.pwned ?? 0, {}.polluted ?? 0, document.querySelectorAll('[onerror], [onload], [src*=evil-x], a[href^=\"javascript:\" i]').length]"
    )
    page.unroute_all(behavior="ignoreErrors")  # a request that is on its way would fail in the next test
    context.close()
    assert found == [0, 0, 0] and not wrong


def test_what_the_guard_refuses_is_said_in_the_visitors_language(browser, app):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(app)
    page.wait_for_selector("#panel-explore .hero.awake")
    refused = {"error": {"code": FAST.code, "message": FAST.message, "facts": FAST.facts}}
    page.route(re.compile("component_server"), lambda route: route.fulfill(status=FAST.status, json=refused))
    page.keyboard.press("r")
    expect(page.locator("#toasts .bad").first).to_have_text(ERRORS[FAST.code])
    page.unroute_all()
    page.route(re.compile("component_server"), lambda route: route.fulfill(status=502, body="<h1>Bad gateway</h1>"))
    page.keyboard.press("r")
    expect(page.locator("#toasts .bad").last).to_have_text(WORDS["error.offline"][1])
    context.close()
