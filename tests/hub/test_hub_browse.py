"""Looking for models on the Hub, with the real client against a stand-in that lies, dawdles and never ends."""

import io

import pytest
from PIL import Image

from gan_core.hub import browse
from gan_core.hub.browse import PAGE, TAG, TASK, Query, look, search, small_picture
from tests.hub.refusal import failure
from tests.hub_standin import Fault


def picture(size=(64, 64), kind="webp") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 90, 30)).save(file, kind)
    return file.getvalue()


OURS = {"config.json": b"{}", "model.safetensors": b"weights", "preview.webp": picture()}
FACTS = {
    "tags": [TAG, "license:mit"],
    "library_name": TAG,
    "likes": 3,
    "downloads": 42,
    "lastModified": "2026-05-04T03:02:01.000Z",
}


def test_a_page_has_every_fact(hub):
    commit = hub.add("ann/faces", OURS, facts=FACTS | {"cardData": {"license": "cc0-1.0"}})
    hub.add("ann/text", {"pytorch_model.bin": b""})
    page = search(Query())
    assert page.cursor == ""
    assert page.found == (
        browse.Found("ann/faces", "ours", commit, "cc0-1.0", 42, 3, "2026-05-04", private=False, gated=False),
    )


def test_scopes_words_and_authors(hub):
    hub.add("ann/faces", OURS, facts=FACTS)
    hub.add("bob/faces-gan", {"G.pkl": b""}, facts={"pipeline_tag": TASK})
    hub.add("bob/talk", {"notes.txt": b""})

    def names(**query):
        return sorted(found.repo_id for found in search(Query(**query)).found)

    assert names() == ["ann/faces"]
    assert names(scope="task") == ["bob/faces-gan"]
    assert names(scope="all") == ["ann/faces", "bob/faces-gan", "bob/talk"]
    assert names(scope="all", words=" FACES ") == ["ann/faces", "bob/faces-gan"]
    assert names(scope="all", author="bob", words="gan") == ["bob/faces-gan"]


def test_what_can_be_opened_is_marked(hub):
    hub.add("a/ours", OURS, facts=FACTS)
    hub.add("a/pickle", {"network-snapshot.pkl": b""})
    hub.add("a/mixin", {"config.json": b"{}", "model.safetensors": b""}, facts={"tags": ["bert"]})
    hub.add("a/empty", {"README.md": b""}, facts=FACTS)
    kinds = {found.repo_id: found.kind for found in search(Query(scope="all")).found}
    assert kinds == {"a/ours": "ours", "a/pickle": "foreign", "a/mixin": "foreign", "a/empty": "none"}


def test_pages_follow_each_other_to_the_end(hub):
    for number in range(2 * PAGE + 5):
        hub.add(f"ann/faces-{number}", OURS, facts=FACTS | {"downloads": number})
    seen, cursor = [], ""
    for _ in range(3):
        page = search(Query(cursor=cursor))
        seen += [found.downloads for found in page.found]
        cursor = page.cursor
    assert cursor == "" and sorted(seen) == list(range(2 * PAGE + 5)) and len(page.found) == 5


def test_a_next_page_elsewhere_is_not_visited(hub, monkeypatch):
    hub.add("ann/faces", OURS, facts=FACTS)
    asked = browse.ask
    links = iter(
        [
            '<http://169.254.169.254/latest?cursor=abc>; rel="next"',
            '<http://[>; rel="next"',
            "<x>;rel=next",
            "nonsense",
            '<?cursor=a b"c>; rel="next"',
        ]
    )

    def lying(*args, **options):
        answer = asked(*args, **options)
        return browse.Answer(answer.body, {"link": next(links)})

    monkeypatch.setattr(browse, "ask", lying)
    assert [search(Query()).cursor for _ in range(5)] == ["abc", "", "", "", ""]
    hub.requests.clear()
    monkeypatch.undo()
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    hub.repos["ann/faces"].facts["tags"] = [TAG]
    assert search(Query(cursor="0")).found and hub.requests == [("GET", "/api/models")]


@pytest.mark.parametrize(
    "facts",
    [
        {"downloads": -1, "likes": 1e300}, {"downloads": 10**30, "likes": "many"}, {"downloads": True, "likes": None},
        {"lastModified": 7, "cardData": [1]}, {"cardData": {"license": {"x": 1}}, "lastModified": "yesterday"},
    ],
)  # fmt: skip
def test_absurd_facts_are_left_out(hub, facts):
    hub.add("ann/faces", OURS, facts={"tags": [TAG], **facts})
    (found,) = search(Query()).found
    assert (found.downloads, found.likes, found.updated, found.licence) == (None, None, "", "")


