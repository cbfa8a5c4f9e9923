"""Learn in a real browser: draw points, play, see the samples move; an explanation sets the playground up."""

from playwright.sync_api import Page, expect

FIELD = "#panel-learn .play-view > canvas:first-of-type"
STEP = "[...document.querySelector('.learn-step').innerText].filter(c => c >= '0' && c <= '9').join('')"


def draw(page: Page) -> None:
    """A stroke across the field."""
    page.locator(FIELD).scroll_into_view_if_needed()
    box = page.locator(FIELD).bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.6, steps=12)
    page.mouse.up()


def test_draw_play_and_see_why_it_collapses(visit):
    page = visit("?tab=learn")
    expect(page.locator(FIELD)).to_have_count(2)  # GAN and Unrolled GAN, side by side
    expect(page.locator(".play-reading").first).to_have_text("0 of 8 groups found")

    page.click("[data-part=second] [data-value='']")
    page.click("[data-part=first] [data-value=vae]")
    page.click("[data-part=clouds] [data-value=drawn]")
    expect(page.locator("[data-do=play]")).to_be_disabled()  # nothing to learn yet
    draw(page)
    expect(page.locator("[data-part=drawn-words]")).to_contain_text("of at most 600 points")
    expect(page.locator("[data-do=play]")).to_be_enabled()
    page.locator(FIELD).focus()
    page.keyboard.press("ArrowUp")
    before = page.inner_text("[data-part=drawn-words]")
    page.keyboard.press("Space")
    expect(page.locator("[data-part=drawn-words]")).not_to_have_text(before)

    page.wait_for_function(f"{STEP} === '0'")
    picture = f"document.querySelector('{FIELD}').toDataURL()"
    first = page.evaluate(picture)
    page.click("[data-do=play]")
    page.wait_for_function(f"Number({STEP}) >= 10")
    assert page.evaluate(picture) != first
    page.click("[data-do=play]")
    expect(page.locator("[data-do=play]")).to_have_attribute("data-playing", "false")
    page.click("#panel-learn [data-do=reset]")
    page.wait_for_function(f"{STEP} === '0'")

    expect(page.locator(".lesson h3").last).to_have_text("Why collapse happens")
    page.click("[data-lesson=collapse]")
    expect(page.locator(".play-view h3")).to_have_text(["GAN", "Unrolled GAN"])
    page.wait_for_function(f"Number({STEP}) >= 1")
    expect(page.locator(".play-reading").last).to_contain_text("of 8 groups")
    asked = []  # its room is put away, as while the computer slept: it begins again by itself

    def gone(route):
        asked.append((route.request.post_data_json or {}).get("fn_name"))
        if asked[-1] == "advance" and asked.count("advance") == 1:
            return route.fulfill(json={"error": {"code": "learn.gone", "message": "", "facts": {}}})
        return route.continue_()

    page.route("**/component_server/**", gone)
    while asked.count("advance") < 3:
        page.wait_for_timeout(50)
    assert [name for name in asked if name in ("begin", "advance")][:3] == ["advance", "begin", "advance"]
    assert page.locator(".toast.bad").count() == 0
    expect(page.locator("[data-do=play]")).to_have_attribute("data-playing", "true")
    page.click("#to-grid")  # a page that is not looked at does not learn
    expect(page.locator("[data-do=play]")).to_have_attribute("data-playing", "false")
