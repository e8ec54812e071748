"""Time-stretching keeps the pitch, the level and what silence is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from viraltracker.audio import Clip, stretched

RATE_HZ = 24_000


def tone(hz: float, seconds: float) -> Clip:
    times = np.arange(round(RATE_HZ * seconds)) / RATE_HZ
    return Clip((0.5 * np.sin(2 * np.pi * hz * times)).astype(np.float32), RATE_HZ)


def pitch_hz(clip: Clip) -> float:
    spectrum = np.abs(np.fft.rfft(clip.samples * np.hanning(clip.length)))
    return float(np.argmax(spectrum)) * RATE_HZ / clip.length


@pytest.mark.parametrize("speed", [0.25, 0.7, 0.9, 1.2, 1.7, 4.0])
@pytest.mark.parametrize("hz", [110.0, 440.0])
def test_a_tone_keeps_pitch_and_level(hz: float, speed: float) -> None:
    clip = tone(hz, 2.0)
    made = stretched(clip, speed)
    assert made.length == round(clip.length / speed)
    assert pitch_hz(made) == pytest.approx(hz, rel=0.01)
    inner = made.samples[2_000:-2_000]
    assert float(np.sqrt(np.mean(inner**2))) == pytest.approx(0.3536, rel=0.03)


def test_at_its_own_speed_a_clip_is_itself() -> None:
    clip = tone(200.0, 0.3)
    assert stretched(clip, 1.0) is clip


def test_the_same_twice() -> None:
    clip = Clip(np.random.default_rng(1).normal(0, 0.1, 30_000).astype(np.float32), RATE_HZ)
    assert np.array_equal(stretched(clip, 0.8).samples, stretched(clip, 0.8).samples)


@given(some.integers(0, 3_000), some.floats(0.25, 4.0))
def test_silence_of_any_length_stays_silence(length: int, speed: float) -> None:
    made = stretched(Clip(np.zeros(length, np.float32), RATE_HZ), speed)
    assert made.length == (length if speed == 1.0 else round(length / speed))
    assert not made.samples.any()


@given(some.integers(0, 2_500), some.floats(0.25, 4.0), some.integers(0, 99))
def test_nothing_grows_louder_than_it_was_by_much(length: int, speed: float, seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, length).astype(np.float32)
    made = stretched(Clip(samples, RATE_HZ), speed)
    assert made.samples.dtype == np.float32
    assert np.abs(made.samples).max(initial=0.0) <= 1.001


@pytest.mark.parametrize("speed", [0.0, 0.2, 4.5, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        stretched(tone(100.0, 0.1), speed)
