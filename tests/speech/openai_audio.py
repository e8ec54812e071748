"""The audio of the stand-in for speech servers: sines, in the formats that such servers send. Pure."""

import io
import struct
import zlib

import numpy as np
import soundfile

__all__ = ["RATE_HZ", "formed", "sine"]

RATE_HZ = 24_000
_MS_A_CHARACTER = 65


def formed(pcm: bytes, form: str, wav_length: int | None = None) -> bytes:
    """16-bit samples as a file of that format; with `wav_length` a WAV whose header says just that."""
    if form == "pcm":
        return pcm
    if form == "wav" and wav_length is not None:
        return _wav_saying(wav_length, pcm)
    out = io.BytesIO()
    soundfile.write(out, np.frombuffer(pcm, dtype="<i2"), RATE_HZ, format=form.upper())
    return out.getvalue()


def sine(text: str, voice: str, speed: float, number: int) -> bytes:
    """65 ms a character over the speed, as high as the voice, a little higher with every call."""
    length = round(_MS_A_CHARACTER * len(text) / speed * RATE_HZ / 1000)
    pitch_hz = 120 + zlib.crc32(voice.encode()) % 200 + number * 0.7
    wave = 0.25 * np.sin(2 * np.pi * pitch_hz * np.arange(length) / RATE_HZ)
    return bytes((wave * 32767).astype("<i2").tobytes())


def _wav_saying(length: int, pcm: bytes) -> bytes:
    """As ffmpeg writes it to a pipe: with a list of its own before the samples, and no true length."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    listed = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf60.16.100\0"
    said = struct.pack("<I", length)
    return b"".join((b"RIFF", said, b"WAVE", form, listed, b"data", said, pcm))
