"""History and favourites in a real browser: undo gives the identical point back, and neither a reload, a second tab nor a restart loses any."""

import json
import random
from pathlib import Path

from playwright.sync_api import expect

from benchmarks.live import CHROMIUM, FLAGS
from tests.browser.test_explore import painted_point, settled

AWAKE = "#panel-explore .hero.awake"
POINT = "JSON.parse(JSON.stringify(studio.store.point))"
MODELS = ("a-plain", "b-classes", "c-pixels")
ENTRIES = ".history .visit"


def point_here(page) -> dict:
    return page.evaluate(POINT)


def put(page, point: dict) -> None:
    page.evaluate("point => studio.store.set(point)", point)


def written(page) -> None:
    """Wait until what was done so far is in IndexedDB: transactions of one page run in order."""
    page.evaluate("studio.memory.all('trails')")


def any_change(rng: random.Random, point: dict) -> dict:
    """A point that differs from `point` as some control would make it differ."""
    model, seed = rng.choice(MODELS), rng.randrange(2**32)
    return rng.choice(
        [
            {**point, "truncation": round(rng.uniform(0, 0.9), 3)},
            {**point, "moves": [[f"d{rng.randrange(8)}", round(rng.uniform(-3, 3), 3)]]},
            {"seed": seed, "model": model, "truncation": 1},
            {"seed": seed, "model": model, "label": None, "moves": []},
            {"model": model, "mix": {"points": [{"seed": seed}, {"seed": 5}], "weights": [0.25, 0.75]}},
            {"model": model, "blend": {"a": {"seed": seed}, "b": point if "blend" not in point else {"seed": 1}, "t": 0.5}},
            {"model": "a-plain", "vector": [round(rng.gauss(0, 1), 4) for _ in range(8)]},
        ]
    )  # fmt: skip


def test_undo_returns_every_identical_point_of_a_random_walk_even_after_a_reload(page):
    rng, walk = random.Random(4), [point_here(page)]
    for half in range(2):
        for _ in range(30):
            walk.append(any_change(rng, walk[-1]))
        page.evaluate("points => { for (const point of points) studio.store.set(point); }", walk[-30:])
        if not half:
            written(page)
            page.reload()
            page.wait_for_selector(AWAKE)
            page.wait_for_function("studio.store.canUndo")
            assert point_here(page) == walk[-1]
    steps = f"step => {{ const seen = []; for (let i = 0; i < 60; i++) {{ studio.store[step](); seen.push({POINT}); }} return seen; }}"
    for key, known in zip(("Control+z", "Control+z", "Control+y", "Control+Shift+Z"), (-2, -3, -2, -1), strict=True):
        page.keyboard.press(key)
        assert point_here(page) == walk[known]
    assert page.evaluate(steps, "undo") == walk[-2::-1]
    assert not page.evaluate("studio.store.canUndo")
    assert page.evaluate(steps, "redo") == walk[1:]
    assert not page.evaluate("studio.store.canRedo")


def test_what_was_undone_stays_in_the_strip(page):
    first = point_here(page)["seed"]
    for seed in (1, 2, 3):
        put(page, {"seed": seed, "model": "a-plain"})
    for _ in range(2):
        page.keyboard.press("Control+z")
    put(page, {"seed": 9, "model": "a-plain"})
    visited = page.evaluate(
        "Array.from({ length: studio.trail.length }, (_, i) => JSON.parse(studio.trail.at(i).point).seed)"
    )
    assert visited == [first, 1, 2, 3, 1, 9]
    for seed in (1, 3, 2, 1, first):
        page.keyboard.press("Control+z")
        assert point_here(page)["seed"] == seed


def test_undo_after_a_reload_in_the_middle_can_still_redo(page):
    for seed in (1, 2, 3):
        put(page, {"seed": seed, "model": "a-plain"})
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 2")
    written(page)
    page.reload()
    page.wait_for_selector(AWAKE)
    page.wait_for_function("studio.store.canRedo")
    page.keyboard.press("Control+y")
    settled(page, "point.seed === 3")


def test_keys_that_undo_are_left_alone_while_typing(page):
    put(page, {"seed": 1, "model": "a-plain"})
    page.focus("#explore-seed")
    page.keyboard.press("Control+z")
    page.keyboard.press("f")
    assert point_here(page)["seed"] == 1 and not page.evaluate("studio.favourites.list().length")


