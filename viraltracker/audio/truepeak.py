"""True peak by ITU-R BS.1770-4 annex 2: the highest value of the signal between its samples, by oversampling.

Blocks that can't pass the level of interest are not oversampled. That is exact, not a guess: see the two
bounds in `_Interpolation`.
"""

from functools import cache
from typing import Final, NamedTuple

import numpy as np

from viraltracker.audio.model import Floats
from viraltracker.units import Dbtp, gain_to_db

__all__ = ["AFTER", "BEFORE", "BLOCK", "TruePeak", "block_peaks"]

BLOCK: Final = 63
"""Samples in a block: 1.43 ms at 44.1 kHz, and 70 blocks are exactly 100 ms there."""

_TAPS: Final = 24
_KAISER_BETA: Final = 6.0
_NOTHING: Final = 1e-9
_SINGLE_THREADED: Final = 1 << 18
"""Multiplications up to which OpenBLAS stays in its thread. The others spin: 10 x on a busy machine."""
_ROUNDING: Final = 1.0001
"""The bounds are exact; float32 is not."""
BEFORE: Final = _TAPS // 2 - 1
"""Samples of context that a block needs in front of it."""
AFTER: Final = _TAPS // 2
"""Samples of context that a block needs behind it."""


def block_peaks(padded: Floats, rate_hz: int, interest: float = 0.0) -> Floats:
    """The peak of every block: the true peak where it may pass `interest`, else the sample peak.

    `padded` is whole blocks with `BEFORE` samples in front and `AFTER` behind. Amplitudes, not dB.
    """
    count = (len(padded) - BEFORE - AFTER) // BLOCK
    blocks = padded[BEFORE : BEFORE + count * BLOCK].reshape(count, BLOCK)
    peaks = _highest(blocks)
    by = _interpolation(_factor(rate_hz))
    rows = np.lib.stride_tricks.sliding_window_view(padded, BLOCK + BEFORE + AFTER)[::BLOCK]
    # Two looks, each dearer and sharper than the one before, and few blocks are left to be oversampled.
    chosen = np.flatnonzero(_neighbours(peaks) * by.most > max(interest, _NOTHING))
    if by.weights.shape[1] and len(chosen):
        near = rows[chosen]
        bent = _highest(near[:, :-2] - 2 * near[:, 1:-1] + near[:, 2:])
        reach = _highest(near[:, BEFORE : BEFORE + BLOCK + 1]) + by.most_bent * bent
        sharp = reach > max(interest, _NOTHING)
        chosen, near = chosen[sharp], near[sharp]
        peaks[chosen] = np.maximum(peaks[chosen], _between(near, by.weights))
    return peaks


class TruePeak:
    """A true peak meter in constant memory. Feed it a programme in order, `finish` it, then read it."""

    def __init__(self, rate_hz: int, channels: int = 1) -> None:
        self._rate_hz = rate_hz
        self._rest = [np.zeros(BEFORE, dtype=np.float32) for _ in range(channels)]
        self._highest = 0.0

    def feed(self, block: Floats) -> None:
        """The next samples, shape (n,) for mono or (n, channels)."""
        columns = block[:, np.newaxis] if block.ndim == 1 else block
        for channel, rest in enumerate(self._rest):
            self._rest[channel] = self._measured(np.concatenate([rest, columns[:, channel]]))

    def finish(self) -> None:
        """No more samples: looks at the last ones, with silence behind them."""
        silence = np.zeros(BLOCK + AFTER, dtype=np.float32)
        for channel, rest in enumerate(self._rest):
            self._rest[channel] = self._measured(np.concatenate([rest, silence]))

    @property
    def dbtp(self) -> Dbtp:
        """The highest true peak so far; -inf for silence."""
        return Dbtp(gain_to_db(self._highest))

    def _measured(self, padded: Floats) -> Floats:
        whole = max(0, len(padded) - BEFORE - AFTER) // BLOCK * BLOCK
        if whole:
            peaks = block_peaks(padded[: BEFORE + whole + AFTER], self._rate_hz, self._highest)
            self._highest = max(self._highest, float(peaks.max()))
        return padded[whole:].copy()


def _between(rows: Floats, weights: Floats) -> Floats:
    """The highest magnitude between the samples of each row."""
    step = max(1, _SINGLE_THREADED // weights.size)
    highest = np.empty(len(rows), dtype=np.float32)
    for at in range(0, len(rows), step):
        highest[at : at + step] = _highest(rows[at : at + step] @ weights)
    return highest


def _highest(rows: Floats) -> Floats:
    """The highest magnitude of each row."""
    highest: Floats = np.maximum(rows.max(axis=1, initial=0.0), -rows.min(axis=1, initial=0.0))
    return highest


def _neighbours(peaks: Floats) -> Floats:
    """The highest of each block and the two beside it; what lies beyond the ends is unknown, so it counts."""
    wide = np.pad(peaks, 1, constant_values=np.inf)
    return np.maximum(np.maximum(wide[:-2], wide[2:]), peaks)


def _factor(rate_hz: int) -> int:
    """The norm asks for about 192 kHz: 4 times 48 or 44.1 kHz, more for lower rates."""
    return max(1, round(192_000 / rate_hz))


class _Interpolation(NamedTuple):
    """Weights from a block with its context to the values between its samples, and two bounds on those.

    A value is at most `most` times the highest sample near it. And it is at most the higher of the two
    samples beside it plus `most_bent` times the highest second difference near it, for it lies on their line
    but for what the signal bends. Speech bends little, so that bound is sharp.
    """

    weights: Floats
    most: float
    most_bent: float


@cache
def _interpolation(factor: int) -> _Interpolation:
    """Column (i, p) is the value `p / factor` behind sample i: a sinc under a Kaiser window, 0 dB at 0 Hz."""
    weights = np.zeros((BLOCK + BEFORE + AFTER, BLOCK, factor - 1), dtype=np.float32)
    most = most_bent = 0.0
    for phase in range(1, factor):
        distance = np.arange(_TAPS) - BEFORE - phase / factor
        window = np.i0(_KAISER_BETA * np.sqrt(1.0 - (distance / (_TAPS / 2)) ** 2))
        taps = np.sinc(distance) * window
        taps /= taps.sum()
        # Less the straight line of equal sum and first moment, what is left filters second differences.
        share = float(taps @ (np.arange(_TAPS) - BEFORE))
        bend = taps.copy()
        bend[BEFORE : BEFORE + 2] -= 1.0 - share, share
        most = max(most, float(np.abs(taps).sum()))
        most_bent = max(most_bent, float(np.abs(np.cumsum(np.cumsum(bend))).sum()))
        for sample in range(BLOCK):
            weights[sample : sample + _TAPS, sample, phase - 1] = taps
    flat = weights.reshape(len(weights), BLOCK * (factor - 1))
    return _Interpolation(flat, _ROUNDING * most, _ROUNDING * most_bent)
