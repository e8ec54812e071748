"""A voice worker as a process of its own, which can be killed."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class VoiceProcess:
    """`viraltracker worker serve`, once it listens; its stderr goes to a file."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        self.log = folder / "voice-worker.log"
        command = [sys.executable, "-m", "viraltracker.cli", "worker", "serve", "--json", "--metrics", ""]
        # Only its packs are looked for there; a test's own folder may be too long a path for a studio's data.
        told = {**os.environ, "VIRALTRACKER_DATA": os.environ["HOME"], **environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=told, stdout=subprocess.PIPE, stderr=log
            )
        assert self.process.stdout is not None
        self._said: dict[str, Any] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """What it says when it listens, which is waited for."""
        if self._said is None:
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            self._said = json.loads(line)
            assert "address" in self._said, line
        return self._said

    @property
    def address(self) -> str:
        """Where it listens."""
        return str(self.said["address"])

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self._ended()

    def end(self) -> int:
        """End it as its administrator would; its exit code."""
        self.process.terminate()
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


Starting = Callable[..., VoiceProcess]


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Starting]:
    """Starts worker processes; none outlives its test. Options as `--name=ada`, environment as keywords."""
    started: list[VoiceProcess] = []

    def start(*options: str, **environment: str) -> VoiceProcess:
        folder = tmp_path / f"worker-{len(started)}"
        folder.mkdir()
        started.append(VoiceProcess(folder, *options, **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()
