"""Which beats and takes a tool's call speaks of, so that they can be looked up, opened and heard. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from viraltracker.agent.transcript import Call
from viraltracker.takes import Take
from viraltracker.ui.live import Line
from viraltracker.ui.show.facts import Facts

__all__ = ["Found", "Mention", "mentions", "mentions_of"]

_MOST = 6
"""Beats and takes that one line shows; the board shows them all."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A beat by its id in the script, or one of its takes. A take's number never changes its meaning."""

    session: UUID
    beat: str
    take: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a mention means: the beat's row, and the take where one was named."""

    beat: UUID
    take: Take | None = None


def mentions(lines: Iterable[Line], beside: UUID | None) -> tuple[Mention, ...]:
    """All that a conversation beside the session `beside` speaks of."""
    return tuple(
        dict.fromkeys(
            mention for line in lines if isinstance(line, Call) for mention in mentions_of(line, beside)
        )
    )


def mentions_of(call: Call, beside: UUID | None) -> tuple[Mention, ...]:
    """The takes that a call made, compared or picked; else the beats it was about."""
    session = session_of(call, beside)
    if session is None:
        return ()
    asked, answer = Facts(call.arguments), Facts(call.answer)
    takes = tuple(_takes(session, call, asked, answer))
    if takes:
        return tuple(dict.fromkeys(takes))[-_MOST:]
    beats = (asked.text("beat"), *asked.texts("beats"), *(row.text("beat") for row in answer.rows("failed")))
    return tuple(dict.fromkeys(Mention(session, beat) for beat in beats if beat and ".." not in beat))[:_MOST]


def session_of(call: Call, beside: UUID | None) -> UUID | None:
    """The session that a call was about, where that is sure."""
    answered = Facts(call.answer).id("session_id")
    asked = Facts(call.arguments)
    return answered or asked.id("session") or (None if asked.text("session") else beside)


def _takes(session: UUID, call: Call, asked: Facts, answer: Facts) -> Iterator[Mention]:
    if call.tool == "select_take" and call.outcome == "done":
        yield Mention(session, asked.text("beat"), asked.count("take"))
    for row in (*answer.rows("made"), *answer.rows("takes")):
        if row.text("status") == "done" and row.text("beat") and row.count("take"):
            yield Mention(session, row.text("beat"), row.count("take"))
