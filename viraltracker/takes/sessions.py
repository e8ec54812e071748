"""A session's life.

Created from a script, its script saved again, renamed, copied, archived, binned, restored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from viraltracker.errors import BadInput, NotFound
from viraltracker.script import Cast, Script, accepted, beat_to_json, parse
from viraltracker.takes.model import Session
from viraltracker.takes.ports import Records
from viraltracker.takes.rows import session_of
from viraltracker.takes.state import SessionStanding

__all__ = ["Found", "Saved", "ScriptText", "Sessions", "Shelf", "VersionLine"]

Shelf = Literal["active", "archived", "trash"]
_TITLE_MAX, _PROJECT_MAX = 255, 100


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to: the session, the script's number now, and whether anything changed."""

    session: UUID
    script_number: int
    changed: bool


@dataclass(frozen=True, slots=True)
class ScriptText:
    """One version of a session's script."""

    number: int
    els: str
    created_at: datetime
    latest: int


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A script version in the list, without its text."""

    number: int
    created_at: datetime
    characters: int


@dataclass(frozen=True, slots=True)
class Found:
    """A session that a name can mean, and where it lies."""

    id: UUID
    title: str
    shelf: Shelf


@dataclass(frozen=True, slots=True)
class Sessions:
    """Reads and changes one owner's sessions."""

    records: Records

    async def create(self, els: str, cast: Cast) -> Saved:
        """A new session from a script. Raises `ScriptRefused`; nothing is made then."""
        script = accepted(parse(els, cast))
        title, project = _named(script)
        answer = await self.records.call(
            "studio_session_create_v1", title=title, project=project, els=els, contents=_contents(script)
        )
        return Saved(UUID(answer["id"]), answer["script_number"], True)

    async def save_script(self, session: UUID, els: str, based_on: int, cast: Cast) -> Saved:
        """A new script version over version `based_on`.

        Where the script itself names the session anew the session follows; else a rename stays. Raises
        `ScriptRefused`, or `Conflict` with both texts.
        """
        script = accepted(parse(els, cast))
        title, project = await self._renamed(session, script, cast)
        answer = await self.records.call(
            "studio_script_save_v1",
            session=session,
            based_on=based_on,
            title=title,
            project=project,
            els=els,
            contents=_contents(script),
        )
        return Saved(session, answer["script_number"], answer["changed"])

    async def accept(self, approval: UUID, session: UUID | None, els: str, cast: Cast) -> Saved:
        """Save the script that the yes `approval` is for, and use the yes up: both or neither.

        `session` and `els` are what the question was about; without a session a new one is made. Raises
        `ScriptRefused`, `NeedsApproval`, or `Conflict` with both texts.
        """
        script = accepted(parse(els, cast))
        title, project = await self._renamed(session, script, cast) if session else _named(script)
        answer = await self.records.call(
            "studio_script_accept_v1",
            approval=approval,
            title=title,
            project=project,
            contents=_contents(script),
        )
        return Saved(UUID(answer["id"]), answer["script_number"], answer.get("changed", True))

    async def get(self, session: UUID) -> Session:
        """Everything about a session. Raises `NotFound`."""
        return session_of(await self.records.call("studio_session_v1", session=session))

    async def list(self, shelf: Shelf = "active", most: int = 100) -> tuple[Session, ...]:
        """The sessions of a shelf, last changed first; their takes without waveforms and marks."""
        rows = await self.records.call("studio_sessions_v1", shelf=shelf, most=most)
        return tuple(session_of(row) for row in rows)

    async def find(self, name: str) -> tuple[Found, ...]:
        """The sessions that `name` can mean, on any shelf, last changed first.

        It is a whole title, an id, or the first four or more characters of one.
        """
        rows = await self.records.call("studio_session_find_v1", name=name)
        return tuple(Found(UUID(row["id"]), row["title"], row["shelf"]) for row in rows)

    async def script(self, session: UUID, number: int | None = None) -> ScriptText:
        """A version of the script; the latest without a number."""
        row = await self.records.call("studio_script_v1", session=session, number=number)
        return ScriptText(row["number"], row["els"], datetime.fromisoformat(row["created_at"]), row["latest"])

    async def versions(self, session: UUID) -> tuple[VersionLine, ...]:
        """All versions, newest first."""
        rows = await self.records.call("studio_script_versions_v1", session=session)
        return tuple(
            VersionLine(row["number"], datetime.fromisoformat(row["created_at"]), row["characters"])
            for row in rows
        )

    async def rename(self, session: UUID, title: str) -> None:
        """Another title for the session; the script's own text stays as it is."""
        await self._change(session, {"title": _title(title)})

    async def cap(self, session: UUID, usd: float | None) -> None:
        """What the episode may cost at most; None: no cap."""
        if usd is not None and not 0 <= usd < 1e6:
            raise BadInput("A cost cap is an amount in dollars of 0 or more.")
        await self._change(session, {"cap_usd": usd})

    async def archive(self, session: UUID, archived: bool = True) -> None:
        """Out of the way, or back on the list."""
        await self._change(session, {"archived": archived})

    async def complete(self, session: Session, standing: SessionStanding, completed: bool = True) -> None:
        """Call a session completed though beats are open, or take that word back.

        Raises `BadInput` where the status follows from the facts, and says from which.
        """
        if session.completed_at is None and standing.status in ("completed", "exported"):
            raise BadInput(
                f'"{session.title}" is {standing.status} because every beat has its pick. '
                "It is no longer when a pick is taken back or the script changes."
            )
        if not completed and session.completed_at is None:
            raise BadInput(f'Nobody has called "{session.title}" completed.')
        if completed and standing.status == "generating":
            raise BadInput(f'"{session.title}" has takes under way. Wait for them, or cancel them.')
        if completed and not any(beat.picked for beat in session.script_beats):
            raise BadInput(f'"{session.title}" has no picked take yet, so there is nothing to complete.')
        await self._change(session.id, {"completed": completed})

    async def delete(self, session: UUID) -> None:
        """Into the trash for 30 days; what is queued is dropped."""
        await self._change(session, {"deleted": True})

    async def restore(self, session: UUID) -> None:
        """Out of the trash, as it was."""
        row = await self.records.call("studio_session_restore_v1", session=session)
        if not row["restored"]:
            raise NotFound("That session is not in the trash.")

    async def duplicate(self, session: UUID, title: str, with_picks: bool) -> UUID:
        """A copy under another title.

        With its picked takes if wanted, whose audio is shared, not made again.
        """
        answer = await self.records.call(
            "studio_session_duplicate_v1", session=session, title=_title(title), picks=with_picks
        )
        return UUID(answer["id"])

    async def _renamed(self, session: UUID, script: Script, cast: Cast) -> tuple[str | None, str | None]:
        """Title and project, each None where the script calls itself what it did: so a rename stays."""
        title, project = _named(script)
        before = parse((await self.script(session)).els, cast).script
        return (
            None if before and script.title == before.title else title,
            None if before and script.project == before.project else project,
        )

    async def _change(self, session: UUID, change: Mapping[str, Any]) -> None:
        await self.records.call("studio_session_change_v1", session=session, change=dict(change))


def _named(script: Script) -> tuple[str, str]:
    return _title(script.title), _short(script.project, _PROJECT_MAX, "project")


def _title(title: str) -> str:
    cleaned = title.strip()
    if not cleaned:
        raise BadInput("A session needs a title.")
    return _short(cleaned, _TITLE_MAX, "title")


def _short(value: str, most: int, name: str) -> str:
    if len(value) > most:
        raise BadInput(
            f"The {name} is {len(value)} characters long; at most {most} are possible. Shorten it."
        )
    if "\x00" in value or any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise BadInput(f"The {name} holds characters that can't be stored. Type it again.")
    return value


def _contents(script: Script) -> list[dict[str, Any]]:
    return [beat_to_json(beat) for beat in script.beats]
