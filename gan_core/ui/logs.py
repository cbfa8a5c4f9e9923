"""The log: one line an event, as JSON or in plain words, where `--log` or LATENT_STUDIO_LOG asks for it. Without, warnings only."""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from typing import Literal

from gan_core.errors import StudioError

VARIABLE = "LATENT_STUDIO_LOG"
KINDS = ("json", "plain")
Kind = Literal["json", "plain"]


class Lines(logging.Formatter):
    """{time (ISO 8601, UTC), level, event, …fields} of a record: `log.event`'s own, else what was logged and by which module."""

    def __init__(self, kind: Kind):
        super().__init__()
        self.kind = kind

    def format(self, record: logging.LogRecord) -> str:
        """Return one line; an exception's lines follow it in plain words, and are a field in JSON."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        own = getattr(record, "fields", None)
        event, fields = (
            ("log", {"logger": record.name, "message": record.getMessage()}) if own is None else (record.msg, own)
        )
        trace = self.formatException(record.exc_info) if record.exc_info else ""
        if self.kind == "json":
            fields = {**fields, "trace": trace} if trace else fields
            return json.dumps({"time": time, "level": record.levelname.lower(), "event": event, **fields}, default=str)
        told = " ".join(f"{name}={value}" for name, value in fields.items() if name != "message")
        line = f"{time} {record.levelname.lower()} {event if own is not None else fields['message']} {told}"
        return " ".join(line.split()) + (f"\n{trace}" if trace else "")


def begin(asked: str | None = None) -> None:
    """Set up this process's log as `asked`, else as the environment says. Raises StudioError for another word than json or plain."""
    kind = asked or os.environ.get(VARIABLE, "").strip().lower()
    if kind and kind not in KINDS:
        raise StudioError("app.log", "“{kind}” is no kind of log. Use json or plain.", kind=kind[:40])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(kind) if kind else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("studio").setLevel(logging.INFO if kind else logging.WARNING)
