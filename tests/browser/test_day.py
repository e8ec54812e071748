"""A producer's whole day in the browser, against the real studio: from a pasted script to a measured file."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.audio.judge import decoded, judged

pytestmark = pytest.mark.browser

SCRIPT = """[META]
video_title: The Fog Ledger
project: harbour-tales
default_character: every-coon

[BEAT: 01_open]
name: Fog Rolls In
---
The harbour is closed. [PAUSE: beat]
It has **always** been closed.
[END_BEAT]

[BEAT: 02_reply]
name: The Gull Objects
---
[CHARACTER: wojack]
No no no, my *whole lunch* is out there!
[PAUSE: 700]
[END_BEAT]

[BEAT: 03_rule]
name: Form Twelve F
---
[CHARACTER: fed]
[PACE: deliberate]
Lunch is a permitted use, provided it is filed.
[END_BEAT]
"""
PAUSES_MS = 300 + 700 + 300
MP3_FRAME = 1152
RATE_HZ = 44100
AUDIO = """() => {
  const held = [...document.querySelectorAll('*')].map((node) => node.shadowRoot?.querySelector('audio'));
  return held.find(Boolean);
}"""


def beat(page: Page, name: str) -> Locator:
    return page.locator(".beat").filter(has=page.locator(f".name:text-is('{name}')"))


def sidebar(page: Page, place: str) -> Locator:
    return page.get_by_test_id("stSidebar").get_by_role("link", name=place)


def place(page: Page, name: str) -> None:
    sidebar(page, name).click()
    page.wait_for_url(re.compile(f"/{name.lower()}\\?"))


def write_and_mend(page: Page) -> None:
    """Paste a script with a mistake, be shown where it is, have it mended, save."""
    page.get_by_role("button", name="New session").click()
    page.get_by_label("Script", exact=True).fill(SCRIPT)
    finding = page.locator("[data-card=findings] tr")
    expect(finding).to_contain_text("wojack")
    expect(finding).to_contain_text("16:13")
    expect(page.get_by_role("button", name="Create session · mend 1 error first")).to_be_disabled()
    finding.click()
    expect(page.get_by_text("16:13 · 28 lines")).to_be_visible()
    finding.get_by_role("button", name="Fix").click()
    expect(page.locator("[data-card=findings]")).to_contain_text("No findings")
    expect(page.get_by_label("Script", exact=True)).to_have_value(SCRIPT.replace("wojack", "wojak"))
    page.get_by_role("button", name="Create session", exact=True).click()
    page.wait_for_url(re.compile("/takes"))


def fill(page: Page) -> None:
    """Ask for all takes at once and wait until each can be reviewed."""
    expect(page.locator(".beat .state")).to_have_text(["empty"] * 3)
    page.get_by_role("button", name="Fill gaps and stale (3) · free").click()
    expect(page.locator(".beat .state")).to_have_text(["to review"] * 3)
    expect(page.get_by_role("button", name="Nothing to fill")).to_be_disabled()


def listen(page: Page, name: str) -> None:
    """Play a take: the browser's own clock of the sound goes on, and to its end."""
    beat(page, name).get_by_role("button", name="Play take 1").click()
    page.wait_for_function(f"({AUDIO})()?.currentTime > 0.2")
    expect(beat(page, name).get_by_role("button", name="Pause take 1")).to_be_visible()
    page.wait_for_function(f"({AUDIO})().ended")
    assert page.evaluate(f"({AUDIO})().duration") > 1.0


def revise(page: Page, name: str) -> None:
    """Another take at another pace; its length and its line say what was changed."""
    beat(page, name).locator(".name").click()
    row = beat(page, name)
    pace = row.locator("[data-field=pace]")
    pace.focus()
    for _ in range(3):
        pace.press("ArrowLeft")
    row.get_by_role("button", name=re.compile("New take")).click()
    expect(row.locator(".take")).to_have_count(2)
    expect(row.locator(".take").nth(1)).to_have_attribute("aria-label", re.compile("Take 2"))


def pick_all(page: Page) -> None:
    """Pick with the keys alone; the sidebar's count follows."""
    page.locator(".beat .name").first.focus()
    page.keyboard.press("1")
    expect(sidebar(page, "Takes")).to_contain_text("1 / 3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("1")
    expect(page.locator(".beat .state")).to_have_text(["picked"] * 3)
    expect(sidebar(page, "Takes")).to_contain_text("3 / 3")


def export(page: Page, folder: Path) -> Path:
    """Export, wait for the receipt, take the file away through its link."""
    place(page, "Episode")
    expect(page.get_by_text("Not exported yet")).to_be_visible()
    # Both at once: the page may still move.
    lower_px = page.locator(".lane").first.evaluate(
        "lane => lane.getBoundingClientRect().top"
        " - lane.getRootNode().querySelector('.names .who').getBoundingClientRect().top"
    )
    assert abs(lower_px) <= 2  # a lane stands beside its name, with a waveform or without
    page.get_by_role("button", name="Export", exact=True).click()
    link = page.locator("[data-card=receipts] a")
    expect(link).to_have_count(1)
    expect(page.locator(".wavepane path")).to_have_count(2)
    expect(page.locator(".curvepane path")).to_have_count(1)
    with page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename == "The_Fog_Ledger.mp3"
    file = folder / "episode.mp3"
    download.value.save_as(file)
    return file


def test_a_producers_day(studio, browsing: BrowserContext, tmp_path: Path) -> None:
    page = browsing.new_page()
    page.goto(studio.url)
    expect(page.get_by_text("Lighthouse Diaries")).to_be_visible()  # the example is there from the start
    write_and_mend(page)
    fill(page)
    listen(page, "Fog Rolls In")
    revise(page, "The Gull Objects")
    pick_all(page)
    file = export(page, tmp_path)

    session = page.url.partition("session=")[2]
    takes = {row["beat"]: row for row in studio.command("takes", "list", session)}
    lengths_ms = {name: [take["duration_ms"] for take in row["takes"]] for name, row in takes.items()}
    assert lengths_ms["02_reply"][1] > lengths_ms["02_reply"][0] * 1.1  # slower, as was asked
    planned_ms = sum(lengths_ms[name][row["picked"] - 1] for name, row in takes.items()) + PAUSES_MS

    heard = decoded(file)
    assert abs(len(heard) - planned_ms * RATE_HZ / 1000) <= MP3_FRAME
    measured = judged(heard, RATE_HZ)
    assert abs(measured.integrated_lufs - -19.0) <= 0.3
    assert measured.true_peak_dbtp <= -1.0

    nothing_is_lost(studio, browsing, page)


def nothing_is_lost(studio, browsing: BrowserContext, page: Page) -> None:
    """A refresh, a second tab, and the pages' process killed: all is as it was."""
    page.reload()
    expect(page.locator("[data-card=receipts] a")).to_have_count(1)
    place(page, "Takes")
    second = browsing.new_page()
    second.goto(page.url)
    for tab in (page, second):
        expect(tab.locator(".beat .state")).to_have_text(["picked"] * 3)
    with studio.pages_away():
        pass
    second.reload()
    expect(second.locator(".beat .state")).to_have_text(["picked"] * 3)
    expect(sidebar(second, "Takes")).to_contain_text("3 / 3")
    beat(second, "Fog Rolls In").locator(".name").focus()
    second.keyboard.press("l")
    expect(beat(second, "Fog Rolls In").locator(".state")).to_have_text("locked")
    page.reload()
    expect(beat(page, "Fog Rolls In").locator(".state")).to_have_text("locked")
