"""Gradio without what costs time at each start (an editor's .pyi for every component, web apps that never serve) or for as long as it runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder

IDLE = 0.05  # seconds, as Gradio itself has it on Windows
WRITER = "gradio.component_meta"  # the module with `create_or_modify_pyi`


class NoStubs(MetaPathFinder):
    """Finds Gradio's module that writes stubs, and has it write none. It looks once."""

    def find_spec(self, name, path=None, target=None) -> ModuleSpec | None:
        """Return the module's own spec with its loader's last step changed, None for every other module."""
        if name != WRITER:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def run_without_stubs(module) -> None:
            run(module)
            module.create_or_modify_pyi = lambda *_: None

        spec.loader.exec_module = run_without_stubs
        return spec


def write_no_stubs() -> None:
    """Have Gradio, when it is imported, leave its own folder and ours alone. Does nothing where it is imported already."""
    if WRITER not in sys.modules and not any(isinstance(finder, NoStubs) for finder in sys.meta_path):
        sys.meta_path.insert(0, NoStubs())


def rest_between_calls(page) -> None:
    """Have Gradio's queue look for a program's call every IDLE seconds instead of every millisecond, which takes 7 % of a core for nothing.

    The page's own questions do not go through that queue.
    """
    page._queue.sleep_when_free, page._queue.progress_update_sleep_when_free = IDLE, 2 * IDLE


@contextmanager
def no_app_yet() -> Iterator[None]:
    """While a page is made, Gradio makes its web app three times over; only that of `launch()`, afterwards, ever serves."""
    from gradio.routes import App

    kept = App.__dict__["create_app"]
    App.create_app = staticmethod(lambda *_, **__: None)
    try:
        yield
    finally:
        App.create_app = kept
