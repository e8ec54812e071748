"""Cutting, fading, joining: exact to the sample."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import Clip, fade, faded, join, resample, silence, trim_silence
from viraltracker.units import samples_of

RATE_HZ = 44_100


def ones(length: int, rate_hz: int = RATE_HZ) -> Clip:
    return Clip(np.ones(length, dtype=np.float32), rate_hz)


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(0, 40)), min_size=1, max_size=12), st.integers(0, 40)
)
def test_a_joined_clip_is_as_long_as_its_parts_and_silences(
    rows: list[tuple[int, int]], leading_ms: int
) -> None:
    gaps_ms = [gap for _, gap in rows[:-1]]
    whole = join([ones(n) for n, _ in rows], gaps_ms, leading_ms=leading_ms, fade_ms=0)
    assert whole.length == sum(n for n, _ in rows) + samples_of(leading_ms + sum(gaps_ms), RATE_HZ)
    heard = np.flatnonzero(whole.samples)
    starts = heard[np.flatnonzero(np.diff(heard, prepend=-2) > 1)]
    expected, at, quiet_ms = [], 0, leading_ms
    for (length, _), gap_ms in zip(rows, [*gaps_ms, 0], strict=True):
        expected.append(at + samples_of(quiet_ms, RATE_HZ))
        at, quiet_ms = at + length, quiet_ms + gap_ms
    assert set(starts) <= set(expected)
    assert heard[0] == samples_of(leading_ms, RATE_HZ)


def test_many_odd_gaps_never_drift() -> None:
    whole = join([ones(1)] * 1001, [7] * 1000, fade_ms=0)
    assert whole.length == 1001 + samples_of(7000, RATE_HZ)


def test_parts_are_brought_to_the_rate_and_faded() -> None:
    whole = join([ones(2400, 24_000), ones(RATE_HZ)], [100])
    assert whole.length == 4410 + 4410 + RATE_HZ
    first, second = whole.samples[:4410], whole.samples[8820:]
    for part in (first, second):
        assert abs(part[0]) < 0.01
        assert abs(part[-1]) < 0.01
        assert part[len(part) // 2] == pytest.approx(1, abs=0.01)
    assert not whole.samples[4410:8820].any()


def test_nothing_joined_is_the_leading_silence_alone() -> None:
    assert join([], leading_ms=150).duration_ms == 150
    with pytest.raises(ValueError, match="2 parts need 1 gaps, not 0"):
        join([ones(1), ones(1)])


@given(st.integers(1, 500), st.integers(0, 400), st.integers(0, 400), st.integers(1, 120))
def test_a_fade_is_the_same_in_any_windows(length: int, into: int, out: int, step: int) -> None:
    samples = np.ones(length, dtype=np.float32)
    at_once = faded(samples, 0, length, into, out)
    in_steps = [faded(samples[i : i + step], i, length, into, out) for i in range(0, length, step)]
    assert np.array_equal(at_once, np.concatenate(in_steps))
    assert at_once.min() >= 0
    assert at_once.max() <= 1
    assert samples.min() == 1


def test_a_fade_rises_and_falls_and_leaves_the_middle() -> None:
    shaped = fade(ones(RATE_HZ), 10, 20).samples
    assert np.all(np.diff(shaped[:441]) > 0)
    assert np.all(np.diff(shaped[-882:]) < 0)
    assert np.all(shaped[441:-882] == 1)


@given(st.sampled_from([8000, 16_000, 22_050, 24_000, 48_000]), st.integers(1, 5000))
def test_resampling_keeps_the_duration(rate_hz: int, length: int) -> None:
    clip = resample(ones(length, rate_hz), RATE_HZ)
    assert clip.rate_hz == RATE_HZ
    assert abs(clip.length - length * RATE_HZ / rate_hz) <= 0.5
    assert clip.samples.dtype == np.float32


def test_resampling_keeps_a_tone() -> None:
    time = np.arange(24_000, dtype=np.float64) / 24_000
    clip = resample(Clip(np.sin(2 * np.pi * 1000 * time).astype(np.float32), 24_000), RATE_HZ)
    wanted = np.sin(2 * np.pi * 1000 * np.arange(RATE_HZ) / RATE_HZ)
    assert np.abs(clip.samples - wanted)[2000:-2000].max() < 1e-3
    assert resample(clip, RATE_HZ) is clip


@given(st.integers(0, 3000), st.integers(1, 3000), st.integers(0, 3000))
def test_trimming_takes_only_silence(before: int, loud: int, after: int) -> None:
    samples = np.concatenate([np.zeros(before), np.full(loud, 0.2), np.zeros(after)]).astype(np.float32)
    trimmed = trim_silence(Clip(samples, RATE_HZ), keep_ms=20)
    assert trimmed.length == min(before, 882) + loud + min(after, 882)
    assert np.count_nonzero(trimmed.samples) == loud


def test_a_silent_clip_is_not_trimmed_to_nothing() -> None:
    assert trim_silence(silence(300)).duration_ms == 300
