"""One HTML file that is the whole model: sliders, seeds, morphs and travelling in any browser, without a network.

    python -m gan_core.export.html faces-style --out faces.html

ONNX Runtime Web (MIT, WASM) runs the model on one thread. Everything is inlined; a policy in the page forbids every request
and every script that is not the page's own. `page/` holds the template; `page/README.md` says where the runtime came from.
"""

import base64
import functools
import gzip
import hashlib
import html
import json
import lzma
import re
from pathlib import Path

import numpy as np

from gan_core import __version__, sharing
from gan_core.errors import StudioError
from gan_core.export import marks
from gan_core.export.onnx import Mapping, Picture, Tell, drawable, example, exported
from gan_core.export.page_words import WORDS
from gan_core.latent.directions import direction, ensure_directions
from gan_core.latent.known import KNOWN
from gan_core.models.base import Generator

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("random.js", "space.js", "model.js", "png.js", "app.js", "controls.js")  # one module, in this order
RUNTIME, LIBRARY = "ort-wasm-simd-threaded.wasm.xz", "ort.wasm.bundle.min.mjs"
MOST_SLIDERS = 24
POLICY = "default-src 'none'; script-src {scripts} 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"


def to_html(model: Generator, name: str = "", seed: int = 0, tell: Tell | None = None) -> bytes:
    """The page as UTF-8. `name` is what points call the model, `seed` the first picture; `tell(done, total)` hears of the steps.

    Raises StudioError as `export.onnx.to_onnx` does: the graphs inside are compared with PyTorch first.
    """
    tell = tell or (lambda done, total: None)
    network = drawable(model)
    tell(0, 4)
    inputs = example(network, "code", "truncation", "moves")
    synthesis = exported(Picture(network), inputs, "picture", half=True, batches=(1,))
    tell(1, 4)
    data = {"synthesis": synthesis}
    if type(network).mapping is not Generator.mapping:
        data["mapping"] = exported(Mapping(network), example(network, "z"), "code", half=True, batches=(1,))
    tell(2, 4)
    shown, rows = sliders(model)
    data |= {"directions": rows.astype("<f4").tobytes(), "runtime": runtime()}
    tell(3, 4)
    page = assembled(facts(network, shown, name, seed), data)
    tell(4, 4)
    return page


def sliders(model: Generator) -> tuple[list[dict], np.ndarray]:
    """What the page's sliders are called, those with a name first, and their directions [k, code_dim]."""
    found = [f"d{i}" for i in range(len(ensure_directions(model)))]
    named = [entry for entry in model.named if not entry.hidden]
    skipped = {entry.name for entry in model.named}
    titles = {entry.name: entry.title for entry in named}
    names = [*titles, *(name for name in found if name not in skipped)][:MOST_SLIDERS]
    shown = [
        {"name": name, "text": _text(name, titles.get(name, "")), "number": int(re.sub(r"\D", "", name) or 0) + 1, "own": name.startswith("own-")}
        for name in names
    ]  # fmt: skip
    rows = [direction(model, name).detach().cpu().float().numpy() for name in names]
    return shown, np.stack(rows) if rows else np.zeros((0, model.code_dim), np.float32)


def _text(name: str, title: str) -> tuple[str, str] | None:
    """(English, Chinese) of a slider: a person's own words, else the known name; None where only a number tells them apart."""
    known = KNOWN.get(name)
    return known if known and title in ("", known[0]) else (title, title) if title else None


def facts(model: Generator, shown: list[dict], name: str, seed: int) -> dict:
    """Everything the page knows of the model besides its numbers, JSON-ready."""
    config = model.config
    labels = [*config.labels] or [str(number) for number in range(config.num_classes)]
    card = {
        "data": config.data, "licence": sharing.licence(config.sharing)[0] or config.licence,
        "people": sharing.PEOPLE.get(str(config.sharing.get("people")), ""), "made": f"{marks.APP} {__version__}",
    }  # fmt: skip
    return {
        "title": config.title or config.name or config.family, "name": name or config.name, "app": f"{marks.APP} {__version__}",
        "resolution": config.resolution, "channels": config.channels, "z_dim": config.z_dim, "code_dim": model.code_dim,
        "gaussian": model.gaussian, "classes": config.num_classes, "labels": labels, "pixel_art": config.pixel_art, "seed": seed,
        "directions": shown, "card": [(key, value) for key, value in card.items() if value], "words": WORDS,
        "xmp": marks.xmp("0" * 32).decode(),
    }  # fmt: skip


@functools.cache
def runtime() -> bytes:
    """ONNX Runtime's WASM, gzipped as every browser can unpack it. Raises StudioError when the file is missing or damaged."""
    try:
        return gzip.compress(lzma.decompress((PAGE / RUNTIME).read_bytes()), 9, mtime=0)
    except (OSError, lzma.LZMAError):
        raise StudioError("export.page_runtime", "A part of the app is missing or damaged: {file}. Install it again.", file=RUNTIME) from None  # fmt: skip


def library() -> str:
    """ONNX Runtime Web's script, which offers itself as `ort` instead of exporting names."""
    text = (PAGE / LIBRARY).read_text(encoding="utf-8")
    start, names = re.search(r"export\{([^{}]*)\};\s*(?://#.*)?\s*$", text).start(), None
    names = re.findall(r"([\w$]+) as ([\w$]+)", text[start:])
    offered = ",".join(f'"{public}":{private}' for private, public in names)
    return f"{text[:start]}globalThis.ort={{{offered}}};"


def assembled(facts: dict, data: dict[str, bytes]) -> bytes:
    """The template filled in. Text of a model is escaped in the markup and inert in the JSON; scripts are known by their hash."""
    own = "\n".join((PAGE / name).read_text(encoding="utf-8") for name in SCRIPTS)
    scripts = [_safe_script(library()), _safe_script(own)]
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts)
    json_text = json.dumps(facts, ensure_ascii=True).replace("<", "\\u003c")
    blocks = [f'<script type="application/json" id="facts">{json_text}</script>']
    blocks += [
        f'<script type="text/plain" id="{name}">{base64.b64encode(part).decode()}</script>'
        for name, part in data.items()
    ]
    parts = {
        "csp": POLICY.format(scripts=hashes), "generator": html.escape(facts["app"]), "title": html.escape(facts["title"]),
        "style": (PAGE / "style.css").read_text(encoding="utf-8"), "loading": "…",
        "licence": html.escape((PAGE / "LICENSE-onnxruntime.txt").read_text(encoding="utf-8")),
        "data": "\n".join(blocks), "scripts": "\n".join(f'<script type="module">{s}</script>' for s in scripts),
    }  # fmt: skip
    template = (PAGE / "template.html").read_text(encoding="utf-8")
    return re.sub(r"@(\w+)@", lambda found: parts[found[1]], template).encode()


def _safe_script(text: str) -> str:
    """A script that the HTML parser takes for one script."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", text, flags=re.IGNORECASE)


def main(argv=None) -> int:
    """Write a page from a terminal; return the exit status."""
    from gan_core.export.terminal import parser, write

    cli = parser("gan_core.export.html", "A model as one HTML file that runs in any browser.")
    cli.add_argument("--seed", type=int, default=0, help="the first picture (default 0)")
    options = cli.parse_args(argv)
    return write(options, ".html", lambda model, tell: to_html(model, seed=options.seed, tell=tell))


if __name__ == "__main__":
    raise SystemExit(main())
