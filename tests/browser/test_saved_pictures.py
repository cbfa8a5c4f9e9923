"""Every saved picture and every link can come back; what only pretends to is refused in words, and the app stays on its feet."""

import base64
import io
import json
import struct
import threading
import urllib.parse
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from benchmarks.live import running_app
from gan_core.errors import StudioError
from gan_core.export import to_png
from gan_core.latent.point import Blend, LatentPoint, Mix
from tests.browser.test_explore import PICTURE, painted_point, settled

AWAKE = "#panel-explore .hero.awake"
GREY = np.full((8, 8, 3), 128, np.uint8)
PLACE = LatentPoint(
    mix=Mix((LatentPoint(seed=1), LatentPoint(seed=2, label=1)), (0.25, 0.75)),
    moves=(("d0", 1.5), ("d2", -0.25)),
    truncation=0.75,
    model="b-classes",
)
DROP = """([name, kind, data]) => {
    const files = new DataTransfer(), bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
    files.items.add(new File([bytes], name, { type: kind }));
    for (const type of ["dragenter", "dragover", "drop"]) {
        if (type === "drop" && !document.querySelector(".drop-cover")) throw new Error("no cover");
        document.querySelector("main").dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: files }));
    }
    if (document.querySelector(".drop-cover")) throw new Error("the cover stays");
}"""


def drop(page, data: bytes, name: str = "picture.png", kind: str = "image/png") -> None:
    page.evaluate(DROP, [name, kind, base64.b64encode(data).decode()])


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_with(note: bytes, keyword: bytes = b"latent-studio", packed: bool = False) -> bytes:
    """A PNG whose iTXt chunk says `note`."""
    buffer = io.BytesIO()
    Image.fromarray(GREY).save(buffer, "PNG")
    plain = buffer.getvalue()
    text = keyword + b"\0" + bytes([packed, 0]) + b"\0\0" + (zlib.compress(note) if packed else note)
    return plain[:33] + chunk(b"iTXt", text) + plain[33:]


def note(point, **fields) -> bytes:
    return json.dumps({"app": "Latent Studio", "point": point, **fields}).encode()


def still_here(page, before: dict) -> None:
    """Nothing was changed, and the app still does what it is told."""
    assert painted_point(page) == before
    page.evaluate("studio.store.set({ seed: 4242, model: 'a-plain' })")
    settled(page, "point.seed === 4242")


def test_picture_to_point_to_picture_through_the_browser(page):
    page.evaluate("point => studio.store.set(point)", json.loads(PLACE.to_json()))
    settled(page, "point.truncation === 0.75")
    before = page.evaluate(PICTURE)
    page.click("#panel-explore [data-act=save]")
    with page.expect_download() as caught:
        page.click(".menu button:has-text('own 16')")
    first = Path(caught.value.path()).read_bytes()
    page.evaluate("studio.store.set({ seed: 3, model: 'c-pixels' })")
    settled(page, "point.seed === 3")
    drop(page, first)
    settled(page, "point.truncation === 0.75")
    assert LatentPoint.from_json(painted_point(page)) == PLACE and page.evaluate(PICTURE) == before
    page.click("#panel-explore [data-act=save]")
    with page.expect_download() as caught:
        page.click(".menu button:has-text('own 16')")
    assert Path(caught.value.path()).read_bytes() == first
    page.click(".toast button:has-text('Undo')")
    settled(page, "point.seed === 3")


@pytest.mark.parametrize("tab", ["morph", "grid", "models"])
def test_a_picture_dropped_on_another_tab_opens_explore(visit, tab):
    page = visit(f"?tab={tab}")
    page.wait_for_function("studio.store.models.length")
    drop(page, to_png(GREY, PLACE), kind="")
    page.wait_for_selector(AWAKE)
    settled(page, "point.model === 'b-classes'")


def test_the_train_tab_keeps_its_drops(visit):
    page = visit("?tab=train")
    page.wait_for_function("studio.store.models.length")
    with pytest.raises(Exception, match="no cover"):
        drop(page, to_png(GREY, PLACE))
    assert page.evaluate("studio.current()") == "train"


