"""The one door to ffmpeg: finding it, asking its version, and feeding one process by pipe.

Every call is an argument list without a shell, with forced formats and only the protocols it needs. Knows
nothing about episodes.
"""

import os
import re
import select
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, cast

import imageio_ffmpeg

from viraltracker.errors import DiskFull, EncoderFailed

__all__ = ["ALWAYS", "Encoder", "Encoding", "find_encoder"]

ALWAYS: Final = ("-nostdin", "-hide_banner", "-loglevel", "error", "-xerror", "-y")
"""What every call begins with: no questions, no chatter, stop at the first error, and the file is ours."""

_PIPE_BYTES: Final = 1 << 20
_PATIENCE_S: Final = 0.2
"""How long a cancelled job may go unnoticed while ffmpeg takes nothing."""
_KEPT_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")

_ADDRESS: Final = re.compile(r"\[[^\]\n]* @ 0x[0-9a-f]+\] ")
_PLAIN_WORDS: Final = {
    "Unknown encoder": "it was built without the MP3 encoder libmp3lame. Set another ffmpeg",
    "Permission denied": "it may not write there. Choose another folder",
}

Tick = Callable[[], None]
"""Called often while waiting; raises to stop."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An ffmpeg that is there."""

    path: Path

    @property
    def version(self) -> str:
        """Its version as it says it (`5.1.9-0+deb12u1`). Raises `EncoderFailed` when it doesn't run."""
        return _version(self.path)


def find_encoder(setting: str | None = None) -> Encoder:
    """The ffmpeg to use: the one that is set, else the one on PATH, else that of the `imageio-ffmpeg` wheel.

    One that is set but missing is an `EncoderFailed`, never passed over in silence.
    """
    if setting:
        found = shutil.which(setting)
        if found is None:
            raise EncoderFailed(
                f"The ffmpeg that is set, {setting!r}, is not a program. Mend or remove the setting."
            )
        return Encoder(Path(found).absolute())
    on_path = shutil.which("ffmpeg")
    if on_path:
        return Encoder(Path(on_path).absolute())
    try:
        return Encoder(Path(imageio_ffmpeg.get_ffmpeg_exe()))
    except RuntimeError as error:
        raise EncoderFailed("There is no ffmpeg. Install it, or `pip install imageio-ffmpeg`.") from error


class Encoding:
    """A running ffmpeg that takes samples on its standard input. A context manager: leaving early kills it.

    `what` names the work in messages. Raises `EncoderFailed` with ffmpeg's own last word.
    """

    def __init__(self, encoder: Encoder, arguments: Sequence[str], what: str) -> None:
        self._what = what
        self._said = tempfile.TemporaryFile(prefix="viraltracker-ffmpeg-")  # noqa: SIM115 - closed by __exit__
        try:
            self._process = subprocess.Popen(
                [str(encoder.path), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said,
                env={**{k: os.environ[k] for k in _KEPT_ENVIRONMENT if k in os.environ}, "LC_ALL": "C"},
                start_new_session=True,  # Ctrl-C in a terminal is ours to handle, not ffmpeg's
                pipesize=_PIPE_BYTES,
            )
        except OSError as error:
            self._said.close()
            raise EncoderFailed(f"ffmpeg could not be started to {what}: {error.strerror}.") from error
        self._pipe = cast("IO[bytes]", self._process.stdin)
        os.set_blocking(self._pipe.fileno(), False)
        self._ready = select.poll()
        self._ready.register(self._pipe, select.POLLOUT)

    def write(self, payload: memoryview, tick: Tick) -> None:
        """All of the bytes, as fast as ffmpeg takes them."""
        rest = payload.cast("B")
        while rest:
            tick()
            if self._ready.poll(_PATIENCE_S * 1000):
                try:
                    rest = rest[os.write(self._pipe.fileno(), rest[:_PIPE_BYTES]) :]
                except BrokenPipeError as error:
                    self._process.wait()
                    raise self._failure() from error

    def finish(self, tick: Tick) -> None:
        """No more samples: waits until the file is complete."""
        self._pipe.close()
        while True:
            try:
                code = self._process.wait(_PATIENCE_S)
                break
            except subprocess.TimeoutExpired:
                tick()
        if code:
            raise self._failure()

    def _failure(self) -> EncoderFailed | DiskFull:
        self._said.seek(0)
        said = self._said.read()[-4000:].decode(errors="replace").strip()
        if "No space left on device" in said:
            return DiskFull(
                f"The disk is full: ffmpeg could not {self._what}. Free some space and try again."
            )
        last = _ADDRESS.sub("", said.rpartition("\n")[2])
        last = "".join(c for c in last if c.isprintable())[:200] or "it stopped without a word"
        plain = next((words for sign, words in _PLAIN_WORDS.items() if sign in said), last)
        return EncoderFailed(f"ffmpeg could not {self._what}: {plain.rstrip('.')}.", said=last)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._pipe.close()
        self._said.close()


@cache
def _version(path: Path) -> str:
    try:
        done = subprocess.run([str(path), "-version"], capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise EncoderFailed(f"{path} doesn't run as ffmpeg. Mend or remove the setting.") from error
    words = done.stdout.decode(errors="replace").split(maxsplit=3)
    return words[2] if words[:2] == ["ffmpeg", "version"] else "unknown"
