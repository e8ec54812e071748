"""A server on this machine that answers as ElevenLabs' documented API does, with real sockets and real audio.

    with ElevenLabsServer() as server:
        engine = ElevenLabsEngine(server.key, base_url=server.base_url)

It checks the key, the voice, the length and the account's credit, remembers what it made (`made`, which is
also the account's history) and what it was asked (`received`), counts calls under way (`most_at_once`) and
answers 429 above `concurrency_limit`. `faults` are taken one a speaking call, in order; a cleared `gate`
holds calls until it is set. All of it may be changed while the server runs.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.loopback import Handler, Loopback
from tests.speech.elevenlabs_faults import Fault
from tests.speech.elevenlabs_records import Made, audio_of, credits_of, error, history_page, voices_page

__all__ = ["SEEDED_VOICE", "ElevenLabsServer", "Made", "Received"]

SEEDED_VOICE = "BRruTxiLM2nszrcCIpz1"
"""The voice of the seeded profiles; the account has it."""


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ElevenLabsServer:
    """Start with `with`. See the module for what it does."""

    key: str = "sk_test_0123456789abcdef"
    voices: dict[str, str] = field(
        default_factory=lambda: {
            SEEDED_VOICE: "Dorothy",
            "voiceTwo00000000000A": "Arthur",
            "voiceThree000000000B": "Sam",
        }
    )
    tier: str = "creator"
    character_limit: int = 100_000
    character_count: int = 18_760
    concurrency_limit: int | None = None
    max_chars: int = 10_000
    delay_s: float = 0.0
    now: Callable[[], float] = time.time
    faults: list[Fault] = field(default_factory=list)
    history_page: int = 100
    voice_page: int = 100
    account_fault: Fault | None = None

    received: list[Received] = field(default_factory=list, init=False)
    made: list[Made] = field(default_factory=list, init=False)
    most_at_once: int = field(default=0, init=False)
    under_way: int = field(default=0, init=False)
    gate: threading.Event = field(default_factory=threading.Event, init=False)
    closing: threading.Event = field(default_factory=threading.Event, init=False)
    lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __enter__(self) -> "ElevenLabsServer":
        self.gate.set()
        self._server = Loopback("elevenlabs", _Handler, server_state=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.gate.set()
        self._server.stop()

    @property
    def base_url(self) -> str:
        """What `ELEVENLABS_BASE_URL` is to be set to."""
        return self._server.url

    @property
    def spoken(self) -> list[Received]:
        """The requests that asked for speech."""
        return [one for one in self.received if one.path.startswith("/v1/text-to-speech/")]

    def subscription(self) -> dict[str, Any]:
        """`GET /v1/user/subscription`."""
        return {
            "tier": self.tier,
            "character_count": self.character_count,
            "character_limit": self.character_limit,
            "max_credit_limit_extension": 0,
            "can_extend_character_limit": False,
            "allowed_to_extend_character_limit": False,
            "next_character_count_reset_unix": 1_800_000_000,
            "status": "active",
        }

    def remember(self, made: Made) -> None:
        """Put a generation into the account's history and charge it."""
        with self.lock:
            self.made.append(made)
            self.character_count += made.characters

    @contextmanager
    def slot(self) -> Iterator[bool]:
        """Inside: one call under way. False when the account's limit is reached already."""
        with self.lock:
            free = self.concurrency_limit is None or self.under_way < self.concurrency_limit
            self.under_way += free
            self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            yield free
        finally:
            with self.lock:
                self.under_way -= free


