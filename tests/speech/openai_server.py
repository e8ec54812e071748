"""A speech server on this machine that answers as OpenAI's documented API and its likenesses do.

    with OpenAiServer() as server:
        engine = OpenAiEngine(server.url)

`flavour` says whose ways it has: "kokoro" (Kokoro-FastAPI: voices as objects, everything streamed, a WAV's
length unknown), "names" (vLLM and older Kokoro-FastAPI: voices as names), "speaches" (voices with their
models) or "openai" (no list of voices). It speaks sines: as long as the text, as high as the voice, and no
two calls quite the same. `faults` are taken one a speaking call, in order; a cleared `gate` holds calls;
`endless` streams go on until the client hangs up, which sets `hung_up`; `crowd` calls under way together
set `crowded`. `lists` answers a path with a status
and a body of the test's own. All of it may be changed while the server runs.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit

from tests.loopback import Handler, Loopback
from tests.speech.elevenlabs_faults import Fault
from tests.speech.openai_audio import RATE_HZ, formed, sine

__all__ = ["OpenAiServer", "Received"]

_PIECE_BYTES = 4_801
"""About 100 ms; odd, so that pieces end inside samples."""
_TYPES = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
}


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class OpenAiServer:
    """Start with `with`. See the module for what it does."""

    flavour: Literal["kokoro", "names", "speaches", "openai"] = "kokoro"
    key: str | None = None
    voices: list[str] = field(default_factory=lambda: ["af_bella", "am_adam", "bf_emma"])
    models: list[str] = field(default_factory=lambda: ["tts-1", "tts-1-hd", "kokoro"])
    max_chars: int = 4_096
    answer_format: str | None = None
    content_type: str | None = None
    wav_length: int = 0xFFFF_FFFF
    endless: bool = False
    lists: dict[str, tuple[int, object]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    list_fault: Fault | None = None

    received: list[Received] = field(default_factory=list, init=False)
    under_way: int = field(default=0, init=False)
    most_at_once: int = field(default=0, init=False)
    crowd: int = field(default=0, init=False)
    crowded: threading.Event = field(default_factory=threading.Event, init=False)
    gate: threading.Event = field(default_factory=threading.Event, init=False)
    hung_up: threading.Event = field(default_factory=threading.Event, init=False)
    closing: threading.Event = field(default_factory=threading.Event, init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __enter__(self) -> "OpenAiServer":
        self.gate.set()
        self._server = Loopback("speech", _Handler, server_state=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.gate.set()
        self._server.stop()

    @property
    def url(self) -> str:
        """What `VIRALTRACKER_SPEECH_URL` is to be set to."""
        return f"{self._server.url}/v1"

    @property
    def spoken(self) -> list[Received]:
        """The requests that asked for speech."""
        return [one for one in self.received if one.path == "/v1/audio/speech"]

    def models_list(self) -> dict[str, Any]:
        """`GET /v1/models`."""
        models: list[dict[str, Any]] = [{"id": name, "object": "model"} for name in self.models]
        if self.flavour == "speaches":
            voices = [{"id": name, "name": name, "language": "en-us"} for name in self.voices]
            for model in models:
                model |= {"task": "text-to-speech", "sample_rate": RATE_HZ, "voices": voices}
            models.append({"id": "whisper", "object": "model", "task": "automatic-speech-recognition"})
        return {"object": "list", "data": models}

    def voices_list(self) -> dict[str, Any]:
        """`GET /v1/audio/voices`."""
        if self.flavour == "names":
            return {"voices": self.voices, "uploaded_voices": []}
        return {"voices": [{"id": name, "name": name} for name in self.voices]}

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Inside: one call under way."""
        with self.lock:
            self.under_way += 1
            self.most_at_once = max(self.most_at_once, self.under_way)
            if self.under_way == self.crowd:
                self.crowded.set()
        try:
            yield
        finally:
            with self.lock:
                self.under_way -= 1


