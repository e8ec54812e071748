"""Samples: PCM in and out, resampling, fades, joining, loudness and true peak.

In: numpy arrays, audio bytes. Out: `Clip`s, numbers, audio bytes. May import units and errors only.
"""

from viraltracker.audio.model import EPISODE_RATE_HZ, Clip, Floats

__all__ = ["EPISODE_RATE_HZ", "Clip", "Floats"]
