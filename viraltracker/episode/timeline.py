"""From beats to places in samples. Pure: no audio, no files, no clock.

A beat's position is the samples of all takes before it plus the rounded *sum* of the pauses before it. So a
gap is exact to a sample, and however many beats there are, nothing ever drifts.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from viraltracker.audio import EPISODE_RATE_HZ
from viraltracker.episode.model import Chapter, EpisodeBeat, PlacedClip, Timeline
from viraltracker.units import Ms, Samples, ms_of, samples_of

__all__ = ["EDGE_FADE_MS", "lay_out"]

EDGE_FADE_MS: Final = 5
"""Long enough that a take cut out of its room doesn't click, short enough to leave a plosive alone."""


def lay_out(beats: Sequence[EpisodeBeat], *, fade_ms: int = EDGE_FADE_MS) -> Timeline:
    """Beats in a row, each followed by its trailing pause. A clip's source is its beat's id.

    A beat that lasts no time gets no chapter.
    """
    fade = samples_of(fade_ms, EPISODE_RATE_HZ)
    clips: list[PlacedClip] = []
    chapters: list[Chapter] = []
    spoken, paused_ms, start = 0, 0, 0
    for beat in beats:
        if beat.take_length:
            place = PlacedClip(beat.id, Samples(start), beat.take_length, gain_db=beat.gain_db)
            clips.append(replace(place, fade_in=fade, fade_out=fade))
            spoken += beat.take_length
        paused_ms += beat.trailing_pause_ms
        end = spoken + samples_of(paused_ms, EPISODE_RATE_HZ)
        span_ms = ms_of(start, EPISODE_RATE_HZ), ms_of(end, EPISODE_RATE_HZ)
        if span_ms[0] < span_ms[1]:
            chapters.append(_chapter(beat, *span_ms))
        start = end
    return Timeline(tuple(clips), tuple(chapters), Samples(start))


def _chapter(beat: EpisodeBeat, start_ms: Ms, end_ms: Ms) -> Chapter:
    return Chapter(beat.id, beat.number, beat.name or beat.id, beat.characters, start_ms, end_ms)
