"""A turn as it is watched: the conversation's lines, growing with what the turn tells. Pure."""

from dataclasses import dataclass, replace

from viraltracker.agent.events import Began, Ended, Event, Failed, Progress, Said
from viraltracker.agent.transcript import Call, Spoken

__all__ = ["Line", "Live", "heard"]

Line = Spoken | Call
"""A line of a transcript."""


@dataclass(frozen=True, slots=True)
class Live:
    """The conversation with all that this turn said and did so far.

    `working` are the calls under way, `denied` those to which the producer said no. `failure` is why the
    turn broke off, `refused` why it never began: then `lines` hold nothing new.
    """

    lines: tuple[Line, ...]
    denied: frozenset[str] = frozenset()
    working: frozenset[str] = frozenset()
    progress: str = ""
    failure: str = ""
    refused: str = ""
    over: bool = False


def heard(live: Live, event: Event) -> Live:
    """The turn after this event."""
    match event:
        case Said(text=text) if text:
            return replace(live, lines=_said(live.lines, text), progress="")
        case Began(call=call, tool=tool, arguments=arguments):
            lines = _put(live.lines, Call(call, tool, dict(arguments)))
            return replace(live, lines=lines, working=live.working | {call}, progress="")
        case Progress(words=words):
            return replace(live, progress=words)
        case Ended(call=call):
            lines = tuple(_ended(line, event, live.denied) for line in live.lines)
            return replace(live, lines=lines, working=live.working - {call}, progress="")
        case Failed(message=message):
            return replace(live, failure=message, working=frozenset())
        case _:
            return live


def _said(lines: tuple[Line, ...], text: str) -> tuple[Line, ...]:
    if lines and isinstance(lines[-1], Spoken) and lines[-1].by == "agent":
        return (*lines[:-1], Spoken("agent", lines[-1].text + text))
    return (*lines, Spoken("agent", text))


def _put(lines: tuple[Line, ...], call: Call) -> tuple[Line, ...]:
    """A call that waited for a yes stands there already."""
    if any(isinstance(line, Call) and line.id == call.id for line in lines):
        return tuple(call if isinstance(line, Call) and line.id == call.id else line for line in lines)
    return (*lines, call)


def _ended(line: Line, event: Ended, denied: frozenset[str]) -> Line:
    if not isinstance(line, Call) or line.id != event.call:
        return line
    if event.ok:
        return replace(line, outcome="done", answer=event.answer)
    return replace(line, outcome="denied" if event.call in denied else "failed", answer=event.answer)
