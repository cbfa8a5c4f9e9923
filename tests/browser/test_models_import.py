"""Somebody else's file in a real browser: dropped in, shown as pictures where it leaves a choice, chosen by keyboard, opened."""

import base64

import pytest
import torch
from playwright.sync_api import expect

from tests.importers.author_nets import Conv, trained


@pytest.fixture
def weights_file(tmp_path):
    path = tmp_path / "<b>digits.pth"
    torch.save(trained(Conv(classes=5, size=3, place="after")).state_dict(), path)
    return path


def test_a_file_with_an_open_choice(visit, weights_file, tmp_path):
    page = visit("?tab=models")
    page.locator("[data-view=file]").click()
    panel = page.locator("#panel-models_import")
    expect(panel).to_contain_text("nothing that a file carries is ever run")

    web_page = tmp_path / "page.pt"
    web_page.write_text("<html>")
    panel.locator("[data-part=files]").set_input_files(web_page)
    expect(panel.locator("[role=alert]")).to_contain_text("page.pt is a web page")

    dropped = page.evaluate_handle(
        """([data, name]) => {
            const files = new DataTransfer();
            files.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], name));
            return files;
        }""",
        [base64.b64encode(weights_file.read_bytes()).decode(), weights_file.name],
    )
    panel.locator(".bring-safety").dispatch_event("drop", {"dataTransfer": dropped})  # anywhere on the page
    ways = panel.locator(".bring-way")
    expect(ways).to_have_count(4)
    expect(panel.locator(".field-error")).to_be_hidden()
    expect(ways.first).to_contain_text("Likeliest")
    assert page.evaluate("document.activeElement.textContent") == "Which of these looks right?"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("studio.current() === 'explore' && studio.store.model?.origin === 'imported'")
    model = page.evaluate("studio.store.model.id")

    page.locator("#to-models").click()
    page.locator("[data-view=file]").click()
    row = panel.locator(f"[data-imported='{model}']")
    row.get_by_role("button", name="Choose another way").click()
    expect(ways.nth(1)).to_contain_text("Chosen now")
    row.get_by_role("button", name="Rename").click()
    row.locator("input").fill("Digits <i>")
    page.keyboard.press("Enter")
    expect(row.locator("b")).to_have_text("Digits <i>")
    page.locator("[data-view=here]").click()
    card = page.locator(f"[data-model='{model}']")
    expect(card).to_contain_text("Brought along")
    card.locator("[title=Delete]").click()
    card.get_by_role("button", name="Delete", exact=True).click()
    expect(card).to_have_count(0)