class _Handler(Handler):
    server_state: OpenAiServer

    def do_GET(self) -> None:
        """The lists."""
        state, received = self.server_state, self._receive({})
        if not self._may(received):
            return
        if state.list_fault is not None:
            state.list_fault.play(self, b"[]", {"content-type": "application/json"})
            return
        scripted = state.lists.get(received.path)
        if scripted is not None:
            self.send_json(*scripted)
        elif received.path == "/v1/models":
            self.send_json(200, state.models_list())
        elif received.path == "/v1/audio/voices" and state.flavour != "openai":
            self.send_json(200, state.voices_list())
        else:
            self.send_json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        """Text to speech."""
        length = int(self.headers.get("content-length", "0"))
        received = self._receive(json.loads(self.rfile.read(length) or b"{}"))
        if not self._may(received):
            return
        if received.path != "/v1/audio/speech":
            self.send_json(404, {"detail": "Not Found"})
            return
        with self.server_state.slot():
            self.server_state.gate.wait()
            self._speak(received)

    def send_json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        """A whole answer in JSON; bytes are sent as they are, as a page."""
        if isinstance(body, bytes):
            self.send_bytes(status, body, "text/html", headers or {})
        else:
            self.send_bytes(status, json.dumps(body).encode(), "application/json", headers or {})

    def send_bytes(self, status: int, body: bytes, content_type: str, headers: dict[str, str]) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in {"content-type": content_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _receive(self, body: dict[str, Any]) -> Received:
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, urlsplit(self.path).path, headers, body)
        self.server_state.received.append(received)
        return received

    def _may(self, received: Received) -> bool:
        key = self.server_state.key
        if key is None or received.headers.get("authorization") == f"Bearer {key}":
            return True
        message = "Incorrect API key provided." if "authorization" in received.headers else "No API key."
        self.send_json(401, {"error": {"message": message, "code": "invalid_api_key", "type": "x"}})
        return False

    def _speak(self, received: Received) -> None:
        state, body = self.server_state, received.body
        fault = state.faults.pop(0) if state.faults else None
        refusal = self._refusal(body)
        if refusal is not None and fault is None:
            self.send_json(*refusal)
            return
        number = 1 + next(place for place, one in enumerate(state.spoken) if one is received)
        pcm = sine(body.get("input", ""), str(body.get("voice")), float(body.get("speed", 1.0)), number)
        form = state.answer_format or body.get("response_format", "mp3")
        audio, said = (
            formed(pcm, form, state.wav_length if state.flavour == "kokoro" else None),
            _TYPES[form] if state.content_type is None else state.content_type,
        )
        if fault is not None:
            fault.play(self, audio, {"content-type": said})
        elif form == "pcm" or (state.flavour == "kokoro" and form == "wav"):
            self._stream(audio, said)
        else:
            self.send_bytes(200, audio, said, {})

    def _stream(self, audio: bytes, said: str) -> None:
        state = self.server_state
        self.send_response(200)
        self.send_header("content-type", said)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        try:
            for at in range(0, len(audio), _PIECE_BYTES):
                self._chunk(audio[at : at + _PIECE_BYTES])
            while state.endless and not state.closing.wait(0.01):
                self._chunk(audio[:_PIECE_BYTES])
            self._chunk(b"")
        except ConnectionError:
            state.hung_up.set()
            self.close_connection = True

    def _chunk(self, piece: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))

    def _refusal(self, body: dict[str, Any]) -> tuple[int, object] | None:
        state = self.server_state
        text, voice, model = body.get("input", ""), body.get("voice"), body.get("model")
        there = ", ".join(state.voices)
        no_voice = {"error": "validation_error", "message": f"Voice '{voice}' not found. Available: {there}"}
        no_model: tuple[int, object] = (
            (404, {"error": {"message": f"The model `{model}` does not exist", "code": "model_not_found"}})
            if state.flavour == "openai"
            else (400, {"detail": {"error": "invalid_model", "message": f"Unsupported model: {model}"}})
        )
        long = {"error": {"message": "String should have at most 4096 characters", "code": "string_too_long"}}
        refusals: list[tuple[bool, int, object]] = [
            (
                not text,
                422,
                {"detail": [{"loc": ["body", "input"], "msg": "Field required", "type": "missing"}]},
            ),
            (model not in state.models, *no_model),
            (voice not in state.voices, 400, {"detail": no_voice}),
            (len(text) > state.max_chars, 400, long),
            (not 0.25 <= body.get("speed", 1.0) <= 4, 422, {"detail": "speed must be between 0.25 and 4"}),
        ]
        return next(((status, told) for applies, status, told in refusals if applies), None)
