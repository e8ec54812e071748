"""Speech faster or slower at the same pitch.

Waveform similarity overlap-add: pieces of the sound are laid closer together or further apart, each taken
from where it continues the one before it best (W. Verhelst, M. Roelands, ICASSP 1993).
"""

from typing import Final

import numpy as np

from viraltracker.audio.model import Clip, Floats

__all__ = ["stretched"]

_PIECE_MS: Final = 40
"""Two periods of a low voice."""
_SEARCH_MS: Final = 10
"""One period of a voice at 100 Hz: within that, a place that continues the last piece is always found."""


def stretched(clip: Clip, speed: float) -> Clip:
    """The clip at `speed` times its tempo, 0.25 to 4; its length is the old one divided by that, rounded.

    At speed 1 it is the clip itself. Raises `ValueError` for another speed.
    """
    if not 0.25 <= speed <= 4.0:
        raise ValueError(f"a speed of {speed} is out of range")
    length = round(len(clip.samples) / speed)
    if speed == 1.0 or not length:
        return clip if speed == 1.0 else Clip(clip.samples[:0], clip.rate_hz)
    half = max(1, clip.rate_hz * _PIECE_MS // 2000)
    search = max(1, clip.rate_hz * _SEARCH_MS // 1000)
    # Room for the last piece, and for a search before the first sample.
    source = np.pad(clip.samples, (search, 2 * half + 2 * search))
    window = np.hanning(2 * half + 1)[:-1].astype(np.float32)
    made = np.zeros(length + 2 * half, np.float32)
    made[:half] = source[search : search + half] * window[half:]  # the half piece that nothing precedes
    at = search - half
    for out in range(0, length, half):
        wanted = source[at + half : at + 2 * half]
        near = min(round(out * speed), len(clip.samples))  # counted from `search` before it
        at = near + _best_shift(source[near : near + 2 * search + half], wanted)
        piece = source[at : at + 2 * half]
        made[out : out + 2 * half] += piece * window
    return Clip(made[:length], clip.rate_hz)


def _best_shift(place: Floats, wanted: Floats) -> int:
    """Where in `place` it is most like `wanted`, by normalised correlation."""
    likeness = np.correlate(place, wanted, mode="valid")
    energy = np.convolve(np.square(place), np.ones(len(wanted), np.float32), mode="valid")
    return int(np.argmax(likeness / np.sqrt(energy + 1e-6)))
