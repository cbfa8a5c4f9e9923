"""The security headers of every answer: what the page may load, who may show it in a frame, and that a file is never run."""

import base64
import hashlib
import re

from gan_core.ui import limits

SCRIPT = re.compile(rb"<script(?P<attributes>[^>]*)>(?P<text>.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
FRAMES, SPACE_FRAMES = "'self'", "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"
UNUSED = (
    "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer",
    "microphone", "midi", "payment", "serial", "usb",
)  # fmt: skip
FILE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # a file of somebody's, opened by itself: no script, no origin


def headers_of(path: str, page: bytes | None = None) -> dict[str, str]:
    """Return the headers for an answer at `path`; `page` is its HTML, where it is a page, for the scripts that may run there."""
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # links carry a point; other sites need not know it
        "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    }
    if not limits.on_space():
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if page is not None:
        headers["Content-Security-Policy"] = page_policy(page)
    elif path.startswith("/gradio_api/file="):
        headers["Content-Security-Policy"] = FILE
    return headers


def page_policy(page: bytes) -> str:
    """Return the Content-Security-Policy of a page: its own inline scripts by their SHA-256 and this app's files, no other host.

    Gradio makes functions of text (`js_on_load`, templates), hence 'unsafe-eval'; a handler or script that somebody
    smuggles into the page's HTML runs none the less.
    """
    scripts = " ".join(
        dict.fromkeys(_hash(match["text"]) for match in SCRIPT.finditer(page) if b"src=" not in match["attributes"])
    )
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'unsafe-eval' 'wasm-unsafe-eval' {scripts}".rstrip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": SPACE_FRAMES if limits.on_space() else FRAMES,
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(script: bytes) -> str:
    """As a browser counts it: line ends are one sign."""
    text = script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"