def test_a_picture_is_chosen_or_pasted(page):
    with page.expect_file_chooser() as chooser:
        page.click(".history [data-act=open]")
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": to_png(GREY, PLACE)})
    settled(page, "point.model === 'b-classes'")
    data = base64.b64encode(to_png(GREY, LatentPoint(seed=6, model="c-pixels"))).decode()
    page.evaluate(
        """data => {
            const files = new DataTransfer();
            files.items.add(new File([Uint8Array.from(atob(data), letter => letter.charCodeAt(0))], "p.png", { type: "image/png" }));
            document.body.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: files }));
        }""",
        data,
    )
    settled(page, "point.seed === 6")


def test_text_that_another_program_packed_or_moved_is_found(page):
    place = {"seed": 12, "model": "a-plain"}
    drop(page, png_with(note(place), packed=True))
    settled(page, "point.seed === 12")
    image = Image.fromarray(np.random.RandomState(0).randint(0, 256, (300, 300, 3), np.uint8))  # many chunks come first
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    end = buffer.getvalue()[-12:]
    text = chunk(b"iTXt", b"latent-studio\0\0\0\0\0" + note({"seed": 13, "model": "a-plain"}))
    drop(page, buffer.getvalue()[:-12] + text + end)
    settled(page, "point.seed === 13")


SCRIPT = "<img src=x onerror=\"document.title='owned'\">"
DEEP = b'{"point":' + b'{"blend":{"a":' * 20_000


