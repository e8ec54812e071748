"""The real studio in a process of its own, and a real browser that looks at it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.cli.conftest import until
from tests.model.server import ModelServer
from tests.ports import free_port
from tests.postgres import short_folder

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
]
# Streamlit asks a deep link's own folder for its health first, and takes the 404 for an answer. While the
# pages' process is away its browser says in many words that it can't connect.
HARMLESS = re.compile(
    "Failed to load resource|ERR_|Web[Ss]ocket|reaching server|server endpoint|disconnected from server|"
    "not responding|Connection|Is Streamlit still running"
)
WAIT_MS = 20_000
expect.set_options(timeout=WAIT_MS)


@dataclass
class RunningStudio:
    """`viraltracker studio` with a data folder of its own."""

    process: subprocess.Popen[str]
    url: str
    data: Path

    def command(self, *words: str) -> list[dict[str, object]]:
        """What a `viraltracker` command with `--json` says about the same data."""
        line = [sys.executable, "-m", "viraltracker.cli", *words, "--json"]
        environment = {**os.environ, "VIRALTRACKER_DATA": str(self.data)}
        done = subprocess.run(line, env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    @contextmanager
    def pages_away(self) -> Iterator[None]:
        """Kill the pages' process as a crash would; left as soon as its successor answers."""
        (pages,) = self._pages()
        pages.send_signal(signal.SIGKILL)
        pages.wait(timeout=10)
        yield
        until(lambda: self._pages() and self._answers())

    def _pages(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "pages" in _arguments(child)]

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:  # noqa: S310 - our own
                return answer.status == 200
        except OSError:
            return False


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@contextmanager
def opened_studio(
    port: int | None = None, folder: Path | None = None, **settings: str
) -> Iterator[RunningStudio]:
    """The studio as `viraltracker studio` opens it in `folder`, with these settings and data of its own."""
    data = short_folder()
    command = [sys.executable, "-m", "viraltracker.cli", "studio", "--no-browser", "--json"]
    with subprocess.Popen(
        [*command, "--port", str(port or free_port())],
        cwd=folder,
        env={**os.environ, "VIRALTRACKER_DATA": str(data), **settings},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield RunningStudio(process, json.loads(process.stdout.readline())["url"], data)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="session")
def model() -> Iterator[ModelServer]:
    """The model that the studio's agent asks."""
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="session")
def studio(model: ModelServer) -> Iterator[RunningStudio]:
    """The studio, ready; what other tests made is in it."""
    with opened_studio(
        VIRALTRACKER_AGENT_MODEL="stand-in", VIRALTRACKER_AGENT_BASE_URL=model.base_url
    ) as opened:
        yield opened


# A browser lasts no longer than its module: while one is held by Playwright no other test can run a loop.
@pytest.fixture(scope="module")
def chromium(browser_path: Path) -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def browsing(chromium: Browser) -> Iterator[BrowserContext]:
    """One producer's browser; the test fails when a page complained."""
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)

    with chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True) as context:
        context.set_default_timeout(WAIT_MS)
        context.on("page", listen)
        yield context
    assert [words for words in complaints if not HARMLESS.search(words)] == []
