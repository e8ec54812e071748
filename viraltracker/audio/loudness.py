"""Loudness by ITU-R BS.1770-4 and loudness range by EBU Tech 3342, fed in blocks of any size.

State is two filter sections and one number for each 100 ms (a day is 7 MB). Knows nothing about targets.
"""

import math
from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viraltracker.audio.model import Floats
from viraltracker.audio.weighting import KWeighting
from viraltracker.units import Lufs

__all__ = ["HOP_MS", "Loudness", "integrated", "loudness_range", "momentary", "short_term"]

HOP_MS: Final = 100
"""Both windows of the norm move in steps of this: 400 ms with 75 % overlap, and the 3 s short-term window."""

Doubles = NDArray[np.float64]

_OFFSET_LUFS: Final = -0.691
_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0
_RANGE_GATE_LU: Final = -20.0
_MOMENTARY_HOPS: Final = 4
_SHORT_TERM_HOPS: Final = 30


class Loudness:
    """A loudness meter. Feed it all of a programme in order, then read it; reading never changes it."""

    def __init__(self, rate_hz: int, channels: int = 1) -> None:
        self._rate_hz = rate_hz
        self._weighting = KWeighting(rate_hz, channels)
        self._hops = array("d")
        self._open = 0.0
        self._at = 0

    def feed(self, block: Floats) -> None:
        """The next samples, shape (n,) for mono or (n, channels)."""
        power = self._weighting.power(block)
        first = len(self._hops) + 1
        ends = np.array(self._hop_ends(first, self._at + len(power))) - self._at
        self._at += len(power)
        for stretch, hop in zip(np.split(power, ends), range(first, first + len(ends) + 1), strict=True):
            self._open += float(stretch.sum(dtype=np.float64))
            if hop < first + len(ends):
                self._hops.append(self._open / (self._hop_end(hop) - self._hop_end(hop - 1)))
                self._open = 0.0

    @property
    def hops(self) -> Doubles:
        """Mean weighted power of every whole 100 ms so far."""
        return np.array(self._hops)

    @property
    def integrated_lufs(self) -> Lufs:
        """Gated loudness of everything so far; -inf for silence or less than 400 ms."""
        return integrated(self.hops)

    @property
    def range_lu(self) -> float:
        """Loudness range of everything so far; 0 for less than 3 s."""
        return loudness_range(self.hops)

    def _hop_end(self, hop: int) -> int:
        return (hop * self._rate_hz * HOP_MS + 500) // 1000

    def _hop_ends(self, first: int, until: int) -> list[int]:
        last = until * 1000 // (self._rate_hz * HOP_MS) + 1
        return [end for hop in range(first, last + 1) if (end := self._hop_end(hop)) <= until]


def momentary(hops: Doubles) -> Doubles:
    """LUFS of every 400 ms window, one each 100 ms: the first ends at 400 ms."""
    return _lufs(_windows(hops, _MOMENTARY_HOPS))


def short_term(hops: Doubles) -> Doubles:
    """LUFS of every 3 s window, one each 100 ms: the first ends at 3 s."""
    return _lufs(_windows(hops, _SHORT_TERM_HOPS))


def integrated(hops: Doubles) -> Lufs:
    """Loudness of a whole programme, without windows under -70 LUFS and 10 LU under the others' mean."""
    power = _windows(hops, _MOMENTARY_HOPS)
    power = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if not len(power):
        return Lufs(-math.inf)
    gate = float(_lufs(power.mean())) + _RELATIVE_GATE_LU
    return Lufs(float(_lufs(power[_lufs(power) > gate].mean())))


def loudness_range(hops: Doubles) -> float:
    """LU from the 10th to the 95th percentile of short-term windows past both gates (-70 LUFS, -20 LU)."""
    power = _windows(hops, _SHORT_TERM_HOPS)
    power = power[_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if not len(power):
        return 0.0
    heard = _lufs(power[_lufs(power) > float(_lufs(power.mean())) + _RANGE_GATE_LU])
    low, high = np.percentile(heard, [10, 95], method="nearest")
    return float(high - low)


def _windows(hops: Doubles, count: int) -> Doubles:
    """Mean power of every `count` neighbouring hops."""
    if len(hops) < count:
        return np.zeros(0)
    windows: Doubles = np.lib.stride_tricks.sliding_window_view(hops, count).mean(axis=1)
    return windows


def _lufs(power: Doubles) -> Doubles:
    with np.errstate(divide="ignore"):
        lufs: Doubles = _OFFSET_LUFS + 10.0 * np.log10(power)
    return lufs
