"""ffmpeg as the outside judge of loudness, true peak and what a file decodes to."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import imageio_ffmpeg
import numpy as np

__all__ = ["Judged", "decoded", "judged"]

_CALL = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner"]


class Judged(NamedTuple):
    """What ffmpeg's ebur128 says, to one decimal."""

    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float


def judged(samples: np.ndarray, rate_hz: int) -> Judged:
    """Measure samples of shape (n,) or (n, channels)."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    command = [*_CALL, "-f", "f32le", "-ar", str(rate_hz), "-ac", str(channels), "-i", "pipe:0"]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    done = subprocess.run(command, input=samples.astype("<f4").tobytes(), capture_output=True, check=True)
    summary = done.stderr.decode().rpartition("Summary:")[2]
    found = [re.search(name + r":\s+(\S+)", summary) for name in ("I", "LRA", "Peak")]
    return Judged(*(float(match[1]) for match in found if match))


def decoded(path: Path, channels: int = 1) -> np.ndarray:
    """An MP3 as a player hears it, at 44.1 kHz: shape (n,) or (n, channels)."""
    command = [*_CALL, "-loglevel", "error", "-f", "mp3", "-i", f"file:{path}"]
    command += ["-map", "0:a", "-f", "f32le", "-ac", str(channels), "-ar", "44100", "pipe:1"]
    done = subprocess.run(command, capture_output=True, check=True)
    samples = np.frombuffer(done.stdout, dtype="<f4")
    return samples if channels == 1 else samples.reshape(-1, channels)
