"""Samples: PCM in and out, resampling, fades, joining, loudness and true peak.

In: numpy arrays, audio bytes. Out: `Clip`s, numbers, audio bytes. May import units and errors only.
"""

from viraltracker.audio.codec import (
    LONGEST_CLIP_MS,
    decode,
    encode_flac,
    encode_wav,
    from_pcm16,
    to_pcm16,
)
from viraltracker.audio.container import Container, container_of
from viraltracker.audio.frames import FRAME_BYTES, FRAME_MS, FRAME_SAMPLES, LIVE_RATE_HZ, Framer
from viraltracker.audio.limiter import GainRider, Limited, Limiter
from viraltracker.audio.loudness import (
    HOP_MS,
    Loudness,
    integrated,
    loudness_range,
    momentary,
    short_term,
)
from viraltracker.audio.measure import Levels, Waveform, levels, peaks
from viraltracker.audio.model import EPISODE_RATE_HZ, Clip, Floats
from viraltracker.audio.reading import ClipReader
from viraltracker.audio.shape import fade, faded, join, resample, silence, trim_silence
from viraltracker.audio.tempo import stretched
from viraltracker.audio.truepeak import BLOCK, TruePeak, block_peaks
from viraltracker.audio.weighting import KWeighting

__all__ = [
    "BLOCK",
    "EPISODE_RATE_HZ",
    "FRAME_BYTES",
    "FRAME_MS",
    "FRAME_SAMPLES",
    "HOP_MS",
    "LIVE_RATE_HZ",
    "LONGEST_CLIP_MS",
    "Clip",
    "ClipReader",
    "Container",
    "Floats",
    "Framer",
    "GainRider",
    "KWeighting",
    "Levels",
    "Limited",
    "Limiter",
    "Loudness",
    "TruePeak",
    "Waveform",
    "block_peaks",
    "container_of",
    "decode",
    "encode_flac",
    "encode_wav",
    "fade",
    "faded",
    "from_pcm16",
    "integrated",
    "join",
    "levels",
    "loudness_range",
    "momentary",
    "peaks",
    "resample",
    "short_term",
    "silence",
    "stretched",
    "to_pcm16",
    "trim_silence",
]
