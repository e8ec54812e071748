"""OpenAI's chat completions as JSON: a step as one whole answer, or as the pieces of a stream."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.model.steps import WAIT_S, Calls, Held

__all__ = ["chunk", "completion", "deltas", "usage"]


def deltas(step: str | Held | Calls) -> Iterator[dict[str, Any]]:
    """A text word by word; a call's name, then its arguments in two halves, as a model writes them."""
    match step:
        case str():
            *words, last = step.split(" ")
            yield from ({"content": f"{word} "} for word in words)
            yield {"content": last}
        case Held():
            yield {"content": step.before}
            step.reached.set()
            step.go.wait(WAIT_S)
            yield {"content": step.after}
        case _:
            for place, call in enumerate(_tool_calls(step)):
                arguments = call["function"]["arguments"]
                half = len(arguments) // 2
                begun = call | {"index": place, "function": call["function"] | {"arguments": ""}}
                yield {"tool_calls": [begun]}
                for part in (arguments[:half], arguments[half:]):
                    yield {"tool_calls": [{"index": place, "function": {"arguments": part}}]}


def completion(body: Mapping[str, Any], step: str | Held | Calls) -> dict[str, Any]:
    """A whole answer to a request's body."""
    message: dict[str, Any] = {"role": "assistant", "content": None}
    finish, said = "stop", list(deltas(step))
    if isinstance(step, list):
        message["tool_calls"], finish = _tool_calls(step), "tool_calls"
    else:
        message["content"] = "".join(delta["content"] for delta in said)
    return {
        **_head(body, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage(body, len(said)),
    }


def chunk(body: Mapping[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    """A piece of a stream."""
    return {**_head(body, "chat.completion.chunk"), "choices": choices}


def usage(body: Mapping[str, Any], said: int) -> dict[str, int]:
    """What a request cost, in tokens: about four letters each."""
    asked = len(json.dumps(body.get("messages", []))) // 4
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def _head(body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    made = {"id": "chatcmpl-stand-in", "object": kind, "created": 1_800_000_000}
    return {**made, "model": body.get("model", "")}


def _tool_calls(step: Calls) -> list[dict[str, Any]]:
    return [
        {
            "id": f"call_{place}_{id(step):x}",
            "type": "function",
            "function": {"name": call["tool"], "arguments": json.dumps(call["arguments"])},
        }
        for place, call in enumerate(step)
    ]
