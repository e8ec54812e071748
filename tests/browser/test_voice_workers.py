"""Voice workers in a real browser: a model loaded and heard, a new voice, a take that says who spoke."""

import re
from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import RunningStudio, opened_studio
from tests.worker.conftest import served
from viraltracker.worker.families import ToneFamily

pytestmark = pytest.mark.browser

AUDIO = """() => [...document.querySelectorAll('*')]
  .map((node) => node.shadowRoot?.querySelector('section[aria-label="Voice workers"]')
    && node.shadowRoot.querySelector('audio')).find(Boolean)"""


@pytest.fixture(scope="module")
def studio() -> Iterator[RunningStudio]:
    """A studio that knows a worker."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(served(ToneFamily(), name="gpu-box")) as worker,
        opened_studio(VIRALTRACKER_WORKERS=worker.address) as opened,
    ):
        yield opened


def load_and_hear(page: Page) -> None:
    """The model comes into memory, and its test line sounds."""
    tone = page.get_by_role("group", name="Tone on gpu-box")
    expect(tone).to_contain_text("on disk")
    tone.get_by_role("button", name="Load").click()
    expect(tone).to_contain_text("in memory")
    expect(page.get_by_role("group", name="gpu-box", exact=True)).to_contain_text("places free")
    page.get_by_label("Test line of the voice workers").fill("The gull objects.")
    tone.get_by_role("button", name="Say it").click()
    expect(tone).to_contain_text(re.compile(r"took .* s · .*faster than real time"))
    page.wait_for_function(f"({AUDIO})()?.currentTime > 0.2")
    expect(page.get_by_label("Test line of the voice workers")).to_have_value("The gull objects.")


def choose(page: Page, character: str) -> None:
    """One choice: engine, model and voice."""
    card = page.get_by_role("region", name=character)
    voices = card.get_by_label(f"Voice of {character}")
    expect(voices.locator("option", has_text="Voice workers · Tone: Alto")).to_have_count(1)
    alto = voices.locator("option", has_text="Voice workers · Tone: Alto").get_attribute("value")
    voices.select_option(alto)
    expect(page.get_by_text(f"{character} has a new voice.")).to_be_visible()
    expect(voices).to_have_value(str(alto))


def beat_of(page: Page, character: str) -> Locator:
    return page.locator(".beat").filter(has=page.locator(f".who:text-is('{character}')")).first


def test_a_worker_is_seen_heard_chosen_and_named_by_the_take(
    studio: RunningStudio, browsing: BrowserContext
) -> None:
    (example,) = studio.command("sessions", "list")
    page = browsing.new_page()
    page.goto(f"{studio.url}/voices?session={example['id']}")
    load_and_hear(page)
    choose(page, "fed")
    page.goto(f"{studio.url}/takes?session={example['id']}")
    row = beat_of(page, "fed")
    row.get_by_role("button", name=re.compile("Generate")).click()
    expect(row.locator(".state")).to_have_text("to review")
    row.locator(".name").click()
    expect(row.locator(".made")).to_contain_text(re.compile(r"Take 1 spoken by gpu-box: took "))
