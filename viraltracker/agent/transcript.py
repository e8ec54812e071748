"""A conversation's messages as a producer reads them: who said what, which tool did what. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_ai.messages import (
    ModelMessage,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

__all__ = ["Call", "Spoken", "transcript"]

Outcome = Literal["waits", "done", "failed", "denied", "interrupted"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words of one side."""

    by: Literal["producer", "agent"]
    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool's call and what came of it; `waits` until there is an answer."""

    id: str
    tool: str
    arguments: Mapping[str, Any]
    outcome: Outcome = "waits"
    answer: Any = None


def transcript(messages: Iterable[ModelMessage]) -> tuple[Spoken | Call, ...]:
    """The conversation in order; a call's answer stands with the call."""
    lines: list[Spoken | Call] = []
    place: dict[str, int] = {}
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart) and isinstance(part.content, str):
                lines.append(Spoken("producer", part.content))
            elif isinstance(part, TextPart) and part.content.strip():
                lines.append(Spoken("agent", part.content))
            elif isinstance(part, ToolCallPart):
                place[part.tool_call_id] = len(lines)
                lines.append(Call(part.tool_call_id, part.tool_name, _arguments(part)))
            elif isinstance(part, ToolReturnPart) and part.tool_call_id in place:
                call = lines[place[part.tool_call_id]]
                if isinstance(call, Call):
                    lines[place[part.tool_call_id]] = Call(
                        call.id, call.tool, call.arguments, _outcome(part), part.content
                    )
    return tuple(lines)


def _arguments(part: ToolCallPart) -> Mapping[str, Any]:
    try:
        return part.args_as_dict()
    except (ValueError, AssertionError):  # a model may write arguments that are no JSON object
        return {}


def _outcome(part: ToolReturnPart) -> Outcome:
    match part.outcome:
        case "success":
            return "done"
        case "denied" | "interrupted" | "failed":
            return part.outcome
        case _:
            return "failed"
