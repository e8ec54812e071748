"""The door of a studio where people sign in, with a real provider. Two of them at once: `test_hosted`."""

import re
import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import RunningStudio, opened_studio
from tests.login.provider import Account, Provider
from tests.ports import free_port
from tests.postgres import short_folder

pytestmark = pytest.mark.browser

ONE = Account("subject-1", "one@example.org", "Producer <One>")
TWO = Account("subject-2", "two@example.org", "Producer Two")
STRANGER = Account("subject-3", "stranger@example.com", "A Stranger")
UNKNOWN = Account("subject-4", "one@example.org", "Not <One>", vouched_for=False)

FORGED = "2|1:0|10:1800000000|15:_streamlit_user|4:e30=|" + "0" * 64


@pytest.fixture(scope="module")
def studio() -> Iterator[RunningStudio]:
    """A studio where people sign in. It listens everywhere, as one on a server does."""
    port, folder = free_port(), short_folder()
    secrets = folder / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    with Provider((ONE, TWO, STRANGER, UNKNOWN)) as provider:
        secrets.write_text(provider.secrets_toml(f"http://localhost:{port}"))
        with opened_studio(port, folder, VIRALTRACKER_ADDRESS="0.0.0.0") as opened:  # noqa: S104 - it has a login
            assert opened.url == f"http://localhost:{port}", "as the provider knows it, not as it is bound"
            yield opened
    shutil.rmtree(folder)


def signed_in(context: BrowserContext, studio: RunningStudio, who: Account) -> Page:
    """The front page, after signing in."""
    page = context.new_page()
    page.goto(studio.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who.name).click()
    page.get_by_role("heading", name="Sessions").wait_for()
    expect(page.get_by_text(who.name, exact=True)).to_be_visible()
    return page


def session_of(page: Page) -> str:
    """Open the only session; its id."""
    page.get_by_text("Lighthouse Diaries, Ep 3").first.click()
    page.wait_for_url(re.compile(r"session="))
    return page.url.rpartition("session=")[2].partition("&")[0]


def test_who_has_not_signed_in_sees_the_door_alone(studio: RunningStudio, browsing: BrowserContext) -> None:
    page = browsing.new_page()
    for path in ("/", "/takes", "/voices", "/activity"):
        page.goto(f"{studio.url}{path}")
        page.get_by_role("button", name="Sign in").wait_for()
        assert page.get_by_test_id("stPageLink-NavLink").count() == 0
        assert page.get_by_text("Lighthouse").count() == 0


def test_signing_out_closes_the_door_and_a_forged_cookie_does_not_open_it(
    studio: RunningStudio, browsing: BrowserContext
) -> None:
    page = signed_in(browsing, studio, ONE)
    page.reload()
    page.get_by_role("heading", name="Sessions").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    browsing.add_cookies([{"name": "_streamlit_user", "value": FORGED, "url": studio.url}])
    page.goto(studio.url)
    page.get_by_role("button", name="Sign in").wait_for()


@pytest.mark.parametrize("who", [STRANGER, UNKNOWN], ids=["not on the list", "not vouched for"])
def test_who_may_not_enter_is_told_and_stays_at_the_door(
    studio: RunningStudio, browsing: BrowserContext, who: Account
) -> None:
    page = browsing.new_page()
    page.goto(studio.url)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=who.name).click()
    page.get_by_text(f"You are signed in as {who.email}, who may not enter here.").wait_for()
    assert page.get_by_text("Lighthouse").count() == 0
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()


def test_nobody_puts_files_into_the_studio_from_outside_the_door(
    studio: RunningStudio, browsing: BrowserContext
) -> None:
    def put(cookie: str) -> httpx.Response:
        address, headers = f"{studio.url}/_stcore/upload_file/a/b", {"origin": studio.url, "cookie": cookie}
        return httpx.put(address, headers=headers, content=b"fog")

    signed_in(browsing, studio, ONE)
    theirs = "; ".join(f"{each.get('name')}={each.get('value')}" for each in browsing.cookies())
    assert "_streamlit_user" in theirs
    for cookie in ("", f"_streamlit_user={FORGED}"):
        assert (put(cookie).status_code, put(cookie).text) == (403, "Sign in first.\n")
    assert put(theirs).text != "Sign in first.\n", "it is Streamlit's to answer"


def test_it_goes_by_its_own_name_alone(studio: RunningStudio) -> None:
    address = studio.url.replace("localhost", "127.0.0.1")
    named = httpx.get(f"{address}/health", headers={"Host": "studio.example.org"})
    assert (named.status_code, named.text) == (
        403,
        "The studio doesn't go by that name. Open it as localhost.\n",
    )
    assert httpx.get(f"{address}/health").status_code == 200
