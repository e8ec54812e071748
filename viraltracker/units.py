"""Unit types of the studio. Knows numbers only: no audio, no files, no clock.

Every quantity carries its unit in its type or in its name (`pause_ms`, `rate_hz`, `peak_dbtp`), so that
milliseconds and samples can't be mixed by accident.
"""

import math
from typing import NewType

__all__ = ["Dbtp", "Hz", "Lufs", "Ms", "Samples", "clock", "db_to_gain", "gain_to_db", "ms_of", "samples_of"]

Ms = NewType("Ms", int)
"""Whole milliseconds."""
Samples = NewType("Samples", int)
"""A count of sample frames at a rate that stands beside it."""
Hz = NewType("Hz", int)
"""Sample frames a second."""
Lufs = NewType("Lufs", float)
"""Loudness by BS.1770-4, in LUFS; silence is -inf."""
Dbtp = NewType("Dbtp", float)
"""True peak by BS.1770-4 annex 2, in dB relative to full scale; silence is -inf."""


def samples_of(span_ms: int, rate_hz: int) -> Samples:
    """Milliseconds as sample frames, rounded half up, in integers: exact for any length."""
    return Samples((span_ms * rate_hz * 2 + 1000) // 2000)


def ms_of(span: int, rate_hz: int) -> Ms:
    """Sample frames as milliseconds, rounded half up, in integers."""
    return Ms((span * 2000 + rate_hz) // (2 * rate_hz))


def db_to_gain(level_db: float) -> float:
    """Decibels as an amplitude factor; -inf is 0."""
    return float(10.0 ** (level_db / 20.0))


def gain_to_db(gain: float) -> float:
    """An amplitude factor as decibels; 0 is -inf."""
    return 20.0 * math.log10(gain) if gain > 0.0 else -math.inf


def clock(span_ms: int) -> str:
    """Milliseconds as a producer reads them: `0:04`, `12:40`, `1:02:03`."""
    total_s = (span_ms + 500) // 1000
    hours, rest_s = divmod(total_s, 3600)
    minutes, seconds = divmod(rest_s, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
