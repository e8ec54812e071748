"""Bytes to samples and back: WAV, FLAC, MP3 and OGG in, 16-bit FLAC and WAV out. Knows no paths, no process.

What comes in was written by others: it is read in small steps, and nothing is allocated on a header's word.
"""

import io
import tempfile
from typing import Any, Final

import numpy as np
import soundfile
from numpy.typing import NDArray

from viraltracker.audio.container import container_of, is_cut_off
from viraltracker.audio.model import Clip, Floats
from viraltracker.errors import BadAudio, DiskFull

__all__ = ["LONGEST_CLIP_MS", "decode", "encode_flac", "encode_wav", "from_pcm16", "to_pcm16"]

LONGEST_CLIP_MS: Final = 30 * 60 * 1000
"""Half an hour is 320 MB of float32; longer recordings are streamed, not held."""

_LOWEST_RATE_HZ: Final = 8_000
_HIGHEST_RATE_HZ: Final = 192_000
_MOST_CHANNELS: Final = 8
_STEP_FRAMES: Final = 1 << 16
_FARTHEST: Final = 8.0
"""Float files may pass full scale by some dB; +18 dB is damage, not music."""


def decode(payload: bytes, media_type: str | None = None) -> Clip:
    """The audio in `payload`, channels mixed down to mono by their mean, at the rate it has.

    `media_type` is only what the sender called it: it goes into the message. Raises `BadAudio` for what is
    not WAV, FLAC, MP3 or OGG, is cut off, empty, not finite, longer than `LONGEST_CLIP_MS`, or has a rate or
    channel count that no studio uses.
    """
    said = f" (sent as {_printable(media_type)})" if media_type else ""
    if not payload:
        raise BadAudio(f"The audio is empty: no bytes came{said}. Make it again.")
    container = container_of(payload)
    if container is None:
        raise BadAudio(f"These {len(payload)} bytes are no WAV, FLAC, MP3 or OGG{said}. Send one of those.")
    name = f"The {container} audio{said}"
    if is_cut_off(payload, container):
        raise BadAudio(f"{name} is cut off or broken: bytes are missing. Get the whole file.")
    try:
        with soundfile.SoundFile(io.BytesIO(payload)) as file:
            return _read(file, name)
    except soundfile.LibsndfileError as error:
        raise BadAudio(f"{name} is damaged: {_reason(error)}. Get the file again.") from error


def from_pcm16(payload: bytes, rate_hz: int) -> Clip:
    """Raw mono 16-bit little-endian samples, as engines give them. `BadAudio` when empty or cut off."""
    if not payload or len(payload) % 2:
        raise BadAudio(f"Raw 16-bit audio of {len(payload)} bytes is empty or cut off. Make it again.")
    _check_rate(rate_hz, "The raw audio")
    return Clip((np.frombuffer(payload, dtype="<i2") / np.float32(32768)).astype(np.float32), rate_hz)


def to_pcm16(samples: Floats) -> NDArray[np.int16]:
    """Rounded to 16 bit; what passes full scale is held there, never wrapped. Undoes `from_pcm16` exactly."""
    scaled = samples * np.float32(32768)
    np.clip(np.rint(scaled, out=scaled), -32768, 32767, out=scaled)
    return scaled.astype(np.int16)


def encode_flac(clip: Clip) -> bytes:
    """A FLAC file, 16 bit, mono: for takes. `BadAudio` for an empty or not finite clip, `DiskFull`."""
    return _encode(clip, "FLAC")


def encode_wav(clip: Clip) -> bytes:
    """A WAV file, 16 bit, mono. `BadAudio` for an empty or not finite clip, `DiskFull`."""
    return _encode(clip, "WAV")


def _encode(clip: Clip, container: str) -> bytes:
    if not clip.length:
        raise BadAudio("There is no sound to keep: the clip has no samples. Make it again.")
    if not np.isfinite(clip.samples).all():
        raise BadAudio("The sound is damaged: some samples are not numbers. Make it again.")
    _check_rate(clip.rate_hz, "The clip")
    try:
        # The library would write into memory by calling Python for every few kB, waiting for the interpreter
        # each time; into a file it is on its own, so that a thread beside it can go on measuring.
        with tempfile.TemporaryFile() as out:
            samples = to_pcm16(clip.samples)
            soundfile.write(
                out.fileno(), samples, clip.rate_hz, format=container, subtype="PCM_16", closefd=False
            )
            out.seek(0)
            return out.read()
    except (OSError, soundfile.LibsndfileError) as error:
        raise DiskFull(
            "The system's folder for temporary files can't be written. Free some space on its disk, or set "
            "TMPDIR to a folder on another, and try again."
        ) from error


def _read(file: Any, name: str) -> Clip:
    _check_rate(file.samplerate, name)
    if not 1 <= file.channels <= _MOST_CHANNELS:
        raise BadAudio(
            f"{name} has {file.channels} channels; up to {_MOST_CHANNELS} can be used. Mix it down."
        )
    most = LONGEST_CLIP_MS * file.samplerate // 1000
    parts: list[Floats] = []
    held = 0
    while len(part := file.read(_STEP_FRAMES, dtype="float32", always_2d=True)):
        held += len(part)
        if held > most:
            raise BadAudio(f"{name} is longer than {LONGEST_CLIP_MS // 60_000} minutes. Split it.")
        parts.append(_mono(part, name))
    if not held:
        raise BadAudio(f"{name} holds no sound: it is 0 samples long. Make it again.")
    # An MP3 without a length header is only guessed at by the library, by up to a frame or two.
    slack = 4 * 1152 + file.frames // 100 if file.format == "MP3" else 0
    if file.frames - held > slack:
        raise BadAudio(f"{name} is cut off after {held} of {file.frames} samples. Get the whole file.")
    return Clip(np.concatenate(parts), file.samplerate)


def _mono(part: Floats, name: str) -> Floats:
    if not np.isfinite(part).all() or float(np.abs(part).max()) > _FARTHEST:
        raise BadAudio(f"{name} is damaged: some samples are no numbers or far beyond full scale.")
    return part[:, 0].copy() if part.shape[1] == 1 else part.mean(axis=1, dtype=np.float32)


def _check_rate(rate_hz: int, name: str) -> None:
    if not _LOWEST_RATE_HZ <= rate_hz <= _HIGHEST_RATE_HZ:
        raise BadAudio(
            f"{name} has a rate of {rate_hz} Hz; {_LOWEST_RATE_HZ} to {_HIGHEST_RATE_HZ} Hz can be used."
        )


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", "") or "its data make no sense"
    return str(text).removeprefix("Error : ").rstrip(".")


def _printable(text: str) -> str:
    return "".join(c for c in text[:60] if c.isprintable())
