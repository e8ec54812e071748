"""The demo on a real server and in a real browser, for the tests of what is on screen."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

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


@dataclass
class Tab:
    """A page of the demo in a browser of its own, with what Python was told since it was opened."""

    page: Page
    base: str
    heard: int
    complaints: list[str]

    def open(self, place: str, **query: object) -> Page:
        """Go to a place and wait until its component stands."""
        words = "&".join(f"{name}={value}" for name, value in {"session": SESSION, **query}.items())
        self.page.goto(f"{self.base}/{place}?{words}")
        self.page.wait_for_selector(".root", state="attached", timeout=20_000)
        return self.page

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


@pytest.fixture
def tab(browsing: BrowserContext, demo_url: str) -> Iterator[Tab]:
    """A fresh tab; the test fails if the browser complained about anything."""
    page = browsing.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def heard(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    page.on("console", heard)
    yield Tab(page, demo_url, len(_log(demo_url)), complaints)
    page.close()
    assert [words for words in complaints if not words.startswith(HARMLESS)] == []
