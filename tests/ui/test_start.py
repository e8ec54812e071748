"""The application started as people start it: by Streamlit's command and by uvicorn, from any folder."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
ASGI = CHECKOUT / "tests" / "ui" / "demo" / "asgi.py"
STREAMLIT = [sys.executable, "-m", "streamlit", "run", str(ASGI), "--server.port", "0"]
UVICORN = [sys.executable, "-m", "uvicorn", "tests.ui.demo.asgi:app", "--port", "0", "--no-access-log"]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what is refused
WHERE = re.compile(r"http://127\.0\.0\.1:\d+")


def start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def refused(command: list[str], folder: Path) -> str:
    """What a server says that does not start."""
    with start(command, folder) as server:
        try:
            said, _ = server.communicate(timeout=40)
        finally:
            server.kill()
    assert server.returncode not in {0, None}
    return said


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([*UVICORN, "--host", EVERYWHERE], id="uvicorn"),
        pytest.param([*STREAMLIT, "--server.address", EVERYWHERE], id="streamlit"),
        pytest.param(STREAMLIT, id="streamlit without our configuration"),
    ],
)
def test_nobody_opens_the_studio_to_the_network(command: list[str], tmp_path: Path) -> None:
    assert "would open the studio to the network, and it has no login" in refused(command, tmp_path)


def test_where_streamlit_starts_it_its_secrets_are_settings_too(tmp_path: Path) -> None:
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text('VIRALTRACKER_FOG = "dense"\n')
    asgi = str(CHECKOUT / "viraltracker" / "ui" / "asgi.py")
    command = [*STREAMLIT[:4], asgi, "--server.port", "0", "--server.address", "127.0.0.1"]
    assert "VIRALTRACKER_FOG: there is no such setting" in refused(command, tmp_path)


def test_streamlit_runs_the_whole_application_from_any_folder(tmp_path: Path) -> None:
    with start([*STREAMLIT, "--server.address", "127.0.0.1"], tmp_path) as server:
        try:
            assert server.stdout is not None
            base = next(found[0] for line in server.stdout if (found := WHERE.search(line)))
            with urllib.request.urlopen(f"{base}/health", timeout=20) as answer:  # noqa: S310 - our own
                assert answer.read() == b'{"status":"ok"}'
        finally:
            server.terminate()
            if server.stdout is not None:
                server.stdout.read()
    assert server.returncode in {0, -signal.SIGTERM}  # uvicorn ends as it was told to
