"""Parts become a take: joined with the exact pauses, measured, judged, packed. Pure; runs in a thread."""

import base64
import math
from dataclasses import dataclass

from viraltracker.audio import EPISODE_RATE_HZ, Clip, Loudness, encode_flac, join, peaks
from viraltracker.errors import NonsenseAnswer
from viraltracker.takes.judge import judge
from viraltracker.takes.model import BeatPlan, Judgement

__all__ = ["FADE_MS", "PEAK_BINS", "Finished", "assemble", "finish"]

FADE_MS = 3
"""Fade at every edge of a part: long enough against a click, too short to be heard."""
PEAK_BINS = 160
"""Bars of a take's waveform."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A take's audio as FLAC with all that is kept beside it. `lufs` None: too short or too quiet to say."""

    flac: bytes
    duration_ms: int
    judgement: Judgement
    peaks: str
    lufs: float | None


def assemble(plan: BeatPlan, clips: list[list[Clip]]) -> Clip:
    """A take's audio: leading pause, the segments with their exact pauses; parts of one have none between."""
    parts: list[Clip] = []
    gaps_ms: list[int] = []
    for segment, spoken in zip(plan.segments, clips, strict=True):
        for clip in spoken:
            parts.append(clip)
            gaps_ms.append(0)
        gaps_ms[-1] = segment.pause_after_ms
    return join(
        parts, gaps_ms[:-1], leading_ms=plan.leading_pause_ms, rate_hz=EPISODE_RATE_HZ, fade_ms=FADE_MS
    )


def finish(plan: BeatPlan, clips: list[list[Clip]]) -> Finished:
    """All of a take from its parts, segment by segment. Raises `NonsenseAnswer` when there is no sound."""
    clip = assemble(plan, clips)
    if not clip.length:
        raise NonsenseAnswer("The engine gave no audio at all for this beat. Generate it again.")
    meter = Loudness(clip.rate_hz)
    meter.feed(clip.samples)
    lufs = meter.integrated_lufs
    return Finished(
        flac=encode_flac(clip),
        duration_ms=clip.duration_ms,
        judgement=judge(clip, plan),
        peaks=base64.b64encode(peaks(clip, PEAK_BINS)).decode("ascii"),
        lufs=lufs if math.isfinite(lufs) else None,
    )