def test_a_key_held_down_is_one_step(page):
    before = page.evaluate("studio.trail.length")
    page.focus("#explore-d0")
    page.keyboard.down("ArrowRight")
    for _ in range(9):
        page.keyboard.down("ArrowRight")  # the browser repeats it
    page.keyboard.up("ArrowRight")
    settled(page, "point.moves[0]?.[1] === 0.5")
    assert page.evaluate("studio.trail.length") == before + 1


def test_undo_in_the_middle_of_a_change_leads_to_where_it_began(page):
    put(page, {"seed": 1, "model": "a-plain"})
    page.evaluate("studio.store.set({ seed: 2, model: 'a-plain' }, { commit: false })")
    page.keyboard.press("Control+z")
    assert point_here(page)["seed"] == 1
    page.keyboard.press("Control+y")
    assert point_here(page)["seed"] == 2


def test_two_tabs_keep_their_own_way(page):
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(AWAKE)
    for i in range(4):
        put(page, {"seed": 100 + i, "model": "a-plain"})
        put(other, {"seed": 200 + i, "model": "a-plain"})
    for tab, base in ((page, 100), (other, 200)):
        written(tab)
        tab.reload()
        tab.wait_for_selector(AWAKE)
        tab.wait_for_function("studio.store.canUndo")
        for i in (2, 1, 0):
            tab.keyboard.press("Control+z")
            assert point_here(tab)["seed"] == base + i
    other.close()


# --- the strip ----------------------------------------------------------------------------------------------------


def test_the_strip_shows_what_was_painted_and_leads_back(page):
    asked = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    for seed in (1, 2, 3):
        put(page, {"seed": seed, "model": "a-plain"})
        settled(page, f"point.seed === {seed}")
        page.wait_for_function("studio.trail.here.thumb.startsWith('data:image/')")
    expect(page.locator(f"{ENTRIES} img[src]")).to_have_count(4)
    page.wait_for_timeout(700)
    assert not [body for body in asked if "thumbs" in body]
    page.click(f"{ENTRIES} >> nth=1")
    settled(page, "point.seed === 1")
    assert page.get_attribute(f"{ENTRIES} >> nth=1", "aria-current") == "true"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    settled(page, "point.seed === 2")
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 1")


def test_points_that_were_never_painted_get_their_picture_when_they_come_into_view(page):
    page.evaluate(
        "models => { for (let seed = 0; seed < 40; seed++) studio.store.set({ seed, model: models[seed % 3] }); }",
        MODELS,
    )
    settled(page, "point.seed === 39")
    page.wait_for_function(
        f"[...document.querySelectorAll('{ENTRIES} img')].every(image => image.src.startsWith('data:image/'))"
    )
    assert page.evaluate("studio.trail.at(2).thumb") == ""
    page.evaluate("document.querySelector('.history .film').scrollTo({ left: 0, behavior: 'instant' })")
    page.wait_for_function("studio.trail.at(2).thumb.startsWith('data:image/')")


def test_a_long_strip_draws_only_what_can_be_seen(page):
    page.evaluate("for (let seed = 0; seed < 1500; seed++) studio.store.set({ seed, model: 'a-plain' })")
    settled(page, "point.seed === 1499")
    expect(page.locator(f"{ENTRIES}[aria-current]")).to_be_in_viewport()
    assert page.locator(ENTRIES).count() < 60
    written(page)
    page.reload()
    page.wait_for_selector(AWAKE)
    page.wait_for_function("studio.trail.length === 1000")
    page.keyboard.press("Control+z")
    settled(page, "point.seed === 1498")


# --- favourites ---------------------------------------------------------------------------------------------------


def favourites(page) -> list[dict]:
    return page.evaluate("studio.favourites.list().map(({ point, name, thumb }) => ({ point, name, thumb }))")


