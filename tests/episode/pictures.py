"""Covers, drawn by ffmpeg."""

import subprocess
from functools import cache

import imageio_ffmpeg

__all__ = ["drawn"]


@cache
def drawn(suffix: str, size: str = "64x48") -> bytes:
    """A test picture as `png` or `jpg`."""
    codec = {"png": "png", "jpg": "mjpeg"}[suffix]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-f", "lavfi"]
    command += ["-i", f"testsrc=size={size}", "-frames:v", "1", "-c:v", codec, "-f", "image2pipe", "pipe:1"]
    return subprocess.run(command, capture_output=True, check=True).stdout
