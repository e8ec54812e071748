"""A tool's call as its line in a conversation. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from viraltracker.agent.transcript import Call
from viraltracker.ui.show.deed_words import words_of
from viraltracker.ui.show.facts import Facts
from viraltracker.ui.show.mentions import Found, Mention, mentions_of, session_of
from viraltracker.ui.show.takelines import judged
from viraltracker.ui.show.words import clock_tenths, plural
from viraltracker.ui.views.chat import Deed, DeedState, File, Player, Way

__all__ = ["Links", "deed_of"]

Link = Callable[[str], str]
_DETAIL = 1_500
_JSON: TypeAdapter[Any] = TypeAdapter(Any)
"""Much faster than json with an indent, which counts while a long conversation is watched."""
_REASONS = 5
_EXPORTS = frozenset({"export_episode", "export_selected_takes"})


class Links:
    """What makes a line more than words: what its mentions mean, and links to audio and files."""

    def __init__(self, found: Mapping[Mention, Found | None], audio: Link, download: Link) -> None:
        self.found = found
        self.audio = audio
        self.download = download


def deed_of(call: Call, state: DeedState, beside: UUID | None, links: Links, progress: str = "") -> Deed:
    """The line. `beside` is the session that is open beside the conversation."""
    asked, answer = Facts(call.arguments), Facts(call.answer)
    words = words_of(call.tool)
    beats = _beats(asked)
    if state == "done":
        said = words.did(asked, answer)
    elif state == "working":
        said = words.doing.replace("{beats}", beats) + (f": {progress}" if progress else "")
    else:
        said = _UNDONE[state].replace("{do}", words.do.replace("{beats}", beats))
    mentioned = mentions_of(call, beside)
    return Deed(
        state=_state(call, state, answer),
        words=said,
        why=_why(call, state, answer),
        detail=_detail(call),
        players=tuple(_player(each, links) for each in mentioned if _heard(each, links)),
        ways=_ways(call, state, beside, mentioned, links),
        file=_file(answer, links) if state == "done" else None,
    )


_UNDONE: Mapping[str, str] = {
    "waits": "Wants to {do}",
    "failed": "Couldn't {do}",
    "denied": "You said no: didn't {do}",
    "interrupted": "Was cut off before it could {do}",
}


def _beats(asked: Facts) -> str:
    named = (*([asked.text("beat")] if asked.text("beat") else []), *asked.texts("beats"))
    if not named:
        return "beats"
    return ", ".join(named) if len(named) <= 3 else plural(len(named), "beat")


def _state(call: Call, state: DeedState, answer: Facts) -> DeedState:
    """What came out as nothing but failures is shown as one."""
    failed = answer.rows("failed") and not answer.rows("made")
    broken = call.tool in _EXPORTS and answer.text("status") in ("failed", "cancelled")
    return "failed" if state == "done" and (failed or broken) else state


def _why(call: Call, state: DeedState, answer: Facts) -> str:
    if state == "failed":
        return _reason(call.answer)
    if state != "done":
        return ""
    failed = [f"{row.text('beat')}: {row.text('problem') or 'it failed'}" for row in answer.rows("failed")]
    failed += [f"{row.text('beat')}: {row.text('why')}" for row in answer.rows("missing")]
    failed += [f"{beat}: {reason}" for beat, reason in answer.pairs("left_out")]
    failed += [answer.text("problem")] if answer.text("problem") else []
    more = [f"and {len(failed) - _REASONS} more"] if len(failed) > _REASONS else []
    return "\n".join([*failed[:_REASONS], *more])


def _reason(answer: Any) -> str:
    """The studio's own errors are told to a model as JSON; a library's as plain words."""
    said = answer if isinstance(answer, str) else ""
    try:
        told = Facts(json.loads(said))
    except ValueError:
        return said[:_DETAIL]
    return "\n".join([told.text("message") or said[:_DETAIL], *told.texts("findings")[:_REASONS]])


def _detail(call: Call) -> str:
    parts = [_written(call.arguments)] if call.arguments else []
    if call.outcome == "done":
        parts.append(_written(call.answer))
    return "\n\n".join(parts)


def _written(value: Any) -> str:
    try:
        text = _JSON.dump_json(value, indent=1).decode()
    except ValueError:  # half of a surrogate pair is no text
        text = json.dumps(value, default=str)
    return text if len(text) <= _DETAIL else text[:_DETAIL] + " …"


def _heard(mention: Mention, links: Links) -> bool:
    found = links.found.get(mention)
    return found is not None and found.take is not None and found.take.audio_sha256 is not None


def _player(mention: Mention, links: Links) -> Player:
    found = links.found[mention]
    assert found is not None and found.take is not None  # noqa: S101, PT018 - asked before
    take = found.take
    return Player(
        id=take.id,
        label=f"{mention.beat} · take {take.number}",
        clock=clock_tenths(take.duration_ms or 0),
        duration_ms=take.duration_ms or 0,
        url=links.audio(take.audio_sha256 or ""),
        peaks=take.peaks or "",
        badge=judged(take.judgement),
    )


def _ways(
    call: Call, state: DeedState, beside: UUID | None, mentioned: tuple[Mention, ...], links: Links
) -> tuple[Way, ...]:
    session = session_of(call, beside)
    if session is None or state not in ("done", "working", "failed"):
        return ()
    if call.tool in _EXPORTS or Facts(call.answer).under("export"):
        return (Way("Episode", "episode", session),)
    beats = {each.beat: links.found.get(each) for each in mentioned}
    known = {beat: found.beat for beat, found in beats.items() if found is not None}
    # One beat is named by the line itself.
    opened = tuple(
        Way(beat if len(known) > 1 else "Open beat", "takes", session, row) for beat, row in known.items()
    )
    if not opened and session != beside and state == "done" and call.tool != "delete_session":
        return (Way("Open", "takes", session),)
    return opened


def _file(answer: Facts, links: Links) -> File | None:
    export = answer.under("export") or answer
    number, name = export.id("id"), export.text("filename")
    if number is None or not name or export.text("status") != "done":
        return None
    return File(f"Get {name}", links.download(str(number)))
