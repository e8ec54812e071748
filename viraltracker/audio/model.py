"""Samples in memory: one mono clip. Knows nothing about files, engines or episodes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from viraltracker.units import Ms, Samples, ms_of

__all__ = ["EPISODE_RATE_HZ", "Clip", "Floats"]

Floats = NDArray[np.float32]

EPISODE_RATE_HZ = 44_100
"""The one rate of takes and episodes; engines' native rates are brought to it once, when a take is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Mono audio: float32 samples, full scale at +-1.0, shape (n,), at `rate_hz`."""

    samples: Floats
    rate_hz: int

    @property
    def length(self) -> Samples:
        """Sample frames."""
        return Samples(len(self.samples))

    @property
    def duration_ms(self) -> Ms:
        """Length in milliseconds, rounded half up."""
        return ms_of(len(self.samples), self.rate_hz)
