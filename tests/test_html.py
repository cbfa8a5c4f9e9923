"""The exported page as text: the runtime is the one that page/README.md names, and nothing of a model can become markup."""

import hashlib
import re

from gan_core.checkpoint import load_model
from gan_core.export import html
from tests.tiny_models import save_tiny_model

HOSTILE = "</script><script>alert(1)</script><!-- \\u003c '\""


def test_the_runtime_is_the_one_that_is_named():
    named = (html.PAGE / "README.md").read_text()
    packed = html.lzma.decompress((html.PAGE / html.RUNTIME).read_bytes())
    assert hashlib.sha256(packed).hexdigest() in named
    assert hashlib.sha256((html.PAGE / html.LIBRARY).read_bytes()).hexdigest() in named


def test_texts_of_a_model_stay_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(html, "runtime", lambda: b"")
    save_tiny_model(
        tmp_path / "tiny", title=HOSTILE, data=HOSTILE, licence=HOSTILE, num_classes=2, labels=(HOSTILE, "b")
    )
    told = []
    page = html.to_html(load_model(tmp_path / "tiny"), HOSTILE, tell=lambda done, total: told.append(done)).decode()
    assert told == sorted(told) and told[-1] == 4
    assert "<script>alert" not in page and page.count("</script>") == len(re.findall(r"<script[ >]", page))
    assert "default-src 'none'" in page and "'unsafe-inline'" not in re.search(r"script-src ([^;]*);", page)[1]


def test_sliders_are_those_with_a_name_then_the_strongest(tmp_path):
    save_tiny_model(tmp_path / "tiny")
    model = load_model(tmp_path / "tiny")
    shown, rows = html.sliders(model)
    assert [slider["name"] for slider in shown] == [f"d{i}" for i in range(8)] and rows.shape == (8, 8)
    assert shown[0]["number"] == 1 and shown[0]["text"] is None


def test_from_a_terminal(tmp_path, capsys):
    save_tiny_model(tmp_path / "tiny")
    assert html.main([str(tmp_path / "tiny"), "--out", str(tmp_path / "x.html"), "--seed", "7"]) == 0
    assert (tmp_path / "x.html").stat().st_size < 6e6 and "6.0" not in capsys.readouterr().err
