"""The one widget the tabs are made of: a gr.HTML with its own page fragment, script and checked server functions."""

import functools
import inspect
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import anyio.to_thread
import gradio as gr

from gan_core.log import event
from gan_core.ui import faults, visitor
from gan_core.ui.caller import calling
from gan_core.ui.requests import arguments

STATIC = Path(__file__).parent / "static"
GENERAL = {
    "error": {
        "code": "unexpected",
        "message": "Something went wrong here. Nothing is lost; please try again.",
        "facts": {},
    }
}

log = logging.getLogger(__name__)


class Panel(gr.HTML):
    """A part of the page: `static/<name>.html` is its markup, `static/<name>.js` its script, `functions` what the script may ask.

    Each function becomes `api.<function name>({…})` in the script. Its arguments are checked against its annotations
    (`requests.arguments`); a StudioError arrives in the browser as data, anything else is logged and becomes a general sentence.
    """

    def __init__(self, name: str, functions: Iterable[Callable] = (), **kwargs):
        super().__init__(
            html_template=(STATIC / f"{name}.html").read_text(encoding="utf-8"),
            js_on_load=(STATIC / f"{name}.js").read_text(encoding="utf-8"),
            server_functions=[answering(function) for function in functions],
            apply_default_css=False,
            elem_id=f"panel-{name}",
            elem_classes=["studio-panel"],
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"

    def get_config(self) -> dict[str, Any]:
        """As Gradio tells it, found once: a panel never changes, and every new session asks, which cost 30 ms."""
        if "told" not in self.__dict__:
            self.told = super().get_config()
        return dict(self.told)


def answering(function: Callable) -> Callable:
    """Wrap a function so that it takes one JSON object and returns {"ok": result} or {"error": {code, message, facts}}.

    Every page says in `visitor` whose it is; a function without such an argument finds it in `caller.caller()`.
    """
    run = function if inspect.iscoroutinefunction(function) else functools.partial(_in_thread, function)
    told = "visitor" in inspect.signature(function).parameters

    async def answer(sent: Any = None) -> dict:
        try:
            with calling(visitor.asking(sent)):
                if not told and isinstance(sent, dict):
                    sent = {name: value for name, value in sent.items() if name != "visitor"}
                return {"ok": await run(**arguments(function, sent))}
        except Exception as error:
            said = faults.in_words(error)
            event("request.failed", function=function.__name__, code=said.code if said else "unexpected")
            if said is not error:
                log.exception("%s failed", function.__name__)
            if said is None:
                return GENERAL
            facts = {name: str(value) for name, value in said.facts.items()}
            return {"error": {"code": said.code, "message": str(said), "facts": facts}}

    answer.__name__ = function.__name__
    return answer


async def _in_thread(function: Callable, **values: Any) -> Any:
    return await anyio.to_thread.run_sync(functools.partial(function, **values))
