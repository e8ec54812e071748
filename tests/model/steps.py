"""What a stand-in model does with a request: says a text, calls tools, fails, or stops halfway."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "DONE",
    "FAULTS",
    "KEY",
    "WAIT_S",
    "Calls",
    "Failure",
    "Fault",
    "Held",
    "Step",
    "Told",
    "answers_in",
    "calls",
    "error",
    "fault",
]

KEY = "sk-stand-in-0123456789abcdef"
DONE = "That is all."
"""What is said when no step is left."""
WAIT_S = 30.0
"""Longest time for which words are held: a test that forgot them shall fail, not hang."""


@dataclass
class Held:
    """Words that stop halfway, after `reached`, until the test sets `go`."""

    before: str
    after: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Fault:
    """A step that fails; the client's tries after `times` get the next step instead."""

    kind: str
    times: int | None = None


Calls = list[dict[str, Any]]
Told = str | Held | Calls | Fault
"""A step that needs no more deciding."""
Step = Told | Callable[[list[dict[str, Any]]], "Step"]
"""A step, or a function of the request's messages that answers with one."""


def calls(**tools: Mapping[str, Any]) -> Calls:
    """A step that calls tools: name -> arguments."""
    return [{"tool": tool, "arguments": dict(arguments)} for tool, arguments in tools.items()]


def fault(kind: str, times: int | None = None) -> Fault:
    """A step that fails, as one of `FAULTS` does."""
    assert kind in FAULTS
    return Fault(kind, times)


def answers_in(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """What the tools answered so far, newest last."""
    return [json.loads(each["content"]) for each in messages if each["role"] == "tool"]


@dataclass(frozen=True)
class Failure:
    """An answer that is none. `words`: that many are streamed before the line breaks."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    words: int | None = None


def error(message: str, kind: str) -> str:
    """An error as the real one words it."""
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": kind}})


FAULTS: Mapping[str, Failure] = {
    # As the real one does, with the key in its words.
    "unauthorized": Failure(401, error(f"Incorrect API key provided: {KEY}.", "invalid_api_key")),
    # The milliseconds are what the client looks at first, so that no test waits for the second.
    "limited": Failure(
        429,
        error("Rate limit reached.", "rate_limit_exceeded"),
        {"retry-after": "1", "retry-after-ms": "1"},
    ),
    "broken": Failure(500, error("The server had an error.", "server_error"), {"retry-after-ms": "1"}),
    "html": Failure(
        200, "<html><body>Sign in to the hotel's network</body></html>", content_type="text/html"
    ),
    "cut off": Failure(200, "", words=2),
}
"""What can go wrong with an answer."""
