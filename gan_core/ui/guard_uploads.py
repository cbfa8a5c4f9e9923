"""Gradio's reader of uploads, with two holes closed: text fields of any length in memory, and files that nobody will have left behind."""

import contextlib
from functools import wraps
from pathlib import Path

MOST_TEXT = 10_000  # bytes of a field that is no file; there is none in our uploads


def mend() -> None:
    """Change Gradio's reader, once for this process. Raises what Gradio's own does, for long fields too."""
    from gradio.route_utils import GradioMultiPartParser, MultiPartException

    if getattr(GradioMultiPartParser, "mended", False):
        return
    on_part_data, parse = GradioMultiPartParser.on_part_data, GradioMultiPartParser.parse

    @wraps(on_part_data)
    def on_short_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > MOST_TEXT:
            raise MultiPartException("A field is too long.")
        on_part_data(self, data, start, end)

    @wraps(parse)
    async def parse_tidily(self):
        wanted = []
        try:
            form = await parse(self)
            wanted = [sent for name, sent in form.multi_items() if name == "files" and hasattr(sent, "file")]
            for sent in wanted:
                sent.filename = sent.filename if Path(sent.filename or "").name.strip(" .") else "file"
            return form
        finally:  # also when the visitor has left, or was too slow
            for file in self._files_to_close_on_error:
                if not any(sent.file is file for sent in wanted):
                    with contextlib.suppress(OSError):
                        file.close()
                        Path(file.name).unlink(missing_ok=True)

    GradioMultiPartParser.on_part_data, GradioMultiPartParser.parse = on_short_part_data, parse_tidily
    GradioMultiPartParser.mended = True