HOSTILE = [
    (png_with(note({"seed": 1, "model": "runs/far-away"})), "needs the model “far-away”, which is not here"),
    (png_with(note({"seed": 1, "model": "hub/someone/their-model"})), "someone/their-model from the Hugging Face Hub"),
    (png_with(note({"seed": 1, "model": SCRIPT})), "<img src=x"),
    (png_with(note({"seed": 1})), "which is not here"),
    (png_with(note({"seed": 1}, model="only-the-note-says")), "only-the-note-says"),
    (png_with(note({"seed": -1, "model": "a-plain"})), "damaged"),
    (png_with(note({"seed": 1, "model": "a-plain", "moves": SCRIPT})), "damaged"),
    (png_with(note({"seed": 1, "model": "a-plain", "moves": [["d0", 1e9]]})), "damaged"),
    (png_with(b'{"point": {"seed": NaN, "model": "a-plain"}}'), "damaged"),
    (png_with(b'{"point": {"seed": 1e999, "model": "a-plain"}}'), "damaged"),
    (png_with(note({"seed": 1, "model": "a-plain", "owner": "x"})), "damaged"),
    (png_with(note([1])), "damaged"),
    (png_with(b"null"), "damaged"),
    (png_with(b"\xff\xfe{"), "damaged"),
    (png_with(b""), "damaged"),
    (png_with(DEEP), "damaged"),
    (png_with(DEEP + b"1" + b"}}" * 20_000 + b"}"), "damaged"),
    (png_with(b"[" * 1_000_000), "damaged"),
    (png_with(b" " * 2_100_000), "damaged"),
    (png_with(b" " * 30_000_000, packed=True), "damaged"),
    (png_with(note({"seed": 1, "model": "a-plain"}), packed=True)[:90], "damaged"),
    (png_with(note({"vector": "AAAA" * 40_000, "model": "a-plain"})), "damaged"),
    (png_with(note({"vector": [0] * 5, "model": "a-plain"})), "5 latent numbers"),
    (png_with(note({"seed": 1, "model": "a-plain", "moves": [[SCRIPT, 1]]})), "no direction called “<img"),
    (to_png(GREY), "not saved here"),
    (png_with(note({"seed": 1}), keyword=b"somebody-else"), "not saved here"),
    (to_png(GREY, PLACE)[:40], "not saved here"),
    (b"\x89PNG\r\n\x1a\n", "not saved here"),
    (b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffiTXtlatent-studio\0", "damaged"),
    (b"\xff\xd8\xff\xe0 a photo", "not saved here"),
    (b"", "not saved here"),
]  # fmt: skip


def test_hostile_pictures_are_refused_in_words(page):
    before = painted_point(page)
    for data, words in HOSTILE:
        drop(page, data)
        expect(page.locator(".toast.bad")).to_contain_text(words)
        page.click(".toast.bad")
        assert painted_point(page) == before and page.evaluate("studio.store.point") == before
    still_here(page, before)
    assert page.title() != "owned" and page.locator("img[onerror]").count() == 0


def test_a_foreign_file_is_refused_and_a_foreign_picture_may_be_looked_for(page):
    drop(page, b"MZ", name="setup.exe", kind="application/x-msdownload")
    expect(page.locator(".toast.bad")).to_contain_text("neither a picture nor")
    page.evaluate("() => { studio.takePhoto = file => { window.taken = file.name; }; }")
    drop(page, to_png(GREY), name="me.png")
    page.click(".toast button:has-text('Find it')")
    assert page.evaluate("window.taken") == "me.png"


# --- links --------------------------------------------------------------------------------------------------------


def linked(point) -> str:
    return "?point=" + urllib.parse.quote(point if isinstance(point, str) else json.dumps(point))


def test_the_link_leads_back_and_says_nothing_else(visit, app):
    page = visit("?__sign=secret", permissions=["clipboard-read", "clipboard-write"])
    page.wait_for_selector(AWAKE)
    page.evaluate("point => studio.store.set(point)", json.loads(PLACE.to_json()))
    settled(page, "point.truncation === 0.75")
    page.click("#panel-explore [data-act=link]")
    page.wait_for_selector(".toast")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(app + "?point=") and "secret" not in link and "&" not in link
    friend = visit(link.removeprefix(app))
    friend.wait_for_selector(AWAKE)
    assert LatentPoint.from_json(painted_point(friend)) == PLACE
    assert friend.evaluate(PICTURE) == page.evaluate(PICTURE)


def test_a_place_too_long_for_a_link_offers_a_picture_and_survives_a_reload(page):
    styles = [{"point": {"seed": i, "moves": [["d0", 1.123456789]] * 20}, "first": 0, "stop": 1} for i in range(30)]
    page.evaluate("point => studio.store.set(point)", {"seed": 1, "model": "a-plain", "styles": styles})
    settled(page, "point.styles?.length === 30")
    page.wait_for_timeout(300)
    assert "point=" not in page.url
    page.click("#panel-explore [data-act=link]")
    expect(page.locator(".toast.bad")).to_contain_text("too long")
    page.click(".toast button:has-text('Save picture')")
    page.wait_for_selector(".menu button:has-text('512')")
    page.keyboard.press("Escape")
    here = painted_point(page)
    page.reload()
    page.wait_for_selector(AWAKE)
    assert painted_point(page) == here


NO_POINTS = [
    "",
    "nonsense",
    "7",
    "[1]",
    '{"seed": NaN, "model": "a-plain"}',
    '{"seed": 1e999, "model": "a-plain"}',
    {"seed": "1", "model": "a-plain"},
    {"seed": 1.5, "model": "a-plain"},
    {"seed": 1, "vector": [1], "model": "a-plain"},
    {"seed": 1, "model": ["a-plain"]},
    {"seed": 1, "model": "a-plain", "moves": 5},
    {"seed": 1, "model": "a-plain", "moves": {"find": 1}},
    {"seed": 1, "model": "a-plain", "moves": [["d0", "1"]]},
    {"seed": 1, "model": "a-plain", "truncation": SCRIPT},
    {"seed": 1, "model": "a-plain", "styles": [None]},
    {"mix": {"points": [{"seed": 1}], "weights": [0.5]}, "model": "a-plain"},
    '{"model":"a-plain","mix":' + '{"points":[{"mix":' * 1500,
    json.dumps({"model": "a-plain", "blend": {"a": 1, "b": 2, "t": 0.5}}),
]  # fmt: skip


def test_only_points_count_as_points(page):
    texts = [point if isinstance(point, str) else json.dumps(point) for point in NO_POINTS]
    assert page.evaluate("texts => texts.map(studio.points.parse)", texts) == [None] * len(texts)
    for text in texts:
        with pytest.raises(StudioError):  # the app is of the same opinion
            LatentPoint.from_json(text)


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ("nonsense", "damaged or incomplete"),
        ({"seed": 1, "model": "a-plain", "moves": 5}, "damaged or incomplete"),
        ('{"model":"a-plain","mix":' + '{"points":[{"mix":' * 1500, "damaged or incomplete"),
        ({"seed": 1}, "needs the model “–”"),
        ({"seed": 1, "model": SCRIPT}, "needs the model “<img"),
        ({"seed": 1, "model": "../../etc"}, "needs the model “../../etc”"),
        ({"seed": 1, "model": "a-plain", "moves": [[SCRIPT, 1]]}, "no direction called “<img"),
        ({"vector": [0.5] * 3000, "model": "a-plain"}, "3000 latent numbers"),
        ({"seed": 1, "model": "b-classes", "label": 77}, "no class number 77"),
        ({"seed": 1, "model": "a-plain", "styles": [{"point": {"seed": 2}, "first": 3, "stop": 9}]}, "no layer 9"),
    ],
)  # fmt: skip
def test_hostile_links_end_in_words(visit, point, words):
    page = visit(linked(point))
    page.wait_for_selector(AWAKE)
    expect(page.locator(".toast.bad")).to_contain_text(words)
    still_here(page, painted_point(page))
    page.keyboard.press("Control+z")
    page.wait_for_function("studio.store.point.seed !== 4242")
    assert page.title() != "owned" and page.locator("img[onerror]").count() == 0