def test_star_name_order_remove_and_undo(page):
    for seed in (1, 2, 3):
        put(page, {"seed": seed, "model": "a-plain"})
        settled(page, f"point.seed === {seed}")
        page.keyboard.press("f")
    page.wait_for_selector(".star[aria-pressed=true]")
    page.click(".history [data-mode=favourites]")
    page.click(f"{ENTRIES} >> nth=2", button="right")
    page.click(".menu button:has-text('Give it a name')")
    page.fill(".naming input", "<b>Anna</b>")
    page.keyboard.press("Enter")
    expect(page.locator(f"{ENTRIES} .name >> nth=2")).to_have_text("<b>Anna</b>")
    page.click(f"{ENTRIES} >> nth=2", button="right")
    page.click(".menu button:has-text('Move left')")
    page.locator(f"{ENTRIES} >> nth=0").drag_to(page.locator(f"{ENTRIES} >> nth=2"))
    page.wait_for_function("studio.favourites.list().map(kept => kept.point.seed).join() === '3,2,1'")
    page.click(f"{ENTRIES} >> nth=1")
    settled(page, "point.seed === 2")
    page.focus(f"{ENTRIES} >> nth=1")
    page.keyboard.press("Delete")
    expect(page.locator(ENTRIES)).to_have_count(2)
    page.click(".toast button:has-text('Undo')")
    expect(page.locator(ENTRIES)).to_have_count(3)
    assert [kept["point"]["seed"] for kept in favourites(page)] == [3, 2, 1]
    page.click(".star")
    assert [kept["point"]["seed"] for kept in favourites(page)] == [3, 1]


def test_favourites_of_another_tab_appear_here(page):
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(AWAKE)
    other.keyboard.press("f")
    page.wait_for_function("studio.favourites.list().length === 1")
    page.evaluate("studio.favourites.add({ seed: 5, model: 'b-classes' })")
    other.wait_for_function("studio.favourites.list().length === 2")
    other.close()


def test_a_favourite_of_another_model_opens_it_and_one_of_a_lost_model_stays(page):
    page.evaluate("for (const model of ['c-pixels', 'runs/<i>gone</i>']) studio.favourites.add({ seed: 5, model })")
    page.click(".history [data-mode=favourites]")
    page.click(f"{ENTRIES} >> nth=0")
    settled(page, "point.model === 'c-pixels'")
    page.click(f"{ENTRIES} >> nth=1")
    expect(page.locator(".toast.bad")).to_contain_text("runs/<i>gone</i>")
    assert point_here(page)["model"] == "c-pixels" and len(favourites(page)) == 2


def test_history_and_favourites_survive_a_restart_of_the_browser(browser, app, tmp_path):
    kind = browser.browser_type

    def start():
        context = kind.launch_persistent_context(str(tmp_path), executable_path=CHROMIUM, args=FLAGS)
        page = context.pages[0]
        page.goto(app)
        page.wait_for_selector(AWAKE)
        return context, page

    context, page = start()
    for seed in (1, 2, 3):
        put(page, {"seed": seed, "model": "a-plain"})
        settled(page, f"point.seed === {seed}")
    page.keyboard.press("f")
    page.wait_for_function("studio.trail.here.thumb && studio.favourites.list()[0]?.thumb")
    kept = favourites(page)
    written(page)
    page.wait_for_timeout(300)
    context.close()
    context, page = start()
    page.wait_for_function("studio.store.canUndo && studio.favourites.list().length")
    assert favourites(page) == kept and point_here(page)["seed"] == 3
    assert page.evaluate("studio.trail.here.thumb") == kept[0]["thumb"]
    for seed in (2, 1):
        page.keyboard.press("Control+z")
        assert point_here(page)["seed"] == seed
    context.close()


def export(page) -> bytes:
    page.click(".history [data-act=more]")
    with page.expect_download() as caught:
        page.click(".menu button:has-text('Save all favourites')")
    return Path(caught.value.path()).read_bytes()


def open_file(page, name: str, data: bytes, kind: str) -> None:
    page.set_input_files(".history .file", {"name": name, "mimeType": kind, "buffer": data})


