"""A judgement finds what is wrong with a take, and nothing where nothing is."""

import numpy as np
import pytest

from viraltracker.audio import EPISODE_RATE_HZ, Clip
from viraltracker.script import Beat, Segment
from viraltracker.speech.tone import ToneEngine
from viraltracker.takes import BeatPlan, Planner, judge
from viraltracker.voices import EngineVoice, VoiceProfile

TEXT = "The harbour is closed, and it has always been closed to the likes of you."
RATE = EPISODE_RATE_HZ


def planned(*segments: Segment, leading_pause_ms: int = 0) -> BeatPlan:
    fed = VoiceProfile("fed", "tone", {"tone": EngineVoice("bass")})
    beat = Beat("01_a", 1, "A", segments or (Segment("fed", TEXT),), leading_pause_ms)
    return Planner({"fed": fed}, {"tone": ToneEngine()}).plan(beat)


def voice(seconds: float, level: float = 0.2, fade_s: float = 0.2) -> np.ndarray:
    """A hum that dies away as a spoken sentence does."""
    time = np.arange(round(seconds * RATE)) / RATE
    envelope = np.clip((seconds - time) / fade_s, 0, 1) ** 2
    return (level * np.sin(2 * np.pi * 150 * time) * envelope).astype(np.float32)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def codes(samples: np.ndarray, plan: BeatPlan | None = None) -> dict[str, str]:
    found = judge(Clip(samples, RATE), plan or planned())
    return {finding.code: finding.severity for finding in found.findings}


def test_a_good_take_is_clean() -> None:
    result = judge(Clip(voice(4.8), RATE), planned())
    assert (result.verdict, result.findings) == ("clean", ())
    assert result.expected_ms == round(len(TEXT) / 15 * 1000)


@pytest.mark.parametrize(
    ("samples", "code", "severity"),
    [
        (voice(1.0), "too-short", "fail"),
        (voice(12.0), "too-long", "warn"),
        (voice(25.0), "too-long", "fail"),
        (np.concatenate([quiet(0.7), voice(4.8)]), "leading-silence", "warn"),
        (np.concatenate([voice(4.8), quiet(1.0)]), "trailing-silence", "warn"),
        (np.concatenate([voice(2.4), quiet(1.8), voice(2.4)]), "inner-silence", "warn"),
        (np.clip(voice(4.8, level=4.0), -1, 1), "clipping", "fail"),
        (quiet(4.8), "silent", "fail"),
        (voice(4.8, level=0.008), "quiet", "warn"),
        (voice(4.8, fade_s=0.0001), "ending-cut", "warn"),
    ],
)
def test_each_fault_is_found(samples: np.ndarray, code: str, severity: str) -> None:
    assert codes(samples).get(code) == severity


def test_planned_pauses_are_no_fault() -> None:
    plan = planned(Segment("fed", TEXT, pause_after_ms=3000), Segment("fed", TEXT), leading_pause_ms=900)
    samples = np.concatenate([quiet(0.9), voice(4.8), quiet(3.0), voice(4.8)])
    assert codes(samples, plan) == {}


def test_a_word_may_take_as_long_as_it_takes() -> None:
    assert codes(voice(2.0), planned(Segment("fed", "No."))) == {}
