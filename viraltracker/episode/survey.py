"""The first pass: what the mix measures, kept block by block, and what gain brings it onto its target.

The limiter's work is tried on the kept figures before any audio is encoded, so its loss is part of the gain.
The figures (8 bytes for 1.43 ms) rest in a temporary file: 10 MB for half an hour, and no memory.
"""

import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from viraltracker.audio import (
    BLOCK,
    EPISODE_RATE_HZ,
    HOP_MS,
    Floats,
    GainRider,
    KWeighting,
    Limited,
    integrated,
)
from viraltracker.units import db_to_gain, gain_to_db

__all__ = ["Gain", "Survey"]

_HOP_BLOCKS: Final = EPISODE_RATE_HZ * HOP_MS // 1000 // BLOCK
_STEP_BLOCKS: Final = _HOP_BLOCKS * 600
_CLOSE_ENOUGH_LU: Final = 0.02
_MOST_TRIES: Final = 8
_NO_CEILING: Final = 1e9
_MOST_LIMITED_DB: Final = 12.0
"""More than this out of the loudest peak is audible damage: the file rather stays quieter, and says so."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What will be done to the mix, and what should come of it."""

    gain_db: float
    integrated_lufs: float
    limited: Limited


class Survey:
    """Feed it the mix in windows of whole blocks (but for the last one), then ask. A context manager."""

    def __init__(self) -> None:
        self._weighting = KWeighting(EPISODE_RATE_HZ)
        self._kept = tempfile.TemporaryFile(prefix="viraltracker-survey-")  # noqa: SIM115 - closed by __exit__
        self._highest = 0.0

    def feed(self, window: Floats) -> None:
        """The next window of the mix."""
        ragged = -len(window) % BLOCK
        blocks = np.pad(window, (0, ragged)).reshape(-1, BLOCK) if ragged else window.reshape(-1, BLOCK)
        figures = np.empty((len(blocks), 2), dtype=np.float32)
        figures[:, 0] = np.maximum(blocks.max(axis=1), -blocks.min(axis=1))
        figures[:, 1] = self._weighting.power(blocks.reshape(-1)).reshape(-1, BLOCK).sum(axis=1)
        self._highest = max(self._highest, float(figures[:, 0].max(initial=0.0)))
        self._kept.write(figures.tobytes())

    def gain_for(self, integrated_lufs: float, ceiling_dbtp: float) -> Gain | None:
        """The gain that, together with the limiter, gives this loudness; None when there is nothing to hear.

        Where a limiter would have to take more than 12 dB, the gain stops and the loudness is what it is.
        """
        plain_lufs, _ = self._tried(1.0, _NO_CEILING)
        if plain_lufs == -math.inf:
            return None
        ceiling = db_to_gain(ceiling_dbtp)
        most_db = ceiling_dbtp - gain_to_db(self._highest) + _MOST_LIMITED_DB
        gain_db, slope = min(integrated_lufs - plain_lufs, most_db), 1.0
        before: Gain | None = None
        for _ in range(_MOST_TRIES):
            now = Gain(gain_db, *self._tried(db_to_gain(gain_db), ceiling))
            missing_lu = integrated_lufs - now.integrated_lufs
            if abs(missing_lu) < _CLOSE_ENOUGH_LU or (gain_db >= most_db and missing_lu > 0):
                break
            if before is not None:  # the more is limited, the less loudness a decibel of gain brings
                slope = (now.integrated_lufs - before.integrated_lufs) / (gain_db - before.gain_db)
            before, gain_db = now, min(gain_db + missing_lu / min(1.0, max(0.2, slope)), most_db)
        return now

    def _tried(self, gain: float, ceiling: float) -> tuple[float, Limited]:
        """Loudness with this gain and a limiter at this ceiling, and what the limiter did."""
        rider = GainRider(ceiling)
        waiting: Floats = np.zeros(GainRider.LAG, dtype=np.float32)
        skip = GainRider.LAG
        rest: Floats = np.zeros(0, dtype=np.float32)
        hops: list[NDArray[np.float64]] = []
        for edges, power in self._ridden(rider, gain):
            waiting = np.concatenate([waiting, power])
            before, after = edges[:-1], edges[1:]
            squares = (before * before + before * after + after * after) / 3.0
            done = waiting[: len(squares)] * squares
            waiting = waiting[len(squares) :]
            rest = np.concatenate([rest, done[skip:]])
            skip = max(0, skip - len(done))
            whole = len(rest) // _HOP_BLOCKS * _HOP_BLOCKS
            hops.append(rest[:whole].reshape(-1, _HOP_BLOCKS).sum(axis=1, dtype=np.float64))
            rest = rest[whole:]
        return integrated(np.concatenate(hops) / (_HOP_BLOCKS * BLOCK) * gain**2), rider.report

    def _ridden(self, rider: GainRider, gain: float) -> Iterator[tuple[NDArray[np.float64], Floats]]:
        self._kept.seek(0)
        while step := self._kept.read(_STEP_BLOCKS * 8):
            figures = np.frombuffer(step, dtype=np.float32).reshape(-1, 2)
            yield rider.feed(figures[:, 0] * np.float32(gain)), figures[:, 1]
        yield rider.finish(), np.zeros(0, dtype=np.float32)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()
