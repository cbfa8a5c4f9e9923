"""Laptops close and apps are started anew: a tab that slept asks for nothing and wakes to the truth, and a page outlives its app."""

import json

from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.common import free_port
from benchmarks.live import start_app, wait_for
from gan_core.config import TrainConfig
from gan_core.training.run import Run

SLEEP = """asleep => {
    Object.defineProperty(document, "hidden", { get: () => asleep, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def asked(page: Page) -> list[str]:
    """A list that grows by the name of each server function that the page asks from now on."""
    names: list[str] = []

    def note(request):
        if "component_server" in request.url:
            names.append(json.loads(request.post_data)["fn_name"])

    page.on("request", note)
    return names


def test_a_tab_that_slept_asks_for_nothing_and_wakes_to_the_truth(visit, folders):
    run = Run(folders[1] / "slept")
    run.save_config(TrainConfig(data="pixel-faces", out=str(run.path), name="Slept"))
    run.samples_folder.mkdir()
    for step in range(2):
        Image.new("RGB", (96, 64), (90, step * 80, 200)).save(run.samples_folder / f"{step:08d}.webp")
        run.append(
            {"type": "sample", "time": 1.0, "step": step, "images": 40 * step, "elapsed": step, "columns": 6, "rows": 4}
        )
    run.append(
        {
            "type": "progress",
            "time": 1.0,
            "step": 1,
            "images": 40,
            "elapsed": 1.0,
            "remaining": 9.0,
            "progress": 0.1,
            "losses": {},
        }
    )
    with run.lock().acquire():  # as a trainer that is at work
        page = visit("?tab=train")
        state = page.locator(".watch-head .state")
        expect(state).to_have_text("Training")
        page.evaluate(SLEEP, True)
        page.wait_for_timeout(1500)  # what was on its way
        names = asked(page)
        page.wait_for_timeout(4000)  # longer than the pause between two questions
        assert "snapshot" not in names
    run.append({"type": "end", "time": 1e12, "state": "done", "message": "Finished."})
    page.evaluate(SLEEP, False)
    expect(state).to_have_text("Finished")
    run.delete()


def test_a_page_outlives_its_app(browser, folders, tmp_path):
    env = {"GRADIO_SERVER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    app, url = start_app(folders[0], tmp_path / "runs", env)
    url = f"http://127.0.0.1:{env['GRADIO_SERVER_PORT']}/"
    wait_for(url, app)
    context = browser.new_context(locale="en-US")
    page = context.new_page()
    try:
        page.goto(url)
        page.wait_for_selector("#panel-explore .hero.awake")
        app.terminate()
        app.wait(30)
        page.keyboard.press("r")
        expect(page.locator("#toasts .bad")).to_contain_text("The app does not answer")
        app, _ = start_app(folders[0], tmp_path / "runs", env)
        wait_for(url, app)
        painted = page.evaluate("studio.painted")
        page.keyboard.press("r")
        page.wait_for_function("before => studio.painted > before", arg=painted)
    finally:
        context.close()
        app.terminate()
        app.wait(30)
