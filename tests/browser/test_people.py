"""Two people in one studio: invited, seen at once, not offered what they may not do, and out again."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import RunningStudio, opened_studio
from tests.browser.test_login import ONE, TWO, session_of, signed_in
from tests.login.provider import Provider
from tests.ports import free_port
from tests.postgres import short_folder

pytestmark = pytest.mark.browser

CLOSED = ("script", "voices", "agent", "people")


@pytest.fixture
def studio() -> Iterator[RunningStudio]:
    port, folder = free_port(), short_folder()
    secrets = folder / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    with Provider((ONE, TWO)) as provider:
        secrets.write_text(provider.secrets_toml(f"http://localhost:{port}"))
        with opened_studio(port, folder) as opened:
            yield RunningStudio(opened.process, f"http://localhost:{port}", opened.data)
    shutil.rmtree(folder)


def to(page: Page, place: str) -> None:
    page.get_by_test_id("stSidebar").get_by_role("link", name=re.compile(f"^{place}")).click()


def invite(page: Page, email: str, role: str) -> None:
    to(page, "People")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("radiogroup").get_by_text(re.compile(f"^{role}")).click()
    page.get_by_role("button", name="Invite").click()
    expect(page.locator("[data-card=people]")).to_contain_text("invited, not here yet")


def test_a_reviewer_listens_picks_and_is_seen_at_once(
    studio: RunningStudio, browsing: BrowserContext, chromium: Browser
) -> None:
    with chromium.new_context() as other:
        one = signed_in(browsing, studio, ONE)
        invite(one, TWO.email, "reviewer")
        two = signed_in(other, studio, TWO)
        to(one, "Sessions")
        session = session_of(one)
        one.get_by_role("button", name=re.compile("^Fill gaps")).click()
        expect(one.locator(".beat .take").first).to_be_visible(timeout=60_000)

        two.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").click()
        two.get_by_role("option", name=ONE.name).click()
        two.wait_for_url(re.compile(r"studio="))
        expect(two.get_by_role("button", name="New session")).to_have_count(0)
        expect(two.get_by_text(f"{TWO.name}, reviewer here")).to_be_visible()
        for place in ("Script", "Voices", "Agent", "People"):
            expect(two.get_by_test_id("stSidebar").get_by_role("link", name=place)).to_have_count(0)
        assert session_of(two) == session
        expect(two.get_by_role("button", name="Make the episode")).to_have_count(0)
        expect(two.get_by_role("button", name=re.compile("^Fill gaps"))).to_have_count(0)
        two.locator(".beat .take").first.wait_for()
        two.reload()
        there = two.url.partition("?")[2]
        for place in (*CLOSED, "episode", "activity"):
            two.goto(f"{studio.url}/{place}?{there}")
            two.get_by_role("heading", level=1).wait_for()
            said = two.get_by_text("A reviewer listens").or_(two.get_by_text("Only its owner"))
            expect(said).to_have_count(int(place in CLOSED))
            expect(two.get_by_test_id("stException")).to_have_count(0)
        two.goto(f"{studio.url}/takes?{there}")
        row = two.locator(".beat").first
        row.locator(".take").first.wait_for()
        row.get_by_role("button", name=re.compile("^Pick take")).first.click()
        picked = one.locator(".beat").first.locator('[aria-pressed="true"]')
        expect(picked.first).to_be_visible(timeout=5_000)

        # A link that is clicked while the page is drawn anew for others' picks may be lost.
        expect(one.get_by_test_id("stSidebar").get_by_role("link", name="Takes")).to_contain_text("1 / 5")
        to(one, "Activity")
        expect(one.locator("[data-card=deeds]")).to_contain_text(TWO.name)
        to(one, "People")
        one.get_by_role("button", name="Remove").click()
        expect(one.locator("[data-card=people]")).to_contain_text("Nobody else works here")
        two.reload()
        two.get_by_text("You don't work in this studio").wait_for()
        two.get_by_role("button", name="To my own studio").click()
        two.get_by_role("heading", name="Sessions").wait_for()
