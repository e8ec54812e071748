"""Starting this very command anew, in a process as fresh as a new one: the one cure for a broken device."""

import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Final, NoReturn

__all__ = ["start_anew"]

_log = logging.getLogger(__name__)
_COUNT: Final = "_VIRALTRACKER_STARTED_ANEW"
"""Begins with an underscore: what begins like a setting and is none is refused at the start."""
_MOST: Final = 30
_LONGEST_S: Final = 60.0
_SOUND_S: Final = 600.0
"""Who worked for that long before it broke begins with short waits again."""


def start_anew(
    why: str,
    *,
    worked_s: float,
    environ: Mapping[str, str] = os.environ,
    sleep: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Replace this process by a new one with the same arguments; connections break off. Does not return.

    Each time in a row it waits twice as long before, a minute at most: what is broken for good is tried once
    a minute, and says so every time.
    """
    said = environ.get(_COUNT, "0")
    count = min(_MOST, int(said[:9])) if said.isdecimal() and worked_s < _SOUND_S else 0
    wait_s = min(_LONGEST_S, float(2**count) / 2) if count else 0.0
    _log.error("worker.starts_anew", extra={"why": why, "in_s": wait_s})
    sleep(wait_s)
    sys.stdout.flush()
    sys.stderr.flush()
    command = [sys.executable, "-m", "viraltracker.cli", *sys.argv[1:]]
    os.execve(sys.executable, command, {**environ, _COUNT: str(count + 1)})  # noqa: S606 - ourselves
