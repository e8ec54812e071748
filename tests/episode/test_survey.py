"""The gain found from kept figures is the gain that the real limiter needs."""

import numpy as np
import pytest

from tests.audio.signals import speech_like
from viraltracker.audio import EPISODE_RATE_HZ, Limiter, Loudness
from viraltracker.episode.mixing import WINDOW
from viraltracker.episode.survey import Gain, Survey
from viraltracker.units import db_to_gain

CEILING_DBTP = -1.5


def surveyed(samples: np.ndarray, aim_lufs: float) -> Gain | None:
    with Survey() as survey:
        for at in range(0, len(samples), WINDOW):
            survey.feed(samples[at : at + WINDOW])
        return survey.gain_for(aim_lufs, CEILING_DBTP)


def heard_lufs(samples: np.ndarray, gain: Gain) -> float:
    limiter, loudness = Limiter(EPISODE_RATE_HZ, db_to_gain(CEILING_DBTP)), Loudness(EPISODE_RATE_HZ)
    loudness.feed(limiter.feed(samples * np.float32(db_to_gain(gain.gain_db))))
    loudness.feed(limiter.finish())
    return loudness.integrated_lufs


@pytest.mark.parametrize("level", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("aim_lufs", [-23.0, -19.0, -14.0])
def test_gain_and_limiter_together_meet_the_aim(level: float, aim_lufs: float) -> None:
    samples = (level * speech_like(EPISODE_RATE_HZ, 15, 3)).astype(np.float32)
    gain = surveyed(samples, aim_lufs)
    assert gain is not None
    assert gain.integrated_lufs == pytest.approx(aim_lufs, abs=0.03)
    assert heard_lufs(samples, gain) == pytest.approx(aim_lufs, abs=0.1)


def test_without_peaks_the_limiter_does_nothing() -> None:
    tone = (0.05 * np.sin(np.arange(EPISODE_RATE_HZ * 5) * 0.1)).astype(np.float32)
    gain = surveyed(tone, -19.0)
    assert gain is not None
    assert gain.limited.most_db == 0


def test_one_click_far_above_all_else_stops_the_gain() -> None:
    samples = (1e-3 * speech_like(EPISODE_RATE_HZ, 10, 4)).astype(np.float32)
    samples[200_000] = 0.9
    gain = surveyed(samples, -19.0)
    assert gain is not None
    assert gain.integrated_lufs < -25
    assert gain.limited.most_db == pytest.approx(12, abs=0.5)


@pytest.mark.parametrize("length", [1, 100, 44_100, 44_100 * 9])
def test_silence_has_no_gain(length: int) -> None:
    assert surveyed(np.zeros(length, dtype=np.float32), -19.0) is None
    assert surveyed(np.full(length, 1e-6, dtype=np.float32), -19.0) is None
