"""One press on the Takes page, in the real studio and a real browser: from a script to a master to hear."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

pytestmark = pytest.mark.browser


def test_one_press_makes_the_episode_and_a_second_one_nothing_twice(studio, browsing: BrowserContext) -> None:
    (example,) = [row for row in studio.command("sessions", "list") if "Lighthouse" in str(row["title"])]
    session = str(example["id"])
    page = browsing.new_page()
    page.goto(f"{studio.url}/takes?session={session}")

    page.get_by_role("button", name="Make the episode").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"\d+ beats will be generated: [\d,]+ characters, free"))
    dialog.get_by_role("button", name="Start").click()
    expect(dialog).to_have_count(0)
    strip = page.locator(".st-key-making")
    # The embedded voice may be done before anybody looks; tests/pages see what stands there meanwhile.
    expect(strip).to_contain_text(re.compile("Looking|Generating|Exporting|The episode is made"))

    second = browsing.new_page()  # another tab watches the same run
    second.goto(page.url)
    for tab in (page, second):
        expect(tab.locator(".st-key-making")).to_contain_text(
            re.compile(r"The episode is made: \d+:\d\d, -1\d\.\d LUFS, -\d\.\d dBTP"), timeout=120_000
        )
    takes = studio.command("takes", "list", session)
    assert [len(row["takes"]) for row in takes] == [1] * len(takes)

    page.get_by_role("button", name="Make the episode").click()
    expect(dialog).to_contain_text("Nothing has to be generated")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    strip.get_by_role("button", name="To the episode").click()
    page.wait_for_url(re.compile("/episode"))
    expect(page.locator("[data-card=receipts] a")).to_have_count(1)
