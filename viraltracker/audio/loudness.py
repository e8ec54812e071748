"""Loudness by ITU-R BS.1770-4 and loudness range by EBU Tech 3342, fed in blocks of any size.

State is two filter sections and one number for each 100 ms (a day is 7 MB). Knows nothing about targets.
"""

import math
from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viraltracker.audio.model import Floats
from viraltracker.units import Lufs

__all__ = ["HOP_MS", "KWeighting", "Loudness", "integrated", "loudness_range", "momentary", "short_term"]

HOP_MS: Final = 100
"""Both windows of the norm move in steps of this: 400 ms with 75 % overlap, and the 3 s short-term window."""

Doubles = NDArray[np.float64]

_OFFSET_LUFS: Final = -0.691
_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0
_RANGE_GATE_LU: Final = -20.0
_MOMENTARY_HOPS: Final = 4
_SHORT_TERM_HOPS: Final = 30
# A filter rings on in digital silence until its state is denormal, which is slow; this is 500 dB down.
_NOTHING: Final = 1e-25


class KWeighting:
    """The norm's two filter stages at any rate, for one or more channels, carried over block borders."""

    def __init__(self, rate_hz: int, channels: int = 1) -> None:
        # 0.6 s to import, and all of the studio imports this package: only who measures waits for it.
        from scipy.signal import sosfilt

        self._filtered = sosfilt
        self._sections = np.stack([_shelf(rate_hz), _high_pass(rate_hz)])
        self._state = np.zeros((2, channels, 2))

    def power(self, block: Floats) -> Doubles:
        """Weighted square of every sample, channels added up: shape (n,) or (n, channels) in, (n,) out."""
        columns = block[np.newaxis, :] if block.ndim == 1 else block.T
        if not block.any() and not self._state.any():
            return np.zeros(len(block))
        weighted, self._state = self._filtered(self._sections, columns, axis=1, zi=self._state)
        self._state[np.abs(self._state) < _NOTHING] = 0.0
        squared: Doubles = np.einsum("cn,cn->n", weighted, weighted)
        return squared


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
            self._open += float(stretch.sum())
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


# The norm gives coefficients for 48 kHz alone. These are the analogue prototypes behind them, by undoing
# the bilinear transform, so that other rates get the same curve; at 48 kHz they give the norm's table.


def _shelf(rate_hz: int) -> Doubles:
    """Stage 1: the head's +4 dB high shelf."""
    warped = math.tan(math.pi * 1681.974450955533 / rate_hz)
    high = 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    damped = warped / 0.7071752369554196
    norm = 1.0 + damped + warped**2
    above = [high + band * damped + warped**2, 2.0 * (warped**2 - high), high - band * damped + warped**2]
    below = [norm, 2.0 * (warped**2 - 1.0), 1.0 - damped + warped**2]
    return np.array(above + below) / norm


def _high_pass(rate_hz: int) -> Doubles:
    """Stage 2: the revised low-frequency B curve."""
    warped = math.tan(math.pi * 38.13547087602444 / rate_hz)
    damped = warped / 0.5003270373238773
    norm = 1.0 + damped + warped**2
    return np.array([1.0, -2.0, 1.0, 1.0, 2.0 * (warped**2 - 1.0) / norm, (1.0 - damped + warped**2) / norm])
