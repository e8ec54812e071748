"""ffmpeg as the outside judge of loudness and true peak."""

import re
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import imageio_ffmpeg
import numpy as np
import pytest


class Judged(NamedTuple):
    """What ffmpeg's ebur128 says."""

    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float


@pytest.fixture(scope="session")
def judge() -> Callable[[np.ndarray, int], Judged]:
    def judged(samples: np.ndarray, rate_hz: int) -> Judged:
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-f", "f32le"]
        command += ["-ar", str(rate_hz), "-ac", str(channels), "-i", "pipe:0"]
        command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
        done = subprocess.run(command, input=samples.astype("<f4").tobytes(), capture_output=True, check=True)
        summary = done.stderr.decode().rpartition("Summary:")[2]
        found = [re.search(name + r":\s+(\S+)", summary) for name in ("I", "LRA", "Peak")]
        return Judged(*(float(match[1]) for match in found if match))

    return judged