def test_strange_lists(hub, monkeypatch):
    def answering(body: bytes):
        monkeypatch.setattr(browse, "ask", lambda *args, **options: browse.Answer(body, {}))

    for body in (b"{}", b"null", b"<html>", b"[" * 200_000, b"\xff"):
        answering(body)
        assert failure(search, Query()).code == "hub.unavailable"
    answering(
        b'[null, 3, {}, {"id": 7}, {"id": "../../etc"}, {"id": "a/b/c"}, {"id": "<b>/x"}, {"id": "a\\\\b"}, '
        b'{"id": "ok/one", "siblings": "x", "tags": 5, "gated": "manual"}, {"id": "ok/two", "siblings": [1, {}, {"rfilename": 3}]}]'
    )
    assert [(found.repo_id, found.kind, found.gated) for found in search(Query()).found] == [
        ("ok/one", "none", True),
        ("ok/two", "none", False),
    ]


def test_a_licence_of_letters_only(hub):
    hub.add(
        "ann/faces", OURS, facts=FACTS | {"cardData": {"license": "other", "license_name": "<script>\n" + "x" * 500}}
    )
    (found,) = search(Query()).found
    assert found.licence.startswith("<script> xxx") and len(found.licence) == 40


def test_details(hub):
    commit = hub.add("ann/faces", {**OURS, "preview.webp": picture((900, 300)), "extra.zip": bytes(5000)})
    details = look("ann/faces")
    assert (details.commit, details.weights) == (commit, ("model.safetensors",))
    assert details.size == sum(len(data) for data in OURS.values()) - len(OURS["preview.webp"]) + len(
        picture((900, 300))
    )
    with Image.open(io.BytesIO(details.preview)) as shown:
        assert shown.format == "WEBP" and shown.size == (320, 107)


def test_file_names_that_lead_elsewhere_are_left_out(hub):
    bad = ["../x.pkl", "/etc/x.pkl", "a/../../x.pkl", "..\\x.pkl", "C:x.pkl", "a//x.pkl", "a/\nx.pkl", "./x.pkl"]
    hub.add("ann/gan", {**dict.fromkeys(bad, b"1"), "sub/good.pkl": b"1234", "ok.pt": b"12"})
    details = look("ann/gan")
    assert details.weights == ("ok.pt", "sub/good.pkl") and details.size == 6


@pytest.mark.parametrize("size", [-5, None, "many", 10**30, 1.5])
def test_sizes_that_are_none(hub, size):
    hub.add("ann/faces", OURS, announced={"model.safetensors": size})
    assert look("ann/faces").size is None


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"<svg onload=alert(1)>", picture()[:40], b"GIF89a" + bytes(100), picture((1, 1), "bmp")]
)
def test_a_preview_that_is_none(hub, data):
    hub.add("ann/faces", {**OURS, "preview.webp": data})
    assert look("ann/faces").preview == b""


def test_a_preview_that_swells(monkeypatch):
    monkeypatch.setattr(browse, "MAX_PIXELS", 1000)
    assert small_picture(picture((64, 64))) == b"" and small_picture(picture((30, 30)))


def test_a_preview_larger_than_announced_is_not_read(hub):
    hub.add("ann/faces", OURS, announced={"preview.webp": 10})
    hub.faults.append(Fault("endless", where="GET .*preview"))
    assert look("ann/faces").preview == b""
    hub.repos["ann/faces"].announced = {"preview.webp": 10**9}
    hub.requests.clear()
    look("ann/faces")
    assert hub.downloads() == []


@pytest.mark.parametrize("kind", ["endless", "stall", "hang", "truncate"])
@pytest.mark.parametrize("call", [lambda: search(Query(), timeout=0.5), lambda: look("ann/faces", timeout=0.5)])
def test_answers_without_an_end_are_cut(hub, kind, call):
    hub.add("ann/faces", OURS, facts=FACTS)
    hub.faults.append(Fault(kind, where="GET /api/models"))
    assert failure(call).code in ("hub.offline", "hub.unavailable", "hub.broken_off")


@pytest.mark.parametrize("fault", [Fault("status", status=503), Fault("status", status=429), Fault("html")])
def test_a_hub_that_makes_no_sense(hub, fault):
    hub.faults.append(fault)
    assert failure(search, Query()).code == "hub.unavailable"


def test_no_network(hub):
    assert failure(search, Query(), endpoint="http://127.0.0.1:9").code == "hub.offline"


def test_private_models_are_found_with_a_token_only(hub):
    hub.add("ann/secret", OURS, facts=FACTS, private=True, readers=frozenset({"hf_ann"}))
    hub.tokens.add("hf_eve")
    assert search(Query()).found == search(Query(), token="hf_eve").found == ()
    (found,) = search(Query(), token="hf_ann").found
    assert found.private and look("ann/secret", token="hf_ann").preview
    assert failure(look, "ann/secret").code == "hub.not_found"
    assert failure(look, "ann/secret", token="hf_eve").code == "hub.private"


def test_a_token_of_the_computer_is_not_sent_where_none_is_wanted(hub, monkeypatch):
    hub.add("ann/secret", OURS, facts=FACTS, private=True, readers=frozenset({"hf_ann"}))
    monkeypatch.setenv("HF_TOKEN", "hf_ann")
    assert search(Query()).found and not search(Query(), token=False).found
    monkeypatch.setenv("SPACE_ID", "ann/studio")
    assert not search(Query()).found
