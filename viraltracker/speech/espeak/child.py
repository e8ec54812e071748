"""The process that holds eSpeak NG: one warm parent, one fork per line.

Run by path with two arguments, the library and its data folder; file descriptor 0 is a Unix stream socket.
An order is four bytes of length (big-endian) that carry a pipe's write end as ancillary data, then that many
bytes of JSON: `text`, `voice`, `rate_wpm`, `pitch`, `pitch_range`, `volume`, `limit_s`. The answer goes into
that pipe: a header (`ANSWER`: magic, status, rate in Hz, bytes that follow), then 16-bit PCM, then the end.
No answer, or a short one, means that the line's process died. The end of the socket ends this process.

Why a fork per line: audio drifts by bytes and length inside one long-lived process, and setting the library
up again does not help; a fork of a process that has never spoken is bit-identical each time, costs a few
milliseconds, and a crash in the C code takes only its own line along.

Imports the standard library only, and no package of the studio: it has to start in tens of milliseconds, and
what is loaded here is copied into every fork.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import sys
from typing import Any

ANSWER = struct.Struct("!4sBII")
MAGIC = b"vtsp"
OK, NO_VOICE, NO_SPEECH = 0, 1, 2

_AUDIO_OUTPUT_SYNCHRONOUS = 2  # the retrieval mode keeps a thread, which a fork would lack
_INITIALIZE_DONT_EXIT = 0x8000
_CHARS_UTF8 = 1  # neither SSML (0x10) nor phoneme input (0x100): what stands in a script is literal text
_RATE, _VOLUME, _PITCH, _PITCH_RANGE = 1, 2, 3, 4

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """The library, set up but never yet used for speech."""

    def __init__(self, library: str, data: str) -> None:
        self._lib = ctypes.CDLL(library)
        self._lib.espeak_Synth.argtypes = (
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        )
        self._lib.espeak_SetVoiceByName.argtypes = (ctypes.c_char_p,)
        self._pcm = bytearray()
        self._callback = _Callback(self._collect)
        self._lib.espeak_SetSynthCallback(self._callback)
        self.rate_hz = int(
            self._lib.espeak_Initialize(
                _AUDIO_OUTPUT_SYNCHRONOUS, 0, os.fsencode(data), _INITIALIZE_DONT_EXIT
            )
        )
        if self.rate_hz <= 0:
            sys.exit(3)

    def _collect(self, wav: Any, samples: int, _events: int | None) -> int:
        if wav and samples > 0:
            self._pcm += ctypes.string_at(wav, samples * 2)
        return 0

    def speak(self, order: dict[str, Any]) -> tuple[int, bytes]:
        """A status and the PCM of one line. Good for one call in the life of a process."""
        if self._lib.espeak_SetVoiceByName(order["voice"].encode()) != 0:
            return NO_VOICE, b""
        for parameter, value in (
            (_RATE, order["rate_wpm"]),
            (_VOLUME, order["volume"]),
            (_PITCH, order["pitch"]),
            (_PITCH_RANGE, order["pitch_range"]),
        ):
            self._lib.espeak_SetParameter(parameter, int(value), 0)
        text = order["text"].encode()
        if self._lib.espeak_Synth(text, len(text) + 1, 0, 1, 0, _CHARS_UTF8, None, None) != 0:
            return NO_SPEECH, b""
        return OK, bytes(self._pcm)


def _exactly(control: socket.socket, size: int) -> bytes:
    """`size` bytes, or fewer where the other side has ended."""
    got = bytearray()
    while len(got) < size and (more := control.recv(size - len(got))):
        got += more
    return bytes(got)


def receive(control: socket.socket) -> tuple[dict[str, Any], int] | None:
    """The next order and the pipe for its answer; None when the other side has ended."""
    head, pipes, _flags, _address = socket.recv_fds(control, 4, 1)
    if not pipes:
        return None
    head += _exactly(control, 4 - len(head))
    if len(head) < 4:
        return None
    body = _exactly(control, int.from_bytes(head, "big"))
    order: dict[str, Any] = json.loads(body)
    return order, pipes[0]


def answer(espeak: Espeak, order: dict[str, Any], pipe: int) -> None:
    """Speak one line into its pipe. The process is this line's own; an alarm ends it if the library hangs."""
    signal.alarm(int(order["limit_s"]))
    status, pcm = espeak.speak(order)
    with os.fdopen(pipe, "wb") as out:
        out.write(ANSWER.pack(MAGIC, status, espeak.rate_hz, len(pcm)))
        out.write(pcm)


def serve(espeak: Espeak, control: socket.socket) -> None:
    """Fork for each order until the socket ends. Dead forks are reaped by the system (SIGCHLD ignored)."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while (received := receive(control)) is not None:
        order, pipe = received
        with contextlib.suppress(OSError):  # no more processes: the closed pipe says so
            if os.fork() == 0:
                code = 1
                try:
                    control.close()
                    answer(espeak, order, pipe)
                    code = 0
                finally:
                    os._exit(code)  # skips the parent's clean-up, which isn't the fork's to do
        os.close(pipe)


def main(library: str, data: str) -> None:
    """Load the library, then serve. A Ctrl-C in the terminal is the studio's business: it ends the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    espeak = Espeak(library, data)
    serve(espeak, socket.socket(fileno=0))


if __name__ == "__main__":
    main(*sys.argv[1:3])
