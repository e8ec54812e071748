"""Signals to measure: made, never recorded."""

import numpy as np

__all__ = ["softened", "speech_like", "tone", "voice"]


def tone(rate_hz: int, hertz: float, seconds: float, dbfs: float, phase: float = 0.0) -> np.ndarray:
    """A sine of that peak level."""
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * time_s + phase)).astype(np.float32)


def softened(samples: np.ndarray, edge: int = 2000) -> np.ndarray:
    """With soft ends: where sound starts like a knife, every interpolator rings in its own way."""
    ramp = 0.5 - 0.5 * np.cos(np.pi * np.arange(edge) / edge)
    window = np.ones(len(samples))
    window[:edge], window[-edge:] = ramp, ramp[::-1]
    return (samples * (window if samples.ndim == 1 else window[:, np.newaxis])).astype(np.float32)


def speech_like(rate_hz: int, seconds: float, seed: int) -> np.ndarray:
    """Syllables, pauses and loud and quiet passages over a low rumbling voice."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    voice = np.cumsum(rng.standard_normal(len(time_s)))
    voice -= np.convolve(voice, np.ones(200) / 200, "same")
    voice *= np.clip(_drawn(rng, time_s, 0.12) * 1.4 - 0.2, 0, 1) * (_drawn(rng, time_s, 3.0) + 0.05)
    return softened(0.7 * voice / np.abs(voice).max())


def voice(rate_hz: int, seconds: float, seed: int) -> np.ndarray:
    """A gliding, syllabled hum with overtones and a little breath: the crest of speech, peak 0.5."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(rate_hz * seconds)) / rate_hz
    turns = 2 * np.pi * np.cumsum(100 + 80 * _drawn(rng, time_s, 0.4)) / rate_hz
    hum = sum(np.sin(n * turns + rng.random() * 6) * _drawn(rng, time_s, 0.1) / n**0.7 for n in range(1, 25))
    sound = hum + 0.05 * rng.standard_normal(len(time_s))
    sound *= np.clip(_drawn(rng, time_s, 0.15) * 1.3 - 0.15, 0, 1)
    return softened(0.5 * sound / np.abs(sound).max(), edge=200)


def _drawn(rng: np.random.Generator, time_s: np.ndarray, every_s: float) -> np.ndarray:
    """A random line through a point of 0..1 each `every_s`."""
    points = rng.random(int(time_s[-1] / every_s) + 2)
    return np.interp(time_s, np.arange(len(points)) * every_s, points)
