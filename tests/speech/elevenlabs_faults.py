"""What can go wrong with an answer, played on a real socket. `charged` ones were paid for all the same."""

import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Drip", "Empty", "Fault", "Flood", "Hang", "Hangup", "Instead", "Status", "Truncated"]


@dataclass(frozen=True)
class Fault:
    """Plays an answer other than the right one. `charged`: the provider did the work and took the money."""

    charged: bool = field(default=False, kw_only=True)

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        """Answer on the handler's socket. `audio` and `headers` are those of the right answer."""
        raise TypeError("play a kind of fault")


@dataclass(frozen=True)
class Status(Fault):
    """An error status, with a body in the vendor's form unless another is given."""

    status: int
    code: str = ""
    message: str = "It did not work."
    headers: dict[str, str] = field(default_factory=dict)
    body: object = None

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        detail = {"detail": {"status": self.code, "message": self.message}}
        handler.send_json(self.status, detail if self.body is None else self.body, self.headers)


@dataclass(frozen=True)
class Instead(Fault):
    """Success by its status, but another body."""

    body: bytes
    content_type: str = "audio/mpeg"
    status: int = 200

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        kept = {name: value for name, value in (headers or {}).items() if name != "content-type"}
        handler.send_bytes(self.status, self.body, self.content_type, kept)

    @classmethod
    def html(cls, status: int = 200) -> "Instead":
        """A proxy's page."""
        return cls(b"<html><body>Bad gateway</body></html>", "text/html; charset=utf-8", status)

    @classmethod
    def json_error(cls) -> "Instead":
        """An error under a status of success."""
        return cls(json.dumps({"detail": {"status": "system_busy"}}).encode(), "application/json")


@dataclass(frozen=True)
class Empty(Fault):
    """Success and audio, of no length."""

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        handler.send_bytes(200, b"", "audio/mpeg", {})


@dataclass(frozen=True)
class Truncated(Fault):
    """The first part of the audio, then the end of the connection; honest about its whole length or not."""

    part: float = 0.5
    honest: bool = True

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        cut = audio[: int(len(audio) * self.part)]
        handler.send_response(200)
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(audio if self.honest else cut)))
        handler.end_headers()
        handler.wfile.write(cut)
        handler.close_connection = True


@dataclass(frozen=True)
class Drip(Fault):
    """Some bytes at a time, often enough that no single read is late, and never the whole."""

    every_s: float = 0.02

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "audio/mpeg")
        handler.send_header("content-length", str(1 << 20))
        handler.end_headers()
        while not handler.server_state.closing.wait(self.every_s):
            handler.wfile.write(b"\0")


@dataclass(frozen=True)
class Flood(Fault):
    """Audio without end, until the client hangs up."""

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        handler.send_response(200)
        handler.send_header("content-type", "audio/mpeg")
        handler.send_header("connection", "close")
        handler.end_headers()
        handler.close_connection = True
        while not handler.server_state.closing.is_set():
            handler.wfile.write(bytes(1 << 18))


@dataclass(frozen=True)
class Hang(Fault):
    """No answer until the client hangs up or the server closes."""

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        handler.connection.settimeout(0.02)
        while not handler.server_state.closing.is_set():
            try:
                if not handler.connection.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                continue
        handler.close_connection = True


@dataclass(frozen=True)
class Hangup(Fault):
    """The connection is reset with the request read and nothing answered."""

    def play(self, handler: Any, audio: bytes, headers: dict[str, str] | None = None) -> None:
        linger = struct.pack("ii", 1, 0)  # close sends a reset
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.connection.close()
