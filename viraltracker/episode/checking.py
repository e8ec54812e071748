"""A finished file, decoded again and measured: only what a listener's player gives back counts."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from viraltracker.audio import HOP_MS, ClipReader, Floats, Loudness, TruePeak, Waveform, short_term
from viraltracker.episode.working import ahead
from viraltracker.units import Dbtp, Lufs, Samples

__all__ = ["Checked", "check"]

_STEP: Final = 1 << 17
_BINS: Final = 2000
_CURVE_STEP_MS: Final = 1000
_MOST_POINTS: Final = 1200
_FLOOR_LUFS: Final = -70.0


@dataclass(frozen=True, slots=True)
class Checked:
    """The figures of a decoded file; see `Master` for the curve and the waveform."""

    samples: Samples
    integrated_lufs: Lufs
    true_peak_dbtp: Dbtp
    loudness_range_lu: float
    curve_lufs: tuple[float, ...]
    curve_step_ms: int
    waveform: bytes


def check(path: Path, expected: int, tick: Callable[[float], None]) -> Checked:
    """Decode and measure. `expected` is the planned length in samples; `tick` hears 0..1 and may raise."""
    with ClipReader(path) as reader:
        loudness = Loudness(reader.rate_hz, reader.channels)
        peak = TruePeak(reader.rate_hz, reader.channels)
        waveform = Waveform(expected, min(_BINS, expected))
        samples = 0
        for block in ahead(_blocks(reader)):
            loudness.feed(block)
            peak.feed(block)
            waveform.feed(block)
            samples += len(block)
            tick(samples / max(expected, samples))
    peak.finish()
    curve, step_ms = _curve(loudness.hops)
    return Checked(
        Samples(samples),
        loudness.integrated_lufs,
        peak.dbtp,
        loudness.range_lu,
        curve,
        step_ms,
        waveform.drawn,
    )


def _blocks(reader: ClipReader) -> Generator[Floats]:
    while len(frames := reader.frames(_STEP)):
        yield frames[:, 0] if reader.channels == 1 else frames


def _curve(hops: NDArray[np.float64]) -> tuple[tuple[float, ...], int]:
    """Short-term loudness, one value a second, or as many as a picture can show."""
    values = np.maximum(short_term(hops), _FLOOR_LUFS)
    seconds = -(-len(values) * HOP_MS // (_MOST_POINTS * _CURVE_STEP_MS)) or 1
    step_ms = seconds * _CURVE_STEP_MS
    return tuple(round(float(value), 1) for value in values[:: step_ms // HOP_MS]), step_ms
