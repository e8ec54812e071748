"""A script being written, in a real studio and browser: what is typed outlives what befalls the page."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

pytestmark = pytest.mark.browser

SCRIPT = """[META]
video_title: The Unsaved Ledger
project: harbour-tales
default_character: fed

[BEAT: 01_open]
name: Fog Rolls In
---
[CHARACTER: wojack]
The harbour is closed.
[END_BEAT]
"""


def test_an_unsaved_script_outlives_a_refresh_and_a_crash_of_the_pages(
    studio, browsing: BrowserContext
) -> None:
    page = browsing.new_page()
    page.goto(studio.url)
    page.get_by_role("button", name="New session").click()
    editor = page.get_by_label("Script", exact=True)
    finding = page.locator("[data-card=findings] tr").filter(has_text="wojack")
    editor.fill(SCRIPT)
    expect(finding).to_be_visible()

    page.reload()
    expect(page.locator(".statusline")).to_contain_text("What was typed here before is back")
    expect(editor).to_have_value(SCRIPT)
    expect(finding).to_be_visible()  # Python has it again, too

    with studio.pages_away():
        finding.get_by_role("button", name="Fix").click()
    expect(page.get_by_role("alert").filter(has_text="may not have reached")).to_be_visible(timeout=60_000)
    expect(editor).to_have_value(SCRIPT)
    finding.get_by_role("button", name="Fix").click()
    expect(page.get_by_role("alert").filter(has_text="may not have reached")).to_be_hidden()
    expect(editor).to_have_value(SCRIPT.replace("wojack", "wojak"))
    page.get_by_role("button", name="Create session", exact=True).click()
    page.wait_for_url(re.compile("/takes"))
    expect(page.locator(".beat")).to_have_count(1)

    page.get_by_test_id("stSidebar").get_by_role("link", name="Sessions").click()
    page.get_by_role("button", name="New session").click()
    expect(editor).to_have_value("")
