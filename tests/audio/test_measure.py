"""The facts a take is judged by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viraltracker.audio import Clip, fade, levels, peaks

RATE_HZ = 44_100


def tone(span_ms: int, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(np.arange(span_ms * RATE_HZ // 1000) * 0.06)).astype(np.float32)


def quiet(span_ms: int) -> np.ndarray:
    return np.zeros(span_ms * RATE_HZ // 1000, dtype=np.float32)


def clip_of(*parts: np.ndarray) -> Clip:
    return Clip(np.concatenate(parts), RATE_HZ)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_silences_are_found_to_a_frame(before: int, inside: int, after: int) -> None:
    facts = levels(clip_of(quiet(before * 10), tone(300), quiet(inside * 10), tone(300), quiet(after * 10)))
    assert facts.leading_silence_ms == pytest.approx(before * 10, abs=10)
    assert facts.longest_silence_ms == pytest.approx(inside * 10, abs=20)
    assert facts.trailing_silence_ms == pytest.approx(after * 10, abs=10)
    assert facts.duration_ms == (before + inside + after) * 10 + 600


def test_levels_of_a_tone() -> None:
    facts = levels(clip_of(tone(1000), quiet(2000)))
    assert facts.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert facts.active_dbfs == pytest.approx(-9.03, abs=0.2)
    assert facts.silent_ratio == pytest.approx(2 / 3, abs=0.01)
    assert not facts.silent


def test_noise_far_under_the_speech_counts_as_silence() -> None:
    hiss = (np.random.default_rng(1).standard_normal(RATE_HZ) * 0.001).astype(np.float32)
    assert levels(clip_of(tone(500), hiss)).trailing_silence_ms == pytest.approx(1000, abs=10)
    assert levels(clip_of(tone(500, 0.02), hiss)).trailing_silence_ms < 200


@pytest.mark.parametrize("samples", [quiet(500), quiet(0), quiet(500) + np.float32(1e-4)])
def test_silence_is_silent(samples: np.ndarray) -> None:
    facts = levels(Clip(samples, RATE_HZ))
    assert facts.silent
    assert facts.clipped_ratio == 0


def test_clipping_is_counted_in_runs() -> None:
    samples = tone(1000)
    samples[100:110] = 1.0
    samples[5000] = -1.0
    assert levels(Clip(samples, RATE_HZ)).clipped_ratio == pytest.approx(10 / RATE_HZ)


def test_an_ending_that_is_cut_off_is_louder_than_one_that_died_away() -> None:
    cut = levels(clip_of(tone(800)))
    finished = levels(fade(clip_of(tone(800), quiet(60)), 0, 0))
    faded_out = levels(fade(clip_of(tone(800)), 0, 300))
    assert cut.ending_db == pytest.approx(0, abs=1)
    assert faded_out.ending_db < -20
    assert finished.ending_db == -np.inf


@given(st.integers(1, 3000), st.integers(0, 500))
def test_a_picture_shows_every_peak(length: int, bins: int) -> None:
    samples = np.zeros(length, dtype=np.float32)
    samples[length // 2] = -1.0
    drawn = peaks(Clip(samples, RATE_HZ), bins)
    assert len(drawn) == bins
    assert max(drawn, default=255) == 255


def test_an_empty_clip_draws_a_flat_line() -> None:
    assert peaks(Clip(quiet(0), RATE_HZ), 5) == bytes(5)
