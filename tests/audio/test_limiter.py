"""The limiter holds its ceiling, keeps the length and leaves alone what needs no limiting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import GainRider, Limited, Limiter, TruePeak
from viraltracker.audio.truepeak import AFTER, BEFORE, BLOCK, block_peaks

RATE_HZ = 44_100
CEILING = 10 ** (-1.5 / 20)


def limited(samples: np.ndarray, step: int = 50_000) -> tuple[np.ndarray, Limited]:
    limiter = Limiter(RATE_HZ, CEILING)
    parts = [limiter.feed(samples[at : at + step]) for at in range(0, len(samples), step)]
    parts.append(limiter.finish())
    return np.concatenate(parts), limiter.report


def dbtp(samples: np.ndarray) -> float:
    meter = TruePeak(RATE_HZ)
    meter.feed(samples)
    meter.finish()
    return meter.dbtp


@st.composite
def signals(draw: st.DrawFn) -> np.ndarray:
    """Bursts of noise, tones and clicks up to +18 dB over full scale."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    length = draw(st.integers(1, 20_000))
    time = np.arange(length)
    signal = draw(st.floats(0, 2)) * rng.standard_normal(length)
    signal += draw(st.floats(0, 4)) * np.sin(draw(st.floats(0.01, 2.8)) * time + draw(st.floats(0, 6)))
    gate = np.where((time // draw(st.integers(50, 5000))) % 2, 1.0, 0.02)
    clicks = (rng.random(length) < 0.001) * draw(st.floats(0, 8))
    return (signal * gate + clicks).astype(np.float32)


@given(signals())
def test_no_true_peak_passes_the_ceiling(signal: np.ndarray) -> None:
    result, report = limited(signal)
    assert len(result) == len(signal)
    assert np.abs(result).max() <= CEILING * (1 + 1e-6)
    # The gain moves while the interpolator looks at 24 samples; 0.1 dB covers the steepest ramp.
    assert dbtp(result) <= -1.5 + 0.1
    assert report.most_db == pytest.approx(max(0.0, dbtp(signal) + 1.5), abs=0.6)


@given(signals(), st.integers(1, 3000))
def test_blocks_of_any_size_are_limited_the_same(signal: np.ndarray, step: int) -> None:
    at_once, _ = limited(signal)
    in_steps, _ = limited(signal, step)
    assert np.abs(at_once - in_steps).max() < 1e-4


@given(signals())
def test_what_stays_under_the_ceiling_is_not_touched(signal: np.ndarray) -> None:
    quiet = signal * np.float32(0.9 * CEILING / max(1e-6, 10 ** (dbtp(signal) / 20)))
    result, report = limited(quiet)
    assert np.array_equal(result, quiet)
    assert report == Limited(0.0, 0.0)


def test_the_same_signal_gives_the_same_samples() -> None:
    signal = (np.random.default_rng(0).standard_normal(RATE_HZ) * 0.5).astype(np.float32)
    assert np.array_equal(limited(signal)[0], limited(signal)[0])


def test_the_gain_comes_down_before_a_peak_and_goes_back_after_it() -> None:
    signal = np.full(RATE_HZ, 0.1, dtype=np.float32)
    signal[20_000] = 4.0
    result, report = limited(signal)
    gain = result / signal
    down = np.flatnonzero(gain < 0.999)
    assert 20_000 - 8 * BLOCK < down[0] < 20_000
    assert gain[20_000] == pytest.approx(CEILING / 4, rel=0.1)
    assert np.abs(np.diff(gain)).max() < 0.004
    assert gain[-1] > 0.99
    assert 10 < report.percent < 80


def test_a_rider_on_stored_peaks_does_what_the_limiter_does() -> None:
    signal = (np.random.default_rng(3).standard_normal(100 * BLOCK) * 0.6).astype(np.float32)
    padded = np.pad(signal, (BEFORE, AFTER))
    rider = GainRider(CEILING)
    fed = rider.feed(block_peaks(padded, RATE_HZ))
    gains = np.concatenate([fed, rider.finish()[1:]])[-101:]
    assert len(fed) == 101
    result, _ = limited(signal)
    starts = np.arange(1, 100) * BLOCK
    assert result[starts] == pytest.approx(signal[starts] * gains[1:-1], rel=1e-4, abs=1e-6)