def nested(levels: int) -> dict:
    point = LatentPoint(seed=1)
    for i in range(levels):
        point = LatentPoint(blend=Blend(point, LatentPoint(seed=i), 0.5))
    return json.loads(point.to_json())


def test_a_link_may_be_as_deep_as_a_point_may_be(visit):
    page = visit(linked({**nested(8), "model": "a-plain"}))
    page.wait_for_selector(AWAKE)
    assert "blend" in painted_point(page)
    deeper = {"blend": {"a": nested(8), "b": {"seed": 1}, "t": 0.5}, "model": "a-plain"}
    page = visit(linked(deeper))
    expect(page.locator(".toast.bad")).to_contain_text("damaged or incomplete")


class SubPath(BaseHTTPRequestHandler):
    """Hands /studio/… on to the app, and shows any other address as a page of somebody else's with the app in a frame."""

    app = ""

    def do_GET(self):
        self.answer(None)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["content-length"] or 0)))

    def answer(self, body):
        if not self.path.startswith("/studio"):
            frame = f'<iframe src="http://127.0.0.1:{self.server.server_port}/studio/{self.path[1:]}" width=1200 height=800>'
            return self.send(200, {"content-type": "text/html"}, frame.encode())
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection", "accept-encoding")}
        asked = urllib.request.Request(
            self.app + self.path.removeprefix("/studio").lstrip("/"), body, headers, method=self.command
        )
        try:
            with urllib.request.urlopen(asked) as got:
                self.send(got.status, got.headers, got.read())
        except urllib.error.HTTPError as error:
            self.send(error.code, error.headers, error.read())

    def send(self, status, headers, body):
        self.send_response(status)
        self.send_header("content-type", headers.get("content-type", "text/plain"))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_links_work_under_a_sub_path_inside_a_frame_of_another_site(browser, folders, tmp_path):
    weights, _ = folders
    server = ThreadingHTTPServer(("127.0.0.1", 0), SubPath)
    root = f"http://127.0.0.1:{server.server_port}/studio"
    with running_app(weights, tmp_path, {"GRADIO_ROOT_PATH": root, "OMP_NUM_THREADS": "1"}) as (_, url):
        SubPath.app = url
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.goto(f"http://localhost:{server.server_port}/{linked({'seed': 31, 'model': 'c-pixels'})}")
        frame = page.frame_locator("iframe")
        frame.locator(AWAKE).wait_for()
        inside = page.frames[1]
        settled(inside, "point.seed === 31 && point.model === 'c-pixels'")
        assert inside.evaluate("studio.store.link().href").startswith(f"{root}/?point=")
        inside.evaluate("studio.store.set({ seed: 32, model: 'a-plain' })")
        settled(inside, "point.seed === 32")
        inside.evaluate("studio.store.undo()")
        settled(inside, "point.seed === 31")
        context.close()
    server.shutdown()
