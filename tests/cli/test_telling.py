"""Events of the workflow on stderr: progress as lines of a log, the rest word for word, no failures."""

from uuid import UUID

import pytest

from viraltracker.cli.progress import telling
from viraltracker.workflow import (
    ExportProgress,
    SessionReady,
    TakeFailed,
    TakesDropped,
    TakesProgress,
    Warned,
)


def test_events_become_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with telling() as tell:
        tell(SessionReady(UUID(int=7), "Fog", new=True))
        tell(TakesProgress(1, 2, 3, 4))
        tell(TakeFailed("02_reply", 1, "no voice"))
        tell(TakesDropped("1 queued take was dropped."))
        tell(Warned("01_open: too short"))
        tell(ExportProgress(0.4))
    assert tell.takes == 2
    assert capsys.readouterr().err.splitlines() == [
        'New session "Fog", 00000000-0000-0000-0000-000000000007.',
        "1 queued take was dropped.",
        "warning: 01_open: too short",
    ]
