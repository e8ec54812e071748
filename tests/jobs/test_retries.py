"""When a failed job is run again: a pure rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.errors import OutcomeUnknown, ProviderDown, Refused, StoreDown, StudioError, TryLater
from viraltracker.jobs.retries import wait_before_retry_s

BACKOFF_S = (1.0, 5.0, 30.0)


@pytest.mark.parametrize(
    ("error", "attempt", "wait_s"),
    [
        (ProviderDown(), 0, 1.0),
        (StoreDown(), 1, 5.0),
        (ProviderDown(), 2, 30.0),
        (ProviderDown(), 3, None),
        (TryLater(after_s=0.5), 0, 1.0),
        (TryLater(after_s=12), 0, 12.0),
        (TryLater(after_s=12), 2, 30.0),
        (OutcomeUnknown(after_s=60), 0, 60.0),
        (Refused(), 0, None),
        (KeyError("x"), 0, None),
    ],
)
def test_the_wait(error: Exception, attempt: int, wait_s: float | None) -> None:
    assert wait_before_retry_s(error, attempt, BACKOFF_S) == wait_s


@given(
    attempt=st.integers(0, 10),
    after_s=st.floats(0, 1e6),
    backoff_s=st.lists(st.floats(0, 1e6), max_size=8).map(tuple),
)
def test_retries_end_and_never_come_early(attempt: int, after_s: float, backoff_s: tuple[float, ...]) -> None:
    error: StudioError = TryLater(after_s=after_s)
    wait_s = wait_before_retry_s(error, attempt, backoff_s)
    assert (wait_s is None) == (attempt >= len(backoff_s))
    assert wait_s is None or wait_s >= max(after_s, backoff_s[attempt])
