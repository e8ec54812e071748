"""A language model's server on this machine: speaks as Ollama's does, and says what a test tells it to."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WAIT_S = 30


@dataclass
class Held:
    """Words that stop halfway until the test lets them go on."""

    before: str
    after: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


Calls = Sequence[tuple[str, dict[str, Any]]]
Step = str | Held | int | Calls
"""Words, words that are held, a status to refuse with, or tool calls."""


@dataclass
class ModelServer:
    """Does one step for each request; `asked` are the requests so far."""

    url: str
    steps: list[Step] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def will(self, *steps: Step) -> None:
        """What it shall do next, one step for each request."""
        self.steps.extend(steps)

    def last_prompt(self) -> str:
        """What the producer said last, as the model was told."""
        return next(m["content"] for m in reversed(self.asked[-1]["messages"]) if m["role"] == "user")


def _handler(server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Nobody reads it."""

        def do_POST(self) -> None:
            size = int(self.headers["content-length"])
            server.asked.append(json.loads(self.rfile.read(size)))
            step = server.steps.pop(0) if server.steps else "That is all."
            if isinstance(step, int):
                self.send_error(step)
                return
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            try:
                for delta in _deltas(step):
                    self._send({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
                reason = "tool_calls" if isinstance(step, list | tuple) else "stop"
                self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
                usage = {"prompt_tokens": 1200, "completion_tokens": 40, "total_tokens": 1240}
                self._send({"choices": [], "usage": usage})
                self.wfile.write(b"data: [DONE]\n\n")
            except (BrokenPipeError, ConnectionResetError):
                return  # whoever asked was stopped

        def _send(self, chunk: dict[str, Any]) -> None:
            whole = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "stand-in", **chunk}
            self.wfile.write(f"data: {json.dumps(whole)}\n\n".encode())
            self.wfile.flush()

    return Handler


def _deltas(step: str | Held | Calls) -> Iterator[dict[str, Any]]:
    match step:
        case str():
            for word in step.split(" "):
                yield {"role": "assistant", "content": word + " "}
        case Held():
            yield {"role": "assistant", "content": step.before}
            step.reached.set()
            step.go.wait(WAIT_S)
            yield {"content": step.after}
        case _:
            for place, (name, arguments) in enumerate(step):
                function = {"name": name, "arguments": json.dumps(arguments)}
                call = {"index": place, "id": f"call-{place}-{id(step)}", "type": "function"}
                yield {"role": "assistant", "tool_calls": [{**call, "function": function}]}


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """The server, while it answers."""
    found = ModelServer("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(found)) as http:
        found.url = f"http://127.0.0.1:{http.server_port}/v1"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield found
        finally:
            for step in found.steps:
                if isinstance(step, Held):
                    step.go.set()
            http.shutdown()
            thread.join()
