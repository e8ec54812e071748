"""A server on this machine that speaks OpenAI's chat completions over real sockets, from a test's script.

    with ModelServer("Hello.", calls(list_sessions={}), lambda messages: "Two.", fault("limited")) as server:
        choice = Choice("local:stand-in", server.base_url, "page")

Each request takes the next step, streamed or whole, as it asks. A step is JSON: a text to say, a list of
tools to call, or a fault; or it is a function of the request's messages that answers with one. A studio in
another process only needs `base_url`. `received` are the requests; while `gate` is cleared, no word leaves.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

__all__ = ["DONE", "FAULTS", "KEY", "ModelServer", "Received", "Step", "answers_in", "calls", "fault"]

KEY = "sk-stand-in-0123456789abcdef"
DONE = "That is all."
"""What is said when no step is left."""

Step = str | list[dict[str, Any]] | dict[str, Any] | Callable[[list[dict[str, Any]]], "Step"]


def calls(**tools: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A step that calls tools: name -> arguments."""
    return [{"tool": tool, "arguments": dict(arguments)} for tool, arguments in tools.items()]


def fault(kind: str, times: int | None = None) -> dict[str, Any]:
    """A step that fails; the client's tries after `times` get the next step instead."""
    assert kind in FAULTS
    return {"fault": kind, "times": times}


def answers_in(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What the tools answered so far, newest last."""
    return [json.loads(each["content"]) for each in messages if each["role"] == "tool"]


@dataclass(frozen=True)
class _Failure:
    """An answer that is none. `words`: that many are streamed before the line breaks."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    words: int | None = None


def _error(message: str, kind: str) -> str:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}})


FAULTS: Mapping[str, _Failure] = {
    # As the real one does, with the key in its words.
    "unauthorized": _Failure(401, _error(f"Incorrect API key provided: {KEY}.", "invalid_api_key")),
    # The milliseconds are what the client looks at first, so that no test waits for the second.
    "limited": _Failure(
        429,
        _error("Rate limit reached.", "rate_limit_exceeded"),
        {"retry-after": "1", "retry-after-ms": "1"},
    ),
    "broken": _Failure(500, _error("The server had an error.", "server_error"), {"retry-after-ms": "1"}),
    "html": _Failure(
        200, "<html><body>Sign in to the hotel's network</body></html>", content_type="text/html"
    ),
    "cut off": _Failure(200, "", words=2),
}
"""What can go wrong with an answer."""


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
        self._failing: dict[str, Any] = {}
        self.gate.set()

    def __enter__(self) -> "ModelServer":
        owner = self

        class Handler(_Handler):
            server_state = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, name="model", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def base_url(self) -> str:
        """What `VIRALTRACKER_AGENT_BASE_URL` is to be set to."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def step(self, received: Received) -> Any:
        """What to do with a request. A client that tries a failed one again fails on the same step."""
        with self.lock:
            again = received.headers.get("x-stainless-retry-count", "0") != "0"
            if again and self._failing and self._failing["times"] != 0:
                step: Any = self._failing
            else:
                step = self.steps.pop(0) if self.steps else DONE
        while callable(step):
            step = step(received.messages)
        if isinstance(step, dict):
            left = step["times"]
            self._failing = {**step, "times": None if left is None else left - 1}
        return step


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # joined at the end, so that a test leaves no thread
    block_on_close = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 0.5  # an idle kept-alive connection ends, so that closing the server doesn't wait for it
    disable_nagle_algorithm = True
    server_state: ModelServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""

    def do_POST(self) -> None:
        """A chat completion."""
        length = int(self.headers.get("content-length", "0"))
        body = json.loads(self.rfile.read(length) or b"{}")
        received = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server_state.received.append(received)
        if self.path != "/v1/chat/completions":
            self._whole(404, _error("There is nothing here.", "not_found"))
        elif not self._may(received):
            self._fail(FAULTS["unauthorized"], body)
        else:
            step = self.server_state.step(received)
            if isinstance(step, dict):
                self._fail(FAULTS[step["fault"]], body)
            elif body.get("stream"):
                self._stream(body, list(_deltas(step)), "tool_calls" if isinstance(step, list) else "stop")
            else:
                self._whole(200, json.dumps(_completion(body, step)))

    def _may(self, received: Received) -> bool:
        key = self.server_state.key
        return key is None or received.headers.get("authorization") == f"Bearer {key}"

    def _fail(self, failure: _Failure, body: Mapping[str, Any]) -> None:
        if failure.words is None:
            self._whole(failure.status, failure.body, failure.headers, failure.content_type)
        elif body.get("stream"):
            self._stream(body, list(_deltas("one two three"))[: failure.words], None)
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

    def _stream(self, body: Mapping[str, Any], deltas: list[dict[str, Any]], finish: str | None) -> None:
        """Server-sent events; without a `finish` the line breaks in the middle of the stream."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for delta in [{"role": "assistant", "content": ""}, *deltas]:
            self.server_state.gate.wait()
            self._event(_chunk(body, [{"index": 0, "delta": delta, "finish_reason": None}]))
        if finish is None:
            self.close_connection = True
            return
        self._event(_chunk(body, [{"index": 0, "delta": {}, "finish_reason": finish}]))
        if (body.get("stream_options") or {}).get("include_usage"):
            self._event(_chunk(body, []) | {"usage": _usage(body, len(deltas))})
        self._event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, event: object) -> None:
        line = event if isinstance(event, str) else json.dumps(event)
        data = f"data: {line}\n\n".encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()


def _deltas(step: str | list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A text word by word; a call's name, then its arguments in two halves, as a model writes them."""
    if isinstance(step, str):
        words = step.split(" ")
        yield from ({"content": word if last else f"{word} "} for word, last in _with_last(words))
        return
    for place, call in enumerate(_tool_calls(step)):
        arguments = call["function"]["arguments"]
        half = len(arguments) // 2
        yield {"tool_calls": [call | {"index": place, "function": call["function"] | {"arguments": ""}}]}
        for part in (arguments[:half], arguments[half:]):
            yield {"tool_calls": [{"index": place, "function": {"arguments": part}}]}


def _with_last(words: list[str]) -> Iterator[tuple[str, bool]]:
    for place, word in enumerate(words, 1):
        yield word, place == len(words)


def _tool_calls(step: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{place}_{id(step):x}",
            "type": "function",
            "function": {"name": call["tool"], "arguments": json.dumps(call["arguments"])},
        }
        for place, call in enumerate(step)
    ]


def _completion(body: Mapping[str, Any], step: str | list[dict[str, Any]]) -> dict[str, Any]:
    text = isinstance(step, str)
    message = {"role": "assistant", "content": step if text else None}
    if isinstance(step, list):
        message["tool_calls"] = _tool_calls(step)  # type: ignore[assignment]
    return {
        "id": "chatcmpl-stand-in",
        "object": "chat.completion",
        "created": 1_800_000_000,
        "model": body.get("model", ""),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop" if text else "tool_calls"}],
        "usage": _usage(body, len(step)),
    }


def _chunk(body: Mapping[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-stand-in",
        "object": "chat.completion.chunk",
        "created": 1_800_000_000,
        "model": body.get("model", ""),
        "choices": choices,
    }


def _usage(body: Mapping[str, Any], said: int) -> dict[str, int]:
    asked = len(json.dumps(body.get("messages", []))) // 4
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
