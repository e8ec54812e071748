"""Clips cut, faded, brought to a rate and joined. Pure functions; lengths in samples are exact.

Knows nothing about files, beats or loudness.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
import soxr

from viraltracker.audio.model import EPISODE_RATE_HZ, Clip, Floats
from viraltracker.units import db_to_gain, samples_of

__all__ = ["fade", "faded", "join", "resample", "silence", "trim_silence"]


def resample(clip: Clip, rate_hz: int) -> Clip:
    """The clip at another rate (soxr, HQ); its length is the old one times the ratio, rounded half up."""
    if rate_hz == clip.rate_hz:
        return clip
    length = (clip.length * rate_hz * 2 + clip.rate_hz) // (2 * clip.rate_hz)
    samples = soxr.resample(clip.samples, clip.rate_hz, rate_hz, quality="HQ")[:length]
    return Clip(np.pad(samples, (0, length - len(samples))).astype(np.float32, copy=False), rate_hz)


def silence(span_ms: int, rate_hz: int = EPISODE_RATE_HZ) -> Clip:
    """Nothing, for that long."""
    return Clip(np.zeros(samples_of(span_ms, rate_hz), dtype=np.float32), rate_hz)


def fade(clip: Clip, in_ms: int, out_ms: int) -> Clip:
    """The clip with a raised-cosine fade at each end; fades that don't fit are shortened, never dropped."""
    into, out = samples_of(in_ms, clip.rate_hz), samples_of(out_ms, clip.rate_hz)
    return Clip(faded(clip.samples, 0, clip.length, into, out), clip.rate_hz)


def faded(part: Floats, at: int, whole: int, fade_in: int, fade_out: int) -> Floats:
    """A stretch of a longer sound with that sound's fades: `part` stands at `at` of `whole` samples.

    Fades are lengths in samples. Returns `part` itself where no fade reaches it, else a copy.
    """
    fade_in, fade_out = min(fade_in, whole // 2), min(fade_out, whole // 2)
    end = at + len(part)
    if at >= fade_in and end <= whole - fade_out:
        return part
    result = part.copy()
    if at < fade_in:
        count = min(end, fade_in) - at
        result[:count] *= _rising(at, count, fade_in)
    if end > whole - fade_out:
        count = min(end - (whole - fade_out), len(part))
        result[len(part) - count :] *= _rising(whole - end, count, fade_out)[::-1]
    return result


def trim_silence(clip: Clip, *, below_dbfs: float = -50.0, keep_ms: int = 20) -> Clip:
    """The clip without the quiet before and after it; `keep_ms` of it stay on each side.

    A clip that is quiet throughout comes back as it is: how much of it to keep is not this function's to say.
    """
    loud = np.flatnonzero(np.abs(clip.samples) > db_to_gain(below_dbfs))
    if not len(loud):
        return clip
    keep = samples_of(keep_ms, clip.rate_hz)
    return Clip(clip.samples[max(0, int(loud[0]) - keep) : int(loud[-1]) + 1 + keep], clip.rate_hz)


def join(
    parts: Sequence[Clip],
    gaps_ms: Sequence[int] = (),
    *,
    leading_ms: int = 0,
    rate_hz: int = EPISODE_RATE_HZ,
    fade_ms: int = 5,
) -> Clip:
    """The parts in a row at `rate_hz`, with silence before all and `gaps_ms[i]` of it after part i.

    Every part is brought to the rate and faded at both ends. Part n starts at the samples of all parts
    before it plus the rounded *sum* of the silences before it, so rounding never adds up. There is a gap less
    than parts; `ValueError` otherwise.
    """
    if len(gaps_ms) != max(0, len(parts) - 1):
        raise ValueError(f"{len(parts)} parts need {max(0, len(parts) - 1)} gaps, not {len(gaps_ms)}")
    shaped = [fade(resample(part, rate_hz), fade_ms, fade_ms).samples for part in parts]
    silent = [samples_of(total_ms, rate_hz) for total_ms in accumulate(gaps_ms, initial=leading_ms)]
    spoken = list(accumulate((len(part) for part in shaped), initial=0))
    out = np.zeros(spoken[-1] + silent[-1], dtype=np.float32)
    for part, before, quiet in zip(shaped, spoken, silent, strict=False):
        out[before + quiet : before + quiet + len(part)] = part
    return Clip(out, rate_hz)


def _rising(at: int, count: int, span: int) -> Floats:
    """`count` values from `at` on of a raised cosine that goes from 0 to 1 within `span` samples."""
    phase = (np.arange(at, at + count, dtype=np.float32) + np.float32(0.5)) / np.float32(span)
    rising: Floats = np.float32(0.5) - np.float32(0.5) * np.cos(np.float32(np.pi) * phase)
    return rising