def test_favourites_travel_in_one_file(page, visit):
    for seed, model in ((1, "a-plain"), (2, "c-pixels")):
        put(page, {"seed": seed, "model": model, "moves": [["d0", 1.5]]})
        settled(page, f"point.seed === {seed}")
        page.keyboard.press("f")
    page.evaluate("studio.favourites.rename(studio.favourites.list()[0], '笑')")
    page.wait_for_function("studio.favourites.list().every(kept => kept.thumb)")
    data = export(page)
    friend = visit()
    friend.wait_for_selector(AWAKE)
    open_file(friend, "favourites.json", data, "application/json")
    friend.wait_for_function("studio.favourites.list().length === 2")
    assert favourites(friend) == favourites(page)
    open_file(friend, "favourites.json", data, "application/json")
    expect(friend.locator(".toast", has_text="already here: 2")).to_be_visible()
    friend.reload()
    friend.wait_for_function("studio.favourites.list().length === 2")


def file_of(*entries, **fields) -> bytes:
    return json.dumps({"format": "latent-studio-favourites", "version": 1, "favourites": entries, **fields}).encode()


GOOD = {"point": {"seed": 1, "model": "a-plain"}, "name": "", "thumb": ""}
DEEP = b'{"format":"latent-studio-favourites","version":1,"favourites":[{"point":' + b'{"blend":' * 50_000


HOSTILE = [
    (b"", "not a file of favourites"),
    (b"[1, 2]", "not a file of favourites"),
    (b"null", "not a file of favourites"),
    (b"\xff\xfe\x00{", "not a file of favourites"),
    (DEEP, "not a file of favourites"),
    (DEEP + b"1" + b"}" * 50_003, "not a file of favourites"),
    (b"[" * 200_000, "not a file of favourites"),
    (file_of(format="other"), "not a file of favourites"),
    (file_of(favourites={"length": 3}), "not a file of favourites"),
    (file_of(GOOD, version="1"), "not a file of favourites"),
    (file_of(GOOD, version=2), "newer version"),
    (file_of(*[GOOD] * 1001), "more than 1000"),
    (file_of({"point": {"seed": -1, "model": "a-plain"}}), "can be read"),
    (file_of({"point": {"seed": 1}}, 7, None, "x", {"point": {"__proto__": {"seed": 1}, "constructor": 1}}), "can be read"),
    (file_of({**GOOD, "name": {"toString": 1}}), "can be read"),
]  # fmt: skip


def test_hostile_favourites_are_refused_in_words(page):
    for data, words in HOSTILE:
        open_file(page, "favourites.json", data, "application/json")
        expect(page.locator(".toast.bad")).to_contain_text(words)
        page.click(".toast.bad")
        assert favourites(page) == []
    put(page, {"seed": 77, "model": "a-plain"})
    settled(page, "point.seed === 77")


def test_bad_entries_are_left_out_and_scripts_stay_words(page):
    script = "<img src=x onerror=\"document.title='owned'\">"
    entries = [
        {**GOOD, "name": script, "thumb": "javascript:alert(1)"},
        {"point": {"seed": 2, "model": script}, "name": "x" * 500, "thumb": "data:image/svg+xml;base64,PHN2Zy8+"},
        {"point": {"seed": 3, "model": "a-plain"}, "thumb": "data:image/png;base64," + "A" * 400_000},
        {"point": {"seed": 4, "model": "a-plain", "moves": "d0"}},
    ]
    open_file(page, "favourites.json", file_of(*entries), "")
    expect(page.locator(".toast", has_text="could not be read: 1")).to_be_visible()
    page.click(".history [data-mode=favourites]")
    expect(page.locator(f"{ENTRIES} .name >> nth=0")).to_have_text(script[:60])
    kept = favourites(page)
    assert [entry["thumb"] for entry in kept][1] == "" and len(kept[1]["name"]) == 60 and len(kept) == 3
    page.click(f"{ENTRIES} >> nth=1")
    expect(page.locator(".toast.bad")).to_contain_text(script)
    assert page.title() != "owned" and page.locator("img[onerror]").count() == 0


def test_without_indexeddb_all_works_until_the_page_closes(visit):
    page = visit()
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new Error('no'); } })")
    page.reload()
    page.wait_for_selector(AWAKE)
    first = painted_point(page)["seed"]
    put(page, {"seed": 8, "model": "a-plain"})
    page.keyboard.press("f")
    page.keyboard.press("Control+z")
    settled(page, f"point.seed === {first}")
    page.click(".history [data-mode=favourites]")
    expect(page.locator(".history .film p")).to_contain_text("keeps nothing")
    assert [kept["point"]["seed"] for kept in favourites(page)] == [8]
