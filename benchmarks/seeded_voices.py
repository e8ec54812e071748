"""How the six seeded voices differ on eSpeak NG: pitch, liveliness, tempo, timbre, loudness, headroom.

    python -m benchmarks.seeded_voices [folder for a WAV of each]

Pitch is the median of a YIN-like estimate, liveliness the span from its 10th to its 90th percentile in
semitones, tempo characters a second, timbre the distance between long-term spectra in seven bands (dB, to the
nearest other voice). Level is that of the spoken parts; "shout" is the peak when the text is all capitals.
"""

import asyncio
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from viraltracker.audio import Clip, levels
from viraltracker.speech import SpeechRequest
from viraltracker.speech.espeak import EspeakEngine
from viraltracker.voices import VoiceProfile, seeded_profiles

TEXT = (
    "The harbour is closed. It has always been closed, and the fog has opinions about that. "
    "No no no, my whole lunch is out there!"
)
BANDS_HZ = (0, 300, 700, 1200, 2000, 3200, 5000, 11025)


def pitches_hz(clip: Clip) -> np.ndarray:
    """Pitch of each voiced frame of 50 ms (cumulative mean normalised difference below 0.2)."""
    samples, rate_hz = clip.samples.astype(np.float64), clip.rate_hz
    span, longest, shortest = rate_hz // 20, rate_hz // 55, rate_hz // 450
    found = []
    for start in range(0, len(samples) - span - longest, span // 2):
        frame = samples[start : start + span + longest]
        if np.sqrt(np.mean(frame**2)) < 0.02:
            continue
        head = frame[:span]
        differences = np.array([np.sum((head - frame[lag : lag + span]) ** 2) for lag in range(1, longest)])
        normal = differences * np.arange(1, longest) / np.maximum(np.cumsum(differences), 1e-12)
        below = np.flatnonzero(normal[shortest:] < 0.2)
        if not len(below):
            continue
        lag = int(below[0]) + shortest
        while lag + 1 < len(normal) and normal[lag + 1] < normal[lag]:
            lag += 1
        found.append(rate_hz / (lag + 1))
    return np.array(found)


def spectrum_db(clip: Clip) -> np.ndarray:
    """The long-term spectrum's share in each band, in dB."""
    size = 2048
    frames = clip.samples[: len(clip.samples) // size * size].reshape(-1, size) * np.hanning(size)
    power = (np.abs(np.fft.rfft(frames)) ** 2).mean(axis=0)
    at_hz = np.fft.rfftfreq(size, 1 / clip.rate_hz)
    shares = [power[(at_hz >= low) & (at_hz < high)].sum() for low, high in pairwise(BANDS_HZ)]
    shares_db: np.ndarray = 10 * np.log10(np.array(shares) / power.sum() + 1e-6)
    return shares_db


def request_for(profile: VoiceProfile, text: str) -> SpeechRequest:
    """What the studio would ask for at a normal pace."""
    voice = profile.voices["espeak"]
    return SpeechRequest(text=text, voice=voice.voice, speed=profile.speed, options=voice.options)


async def main(folder: Path | None) -> None:
    """Print the table."""
    engine = EspeakEngine()
    spoken: dict[str, Clip] = {}
    shouted: dict[str, float] = {}
    try:
        for profile in seeded_profiles():
            speech = await engine.synthesize(request_for(profile, TEXT))
            spoken[profile.character] = speech.clip
            shout = await engine.synthesize(request_for(profile, TEXT.upper() + " AAAH! OH MY GOD!"))
            shouted[profile.character] = levels(shout.clip).peak_dbfs
            if folder is not None:
                (folder / f"{profile.character}.wav").write_bytes(speech.payload)
    finally:
        await engine.aclose()
    spectra = {name: spectrum_db(clip) for name, clip in spoken.items()}
    print("voice         pitch Hz  lively st  chars/s  level dBFS  peak dBFS  shout dBFS  timbre dB")
    for name, clip in spoken.items():
        pitch = pitches_hz(clip)
        low, high = np.percentile(pitch, [10, 90]) if len(pitch) else (1.0, 1.0)
        far = {other: float(np.sqrt(np.mean((spectra[name] - s) ** 2))) for other, s in spectra.items()}
        others = {other: distance for other, distance in far.items() if other != name}
        near = min(others, key=lambda other: others[other])
        measured = levels(clip)
        print(
            f"{name:12s} {np.median(pitch) if len(pitch) else 0:9.0f} {12 * np.log2(high / low):10.1f} "
            f"{len(TEXT) / clip.duration_ms * 1000:8.1f} {measured.active_dbfs:11.1f} "
            f"{measured.peak_dbfs:10.1f} {shouted[name]:11.1f} {others[near]:10.1f}  ({near})"
        )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