class _Handler(Handler):
    server_state: ElevenLabsServer

    def do_GET(self) -> None:
        """The account's questions."""
        state, received = self.server_state, self._receive({})
        if not self._may(received):
            return
        if state.account_fault is not None:
            state.account_fault.play(self, b"{}")
            return
        match received.path.strip("/").split("/"):
            case ["v2", "voices"]:
                self.send_json(200, voices_page(state.voices, state.voice_page, received.query))
            case ["v1", "user", "subscription"]:
                self.send_json(200, state.subscription())
            case ["v1", "usage", "character-stats"]:
                start = int(received.query["start_unix"])
                self.send_json(200, {"time": [start, start + 86_400_000], "usage": {"All": [120.0, 34.0]}})
            case ["v1", "history"]:
                self.send_json(*history_page(state.made, state.history_page, received.query))
            case ["v1", "history", item, "audio"]:
                made = next((one for one in state.made if one.id == item), None)
                if made is None:
                    self.send_json(404, error("not_found", "There is no such item."))
                else:
                    self.send_audio(made.audio, {}, made.content_type)
            case _:
                self.send_json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        """Text to speech."""
        state = self.server_state
        length = int(self.headers.get("content-length", "0"))
        received = self._receive(json.loads(self.rfile.read(length) or b"{}"))
        if not self._may(received):
            return
        match received.path.strip("/").split("/"):
            case ["v1", "text-to-speech", voice]:
                with state.slot() as free:
                    if not free:
                        message = "Too many concurrent requests."
                        self.send_json(429, error("concurrent_limit_exceeded", message))
                        return
                    self._speak(voice, received)
            case _:
                self.send_json(404, {"detail": "Not Found"})

    def send_json(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        """A whole answer in JSON."""
        self.send_bytes(status, json.dumps(body).encode(), "application/json", headers or {})

    def send_audio(self, audio: bytes, headers: dict[str, str], content_type: str) -> None:
        """A whole answer of audio."""
        self.send_bytes(200, audio, content_type, headers)

    def send_bytes(self, status: int, body: bytes, content_type: str, headers: dict[str, str]) -> None:
        """A whole answer."""
        self.send_response(status)
        for name, value in {"content-type": content_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _receive(self, body: dict[str, Any]) -> Received:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, parts.path, query, headers, body)
        self.server_state.received.append(received)
        return received

    def _may(self, received: Received) -> bool:
        if received.headers.get("xi-api-key") == self.server_state.key:
            return True
        self.send_json(401, error("invalid_api_key", "Invalid API key"))
        return False

    def _speak(self, voice: str, received: Received) -> None:
        state, body = self.server_state, received.body
        state.gate.wait()
        if state.delay_s:
            state.closing.wait(state.delay_s)
        fault = state.faults.pop(0) if state.faults else None
        refusal = self._refusal(voice, body)
        if refusal is not None and fault is None:
            self.send_json(*refusal)
            return
        made = self._make(voice, received)
        if fault is None or fault.charged:
            state.remember(made)
        headers = {
            "request-id": made.request_id,
            "character-cost": str(made.characters),
            "current-concurrent-requests": str(state.under_way),
            "maximum-concurrent-requests": str(state.concurrency_limit or 5),
            "history-item-id": made.id,
            "x-trace-id": f"trace-{made.id}",
            "x-region": "test-1",
        }
        if fault is not None:
            fault.play(self, made.audio, {**headers, "content-type": made.content_type})
        else:
            self.send_audio(made.audio, headers, made.content_type)

    def _refusal(self, voice: str, body: dict[str, Any]) -> tuple[int, object] | None:
        state = self.server_state
        text, model = body.get("text", ""), body.get("model_id", "")
        settings = body.get("voice_settings") or {}
        left = state.character_limit - state.character_count
        v3 = model == "eleven_v3"
        missing = {"detail": [{"loc": ["body", "text"], "msg": "Field required", "type": "missing"}]}
        refusals: list[tuple[bool, int, object]] = [
            (not text, 422, missing),
            (voice not in state.voices, 404, error("voice_not_found", f"No voice {voice} was found.")),
            (len(text) > state.max_chars, 400, error("max_character_limit_exceeded", "Too long.")),
            (credits_of(text, model) > left, 401, error("quota_exceeded", f"You have {left} credits left.")),
            (
                v3 and settings.get("stability", 0.5) not in {0, 0.5, 1},
                400,
                error("invalid_ttd_stability", "Invalid TTD stability value. Must be 0.0, 0.5 or 1.0"),
            ),
            (
                v3 and bool({"previous_text", "next_text"} & body.keys()),
                400,
                error("unsupported_model", "Neighbours are not yet supported with this model."),
            ),
            (
                not 0.7 <= settings.get("speed", 1.0) <= 1.2,
                400,
                error("invalid_voice_settings", "Speed must be between 0.7 and 1.2."),
            ),
        ]
        return next(((status, body) for applies, status, body in refusals if applies), None)

    def _make(self, voice: str, received: Received) -> Made:
        state, body = self.server_state, received.body
        # Its place in the order of arrival: calls that are answered together have ids of their own.
        number = 1 + next(place for place, one in enumerate(state.spoken) if one is received)
        name = received.query.get("output_format", "mp3_44100_128")
        audio, content_type = audio_of(
            body.get("text", ""), voice, body.get("voice_settings") or {}, number, name
        )
        return Made(
            id=f"item{number:06d}",
            request_id=f"req{number:06d}",
            voice=voice,
            model=body.get("model_id", ""),
            text=body.get("text", ""),
            settings=body.get("voice_settings") or {},
            characters=credits_of(body.get("text", ""), body.get("model_id", "")),
            at_unix=int(state.now()),
            content_type=content_type,
            audio=audio,
        )
