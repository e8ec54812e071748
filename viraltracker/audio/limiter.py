"""A look-ahead limiter for true peaks: streamed, deterministic, in constant memory.

The gain is ridden block by block (see `truepeak.BLOCK`) and drawn as straight lines between blocks, so the
same riding can be tried on stored peaks alone, without any audio, to learn what it will take.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from viraltracker.audio.model import Floats
from viraltracker.audio.truepeak import AFTER, BEFORE, BLOCK, block_peaks
from viraltracker.units import gain_to_db

__all__ = ["GainRider", "Limited", "Limiter"]

_AHEAD: Final = 4
"""Blocks of look-ahead: the gain goes down over 7 ms, slow enough not to be heard as a click."""
_RELEASE_BLOCKS: Final = 70.0
"""Time constant of the way back, 100 ms: shorter growls on low voices, longer ducks the words that follow."""
_AT_WORK: Final = 10.0 ** (-0.1 / 20.0)


@dataclass(frozen=True, slots=True)
class Limited:
    """What a limiter did: the share of the time it took more than 0.1 dB, and the most it ever took."""

    percent: float
    most_db: float


class GainRider:
    """From the peaks of blocks to the gain at the edges between them, `LAG` blocks late.

    A gain never exceeds what either neighbouring block can bear: lowest of the blocks ahead, released
    exponentially, then averaged over as many blocks, each of which already knew what was coming.
    """

    LAG: ClassVar[int] = _AHEAD + 1
    """Blocks of silence that stand before the first block of all in what comes out."""

    def __init__(self, ceiling: float) -> None:
        self._ceiling = ceiling
        self._bearable = np.ones(_AHEAD + 1)
        self._released = np.ones(_AHEAD)
        self._log_taken = -math.inf
        self._edge = 1.0
        self._blocks = self._worked = 0
        self._lowest = 1.0

    def feed(self, peaks: Floats) -> NDArray[np.float64]:
        """The gains at the ends of as many blocks as came in: one more than peaks; between them lie lines."""
        bearable = self._ceiling / np.maximum(peaks, self._ceiling, dtype=np.float64)
        bearable = np.concatenate([self._bearable, bearable])
        self._bearable = bearable[-_AHEAD - 1 :].copy()
        if self._log_taken == -math.inf and bearable.min() == 1.0 and self._released.min() == 1.0:
            return self._edges(np.ones(len(peaks)))
        ahead = np.lib.stride_tricks.sliding_window_view(bearable, _AHEAD + 2).min(axis=1)
        released = np.concatenate([self._released, self._release(ahead)])
        self._released = released[-_AHEAD:].copy()
        return self._edges(np.lib.stride_tricks.sliding_window_view(released, _AHEAD + 1).mean(axis=1))

    def finish(self) -> NDArray[np.float64]:
        """The gains that were still held back, up to the end of the last block."""
        return self.feed(np.zeros(self.LAG, dtype=np.float32))

    @property
    def report(self) -> Limited:
        """What was done so far."""
        return Limited(100.0 * self._worked / max(1, self._blocks), max(0.0, -gain_to_db(self._lowest)))

    def _release(self, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is taken decays exponentially until more must be: a running maximum on a tilted log scale."""
        tilt = np.arange(1, len(gains) + 1) / _RELEASE_BLOCKS
        with np.errstate(divide="ignore"):
            wanted = np.log(1.0 - gains) + tilt
        log_taken = np.maximum.accumulate(np.maximum(wanted, self._log_taken)) - tilt
        self._log_taken = float(log_taken[-1])
        if self._log_taken < -20.0:  # 1e-9 left to give back: done
            self._log_taken = -math.inf
        taken: NDArray[np.float64] = 1.0 - np.exp(log_taken)
        return taken

    def _edges(self, gains: NDArray[np.float64]) -> NDArray[np.float64]:
        self._blocks += len(gains)
        self._worked += int(np.count_nonzero(gains < _AT_WORK))
        self._lowest = min(self._lowest, float(gains.min(initial=1.0)))
        edges = np.concatenate([[self._edge], gains])
        self._edge = float(edges[-1])
        return edges


class Limiter:
    """Keeps true peaks under a ceiling (an amplitude). Mono samples in; as many out, a little later."""

    def __init__(self, rate_hz: int, ceiling: float) -> None:
        self._rate_hz = rate_hz
        self._ceiling = ceiling
        self._rider = GainRider(ceiling)
        self._unmeasured: Floats = np.zeros(BEFORE, dtype=np.float32)
        self._waiting: Floats = np.zeros(GainRider.LAG * BLOCK, dtype=np.float32)
        self._to_skip = len(self._waiting)
        self._owed = 0

    @property
    def report(self) -> Limited:
        """What was done so far."""
        return self._rider.report

    def feed(self, samples: Floats) -> Floats:
        """The next samples in, those that are ready out."""
        self._owed += len(samples)
        return self._handed_out(self._limited(samples))

    def finish(self) -> Floats:
        """All samples still held."""
        rest = len(self._unmeasured) - BEFORE
        last = self._limited(np.zeros(-rest % BLOCK + AFTER, dtype=np.float32))
        held = self._render(np.zeros(0, dtype=np.float32), self._rider.finish())
        return self._handed_out(np.concatenate([last, held]))

    def _limited(self, samples: Floats) -> Floats:
        padded = np.concatenate([self._unmeasured, samples])
        whole = max(0, len(padded) - BEFORE - AFTER) // BLOCK * BLOCK
        self._unmeasured = padded[whole:].copy()
        if not whole:
            return np.zeros(0, dtype=np.float32)
        peaks = block_peaks(padded[: BEFORE + whole + AFTER], self._rate_hz, self._ceiling)
        return self._render(padded[BEFORE : BEFORE + whole], self._rider.feed(peaks))

    def _render(self, samples: Floats, edges: NDArray[np.float64]) -> Floats:
        waiting = np.concatenate([self._waiting, samples])
        ready, self._waiting = np.split(waiting, [(len(edges) - 1) * BLOCK])
        changed = np.flatnonzero((edges[:-1] < 1.0) | (edges[1:] < 1.0))
        blocks = ready.reshape(-1, BLOCK)
        rise = np.arange(BLOCK) / BLOCK
        ramps = edges[changed, np.newaxis] + (edges[changed + 1] - edges[changed])[:, np.newaxis] * rise
        blocks[changed] *= ramps.astype(np.float32)
        return ready

    def _handed_out(self, ready: Floats) -> Floats:
        """Without the silence the limiter began with and the one it was finished with."""
        skipped = min(self._to_skip, len(ready))
        self._to_skip -= skipped
        ready = ready[skipped : skipped + self._owed]
        self._owed -= len(ready)
        return ready
