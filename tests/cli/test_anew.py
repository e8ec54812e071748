"""A voice worker whose device is broken becomes a new process in the place of the old one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.cli.anew import start_anew

ROOT = Path(__file__).parents[2]
# What stands in a worker's own process when its device breaks: its arguments, and what it holds.
BREAKS = """
import ctypes, sys, threading
from viraltracker.cli.anew import start_anew
held = bytearray(200_000_000)
for at in range(0, len(held), 4096):
    held[at] = 1
sys.argv[1:] = ["worker", "serve", "--json", "--engine=tone", "--default=tone/tone",
                "--address=127.0.0.1:0", "--metrics="]
# A poisoned device is told from its own thread, beside others, of which one may never come back from C.
threading.Thread(target=ctypes.CDLL(None).pause, daemon=True).start()
breaks = threading.Thread(target=start_anew, args=["the device broke"], kwargs={"worked_s": 1.0})
breaks.start()
breaks.join()
"""


class _Left(Exception):
    """Instead of the wait, after which there is no way back."""


def waits_s(environ: dict[str, str], worked_s: float) -> float:
    """How long it waits before it begins anew."""
    waited: list[float] = []

    def leave(wait_s: float) -> None:
        waited.append(wait_s)
        raise _Left

    with pytest.raises(_Left):
        start_anew("broken", worked_s=worked_s, environ=environ, sleep=leave)
    return waited[0]


def test_the_same_process_serves_again_with_nothing_of_before(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as errors:
        broken = subprocess.Popen(
            [sys.executable, "-c", BREAKS],
            cwd=ROOT,
            env={**os.environ, "VIRALTRACKER_DATA": os.environ["HOME"]},
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        assert broken.stdout is not None
        said = json.loads(broken.stdout.readline())
        assert said["models"] == ["tone/tone"]
        anew = psutil.Process(broken.pid)
        assert "serve" in anew.cmdline()
        assert anew.environ()["_VIRALTRACKER_STARTED_ANEW"] == "1"
        assert anew.memory_info().rss < 190_000_000
    finally:
        broken.terminate()
        assert broken.wait(20) == 0
        if broken.stdout is not None:
            broken.stdout.close()


def test_what_stays_broken_is_tried_less_and_less_often() -> None:
    counts = [str(count) for count in range(10)]
    waited = [waits_s({"_VIRALTRACKER_STARTED_ANEW": count}, worked_s=1.0) for count in counts]
    assert waited == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_who_worked_well_for_long_does_not_wait() -> None:
    assert waits_s({"_VIRALTRACKER_STARTED_ANEW": "9"}, worked_s=601.0) == 0


@given(st.text(), st.floats(0, 1e9))
def test_whatever_stands_in_the_environment_a_wait_is_a_minute_at_most(said: str, worked_s: float) -> None:
    assert 0 <= waits_s({"_VIRALTRACKER_STARTED_ANEW": said}, worked_s) <= 60
