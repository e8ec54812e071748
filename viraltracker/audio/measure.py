"""What a take's judgement and its picture need to know: silences, levels, clipping, the ending, peaks.

Pure functions over one clip. Whether a figure is good or bad is not said here.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from viraltracker.audio.model import Clip, Floats
from viraltracker.units import Ms, db_to_gain, gain_to_db, ms_of

__all__ = ["Levels", "Waveform", "levels", "peaks"]

_FRAME_MS: Final = 10
_QUIETEST_DBFS: Final = -60.0
_BELOW_SPEECH_DB: Final = 35.0
_SPEECH_GATE_DB: Final = 20.0
_ENDING_MS: Final = 8
_CLIPPED: Final = 0.9995
"""Just under full scale: 16-bit files clip at 32767/32768, some encoders a little lower."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Measured facts of one clip. Silence: 10 ms frames under -60 dBFS or 35 dB under the active level.

    `active_dbfs` is the RMS of the frames within 20 dB of the loudest, so pauses don't count; -inf for
    silence. `clipped_ratio` counts samples in runs of two or more at full scale. `ending_db` is the level of
    the last 8 ms against the active level: cut-off speech ends near 0 dB, a finished word 25 dB below, even
    where eSpeak lets a vowel stop within 10 ms.
    """

    duration_ms: Ms
    leading_silence_ms: Ms
    trailing_silence_ms: Ms
    longest_silence_ms: Ms
    silent_ratio: float
    peak_dbfs: float
    active_dbfs: float
    clipped_ratio: float
    ending_db: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return self.silent_ratio >= 1.0


def levels(clip: Clip) -> Levels:
    """All facts of a clip in one look. An empty clip is silent."""
    samples = clip.samples
    if not clip.length:
        return Levels(Ms(0), Ms(0), Ms(0), Ms(0), 1.0, -np.inf, -np.inf, 0.0, -np.inf)
    frame = max(1, clip.rate_hz * _FRAME_MS // 1000)
    power = _frame_power(samples, frame)
    active = _active_power(power)
    threshold = max(db_to_gain(_QUIETEST_DBFS) ** 2, active * db_to_gain(-_BELOW_SPEECH_DB) ** 2)
    quiet = power < threshold
    leading, trailing, longest = (
        ms_of(min(run * frame, clip.length), clip.rate_hz) for run in _quiet_runs(quiet)
    )
    ending = samples[-max(1, clip.rate_hz * _ENDING_MS // 1000) :]
    return Levels(
        duration_ms=clip.duration_ms,
        leading_silence_ms=leading,
        trailing_silence_ms=trailing,
        longest_silence_ms=longest,
        silent_ratio=float(quiet.mean()),
        peak_dbfs=gain_to_db(float(np.abs(samples).max())),
        active_dbfs=_power_db(active),
        clipped_ratio=_clipped_ratio(samples),
        ending_db=_power_db(_mean_square(ending)) - _power_db(active) if active > 0 else -np.inf,
    )


class Waveform:
    """A picture drawn while the sound goes by: `bins` values of 0..255, the highest magnitude in each."""

    def __init__(self, length: int, bins: int) -> None:
        self._starts = np.arange(max(0, bins), dtype=np.int64) * length // max(1, bins)
        self._highest = np.zeros(max(0, bins), dtype=np.float32)
        self._at = 0

    def feed(self, block: Floats) -> None:
        """The next samples, shape (n,) for mono or (n, channels)."""
        magnitude = np.abs(block) if block.ndim == 1 else np.abs(block).max(axis=1)
        end = self._at + len(magnitude)
        first = max(0, int(np.searchsorted(self._starts, self._at, "right")) - 1)
        last = int(np.searchsorted(self._starts, end, "left"))
        if last > first and len(magnitude):
            cuts = np.maximum(self._starts[first:last] - self._at, 0)
            seen = np.maximum.reduceat(magnitude, cuts)
            self._highest[first:last] = np.maximum(self._highest[first:last], seen)
        self._at = end

    @property
    def drawn(self) -> bytes:
        """The picture so far."""
        return bytes(np.clip(np.rint(self._highest * 255), 0, 255).astype(np.uint8))


def peaks(clip: Clip, bins: int) -> bytes:
    """A waveform's picture: `bins` values of 0..255, each the highest magnitude in its share of the clip."""
    waveform = Waveform(clip.length, bins)
    waveform.feed(clip.samples)
    return waveform.drawn


def _frame_power(samples: Floats, frame: int) -> Floats:
    """Mean square of each frame; the last one may be shorter."""
    edges = np.arange(0, len(samples), frame)
    sums = np.add.reduceat(np.square(samples, dtype=np.float64), edges)
    return (sums / np.diff(edges, append=len(samples))).astype(np.float32)


def _active_power(power: Floats) -> float:
    loud = power[power >= float(power.max()) * db_to_gain(-_SPEECH_GATE_DB) ** 2]
    return float(loud.mean(dtype=np.float64))


def _quiet_runs(quiet: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[int, int, int]:
    """Frames of quiet at the start, at the end, and the longest run between them; all quiet is all start."""
    heard = np.flatnonzero(~quiet)
    if not len(heard):
        return len(quiet), len(quiet), 0
    return int(heard[0]), len(quiet) - 1 - int(heard[-1]), int(np.diff(heard, append=heard[-1] + 1).max()) - 1


def _clipped_ratio(samples: Floats) -> float:
    full = np.abs(samples) >= _CLIPPED
    joined = full[1:] & full[:-1]
    in_run = np.zeros(len(full), dtype=bool)
    in_run[1:] |= joined
    in_run[:-1] |= joined
    return float(in_run.mean())


def _mean_square(samples: Floats) -> float:
    return float(np.square(samples, dtype=np.float64).mean())


def _power_db(power: float) -> float:
    return 10.0 * float(np.log10(power)) if power > 0 else -np.inf
