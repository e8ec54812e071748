"""A hosted studio after docs/hosting.md: a project holds rows and audio, two people, a worker elsewhere."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.audio.judge import decoded, judged
from tests.browser.conftest import RunningStudio, opened_studio
from tests.browser.test_login import ONE, TWO, session_of, signed_in
from tests.login.provider import Provider
from tests.ports import free_port
from tests.postgres import short_folder
from tests.store.gateway import Gateway
from tests.store.project import project
from viraltracker.studio import Person

__all__ = ["project"]

pytestmark = pytest.mark.browser

RATE_HZ = 44100
CLI = [sys.executable, "-m", "viraltracker.cli"]


@pytest.fixture
def gateway(project: str) -> Iterator[Gateway]:
    """The project, once what `migrate --print` writes was pasted into its SQL editor."""
    said = subprocess.run([*CLI, "migrate", "--print"], check=True, capture_output=True, text=True).stdout
    with psycopg.connect(project, autocommit=True) as editor:
        editor.execute(said.encode())
    with Gateway(project) as opened:
        yield opened


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """The studio's and the worker's, as if on two machines."""
    made = short_folder(), short_folder()
    yield made
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def worker_by_hand(folder: Path, **settings: str) -> Iterator[None]:
    """A job worker that nobody's studio started."""
    command = [*CLI, "worker", "--queues", "cloud,gpu,cpu", "--name", "by-hand"]
    with subprocess.Popen(
        command, env={**os.environ, "VIRALTRACKER_DATA": str(folder), **settings}, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def test_two_people_one_project_and_a_worker_elsewhere(
    project: str,
    gateway: Gateway,
    browsing: BrowserContext,
    chromium: Browser,
    folders: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    port, (folder, elsewhere) = free_port(), folders
    supabase = {
        "SUPABASE_URL": gateway.url,
        "SUPABASE_KEY": gateway.key,
        "SUPABASE_JWT_SECRET": gateway.secret,
    }
    with (
        Provider((ONE, TWO)) as provider,
        chromium.new_context() as other,
        worker_by_hand(elsewhere, DATABASE_URL=project, **supabase),
    ):
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(provider.secrets_toml(f"http://localhost:{port}"))
        with opened_studio(port, folder, **supabase) as opened:
            studio = RunningStudio(opened.process, f"http://localhost:{port}", opened.data)
            one, two = signed_in(browsing, studio, ONE), signed_in(other, studio, TWO)
            assert session_of(one) != session_of(two)

            one.get_by_role("button", name="Make the episode").click()
            one.get_by_role("dialog").get_by_role("button", name="Start").click()
            expect(one.locator(".st-key-making")).to_contain_text(
                re.compile(r"The episode is made: \d+:\d\d, -1\d\.\d LUFS"), timeout=180_000
            )
            one.locator(".st-key-making").get_by_role("button", name="To the episode").click()
            with one.expect_download() as coming:
                one.locator("[data-card=receipts] a").click()
            file = tmp_path / "episode.mp3"
            coming.value.save_as(file)
            measured = judged(decoded(file), RATE_HZ)
            assert abs(measured.integrated_lufs - -19.0) <= 0.3
            assert measured.true_peak_dbtp <= -1.0

            two.goto(one.url)
            two.get_by_text("This session is not here").wait_for()
            who = Person(provider.issuer, ONE.subject)
            owners = {name.partition("/")[0] for _, name in gateway.bucket.held}
            assert owners == {str(who.id)}
