"""Parts become a take: joined with the exact pauses, measured, judged. Pure; runs in a thread."""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass

from viraltracker.audio import EPISODE_RATE_HZ, Clip, Loudness, join, peaks
from viraltracker.errors import NonsenseAnswer
from viraltracker.takes.judge import judge
from viraltracker.takes.model import BeatPlan, Judgement

__all__ = ["FADE_MS", "PEAK_BINS", "Measured", "assemble", "measure"]

FADE_MS = 3
"""Fade at every edge of a part: long enough against a click, too short to be heard."""
PEAK_BINS = 160
"""Bars of a take's waveform."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is kept beside a take's audio. `lufs` None: too short or too quiet to say."""

    duration_ms: int
    judgement: Judgement
    peaks: str
    lufs: float | None


def assemble(plan: BeatPlan, clips: Sequence[Clip]) -> Clip:
    """A take's audio from its parts: leading pause, then each segment's parts in a row and its exact pause.

    Raises `NonsenseAnswer` when there is no sound.
    """
    gaps_ms: list[int] = []
    for segment in plan.segments:
        gaps_ms += [0] * (len(segment.keys) - 1) + [segment.pause_after_ms]
    clip = join(
        clips, gaps_ms[:-1], leading_ms=plan.leading_pause_ms, rate_hz=EPISODE_RATE_HZ, fade_ms=FADE_MS
    )
    if not clip.length:
        raise NonsenseAnswer("The engine gave no audio at all for this beat. Generate it again.")
    return clip


def measure(plan: BeatPlan, clip: Clip) -> Measured:
    """Judge a take and take its measures."""
    meter = Loudness(clip.rate_hz)
    meter.feed(clip.samples)
    lufs = meter.integrated_lufs
    return Measured(
        duration_ms=clip.duration_ms,
        judgement=judge(clip, plan),
        peaks=base64.b64encode(peaks(clip, PEAK_BINS)).decode("ascii"),
        lufs=lufs if math.isfinite(lufs) else None,
    )
