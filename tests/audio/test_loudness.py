"""Our meters against ffmpeg's, and against the figures of EBU Tech 3341 and 3342."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audio.judge import judged
from tests.audio.signals import softened, speech_like, tone
from viraltracker.audio import Loudness, TruePeak, momentary, short_term
from viraltracker.audio.truepeak import AFTER, BEFORE, BLOCK, block_peaks


def measured(samples: np.ndarray, rate_hz: int, step: int = 30_011) -> tuple[float, float, float]:
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    loudness, peak = Loudness(rate_hz, channels), TruePeak(rate_hz, channels)
    for at in range(0, len(samples), step):
        loudness.feed(samples[at : at + step])
        peak.feed(samples[at : at + step])
    peak.finish()
    return loudness.integrated_lufs, loudness.range_lu, peak.dbtp


SIGNALS = {
    "speech 44.1k": (speech_like(44_100, 30, 1), 44_100),
    "speech 24k": (speech_like(24_000, 30, 2), 24_000),
    "speech 22.05k": (speech_like(22_050, 20, 3), 22_050),
    "speech stereo 48k": (np.stack([speech_like(48_000, 20, 4), speech_like(48_000, 20, 5)], 1), 48_000),
    "tone": (softened(tone(44_100, 997, 5, -6)), 44_100),
    "between samples": (softened(tone(44_100, 11_025, 5, -3, math.pi / 4)), 44_100),
    "near the top": (softened(tone(44_100, 18_600, 5, -3, 0.3)), 44_100),
    "noise": (softened(np.random.default_rng(6).standard_normal(44_100 * 10) * 0.1), 44_100),
    "noise 16k": (softened(np.random.default_rng(7).standard_normal(16_000 * 10) * 0.1), 16_000),
}


@pytest.mark.parametrize("name", SIGNALS)
def test_loudness_and_true_peak_agree_with_ffmpeg(name: str) -> None:
    samples, rate_hz = SIGNALS[name]
    integrated_lufs, range_lu, dbtp = measured(samples, rate_hz)
    wanted = judged(samples, rate_hz)
    # ffmpeg prints one decimal.
    assert integrated_lufs == pytest.approx(wanted.integrated_lufs, abs=0.1)
    assert dbtp == pytest.approx(wanted.true_peak_dbtp, abs=0.1)
    assert range_lu == pytest.approx(wanted.range_lu, abs=0.5)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_the_reference_tone_reads_as_the_norm_says(rate_hz: int) -> None:
    stereo = np.stack([tone(rate_hz, 1000, 20, -23)] * 2, axis=1)
    assert measured(stereo, rate_hz)[0] == pytest.approx(-23, abs=0.1)
    assert measured(tone(rate_hz, 1000, 20, -23), rate_hz)[0] == pytest.approx(-26, abs=0.1)


def test_quiet_passages_are_gated_out() -> None:
    parts = [tone(48_000, 1000, s, level) for s, level in [(10, -36), (60, -23), (10, -36)]]
    assert measured(np.concatenate(parts), 48_000)[0] == pytest.approx(-26, abs=0.1)


def test_the_range_of_two_levels_is_their_distance() -> None:
    two = np.concatenate([tone(48_000, 1000, 20, -20), tone(48_000, 1000, 20, -30)])
    assert measured(two, 48_000)[1] == pytest.approx(10, abs=1)


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=20), st.sampled_from([8000, 11_025, 44_100]))
def test_blocks_of_any_size_measure_the_same(sizes: list[int], rate_hz: int) -> None:
    samples = (np.random.default_rng(0).standard_normal(sum(sizes)) * 0.1).astype(np.float32)
    at_once = measured(samples, rate_hz, step=len(samples))
    loudness, peak, at = Loudness(rate_hz), TruePeak(rate_hz), 0
    for size in sizes:
        loudness.feed(samples[at : at + size])
        peak.feed(samples[at : at + size])
        at += size
    peak.finish()
    assert len(loudness.hops) == len(samples) * 10 // rate_hz
    assert (loudness.integrated_lufs, peak.dbtp) == pytest.approx((at_once[0], at_once[2]), abs=1e-3)


def test_silence_and_next_to_nothing_have_no_loudness() -> None:
    for samples in (np.zeros(44_100 * 4), np.full(44_100 // 4, 0.5), np.zeros(0)):
        integrated_lufs, range_lu, _ = measured(samples.astype(np.float32), 44_100)
        assert integrated_lufs == -math.inf
        assert range_lu == 0
    assert measured(np.zeros(1000, dtype=np.float32), 44_100)[2] == -math.inf


def test_the_curves_have_one_value_for_each_window() -> None:
    meter = Loudness(44_100)
    meter.feed(tone(44_100, 1000, 5, -20))
    assert len(momentary(meter.hops)) == 50 - 3
    assert len(short_term(meter.hops)) == 50 - 29
    assert short_term(meter.hops) == pytest.approx(-23, abs=0.1)


def test_sound_after_a_long_silence_is_measured_as_before() -> None:
    loud, gap = tone(44_100, 300, 5, -20), np.zeros(44_100 * 20, dtype=np.float32)
    samples = np.concatenate([loud, gap, loud, gap])
    assert measured(samples, 44_100)[0] == pytest.approx(judged(samples, 44_100).integrated_lufs, abs=0.1)


@given(st.integers(0, 2**31), st.floats(0.01, 3.0), st.integers(1, 4000))
def test_no_true_peak_is_overlooked(seed: int, level: float, length: int) -> None:
    """The meter leaves out what can't matter; measuring everything gives the same."""
    rng = np.random.default_rng(seed)
    samples = (level * rng.standard_normal(length) * rng.random(length) ** 8).astype(np.float32)
    meter = TruePeak(44_100)
    for part in np.array_split(samples, 5):
        meter.feed(part)
    meter.finish()
    blocks = -(-length // BLOCK) + 1
    padded = np.zeros(BEFORE + blocks * BLOCK + AFTER, dtype=np.float32)
    padded[BEFORE : BEFORE + length] = samples
    assert 10 ** (meter.dbtp / 20) == pytest.approx(float(block_peaks(padded, 44_100).max()), rel=1e-5)
    assert 10 ** (meter.dbtp / 20) >= np.abs(samples).max() * (1 - 1e-6)
