"""A live stream is never more than its lead ahead of its listener, whatever happens to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import FRAME_MS
from viraltracker.worker.pacing import LEAD_MS, Pacer

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.floats(0.0, 0.3)),
        st.tuples(st.just("pause"), st.floats(0.0, 2.0)),
    ),
    max_size=60,
)


def test_a_stream_begins_with_its_lead_and_then_keeps_time() -> None:
    pacer, now_s, left_s = Pacer(60), 5.0, []
    for _ in range(10):
        now_s += pacer.wait_s(now_s)
        pacer.sent(now_s)
        left_s.append(round((now_s - 5.0) * 1000))
    assert left_s == [0, 0, 0, 20, 40, 60, 80, 100, 120, 140]


@given(steps=STEPS, lead_ms=st.sampled_from([20, 40, 60]))
def test_it_is_never_further_ahead_than_the_lead(steps: list[tuple[str, float]], lead_ms: int) -> None:
    pacer, now_s = Pacer(lead_ms), 0.0
    for what, spent_s in steps:
        if what == "pause":
            ahead_s = pacer.ahead_s(now_s)
            pacer.pause(now_s)
            now_s += spent_s
            assert pacer.ahead_s(now_s) == pytest.approx(ahead_s), "a held listener hears nothing"
            pacer.resume(now_s)
        else:
            now_s += spent_s
        now_s += pacer.wait_s(now_s)
        pacer.sent(now_s)
        assert pacer.ahead_s(now_s) <= lead_ms / 1000 + 2e-6


def test_what_comes_late_is_heard_at_once_and_nothing_is_caught_up_with_a_burst() -> None:
    pacer = Pacer(LEAD_MS)
    for at_s in (0.0, 0.0, 0.0):
        pacer.sent(at_s)
    pacer.sent(1.0)
    assert pacer.ahead_s(1.0) == pytest.approx(FRAME_MS / 1000)
    pacer.sent(1.0)
    pacer.sent(1.0)
    assert pacer.wait_s(1.0) == pytest.approx(0.02)


def test_a_frame_is_late_from_the_moment_it_might_have_left() -> None:
    pacer = Pacer(60)
    assert pacer.late_s(9.0) == 0
    for at_s in (0.0, 0.0, 0.0):
        pacer.sent(at_s)
    assert pacer.late_s(0.02) == pytest.approx(0)
    assert pacer.late_s(0.05) == pytest.approx(0.03)


def test_a_listener_that_threw_all_away_starts_anew() -> None:
    pacer = Pacer(LEAD_MS)
    for _ in range(3):
        pacer.sent(0.0)
    assert pacer.wait_s(0.0) > 0
    pacer.restart()
    assert pacer.wait_s(0.0) == 0
    assert pacer.ahead_s(0.0) == 0
