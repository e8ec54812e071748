"""True peak by ITU-R BS.1770-4 annex 2: the highest value of the signal between its samples, by oversampling.

Blocks that can't pass the level of interest are not oversampled. That is exact, not a guess: a value between
samples is a weighted sum of its neighbours, so it can't pass the highest of them times the weights' sum.
"""

from functools import cache
from typing import Final

import numpy as np

from viraltracker.audio.model import Floats
from viraltracker.units import Dbtp, gain_to_db

__all__ = ["AFTER", "BEFORE", "BLOCK", "TruePeak", "block_peaks"]

BLOCK: Final = 63
"""Samples in a block: 1.43 ms at 44.1 kHz, and 70 blocks are exactly 100 ms there."""

_TAPS: Final = 24
_KAISER_BETA: Final = 6.0
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
    peaks: Floats = np.maximum(blocks.max(axis=1, initial=0.0), -blocks.min(axis=1, initial=0.0))
    weights, most = _interpolation(_factor(rate_hz))
    around = np.maximum(_edge(padded, 0, count, BEFORE), _edge(padded, BEFORE + BLOCK, count, AFTER))
    near = np.maximum(peaks, around)
    chosen = np.flatnonzero(near * most > max(interest, 1e-9))
    if weights.shape[1] and len(chosen):
        rows = np.lib.stride_tricks.sliding_window_view(padded, BLOCK + BEFORE + AFTER)[::BLOCK]
        between = rows[chosen] @ weights
        highest = np.maximum(between.max(axis=1), -between.min(axis=1))
        peaks[chosen] = np.maximum(peaks[chosen], highest)
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


def _edge(padded: Floats, start: int, count: int, width: int) -> Floats:
    """Highest magnitude of the `width` samples that stand `start` after each block's context begins."""
    rows = np.lib.stride_tricks.sliding_window_view(padded[start:], width)[::BLOCK][:count]
    highest: Floats = np.maximum(rows.max(axis=1, initial=0.0), -rows.min(axis=1, initial=0.0))
    return highest


def _factor(rate_hz: int) -> int:
    """The norm asks for about 192 kHz: 4 times 48 or 44.1 kHz, more for lower rates."""
    return max(1, round(192_000 / rate_hz))


@cache
def _interpolation(factor: int) -> tuple[Floats, float]:
    """Weights from a block with its context to the values between its samples, and their highest sum.

    Column (i, p) is the value `p / factor` behind sample i: a sinc under a Kaiser window, unit gain at 0 Hz.
    """
    weights = np.zeros((BLOCK + BEFORE + AFTER, BLOCK, factor - 1), dtype=np.float32)
    most = 1.0
    for phase in range(1, factor):
        distance = np.arange(_TAPS) - BEFORE - phase / factor
        window = np.i0(_KAISER_BETA * np.sqrt(1.0 - (distance / (_TAPS / 2)) ** 2))
        taps = np.sinc(distance) * window
        taps /= taps.sum()
        most = max(most, float(np.abs(taps).sum()))
        for sample in range(BLOCK):
            weights[sample : sample + _TAPS, sample, phase - 1] = taps
    return weights.reshape(BLOCK + BEFORE + AFTER, BLOCK * (factor - 1)), most
