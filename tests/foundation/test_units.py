"""Milliseconds, samples and decibels: exact where they are whole numbers, and what a producer reads."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.units import clock, db_to_gain, gain_to_db, ms_of, samples_of

spans = st.integers(min_value=0, max_value=24 * 3600 * 1000)


@pytest.mark.parametrize(
    ("span_ms", "rate_hz", "samples"),
    [(0, 44_100, 0), (300, 44_100, 13_230), (1, 44_100, 44), (5, 44_100, 221)],
)
def test_milliseconds_become_samples_rounded_half_up(span_ms: int, rate_hz: int, samples: int) -> None:
    assert samples_of(span_ms, rate_hz) == samples


@given(span_ms=spans, rate_hz=st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100, 48_000]))
def test_samples_give_their_milliseconds_back(span_ms: int, rate_hz: int) -> None:
    assert ms_of(samples_of(span_ms, rate_hz), rate_hz) == span_ms


@given(span_ms=spans, more_ms=spans)
def test_a_longer_span_never_has_fewer_samples(span_ms: int, more_ms: int) -> None:
    samples = samples_of(span_ms, 44_100)
    assert samples <= samples_of(span_ms + more_ms, 44_100)
    assert abs(samples * 1000 - span_ms * 44_100) <= 500


@given(level_db=st.floats(min_value=-200, max_value=60))
def test_decibels_survive_the_way_to_gain_and_back(level_db: float) -> None:
    assert gain_to_db(db_to_gain(level_db)) == pytest.approx(level_db, abs=1e-9)


def test_silence_is_minus_infinity() -> None:
    assert gain_to_db(0.0) == -math.inf
    assert db_to_gain(-math.inf) == 0.0
    assert db_to_gain(0.0) == 1.0


@pytest.mark.parametrize(
    ("span_ms", "read"),
    [(0, "0:00"), (499, "0:00"), (500, "0:01"), (4_000, "0:04"), (760_000, "12:40"), (3_723_000, "1:02:03")],
)
def test_a_length_reads_as_a_clock(span_ms: int, read: str) -> None:
    assert clock(span_ms) == read
