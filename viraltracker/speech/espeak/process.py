"""The parent's side of the eSpeak NG process: start it, hand it lines, read the answers, end it.

Blocking and safe to call from many threads; each line has a pipe of its own, so answers never mix. Knows the
protocol of `child` and nothing about voices or settings.
"""

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from viraltracker.errors import ProviderDown
from viraltracker.speech.espeak import child as protocol

__all__ = ["Answer", "SpeakingProcess"]

_CHUNK = 1 << 16
_GOODBYE_S = 2.0
_INHERITED = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR")
"""All that the child gets of the environment: a C library that reads hostile text needs no keys."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a line: `status` as in `child`, raw 16-bit PCM at `rate_hz`."""

    status: int
    rate_hz: int
    pcm: bytes


class SpeakingProcess:
    """Holds one warm child, started when the first line comes and again whenever it has died."""

    def __init__(self, library: Path, data: Path) -> None:
        self._command = [
            sys.executable,
            "-I",  # neither PYTHON* variables nor the working folder have a say in what it imports
            str(Path(protocol.__file__)),
            str(library),
            str(data),
        ]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The warm child's process id; None before the first line and after the end."""
        return self._process.pid if self._process else None

    def speak(self, order: Mapping[str, object], timeout_s: float) -> Answer:
        """One line's audio. Raises `ProviderDown` when its process died, hangs, or can't be started.

        A child that died between two lines is replaced without a word; one that dies again has a reason.
        """
        deadline = time.monotonic() + timeout_s
        body = json.dumps({**order, "limit_s": max(1, round(timeout_s))}).encode()
        for attempt in (1, 2):
            answer = self._ask(body, deadline)
            if answer is not None:
                return answer
            if attempt == 1 and self._has_died():
                continue
            break
        raise ProviderDown(
            "eSpeak NG stopped while it spoke this line. The studio will try again; "
            "if it stops every time, change the line or the voice."
        )

    def close(self) -> None:
        """End the child and wait for it. Lines under way end with `ProviderDown`; so does every later one."""
        with self._lock:
            self._closed = True
            self._end()

    def _ask(self, body: bytes, deadline: float) -> Answer | None:
        """The answer, or None when the line's process or the warm child is gone."""
        answers, pipe = os.pipe()
        try:
            with self._lock:
                try:
                    self._send(body, pipe)
                except OSError:  # the child is gone, or takes nothing any more
                    if self._process is not None:
                        self._process.kill()
                    return None
                finally:
                    os.close(pipe)
            return _read(answers, deadline)
        finally:
            os.close(answers)

    def _send(self, body: bytes, pipe: int) -> None:
        if self._closed:
            raise ProviderDown("eSpeak NG was ended: the studio is closing. Nothing was lost.")
        control = self._control
        if control is None or self._process is None or self._process.poll() is not None:
            self._end()
            control = self._start()
        socket.send_fds(control, [len(body).to_bytes(4, "big")], [pipe])
        control.sendall(body)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # the library reports missing dictionaries there
                    env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                    start_new_session=True,  # a Ctrl-C in the terminal reaches the studio only
                )
            except OSError as error:
                ours.close()
                raise ProviderDown(f"eSpeak NG could not be started: {error.strerror}.") from error
        ours.settimeout(_GOODBYE_S)
        self._control = ours
        return ours

    def _has_died(self) -> bool:
        """Whether the warm child is gone, given a moment to be reaped: its socket closes before it does."""
        with self._lock:
            if self._process is None:
                return not self._closed
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
            return self._process.returncode is not None

    def _end(self) -> None:
        """Close the socket, at which the child exits; kill it where it doesn't."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(_GOODBYE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _read(answers: int, deadline: float) -> Answer | None:
    """Read one answer until its end. None when it is cut off. Raises `ProviderDown` at the deadline."""
    got = bytearray()
    waiting = select.poll()
    waiting.register(answers, select.POLLIN)
    while True:
        if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise ProviderDown("eSpeak NG took too long over this line. Split the line, or try again.")
        chunk = os.read(answers, _CHUNK)
        if not chunk:
            break
        got += chunk
    head = protocol.ANSWER.size
    if len(got) < head:
        return None
    magic, status, rate_hz, size = protocol.ANSWER.unpack_from(got)
    if magic != protocol.MAGIC or len(got) != head + size:
        return None
    return Answer(status, rate_hz, bytes(got[head:]))
