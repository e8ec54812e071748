"""The other places in the browser: dialogs, a voice's test line, the way from the timeline to a beat."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, expect

from viraltracker.store.embedded import EmbeddedPostgres

pytestmark = pytest.mark.browser

EXAMPLE = Path(__file__).parents[2] / "examples" / "lighthouse-diaries.els"
AUDIO = """() => {
  const held = [...document.querySelectorAll('*')].map((node) => node.shadowRoot?.querySelector('audio'));
  return held.find(Boolean);
}"""


@pytest.fixture(scope="module")
def picked(studio, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A session called Picked whose every beat has its pick; its id."""
    script = tmp_path_factory.mktemp("scripts") / "picked.els"
    script.write_text(re.sub("video_title: .*", "video_title: Picked", EXAMPLE.read_text()))
    made = studio.command("sessions", "new", str(script))
    studio.command("takes", "generate", made["id"], "--missing", "--pick")
    return made["id"]


def opened(browsing: BrowserContext, studio, place: str, session: str = "") -> Page:
    page = browsing.new_page()
    page.goto(f"{studio.url}/{place}" + (f"?session={session}" if session else ""))
    return page


def test_a_clip_opens_its_beat_on_the_board(studio, picked: str, browsing: BrowserContext) -> None:
    page = opened(browsing, studio, "episode", picked)
    clip = page.locator(".clip").nth(2)
    name = (clip.get_attribute("title") or "").partition(",")[0].partition(" ")[2]
    clip.dblclick()
    page.wait_for_url(re.compile(f"/takes\\?session={picked}"))
    expect(page.locator(".beat.open")).to_have_count(1)
    expect(page.locator(".beat.open .name")).to_have_text(name)
    expect(page.locator(".beat.open")).to_be_in_viewport()


def test_a_session_is_renamed_copied_and_put_away(studio, picked: str, browsing: BrowserContext) -> None:
    page = opened(browsing, studio, "")
    dialog = page.get_by_role("dialog")

    def more(title: str) -> None:
        page.locator("tr", has=page.get_by_text(title, exact=True)).get_by_role("button", name="⋯").click()

    more("Picked")
    dialog.get_by_label("Title").fill("Renamed")
    dialog.get_by_label("Title").press("Enter")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Renamed", exact=True)).to_be_visible()
    expect(dialog).to_have_count(0)
    more("Renamed")
    dialog.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_text("Renamed (copy)", exact=True)).to_be_visible()
    more("Renamed (copy)")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Renamed (copy)", exact=True)).to_have_count(0)
    page.get_by_role("radio", name="Trash").click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("The trash is empty.")).to_be_visible()


@contextmanager
def nobody_reads_sessions(studio) -> Iterator[None]:
    """What asks for sessions waits until this ends."""
    server = EmbeddedPostgres.start(studio.data)
    try:
        with psycopg.connect(server.admin_dsn) as connection:
            connection.execute("lock table sessions in access exclusive mode")
            yield
    finally:
        server.stop()


def test_a_click_in_a_dialog_counts_while_the_list_behind_it_looks_again(
    studio, picked: str, browsing: BrowserContext
) -> None:
    page = browsing.new_page()
    with page.expect_websocket() as opening:
        page.goto(f"{studio.url}/?session={picked}")
    asked: WebSocket = opening.value
    page.locator("tbody tr").last.get_by_role("button", name="⋯").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Counted")
    dialog.get_by_label("Title").press("Enter")
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_enabled()
    with nobody_reads_sessions(studio):
        asked.wait_for_event("framesent")  # a look, which waits now
        with asked.expect_event("framesent"):
            save.click()
        asked.wait_for_event("framesent")  # the next look: both are for one run
    expect(page.get_by_text("Counted", exact=True)).to_be_visible()


def test_a_voice_is_heard_moved_and_taken_back(studio, browsing: BrowserContext) -> None:
    page = opened(browsing, studio, "voices")
    page.get_by_role("button", name="Speak the test line of fed").click()
    page.wait_for_function(f"({AUDIO})()?.currentTime > 0.2")
    card = page.get_by_role("region", name="fed")
    card.get_by_label("Speed").focus()
    page.keyboard.press("ArrowRight")
    card.get_by_role("button", name="Save for the next takes").click()
    expect(page.get_by_text("Saved for fed.")).to_be_visible()
    page.get_by_role("button", name="History").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("in use")).to_be_visible()
    dialog.get_by_role("button", name="Use").click()
    expect(page.get_by_text("fed speaks as in version 1 again.")).to_be_visible()
    expect(card.get_by_label("Speed")).to_have_value("0.7")


def test_a_character_is_added(studio, browsing: BrowserContext) -> None:
    page = opened(browsing, studio, "voices")
    page.get_by_role("button", name="Add a character").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Harbour Master")
    dialog.get_by_label("Name", exact=True).press("Tab")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("harbour-master is in the cast")).to_be_visible()
    expect(page.get_by_role("region", name="harbour-master")).to_be_visible()
