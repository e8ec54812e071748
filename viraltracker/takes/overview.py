"""The list of sessions, a line each. Whole sessions are read only where something has changed since.

The list is looked at every other second and may hold hundreds of sessions of many takes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from viraltracker.takes.batch import Batch, batch_under_way
from viraltracker.takes.model import BeatState, Session, SessionStatus
from viraltracker.takes.plan import Planner
from viraltracker.takes.ports import Records
from viraltracker.takes.rows import session_of
from viraltracker.takes.sessions import Shelf
from viraltracker.takes.state import session_standing

__all__ = ["PAGE", "Overview", "SessionLine", "SessionPage", "session_line"]

PAGE = 25
"""Sessions on a page of the list. A first look reads them whole: 0.17 s for 300 beats of 3 takes."""
# Read together; between two readings others get their turn.
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session on the list. `states` counts its beats by how they stand; `batch` is what is under way."""

    id: UUID
    title: str
    project: str
    updated_at: datetime
    status: SessionStatus
    states: Mapping[BeatState, int]
    beats: int
    picked: int
    duration_ms: int
    batch: Batch | None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some lines of a shelf after the first `past`, of `total` in all."""

    lines: tuple[SessionLine, ...]
    past: int
    total: int


def session_line(session: Session, planner: Planner, workers_live: bool) -> SessionLine:
    """What the list shows of a session."""
    standing = session_standing(session, planner, workers_live)
    beats = session.script_beats
    return SessionLine(
        id=session.id,
        title=session.title,
        project=session.project,
        updated_at=session.updated_at,
        status=standing.status,
        states=Counter(beat.state for beat in standing.beats.values()),
        beats=len(beats),
        picked=sum(beat.silent or beat.picked is not None for beat in beats),
        duration_ms=standing.duration_ms,
        batch=batch_under_way(session),
    )


@dataclass(slots=True)
class Overview:
    """Pages of one owner's sessions; remembers the lines of those that rest."""

    records: Records
    _lines: dict[UUID, SessionLine] = field(default_factory=dict)
    _planner: Planner | None = None

    async def page(
        self, planner: Planner, workers_live: bool, shelf: Shelf, search: str = "", past: int = 0
    ) -> SessionPage:
        """A page of a shelf, last changed first; `search` looks into titles and projects."""
        if planner is not self._planner:  # a voice has changed, and with it what is stale
            self._lines, self._planner = {}, planner
        found = await self.records.call(
            "studio_shelf_v1", shelf=shelf, search=search.strip(), most=PAGE, past=past
        )
        ids = [UUID(row["id"]) for row in found["sessions"]]
        read = await self._read([row for row in found["sessions"] if not self._knows(row)])
        fresh = {session.id: session_line(session, planner, workers_live) for session in read}
        busy = {UUID(row["id"]) for row in found["sessions"] if row["busy"]}
        if planner is self._planner:
            self._lines.update((id_, line) for id_, line in fresh.items() if id_ not in busy)
        lines = (fresh.get(id_) or self._lines.get(id_) for id_ in ids)
        return SessionPage(tuple(line for line in lines if line is not None), past, found["total"])

    def _knows(self, row: Mapping[str, Any]) -> bool:
        line = self._lines.get(UUID(row["id"]))
        return not row["busy"] and line is not None and line.updated_at == _time(row["updated_at"])

    async def _read(self, rows: Sequence[Mapping[str, Any]]) -> list[Session]:
        sessions: list[Session] = []
        for at in range(0, len(rows), _AT_ONCE):
            named = [row["id"] for row in rows[at : at + _AT_ONCE]]
            sessions += map(session_of, await self.records.call("studio_sessions_named_v1", named=named))
        return sessions


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
