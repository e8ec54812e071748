"""A window onto an audio file on disk: any stretch of samples without holding the rest.

Takes lie in a folder of content hashes, so a name's ending says nothing: the format is found by the bytes.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile

from viraltracker.audio.model import Floats
from viraltracker.errors import BadAudio
from viraltracker.units import Samples

__all__ = ["ClipReader"]


class ClipReader:
    """An open mono or multi-channel file, read as mono float32 in order or from anywhere. A context manager.

    Raises `BadAudio` when the file is missing, no audio, or shorter than it says. One thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self._name = path.name
        try:
            self._file = soundfile.SoundFile(str(path.absolute()))
        except (soundfile.LibsndfileError, OSError) as error:
            raise BadAudio(
                f"The audio file {self._name} can't be opened. `viraltracker check` says what is damaged.",
                path=str(path),
            ) from error
        self.rate_hz: int = self._file.samplerate
        """Sample frames a second."""
        self.length: Samples = Samples(self._file.frames)
        """Sample frames, by the header."""
        self.channels: int = self._file.channels
        """How many channels `frames` gives."""
        self._at = 0

    def read(self, start: int, count: int) -> Floats:
        """`count` samples from `start` on, mixed down to mono, shape (count,)."""
        try:
            if start != self._at:
                self._at = self._file.seek(start)
            part = self.frames(count)
        except soundfile.LibsndfileError as error:
            raise BadAudio(f"The audio file {self._name} is damaged.") from error
        if len(part) != count:
            raise BadAudio(f"The audio file {self._name} ends early, at {self._at} of {self.length} samples.")
        return part[:, 0] if part.shape[1] == 1 else part.mean(axis=1, dtype=np.float32)

    def frames(self, count: int) -> Floats:
        """The next `count` frames or as many as are left, all channels, shape (n, channels)."""
        try:
            part: Floats = self._file.read(count, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise BadAudio(f"The audio file {self._name} is damaged.") from error
        self._at += len(part)
        return part

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
