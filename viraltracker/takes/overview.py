"""The list of sessions, a line each. Whole sessions are read only where something has changed since.

The list is looked at every other second and may hold hundreds of sessions of many takes. A look takes as long
as it may and no longer: sessions that it didn't come to look as they did before, or have a line without
figures, and get them at the next looks.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
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
"""Sessions on a page of the list."""
LOOK_S = 0.1
"""After so long a look begins to read no more sessions. A whole one of 300 beats of 3 takes takes 0.17 s."""
# The most that are read together; between two readings others get their turn.
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session on the list. `states` counts its beats by how they stand; `batch` is what is under way.

    Not `counted`: all of that is still to come.
    """

    id: UUID
    title: str
    project: str
    updated_at: datetime
    status: SessionStatus = "draft"
    states: Mapping[BeatState, int] = field(default_factory=dict)
    beats: int = 0
    picked: int = 0
    duration_ms: int = 0
    batch: Batch | None = None
    counted: bool = True


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
    """Pages of one owner's sessions; remembers the lines of those that rest. `clock` tells seconds."""

    records: Records
    clock: Callable[[], float] = time.monotonic
    _lines: dict[UUID, SessionLine] = field(default_factory=dict)
    _seen: dict[UUID, SessionLine] = field(default_factory=dict)
    """How each looked last, also while it was busy; the one read longest ago first."""
    _planner: Planner | None = None

    async def page(
        self, planner: Planner, workers_live: bool, shelf: Shelf, search: str = "", past: int = 0
    ) -> SessionPage:
        """A page of a shelf, last changed first; `search` looks into titles and projects."""
        if planner is not self._planner:  # a voice has changed, and with it what is stale
            self._lines, self._seen, self._planner = {}, {}, planner
        found = await self.records.call(
            "studio_shelf_v1", shelf=shelf, search=search.strip(), most=PAGE, past=past
        )
        ids = [UUID(row["id"]) for row in found["sessions"]]
        busy = {UUID(row["id"]) for row in found["sessions"] if row["busy"]}
        order = {id_: at for at, id_ in enumerate(self._seen)}
        unknown = [row for row in found["sessions"] if not self._knows(row)]
        unknown.sort(key=lambda row: order.get(UUID(row["id"]), -1))
        fresh: dict[UUID, SessionLine] = {}
        begun, at, together = self.clock(), 0, 1
        while at < len(unknown) and (at == 0 or self.clock() - begun < LOOK_S):
            named = [row["id"] for row in unknown[at : at + together]]
            read = map(session_of, await self.records.call("studio_sessions_named_v1", named=named))
            fresh |= {session.id: session_line(session, planner, workers_live) for session in read}
            at, together = at + together, min(2 * together, _AT_ONCE)
        later = {UUID(row["id"]): self._seen.get(UUID(row["id"])) or _uncounted(row) for row in unknown[at:]}
        if planner is self._planner:
            for id_, line in fresh.items():
                self._seen.pop(id_, None)
                self._seen[id_] = line
                if id_ not in busy:
                    self._lines[id_] = line
        lines = (fresh.get(id_) or later.get(id_) or self._lines.get(id_) for id_ in ids)
        return SessionPage(tuple(line for line in lines if line is not None), past, found["total"])

    def _knows(self, row: Mapping[str, Any]) -> bool:
        line = self._lines.get(UUID(row["id"]))
        return not row["busy"] and line is not None and line.updated_at == _time(row["updated_at"])


def _uncounted(row: Mapping[str, Any]) -> SessionLine:
    return SessionLine(UUID(row["id"]), row["title"], row["project"], _time(row["updated_at"]), counted=False)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
