"""A server on this machine that speaks OpenAI's chat completions over real sockets, from a test's script.

    with ModelServer("Hello.", calls(list_sessions={}), lambda messages: "Two.", fault("limited")) as server:
        choice = Choice("local:stand-in", server.base_url, "page")

Each request takes the next step, streamed or whole, as it asks; `steps` says what a step can be. A studio in
another process only needs `base_url`. `received` are the requests; while `gate` is cleared, no word leaves.
"""

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from types import TracebackType
from typing import Any

from tests.loopback import Handler, Loopback
from tests.model.steps import DONE, FAULTS, Failure, Fault, Held, Step, Told, error
from tests.model.wire import chunk, completion, deltas, usage

__all__ = ["ModelServer", "Received"]


@dataclass(frozen=True)
class Received:
    """A request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The conversation that it carries."""
        return list(self.body["messages"])


class ModelServer:
    """Start with `with`. See the module for what it does."""

    def __init__(self, *steps: Step, key: str | None = None) -> None:
        self.steps = list(steps)
        self.key = key
        self.received: list[Received] = []
        self.gate = threading.Event()
        self.lock = threading.Lock()
        self._failing: Fault | None = None
        self._held: list[Held] = []
        self.gate.set()

    def __enter__(self) -> "ModelServer":
        self._server = Loopback("model", _Handler, server_state=self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        for held in self._held:
            held.go.set()
        self._server.stop()

    @property
    def base_url(self) -> str:
        """What `VIRALTRACKER_AGENT_BASE_URL` is to be set to."""
        return f"{self._server.url}/v1"

    def will(self, *steps: Step) -> None:
        """What it shall do next, one step for each request."""
        with self.lock:
            self.steps.extend(steps)

    def step(self, received: Received) -> Told:
        """What to do with a request. A client that tries a failed one again fails on the same step."""
        with self.lock:
            again = received.headers.get("x-stainless-retry-count", "0") != "0"
            if again and self._failing is not None and self._failing.times != 0:
                step: Step = self._failing
            else:
                step = self.steps.pop(0) if self.steps else DONE
        while callable(step):
            step = step(received.messages)
        if isinstance(step, Fault):
            left = step.times
            self._failing = replace(step, times=None if left is None else left - 1)
        elif isinstance(step, Held):
            self._held.append(step)
        return step


class _Handler(Handler):
    server_state: ModelServer

    def do_POST(self) -> None:
        """A chat completion."""
        length = int(self.headers.get("content-length", "0"))
        body = json.loads(self.rfile.read(length) or b"{}")
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server_state.received.append(received)
        if self.path != "/v1/chat/completions":
            self._whole(404, error("There is nothing here.", "not_found"))
        elif not self._may(received):
            self._fail(FAULTS["unauthorized"], body)
        else:
            step = self.server_state.step(received)
            if isinstance(step, Fault):
                self._fail(FAULTS[step.kind], body)
            elif body.get("stream"):
                self._stream(body, deltas(step), "tool_calls" if isinstance(step, list) else "stop")
            else:
                self._whole(200, json.dumps(completion(body, step)))

    def _may(self, received: Received) -> bool:
        key = self.server_state.key
        return key is None or received.headers.get("authorization") == f"Bearer {key}"

    def _fail(self, failure: Failure, body: Mapping[str, Any]) -> None:
        if failure.words is None:
            self._whole(failure.status, failure.body, failure.headers, failure.content_type)
        elif body.get("stream"):
            self._stream(body, list(deltas("one two three"))[: failure.words], None)
        else:
            self.close_connection = True  # hangs up without an answer

    def _whole(
        self,
        status: int,
        text: str,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> None:
        self.server_state.gate.wait()
        self.send_response(status)
        for name, value in {"content-type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _stream(self, body: Mapping[str, Any], pieces: Iterable[dict[str, Any]], finish: str | None) -> None:
        """Server-sent events; without a `finish` the line breaks in the middle of the stream."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        said = -1  # the first piece has no words
        for delta in chain([{"role": "assistant", "content": ""}], pieces):
            said += 1
            self.server_state.gate.wait()
            self._event(chunk(body, [{"index": 0, "delta": delta, "finish_reason": None}]))
        if finish is None:
            self.close_connection = True
            return
        self._event(chunk(body, [{"index": 0, "delta": {}, "finish_reason": finish}]))
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event(chunk(body, []) | {"usage": usage(body, said)})
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, event: object) -> None:
        line = event if isinstance(event, str) else json.dumps(event)
        data = f"data: {line}\n\n".encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()
