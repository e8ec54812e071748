"""The demo on a real server and in a real browser, for the tests of what is on screen."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    TimeoutError,  # noqa: A004 - Playwright's own
    sync_playwright,
)

from tests.ui.demo.sample import SESSION

RUNNING = re.compile(r"http://127\.0\.0\.1:\d+")
CHECKOUT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
]
# Streamlit asks a deep link's own folder for its health first, and takes the 404 for an answer.
HARMLESS = ("Failed to load resource: the server responded with a status of 404",)


# From one place to another as the browser's own "back" goes: Streamlit stays loaded.
GO = """(address) => {
  sessionStorage.clear();
  history.pushState({}, "", address);
  window.dispatchEvent(new PopStateEvent("popstate"));
}"""


@dataclass
class Tab:
    """A page of the demo with a life of its own, and what Python was told since it began."""

    page: Page
    base: str
    heard: int
    life: str = field(default_factory=lambda: uuid4().hex)

    def open(self, place: str, **query: object) -> Page:
        """Go to a place and wait until its component stands, drawn in this life: a run that the last one
        asked for late may have put its own back.
        """
        self.go(place, **query)
        self.page.wait_for_selector(f"[data-life='{self.life}']", state="attached", timeout=20_000)
        self.page.wait_for_selector(".root", state="attached", timeout=20_000)
        return self.page

    def leave(self) -> None:
        """Go where no component is; what stood there has ended then, its sound too."""
        self.page.mouse.move(0, 0)
        heading = self.page.get_by_role("heading", name="Activity", level=1)
        # What a component tells Python just then asks for its own place, and may win: then go once more.
        for patience_ms in (5_000, 10_000, 30_000):
            self.go("activity")
            with suppress(TimeoutError):
                heading.wait_for(timeout=patience_ms)
                break
        self.page.wait_for_selector(".root", state="detached")

    def go(self, place: str, **query: object) -> None:
        """Go to a place as the browser's own "back" does, and wait for nothing."""
        words = "&".join(
            f"{name}={value}" for name, value in {"session": SESSION, "life": self.life, **query}.items()
        )
        self.page.evaluate(GO, f"/{place}?{words}")

    def told(self) -> list[dict[str, object]]:
        """Events that reached Python, oldest first."""
        return self.wait_told(0)

    def wait_told(self, count: int) -> list[dict[str, object]]:
        """The events, once there are that many."""
        lines = _log(self.base, self.heard + count)
        return [json.loads(line) for line in lines[self.heard :]]


def _log(base: str, at_least: int = 0) -> list[str]:
    with urllib.request.urlopen(f"{base}/demo/log/{at_least}", timeout=20) as answer:  # noqa: S310 - our own
        return json.load(answer)


@pytest.fixture(scope="session")
def demo_url() -> Iterator[str]:
    """The demo, served as the studio is, on a port of its own."""
    command = [sys.executable, "-m", "uvicorn", "tests.ui.demo.asgi:app", "--port", "0", "--no-access-log"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    with subprocess.Popen(
        command, cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        base = next(found[0] for line in server.stderr if (found := RUNNING.search(line)))
        # Nobody reads on, and a full pipe would stop the server.
        drain = subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL)
        yield base
        server.terminate()
        drain.wait(timeout=10)


# Not for the session: Playwright keeps an event loop running in this thread, beside which no async test of
# another file could run.
@pytest.fixture(scope="module")
def chromium(browser_path: Path) -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browsing(chromium: Browser) -> Iterator[BrowserContext]:
    """One producer's browser: its tabs share a cache, so that only the first pays for loading Streamlit."""
    with chromium.new_context(viewport={"width": 1440, "height": 900}) as context:
        yield context


@pytest.fixture(scope="module")
def window(browsing: BrowserContext, demo_url: str) -> Page:
    """The page that a file's tests share, at a place without a component: loading Streamlit takes longest."""
    page = browsing.new_page()
    page.goto(f"{demo_url}/activity?session={SESSION}")
    page.get_by_role("heading", name="Activity", level=1).wait_for()
    return page


@pytest.fixture
def tab(window: Page, demo_url: str) -> Iterator[Tab]:
    """A tab whose place and state are new; the test fails if the browser complained about anything."""
    complaints: list[str] = []

    def wrong(error: Error) -> None:
        complaints.append(str(error))

    def heard(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    window.on("pageerror", wrong)
    window.on("console", heard)
    tab = Tab(window, demo_url, len(_log(demo_url)))
    yield tab
    tab.leave()
    window.emulate_media(color_scheme="null")
    window.remove_listener("pageerror", wrong)
    window.remove_listener("console", heard)
    assert [words for words in complaints if not words.startswith(HARMLESS)] == []
